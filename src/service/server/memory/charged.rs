//! What the budget knows of one connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::price;

/// What the budget knows of a connection.
#[derive(Debug)]
pub(super) struct Debtor {
    pub(super) bytes: AtomicUsize,
    /// How much of it is beyond the price of such a connection.
    pub(super) more: AtomicUsize,
    pub(super) has_worked: AtomicBool,
    /// The tick of the last useful work, or of the start.
    pub(super) worked: AtomicU64,
    is_leaving: AtomicBool,
    /// What `worked` was when it was chosen to leave.
    worked_before: AtomicU64,
    /// Whether it was to leave and stayed, and has not worked since.
    is_spared: AtomicBool,
    pub(super) is_for_operators: bool,
    woken: Arc<Notify>,
}

impl Debtor {
    /// A connection that begins at this tick.
    pub(super) fn new(tick: u64, woken: Arc<Notify>, is_for_operators: bool) -> Self {
        Self {
            bytes: AtomicUsize::new(price::CONNECTION),
            more: AtomicUsize::new(0),
            has_worked: AtomicBool::new(false),
            worked: AtomicU64::new(tick),
            is_leaving: AtomicBool::new(false),
            worked_before: AtomicU64::new(tick),
            is_spared: AtomicBool::new(false),
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

    /// How early it is closed, the greatest first; `None` where it stays.
    ///
    /// It is the memory multiplied by the time since the last useful work. What a connection
    /// takes in any case counts less, and one that has never done useful work counts more. One
    /// that holds no more than that has some time for which it is not to blame.
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
        let blamed = if more == 0 {
            idle.checked_sub(patience)?
        } else {
            idle
        };
        let memory = more + self.bytes() as u64 / PATIENCE;
        Some(memory.saturating_mul(blamed + A_LITTLE) / share)
    }

    /// The connection has done something useful.
    pub(super) fn has_worked(&self, tick: u64) {
        self.worked.store(tick, Ordering::Relaxed);
        self.has_worked.store(true, Ordering::Relaxed);
        self.is_spared.store(false, Ordering::Relaxed);
    }

    /// Whether it may stay although it was to leave.
    pub(super) fn may_be_spared(&self) -> bool {
        self.more.load(Ordering::Relaxed) == 0 && !self.is_spared.load(Ordering::Relaxed)
    }

    /// It stays.
    pub(super) fn spare(&self, tick: u64) {
        self.worked.store(tick, Ordering::Relaxed);
        self.is_spared.store(true, Ordering::Relaxed);
        self.is_leaving.store(false, Ordering::Relaxed);
    }

    /// Whether it has begun, or done something useful, after it was chosen to leave.
    pub(super) fn has_worked_since(&self) -> bool {
        self.worked.load(Ordering::Relaxed) != self.worked_before.load(Ordering::Relaxed)
    }

    /// It must be closed.
    pub(super) fn leave(&self) {
        let worked = self.worked.load(Ordering::Relaxed);
        self.worked_before.store(worked, Ordering::Relaxed);
        self.is_leaving.store(true, Ordering::Relaxed);
        self.woken.notify_one();
    }
}

/// For connections that have worked, and for what each connection takes.
const PATIENCE: u64 = 8;
/// Within the same 60 ms, memory alone decides.
const A_LITTLE: u64 = 64;
