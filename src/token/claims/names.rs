//! Which claims of an issuer are read as scope, audience and subject.

use crate::token::json::{Json, Object};

/// Which claims contain what an access token must state, for an issuer that deviates from
/// RFC 9068.
///
/// A claim that takes the place of `aud` or `sub` is read only if the token does not have the
/// registered claim. By default, nothing takes its place.
///
/// ```
/// use poem_resource_server::token::ClaimNames;
///
/// // Amazon Cognito sends no `aud`. Auth0 can send `permissions`.
/// let cognito = ClaimNames::default().with_audience("client_id");
/// let auth0 = ClaimNames::default().with_scope(["scope", "permissions"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimNames {
    scope: Vec<String>,
    audience: Option<String>,
    subject: Option<String>,
}

impl ClaimNames {
    /// Reads the scopes of all of these claims, in place of `scp` and `scope`. Each is a string of
    /// scopes or an array of strings. Without any, which is the default, `scp` and `scope` are
    /// read.
    #[must_use]
    pub fn with_scope<C: Into<String>>(self, claims: impl IntoIterator<Item = C>) -> Self {
        Self {
            scope: claims.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// Reads the audience from this claim if the token has no `aud`.
    #[must_use]
    pub fn with_audience(self, claim: impl Into<String>) -> Self {
        Self {
            audience: Some(claim.into()),
            ..self
        }
    }

    /// Reads the subject from this claim if the token has no `sub`.
    #[must_use]
    pub fn with_subject(self, claim: impl Into<String>) -> Self {
        Self {
            subject: Some(claim.into()),
            ..self
        }
    }

    /// The claims that contain the scopes; empty for `scp` and `scope`.
    pub fn scope(&self) -> &[String] {
        &self.scope
    }

    /// The claim that takes the place of a missing `aud`.
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    /// The claim that takes the place of a missing `sub`.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    pub(super) fn audience_in<'a>(&self, all: &'a Object<'_>) -> Option<&'a Json<'a>> {
        let substitute = || self.audience().and_then(|claim| all.get(claim));
        all.get("aud").or_else(substitute)
    }

    pub(super) fn subject_in<'a>(&self, all: &'a Object<'_>) -> Option<&'a Json<'a>> {
        let substitute = || self.subject().and_then(|claim| all.get(claim));
        all.get("sub").or_else(substitute)
    }
}
