//! How requests to sign a user out ended.

use std::sync::atomic::{AtomicU64, Ordering};

/// The numbers of requests by result.
#[derive(Debug, Default)]
pub(in crate::service) struct LogoutCounts {
    done: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
}

impl LogoutCounts {
    /// Those that were done, refused, and valid but failed.
    pub(in crate::service) fn counts(&self) -> [u64; 3] {
        [&self.done, &self.refused, &self.failed].map(|it| it.load(Ordering::Relaxed))
    }

    pub(super) fn count_done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }
}
