//! What one connection is charged with.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::budget::{Budget, now};
use super::charged::Debtor;
use super::price;

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

impl Holding {
    pub(super) fn new(budget: Arc<Budget>, woken: Arc<Notify>, is_for_operators: bool) -> Self {
        let tick = budget.tick(now());
        let debtor = Arc::new(Debtor::new(tick, woken, is_for_operators));
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
        self.debtor.has_worked(self.budget.tick(at));
    }

    /// The connection begins only now: what came before took the time of this process.
    pub(in crate::service::server) fn begins(&self, at: Instant) {
        let tick = self.budget.tick(at);
        self.debtor.worked.store(tick, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn weight(&self, tick: u64) -> Option<u64> {
        self.debtor.weight(tick, self.budget.patience)
    }

    /// Whether the budget has no room for new work.
    pub(in crate::service::server) fn is_budget_spent(&self) -> bool {
        !self.debtor.is_for_operators && self.budget.is_spent()
    }

    /// Whether the connection must be closed.
    pub(in crate::service::server) fn must_leave(&self) -> bool {
        self.debtor.is_leaving()
    }

    /// Whether it may stay nevertheless, if its client turns out to be active.
    pub(in crate::service::server) fn may_be_spared(&self) -> bool {
        self.debtor.may_be_spared()
    }

    /// Whether it has begun, or done something useful, after it was chosen to leave.
    pub(in crate::service::server) fn has_worked_since(&self) -> bool {
        self.debtor.has_worked_since()
    }

    /// It stays. This happens once until it does something useful.
    pub(in crate::service::server) fn spare(&self, at: Instant) {
        self.debtor.spare(self.budget.tick(at));
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
