//! The forms of a token that signs a user out, what it must fit, and what it states.

use std::time::Duration;

use crate::token::Algorithm;

use super::subject::SubjectIdentifier;

/// The forms in which an issuer signs a user out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignOutForm {
    /// The bearer token of a global token revocation, which is Okta's Universal Logout. The body of
    /// the request names the user (draft-parecki-oauth-global-token-revocation).
    GlobalRevocation,
    /// A logout token, whose `sub` names the user (OpenID Connect Back-Channel Logout 1.0).
    BackChannel,
    /// A security event token with the event `session-revoked` (CAEP, RFC 8417).
    SessionRevoked,
}

impl SignOutForm {
    /// A stable word for logs and metrics.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::GlobalRevocation => "global_token_revocation",
            Self::BackChannel => "back_channel",
            Self::SessionRevoked => "session_revoked",
        }
    }

    pub(super) fn types(self) -> &'static [Option<&'static str>] {
        match self {
            Self::GlobalRevocation => &[Some("global-token-revocation+jwt")],
            // Back-Channel Logout 1.0 section 2.4 recommends the first. Older issuers send the others.
            Self::BackChannel => &[Some("logout+jwt"), Some("JWT"), None],
            Self::SessionRevoked => &[Some("secevent+jwt")],
        }
    }
}

/// What a token must fit.
#[derive(Debug, Clone)]
pub(crate) struct SignOutPolicy {
    pub(crate) issuer: String,
    /// Never empty.
    pub(crate) audiences: Vec<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    /// How far the clocks may differ.
    pub(crate) leeway: Duration,
}

/// A token that the issuer has signed for this service and that is valid now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignOut {
    /// `sub` of the token: in a global token revocation, the sender. Elsewhere, it may be absent.
    pub(crate) sender: Option<String>,
    /// The user; `None` in a global token revocation, whose body names the user.
    pub(crate) user: Option<SubjectIdentifier>,
    /// `jti`.
    pub(crate) id: String,
    /// When the issuer signed the user out, since 1970.
    pub(crate) issued_at: Duration,
    /// Until when the token would be accepted again, since 1970.
    pub(crate) until: Duration,
}

/// The maximum lifetime of a token, and the time for which a security event token is accepted.
pub(super) const MAX_LIFETIME: Duration = Duration::from_secs(5 * 60);
