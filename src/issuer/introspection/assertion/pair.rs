//! The pairs of keys that sign assertions, and why a file is not one.

use aws_lc_rs::signature::{EcdsaKeyPair, RsaKeyPair};

/// A pair of keys, by its algorithm.
pub(super) enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

/// Why a file is not a key that signs assertions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssertionKeyError {
    /// It is neither PEM nor a JSON Web Key.
    #[error("it is neither a private key in PEM form nor a JSON Web Key")]
    NoKey,
    /// It has only the public half.
    #[error("it is a public key; the private key is needed")]
    PublicKey,
    /// It is neither an EC key of P-256 nor an RSA key of at least 2048 bits.
    #[error("it is neither an EC key of the curve P-256 nor an RSA key of 2048 to 8192 bits")]
    Unsupported,
}
