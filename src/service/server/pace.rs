//! What one connection may take: time, and bytes that ask for nothing.
//!
//! | a connection that | may take |
//! | --- | --- |
//! | is new, or is in the middle of a head | `header_timeout` |
//! | is idle between two requests | `keep_alive`; a moment when others wait for its place |
//! | does not take its answer | `request_timeout` |
//! | sends without asking (floods of pings, settings, continuations) | one head, and the bodies of its requests |
//! | takes its requests back (rapid reset) | [`MAX_ABANDONED`] in a row |
//!
//! How long an answer may take to be made is the business of `answer`.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::limits::Limits;
use super::places::Places;

/// The account of one connection.
pub(super) struct Pace {
    header_timeout: Duration,
    request_timeout: Duration,
    keep_alive: Duration,
    max_head_bytes: u64,
    max_body_bytes: u64,
    account: Mutex<Account>,
    /// A deadline has come nearer.
    sooner: Notify,
    /// The first request has come.
    asked: Notify,
}

struct Account {
    has_asked: bool,
    in_flight: u32,
    is_http2: bool,
    /// Since when the connection has been idle, or its head under way.
    waiting_since: Instant,
    head: Head,
    /// Since when nothing could be written.
    blocked_since: Option<Instant>,
    /// Bytes since the last request.
    unasked_bytes: u64,
    /// Requests taken back since the last one that was answered.
    abandoned: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    None,
    /// Bytes have come. Nearly always all of them at once.
    Begun,
    /// The rest is waited for.
    Awaited,
}

impl Pace {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            header_timeout: limits.header_timeout,
            request_timeout: limits.request_timeout,
            keep_alive: limits.keep_alive,
            max_head_bytes: limits.max_head_bytes as u64,
            max_body_bytes: limits.max_body_bytes as u64,
            account: Mutex::new(Account {
                has_asked: false,
                in_flight: 0,
                is_http2: false,
                waiting_since: now(),
                // As slow as a head is who sends nothing at all.
                head: Head::Awaited,
                blocked_since: None,
                unasked_bytes: 0,
                abandoned: 0,
            }),
            sooner: Notify::new(),
            asked: Notify::new(),
        }
    }

    /// A head is complete. The request is in flight until what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>, is_http2: bool) -> InFlight {
        let mut account = self.account();
        account.in_flight += 1;
        account.is_http2 = is_http2;
        account.head = Head::None;
        account.unasked_bytes = 0;
        if !account.has_asked {
            account.has_asked = true;
            self.asked.notify_one();
        }
        InFlight {
            pace: self.clone(),
            is_answered: false,
        }
    }

    /// Completes when a request has come, or a moment later: a connection that is new may
    /// have one under way, which must not be lost.
    pub(super) async fn first_request(&self) {
        if self.account().has_asked {
            return;
        }
        tokio::select! {
            () = self.asked.notified() => {}
            () = tokio::time::sleep(A_MOMENT) => {}
        }
    }

    /// Completes when the connection has taken more than its time.
    pub(super) async fn exhausted(&self, places: &Places) {
        loop {
            let deadline = self.deadline();
            let at = now();
            if deadline.is_some_and(|deadline| deadline <= at) {
                return;
            }
            // While a request is in flight, only the end of it brings a deadline.
            let again = deadline.unwrap_or(at + self.header_timeout);
            tokio::select! {
                () = tokio::time::sleep_until(again) => {}
                () = self.sooner.notified() => {}
                () = places.wanted() => if self.is_idle_for(A_MOMENT) { return },
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let account = self.account();
        if let Some(since) = account.blocked_since {
            return Some(since + self.request_timeout);
        }
        let wait = match account.head {
            _ if account.in_flight > 0 => return None,
            Head::None => self.keep_alive,
            Head::Begun | Head::Awaited => self.header_timeout,
        };
        Some(account.waiting_since + wait)
    }

    fn is_idle_for(&self, time: Duration) -> bool {
        let account = self.account();
        account.in_flight == 0
            && account.blocked_since.is_none()
            && account.waiting_since.elapsed() >= time
    }

    /// Whether too many requests in a row were taken back.
    pub(super) fn is_abandoned(&self) -> bool {
        self.account().abandoned > MAX_ABANDONED
    }

    /// Bytes have come.
    ///
    /// # Errors
    ///
    /// When they are more than any request has.
    pub(super) fn has_read(&self, bytes: usize) -> io::Result<()> {
        let mut account = self.account();
        account.unasked_bytes += bytes as u64;
        let bodies = self.max_body_bytes * u64::from(account.in_flight);
        // Twice: chunks and frames have heads of their own.
        if account.unasked_bytes > 2 * (self.max_head_bytes + bodies) {
            return Err(io::Error::other("more bytes than any request has"));
        }
        // What HTTP/2 sends between requests is no head.
        if account.head == Head::None && account.in_flight == 0 && !account.is_http2 {
            account.head = Head::Begun;
            account.waiting_since = now();
        }
        Ok(())
    }

    /// No bytes have come.
    pub(super) fn waits_for_more(&self) {
        let mut account = self.account();
        if account.head == Head::Begun {
            account.head = Head::Awaited;
            drop(account);
            self.sooner.notify_one();
        }
    }

    /// The caller takes nothing.
    pub(super) fn cannot_write(&self) {
        let mut account = self.account();
        if account.blocked_since.is_none() {
            account.blocked_since = Some(now());
            drop(account);
            self.sooner.notify_one();
        }
    }

    /// The caller has taken everything.
    pub(super) fn has_written_all(&self) {
        self.account().blocked_since = None;
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request between its head and its answer.
pub(super) struct InFlight {
    pace: Arc<Pace>,
    is_answered: bool,
}

impl InFlight {
    /// The answer is there.
    pub(super) fn answered(mut self) {
        self.is_answered = true;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut account = self.pace.account();
        account.in_flight -= 1;
        account.waiting_since = now();
        account.abandoned = if self.is_answered {
            0
        } else {
            account.abandoned + 1
        };
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "deadlines of sockets are the runtime's; no verdict on a token rests on them"
)]
fn now() -> Instant {
    Instant::now()
}

/// More than a person's browser takes back, and few enough to be worth nothing.
const MAX_ABANDONED: u32 = 100;

/// How long a connection may be idle while others wait for its place, and a request be under
/// way on a new one at the end.
const A_MOMENT: Duration = Duration::from_secs(1);
