//! Why a verifier did not accept a token.

use std::time::Duration;

use crate::token::TokenError;

use super::binding_error::BindingError;

/// Why a token was not verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token is not valid.
    #[error("the access token is refused")]
    Token(#[from] TokenError),
    /// The token is valid, and its caller may not use it in this way.
    #[error("the caller may not use the access token")]
    Binding(#[from] BindingError),
    /// There are no keys: the issuer cannot be reached, and the cached keys are too old. Or no
    /// key has the token's `kid`, and too many requests wait for a fetch of keys already.
    #[error("there are no keys to verify with")]
    NoKeys,
    /// The shared denylist cannot be updated, and the local copy is too old.
    #[error("the denylist is too old")]
    DenylistStale,
    /// Too many encrypted tokens have to be decrypted, so nothing is known about this one.
    #[error("too many tokens have to be decrypted")]
    #[non_exhaustive]
    NotDecrypted {
        /// When to try again.
        retry_after: Duration,
    },
    /// The issuer could not be asked about the token, so nothing is known about it.
    #[error("the issuer cannot be asked about the token ({reason})")]
    #[non_exhaustive]
    NotIntrospected {
        /// Why not, as a stable word.
        reason: &'static str,
        /// When to try again.
        retry_after: Duration,
    },
}

impl VerifyError {
    /// A stable word for logs, metrics and tests; never reworded.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Token(error) => error.reason(),
            Self::Binding(error) => error.reason(),
            Self::NoKeys => "no_keys",
            Self::DenylistStale => "denylist_stale",
            Self::NotDecrypted { .. } => "decryption_budget_spent",
            Self::NotIntrospected { reason, .. } => reason,
        }
    }
}
