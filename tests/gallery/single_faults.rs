//! APIs that are wrong in one thing each, and the fault that `check` finds in each of them.

use std::collections::BTreeSet;

use crate::apis;
use crate::parts::Api;
use crate::world::World;

use super::found;

/// Declares a test for each API: its name, the API, and the checks that find a fault.
macro_rules! each_finds {
    ($($name:ident: $api:expr => [$($check:expr),+];)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                finds($api, &[$($check),+]).await;
            }
        )+
    };
}

async fn finds(api: Api, expected: &[&str]) {
    let report = World::start(api).await.report().await;

    let expected: BTreeSet<_> = expected.iter().map(|&check| check.to_owned()).collect();
    assert_eq!(found(&report), expected, "{report:#?}");
}

#[rustfmt::skip] // A row an API.
each_finds! {
    an_api_that_accepts_alg_none: apis::accepts_none() => ["unsigned"];
    an_api_that_refuses_none_only_in_lower_case: apis::accepts_none_in_capitals() => ["unsigned"];
    an_api_that_takes_the_public_key_for_a_secret: apis::takes_public_key_as_secret() => ["public_key_as_secret"];
    an_api_that_skips_the_audience: apis::skips("aud") => ["other_audience"];
    an_api_that_skips_the_issuer: apis::skips("iss") => ["other_issuer"];
    an_api_that_skips_the_expiry: apis::skips("exp") => ["expired"];
    an_api_that_skips_the_start: apis::skips("nbf") => ["not_yet_valid"];
    an_api_that_shows_a_stack_trace: apis::shows_a_stack_trace() => ["stack_trace"];
    an_api_that_follows_jku: apis::follows_jku() => ["linked_key"];
    an_api_that_takes_the_key_that_the_token_brings: apis::takes_key_of_token() => ["own_key"];
    an_api_that_fails_on_garbage: apis::fails_on_garbage() => ["server_error"];
    an_api_whose_guard_compares_the_path_to_the_letter: apis::guards_one_spelling() => ["other_name"];
    an_api_that_sends_no_challenge: apis::sends_no_challenge() => ["no_challenge"];
    an_api_that_answers_403_to_all_it_refuses: apis::refuses_with_403() => ["wrong_status"];
    an_api_that_redirects_anonymous_callers_to_a_page: apis::redirects() => ["wrong_status"];
    an_api_that_echoes_what_it_cannot_read: apis::echoes() => ["echo"];
    an_api_that_allows_every_page_to_read: apis::opens_to_every_origin() => ["foreign_origin"];
    an_api_that_compares_the_end_of_origins: apis::compares_the_end_of_origins() => ["foreign_origin"];
    an_api_that_guards_before_cors: apis::guards_before_cors() => ["allowed_origin"];
    an_api_that_requires_no_scope: apis::requires_no_scope() => ["missing_scope"];
    an_api_that_names_no_scope_is_warned: apis::names_no_scope() => ["(missing_scope)", "(error_code)"];
    an_api_that_takes_tokens_from_the_url: apis::takes_token_from_url() => ["token_in_query"];
    an_api_that_takes_the_first_of_two_headers: apis::takes_the_first_header() => ["two_headers"];
    an_api_that_refuses_good_tokens: apis::refuses_all() => ["good_token"];
    an_api_that_panics_on_garbage: apis::panics_on_garbage() => ["no_answer"];
}

#[tokio::test]
async fn an_api_that_verifies_nothing() {
    // Another subject or scope has no `reports:read`.
    let others = ["not_yet_valid", "garbage", "wrong_status"];
    let expected = [&HOSTILE[..], &others[..]].concat();

    finds(apis::verifies_nothing(), &expected).await;
}

/// The checks that send a token made from the good one, or one that the issuer made for it.
pub(crate) const HOSTILE: [&str; 12] = [
    "signature_changed",
    "signature_removed",
    "unsigned",
    "public_key_as_secret",
    "payload_changed",
    "unknown_key",
    "critical_header",
    "own_key",
    "linked_key",
    "expired",
    "other_audience",
    "other_issuer",
];
