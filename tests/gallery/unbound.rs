//! Operations that accept bound tokens only: `check` finds those that serve the caller of another one.

use std::collections::BTreeSet;

use poem_resource_server::check::{OpaqueToken, Report, Tokens, Verdict};
use poem_resource_server::issuer::ProofMaker;
use serde_json::{Value, json};

use crate::apis;
use crate::bound::{THEFTS, bound, made};
use crate::parts::Api;
use crate::world::{World, document, good, json_with, token, wrong_in_one_thing};

use super::found;

/// A document in which every protected operation names the scheme `DPoP` alone.
pub(crate) fn strict_document() -> Value {
    let mut document = document();
    document["components"]["securitySchemes"]["token"]["scheme"] = json!("dpop");
    document["paths"]["/reports"]["get"]["security"] =
        json!([{ "granted": ["reports:read"], "token": [] }]);
    document
}

/// Good tokens that are bound, and those that every API must refuse.
fn bound_tokens(holder: &ProofMaker) -> Tokens {
    let lesser = json_with(&good(), "scp", json!(["other"]));
    Tokens::default()
        .with_holder(holder.clone())
        .with_good(bound(&good(), holder))
        .with_good(bound(&lesser, holder))
        .with_refused(wrong_in_one_thing())
}

fn with_unbound(tokens: Tokens) -> Tokens {
    tokens.with_unbound(token(&good()), OpaqueToken::default())
}

pub(crate) async fn report(api: Api, tokens: Tokens) -> Report {
    let world = World::start(api).await.with_document(strict_document());
    world.with_tokens(tokens).report().await
}

/// Why the check of unbound tokens was not made.
pub(crate) fn why_not(report: &Report) -> BTreeSet<&str> {
    let outcomes = report.outcomes().iter();
    let unmade = outcomes.filter(|it| it.check == "unbound_token");
    unmade.filter_map(|it| it.not_made.as_deref()).collect()
}

fn checks_not_made(report: &Report) -> BTreeSet<&'static str> {
    let gaps = report.gaps().into_iter();
    gaps.flat_map(|gap| gap.checks).collect()
}

#[tokio::test]
async fn nothing_is_wrong_with_an_api_that_refuses_unbound_tokens() {
    for (name, api) in [
        ("two challenges", apis::requires_bound("")),
        ("one challenge", apis::requires_bound_with_one_challenge()),
    ] {
        let tokens = with_unbound(bound_tokens(&ProofMaker::generate()));
        let world = World::start(api).await.with_document(strict_document());

        let (planned, report) = world.with_tokens(tokens).planned_and_report().await;

        assert_eq!(found(&report), BTreeSet::new(), "{name}: {report:#?}");
        assert_eq!(report.verdict(), Verdict::Secure, "{:#?}", report.gaps());
        assert_eq!(made(&report, "unbound_token"), 4, "{name}");
        assert!(THEFTS.iter().all(|check| made(&report, check) >= 2));
        assert!(report.requests() <= planned, "{planned}");
    }
}

#[tokio::test]
async fn an_api_that_serves_the_callers_of_unbound_tokens_has_one_fault() {
    for (name, api, sent) in [
        (
            "accepts bearer tokens",
            apis::skips_of_proofs(""),
            "as a bearer token",
        ),
        (
            "accepts them although it refuses others",
            apis::requires_bound("binding"),
            "as a bearer token",
        ),
        (
            "does not look for cnf",
            apis::requires_bound("cnf"),
            "scheme DPoP with a proof",
        ),
    ] {
        let tokens = with_unbound(bound_tokens(&ProofMaker::generate()));

        let report = report(api, tokens).await;

        let faults: BTreeSet<_> = report
            .faults()
            .map(|(outcome, fault)| (fault.check, &*outcome.sent, &*fault.found))
            .collect();
        let expected = ("unbound_token", sent, "200: the caller is served");
        assert_eq!(faults, [expected].into(), "{name}: {report:#?}");
        assert_eq!(report.verdict(), Verdict::Faulty, "{name}");
        assert!(report.faults().all(|(_, it)| it.fix.contains("`cnf`")));
    }
}

#[tokio::test]
async fn an_unbound_token_is_tried_only_where_the_document_requires_bound_ones() {
    let holder = ProofMaker::generate();
    let mut half = strict_document();
    half["paths"]["/reports"] = document()["paths"]["/reports"].clone();
    let tokens = with_unbound(bound_tokens(&holder));
    let declared = bound_tokens(&holder).with_declared("unbound_token", token(&good()));

    for tokens in [tokens, declared.unwrap(), bound_tokens(&holder)] {
        let world = World::start(apis::skips_of_proofs("")).await;
        let elsewhere = world.with_tokens(tokens.clone()).report().await;
        let world = World::start(apis::skips_of_proofs("")).await;
        let world = world.with_document(half.clone());
        let in_half = world.with_tokens(tokens).report().await;

        assert_eq!(elsewhere.verdict(), Verdict::Secure, "{elsewhere:#?}");
        let mut checks = elsewhere.outcomes().iter().map(|it| it.check);
        assert!(checks.all(|check| check != "unbound_token"));
        let outcomes = in_half.outcomes().iter();
        let tried = outcomes.filter(|it| it.check == "unbound_token");
        let operations: BTreeSet<_> = tried.map(|it| it.operation.as_str()).collect();
        assert_eq!(operations, ["GET /whoami"].into(), "{in_half:#?}");
    }
}

#[tokio::test]
async fn without_an_unbound_token_the_check_is_not_made() {
    let holder = ProofMaker::generate();
    let as_declared = |token: String| bound_tokens(&holder).with_declared("unbound_token", token);
    let other_scope = json_with(&good(), "scp", json!(["other"]));
    for (row, tokens, expected) in [
        (
            "none",
            Ok(bound_tokens(&holder)),
            "No token that is not bound to a key was given. Request one from the issuer without a \
             DPoP proof, and add it with --refuse unbound_token=@FILE.",
        ),
        (
            "a bound one",
            as_declared(bound(&good(), &holder)),
            "The token of --refuse unbound_token is bound, because it contains `cnf`. Request one \
             from the issuer without a DPoP proof, and add it with --refuse unbound_token=@FILE.",
        ),
        (
            "one without the scope",
            as_declared(token(&other_scope)),
            "The token that is not bound lacks the scope `reports:read`. Add one that has it with \
             --refuse unbound_token=@FILE.",
        ),
    ] {
        let report = report(apis::requires_bound(""), tokens.unwrap()).await;

        assert_eq!(why_not(&report), [expected].into(), "{row}");
        assert_eq!(checks_not_made(&report), ["unbound_token"].into(), "{row}");
        assert_eq!(report.verdict(), Verdict::Incomplete, "{row}");
    }
    let declared = as_declared(token(&good())).unwrap();
    let complete = report(apis::requires_bound(""), declared).await;
    assert_eq!(complete.verdict(), Verdict::Secure, "{complete:#?}");
}

#[tokio::test]
async fn a_declared_token_that_is_expired_too_is_no_unbound_one() {
    let long_ago = good()["iat"].as_u64().unwrap() - 7_200;
    let expired = json_with(&good(), "exp", json!(long_ago));
    let tokens = bound_tokens(&ProofMaker::generate());
    let tokens = tokens.with_declared("unbound_token", token(&expired));

    let report = report(apis::requires_bound(""), tokens.unwrap()).await;

    assert_eq!(checks_not_made(&report), ["unbound_token"].into());
    assert_eq!(made(&report, "expired"), 4, "{report:#?}");
}

#[tokio::test]
async fn an_unbound_token_among_the_good_ones_is_no_good_token_there() {
    let holder = ProofMaker::generate();
    let unbound = || token(&good());
    let first = Tokens::default().with_good(unbound());
    let first = first
        .with_holder(holder.clone())
        .with_good(bound(&good(), &holder));
    let alone = Tokens::default().with_good(unbound());

    let last = bound_tokens(&holder).with_good(unbound());
    let last = report(apis::requires_bound(""), last).await;
    let of_first = report(apis::requires_bound(""), first).await;
    let of_alone = report(apis::requires_bound(""), alone.clone()).await;
    let faulty = report(apis::requires_bound("binding"), alone).await;

    assert_eq!(last.verdict(), Verdict::Secure, "{last:#?}");
    assert_eq!(found(&of_first), BTreeSet::new(), "{of_first:#?}");
    for report in [last, of_first] {
        assert_eq!(made(&report, "good_token"), 2);
        assert_eq!(made(&report, "unbound_token"), 4);
        assert_eq!(made(&report, "proof_replayed"), 2);
    }
    assert_eq!(found(&of_alone), BTreeSet::new(), "{of_alone:#?}");
    assert_eq!(made(&of_alone, "unbound_token"), 4);
    let gaps = of_alone.gaps();
    let gap = gaps.iter().find(|gap| gap.checks.contains(&"good_token"));
    let why = &gap.unwrap().why;
    assert!(why.contains("only tokens that are bound to a key"), "{why}");
    assert_eq!(found(&faulty), ["unbound_token".to_owned()].into());
}

#[tokio::test]
async fn a_refusal_by_an_api_that_refuses_the_good_token_too_shows_nothing() {
    let tokens = || with_unbound(bound_tokens(&ProofMaker::generate()));

    let refuses_all = report(apis::refuses_all(), tokens()).await;
    let bearer_alone = report(apis::right(), tokens()).await;

    assert_eq!(found(&refuses_all), ["good_token".to_owned()].into());
    assert_eq!(why_not(&refuses_all).len(), 1, "{refuses_all:#?}");
    assert_eq!(made(&refuses_all, "unbound_token"), 0);
    let expected = ["good_token", "unbound_token"].map(str::to_owned);
    assert_eq!(found(&bearer_alone), expected.into(), "{bearer_alone:#?}");
}
