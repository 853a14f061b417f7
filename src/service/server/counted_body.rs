//! The body of a response, and with it the request's share of its connection's account: a
//! request is in flight until the last part of its response is written.

use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Frame, SizeHint};

use super::in_flight::InFlight;

pub(super) struct CountedBody {
    body: BoxBody<Bytes, io::Error>,
    /// Released with the last part, if it is known to be the last.
    in_flight: Option<InFlight>,
    /// Most have one part, which is there, and need no clock.
    is_streamed: bool,
    is_charged: bool,
}

/// A part of a body. hyper drops it when it is written.
pub(super) struct Part {
    bytes: Bytes,
    _in_flight: Option<InFlight>,
}

impl CountedBody {
    pub(super) fn new(body: BoxBody<Bytes, io::Error>, in_flight: InFlight) -> Self {
        let size = body.size_hint().exact();
        if size.is_none() {
            in_flight.streams();
        }
        let is_charged = size.is_some_and(|bytes| bytes > SMALL);
        if is_charged {
            in_flight.holds(size.and_then(|bytes| bytes.try_into().ok()).unwrap_or(0));
        }
        Self {
            body,
            in_flight: Some(in_flight),
            is_streamed: size.is_none(),
            is_charged,
        }
    }

    fn part(&mut self, bytes: Bytes) -> Part {
        if mem::replace(&mut self.is_streamed, true)
            && let Some(in_flight) = &self.in_flight
        {
            in_flight.streams();
        }
        // Shared and static bytes are not freed with the response.
        if mem::take(&mut self.is_charged)
            && !bytes.is_unique()
            && let Some(in_flight) = &self.in_flight
        {
            in_flight.holds(0);
        }
        let is_last = self.body.is_end_stream();
        Part {
            bytes,
            _in_flight: is_last.then(|| self.in_flight.take()).flatten(),
        }
    }
}

impl Body for CountedBody {
    type Data = Part;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Part>>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame.map(|frame| Ok(frame?.map_data(|bytes| self.part(bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Buf for Part {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, bytes: usize) {
        self.bytes.advance(bytes);
    }

    fn copy_to_bytes(&mut self, bytes: usize) -> Bytes {
        self.bytes.copy_to_bytes(bytes)
    }
}

/// The price of a request includes a body of this size.
const SMALL: u64 = 2 * 1024;
