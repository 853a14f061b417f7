//! The time of one poll of a connection. It is read once, however many requests begin and end in
//! the poll: reading a clock takes as long as a hundred instructions.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// The time of the poll that is under way.
pub(super) struct PollTime {
    start: Instant,
    /// Nanoseconds after `start`, or one of the two values below.
    nanos: AtomicU64,
}

/// No poll is under way.
const NONE: u64 = u64::MAX;
/// A poll is under way, and nobody has asked for the time yet.
const NOT_READ: u64 = u64::MAX - 1;

impl PollTime {
    pub(super) fn new(start: Instant) -> Self {
        Self {
            start,
            nanos: AtomicU64::new(NONE),
        }
    }

    /// Runs a poll, with one time for all of it.
    pub(super) fn during<T>(&self, poll: impl FnOnce() -> T) -> T {
        self.nanos.store(NOT_READ, Ordering::Relaxed);
        let polled = poll();
        self.nanos.store(NONE, Ordering::Relaxed);
        polled
    }

    /// The time of the poll that is under way, and otherwise the time now.
    pub(super) fn now(&self) -> Instant {
        self.read_by(now)
    }

    fn read_by(&self, now: impl Fn() -> Instant) -> Instant {
        match self.nanos.load(Ordering::Relaxed) {
            NONE => now(),
            NOT_READ => {
                let now = now();
                let nanos = now.duration_since(self.start).as_nanos();
                let nanos = u64::try_from(nanos).unwrap_or(NOT_READ);
                // The task of a stream may ask when the poll is ending.
                let _ = self.nanos.compare_exchange(
                    NOT_READ,
                    nanos,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                );
                now
            }
            nanos => self.start + Duration::from_nanos(nanos),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "deadlines of sockets are the runtime's; no verdict on a token rests on them"
)]
pub(in crate::service::server) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A clock on which a second passes whenever it is read.
    fn clock(start: Instant) -> impl Fn() -> Instant {
        let reads = Cell::new(0);
        move || {
            reads.set(reads.get() + 1);
            start + Duration::from_secs(reads.get())
        }
    }

    #[test]
    fn a_poll_has_one_time_and_the_next_one_has_its_own() {
        let start = now();
        let (clock, time) = (clock(start), PollTime::new(start));
        let read = || (time.read_by(&clock) - start).as_secs();

        assert_eq!(time.during(|| [read(), read(), read()]), [1, 1, 1]);
        assert_eq!(time.during(|| [read(), read()]), [2, 2]);
    }

    #[test]
    fn between_two_polls_the_time_passes() {
        let start = now();
        let (clock, time) = (clock(start), PollTime::new(start));
        let read = || (time.read_by(&clock) - start).as_secs();

        assert_eq!([read(), read()], [1, 2]);
        assert_eq!(time.during(read), 3);
        assert_eq!([read(), read()], [4, 5]);
    }
}
