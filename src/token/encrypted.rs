//! Decrypts a token (JWE, RFC 7516) into the signed token that it contains.
//!
//! 1. The form and the header of the token are checked: see [`Jwe`]. This needs no key.
//! 2. The header's `kid` selects the keys that are tried. Otherwise, every key is tried.
//! 3. Each selected key does one RSA operation and one decryption of the content. The number of
//!    operations depends on the header alone, and every failure takes the same path.
//! 4. The content must be text. Whether it is a signed token is the decision of
//!    [`Jws`](super::Jws).
//!
//! Encryption proves nothing about the sender, because anybody can have the public key. The signed
//! token inside is judged like any other.

mod algorithms;
mod cipher;
mod der;
mod jwe;
mod key;
mod key_error;
mod open;
mod private_jwk;

#[cfg(feature = "service")]
pub(crate) use algorithms::{ContentEncryption, KeyEncryption};
pub(crate) use jwe::Jwe;
pub use key::DecryptionKey;
pub use key_error::DecryptionKeyError;
pub(crate) use open::{DecryptedToken, candidates, decrypt};

/// Whether a string is read as an encrypted token. No key decrypts it. Only a fuzzer calls it.
///
/// # Panics
///
/// When a key decrypts it, which no key here can.
#[cfg(fuzzing)]
pub fn reads_as_encrypted(text: &str) -> bool {
    use std::sync::{Arc, LazyLock};

    static KEY: LazyLock<Arc<DecryptionKey>> = LazyLock::new(|| Arc::new(DecryptionKey::random()));
    let Ok(jwe) = Jwe::parse(text) else {
        return false;
    };
    let keys = candidates(std::slice::from_ref(&KEY), &jwe);
    assert!(decrypt(&keys, &jwe).is_err());
    true
}
