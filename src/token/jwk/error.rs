//! Why a key is not used.

/// Why a key, or a whole key set, is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The document is not a JSON object with unique names and an array `keys`.
    #[error("the document is not a JSON Web Key Set")]
    NotAKeySet,
    /// A member is absent, of the wrong type or not a point or number of its kind.
    #[error("the member {member} is missing or malformed")]
    Malformed {
        /// Its registered name.
        member: &'static str,
    },
    /// A private key, which the issuer must not publish.
    #[error("the key is private and must not be published")]
    Private,
    /// A shared secret, which anybody who reads the set could sign with.
    #[error("the key is symmetric")]
    Symmetric,
    /// `use` or `key_ops` say that it verifies no signatures.
    #[error("the key is not for verifying signatures")]
    OtherUse,
    /// `kty`, `crv` or `alg` is not supported, or they do not fit together.
    #[error("the key's type, curve or algorithm is not supported")]
    Unsupported,
    /// An RSA key outside 2048 to 8192 bits, or with an exponent that is even or below 3.
    #[error("the RSA key is too weak or too large ({bits} bits)")]
    WrongStrength {
        /// The length of the modulus.
        bits: usize,
    },
    /// An RSA key of a library that made guessable primes: ROCA, CVE-2017-15361.
    #[error(
        "the RSA key has the fingerprint of ROCA (CVE-2017-15361): anybody can compute its private key"
    )]
    Roca,
    /// Another key of the same set has this `kid` and algorithm.
    #[error("another key has the same kid and algorithm")]
    Duplicate,
    /// It comes after the first [`MAX_KEYS`](crate::token::MAX_KEYS) keys.
    #[error("the set has too many keys")]
    TooMany,
}
