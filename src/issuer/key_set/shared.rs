//! What the readers of a key set and its task share.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwapOption, Guard};
use tokio::sync::{Notify, watch};

use super::schedule::{Progress, RefreshPolicy};
use crate::clock::Clock;
use crate::issuer::{Fetch, Issuer, Metadata};
use crate::token::KeySet;

/// The state that the readers and the task see.
pub(super) struct Shared {
    pub(super) issuer: Issuer,
    pub(super) fetch: Fetch,
    pub(super) policy: RefreshPolicy,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) cached: ArcSwapOption<CachedKeys>,
    pub(super) progress: watch::Sender<Progress>,
    pub(super) wanted: Notify,
    /// Where the keys are; `None` if the metadata names it.
    pub(super) jwks_uri: Option<String>,
}

/// A key set, the metadata by which it was found, if any, and the monotonic time of its fetch.
pub(super) struct CachedKeys {
    pub(super) keys: Arc<KeySet>,
    /// `None` if the metadata is not read.
    pub(super) metadata: Option<Arc<Metadata>>,
    pub(super) fetched_at: Duration,
}

impl Shared {
    pub(super) fn current(&self) -> Option<Arc<KeySet>> {
        let cached = self.cached.load();
        self.usable(&cached, self.clock.monotonic())
            .map(|cached| cached.keys.clone())
    }

    /// As [`Shared::current`], without a change of the reference count, which all calls share.
    pub(super) fn is_current(&self, keys: &Arc<KeySet>) -> bool {
        let cached = self.cached.load();
        self.usable(&cached, self.clock.monotonic())
            .is_some_and(|cached| Arc::ptr_eq(&cached.keys, keys))
    }

    /// The cached keys, unless they are older than the stale window.
    pub(super) fn usable<'c>(
        &self,
        cached: &'c Guard<Option<Arc<CachedKeys>>>,
        now: Duration,
    ) -> Option<&'c Arc<CachedKeys>> {
        cached
            .as_ref()
            .filter(|cached| now.saturating_sub(cached.fetched_at) <= self.policy.max_stale)
    }

    /// Waits for the fetch in progress, or requests one if the cooldown allows it.
    ///
    /// A fetch that began earlier may return the same set. Then this requests another one.
    pub(super) async fn attempt_on_demand(&self) {
        let before = self.current();
        let deadline = self.clock.monotonic() + self.policy.longest_wait;
        let mut progress = self.progress.subscribe();
        loop {
            let seen = progress.borrow_and_update().clone();
            if !seen.in_flight {
                let now = self.clock.monotonic();
                if !seen.allows_demand(now, before.is_some(), &self.policy) {
                    return;
                }
                self.fetch.notify_want();
                self.progress.send_modify(Progress::demand);
                self.wanted.notify_one();
            }
            let finished = progress.wait_for(|progress| progress.finished > seen.finished);
            tokio::select! {
                _ = finished => {}
                () = self.clock.sleep_until(deadline) => return,
            }
            let after = self.current();
            let is_news = before.as_ref().map(Arc::as_ptr) != after.as_ref().map(Arc::as_ptr);
            if is_news || !seen.in_flight {
                return;
            }
        }
    }
}
