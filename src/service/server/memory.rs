//! One budget for all memory that callers make the process hold.
//!
//! Each connection has a [`Holding`]: the number of bytes that it is charged with. hyper, h2
//! and rustls do not report what they hold. Where they do not, settings bound it, and the
//! bound is charged (`price`).
//!
//! | charged with | from | until |
//! | --- | --- | --- |
//! | a connection and the first bytes on it | it is accepted | it is closed |
//! | bytes of a TLS handshake or record | they are read | they are decrypted |
//! | bytes of a head, a body or of frames | they are read | the head is complete, or a handler takes the body |
//! | a request with its fields | its head is complete | its response is taken |
//! | a response's body | its head is prepared | it is written |
//! | an unfinished message of a WebSocket | its first frame is read | its last frame is read |
//! | write buffers | the socket takes nothing | it does again |
//!
//! 1. Above [`EVICTION`] of the limit, connections are closed. First are those whose memory,
//!    multiplied by the time since they last did something useful, is largest. Useful are a
//!    response below 400 that was taken, a part of a body that a handler has taken, and what a
//!    client takes of an upgraded connection. The price of a connection counts for an eighth,
//!    and so does everything of one that has done something useful.
//!    A connection that holds no more than its price is not closed within a second of its
//!    beginning, and within 8 s of its last useful work. If bytes of its client are waiting to
//!    be read, it is not closed, once. No connection is accepted meanwhile.
//! 2. Above the limit, a new request is answered 503, unless its connection has paid for it.
//!
//! A charge changes when a connection waits, not with each byte, and a small request is
//! included in the price of its connection. So a plain call changes no shared number.
//!
//! Operators' connections are charged like all others, but are never refused or closed for it.

mod budget;
mod charged;
mod holding;
pub(super) mod price;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use budget::{Budget, now};
pub(super) use holding::{Charge, Holding};

/// The budget, for the callers of one listener. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::service) struct Memory {
    budget: Arc<Budget>,
    is_for_operators: bool,
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
                charged: Mutex::default(),
                relieved: AtomicU64::new(0),
            }),
            is_for_operators: false,
        }
    }

    /// The same budget for operators. They are charged but not refused.
    pub(in crate::service) fn for_operators(&self) -> Self {
        Self {
            is_for_operators: true,
            ..self.clone()
        }
    }

    /// What is charged now.
    #[cfg(any(test, fuzzing))]
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

/// A second.
const A_MOMENT: u64 = 1024;
