//! What is checked: the API, the tokens and the operations that may be called.

use std::collections::BTreeSet;

use crate::description::operation::Operation;
use crate::description::scheme::accepts_bearer;
use crate::token::{Scope, ScopeToken};

use super::issued::Issued;
use super::issuers::KnownIssuer;
use super::revocation::Revocation;
use super::target::{Target, printable, shown};
use super::tokens::Tokens;

/// What is checked, and with which tokens.
#[derive(Debug)]
pub struct Check {
    pub(super) target: Target,
    pub(super) tokens: Tokens,
    /// Origins whose pages may call; `*` for all.
    pub(super) origins: Vec<String>,
    pub(super) methods: Methods,
    /// The issuers of the tokens.
    pub(super) issuers: Vec<KnownIssuer>,
    /// The issuers that the API names in its metadata.
    pub(super) listed: Vec<String>,
    /// Issuers of which there is no good token, each with the reason and what to add.
    pub(super) missing: Vec<(String, String)>,
    /// Values for parameters by name.
    pub(super) values: Vec<(String, String)>,
    /// Operations that are left out, as `GET /path`.
    pub(super) skipped: Vec<String>,
    /// How the good token is revoked at the end.
    pub(super) revocation: Option<Revocation>,
}

/// Which operations are called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Methods {
    /// Those that change nothing: `GET`, `HEAD`, `OPTIONS`.
    #[default]
    Safe,
    /// All operations of the document.
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
            issuers: Vec::new(),
            listed: Vec::new(),
            missing: Vec::new(),
            values: Vec::new(),
            skipped: Vec::new(),
            revocation: None,
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

    /// The public keys (JWKs) of the only issuer, which are tried as the secret of an HMAC.
    #[must_use]
    pub fn with_issuer_keys(self, keys: Vec<serde_json::Value>) -> Self {
        self.with_issuers(vec![KnownIssuer {
            keys,
            ..KnownIssuer::default()
        }])
    }

    /// The issuers of the tokens.
    #[must_use]
    pub fn with_issuers(self, issuers: Vec<KnownIssuer>) -> Self {
        Self { issuers, ..self }
    }

    /// The issuers that the API names in its metadata. One without a good token makes the check
    /// incomplete.
    #[must_use]
    pub fn with_listed_issuers(self, listed: Vec<String>) -> Self {
        Self { listed, ..self }
    }

    /// Issuers of which there is no good token, each with the reason and what to add.
    #[must_use]
    pub fn with_missing_issuers(self, missing: Vec<(String, String)>) -> Self {
        Self { missing, ..self }
    }

    /// Values for the parameters of these names, in place of those of the document.
    #[must_use]
    pub fn with_values(self, values: Vec<(String, String)>) -> Self {
        Self { values, ..self }
    }

    /// Operations that are left out, each as `GET /path`. The verdict does not cover them.
    #[must_use]
    pub fn with_skipped(self, skipped: Vec<String>) -> Self {
        Self { skipped, ..self }
    }

    /// Revokes the first good token at the end. Without this, the check of opaque tokens is
    /// incomplete.
    #[must_use]
    pub fn with_revocation(self, revocation: Option<Revocation>) -> Self {
        Self { revocation, ..self }
    }

    /// The token that is revoked at the end: the first opaque one, or else the first one if the user
    /// wants it. No API has to notice that a JWT is revoked.
    pub(super) fn revocable(&self) -> Option<&str> {
        let issued = self.tokens.by_issuer();
        let opaque = issued.iter().find(|it| it.is_opaque);
        let first = || issued.first().filter(|_| self.revocation.is_some());
        opaque.or_else(first).map(Issued::first)
    }

    /// The API that is checked.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The names of all parameters of the operations.
    pub fn parameter_names(target: &Target) -> BTreeSet<String> {
        let operations = Operation::all(target.document()).take(MAX_OPERATIONS);
        let operations: Vec<_> = operations.flatten().collect();
        let parameters = operations.iter().flat_map(Operation::parameters);
        let names = parameters.filter_map(|parameter| parameter["name"].as_str());
        names.map(printable).collect()
    }

    /// The operations of the document, as `GET /path`.
    pub fn operation_names(target: &Target) -> BTreeSet<String> {
        let operations = Operation::all(target.document()).take(MAX_OPERATIONS);
        let names = operations.map(|operation| match operation {
            Ok(operation) => shown(&operation),
            Err(unreadable) => printable(&unreadable.place),
        });
        names.collect()
    }

    /// Whether the document has an operation that accepts only tokens which are bound to a key.
    pub fn requires_bound_tokens(target: &Target) -> bool {
        let operations = Operation::all(target.document()).take(MAX_OPERATIONS);
        let mut rules = operations.flatten().map(|operation| operation.rule);
        rules.any(|rule| !accepts_bearer(&rule))
    }

    /// The scopes of each operation that requires any, without repetition.
    pub fn required_scopes(target: &Target) -> Vec<Scope> {
        let operations = Operation::all(target.document()).take(MAX_OPERATIONS);
        let mut scopes: Vec<Scope> = Vec::new();
        for scope in operations.flatten().flat_map(|it| it.scopes().to_vec()) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes
    }

    /// The scopes that the operations require by the document, at most as many as fit into a
    /// token request. Do not request them without consent, because an attacker may have written the document.
    pub fn required_scope(target: &Target) -> Scope {
        let operations = Operation::all(target.document()).take(MAX_OPERATIONS);
        // Where one of several sets is enough, the first is.
        let scopes = operations.filter_map(|operation| operation.ok()?.scopes().first().cloned());
        let tokens = scopes.flat_map(|scope| scope.iter().cloned().collect::<Vec<_>>());
        within_a_request(tokens)
    }

    /// The scopes that the document's flows offer, at most as many as fit into a token request.
    /// The scopes of OpenID Connect are left out, because client credentials cannot have them.
    pub fn offered_scope(target: &Target) -> Scope {
        let schemes = &target.document()["components"]["securitySchemes"];
        let schemes = schemes.as_object().into_iter().flatten();
        let flows = schemes.filter_map(|(_, scheme)| scheme["flows"].as_object());
        let scopes = flows
            .flatten()
            .filter_map(|(_, flow)| flow["scopes"].as_object());
        let names = scopes.flatten().map(|(name, _)| name.as_str());
        let scopes = names.filter_map(|name| ScopeToken::parse(name).ok());
        within_a_request(scopes.filter(|scope| !scope.is_of_openid_connect()))
    }
}

/// Each scope once, as many as fit into one request.
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

/// The maximum size of all scopes of one request.
const MAX_SCOPE_BYTES: usize = 4 * 1024;

/// The maximum number of operations of one check: as many as the largest APIs have.
pub(super) const MAX_OPERATIONS: usize = 1_000;
