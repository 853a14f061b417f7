//! What an issuer states about a token that it calls active (RFC 7662 section 2.2).

use super::{Kind, TokenError};

/// What the issuer states about a token that it calls active. Only
/// [`IntrospectionResponse`](super::IntrospectionResponse) makes one.
#[derive(Debug)]
pub(crate) struct ActiveToken {
    pub(super) bytes: Box<[u8]>,
    pub(super) kind: Kind,
}

impl ActiveToken {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Refuses the response if the token is not an access token.
    pub(crate) fn check_kind(&self) -> Result<(), TokenError> {
        self.kind.check()
    }
}
