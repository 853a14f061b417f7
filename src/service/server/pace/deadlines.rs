//! Waits until a connection has taken more than its time.

use std::time::Duration;

use tokio::time::Instant;

use super::super::places::Places;
use super::account::Head;
use super::{Pace, now};

impl Pace {
    /// Completes when a request has arrived, or 1 s later: a connection that is new may have one
    /// under way, which must not be lost.
    pub(in crate::service::server) async fn first_request(&self) {
        if self.account().has_asked {
            return;
        }
        tokio::select! {
            () = self.asked.notified() => {}
            () = tokio::time::sleep(A_MOMENT) => {}
        }
    }

    /// Completes when the connection has taken more than its time, or its memory is wanted.
    pub(in crate::service::server) async fn exhausted(&self, places: &Places) {
        loop {
            let deadline = self.deadline();
            if deadline <= now() || self.must_leave().await {
                return;
            }
            let latest = now() + self.longest_pause();
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline.min(latest)) => {}
                () = self.sooner.notified() => {}
                () = places.wanted() => if self.is_idle_for(A_MOMENT) { return },
            }
        }
    }

    fn deadline(&self) -> Instant {
        let account = self.account();
        let wait = match account.head {
            Head::None => self.keep_alive,
            Head::Begun | Head::Awaited => self.header_timeout,
        };
        let blocked =
            (account.blocked_since).map(|since| since + account.longest(self.request_timeout));
        match (account.requests_deadline(), blocked) {
            (None, None) => account.waiting_since + wait,
            (Some(deadline), None) | (None, Some(deadline)) => deadline,
            (Some(answer), Some(blocked)) => answer.min(blocked),
        }
    }

    /// The longest time until the deadline is read again. A request that begins does not wake us, and
    /// may have an earlier one.
    fn longest_pause(&self) -> Duration {
        let account = self.account();
        // The next request on a connection of HTTP/1.1 begins when this one has ended.
        if account.is_idle() || account.is_http2 {
            self.header_timeout.min(self.request_timeout)
        } else {
            self.keep_alive.min(self.request_timeout)
        }
    }

    fn is_idle_for(&self, time: Duration) -> bool {
        let account = self.account();
        account.is_idle() && account.waiting_since.elapsed() >= time
    }
}

/// How long a connection may be idle while others wait for its place, and a request be under
/// way on a new one at shutdown.
const A_MOMENT: Duration = Duration::from_secs(1);
