//! What one connection may take: time, and bytes that ask for nothing.
//!
//! | a connection that | may take |
//! | --- | --- |
//! | is new, or is in the middle of a head | `header_timeout` |
//! | is idle between two requests | `keep_alive`; a moment when others wait for its place |
//! | does not take its answer, or a part of it that is written | `request_timeout` after that was made |
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
    /// When each request in flight began, the oldest first.
    in_flight: Vec<Instant>,
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
                in_flight: Vec::new(),
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

    /// A head is complete. The request is in flight until what is returned is dropped, which
    /// goes with the answer's body.
    pub(super) fn begin(self: &Arc<Self>, is_http2: bool) -> InFlight {
        let mut account = self.account();
        let began = match account.head {
            // It has come at once, a moment ago.
            Head::Begun => account.waiting_since,
            Head::None | Head::Awaited => now(),
        };
        account.in_flight.push(began);
        account.is_http2 = is_http2;
        account.head = Head::None;
        account.unasked_bytes = 0;
        if !account.has_asked {
            account.has_asked = true;
            self.asked.notify_one();
        }
        InFlight {
            pace: self.clone(),
            began,
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
            if deadline <= now() {
                return;
            }
            // A request that begins does not wake us; it is looked after soon enough.
            let soon = now() + self.header_timeout.min(self.request_timeout);
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline.min(soon)) => {}
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
        // An answer may take its time to be made, and as much to be taken: a caller of
        // HTTP/2 that opens no window for it leaves the socket itself free.
        let answer = (account.in_flight.first()).map(|began| *began + 2 * self.request_timeout);
        let blocked = (account.blocked_since).map(|since| since + self.request_timeout);
        match (answer, blocked) {
            (None, None) => account.waiting_since + wait,
            (Some(deadline), None) | (None, Some(deadline)) => deadline,
            (Some(answer), Some(blocked)) => answer.min(blocked),
        }
    }

    fn is_idle_for(&self, time: Duration) -> bool {
        let account = self.account();
        account.in_flight.is_empty()
            && account.blocked_since.is_none()
            && account.waiting_since.elapsed() >= time
    }

    /// Bytes have come.
    ///
    /// # Errors
    ///
    /// When they are more than any request has, or come after too many requests that were
    /// taken back.
    pub(super) fn has_read(&self, bytes: usize) -> io::Result<()> {
        let mut account = self.account();
        if account.abandoned > MAX_ABANDONED {
            return Err(io::Error::other("too many requests taken back"));
        }
        account.unasked_bytes += bytes as u64;
        let bodies = self.max_body_bytes * account.in_flight.len() as u64;
        // Twice: chunks and frames have heads of their own.
        if account.unasked_bytes > 2 * (self.max_head_bytes + bodies) {
            return Err(io::Error::other("more bytes than any request has"));
        }
        // What HTTP/2 sends between requests is no head.
        if account.head == Head::None && account.in_flight.is_empty() && !account.is_http2 {
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

/// A request between its head and the end of its answer.
pub(super) struct InFlight {
    pace: Arc<Pace>,
    began: Instant,
    is_answered: bool,
}

impl InFlight {
    /// The answer is there; it may still have to be taken.
    pub(super) fn answered(&mut self) {
        self.is_answered = true;
        self.pace.account().abandoned = 0;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut account = self.pace.account();
        let position = account.in_flight.iter().position(|it| *it == self.began);
        if let Some(position) = position {
            account.in_flight.remove(position);
        }
        account.waiting_since = now();
        if !self.is_answered {
            account.abandoned += 1;
        }
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
