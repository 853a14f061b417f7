//! Whether the caller may use its token: the token is not bound to a key, or the caller proves that
//! it has the key (RFC 9449, RFC 8705).
//!
//! 1. A token that names no key is a bearer token. It comes with the scheme `Bearer`.
//! 2. Every member of `cnf` must hold: the certificate is that of the connection, and the DPoP proof
//!    is by the key of the token. A member that is not known cannot hold.
//! 3. A token with a key for proofs comes with the scheme `DPoP`. A proof next to the scheme
//!    `Bearer` is not read, because a thief could send the token so to a server that ignores
//!    proofs.

use std::sync::Arc;
use std::time::Duration;

use crate::token::{
    Claims, Confirmation, ProofError, ProvenRequest, RequestTarget, Thumbprint, Verified,
};

use super::proofs::Proofs;

/// Claims that their caller may use. Only a [`Verifier`](super::Verifier) makes them, and only after
/// the caller has proved to have every key that the token is bound to.
#[derive(Debug, Clone)]
pub struct Authenticated(Arc<Verified<Claims>>);

impl Authenticated {
    /// The claims.
    pub fn claims(&self) -> &Arc<Verified<Claims>> {
        &self.0
    }

    /// The claims.
    pub fn into_claims(self) -> Arc<Verified<Claims>> {
        self.0
    }

    /// A bearer token, unless it is bound: then [`authenticate_bearer`] decides.
    #[inline]
    pub(crate) fn unbound(claims: Arc<Verified<Claims>>) -> Result<Self, Arc<Verified<Claims>>> {
        match claims.confirmation() {
            None => Ok(Self(claims)),
            Some(_) => Err(claims),
        }
    }

    /// A token that came with the scheme `Bearer`, over a connection with this certificate.
    pub(crate) fn bearer(
        claims: Arc<Verified<Claims>>,
        certificate: Option<&Thumbprint>,
    ) -> Result<Self, BindingError> {
        if let Some(confirmation) = claims.confirmation() {
            if confirmation.proof_key().is_some() {
                return Err(BindingError::ProofRequired);
            }
            check_certificate(confirmation, certificate)?;
        }
        Ok(Self(claims))
    }
}

/// What a caller sends with the scheme `DPoP`, besides the token.
pub(crate) struct Presentation<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: RequestTarget<'a>,
    pub(crate) token: &'a str,
    /// The one header `DPoP`.
    pub(crate) proof: Result<&'a str, ProofError>,
    pub(crate) certificate: Option<Thumbprint>,
}

/// Claims with a proof, and a new nonce if the proof has an older one.
pub(crate) struct Proven {
    pub(crate) caller: Authenticated,
    pub(crate) next_nonce: Option<String>,
}

impl Proofs {
    /// Decides on a token that came with the scheme `DPoP`.
    pub(super) async fn authenticate(
        &self,
        claims: Arc<Verified<Claims>>,
        presentation: &Presentation<'_>,
        now: std::time::SystemTime,
    ) -> Result<Proven, BindingError> {
        let confirmation = claims.confirmation();
        let Some(confirmation) = confirmation.filter(|it| it.proof_key().is_some()) else {
            return Err(BindingError::NotBound);
        };
        check_certificate(confirmation, presentation.certificate.as_ref())?;
        let request = ProvenRequest {
            method: presentation.method,
            target: &presentation.target,
            token: presentation.token,
            confirmation,
        };
        let next_nonce = self.check(presentation.proof?, &request, now).await?;
        Ok(Proven {
            caller: Authenticated(claims.clone()),
            next_nonce,
        })
    }
}

fn check_certificate(
    confirmation: &Confirmation,
    certificate: Option<&Thumbprint>,
) -> Result<(), BindingError> {
    if confirmation.has_other_members() {
        return Err(BindingError::UnsupportedConfirmation);
    }
    match (confirmation.certificate(), certificate) {
        (None, _) => Ok(()),
        (Some(wanted), Some(found)) if wanted == found => Ok(()),
        (Some(_), Some(_)) => Err(BindingError::WrongCertificate),
        (Some(_), None) => Err(BindingError::CertificateRequired),
    }
}

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
