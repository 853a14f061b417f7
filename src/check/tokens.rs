//! The tokens of a check, and what can be read in them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::issuer::ProofMaker;
use crate::token::{Scope, ScopeToken};

use super::presented::{Support, is_bound_to};

/// Tokens to check with. Their `Debug` does not show them.
#[derive(Clone, Default)]
pub struct Tokens {
    good: Vec<String>,
    refused: Vec<String>,
    /// The key of bound tokens.
    holder: Option<ProofMaker>,
    /// A bound token, where the good ones are not bound.
    bound: Option<String>,
    /// Why there is no good token, and what to add.
    pub why_no_good: String,
    /// Why there is no token with fewer scopes, and what to add.
    pub why_no_lesser: String,
}

impl Tokens {
    /// A token that the API should accept for the scopes that it has; add the best one first.
    #[must_use]
    pub fn with_good(mut self, token: String) -> Self {
        self.good.push(token);
        self
    }

    /// The key that bound tokens are sent with a proof of.
    #[must_use]
    pub fn with_holder(mut self, holder: ProofMaker) -> Self {
        self.holder = Some(holder);
        self
    }

    /// A bound token as good as the first one, with which thefts are tried. An API may accept bound
    /// tokens or not, but none without its proof.
    #[must_use]
    pub fn with_bound(mut self, token: String) -> Self {
        self.bound = Some(token);
        self
    }

    /// Whether there is a bound token for thefts.
    pub fn has_bound(&self) -> bool {
        self.bound.is_some()
    }

    /// Tokens that the API must refuse, such as an expired one or an ID token.
    #[must_use]
    pub fn with_refused(mut self, tokens: Vec<String>) -> Self {
        self.refused.extend(tokens);
        self
    }

    /// The first token, for reading its issuer.
    pub fn first(&self) -> Option<&str> {
        self.good.first().map(String::as_str)
    }

    /// Whether one of the tokens lacks some of `required`.
    pub fn has_lacking(&self, required: &Scope) -> bool {
        self.lacking(std::slice::from_ref(required)).is_some()
    }

    /// The good tokens by issuer, in the order in which their issuers were added. Tokens that cannot
    /// be read are those of one issuer.
    pub(super) fn by_issuer(&self) -> Vec<Issued<'_>> {
        let mut all: Vec<Issued<'_>> = Vec::new();
        for token in &self.good {
            let issuer = issuer(token).unwrap_or_default();
            match all.iter_mut().find(|it| it.issuer == issuer) {
                Some(known) => known.tokens.push(token),
                None => all.push(Issued {
                    issuer,
                    tokens: vec![token],
                }),
            }
        }
        all
    }

    /// The key that a token is bound to; `None` if none of them is bound.
    pub(super) fn holder(&self) -> Option<&ProofMaker> {
        let holder = self.holder.as_ref()?;
        let mut all = self.good.iter().chain(&self.bound);
        all.any(|token| is_bound_to(token, holder))
            .then_some(holder)
    }

    /// The token that a thief has: the good one if it is bound.
    pub(super) fn stolen<'a>(&'a self, good: Option<&'a str>) -> Option<(&'a str, Support)> {
        let holder = self.holder()?;
        match good.filter(|token| is_bound_to(token, holder)) {
            Some(token) => Some((token, Support::Known)),
            None => Some((self.bound.as_deref()?, Support::Tried)),
        }
    }

    /// A good token that lacks a scope of each of these sets.
    fn lacking(&self, required: &[Scope]) -> Option<&str> {
        lacking(self.good.iter().map(String::as_str), required)
    }

    pub(super) fn good(&self) -> &[String] {
        &self.good
    }

    pub(super) fn refused(&self) -> &[String] {
        &self.refused
    }
}

/// The good tokens of one issuer.
pub(super) struct Issued<'a> {
    /// Its identifier; empty if the tokens cannot be read.
    pub(super) issuer: String,
    tokens: Vec<&'a str>,
}

impl<'a> Issued<'a> {
    /// The best token.
    pub(super) fn first(&self) -> &'a str {
        self.tokens[0]
    }

    /// A token whose scopes cover one of these sets, and that set. A token that cannot be read may
    /// cover any.
    pub(super) fn covering_one<'s>(&self, sets: &'s [Scope]) -> Option<(&'a str, &'s Scope)> {
        sets.iter().find_map(|set| {
            let covers = |token: &&str| scope(token).is_none_or(|scope| scope.covers(set));
            Some((self.tokens.iter().copied().find(covers)?, set))
        })
    }

    /// A token that lacks a scope of each of these sets.
    pub(super) fn lacking(&self, required: &[Scope]) -> Option<&'a str> {
        lacking(self.tokens.iter().copied(), required)
    }
}

fn lacking<'a>(mut tokens: impl Iterator<Item = &'a str>, required: &[Scope]) -> Option<&'a str> {
    tokens.find(|token| {
        let scope = scope(token);
        scope.is_some_and(|scope| !required.iter().any(|set| scope.covers(set)))
    })
}

/// The claim `iss` of a token, unverified.
pub(super) fn issuer(token: &str) -> Option<String> {
    let issuer = Parts::read(token)?.payload.get("iss")?.as_str()?.to_owned();
    Some(issuer)
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Tokens({} good, {} to refuse)",
            self.good.len(),
            self.refused.len()
        )
    }
}

/// The parts of a JWS in compact form (RFC 7515 section 3.1), unverified.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) header: Map<String, Value>,
    pub(super) payload: Map<String, Value>,
    pub(super) signature: Vec<u8>,
}

impl Parts {
    /// The parts of a token that is a JWS with JSON inside; `None` for any other token.
    pub(super) fn read(token: &str) -> Option<Self> {
        let mut segments = token.split('.');
        let mut bytes = || URL_SAFE_NO_PAD.decode(segments.next()?).ok();
        let (header, payload, signature) = (bytes()?, bytes()?, bytes()?);
        if segments.next().is_some() {
            return None;
        }
        Some(Self {
            header: serde_json::from_slice(&header).ok()?,
            payload: serde_json::from_slice(&payload).ok()?,
            signature,
        })
    }
}

/// The granted scopes in the token, from `scope` (RFC 9068) or `scp` (Okta).
fn scope(token: &str) -> Option<Scope> {
    let payload = Parts::read(token)?.payload;
    let said = payload.get("scope").or_else(|| payload.get("scp"));
    match said {
        None => Some(Scope::none()),
        Some(Value::String(text)) => text.parse().ok(),
        Some(Value::Array(list)) => {
            let scopes = list
                .iter()
                .map(|scope| ScopeToken::parse(scope.as_str()?).ok());
            scopes.collect()
        }
        Some(_) => None,
    }
}
