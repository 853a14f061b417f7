//! The charge of one connection, and its use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::price;

/// A connection with its charge and its use.
#[derive(Debug)]
pub(super) struct ChargedConnection {
    pub(super) bytes: AtomicUsize,
    /// The part of `bytes` that exceeds the price of such a connection.
    pub(super) more: AtomicUsize,
    pub(super) has_worked: AtomicBool,
    /// The tick of the last useful work, or of the start.
    pub(super) worked: AtomicU64,
    is_leaving: AtomicBool,
    /// The value of `worked` when the connection was chosen to be closed.
    worked_before: AtomicU64,
    /// Whether it was chosen to be closed but stayed open, and has not worked since.
    has_stayed: AtomicBool,
    pub(super) is_for_operators: bool,
    woken: Arc<Notify>,
}

impl ChargedConnection {
    /// A connection that begins at this tick.
    pub(super) fn new(tick: u64, woken: Arc<Notify>, is_for_operators: bool) -> Self {
        Self {
            bytes: AtomicUsize::new(price::CONNECTION),
            more: AtomicUsize::new(0),
            has_worked: AtomicBool::new(false),
            worked: AtomicU64::new(tick),
            is_leaving: AtomicBool::new(false),
            worked_before: AtomicU64::new(tick),
            has_stayed: AtomicBool::new(false),
            is_for_operators,
            woken,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.is_leaving.load(Ordering::Relaxed)
    }

    /// The weight of the connection: the one with the greatest weight is closed first. `None` if it
    /// must stay open.
    ///
    /// The weight is the memory multiplied by the time since the last useful work. The price of a
    /// connection counts less. A connection that has never done useful work counts more. A
    /// connection that holds no more than its price has some idle time that does not count.
    pub(super) fn weight(&self, tick: u64, patience: u64) -> Option<u64> {
        if self.is_for_operators || self.is_leaving() {
            return None;
        }
        let (share, patience) = if self.has_worked.load(Ordering::Relaxed) {
            (PATIENCE, patience.saturating_mul(PATIENCE))
        } else {
            (1, patience)
        };
        let more = self.more.load(Ordering::Relaxed) as u64;
        let idle = tick.saturating_sub(self.worked.load(Ordering::Relaxed));
        let counted_idle = if more == 0 {
            idle.checked_sub(patience)?
        } else {
            idle
        };
        let memory = more + self.bytes() as u64 / PATIENCE;
        Some(memory.saturating_mul(counted_idle + MIN_IDLE_TICKS) / share)
    }

    /// Records that the connection has done useful work.
    pub(super) fn has_worked(&self, tick: u64) {
        self.worked.store(tick, Ordering::Relaxed);
        self.has_worked.store(true, Ordering::Relaxed);
        self.has_stayed.store(false, Ordering::Relaxed);
    }

    /// Whether it may stay open although it was chosen to be closed.
    pub(super) fn may_stay(&self) -> bool {
        self.more.load(Ordering::Relaxed) == 0 && !self.has_stayed.load(Ordering::Relaxed)
    }

    /// Keeps the connection open.
    pub(super) fn keep_open(&self, tick: u64) {
        self.worked.store(tick, Ordering::Relaxed);
        self.has_stayed.store(true, Ordering::Relaxed);
        self.is_leaving.store(false, Ordering::Relaxed);
    }

    /// Whether it has begun, or has done useful work, after it was chosen to be closed.
    pub(super) fn has_worked_since(&self) -> bool {
        self.worked.load(Ordering::Relaxed) != self.worked_before.load(Ordering::Relaxed)
    }

    /// Requests that the connection is closed.
    pub(super) fn leave(&self) {
        let worked = self.worked.load(Ordering::Relaxed);
        self.worked_before.store(worked, Ordering::Relaxed);
        self.is_leaving.store(true, Ordering::Relaxed);
        self.woken.notify_one();
    }
}

/// The factor for connections that have worked, and for the price of each connection.
const PATIENCE: u64 = 8;
/// Within the same 60 ms, memory alone decides.
const MIN_IDLE_TICKS: u64 = 64;
