//! Reads and checks the token by which an issuer signs a user out here. There are three forms, see
//! [`SignOutForm`].
//!
//! A token passes these steps. Each step is a type that only the step before it can create:
//!
//! ```text
//! &str -> SignOutToken -> SignOutClaims -> SignOut
//!     parse        verify         check
//! ```
//!
//! 1. The form of a compact JWS, and its header: `typ` of this form, `alg`, no `crit` and no `b64`.
//! 2. The algorithm is accepted, and the key of the issuer verifies the signature.
//! 3. The claims of this form, each of its type.
//! 4. `iss`, `aud`, `exp`, `nbf` and `iat` fit, in this order.
//!
//! Whether a token was used before is the task of the service, which has the state for it.

mod claims;
mod error;
mod subject;

use std::time::Duration;

use super::{Algorithm, Jws, MAX_TOKEN_BYTES, VerifyingKey};

use claims::SignOutClaims;

pub(crate) use error::SignOutError;
pub(crate) use subject::SubjectIdentifier;

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

    fn types(self) -> &'static [Option<&'static str>] {
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

/// A well-formed token whose signature is not verified yet.
pub(crate) struct SignOutToken<'a> {
    jws: Jws<'a>,
    form: SignOutForm,
}

impl<'a> SignOutToken<'a> {
    /// Reads a token of this form.
    pub(crate) fn parse(text: &'a str, form: SignOutForm) -> Result<Self, SignOutError> {
        let jws = Jws::parse_typed(text, MAX_TOKEN_BYTES, form.types())?;
        Ok(Self { jws, form })
    }

    /// The token, for the choice of the key.
    pub(crate) fn jws(&self) -> &Jws<'a> {
        &self.jws
    }

    /// Verifies the signature, and reads the claims.
    pub(crate) fn verify(
        &self,
        key: &VerifyingKey,
        policy: &SignOutPolicy,
    ) -> Result<SignOutClaims, SignOutError> {
        if !policy.algorithms.contains(&self.jws.header().algorithm()) {
            return Err(SignOutError::AlgorithmNotAllowed);
        }
        let payload = key.verify(&self.jws)?;
        SignOutClaims::read(&payload, self.form)
    }
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
pub(crate) const MAX_LIFETIME: Duration = Duration::from_secs(5 * 60);

#[cfg(all(test, feature = "dev"))]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests;
