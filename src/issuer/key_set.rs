//! Keeps an issuer's keys: one fetch for all, and readers that never wait.
//!
//! A single task fetches, so there is never more than one fetch at a time, and a caller that
//! disconnects cannot stop it. A fetch builds the complete new set and then publishes it, so a
//! bad document never empties a good set. The times are decided in [`schedule`].
//!
//! Readers take a snapshot. A reader requests a fetch and waits for it only if no key has the
//! token's `kid`, or if there are no keys at all.

mod schedule;
mod shared;
mod task;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::token::{KeySet, KeySource};

use super::{DiscoveryError, Fetch, Issuer, Metadata};
use schedule::Progress;
use shared::Shared;

pub use schedule::RefreshPolicy;

/// The keys of a remote issuer. They are refreshed until this value is dropped.
pub struct RemoteKeySet {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl RemoteKeySet {
    /// Starts to fetch in the background and returns at once, without keys.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(
        issuer: Issuer,
        fetch: Fetch,
        policy: RefreshPolicy,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self::start_at(None, issuer, fetch, policy, clock)
    }

    /// As [`RemoteKeySet::start`], for keys at a known URL. The metadata is then not read.
    pub(crate) fn start_at(
        jwks_uri: Option<String>,
        issuer: Issuer,
        fetch: Fetch,
        policy: RefreshPolicy,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let shared = Arc::new(Shared {
            issuer,
            fetch,
            policy,
            clock,
            cached: ArcSwapOption::empty(),
            progress: watch::Sender::new(Progress::default()),
            wanted: Notify::new(),
            jwks_uri,
        });
        let task = tokio::spawn(task::run(shared.clone()));
        Self { shared, task }
    }

    /// Waits for the first attempt to end.
    ///
    /// # Errors
    ///
    /// Its [`DiscoveryError`]. The task continues to try.
    pub async fn first_attempt(&self) -> Result<(), Arc<DiscoveryError>> {
        let mut progress = self.shared.progress.subscribe();
        let first = progress.wait_for(|progress| progress.finished > 0).await;
        // It cannot be closed: the sender lives in `shared`.
        match first.as_deref() {
            Ok(Progress {
                last_success: None,
                last_error: Some(error),
                ..
            }) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Fetches again now, whatever the schedule says, at the request of an operator.
    pub fn reload(&self) {
        self.shared.progress.send_modify(Progress::demand_now);
        self.shared.wanted.notify_one();
    }

    /// Uses the keys of `before` until a fetch succeeds. Returns whether both are the keys of the
    /// same issuer, which the same hosts may serve; otherwise nothing has changed.
    #[cfg(feature = "service")]
    pub(crate) fn continue_from(&self, before: &Self) -> bool {
        let (old, new) = (&before.shared, &self.shared);
        let is_same = old.issuer == new.issuer && old.policy.jwks_hosts == new.policy.jwks_hosts;
        if is_same {
            let kept = old.cached.load_full();
            new.cached
                .rcu(|fetched| fetched.clone().or_else(|| kept.clone()));
        }
        is_same
    }

    /// The issuer's metadata when the keys were last fetched.
    pub fn metadata(&self) -> Option<Arc<Metadata>> {
        self.shared
            .cached
            .load()
            .as_ref()
            .and_then(|cached| cached.metadata.clone())
    }

    /// Reports every attempt that ends after this call.
    pub fn attempts(&self) -> Attempts {
        let progress = self.shared.progress.subscribe();
        let seen = progress.borrow().finished;
        Attempts { progress, seen }
    }

    /// The state of the keys and of the last fetches.
    pub fn status(&self) -> KeySetStatus {
        let now = self.shared.clock.monotonic();
        let progress = self.shared.progress.borrow().clone();
        let cached = self.shared.cached.load();
        KeySetStatus {
            keys: self
                .shared
                .usable(&cached, now)
                .map_or(0, |cached| cached.keys.keys().len()),
            age: cached
                .as_ref()
                .map(|cached| now.saturating_sub(cached.fetched_at)),
            last_attempt: progress.last_finished.map(|at| now.saturating_sub(at)),
            last_error: progress.last_error,
            next_attempt: progress.next_attempt.map(|at| at.saturating_sub(now)),
            attempts: progress.finished,
            failures: progress.failures,
        }
    }
}

impl KeySource for RemoteKeySet {
    fn current(&self) -> Option<Arc<KeySet>> {
        self.shared.current()
    }

    fn is_current(&self, keys: &Arc<KeySet>) -> bool {
        self.shared.is_current(keys)
    }

    fn refreshed(&self) -> Pin<Box<dyn Future<Output = Option<Arc<KeySet>>> + Send + '_>> {
        Box::pin(async {
            self.shared.attempt_on_demand().await;
            self.shared.current()
        })
    }
}

impl Drop for RemoteKeySet {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for RemoteKeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeySet")
            .field("issuer", &self.shared.issuer)
            .finish_non_exhaustive()
    }
}

/// Waits for attempts to end. It also reports an attempt that ended between two waits.
#[derive(Debug)]
pub struct Attempts {
    progress: watch::Receiver<Progress>,
    seen: u64,
}

impl Attempts {
    /// Completes once an attempt has ended that was not reported yet, whether it succeeded or
    /// not. Never completes after the key set was dropped.
    pub async fn ended(&mut self) {
        let seen = self.seen;
        let ended = self
            .progress
            .wait_for(|progress| progress.finished > seen)
            .await;
        match ended.map(|progress| progress.finished) {
            Ok(finished) => self.seen = finished,
            Err(_) => std::future::pending().await,
        }
    }
}

/// The state of a [`RemoteKeySet`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KeySetStatus {
    /// The number of keys that may verify now; also 0 if they are too old.
    pub keys: usize,
    /// Time since the last fetch that succeeded.
    pub age: Option<Duration>,
    /// Time since the last attempt ended, whether it succeeded or not.
    pub last_attempt: Option<Duration>,
    /// Why the last attempt failed; `None` if it succeeded.
    pub last_error: Option<Arc<DiscoveryError>>,
    /// Time until the next attempt.
    pub next_attempt: Option<Duration>,
    /// Attempts that have ended.
    pub attempts: u64,
    /// Attempts that have failed.
    pub failures: u64,
}

impl KeySetStatus {
    /// Attempts of keys that nothing fetches.
    #[cfg(feature = "service")]
    pub(crate) fn without_fetches(keys: usize) -> Self {
        Self {
            keys,
            age: None,
            last_attempt: None,
            last_error: None,
            next_attempt: None,
            attempts: 0,
            failures: 0,
        }
    }
}
