//! Counts the connections of a listener, for operators.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The connections of one listener.
pub(in crate::service) struct Connections {
    open: AtomicUsize,
    accepted: AtomicU64,
    upgraded: AtomicUsize,
    max: usize,
}

impl Connections {
    pub(in crate::service) fn new(max: usize) -> Self {
        Self {
            open: AtomicUsize::new(0),
            accepted: AtomicU64::new(0),
            upgraded: AtomicUsize::new(0),
            max,
        }
    }

    /// Connections that are held now.
    pub(in crate::service) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Connections accepted since the start.
    pub(in crate::service) fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// The maximum number of open connections.
    pub(in crate::service) fn max(&self) -> usize {
        self.max
    }

    /// Those of the connections held now that are upgraded, by a handler.
    pub(in crate::service) fn upgraded(&self) -> usize {
        self.upgraded.load(Ordering::Relaxed)
    }

    /// Counts an upgraded connection for as long as what is returned lives; `None` where
    /// there are `max` already.
    pub(super) fn upgrade(self: &Arc<Self>, max: usize) -> Option<UpgradedSlot> {
        let one_more = |upgraded| (upgraded < max).then_some(upgraded + 1);
        let counted = (self.upgraded).fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        counted.ok().map(|_| UpgradedSlot(self.clone()))
    }

    /// Counts a connection for as long as what is returned lives.
    pub(super) fn enter(self: &Arc<Self>) -> Entered {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.accepted.fetch_add(1, Ordering::Relaxed);
        Entered(self.clone())
    }
}

/// A connection that is held.
pub(super) struct Entered(Arc<Connections>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An upgraded connection that is held.
pub(super) struct UpgradedSlot(Arc<Connections>);

impl Drop for UpgradedSlot {
    fn drop(&mut self) {
        self.0.upgraded.fetch_sub(1, Ordering::Relaxed);
    }
}
