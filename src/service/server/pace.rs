//! What one connection may use: time, and bytes that belong to no request.
//!
//! | a connection that | may take |
//! | --- | --- |
//! | is new, or is in the middle of a head | `header_timeout` |
//! | is idle between two requests | `keep_alive`; 1 s when others wait for its place |
//! | does not take a response, or a part of it that is written | `request_timeout` after that was made |
//! | has a stream as response | `request_timeout` after bytes of it, or of the request, have moved |
//! | sends without asking (floods of pings, settings, continuations) | one head and the bodies of its requests; with HTTP/2 also the heads of the streams that it opens at once, and as much of their bodies as the window has room for |
//! | takes its requests back (rapid reset) | [`MAX_ABANDONED`] in a row |
//! | is upgraded | `upgraded_idle_timeout` without a byte in either direction |
//!
//! How long the head of a response may take to be made is the business of `answer`.

mod account;
mod charge;
mod charges;
mod deadlines;
mod poll_time;
mod upgraded;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::limits::{CONNECTION_WINDOW, Limits};
use super::memory::{Holding, price};
use account::{Account, Head};
use poll_time::PollTime;

pub(super) use account::{End, RequestNumber, Share};
pub(super) use poll_time::now;

/// The account of one connection.
pub(super) struct Pace {
    header_timeout: Duration,
    request_timeout: Duration,
    keep_alive: Duration,
    upgraded_idle_timeout: Duration,
    max_head_bytes: u64,
    max_streams: usize,
    account: Mutex<Account>,
    time: PollTime,
    /// A deadline is earlier than before, the stream has ended, or its memory is required.
    sooner: Arc<Notify>,
    holding: Holding,
    /// The first request has arrived.
    asked: Notify,
}

impl Pace {
    pub(super) fn new(limits: &Limits) -> Self {
        let sooner = Arc::new(Notify::new());
        let now = now();
        Self {
            header_timeout: limits.header_timeout,
            request_timeout: limits.request_timeout,
            keep_alive: limits.keep_alive,
            upgraded_idle_timeout: limits.upgraded_idle_timeout,
            max_head_bytes: limits.max_head_bytes as u64,
            max_streams: limits.max_streams as usize,
            account: Mutex::new(Account::new(now)),
            time: PollTime::new(now),
            holding: limits.memory.hold(sooner.clone()),
            sooner,
            asked: Notify::new(),
        }
    }

    /// Polls the connection. Everything in this poll has the same time.
    pub(super) fn during<T>(&self, poll: impl FnOnce() -> T) -> T {
        self.time.during(poll)
    }

    /// A head is complete. The request is in flight until [`Self::end`].
    pub(super) fn begin(&self, is_http2: bool, fields: usize, share: Share) -> RequestNumber {
        let mut account = self.account();
        account.is_http2 = is_http2;
        let number = account.begin(fields, share, || self.time.now());
        if !account.has_asked {
            account.has_asked = true;
            self.asked.notify_one();
        }
        number
    }

    /// A part of a response has moved, and more may follow.
    pub(super) fn streams(&self, number: RequestNumber) {
        let now = self.time.now();
        self.holding.has_worked(now);
        if self.account().streams(number, now) {
            self.sooner.notify_one();
        }
    }

    /// A part of a request's body has moved.
    pub(super) fn uploaded(&self, number: RequestNumber, bytes: u64) {
        let now = self.time.now();
        self.holding.has_worked(now);
        self.account().uploaded(number, bytes, now);
    }

    /// The last time at which a request or its response moved; `None` if it is no longer in flight.
    pub(super) fn moved_at(&self, number: RequestNumber) -> Option<Instant> {
        self.account().request(number).map(|it| it.moved_at)
    }

    /// A request's response was sent completely, or the client no longer waits for it.
    pub(super) fn end(&self, number: RequestNumber, end: End) {
        let now = self.time.now();
        let mut account = self.account();
        account.end(number, end, now);
        if end == End::Useful {
            self.holding.has_worked(now);
        }
        // Most requests were included in the price of the connection.
        if self.holding.bytes() > price::CONNECTION {
            self.settle(&account);
        }
    }

    /// Bytes have arrived.
    ///
    /// # Errors
    ///
    /// When they are more than any request has, or come after too many requests that were
    /// taken back; and when they are too many for an upgraded connection.
    pub(super) fn has_read(&self, bytes: &[u8]) -> io::Result<()> {
        let mut account = self.account();
        if let Some(upgrade) = &mut account.upgrade
            && upgrade.has_read(bytes, || self.time.now())?
        {
            return Ok(());
        }
        if account.abandoned > MAX_ABANDONED {
            return Err(io::Error::other("too many requests taken back"));
        }
        account.charges.decrypted();
        account
            .charges
            .frames
            .follow(bytes)
            .map_err(io::Error::other)?;
        account.unasked_bytes += bytes.len() as u64;
        // Twice: chunks and frames have heads of their own.
        if account.unasked_bytes > 2 * self.max_unasked_bytes(&account) {
            return Err(io::Error::other("more bytes than any request has"));
        }
        account.begin_head(|| self.time.now());
        Ok(())
    }

    /// The bytes of the heads that may be under way, and of bodies.
    fn max_unasked_bytes(&self, account: &Account) -> u64 {
        let frames = &account.charges.frames;
        let unread = if frames.is_http2() { MAX_UNREAD } else { 0 };
        let heads = 1 + frames.opened().min(self.max_streams) as u64;
        heads * self.max_head_bytes + account.body_bytes + unread
    }

    /// No bytes have arrived.
    pub(super) fn waits_for_more(&self, context: &Context<'_>) -> io::Result<()> {
        let mut account = self.account();
        if let Some(upgrade) = &mut account.upgrade
            && upgrade.waits_to_read(context)?
        {
            self.settle(&account);
            return Ok(());
        }
        self.settle(&account);
        if account.head == Head::Begun {
            account.head = Head::Awaited;
            drop(account);
            self.sooner.notify_one();
        }
        Ok(())
    }

    /// The client takes nothing.
    pub(super) fn cannot_write(&self, context: &Context<'_>) -> io::Result<()> {
        let mut account = self.account();
        if let Some(upgrade) = &mut account.upgrade
            && upgrade.waits_to_write(context)?
        {
            return Ok(());
        }
        if account.blocked_since.is_none() {
            account.blocked_since = Some(now());
            self.settle(&account);
            drop(account);
            self.sooner.notify_one();
        }
        Ok(())
    }

    /// The client has received a part after a pause, or on an upgraded connection.
    pub(super) fn has_written(&self) -> io::Result<()> {
        let mut account = self.account();
        if let Some(upgrade) = &mut account.upgrade
            && upgrade.has_written(now())?
        {
            self.holding.has_worked(now());
            return Ok(());
        }
        if account.blocked_since.is_some() {
            account.has_unblocked(now());
        }
        Ok(())
    }

    /// The client has taken everything. Returns whether single writes are to be reported.
    pub(super) fn has_written_all(&self) -> bool {
        let mut account = self.account();
        if account.blocked_since.take().is_some() {
            self.settle(&account);
        }
        account.upgrade.is_some()
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What clients of HTTP/2 may send before a handler takes it.
const MAX_UNREAD: u64 = CONNECTION_WINDOW as u64;
/// More than a person's browser takes back, and few enough to be worth nothing.
const MAX_ABANDONED: u32 = 100;
