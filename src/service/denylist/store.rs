//! The store for the denials of operators.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::verifier::{
    Denial, Denylist, DenylistFull, MarkError, MemoryProofStore, ProofStore, UsedProof,
};

/// What keeps denials, for this process alone or for every replica.
pub(super) trait Store: Send + Sync {
    /// Adds a denial, which applies here immediately and in the other replicas soon.
    fn deny(&self, denial: Denial) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Takes a denial back; whether it was known here.
    fn allow(&self, denial: Denial) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Remembers the name of a token until a time since 1970. Returns `false` if it is remembered
    /// already. Of several calls with the same name, exactly one returns `true`.
    fn remember(&self, token: TokenName) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Whether replicas share it.
    fn is_shared(&self) -> bool;
}

/// The name of a token that is accepted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) struct TokenName {
    /// A hash of its issuer and its `jti`.
    pub(in crate::service) name: [u8; 16],
    /// The time, since 1970.
    pub(in crate::service) now: Duration,
    /// Until when it must be remembered, since 1970.
    pub(in crate::service) until: Duration,
}

/// Why a denial was not stored. The operator must send it again.
#[derive(Debug, thiserror::Error)]
pub(in crate::service) enum StoreError {
    #[error(transparent)]
    Full(#[from] DenylistFull),
    #[cfg(feature = "redis")]
    #[error("Redis does not answer")]
    OutOfReach(#[from] ::redis::RedisError),
    #[cfg(feature = "redis")]
    #[error("Redis has stored the entry, but did not return it in time")]
    NotConfirmed,
}

impl StoreError {
    /// A stable word for logs, metrics and tests; never reworded.
    pub(in crate::service) fn reason(&self) -> &'static str {
        match self {
            Self::Full(_) => "denylist_full",
            #[cfg(feature = "redis")]
            Self::OutOfReach(_) => "denylist_out_of_reach",
            #[cfg(feature = "redis")]
            Self::NotConfirmed => "denylist_unheard",
        }
    }
}

/// Denials that this process keeps until it ends.
pub(super) struct Memory {
    list: Arc<Denylist>,
    used: MemoryProofStore,
}

impl Memory {
    pub(super) fn new(list: Arc<Denylist>) -> Self {
        let used = MemoryProofStore::new(MAX_USED_BYTES);
        Self { list, used }
    }
}

impl Store for Memory {
    fn deny(&self, denial: Denial) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { Ok(self.list.deny(denial)?) })
    }

    fn allow(&self, denial: Denial) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move { Ok(self.list.allow(&denial)) })
    }

    fn remember(&self, token: TokenName) -> BoxFuture<'_, Result<bool, StoreError>> {
        let TokenName { name, now, until } = token;
        let marked = self.used.mark(UsedProof::new(name, now, until));
        Box::pin(marked.map(|marked| match marked {
            Ok(()) => Ok(true),
            Err(MarkError::Used) => Ok(false),
            Err(_) => Err(DenylistFull.into()),
        }))
    }

    fn is_shared(&self) -> bool {
        false
    }
}

/// Room for more sign-outs in ten minutes than an org has users.
const MAX_USED_BYTES: usize = 1024 * 1024;
/// Longer than any access token should live.
pub(super) const LONGEST_DENIAL: Duration = Duration::from_secs(31 * 24 * 60 * 60);
