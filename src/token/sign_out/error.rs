//! Why a request to sign a user out is refused because of its token.

use crate::token::{ClaimFault, TokenError};

/// The first check that the token failed.
///
/// A variant contains no string from the token, so its message may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignOutError {
    /// Not a compact JWS of three segments, or one that is too long, or not JSON with unique names.
    #[error("the token is not a compact JWS")]
    Malformed,
    /// `typ` is not that of this form.
    #[error("the token's typ is not that of a request to sign out")]
    WrongType,
    /// `alg` is not one of those that are accepted.
    #[error("the token's alg is not allowed")]
    AlgorithmNotAllowed,
    /// The header has `crit` or `b64`.
    #[error("the token's header has the member crit or b64")]
    Critical,
    /// No key of the issuer fits.
    #[error("no key of the issuer fits the token")]
    UnknownKey,
    /// The signature does not verify.
    #[error("the token's signature does not verify")]
    BadSignature,
    /// A claim is absent.
    #[error("the token lacks the claim {0}")]
    MissingClaim(&'static str),
    /// A claim is of another type or form.
    #[error("the token's claim {0} is malformed")]
    MalformedClaim(&'static str),
    /// `events` has not the event of this form.
    #[error("the token has no event that signs a user out")]
    WrongEvent,
    /// A logout token has a `nonce`, so it may be an ID token.
    #[error("the token has a nonce")]
    Nonce,
    /// A logout token that names a session and no user.
    #[error("the token names a session, and no user")]
    SessionOnly,
    /// The user is not identified by `email` or `iss_sub`.
    #[error("the format of the subject identifier is not supported")]
    SubjectNotSupported,
    /// `iss` is not `logout.issuer`.
    #[error("the token is from another issuer")]
    WrongIssuer,
    /// `aud` is not that of this service.
    #[error("the token is for another receiver")]
    WrongAudience,
    /// `exp` has passed, or `iat` is too long ago.
    #[error("the token has expired")]
    Expired,
    /// `exp` is more than five minutes ahead.
    #[error("the token is valid for too long")]
    LivesTooLong,
    /// `nbf` is ahead.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` is ahead.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// The token was used before.
    #[error("the token was used before")]
    Repeated,
}

impl SignOutError {
    /// A stable word for logs, metrics and tests; never reworded.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "logout_malformed_token",
            Self::WrongType => "logout_wrong_type",
            Self::AlgorithmNotAllowed => "logout_algorithm_not_allowed",
            Self::Critical => "logout_critical_header",
            Self::UnknownKey => "logout_unknown_key",
            Self::BadSignature => "logout_bad_signature",
            Self::MissingClaim(_) => "logout_missing_claim",
            Self::MalformedClaim(_) => "logout_malformed_claim",
            Self::WrongEvent => "logout_wrong_event",
            Self::Nonce => "logout_with_nonce",
            Self::SessionOnly => "logout_session_only",
            Self::SubjectNotSupported => "logout_subject_not_supported",
            Self::WrongIssuer => "logout_wrong_issuer",
            Self::WrongAudience => "logout_wrong_audience",
            Self::Expired => "logout_expired",
            Self::LivesTooLong => "logout_lives_too_long",
            Self::NotYetValid => "logout_not_yet_valid",
            Self::IssuedInFuture => "logout_issued_in_future",
            Self::Repeated => "logout_repeated",
        }
    }
}

impl From<TokenError> for SignOutError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::WrongType => Self::WrongType,
            TokenError::AlgorithmNotAllowed => Self::AlgorithmNotAllowed,
            TokenError::Critical | TokenError::UnencodedPayload => Self::Critical,
            TokenError::UnknownKey | TokenError::KeyMismatch | TokenError::AmbiguousKey => {
                Self::UnknownKey
            }
            TokenError::BadSignature => Self::BadSignature,
            TokenError::Claim {
                claim,
                fault: ClaimFault::Missing,
            } => Self::MissingClaim(claim),
            TokenError::Claim { claim, .. } => Self::MalformedClaim(claim),
            _ => Self::Malformed,
        }
    }
}
