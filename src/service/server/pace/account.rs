//! The numbers of one connection's account. What they may be is the business of `pace`.

use std::time::Duration;

use tokio::time::Instant;

use super::super::memory::price;
use super::super::upgrade::Upgrade;
use super::charges::Charges;

pub(super) struct Account {
    pub(super) has_asked: bool,
    in_flight: Vec<Request>,
    next: RequestNumber,
    pub(super) is_http2: bool,
    /// Since when the connection has been idle, or its head under way.
    pub(super) waiting_since: Instant,
    pub(super) head: Head,
    /// Since when nothing could be written.
    pub(super) blocked_since: Option<Instant>,
    /// Bytes since the last request, without those of bodies that were taken.
    pub(super) unasked_bytes: u64,
    /// What the bodies of the requests in flight may be long, together.
    pub(super) body_bytes: u64,
    /// Requests taken back since a response ended, or one that is a stream began.
    pub(super) abandoned: u32,
    /// From the head that requests an upgrade to the end of the stream.
    pub(super) upgrade: Option<Box<Upgrade>>,
    pub(super) charges: Charges,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    None,
    /// Bytes have arrived. Nearly always, all of them arrive at the same time.
    Begun,
    /// The rest is waited for.
    Awaited,
}

/// How a request has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::service::server) enum End {
    /// The client has taken it back.
    Unanswered,
    /// It was refused, or failed.
    Answered,
    /// Its response was the one that the client wanted.
    Useful,
}

/// What one request may use.
#[derive(Clone, Copy)]
pub(in crate::service::server) struct Share {
    pub(in crate::service::server) timeout: Duration,
    pub(in crate::service::server) body_bytes: usize,
}

/// Names a request of one connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::service::server) struct RequestNumber(u32);

pub(super) struct Request {
    number: RequestNumber,
    share: Share,
    /// Its own price, and that of its response's body.
    price: [usize; 2],
    /// When it began, or bytes of it or of its response moved.
    pub(super) moved_at: Instant,
    is_streamed: bool,
}

impl Account {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            has_asked: false,
            in_flight: Vec::new(),
            next: RequestNumber(0),
            is_http2: false,
            waiting_since: now,
            // A client that sends nothing counts as one that sends a slow head.
            head: Head::Awaited,
            blocked_since: None,
            unasked_bytes: 0,
            body_bytes: 0,
            abandoned: 0,
            upgrade: None,
            charges: Charges::new(),
        }
    }

    pub(super) fn begin(
        &mut self,
        fields: usize,
        share: Share,
        now: impl Fn() -> Instant,
    ) -> RequestNumber {
        let number = self.next;
        self.next = RequestNumber(number.0.wrapping_add(1));
        let moved_at = match self.head {
            // It has just arrived as a whole.
            Head::Begun => self.waiting_since,
            Head::None | Head::Awaited => now(),
        };
        let bytes = usize::try_from(self.unasked_bytes).unwrap_or(usize::MAX);
        self.charges.frames.has_begun();
        let price = price::request(fields, bytes);
        self.charges.requests += price;
        self.in_flight.push(Request {
            number,
            share,
            price: [price, 0],
            moved_at,
            is_streamed: false,
        });
        let streams = self.in_flight.len() + self.charges.frames.opened();
        self.charges.most_streams = self.charges.most_streams.max(streams);
        self.head = Head::None;
        self.unasked_bytes = 0;
        self.body_bytes += share.body_bytes as u64;
        number
    }

    /// Changes when bytes have arrived.
    pub(super) fn progress(&self) -> impl PartialEq + use<> {
        (self.next, self.unasked_bytes, self.charges.tls_progress())
    }

    pub(super) fn request(&mut self, number: RequestNumber) -> Option<&mut Request> {
        self.in_flight.iter_mut().find(|it| it.number == number)
    }

    /// Returns whether its deadline may be earlier than before.
    pub(super) fn streams(&mut self, number: RequestNumber, now: Instant) -> bool {
        let begins = self.request(number).is_some_and(|request| {
            request.moved_at = now;
            !std::mem::replace(&mut request.is_streamed, true)
        });
        if begins {
            self.abandoned = 0;
        }
        begins
    }

    pub(super) fn holds(&mut self, number: RequestNumber, bytes: usize) {
        if let Some(request) = self.request(number) {
            let before = std::mem::replace(&mut request.price[1], bytes);
            self.charges.requests = self.charges.requests + bytes - before;
        }
    }

    /// Charges nothing for a request that is refused.
    pub(super) fn release(&mut self, number: RequestNumber) {
        if let Some(request) = self.request(number) {
            let price = std::mem::take(&mut request.price);
            self.charges.requests -= price.iter().sum::<usize>();
        }
    }

    pub(super) fn uploaded(&mut self, number: RequestNumber, bytes: u64, now: Instant) {
        self.unasked_bytes = self.unasked_bytes.saturating_sub(bytes);
        (self.charges.frames).taken(usize::try_from(bytes).unwrap_or(usize::MAX));
        if let Some(request) = self.request(number) {
            request.moved_at = now;
        }
    }

    pub(super) fn end(&mut self, number: RequestNumber, end: End, now: Instant) {
        let position = self.in_flight.iter().position(|it| it.number == number);
        if let Some(position) = position {
            let request = self.in_flight.swap_remove(position);
            self.body_bytes -= request.share.body_bytes as u64;
            self.charges.requests -= request.price.iter().sum::<usize>();
        }
        if self.in_flight.is_empty() {
            self.charges.frames.all_taken();
        }
        // The unread rest of a body was requested too.
        self.unasked_bytes = 0;
        self.waiting_since = now;
        self.abandoned = match end {
            End::Unanswered => self.abandoned + 1,
            End::Answered | End::Useful => 0,
        };
    }

    /// Bytes that belong to no request in flight begin a head.
    pub(super) fn begin_head(&mut self, now: impl Fn() -> Instant) {
        // What HTTP/2 sends between requests is no head.
        if self.head == Head::None && self.in_flight.is_empty() && !self.is_http2 {
            self.head = Head::Begun;
            self.waiting_since = now();
        }
    }

    /// The client receives a response again after a pause.
    pub(super) fn has_unblocked(&mut self, now: Instant) {
        self.blocked_since = Some(now);
        // With HTTP/2, the response is unknown.
        if !self.is_http2 {
            for request in &mut self.in_flight {
                request.moved_at = now;
            }
        }
    }

    /// The earliest deadline of the requests in flight.
    pub(super) fn requests_deadline(&self) -> Option<Instant> {
        self.in_flight.iter().map(Request::deadline).min()
    }

    /// The longest timeout of the requests in flight, and otherwise this.
    pub(super) fn longest(&self, timeout: Duration) -> Duration {
        let timeouts = self.in_flight.iter().map(|it| it.share.timeout);
        timeouts.max().unwrap_or(timeout)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.is_empty() && self.blocked_since.is_none()
    }
}

impl Request {
    /// A response may take its time to be made, and as much to be taken: a client of HTTP/2
    /// that opens no window for it leaves the socket itself free.
    fn deadline(&self) -> Instant {
        let times = if self.is_streamed { 1 } else { 2 };
        self.moved_at + times * self.share.timeout
    }
}
