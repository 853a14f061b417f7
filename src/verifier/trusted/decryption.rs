//! The keys that decrypt the tokens of trusted issuers.

use std::sync::Arc;

use crate::token::{DecryptionKey, Jwe, Thumbprint, candidates};

use super::{TrustedIssuer, TrustedIssuers};

impl TrustedIssuer {
    /// Decrypts encrypted tokens of the issuer with these keys. An encrypted token does not show its
    /// issuer, so each key of each issuer may be tried: use few.
    #[must_use]
    pub fn with_decryption_keys(self, keys: impl IntoIterator<Item = Arc<DecryptionKey>>) -> Self {
        Self {
            decryption_keys: keys.into_iter().collect(),
            ..self
        }
    }

    /// The keys that decrypt its tokens.
    pub fn decryption_keys(&self) -> &[Arc<DecryptionKey>] {
        &self.decryption_keys
    }

    /// Whether the key with this thumbprint decrypts its tokens.
    pub(in crate::verifier) fn decrypts_with(&self, key: Thumbprint) -> bool {
        self.decryption_keys.iter().any(|it| it.thumbprint() == key)
    }
}

impl TrustedIssuers {
    /// Whether encrypted tokens are decrypted.
    pub(in crate::verifier) fn decrypt(&self) -> bool {
        !self.decrypting.load().is_empty()
    }

    /// The keys that may decrypt this token.
    pub(in crate::verifier) fn candidates(&self, jwe: &Jwe) -> Vec<Arc<DecryptionKey>> {
        candidates(&self.decrypting.load(), jwe)
    }

    /// The keys of all these issuers. A key of two issuers is one key.
    pub(super) fn keys_of<'a>(
        issuers: impl Iterator<Item = &'a Arc<TrustedIssuer>>,
    ) -> Arc<Vec<Arc<DecryptionKey>>> {
        let mut all: Vec<Arc<DecryptionKey>> = Vec::new();
        for key in issuers.flat_map(|issuer| &issuer.decryption_keys) {
            if all.iter().all(|it| it.thumbprint() != key.thumbprint()) {
                all.push(key.clone());
            }
        }
        Arc::new(all)
    }
}
