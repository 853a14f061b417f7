//! What one connection is charged with.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Budget, price};

/// The charge of one connection. It is given back when this is dropped.
#[derive(Debug)]
pub(in crate::service::server) struct Holding {
    budget: Arc<Budget>,
    number: u64,
    debtor: Arc<Debtor>,
}

/// What a connection holds.
#[derive(Debug, Clone, Copy)]
pub(in crate::service::server) struct Charge {
    /// The price of a connection of its kind.
    pub(in crate::service::server) price: usize,
    /// What it holds beyond that.
    pub(in crate::service::server) more: usize,
}

impl Charge {
    pub(in crate::service::server) fn bytes(self) -> usize {
        self.price + self.more
    }
}

/// What the budget knows of a connection.
#[derive(Debug)]
pub(super) struct Debtor {
    bytes: AtomicUsize,
    /// How much of it is beyond the price of such a connection.
    more: AtomicUsize,
    has_worked: AtomicBool,
    /// The tick of the last useful work, or of the start.
    worked: AtomicU64,
    is_leaving: AtomicBool,
    is_for_operators: bool,
    woken: Arc<Notify>,
}

impl Holding {
    pub(super) fn new(budget: Arc<Budget>, woken: Arc<Notify>, is_for_operators: bool) -> Self {
        let debtor = Arc::new(Debtor {
            bytes: AtomicUsize::new(price::CONNECTION),
            more: AtomicUsize::new(0),
            has_worked: AtomicBool::new(false),
            worked: AtomicU64::new(budget.tick(super::now())),
            is_leaving: AtomicBool::new(false),
            is_for_operators,
            woken,
        });
        let number = budget.next.fetch_add(1, Ordering::Relaxed);
        let debtors = budget.debtors.lock();
        let mut debtors = debtors.unwrap_or_else(PoisonError::into_inner);
        debtors.insert(number, debtor.clone());
        drop(debtors);
        budget.charge(price::CONNECTION);
        Self {
            budget,
            number,
            debtor,
        }
    }

    /// What the connection is charged with now.
    pub(in crate::service::server) fn bytes(&self) -> usize {
        self.debtor.bytes()
    }

    /// Charges the connection with this from now on.
    pub(in crate::service::server) fn set(&self, charge: Charge) {
        let bytes = charge.bytes();
        self.debtor.more.store(charge.more, Ordering::Relaxed);
        let before = self.debtor.bytes.swap(bytes, Ordering::Relaxed);
        if bytes > before {
            self.budget.charge(bytes - before);
        } else {
            self.budget.give_back(before - bytes);
        }
    }

    /// The connection has done something useful.
    pub(in crate::service::server) fn has_worked(&self, at: Instant) {
        let tick = self.budget.tick(at);
        self.debtor.worked.store(tick, Ordering::Relaxed);
        self.debtor.has_worked.store(true, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn weight(&self, tick: u64) -> u64 {
        self.debtor.weight(tick)
    }

    /// Whether the budget has no room for new work.
    pub(in crate::service::server) fn is_budget_spent(&self) -> bool {
        !self.debtor.is_for_operators && self.budget.is_spent()
    }

    /// Whether the connection must be closed.
    pub(in crate::service::server) fn must_leave(&self) -> bool {
        self.debtor.is_leaving()
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let debtors = self.budget.debtors.lock();
        let mut debtors = debtors.unwrap_or_else(PoisonError::into_inner);
        debtors.remove(&self.number);
        drop(debtors);
        self.budget.give_back(self.debtor.bytes());
    }
}

impl Debtor {
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
