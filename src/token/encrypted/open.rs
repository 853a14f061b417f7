//! Which keys are tried, and the token that one of them decrypts.

use std::fmt;
use std::sync::Arc;

use super::jwe::Jwe;
use super::key::DecryptionKey;
use crate::token::{Thumbprint, TokenError};

/// The content of an encrypted token. Nothing in it is verified.
#[derive(Clone)]
pub(crate) struct DecryptedToken {
    token: Arc<str>,
    key: Thumbprint,
}

impl DecryptedToken {
    /// The content, which should be a signed token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The thumbprint of the key that decrypted it.
    pub(crate) fn key(&self) -> Thumbprint {
        self.key
    }
}

impl fmt::Debug for DecryptedToken {
    /// Prints no token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptedToken")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The keys that are tried: those that the header names, or else every key.
pub(crate) fn candidates(keys: &[Arc<DecryptionKey>], jwe: &Jwe) -> Vec<Arc<DecryptionKey>> {
    let usable = || keys.iter().filter(|key| key.is_for(jwe.key_encryption()));
    let is_named = |key: &&Arc<DecryptionKey>| jwe.key_id().is_some_and(|it| key.is_named(it));
    let named: Vec<_> = usable().filter(is_named).cloned().collect();
    if named.is_empty() {
        return usable().cloned().collect();
    }
    named
}

/// Decrypts a token with one of these keys.
///
/// # Errors
///
/// [`TokenError::Undecryptable`] for every failure of the decryption, and
/// [`TokenError::EncryptedNotSigned`] if the content is not text.
pub(crate) fn decrypt(
    keys: &[Arc<DecryptionKey>],
    jwe: &Jwe,
) -> Result<DecryptedToken, TokenError> {
    let mut found = None;
    for key in keys {
        // Each key is tried, so that the time does not depend on which of them fits.
        let content = key.open(jwe);
        found = found.or(content.map(|content| (content, key.thumbprint())));
    }
    let (content, key) = found.ok_or(TokenError::Undecryptable)?;
    let text = String::from_utf8(content).map_err(|_| TokenError::EncryptedNotSigned)?;
    Ok(DecryptedToken {
        token: text.into(),
        key,
    })
}
