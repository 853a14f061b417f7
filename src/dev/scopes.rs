//! The scopes that the issuer grants, and what it says about them.
//!
//! 1. The application's own scopes, which every client may request.
//! 2. The scopes of OpenID Connect. They are about a user, so only the
//!    authorization code grants them.

use super::directory::{GrantType, SCOPE};
use super::parameters::Parameters;
use super::refusal::Refusal;

/// A scope that the embedded issuer grants, with its description.
///
/// ```
/// use poem_resource_server::dev::{DevOptions, OfferedScope};
///
/// let orders = OfferedScope::new("orders:read").with_description("Read orders.");
/// let options = DevOptions::default().with_scopes([orders]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OfferedScope {
    /// The scope token, as a client requests it (RFC 6749 section 3.3).
    pub name: String,
    /// What the scope allows, in plain text for the person who signs in; may be empty.
    pub description: String,
}

impl OfferedScope {
    /// A scope without a description.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
        }
    }

    /// The same scope with this description, which the sign-in page shows.
    #[must_use]
    pub fn with_description(self, description: impl Into<String>) -> Self {
        Self {
            description: description.into(),
            ..self
        }
    }

    /// The scopes of the guide: `AccessAll` and [`SCOPE`].
    pub(super) fn guide_scopes() -> Vec<Self> {
        vec![
            Self::new("AccessAll").with_description("Use every operation."),
            Self::new(SCOPE).with_description("Read the caller's profile."),
        ]
    }
}

/// Every scope that one issuer grants.
#[derive(Debug)]
pub(super) struct Scopes {
    of_the_application: Vec<OfferedScope>,
}

impl Scopes {
    pub(super) fn new(of_the_application: Vec<OfferedScope>) -> Self {
        Self { of_the_application }
    }

    /// Every name once, in the order in which metadata lists them.
    pub(super) fn names(&self) -> Vec<&str> {
        let own = self.of_the_application.iter();
        let own = own.map(|scope| scope.name.as_str());
        let mut names = Vec::new();
        for name in own.chain(OF_OPENID_CONNECT) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The application's description of a scope, unless it is empty.
    pub(super) fn description(&self, name: &str) -> Option<&str> {
        let scope = self.find(name)?;
        Some(scope.description.as_str()).filter(|description| !description.is_empty())
    }

    /// The requested scopes, each once. RFC 6749 section 3.3.
    pub(super) fn requested<'p>(
        &self,
        parameters: &'p Parameters,
        grant_type: GrantType,
    ) -> Result<Vec<&'p str>, Refusal> {
        let mut scopes = Vec::new();
        for scope in parameters.find("scope").unwrap_or_default().split(' ') {
            if scope.is_empty() || scopes.contains(&scope) {
                continue;
            }
            if !self.allows(grant_type, scope) {
                return Err(SCOPE_UNKNOWN);
            }
            scopes.push(scope);
        }
        if scopes.is_empty() {
            return Err(SCOPE_MISSING);
        }
        Ok(scopes)
    }

    /// Whether a token obtained in this way may carry `scope`.
    fn allows(&self, grant_type: GrantType, scope: &str) -> bool {
        let is_about_a_user = OF_OPENID_CONNECT.contains(&scope);
        self.find(scope).is_some()
            || (is_about_a_user && grant_type == GrantType::AuthorizationCode)
    }

    fn find(&self, name: &str) -> Option<&OfferedScope> {
        let mut own = self.of_the_application.iter();
        own.find(|scope| scope.name == name)
    }
}

// `offline_access` is granted like the others, but there are no refresh tokens.
const OF_OPENID_CONNECT: [&str; 4] = ["openid", "profile", "email", "offline_access"];

const SCOPE_MISSING: Refusal = Refusal::invalid_scope(
    "The authorization server resource does not have any configured default scopes, 'scope' must \
     be provided.",
);
const SCOPE_UNKNOWN: Refusal = Refusal::invalid_scope(
    "One or more scopes are not configured for the authorization server resource.",
);
