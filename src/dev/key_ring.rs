//! The issuer's signing keys: the newest signs, the others may still verify.

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde_json::{Map, Value, json};

use super::mint::SigningKey;

#[derive(Debug)]
pub(super) struct KeyRing {
    /// Newest first, and never empty.
    keys: ArcSwap<Vec<Arc<SigningKey>>>,
}

impl KeyRing {
    pub(super) fn new(key: Arc<SigningKey>) -> Self {
        Self {
            keys: ArcSwap::from_pointee(vec![key]),
        }
    }

    /// The key that signs.
    pub(super) fn current(&self) -> Arc<SigningKey> {
        Arc::clone(&self.keys.load()[0])
    }

    /// Makes `key` the signing key and keeps the others published.
    pub(super) fn add(&self, key: &Arc<SigningKey>) {
        self.keys.rcu(|keys| {
            let mut keys = keys.as_ref().clone();
            keys.insert(0, Arc::clone(key));
            keys
        });
    }

    /// Publishes the signing key alone.
    pub(super) fn retire_old(&self) {
        self.keys.rcu(|keys| vec![Arc::clone(&keys[0])]);
    }

    /// The JWK Set. RFC 7517 section 5.
    pub(super) fn jwks(&self) -> Value {
        let keys: Vec<Value> = self
            .keys
            .load()
            .iter()
            .map(|key| key.public_jwk())
            .collect();
        json!({ "keys": keys })
    }

    /// The claims of a compact JWS that a published key signed.
    pub(super) fn verify(&self, token: &str) -> Option<Map<String, Value>> {
        let keys = self.keys.load();
        let payload = keys.iter().find_map(|key| key.verify(token))?;
        serde_json::from_slice(payload.as_bytes()).ok()
    }
}
