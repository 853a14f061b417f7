//! Checks that a running API is secure, whoever wrote it.
//!
//! 1. Reads the operations and who may call them from the API's OpenAPI document.
//! 2. Makes hostile credentials of a good token, without any key of the issuer.
//! 3. Sends each operation all of them, one after the other, and judges the answers.
//!
//! Requests go to the API alone, and no more of them than are allowed. Operations that may
//! change something are left out until asked for. Nothing of a token is kept or shown.

mod answer;
mod attempt;
mod attempts;
mod caller;
mod cross_origin;
mod document;
mod faults;
mod forge;
mod garbage;
mod hostile;
mod judge;
mod own_key;
mod paths;
mod plan;
mod report;
mod target;
mod tokens;
mod verdict;

#[cfg(test)]
mod tests;

use crate::description::operation::Operation;
use crate::token::{Scope, ScopeToken};

pub use caller::{Caller, CallerError, is_exposed};
pub use faults::CHECKS;
pub use plan::Plan;
pub use report::{Fault, Outcome, Report, Severity, Verdict};
pub use target::{Target, TargetError};
pub use tokens::Tokens;

/// What is checked, and with what.
#[derive(Debug)]
pub struct Check {
    target: Target,
    tokens: Tokens,
    /// Origins whose pages may call; `*` for all.
    origins: Vec<String>,
    methods: Methods,
    /// The issuer's public keys as JWKs, for tokens that take one for a secret.
    issuer_keys: Vec<serde_json::Value>,
}

/// Which operations are called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Methods {
    /// Those that change nothing: `GET`, `HEAD`, `OPTIONS`.
    #[default]
    Safe,
    /// All that the document has.
    All,
}

impl Check {
    /// A check of the API with these tokens.
    pub fn new(target: Target, tokens: Tokens) -> Self {
        Self {
            target,
            tokens,
            origins: Vec::new(),
            methods: Methods::default(),
            issuer_keys: Vec::new(),
        }
    }

    /// Origins whose pages may call the API; `*` when all may.
    #[must_use]
    pub fn with_origins(self, origins: Vec<String>) -> Self {
        Self { origins, ..self }
    }

    /// Which operations are called.
    #[must_use]
    pub fn with_methods(self, methods: Methods) -> Self {
        Self { methods, ..self }
    }

    /// The issuer's public keys (JWKs), which are tried as the secret of an HMAC.
    #[must_use]
    pub fn with_issuer_keys(self, issuer_keys: Vec<serde_json::Value>) -> Self {
        Self {
            issuer_keys,
            ..self
        }
    }

    /// The API that is checked.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The scopes that the operations require by the document, no more than a token request has
    /// room for. A stranger's document may name any: ask nobody for them without consent.
    pub fn required_scope(target: &Target) -> Scope {
        let operations = Operation::all(target.document()).take(plan::MAX_OPERATIONS);
        let scopes = operations.filter_map(|operation| operation.ok()?.scope().cloned());
        let tokens = scopes.flat_map(|scope| scope.iter().cloned().collect::<Vec<_>>());
        within_a_request(tokens)
    }

    /// The scopes that the document's flows offer, but those of OpenID Connect, which are for
    /// people and not for clients of their own; no more than a token request has room for.
    pub fn offered_scope(target: &Target) -> Scope {
        let schemes = &target.document()["components"]["securitySchemes"];
        let schemes = schemes.as_object().into_iter().flatten();
        let flows = schemes.filter_map(|(_, scheme)| scheme["flows"].as_object());
        let scopes = flows
            .flatten()
            .filter_map(|(_, flow)| flow["scopes"].as_object());
        let names = scopes.flatten().map(|(name, _)| name.as_str());
        let own = names.filter(|name| !OF_OPENID_CONNECT.contains(name));
        within_a_request(own.filter_map(|name| ScopeToken::parse(name).ok()))
    }

    /// Counts every request there is to be, and sends none.
    ///
    /// # Errors
    ///
    /// [`CallerError::Setup`] when no trap for links in tokens can be set.
    pub async fn plan(&self) -> Result<Plan<'_>, CallerError> {
        Plan::of(self).await
    }
}

/// Each once, until they are too many to send.
fn within_a_request(tokens: impl Iterator<Item = ScopeToken>) -> Scope {
    let mut scope = Scope::none();
    let mut bytes = 0;
    for token in tokens {
        if scope.iter().any(|known| *known == token) {
            continue;
        }
        bytes += token.as_str().len() + 1;
        if bytes > MAX_SCOPE_BYTES {
            break;
        }
        scope.insert(token);
    }
    scope
}

/// Of all scopes that are asked for at once.
const MAX_SCOPE_BYTES: usize = 4 * 1024;

/// What an outcome is of that belongs to no one operation.
const THE_API: &str = "the API";

/// OpenID Connect Core sections 5.4 and 11.
const OF_OPENID_CONNECT: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
];
