//! Decides which check a token belongs to that was given to be refused.
//!
//! 1. It is compared with a good token of the same issuer: `exp`, `nbf`, `aud` and `iss`.
//! 2. If exactly one of them is wrong and the issuer's key signed it, it makes that check.
//!    A token that one issuer signed in the name of another makes the check `issuer_changed`.
//! 3. Any other token makes the check `wrong_token`, which proves less.
//! 4. An opaque token, and one that is no access token, makes the check that the user declares.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::token::{Jws, KeySet};

use super::forge::Forged;
use super::issued::Issued;
use super::issuers::{self, KnownIssuer};
use super::parts::Parts;
use super::tokens::Tokens;

/// A check for which no token was given, and what to add.
pub(super) type NotGiven = (&'static str, String);

/// The given tokens, each with its check, and the checks that have none.
pub(super) fn classified(
    tokens: &Tokens,
    issuers: &[KnownIssuer],
    now: SystemTime,
) -> (Vec<Forged>, Vec<NotGiven>) {
    let by_issuer = tokens.by_issuer();
    let known: Vec<Known> = by_issuer
        .iter()
        .filter_map(|it| Known::new(it, issuers))
        .collect();
    let mut seen: Vec<(&'static str, &str)> = Vec::new();
    let mut given: Vec<Forged> = Vec::new();
    for token in tokens.refused() {
        let Some((issuer, check, what)) = only_fault(&known, token, now) else {
            given.push((
                "wrong_token",
                "a token given to be refused".to_owned(),
                token.clone(),
            ));
            continue;
        };
        seen.push((check, &issuer.identifier));
        let name = match known.len() {
            1 => what.to_owned(),
            _ => format!("{what}, of {}", issuer.name),
        };
        given.push((check, name, token.clone()));
    }
    for (check, name, token) in tokens.declared() {
        let by_content = only_fault(&known, token, now).filter(|_| *check != "wrong_kind");
        let (check, name) = match by_content {
            Some((issuer, check, name)) => {
                seen.push((check, &issuer.identifier));
                (check, name)
            }
            None => (*check, *name),
        };
        given.push((check, name.to_owned(), token.clone()));
    }
    let mut not_given = if by_issuer.iter().any(|it| !it.is_opaque) || by_issuer.is_empty() {
        not_given(&known, &seen, tokens)
    } else {
        Vec::new()
    };
    for issued in by_issuer.iter().filter(|it| it.is_opaque) {
        let issuer = issuers::find(issuers, &issued.issuer);
        let grants_no_refresh_token = issuer.is_some_and(|it| it.grants_no_refresh_token);
        for (check, why) in WANTED_OF_OPAQUE {
            let is_needless = *check == "wrong_kind" && grants_no_refresh_token;
            let is_given = given.iter().any(|(given, ..)| given == check);
            let is_listed = not_given.iter().any(|(listed, _)| listed == check);
            if !is_needless && !is_given && !is_listed {
                not_given.push((*check, (*why).to_owned()));
            }
        }
    }
    (given, not_given)
}

/// What is not given, for each issuer, since each may be configured in another way.
fn not_given(known: &[Known], seen: &[(&'static str, &str)], tokens: &Tokens) -> Vec<NotGiven> {
    let mut not_given = Vec::new();
    for (check, why) in WANTED {
        if known.is_empty() {
            let why = if tokens.refused().is_empty() {
                why
            } else {
                NO_GOOD
            };
            not_given.push((*check, why.to_owned()));
        } else if *check == "other_issuer" || known.len() == 1 {
            if !seen.iter().any(|(seen, _)| seen == check) {
                not_given.push((*check, (*why).to_owned()));
            }
        } else {
            let missing = known
                .iter()
                .filter(|it| !seen.contains(&(*check, &it.identifier)));
            not_given.extend(missing.map(|it| (*check, format!("{}: {why}", it.name))));
        }
    }
    not_given
}

/// An issuer with a good token that can be read.
struct Known {
    identifier: String,
    name: String,
    good: Parts,
    keys: Option<KeySet>,
}

impl Known {
    fn new(issued: &Issued<'_>, issuers: &[KnownIssuer]) -> Option<Self> {
        let keys = issuers::find(issuers, &issued.issuer);
        let keys = json!({ "keys": keys.map_or(&[][..], |it| &it.keys) }).to_string();
        let keys = KeySet::parse(keys.as_bytes()).ok();
        Some(Self {
            identifier: issued.issuer.clone(),
            name: issuers::name(issuers, &issued.issuer),
            good: Parts::read(issued.first())?,
            keys: keys.map(|parsed| parsed.key_set),
        })
    }

    /// Whether one of its keys signed the token.
    fn has_signed(&self, token: &str) -> bool {
        let (Some(keys), Ok(jws)) = (&self.keys, Jws::parse(token)) else {
            return false;
        };
        let key = keys.find(jws.header());
        key.is_ok_and(|key| key.verify(&jws).is_ok())
    }
}

/// The one thing that is wrong in `token`, as a check and a name, and the issuer that it concerns.
fn only_fault<'a>(
    known: &'a [Known],
    token: &str,
    now: SystemTime,
) -> Option<(&'a Known, &'static str, &'static str)> {
    let parts = Parts::read(token)?;
    let named = parts.payload.get("iss").and_then(Value::as_str);
    let own = known
        .iter()
        .find(|it| Some(it.identifier.as_str()) == named);
    let signer = known.iter().find(|it| it.has_signed(token));
    if let (Some(own), Some(signer)) = (own, signer)
        && own.identifier != signer.identifier
        && !own.has_signed(token)
    {
        return Some((
            signer,
            "issuer_changed",
            "a token that names another issuer",
        ));
    }
    let issuer = own.or(signer).or(known.first())?;
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
    let audiences = audiences(&issuer.good);
    if !self::audiences(&parts)
        .iter()
        .any(|it| audiences.contains(it))
    {
        faults.push(("other_audience", "a token for another audience"));
    }
    if own.is_none() {
        faults.push(("other_issuer", "a token of another issuer"));
    }
    let [(check, name)] = faults[..] else {
        return None;
    };
    // Another issuer has keys of its own.
    (own.is_none() || issuer.has_signed(token)).then_some((issuer, check, name))
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
const WANTED: &[(&str, &str)] = &[
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

/// The checks that need a token of an issuer whose tokens are opaque, and how to get one.
const WANTED_OF_OPAQUE: &[(&str, &str)] = &[
    (
        "other_audience",
        "No token for another audience was given. Get one from the issuer for another API, and \
         add it with --refuse other_audience=@FILE.",
    ),
    (
        "wrong_kind",
        "No refresh token was given, and the issuer calls refresh tokens active too. Sign in as a \
         user of any client, and add its refresh token with --refuse refresh_token=@FILE.",
    ),
];
