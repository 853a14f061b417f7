//! Limits what tokens may cost: the calls of an introspection endpoint, so that a flood of tokens
//! cannot use up the rate limit of an organization, and decryptions.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::Clock;

/// The calls that may still be made.
pub(crate) struct Budget {
    cells: RateLimiter<NotKeyed, InMemoryState, BudgetClock, NoOpMiddleware<Duration>>,
    at_once: Arc<Semaphore>,
    clock: BudgetClock,
}

impl Budget {
    /// A budget of calls per second, and of calls at the same moment or immediately after a pause.
    pub(crate) fn new(per_second: NonZeroU32, at_once: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let clock = BudgetClock(clock);
        let quota = Quota::per_second(per_second).allow_burst(at_once);
        let at_once = usize::try_from(at_once.get()).unwrap_or(usize::MAX);
        Self {
            cells: RateLimiter::direct_with_clock(quota, clock.clone()),
            at_once: Arc::new(Semaphore::new(at_once.min(Semaphore::MAX_PERMITS))),
            clock,
        }
    }

    /// Takes one call. The permit lasts as long as the call.
    ///
    /// # Errors
    ///
    /// How long to wait for the next call.
    pub(crate) fn take(&self) -> Result<OwnedSemaphorePermit, Duration> {
        let at_once = self.at_once.clone();
        let permit = at_once.try_acquire_owned().map_err(|_| A_CALL)?;
        let taken = self.cells.check();
        taken.map_err(|until| until.wait_time_from(self.clock.now()))?;
        Ok(permit)
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Budget")
    }
}

/// Our clock, in the form that governor requires.
#[derive(Debug, Clone)]
struct BudgetClock(Arc<dyn Clock>);

impl governor::clock::Clock for BudgetClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

/// How long a call takes at most in normal operation.
const A_CALL: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn budget(clock: &ManualClock) -> Budget {
        let (per_second, at_once) = (NonZeroU32::new(5).unwrap(), NonZeroU32::new(16).unwrap());
        Budget::new(per_second, at_once, Arc::new(clock.clone()))
    }

    #[test]
    fn a_flood_gets_the_burst_and_then_five_calls_a_second() {
        let clock = ManualClock::new();
        let budget = budget(&clock);
        let flood = || (0..10_000).filter(|_| budget.take().is_ok()).count();

        assert_eq!(flood(), 16);
        let mut later = 0;
        for _ in 0..60 {
            clock.advance(Duration::from_secs(1));
            later += flood();
        }

        assert_eq!(later, 5 * 60);
    }

    #[test]
    fn no_more_calls_than_allowed_last_at_the_same_moment() {
        let clock = ManualClock::new();
        let budget = budget(&clock);
        let mut calls: Vec<_> = (0..16).map(|_| budget.take().unwrap()).collect();
        clock.advance(Duration::from_secs(60));

        assert_eq!(budget.take().err(), Some(A_CALL));
        calls.pop();

        assert!(budget.take().is_ok());
    }
}
