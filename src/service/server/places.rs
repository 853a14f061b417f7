//! A place for each connection, and room made when there is none.
//!
//! A connection that waits for a place asks the idle ones that hold a place to close: a caller must
//! not have to wait until others have been idle for their whole time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// The right to hold one connection.
pub(super) type Place = OwnedSemaphorePermit;

pub(super) struct Places {
    free: Arc<Semaphore>,
    wanted: Notify,
}

impl Places {
    pub(super) fn new(number: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(number)),
            wanted: Notify::new(),
        }
    }

    /// A place, as soon as there is one.
    pub(super) async fn take(&self) -> Place {
        loop {
            let free = self.free.clone().acquire_owned();
            let place = if self.free.available_permits() == 0 {
                self.ask();
                tokio::time::timeout(AGAIN, free).await
            } else {
                Ok(free.await)
            };
            if let Ok(place) = place {
                return place.expect("the semaphore is never closed");
            }
        }
    }

    /// Asks idle connections to close.
    pub(super) fn ask(&self) {
        self.wanted.notify_waiters();
    }

    /// Completes when a connection waits for a place.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }
}

/// How often those are asked that hold a place.
const AGAIN: Duration = Duration::from_millis(250);
