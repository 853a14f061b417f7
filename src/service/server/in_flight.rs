//! A request between its head and the end of its response, in its connection's account.

use std::sync::Arc;

use tokio::time::Instant;

use super::pace::{End, Pace, RequestNumber, Share};

/// A request in flight. It ends when this value is dropped together with the response's body.
pub(super) struct InFlight {
    pace: Arc<Pace>,
    number: RequestNumber,
    end: End,
}

impl InFlight {
    /// A head is complete.
    pub(super) fn begin(pace: &Arc<Pace>, is_http2: bool, fields: usize, share: Share) -> Self {
        Self {
            pace: pace.clone(),
            number: pace.begin(is_http2, fields, share),
            end: End::Unanswered,
        }
    }

    /// The account of the connection.
    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Whether there is memory for it.
    pub(super) fn may_begin(&self) -> bool {
        self.pace.may_begin(self.number)
    }

    /// The request's body reports here what has arrived.
    pub(super) fn upload(&self) -> Progress {
        Progress {
            pace: self.pace.clone(),
            number: self.number,
        }
    }

    /// The head of the response is there; its body may still have to be taken.
    pub(super) fn answered(&mut self, is_useful: bool) {
        self.end = if is_useful {
            End::Useful
        } else {
            End::Answered
        };
    }

    /// So many bytes of the response's body are its own.
    pub(super) fn holds(&self, bytes: usize) {
        self.pace.holds(self.number, bytes);
    }

    /// A part of the response's body has been taken, or its first is awaited: it is a stream,
    /// which may go on for as long as it moves.
    pub(super) fn streams(&self) {
        self.pace.streams(self.number);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.pace.end(self.number, self.end);
    }
}

/// How a request's body moves.
pub(super) struct Progress {
    pace: Arc<Pace>,
    number: RequestNumber,
}

impl Progress {
    /// So many bytes were taken by the handler.
    pub(super) fn moved(&self, bytes: usize) {
        self.pace.uploaded(self.number, bytes as u64);
    }

    /// When the body moved last, or else when the request began; `None` when it has ended.
    pub(super) fn since(&self) -> Option<Instant> {
        self.pace.moved_at(self.number)
    }
}
