//! The body of a response, and with it the request's share of its connection's account: a
//! request is in flight until its response is taken.

use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Frame, SizeHint};

use super::in_flight::InFlight;

pub(super) struct CountedBody {
    body: BoxBody<Bytes, io::Error>,
    in_flight: InFlight,
    /// Most have one part, which is there, and need no clock.
    is_streamed: bool,
}

impl CountedBody {
    pub(super) fn new(body: BoxBody<Bytes, io::Error>, in_flight: InFlight) -> Self {
        let is_streamed = body.size_hint().exact().is_none();
        if is_streamed {
            in_flight.streams();
        }
        Self {
            body,
            in_flight,
            is_streamed,
        }
    }
}

impl Body for CountedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(frame, Poll::Ready(Some(Ok(_)))) && mem::replace(&mut self.is_streamed, true) {
            self.in_flight.streams();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
