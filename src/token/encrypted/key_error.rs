//! Why a file is not a key that decrypts tokens.

use std::ops::RangeInclusive;

/// Why a file is not a key that decrypts tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptionKeyError {
    /// It is neither PEM nor a JSON Web Key.
    #[error("it is neither a private key in PEM form nor a JSON Web Key")]
    NoKey,
    /// It has only the public half.
    #[error("it is a public key; the private key is needed")]
    PublicKey,
    /// It is a key of another kind, or its numbers do not fit each other.
    #[error("it is not an RSA key, or the key is damaged")]
    Unsupported,
    /// It is an RSA key of fewer than 2048 or more than 4096 bits. A longer one makes each
    /// decryption too expensive.
    #[error("it is an RSA key of {bits} bits; 2048 to 4096 are accepted")]
    #[non_exhaustive]
    WrongSize {
        /// Its length.
        bits: usize,
    },
    /// The `use`, `key_ops` or `alg` of the JSON Web Key is for another purpose.
    #[error(
        "its `use`, `key_ops` or `alg` is not for decryption with RSA-OAEP-256, RSA-OAEP-384 or \
         RSA-OAEP-512"
    )]
    OtherPurpose,
}

pub(super) fn check_size(bits: usize) -> Result<(), DecryptionKeyError> {
    if SIZES.contains(&bits) {
        return Ok(());
    }
    Err(DecryptionKeyError::WrongSize { bits })
}

/// A key of 4096 bits needs about 5 ms for each decryption, and a longer one much more.
const SIZES: RangeInclusive<usize> = 2048..=4096;
