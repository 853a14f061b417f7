//! Certificate authorities that are trusted besides those of the system.

use std::fmt;

use reqwest::Certificate;

use super::client::builder;

/// Certificate authorities whose certificates an issuer may present, besides those that the
/// system trusts: the private authority of a company, for example.
#[derive(Clone)]
pub struct Authorities {
    certificates: Vec<Certificate>,
}

impl Authorities {
    /// Reads the certificates of authorities in PEM form, one after the other.
    ///
    /// # Errors
    ///
    /// [`AuthoritiesError::NoCertificate`] where there is none in PEM form,
    /// [`AuthoritiesError::Unusable`] where one of them is not an X.509 certificate.
    pub fn parse(pem: &[u8]) -> Result<Self, AuthoritiesError> {
        let certificates =
            Certificate::from_pem_bundle(pem).map_err(|_| AuthoritiesError::NoCertificate)?;
        if certificates.is_empty() {
            return Err(AuthoritiesError::NoCertificate);
        }
        // A certificate is only read when a client is made of it.
        builder()
            .tls_certs_only(certificates.clone())
            .build()
            .map_err(|_| AuthoritiesError::Unusable)?;
        Ok(Self { certificates })
    }

    pub(super) fn certificates(&self) -> Vec<Certificate> {
        self.certificates.clone()
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorities")
            .field("count", &self.certificates.len())
            .finish()
    }
}

/// Why authorities cannot be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthoritiesError {
    /// There is no certificate in PEM form.
    #[error("there is no certificate in PEM form")]
    NoCertificate,
    /// An entry in PEM form is not an X.509 certificate.
    #[error("a certificate cannot be read")]
    Unusable,
}
