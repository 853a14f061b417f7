//! One call for all requests that wait for the same answer.
//!
//! 1. The first request begins a call, and those after it wait for its outcome.
//! 2. The requests drive the call. It ends with the last of them, and no task remains.
//! 3. A call that has ended is forgotten. Remembering its outcome is the work of a cache.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

/// A call that is under way.
pub(super) type Flight<T> = Shared<BoxFuture<'static, T>>;

/// The calls that are under way, by token.
pub(super) struct Flights<T: Clone> {
    running: Arc<Running<T>>,
    next_id: AtomicU64,
}

struct Running<T: Clone>(Mutex<HashMap<Box<str>, Numbered<T>>>);

struct Numbered<T: Clone> {
    id: u64,
    flight: WeakShared<BoxFuture<'static, T>>,
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    /// The call for this token that is under way.
    pub(super) fn find(&self, token: &str) -> Option<Flight<T>> {
        self.running.lock().get(token)?.flight.upgrade()
    }

    /// Begins a call for this token, unless there is one already.
    pub(super) fn begin(
        &self,
        token: &str,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Flight<T> {
        let mut running = self.running.lock();
        let known = running.get(token).and_then(|it| it.flight.upgrade());
        if let Some(known) = known {
            return known;
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let place = Place {
            running: self.running.clone(),
            token: token.into(),
            id,
        };
        let flight = async move {
            let outcome = call.await;
            drop(place);
            outcome
        };
        let flight = flight.boxed().shared();
        // It cannot have ended, because nothing has polled it.
        if let Some(weak) = flight.downgrade() {
            running.insert(token.into(), Numbered { id, flight: weak });
        }
        flight
    }
}

impl<T: Clone> Running<T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, Numbered<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Default for Flights<T> {
    fn default() -> Self {
        Self {
            running: Arc::new(Running(Mutex::default())),
            next_id: AtomicU64::new(0),
        }
    }
}

impl<T: Clone> fmt::Debug for Flights<T> {
    /// Prints no token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.running.lock().len();
        f.debug_struct("Flights")
            .field("running", &running)
            .finish_non_exhaustive()
    }
}

/// The place of a call in the list. It is given up when the call ends or nobody waits for it.
struct Place<T: Clone> {
    running: Arc<Running<T>>,
    token: Box<str>,
    id: u64,
}

impl<T: Clone> Drop for Place<T> {
    fn drop(&mut self) {
        let mut running = self.running.lock();
        // A later call for the same token may have taken the place.
        if running.get(&self.token).is_some_and(|it| it.id == self.id) {
            running.remove(&self.token);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn requests_for_the_same_token_wait_for_one_call() {
        let flights = Flights::default();
        let (answer, answered) = oneshot::channel();

        let first = flights.begin("token", async { answered.await.unwrap_or(0) });
        let second = flights.begin("token", async { 2 });
        let third = flights.find("token").unwrap();
        let other = flights.begin("other", async { 3 });
        answer.send(1).unwrap();

        let outcomes = tokio::join!(first, second, third, other);
        assert_eq!(outcomes, (1, 1, 1, 3));
        assert!(flights.find("token").is_none());
        assert_eq!(flights.begin("token", async { 4 }).await, 4);
    }

    #[tokio::test]
    async fn a_call_for_which_nobody_waits_is_forgotten() {
        let flights = Flights::default();
        let abandoned = flights.begin("token", std::future::pending::<u8>());

        drop(abandoned);

        assert!(flights.running.lock().is_empty());
        assert_eq!(flights.begin("token", async { 1 }).await, 1);
    }
}
