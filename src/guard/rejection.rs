//! Why a call was refused, and the sentence for the caller.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;

use crate::token::{Scope, TokenError};
use crate::verifier::BindingError;

use super::bearer::BearerError;
use super::detail;
use super::problem::Problem;

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// No bearer credentials.
    #[error("no bearer credentials")]
    MissingCredentials,
    /// A token without the scheme `Bearer`.
    #[error("no scheme before the token")]
    MissingScheme,
    /// The header with the credentials is malformed. The error is neither
    /// [`BearerError::Missing`] nor [`BearerError::MissingScheme`].
    #[error("invalid request")]
    InvalidRequest(#[source] BearerError),
    /// The request came without TLS.
    #[error("the request came without TLS")]
    TlsRequired,
    /// The token is refused.
    #[error("invalid token")]
    InvalidToken(#[source] TokenError),
    /// The token is valid, but its caller may not use it in this way.
    #[error("invalid binding")]
    InvalidBinding(#[source] BindingError),
    /// The token is valid, but lacks a scope.
    #[error("insufficient scope")]
    #[non_exhaustive]
    InsufficientScope {
        /// What the operation requires.
        required: Scope,
    },
    /// The token is valid, but a claim has none of the required values.
    #[error("a required claim value is missing")]
    #[non_exhaustive]
    ClaimNotAccepted {
        /// The scope that the operation requires. The token has it.
        required: Scope,
    },
    /// The token is valid, but this operation does not accept its issuer.
    #[error("the issuer is not accepted here")]
    #[non_exhaustive]
    IssuerNotAccepted {
        /// The scope that the operation requires.
        required: Scope,
    },
    /// The user was authenticated too weakly or too long ago (RFC 9470).
    #[error("insufficient user authentication")]
    #[non_exhaustive]
    InsufficientUserAuthentication {
        /// The accepted values of `acr`; empty if each one is accepted.
        acr_values: Vec<String>,
        /// The greatest age of the sign-in.
        max_age: Option<Duration>,
        /// The scope that the operation requires.
        required: Scope,
    },
    /// The token is valid, but this operation does not accept its client.
    #[error("the client is not accepted here")]
    ClientNotAccepted,
    /// A parameter of the request does not equal the required claim.
    #[error("a parameter does not equal the required claim")]
    NotOwner,
    /// A check in code or a handler denies the call.
    #[error("denied by code")]
    #[non_exhaustive]
    Denied {
        /// The stable word for it.
        reason: &'static str,
        /// The sentence for the caller.
        detail: &'static str,
    },
    /// The address or the caller must wait.
    #[error("too many calls")]
    #[non_exhaustive]
    TooManyRequests {
        /// For how long.
        retry_after: Duration,
    },
    /// There are no keys to verify with.
    #[error("no keys to verify with")]
    Unavailable,
    /// The denylist is too old, so the token may be revoked.
    #[error("the denylist is too old")]
    DenylistStale,
    /// Too many encrypted tokens have to be decrypted.
    #[error("too many tokens have to be decrypted")]
    #[non_exhaustive]
    NotDecrypted {
        /// When to try again.
        retry_after: Duration,
    },
    /// The issuer could not be asked about the token.
    #[error("the token cannot be introspected ({reason})")]
    #[non_exhaustive]
    NotIntrospected {
        /// The stable word for it.
        reason: &'static str,
        /// When to try again.
        retry_after: Duration,
    },
    /// A handler requires a caller, but no guard protects it. This is a fault of the code.
    #[error("the operation is not guarded")]
    NotGuarded,
}

impl Rejection {
    /// A stable word for logs, metrics and tests; never reworded.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::MissingCredentials => BearerError::Missing.reason(),
            Self::MissingScheme => BearerError::MissingScheme.reason(),
            Self::InvalidRequest(error) => error.reason(),
            Self::TlsRequired => "tls_required",
            Self::InvalidToken(error) => error.reason(),
            Self::InvalidBinding(error) => error.reason(),
            Self::InsufficientScope { .. } => "insufficient_scope",
            Self::ClaimNotAccepted { .. } => "claim_not_accepted",
            Self::IssuerNotAccepted { .. } => "issuer_not_accepted",
            Self::InsufficientUserAuthentication { .. } => "insufficient_user_authentication",
            Self::ClientNotAccepted => "client_not_accepted",
            Self::NotOwner => "not_owner",
            Self::Denied { reason, .. } | Self::NotIntrospected { reason, .. } => reason,
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::NotDecrypted { .. } => "decryption_budget_spent",
            Self::Unavailable => "no_keys",
            Self::DenylistStale => "denylist_stale",
            Self::NotGuarded => "not_guarded",
        }
    }

    /// The body of the response, with a fixed sentence.
    pub fn problem(&self) -> Problem {
        let status = match self {
            Self::InvalidBinding(
                BindingError::TooManyProofs { .. } | BindingError::ProofsUnavailable,
            )
            | Self::Unavailable
            | Self::DenylistStale
            | Self::NotDecrypted { .. }
            | Self::NotIntrospected { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::MissingCredentials
            | Self::MissingScheme
            | Self::InvalidToken(_)
            | Self::InvalidBinding(_)
            | Self::IssuerNotAccepted { .. }
            | Self::InsufficientUserAuthentication { .. } => StatusCode::UNAUTHORIZED,
            Self::InvalidRequest(_) | Self::TlsRequired => StatusCode::BAD_REQUEST,
            Self::InsufficientScope { .. }
            | Self::ClaimNotAccepted { .. }
            | Self::ClientNotAccepted
            | Self::NotOwner
            | Self::Denied { .. } => StatusCode::FORBIDDEN,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NotGuarded => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Problem {
            status,
            detail: self.fixed_detail(),
            reason: self.reason(),
        }
    }

    /// The sentence for the caller. It may contain a duration or the name of a claim.
    pub fn detail(&self) -> Cow<'static, str> {
        match self.specific_detail() {
            Some(detail) => detail.into(),
            None => self.fixed_detail().into(),
        }
    }

    /// The sentence, if it contains a duration or the name of a claim.
    pub(super) fn specific_detail(&self) -> Option<String> {
        match self {
            Self::InvalidToken(error) => detail::specific_token_detail(error),
            _ => None,
        }
    }

    /// The sentence that is the same for every refusal of this kind.
    fn fixed_detail(&self) -> &'static str {
        match self {
            Self::MissingCredentials => {
                "This operation requires an access token: send \"Authorization: Bearer <token>\"."
            }
            Self::MissingScheme => {
                "The Authorization header has a token without a scheme: send \"Bearer <token>\"."
            }
            Self::InvalidRequest(error) => detail::request_detail(*error),
            Self::TlsRequired => "This operation requires TLS: call its https URL.",
            Self::InvalidToken(error) => detail::token_detail(error),
            Self::InvalidBinding(error) => detail::binding_detail(error),
            Self::InsufficientScope { .. } => {
                "The access token lacks a scope that this operation requires."
            }
            Self::ClaimNotAccepted { .. } => {
                "The access token lacks a claim value that this operation requires."
            }
            Self::IssuerNotAccepted { .. } => {
                "This operation does not accept access tokens of this authorization server."
            }
            Self::InsufficientUserAuthentication { .. } => {
                "This operation requires a stronger or more recent sign-in. Sign in again as the \
                 challenge describes."
            }
            Self::ClientNotAccepted => "This operation does not accept the client of the token.",
            Self::NotOwner => "The caller may not use this value of a parameter.",
            Self::Denied { detail, .. } => detail,
            Self::TooManyRequests { .. } => {
                "There were too many calls. Wait before you send the next one."
            }
            Self::Unavailable => {
                "Access tokens cannot be verified now, because the keys of the authorization server \
             are not available. Retry later."
            }
            Self::DenylistStale => {
                "Access tokens cannot be verified now, because the list of revoked tokens is not \
             available. Retry later."
            }
            Self::NotDecrypted { .. } => {
                "Too many access tokens have to be decrypted now. Retry later."
            }
            Self::NotIntrospected { .. } => {
                "Access tokens cannot be verified now, because the authorization server cannot be \
                 asked about them. Retry later."
            }
            Self::NotGuarded => "The operation is not set up correctly.",
        }
    }

    /// Whether the request has no bearer credentials, so that an operation with optional callers
    /// treats it as anonymous.
    pub(super) fn is_without_credentials(&self) -> bool {
        matches!(self, Self::MissingCredentials | Self::MissingScheme)
    }

    /// The nonce that the next proof must contain.
    pub(super) fn nonce(&self) -> Option<&str> {
        match self {
            Self::InvalidBinding(BindingError::NonceRequired { nonce, .. }) => Some(nonce),
            _ => None,
        }
    }

    /// The value of `Retry-After` in whole seconds, if there is one.
    pub(super) fn retry_after_secs(&self) -> Option<u64> {
        match self {
            // Rounded up, because a caller that retries too early is refused again.
            Self::TooManyRequests { retry_after }
            | Self::NotDecrypted { retry_after }
            | Self::NotIntrospected { retry_after, .. }
            | Self::InvalidBinding(BindingError::TooManyProofs { retry_after }) => {
                Some(retry_after.as_secs() + 1)
            }
            Self::Unavailable
            | Self::DenylistStale
            | Self::InvalidBinding(BindingError::ProofsUnavailable) => Some(RETRY_AFTER_SECS),
            _ => None,
        }
    }
}

impl From<BearerError> for Rejection {
    fn from(error: BearerError) -> Self {
        match error {
            BearerError::Missing => Self::MissingCredentials,
            BearerError::MissingScheme => Self::MissingScheme,
            error => Self::InvalidRequest(error),
        }
    }
}

/// About the time after which an issuer that is available again is noticed.
const RETRY_AFTER_SECS: u64 = 5;
