//! The DPoP proofs that were used, which a reload keeps: it must not accept one of them again.
//!
//! Replicas share them by Redis. Without it, and where `dpop.on_failure` is `last_known`, they are also
//! in the memory of this process.

mod error;
#[cfg(feature = "redis")]
mod link;
#[cfg(feature = "redis")]
mod redis;

use std::sync::Arc;

use crate::token::ProofPolicy;
use crate::verifier::{MemoryProofStore, ProofStore, Proofs};

use super::config::DpopConfig;

pub use error::UsedProofsError;

/// Used proofs, and the secret of their names.
#[derive(Clone)]
pub(super) struct UsedProofs {
    /// Without a policy of the settings.
    proofs: Proofs,
    memory: Arc<MemoryProofStore>,
    max_memory_bytes: usize,
    #[cfg(feature = "redis")]
    redis: Option<Arc<redis::RedisProofStore>>,
}

impl UsedProofs {
    /// Begins to connect to Redis, if it is configured.
    ///
    /// # Errors
    ///
    /// [`UsedProofsError`] for a URL of Redis that cannot be used.
    #[cfg_attr(
        not(feature = "redis"),
        expect(clippy::unnecessary_wraps, reason = "only Redis can fail")
    )]
    pub(super) fn start(config: &DpopConfig) -> Result<Self, UsedProofsError> {
        let memory = Arc::new(MemoryProofStore::new(config.max_memory_bytes));
        #[cfg(feature = "redis")]
        let redis = redis::RedisProofStore::start(config, &memory)?.map(Arc::new);
        #[cfg(feature = "redis")]
        let store: Arc<dyn ProofStore> = match &redis {
            Some(redis) => redis.clone(),
            None => memory.clone(),
        };
        #[cfg(not(feature = "redis"))]
        let store: Arc<dyn ProofStore> = memory.clone();
        let proofs = Proofs::default().with_store(store);
        Ok(Self {
            proofs: match &config.secret {
                Some(secret) => proofs.with_secret(secret.reveal().as_bytes()),
                None => proofs,
            },
            memory,
            max_memory_bytes: config.max_memory_bytes,
            #[cfg(feature = "redis")]
            redis,
        })
    }

    /// Decides on proofs by these settings, and knows the proofs that were used before.
    pub(super) fn proofs(&self, config: &DpopConfig) -> Proofs {
        let policy = ProofPolicy::default()
            .with_max_age(config.max_age)
            .with_algorithms(config.algorithms.iter().copied());
        let proofs = self.proofs.clone().with_policy(policy);
        if config.nonce {
            proofs.with_nonces(config.nonce_lifetime)
        } else {
            proofs
        }
    }

    /// How many proofs were accepted, and how many were refused, by reason.
    pub(super) fn outcomes(&self) -> Vec<(&'static str, u64)> {
        self.proofs.outcomes()
    }

    /// The memory of used proofs in this process, in bytes, and its maximum.
    pub(super) fn memory_bytes(&self) -> (usize, usize) {
        (self.memory.bytes(), self.max_memory_bytes)
    }

    /// How often Redis did not answer; `None` without Redis.
    #[cfg(feature = "redis")]
    pub(super) fn failures(&self) -> Option<u64> {
        self.redis.as_ref().map(|redis| redis.failures())
    }

    /// How often Redis did not answer; `None` without Redis.
    #[cfg(not(feature = "redis"))]
    #[expect(clippy::unused_self, reason = "the same shape as with the feature")]
    pub(super) fn failures(&self) -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests;
