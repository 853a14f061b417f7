//! The source of time.
//!
//! Claims are compared with the wall clock. Caches and waits use the monotonic clock, so a jump of
//! the wall clock neither empties a cache nor extends its life. No other module reads the time of
//! the system.

#![expect(
    clippy::disallowed_methods,
    reason = "the one module that reads the time of the system"
)]

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

/// Reads the time and waits for a point in time.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The wall clock, for `exp`, `nbf` and `iat`.
    fn now(&self) -> SystemTime;

    /// The time since an arbitrary start, for ages and deadlines. It never decreases.
    fn monotonic(&self) -> Duration;

    /// Completes once [`Clock::monotonic`] has reached `deadline`.
    fn sleep_until(&self, deadline: Duration)
    -> Pin<Box<dyn Future<Output = ()> + Send + 'static>>;
}

/// The system's own clocks.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep_until(
        &self,
        deadline: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        let at = self.started + deadline;
        Box::pin(tokio::time::sleep_until(at.into()))
    }
}

/// A clock that a test advances. Clones share state.
///
/// ```
/// use std::time::Duration;
/// use poem_resource_server::clock::{Clock, ManualClock};
///
/// let clock = ManualClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now(), before + Duration::from_secs(60));
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock {
    time: Arc<watch::Sender<Reading>>,
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    wall: SystemTime,
    monotonic: Duration,
}

impl ManualClock {
    /// Starts at the system's wall clock, in whole seconds, with no time passed.
    pub fn new() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Self::starting_at(SystemTime::UNIX_EPOCH + Duration::from_secs(since_epoch.as_secs()))
    }

    /// Starts at `wall`, with no time passed.
    pub fn starting_at(wall: SystemTime) -> Self {
        let reading = Reading {
            wall,
            monotonic: Duration::ZERO,
        };
        Self {
            time: Arc::new(watch::Sender::new(reading)),
        }
    }

    /// Advances both clocks by `by` and wakes the tasks whose deadline has passed.
    pub fn advance(&self, by: Duration) {
        self.time.send_modify(|reading| {
            reading.wall += by;
            reading.monotonic += by;
        });
    }

    /// Sets only the wall clock, as an administrator or a wrong NTP server would.
    pub fn set_wall(&self, wall: SystemTime) {
        self.time.send_modify(|reading| reading.wall = wall);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.time.borrow().wall
    }

    fn monotonic(&self) -> Duration {
        self.time.borrow().monotonic
    }

    fn sleep_until(
        &self,
        deadline: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        let mut time = self.time.subscribe();
        Box::pin(async move {
            if time
                .wait_for(|reading| reading.monotonic >= deadline)
                .await
                .is_err()
            {
                // The clock was dropped, so its time cannot advance any more.
                std::future::pending::<()>().await;
            }
        })
    }
}
