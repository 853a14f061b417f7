//! What a guard knows of the way on which requests arrive: the URL that callers use, TLS and
//! certificates, and where tokens may be.

use super::Guard;
use super::rule::Certificates;

impl Guard {
    /// Sets the URL under which callers reach the API, such as `https://api.example.com/shop`. A DPoP
    /// proof names the URL of its request. Without this, it is taken from the scheme and the host
    /// of each request. Behind a proxy, they may differ from those that the caller used.
    #[must_use]
    pub fn with_public_url(self, url: &str) -> Self {
        Self {
            public_url: Some(url.into()),
            ..self
        }
    }

    /// States in the document and in challenges that access tokens may be bound to a client
    /// certificate. The server must add a [`ClientCertificate`](super::ClientCertificate) to the
    /// requests: this function does not change which tokens are accepted.
    ///
    /// RFC 8705 section 3.
    #[must_use]
    pub fn with_certificate_bound_tokens(self) -> Self {
        Self {
            certificates: Certificates::Known,
            ..self
        }
    }

    /// Refuses requests without TLS, also those of operations that need no token. The scheme of the
    /// request decides.
    ///
    /// FAPI 2.0 Security Profile, section 5.2.1.
    #[must_use]
    pub fn with_tls_required(self) -> Self {
        Self {
            requires_tls: true,
            ..self
        }
    }

    /// Accepts tokens only in the `Authorization` header. A token among the protocols of a WebSocket,
    /// where browsers send it, is not read.
    ///
    /// FAPI 2.0 Security Profile, section 5.3.3.
    #[must_use]
    pub fn without_protocol_tokens(self) -> Self {
        Self {
            reads_protocols: false,
            ..self
        }
    }

    /// Whether the certificates of callers are known.
    pub(crate) fn certificates(&self) -> Certificates {
        self.certificates
    }
}
