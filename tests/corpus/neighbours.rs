//! Every token that is one step from a good one, none left to chance: keys, nonces and time stand
//! still, so each run sends the same tokens.

use std::time::{Duration, SystemTime};

use poem_resource_server::clock::ManualClock;
use poem_resource_server::verifier::Verifier;
use serde_json::{Map, Value};

use crate::forge::{Forge, ISSUER, decode, encode};
use crate::units::{jwks, sound};

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";

fn world() -> (Forge, Verifier) {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let forge = Forge {
        clock: ManualClock::starting_at(start),
        ..Forge::new()
    };
    let verifier = forge.verifier_with(&jwks());
    (forge, verifier)
}

/// A letter replaced, left out, doubled or moved, and the text cut at either end.
fn steps_in_text(token: &str) -> impl Iterator<Item = String> {
    let replaced = (0..token.len()).flat_map(move |at| {
        LETTERS
            .chars()
            .map(move |letter| format!("{}{letter}{}", &token[..at], &token[at + 1..]))
    });
    let others = (0..token.len()).flat_map(move |at| {
        let (before, letter, behind) = (&token[..at], &token[at..=at], &token[at + 1..]);
        let next = behind.get(..1).unwrap_or("");
        let rest = behind.get(1..).unwrap_or("");
        [
            format!("{before}{behind}"),
            format!("{before}{letter}{letter}{behind}"),
            format!("{before}{next}{letter}{rest}"),
            before.to_owned(),
            behind.to_owned(),
        ]
    });
    replaced
        .chain(others)
        .filter(move |changed| changed != token)
}

/// Each bit of a segment flipped, each byte left out, and a byte put in at each place.
fn steps_in_bytes(token: &str, segment: usize) -> Vec<String> {
    let parts: Vec<&str> = token.split('.').collect();
    let bytes = decode(parts[segment]);
    let mut changed = Vec::new();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            changed.push(bytes);
        }
        let (before, behind) = bytes.split_at(at);
        changed.push([before, &behind[1..]].concat());
        changed.push([before, &[0], behind].concat());
    }
    changed
        .into_iter()
        .map(|bytes| {
            let encoded = encode(&bytes);
            let mut parts = parts.clone();
            parts[segment] = &encoded;
            parts.join(".")
        })
        .collect()
}

#[tokio::test]
async fn no_string_one_step_from_a_good_token_is_accepted() {
    let (forge, verifier) = world();
    for row in sound(&forge) {
        assert!(verifier.verify(&row.token).await.is_ok(), "{}", row.name);
        for changed in steps_in_text(&row.token) {
            let verdict = verifier.verify(&changed).await;

            assert!(verdict.is_err(), "{}: {changed}", row.name);
        }
    }
}

#[tokio::test]
async fn no_bytes_one_step_from_those_that_were_signed_get_in() {
    let (forge, verifier) = world();
    for row in sound(&forge) {
        assert!(verifier.verify(&row.token).await.is_ok(), "{}", row.name);
        for changed in steps_in_bytes(&row.token, 0) {
            let verdict = verifier.verify(&changed).await;

            assert!(verdict.is_err(), "{}: {changed}", row.name);
        }
        for changed in steps_in_bytes(&row.token, 1) {
            let refused = verifier.verify(&changed).await.unwrap_err();

            let expected = expected_of_a_changed_payload(&changed);
            let name = &row.name;
            assert!(expected.contains(&refused.reason()), "{name}: {changed}");
        }
        for changed in steps_in_bytes(&row.token, 2) {
            let refused = verifier.verify(&changed).await.unwrap_err();

            let name = &row.name;
            assert_eq!(refused.reason(), "bad_signature", "{name}: {changed}");
        }
    }
}

/// A payload that still names the issuer gets to its key, and no further.
fn expected_of_a_changed_payload(token: &str) -> &'static [&'static str] {
    let payload = decode(token.split('.').nth(1).unwrap());
    let claims: Result<Map<String, Value>, _> = serde_json::from_slice(&payload);
    let Ok(claims) = claims else {
        return &["malformed_payload", "bad_signature"];
    };
    match claims.get("iss") {
        None => &["missing_claim"],
        Some(Value::String(issuer)) if issuer == ISSUER => &["bad_signature"],
        Some(Value::String(_)) => &["unknown_issuer"],
        Some(_) => &["malformed_claim"],
    }
}

#[test]
fn every_run_sends_the_same_tokens() {
    let tokens = || {
        let rows = sound(&world().0);
        rows.into_iter().map(|row| row.token).collect::<Vec<_>>()
    };
    assert_eq!(tokens(), tokens());
    assert_eq!(tokens().len(), 3);
}
