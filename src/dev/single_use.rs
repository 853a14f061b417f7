//! Values kept for a while under random handles, each handed out once.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::mint::random_handle;

/// A bounded store; when it is full the oldest value gives way.
#[derive(Debug)]
pub(super) struct SingleUse<T> {
    /// Oldest first: all live equally long.
    entries: Mutex<VecDeque<Entry<T>>>,
    lifetime: Duration,
}

#[derive(Debug)]
struct Entry<T> {
    handle: String,
    expires_at: Duration,
    value: T,
}

/// Anybody may start a sign-in, so anybody could fill the memory.
pub(super) const CAPACITY: usize = 1000;

impl<T> SingleUse<T> {
    pub(super) fn lasting(lifetime: Duration) -> Self {
        Self {
            entries: Mutex::default(),
            lifetime,
        }
    }

    /// Keeps `value` and yields its handle. `now` is monotonic, here and below.
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

    /// Takes the value out, if it is there and still good.
    pub(super) fn redeem(&self, handle: &str, now: Duration) -> Option<T> {
        let mut entries = self.lock();
        entries.retain(|entry| entry.expires_at > now);
        let index = entries.iter().position(|entry| entry.handle == handle)?;
        entries.remove(index).map(|entry| entry.value)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Entry<T>>> {
        // Nothing above panics half-way through a change.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
