//! A key of a caller, parsed for the proofs that follow.

use std::fmt;

use aws_lc_rs::signature::ParsedPublicKey;

use super::{Algorithm, Thumbprint};

/// A parsed key and the algorithm that it verifies.
#[derive(Clone)]
pub(super) struct ProofKey {
    /// The header of the proof that it verified first, in base64url, unless that is long.
    pub(super) header: Option<Box<str>>,
    pub(super) algorithm: Algorithm,
    pub(super) thumbprint: Thumbprint,
    pub(super) public_key: ParsedPublicKey,
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// The maximum length of the header that is kept: enough for an RSA key of 4096 bits.
pub(super) const MAX_KNOWN_BYTES: usize = 1_536;
