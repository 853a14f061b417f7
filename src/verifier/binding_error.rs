//! Why a caller may not use a valid token.

use std::time::Duration;

use crate::token::ProofError;

/// Why a caller may not use a valid token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingError {
    /// A token that is bound to a key came with the scheme `Bearer`.
    #[error("the token is bound to a key and came as a bearer token")]
    ProofRequired,
    /// A token that is not bound to a key came with the scheme `DPoP`.
    #[error("the token is not bound to a key and came with the scheme DPoP")]
    NotBound,
    /// `cnf` has a member that cannot be checked here.
    #[error("the token is bound to a key of an unknown kind")]
    UnsupportedConfirmation,
    /// The token is bound to a certificate, and the caller has none.
    #[error("the token is bound to a certificate and the caller has none")]
    CertificateRequired,
    /// The token is bound to another certificate than the caller's.
    #[error("the token is bound to another certificate")]
    WrongCertificate,
    /// Only bearer tokens are accepted here.
    #[error("bound tokens are not accepted here")]
    BoundTokenNotAccepted,
    /// Only bound tokens are accepted here.
    #[error("bearer tokens are not accepted here")]
    BearerTokenNotAccepted,
    /// The DPoP proof is refused.
    #[error("the DPoP proof is refused")]
    Proof(#[from] ProofError),
    /// The DPoP proof must contain this nonce, which it does not contain.
    #[error("the DPoP proof has no current nonce")]
    #[non_exhaustive]
    NonceRequired {
        /// The current nonce.
        nonce: String,
        /// Whether the proof contains another nonce.
        has_other: bool,
    },
    /// The memory for used proofs is full.
    #[error("no more proofs can be remembered")]
    #[non_exhaustive]
    TooManyProofs {
        /// When there is room again.
        retry_after: Duration,
    },
    /// The server with the used proofs does not answer.
    #[error("the used proofs are not available")]
    ProofsUnavailable,
}

impl BindingError {
    /// A stable word for logs, metrics and tests; never reworded.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::ProofRequired => "proof_required",
            Self::NotBound => "not_bound",
            Self::UnsupportedConfirmation => "unsupported_confirmation",
            Self::CertificateRequired => "certificate_required",
            Self::WrongCertificate => "wrong_certificate",
            Self::BoundTokenNotAccepted => "bound_token_not_accepted",
            Self::BearerTokenNotAccepted => "bearer_token_not_accepted",
            Self::Proof(error) => error.reason(),
            Self::NonceRequired {
                has_other: false, ..
            } => "missing_nonce",
            Self::NonceRequired {
                has_other: true, ..
            } => "stale_nonce",
            Self::TooManyProofs { .. } => "too_many_proofs",
            Self::ProofsUnavailable => "proofs_unavailable",
        }
    }
}
