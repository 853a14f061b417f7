//! One budget for all memory that callers make the process hold.
//!
//! Each connection has a [`Holding`]: the number of bytes that it is charged with. hyper, h2
//! and rustls do not report what they hold. Where they do not, settings bound it, and the
//! bound is charged (`price`).
//!
//! | charged with | from | until |
//! | --- | --- | --- |
//! | a connection, with the first bytes of whatever it does | it is accepted | it is closed |
//! | bytes of a TLS handshake or record | they are read | they are decrypted |
//! | bytes of a head, a body or of frames | they are read | the head is complete, or a handler takes the body |
//! | a request with its fields | its head is complete | its response is taken |
//! | a response's body | its head is prepared | it is written |
//! | write buffers | the socket takes nothing | it does again |
//!
//! 1. Above [`EVICTION`] of the limit, connections are closed. First are those whose memory,
//!    multiplied by the time since they last did something useful, is largest. Useful are a
//!    response below 400 that was taken, and a part of a body that a handler has taken. The
//!    price of a connection counts for an eighth, and so does everything of one that has done
//!    something useful.
//!    A connection that holds no more than its price is not closed within a second of its
//!    beginning, and within 8 s of its last useful work. No connection is accepted meanwhile.
//! 2. Above the limit, a new request is answered 503, unless its connection has paid for it.
//!
//! A charge changes when a connection waits, not with each byte, and a small request is
//! included in the price of its connection. So a plain call changes no shared number.
//!
//! Operators' connections are charged like all others, but are never refused or closed for it.

mod holding;
pub(super) mod price;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use holding::Debtor;
pub(super) use holding::{Charge, Holding};

/// The budget, for the callers of one listener. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::service) struct Memory {
    budget: Arc<Budget>,
    is_for_operators: bool,
}

#[derive(Debug)]
struct Budget {
    limit: usize,
    /// The time without useful work, in ticks, that is allowed to who holds no more than its
    /// price.
    patience: u64,
    used: AtomicUsize,
    began: Instant,
    next: AtomicU64,
    debtors: Mutex<HashMap<u64, Arc<Debtor>>>,
    /// When connections were last chosen to be closed.
    relieved: AtomicU64,
}

impl Memory {
    pub(in crate::service) fn new(limit: usize) -> Self {
        Self::with_patience(limit, A_MOMENT)
    }

    pub(super) fn with_patience(limit: usize, patience: u64) -> Self {
        Self {
            budget: Arc::new(Budget {
                limit,
                patience,
                used: AtomicUsize::new(0),
                began: now(),
                next: AtomicU64::new(0),
                debtors: Mutex::default(),
                relieved: AtomicU64::new(0),
            }),
            is_for_operators: false,
        }
    }

    /// The same budget for operators, who are charged but not refused.
    pub(in crate::service) fn for_operators(&self) -> Self {
        Self {
            is_for_operators: true,
            ..self.clone()
        }
    }

    /// What is charged now.
    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.budget.used()
    }

    /// Whether another connection may be accepted. If not, others are closed.
    pub(super) fn may_accept(&self) -> bool {
        let may = self.is_for_operators || self.budget.used() <= self.budget.eviction();
        if !may {
            self.budget.relieve();
        }
        may
    }

    /// Charges for a connection. `woken` is notified when the connection must be closed.
    pub(super) fn hold(&self, woken: Arc<Notify>) -> Holding {
        Holding::new(self.budget.clone(), woken, self.is_for_operators)
    }
}

impl Budget {
    fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn is_spent(&self) -> bool {
        self.used() > self.limit
    }

    fn charge(&self, bytes: usize) {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > self.eviction() {
            self.relieve();
        }
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn eviction(&self) -> usize {
        self.limit / EVICTION.1 * EVICTION.0
    }

    /// A time in units of 1/1024 s or a little less; never 0.
    fn tick(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.began);
        ((since.as_secs() << 10) | u64::from(since.subsec_nanos() >> 20)) + 1
    }

    /// Chooses the connections to close, at most once in a tick.
    fn relieve(&self) {
        let tick = self.tick(now());
        if self.used() <= self.eviction() || self.relieved.swap(tick, Ordering::Relaxed) == tick {
            return;
        }
        let debtors = self.debtors.lock().unwrap_or_else(PoisonError::into_inner);
        let leaving: usize = (debtors.values())
            .filter(|debtor| debtor.is_leaving())
            .map(|debtor| debtor.bytes())
            .sum();
        let staying = self.used().saturating_sub(leaving);
        if staying <= self.eviction() {
            return;
        }
        let mut excess = staying - self.eviction() / 16 * 15;
        let mut candidates: Vec<_> = (debtors.values())
            .filter(|debtor| debtor.may_be_closed(tick, self.patience))
            .map(|debtor| (debtor.weight(tick), debtor))
            .collect();
        candidates.sort_unstable_by_key(|(weight, _)| Reverse(*weight));
        let mut closed = 0;
        for (_, debtor) in candidates {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(debtor.bytes());
            debtor.leave();
            closed += 1;
        }
        drop(debtors);
        tracing::warn!(closed, reason = "memory_spent", "connections closed");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a connection holds memory is the runtime's time; no verdict rests on it"
)]
fn now() -> Instant {
    Instant::now()
}

/// A second.
const A_MOMENT: u64 = 1024;
/// Seven eighths: what is left is for callers who come while connections are being closed.
const EVICTION: (usize, usize) = (7, 8);
