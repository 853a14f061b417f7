//! The hostile tokens made from each good one, which are the same for every operation.

use std::collections::HashMap;

use serde_json::Value;

use super::forge::{Forged, forged};
use super::own_key::{OwnKey, Trap};
use super::tokens::{Parts, Tokens};

/// Hostile tokens, made once.
pub(super) struct Hostile {
    of: HashMap<String, OfToken>,
}

/// What is made from one good token.
#[derive(Default)]
pub(super) struct OfToken {
    pub(super) tokens: Vec<Forged>,
    /// The checks that are not made, and why.
    pub(super) missing: Vec<(&'static str, &'static str)>,
}

impl Hostile {
    /// With the issuer's public keys, and a listener for APIs that follow links.
    pub(super) fn new(tokens: &Tokens, issuer_keys: &[Value], trap: Option<&Trap>) -> Self {
        let key = OwnKey::generate();
        if let Some(trap) = trap {
            trap.publish(&key);
        }
        let good = tokens.good().iter();
        let of = good.map(|token| (token.clone(), OfToken::new(token, issuer_keys, &key, trap)));
        Self { of: of.collect() }
    }

    /// What was made from a token that was passed to [`Self::new`].
    pub(super) fn of(&self, token: &str) -> &OfToken {
        &self.of[token]
    }
}

impl OfToken {
    fn new(token: &str, issuer_keys: &[Value], key: &OwnKey, trap: Option<&Trap>) -> Self {
        let Some(parts) = Parts::read(token) else {
            let why = "the token is no JWT, and nothing can be made of it";
            return Self {
                missing: vec![("hostile tokens", why)],
                ..Self::default()
            };
        };
        let mut missing = Vec::new();
        if issuer_keys.is_empty() {
            let why = "the issuer's public keys could not be fetched";
            missing.push(("public_key_as_secret", why));
        }
        if trap.is_none() {
            let why = "the API does not run on this machine, and could not fetch a key from it";
            missing.push(("linked_key", why));
        }
        let mut tokens = forged(&parts, issuer_keys);
        tokens.extend(key.forged(&parts, trap));
        Self { tokens, missing }
    }
}
