//! The body of a request: broken off where it becomes too long, and reported as it moves.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{LengthLimitError, Limited};
use hyper::body::{Body, Frame, SizeHint};

use super::in_flight::Progress;

pub(super) struct Upload {
    body: Limited<BoxBody<Bytes, io::Error>>,
    progress: Progress,
    is_too_long: Arc<AtomicBool>,
}

impl Upload {
    pub(super) fn new(
        body: BoxBody<Bytes, io::Error>,
        max_bytes: usize,
        progress: Progress,
    ) -> Self {
        Self {
            body: Limited::new(body, max_bytes),
            progress,
            is_too_long: Arc::default(),
        }
    }

    /// Becomes `true` when the body turns out to be too long.
    pub(super) fn is_too_long(&self) -> Arc<AtomicBool> {
        self.is_too_long.clone()
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(match frame {
            Some(Ok(frame)) => {
                self.progress.moved(frame.data_ref().map_or(0, Bytes::len));
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                if error.is::<LengthLimitError>() {
                    self.is_too_long.store(true, Ordering::Relaxed);
                }
                Some(Err(io::Error::other(error)))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
