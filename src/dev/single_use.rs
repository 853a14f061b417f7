//! Values that are kept for a limited time under random handles, each returned once.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::mint::random_handle;

/// A bounded store. When it is full, the oldest value is dropped.
#[derive(Debug)]
pub(super) struct SingleUse<T> {
    /// Oldest first, because all have the same lifetime.
    entries: Mutex<VecDeque<Entry<T>>>,
    lifetime: Duration,
}

#[derive(Debug)]
struct Entry<T> {
    handle: String,
    expires_at: Duration,
    value: T,
}

/// Anybody can start a sign-in, so the store must have a limit.
pub(super) const CAPACITY: usize = 1000;

impl<T> SingleUse<T> {
    pub(super) fn with_lifetime(lifetime: Duration) -> Self {
        Self {
            entries: Mutex::default(),
            lifetime,
        }
    }

    /// Keeps `value` and returns its handle. `now` is monotonic, here and below.
    pub(super) fn keep(&self, value: T, now: Duration) -> String {
        let handle = random_handle();
        let mut entries = self.lock();
        if entries.len() >= CAPACITY {
            entries.pop_front();
        }
        entries.push_back(Entry {
            handle: handle.clone(),
            expires_at: now + self.lifetime,
            value,
        });
        handle
    }

    /// Removes the value and returns it, unless it has expired.
    pub(super) fn redeem(&self, handle: &str, now: Duration) -> Option<T> {
        let mut entries = self.lock();
        entries.retain(|entry| entry.expires_at > now);
        let index = entries.iter().position(|entry| entry.handle == handle)?;
        entries.remove(index).map(|entry| entry.value)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Entry<T>>> {
        // No code above panics in the middle of a change.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
