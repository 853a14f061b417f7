//! The store for the denials of operators.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::verifier::{Denial, Denylist, DenylistFull};

/// What keeps denials, for this process alone or for every replica.
pub(super) trait Store: Send + Sync {
    /// Adds a denial, which applies here immediately and in the other replicas soon.
    fn deny(&self, denial: Denial) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Takes a denial back; whether it was known here.
    fn allow(&self, denial: Denial) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Whether replicas share it.
    fn is_shared(&self) -> bool;
}

/// Why a denial was not stored. The operator must send it again.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error(transparent)]
    Full(#[from] DenylistFull),
    #[cfg(feature = "redis")]
    #[error("Redis does not answer")]
    OutOfReach(#[from] ::redis::RedisError),
    #[cfg(feature = "redis")]
    #[error("Redis has stored the entry, but did not return it in time")]
    NotConfirmed,
}

/// Denials that this process keeps until it ends.
pub(super) struct Memory(Arc<Denylist>);

impl Memory {
    pub(super) fn new(list: Arc<Denylist>) -> Self {
        Self(list)
    }
}

impl Store for Memory {
    fn deny(&self, denial: Denial) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { Ok(self.0.deny(denial)?) })
    }

    fn allow(&self, denial: Denial) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move { Ok(self.0.allow(&denial)) })
    }

    fn is_shared(&self) -> bool {
        false
    }
}

/// Longer than any access token should live.
pub(super) const LONGEST_DENIAL: Duration = Duration::from_secs(31 * 24 * 60 * 60);
