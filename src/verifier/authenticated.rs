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
use std::time::SystemTime;

use crate::token::{
    Claims, Confirmation, ProofError, ProvenRequest, RequestTarget, Thumbprint, Verified,
};

use super::binding_error::BindingError;
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
        check_bearer(claims.confirmation(), certificate)?;
        Ok(Self(claims))
    }
}

/// Whether a token with this confirmation may come with the scheme `Bearer`.
pub(super) fn check_bearer(
    confirmation: Option<&Confirmation>,
    certificate: Option<&Thumbprint>,
) -> Result<(), BindingError> {
    match confirmation {
        None => Ok(()),
        Some(bound) if bound.proof_key().is_some() => Err(BindingError::ProofRequired),
        Some(bound) => check_certificate(bound, certificate),
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
        now: SystemTime,
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
        let next_nonce = self.check(presentation.proof, &request, now).await?;
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
