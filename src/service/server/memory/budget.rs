//! The budget itself: its use, and the connections to close when it is spent.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::charged::ChargedConnection;

#[derive(Debug)]
pub(super) struct Budget {
    pub(super) limit: usize,
    /// The time without useful work, in ticks, that is allowed to a connection that holds no more than its
    /// price.
    pub(super) patience: u64,
    pub(super) used: AtomicUsize,
    pub(super) began: Instant,
    pub(super) next: AtomicU64,
    pub(super) charged: Mutex<HashMap<u64, Arc<ChargedConnection>>>,
    /// When connections were last chosen to be closed.
    pub(super) relieved: AtomicU64,
}

impl Budget {
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    pub(super) fn is_spent(&self) -> bool {
        self.used() > self.limit
    }

    pub(super) fn charge(&self, bytes: usize) {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > self.eviction() {
            self.relieve();
        }
    }

    pub(super) fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(super) fn eviction(&self) -> usize {
        self.limit / EVICTION.1 * EVICTION.0
    }

    /// A time in units of 1/1024 s or a little less; never 0.
    pub(super) fn tick(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.began);
        ((since.as_secs() << 10) | u64::from(since.subsec_nanos() >> 20)) + 1
    }

    /// Chooses the connections to close, at most once in a tick.
    pub(super) fn relieve(&self) {
        let tick = self.tick(now());
        if self.used() <= self.eviction() || self.relieved.swap(tick, Ordering::Relaxed) == tick {
            return;
        }
        let charged = self.charged.lock().unwrap_or_else(PoisonError::into_inner);
        let leaving: usize = (charged.values())
            .filter(|connection| connection.is_leaving())
            .map(|connection| connection.bytes())
            .sum();
        let staying = self.used().saturating_sub(leaving);
        if staying <= self.eviction() {
            return;
        }
        let mut excess = staying - self.eviction() / 16 * 15;
        let mut candidates: Vec<_> = (charged.values())
            .filter_map(|connection| Some((connection.weight(tick, self.patience)?, connection)))
            .collect();
        candidates.sort_unstable_by_key(|(weight, _)| Reverse(*weight));
        let mut closed = 0;
        for (_, connection) in candidates {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(connection.bytes());
            connection.leave();
            closed += 1;
        }
        drop(charged);
        tracing::warn!(closed, reason = "memory_spent", "connections closed");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a connection holds memory is the runtime's time; no verdict rests on it"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Seven eighths. The rest is for callers that connect while other connections are being closed.
const EVICTION: (usize, usize) = (7, 8);
