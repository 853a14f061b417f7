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

    /// A connection that has just worked, or has just begun, and holds no more than any other
    /// is not to blame.
    pub(super) fn may_be_closed(&self, tick: u64, patience: u64) -> bool {
        let patience = if self.has_worked.load(Ordering::Relaxed) {
            patience.saturating_mul(PATIENCE as u64)
        } else {
            patience
        };
        let is_harmless = self.more() == 0 && self.idle(tick) < patience;
        !self.is_for_operators && !self.is_leaving() && !is_harmless
    }

    /// Memory multiplied by the time since the last useful work. What a connection takes in any
    /// case counts less, and one that has never done useful work counts more.
    pub(super) fn weight(&self, tick: u64) -> u64 {
        let memory = self.more() + self.bytes() / PATIENCE;
        let weight = (memory as u64).saturating_mul(self.idle(tick) + A_LITTLE);
        if self.has_worked.load(Ordering::Relaxed) {
            weight / PATIENCE as u64
        } else {
            weight
        }
    }

    fn more(&self) -> usize {
        self.more.load(Ordering::Relaxed)
    }

    fn idle(&self, tick: u64) -> u64 {
        tick.saturating_sub(self.worked.load(Ordering::Relaxed))
    }

    pub(super) fn leave(&self) {
        self.is_leaving.store(true, Ordering::Relaxed);
        self.woken.notify_one();
    }
}

/// For connections that have worked, and for what each connection takes.
const PATIENCE: usize = 8;
/// Within the same 60 ms, memory alone decides.
const A_LITTLE: u64 = 64;
