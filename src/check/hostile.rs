//! The hostile tokens, which are the same for every operation.

use std::collections::HashMap;
use std::time::SystemTime;

use serde_json::Value;

use super::forge::{Forged, compact, forged, unsigned, with};
use super::given::{NotGiven, classified};
use super::issuers::{self, KnownIssuer};
use super::opaque;
use super::own_key::{OwnKey, Trap};
use super::parts::Parts;
use super::tokens::Tokens;

/// Hostile tokens, made once.
pub(super) struct Hostile {
    forgeries: HashMap<String, Forgeries>,
    /// The tokens that were given to be refused.
    pub(super) given: Vec<Forged>,
    /// Those of them that are only refused where tokens must be bound.
    pub(super) unbound: Vec<Forged>,
    /// The checks that need such a token and have none.
    pub(super) not_given: Vec<NotGiven>,
}

/// What is made from one good token.
pub(super) struct Forgeries {
    pub(super) tokens: Vec<Forged>,
    /// The checks that are not made, and why.
    pub(super) missing: Vec<(&'static str, &'static str)>,
}

impl Hostile {
    /// With the issuers and their public keys, and a listener for APIs that follow links.
    pub(super) fn new(
        tokens: &Tokens,
        issuers: &[KnownIssuer],
        trap: Option<&Trap>,
        now: SystemTime,
    ) -> Self {
        let key = OwnKey::generate();
        if let Some(trap) = trap {
            trap.publish(&key);
        }
        let others = Others::new(tokens, issuers);
        let good = tokens.good().iter();
        let forgeries = good.map(|token| {
            let forgeries = if let Some(parts) = Parts::read(token) {
                Forgeries::new(&parts, issuers, &others, &key, trap)
            } else {
                let known = tokens.known(token).cloned().unwrap_or_default();
                let keys = issuers::find(issuers, &known.issuer);
                let holder = tokens.holder().filter(|_| tokens.is_bound(token));
                let keys = keys.map_or(&[][..], |it| &it.keys);
                let claims = opaque::claims(&known, keys, holder, now);
                Forgeries::from_opaque(token, &claims, &key, trap)
            };
            (token.clone(), forgeries)
        });
        let (given, not_given) = classified(tokens, issuers, now);
        let is_unbound = |given: &Forged| given.0 == "unbound_token";
        let (unbound, given) = given.into_iter().partition(is_unbound);
        Self {
            forgeries: forgeries.collect(),
            given,
            unbound,
            not_given,
        }
    }

    /// What was made from a token that was passed to [`Self::new`].
    pub(super) fn forgeries(&self, token: &str) -> &Forgeries {
        &self.forgeries[token]
    }
}

impl Forgeries {
    fn new(
        parts: &Parts,
        issuers: &[KnownIssuer],
        others: &Others,
        key: &OwnKey,
        trap: Option<&Trap>,
    ) -> Self {
        let issuer = parts.payload.get("iss").and_then(Value::as_str);
        let keys = issuers::find(issuers, issuer.unwrap_or_default());
        let mut tokens = forged(parts, keys.map_or(&[], |it| &it.keys));
        tokens.extend(others.readdressed(parts));
        tokens.extend(key.forged(parts, trap));
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

    /// Made from an opaque token. There is no signature to change. The JWTs with these claims are
    /// for an API that reads claims from whatever looks like a JWT.
    fn from_opaque(token: &str, claims: &Parts, key: &OwnKey, trap: Option<&Trap>) -> Self {
        let mut tokens = opaque::not_issued(token);
        tokens.extend(unsigned(claims));
        tokens.extend(key.forged(claims, trap));
        let missing = match trap {
            Some(_) => Vec::new(),
            None => vec![("linked_key", ELSEWHERE)],
        };
        Self { tokens, missing }
    }
}

/// A good token of each issuer, for tokens of one issuer that pretend to be of another.
struct Others(Vec<(String, Parts)>);

impl Others {
    fn new(tokens: &Tokens, issuers: &[KnownIssuer]) -> Self {
        let issued = tokens.by_issuer().into_iter().take(MAX_OTHERS);
        let named = issued.filter_map(|issued| {
            let name = issuers::name(issuers, &issued.issuer);
            Some((name, Parts::read(issued.first())?))
        });
        Self(named.collect())
    }

    /// The token with the `iss`, the `aud` and the key id of a token of each other issuer.
    fn readdressed(&self, good: &Parts) -> Vec<Forged> {
        let is_other =
            |other: &&(String, Parts)| other.1.payload.get("iss") != good.payload.get("iss");
        let mut tokens = Vec::new();
        for (name, other) in self.0.iter().filter(is_other) {
            let claim = |name: &str| other.payload.get(name).cloned().unwrap_or_default();
            let payload = with(&good.payload, "iss", claim("iss"));
            let payload = with(&payload, "aud", claim("aud"));
            let key_id = other.header.get("kid").cloned().unwrap_or_default();
            let header = with(&good.header, "kid", key_id);
            for (form, header) in [
                ("its own key id", &good.header),
                ("that of the other", &header),
            ] {
                let sent = format!("addressed as of {name}, with {form}");
                let token = compact(header, &payload, &good.signature);
                tokens.push(("issuer_changed", sent, token));
            }
        }
        tokens
    }
}

/// More pairs of issuers would need too many requests.
const MAX_OTHERS: usize = 10;

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

const NO_KEYS: &str = "The issuer's public keys could not be fetched. Name the issuer with \
    --issuer, at a URL that can be reached from here.";
const ELSEWHERE: &str = "The API runs on another machine and could not fetch a key from this one. \
    Run the check on the machine of the API.";
