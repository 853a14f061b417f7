//! Decides which check a token belongs to that was given to be refused.
//!
//! 1. It is compared with a good token: `exp`, `nbf`, `aud` and `iss`.
//! 2. If exactly one of them is wrong and the issuer's key signed it, it makes that check.
//! 3. Any other token makes the check `wrong_token`, which proves less.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::token::{Jws, KeySet};

use super::forge::Forged;
use super::tokens::{Parts, Tokens};

/// A check for which no token was given, and what to add.
pub(super) type NotGiven = (&'static str, &'static str);

/// The given tokens, each with its check, and the checks that have none.
pub(super) fn classified(
    tokens: &Tokens,
    issuer_keys: &[Value],
    now: SystemTime,
) -> (Vec<Forged>, Vec<NotGiven>) {
    let good = tokens.first().and_then(Parts::read);
    let keys = json!({ "keys": issuer_keys }).to_string();
    let keys = KeySet::parse(keys.as_bytes()).ok();
    let keys = keys.map(|parsed| parsed.key_set);
    let given = tokens.refused().iter().map(|token| {
        let fault = good
            .as_ref()
            .and_then(|good| only_fault(good, token, keys.as_ref(), now));
        let (check, name) = fault.unwrap_or(("wrong_token", "a token given to be refused"));
        (check, name.to_owned(), token.clone())
    });
    let given: Vec<Forged> = given.collect();
    let mut not_given = WANTED.to_vec();
    not_given.retain(|(check, _)| !given.iter().any(|(known, ..)| known == check));
    if good.is_none() && !given.is_empty() {
        not_given = not_given
            .into_iter()
            .map(|(check, _)| (check, NO_GOOD))
            .collect();
    }
    (given, not_given)
}

/// The one thing that is wrong in `token`, as a check and a name.
fn only_fault(
    good: &Parts,
    token: &str,
    keys: Option<&KeySet>,
    now: SystemTime,
) -> Option<(&'static str, &'static str)> {
    let parts = Parts::read(token)?;
    let time = |name: &str| parts.payload.get(name).and_then(Value::as_f64);
    let now = now.duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap_or(Duration::ZERO).as_secs_f64();
    let mut faults = Vec::new();
    if time("exp").is_some_and(|end| end < now) {
        faults.push(("expired", "an expired token"));
    }
    if time("nbf").is_some_and(|start| start > now) {
        faults.push(("not_yet_valid", "a token that is not valid yet"));
    }
    let audiences = audiences(good);
    if !self::audiences(&parts)
        .iter()
        .any(|it| audiences.contains(it))
    {
        faults.push(("other_audience", "a token for another audience"));
    }
    let is_foreign = parts.payload.get("iss") != good.payload.get("iss");
    if is_foreign {
        faults.push(("other_issuer", "a token of another issuer"));
    }
    let [fault] = faults[..] else {
        return None;
    };
    // Another issuer has keys of its own.
    (is_foreign || is_signed(token, keys?)).then_some(fault)
}

/// Whether one of the keys signed the token.
fn is_signed(token: &str, keys: &KeySet) -> bool {
    let Ok(jws) = Jws::parse(token) else {
        return false;
    };
    let key = keys.find(jws.header());
    key.is_ok_and(|key| key.verify(&jws).is_ok())
}

fn audiences(token: &Parts) -> Vec<&Value> {
    match token.payload.get("aud") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

const NO_GOOD: &str = "There is no good JWT to compare the given tokens with, so it is unknown what \
    is wrong in them. Add a good token with --token @FILE.";

/// The checks that need a token of the issuer's own, and how to get one.
const WANTED: &[NotGiven] = &[
    (
        "expired",
        "No expired token of the issuer was given. Keep a token until it has expired, and add it \
         with --refuse @FILE.",
    ),
    (
        "other_audience",
        "No token for another audience was given. Get one from the issuer for another API, and \
         add it with --refuse @FILE.",
    ),
    (
        "other_issuer",
        "No token of another issuer was given. Get one for the same audience from another \
         authorization server or tenant, and add it with --refuse @FILE.",
    ),
];
