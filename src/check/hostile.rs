//! The hostile tokens, which are the same for every operation.

use std::collections::HashMap;
use std::time::SystemTime;

use serde_json::Value;

use super::forge::{Forged, forged};
use super::given::{NotGiven, classified};
use super::own_key::{OwnKey, Trap};
use super::tokens::{Parts, Tokens};

/// Hostile tokens, made once.
pub(super) struct Hostile {
    forgeries: HashMap<String, Forgeries>,
    /// The tokens that were given to be refused.
    pub(super) given: Vec<Forged>,
    /// The checks that need such a token and have none.
    pub(super) not_given: Vec<NotGiven>,
}

/// What is made from one good token.
#[derive(Default)]
pub(super) struct Forgeries {
    pub(super) tokens: Vec<Forged>,
    /// The checks that are not made, and why.
    pub(super) missing: Vec<(&'static str, &'static str)>,
}

impl Hostile {
    /// With the issuer's public keys, and a listener for APIs that follow links.
    pub(super) fn new(
        tokens: &Tokens,
        issuer_keys: &[Value],
        trap: Option<&Trap>,
        now: SystemTime,
    ) -> Self {
        let key = OwnKey::generate();
        if let Some(trap) = trap {
            trap.publish(&key);
        }
        let good = tokens.good().iter();
        let forgeries = good.map(|token| {
            (
                token.clone(),
                Forgeries::new(token, issuer_keys, &key, trap),
            )
        });
        let (given, not_given) = classified(tokens, issuer_keys, now);
        Self {
            forgeries: forgeries.collect(),
            given,
            not_given,
        }
    }

    /// What was made from a token that was passed to [`Self::new`].
    pub(super) fn forgeries(&self, token: &str) -> &Forgeries {
        &self.forgeries[token]
    }
}

impl Forgeries {
    fn new(token: &str, issuer_keys: &[Value], key: &OwnKey, trap: Option<&Trap>) -> Self {
        let Some(parts) = Parts::read(token) else {
            let missing = OF_JWT.iter().map(|check| (*check, OPAQUE));
            return Self {
                missing: missing.collect(),
                ..Self::default()
            };
        };
        let mut tokens = forged(&parts, issuer_keys);
        tokens.extend(key.forged(&parts, trap));
        let mut missing = Vec::new();
        if !tokens
            .iter()
            .any(|(check, ..)| *check == "public_key_as_secret")
        {
            missing.push(("public_key_as_secret", NO_KEYS));
        }
        if trap.is_none() {
            missing.push(("linked_key", ELSEWHERE));
        }
        Self { tokens, missing }
    }
}

/// The checks that need a good token.
pub(super) const MADE_OF_GOOD: [&str; 11] = [
    "two_headers",
    "token_in_query",
    "signature_changed",
    "signature_removed",
    "unsigned",
    "public_key_as_secret",
    "payload_changed",
    "unknown_key",
    "critical_header",
    "own_key",
    "linked_key",
];

/// Those of them that need a JWT.
const OF_JWT: &[&str] = MADE_OF_GOOD.split_at(2).1;

const OPAQUE: &str = "The good token is not a JWT, so no hostile token can be made from it. Add \
    tokens that the API must refuse with --refuse @FILE.";
const NO_KEYS: &str = "The issuer's public keys could not be fetched. Name the issuer with \
    --issuer, at a URL that can be reached from here.";
const ELSEWHERE: &str = "The API runs on another machine and could not fetch a key from this one. \
    Run the check on the machine of the API.";
