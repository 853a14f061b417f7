//! What one connection is charged with.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::budget::{Budget, now};
use super::charged::ChargedConnection;
use super::price;

/// The charge of one connection. It is given back when this is dropped.
#[derive(Debug)]
pub(in crate::service::server) struct Holding {
    budget: Arc<Budget>,
    number: u64,
    connection: Arc<ChargedConnection>,
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
        let connection = Arc::new(ChargedConnection::new(tick, woken, is_for_operators));
        let number = budget.next.fetch_add(1, Ordering::Relaxed);
        let charged = budget.charged.lock();
        let mut charged = charged.unwrap_or_else(PoisonError::into_inner);
        charged.insert(number, connection.clone());
        drop(charged);
        budget.charge(price::CONNECTION);
        Self {
            budget,
            number,
            connection,
        }
    }

    /// What the connection is charged with now.
    pub(in crate::service::server) fn bytes(&self) -> usize {
        self.connection.bytes()
    }

    /// Charges the connection with this from now on.
    pub(in crate::service::server) fn set(&self, charge: Charge) {
        let bytes = charge.bytes();
        self.connection.more.store(charge.more, Ordering::Relaxed);
        let before = self.connection.bytes.swap(bytes, Ordering::Relaxed);
        if bytes > before {
            self.budget.charge(bytes - before);
        } else {
            self.budget.give_back(before - bytes);
        }
    }

    /// The connection has done something useful.
    pub(in crate::service::server) fn has_worked(&self, at: Instant) {
        self.connection.has_worked(self.budget.tick(at));
    }

    /// The connection begins only now, because this process caused the delay before.
    pub(in crate::service::server) fn begins(&self, at: Instant) {
        let tick = self.budget.tick(at);
        self.connection.worked.store(tick, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn weight(&self, tick: u64) -> Option<u64> {
        self.connection.weight(tick, self.budget.patience)
    }

    /// Whether the budget has no room for new work.
    pub(in crate::service::server) fn is_budget_spent(&self) -> bool {
        !self.connection.is_for_operators && self.budget.is_spent()
    }

    /// Whether the connection must be closed.
    pub(in crate::service::server) fn must_leave(&self) -> bool {
        self.connection.is_leaving()
    }

    /// Whether it may stay nevertheless, if its client turns out to be active.
    pub(in crate::service::server) fn may_stay(&self) -> bool {
        self.connection.may_stay()
    }

    /// Whether it has begun, or done something useful, after it was chosen to leave.
    pub(in crate::service::server) fn has_worked_since(&self) -> bool {
        self.connection.has_worked_since()
    }

    /// It stays. This happens once until it does something useful.
    pub(in crate::service::server) fn keep_open(&self, at: Instant) {
        self.connection.keep_open(self.budget.tick(at));
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let charged = self.budget.charged.lock();
        let mut charged = charged.unwrap_or_else(PoisonError::into_inner);
        charged.remove(&self.number);
        drop(charged);
        self.budget.give_back(self.connection.bytes());
    }
}
