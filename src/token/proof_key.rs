//! A key of a caller, parsed for the proofs that follow.

use std::fmt;

use aws_lc_rs::signature::ParsedPublicKey;

use super::Algorithm;

/// A parsed key and the algorithm that it verifies.
#[derive(Clone)]
pub(super) struct ProofKey {
    pub(super) algorithm: Algorithm,
    pub(super) public_key: ParsedPublicKey,
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProofKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
