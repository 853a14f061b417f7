//! The tokens of each issuer, and the scopes that they have.

use serde_json::Value;

use crate::token::{Scope, ScopeToken};

use super::opaque_token::OpaqueToken;
use super::parts::Parts;

/// The tokens of one issuer that have the same form.
pub(super) struct Issued<'a> {
    /// Its identifier; empty if nothing is known of the tokens.
    pub(super) issuer: String,
    /// Whether the tokens are not JWTs.
    pub(super) is_opaque: bool,
    tokens: Vec<ScopedToken<'a>>,
}

struct ScopedToken<'a> {
    token: &'a str,
    /// `None` if its scopes are unknown.
    scope: Option<Scope>,
}

impl<'a> Issued<'a> {
    /// The tokens by issuer and form, each with what is known of it if it is opaque. Opaque tokens of
    /// which nothing is known count as those of one issuer.
    pub(super) fn all(
        tokens: impl Iterator<Item = (&'a str, Option<&'a OpaqueToken>)>,
    ) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (token, known) in tokens {
            let is_opaque = Parts::read(token).is_none();
            let issuer = match known {
                Some(known) => known.issuer.clone(),
                None => issuer(token).unwrap_or_default(),
            };
            let scoped = ScopedToken {
                token,
                scope: match known {
                    Some(known) => known.scope.clone(),
                    None => scope(token),
                },
            };
            let same = |it: &&mut Self| it.issuer == issuer && it.is_opaque == is_opaque;
            match all.iter_mut().find(same) {
                Some(known) => known.tokens.push(scoped),
                None => all.push(Self {
                    issuer,
                    is_opaque,
                    tokens: vec![scoped],
                }),
            }
        }
        all
    }

    /// The best token.
    pub(super) fn first(&self) -> &'a str {
        self.tokens[0].token
    }

    /// A token whose scopes cover one of these sets, and that set. A token that cannot be read may
    /// cover any.
    pub(super) fn covering_one<'s>(&self, sets: &'s [Scope]) -> Option<(&'a str, &'s Scope)> {
        sets.iter().find_map(|set| {
            let covers = |it: &&ScopedToken<'_>| it.scope.as_ref().is_none_or(|it| it.covers(set));
            Some((self.tokens.iter().find(covers)?.token, set))
        })
    }

    /// A token that lacks a scope of each of these sets.
    pub(super) fn lacking(&self, required: &[Scope]) -> Option<&'a str> {
        let lacks = |it: &&ScopedToken<'_>| {
            let scope = it.scope.as_ref();
            scope.is_some_and(|scope| !required.iter().any(|set| scope.covers(set)))
        };
        Some(self.tokens.iter().find(lacks)?.token)
    }
}

/// The claim `iss` of a token, unverified.
fn issuer(token: &str) -> Option<String> {
    let issuer = Parts::read(token)?.payload.get("iss")?.as_str()?.to_owned();
    Some(issuer)
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
