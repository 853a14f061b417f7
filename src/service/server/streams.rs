//! The streams of one HTTP/2 connection. hyper passes on each request as a future.
//!
//! 1. The connection reads what has arrived, and begins a stream for each request.
//! 2. Then each new stream is polled in the task of the connection. Most are answered by that, and
//!    need no task of their own. Their responses are written together, when the connection is
//!    polled again.
//! 3. A stream that waits becomes a task. If the new streams take long, the rest of them become
//!    tasks too, so that other cores can help.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hyper::rt::Executor;
use tokio::time::Instant;

use super::pace::now;

type Stream = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The executor of one connection. With HTTP/1.1, it has nothing to do.
#[derive(Clone, Default)]
pub(super) struct Streams(Arc<Begun>);

#[derive(Default)]
struct Begun {
    phase: AtomicU8,
    /// The new streams, which are not polled yet.
    waiting: Mutex<VecDeque<Stream>>,
}

/// Nobody polls the connection, so a new stream would not be polled with it.
const IDLE: u8 = 0;
/// The connection is being polled. There is no new stream.
const POLLED: u8 = 1;
/// The connection is being polled, or the new streams are.
const BEGUN: u8 = 2;

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let mut waiting = self.0.waiting();
        let phase = &self.0.phase;
        let begun = phase.compare_exchange(POLLED, BEGUN, Ordering::Relaxed, Ordering::Relaxed);
        if begun == Err(IDLE) {
            tokio::spawn(stream);
        } else {
            waiting.push_back(Box::pin(stream));
        }
    }
}

impl Streams {
    /// Polls the connection, and then its new streams.
    pub(super) fn poll<C: Future>(
        &self,
        connection: Pin<&mut C>,
        context: &mut Context<'_>,
    ) -> Poll<C::Output> {
        self.poll_by(now, connection, context)
    }

    fn poll_by<C: Future>(
        &self,
        now: impl Fn() -> Instant,
        connection: Pin<&mut C>,
        context: &mut Context<'_>,
    ) -> Poll<C::Output> {
        let phase = &self.0.phase;
        phase.store(POLLED, Ordering::Relaxed);
        let polled = connection.poll(context);
        let ended = phase.compare_exchange(POLLED, IDLE, Ordering::Relaxed, Ordering::Relaxed);
        if ended.is_err() {
            self.answer_by(now);
        }
        polled
    }

    fn answer_by(&self, now: impl Fn() -> Instant) {
        let mut until: Option<Instant> = None;
        let mut answered = 0_usize;
        while let Some((stream, is_last)) = self.0.next() {
            // Reading the clock takes part of the time that a stream takes.
            if !is_last && (answered < 4 || answered.is_multiple_of(4)) {
                let now = now();
                if now >= *until.get_or_insert(now + LONGEST_BATCH) {
                    tokio::spawn(stream);
                    continue;
                }
            }
            answer(stream);
            answered += 1;
        }
    }
}

impl Begun {
    /// The next new stream, and whether it is the last one.
    fn next(&self) -> Option<(Stream, bool)> {
        let mut waiting = self.waiting();
        let next = waiting.pop_front();
        if next.is_none() {
            self.phase.store(IDLE, Ordering::Relaxed);
        }
        Some((next?, waiting.is_empty()))
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Stream>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Polls a stream once. If it waits, it becomes a task, which is polled again soon.
fn answer(mut stream: Stream) {
    let mut context = Context::from_waker(Waker::noop());
    // A panic resets this stream, and no other one of the connection.
    let polled = catch_unwind(AssertUnwindSafe(|| stream.as_mut().poll(&mut context)));
    if let Ok(Poll::Pending) = polled {
        tokio::spawn(stream);
    }
}

/// The time for the new streams of a connection that are polled in its task.
const LONGEST_BATCH: Duration = Duration::from_micros(500);

#[cfg(test)]
mod tests;
