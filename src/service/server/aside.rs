//! A future that waits beside a busy one in the same task.
//!
//! A task polls all of its futures, whichever one was woken. The deadlines of a connection wait for
//! minutes, and would be polled with each request.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Polls a future only if it was woken itself.
pub(super) struct Aside<'a, F> {
    future: Pin<&'a mut F>,
    signal: Arc<Signal>,
    waker: Waker,
    /// The task that the signal wakes, to compare it without a lock.
    task: Waker,
}

/// Remembers that the future was woken, and wakes the task.
struct Signal {
    is_set: AtomicBool,
    task: Mutex<Waker>,
}

impl Signal {
    fn task(&self) -> MutexGuard<'_, Waker> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_set.store(true, Ordering::Release);
        let task = self.task().clone();
        task.wake();
    }
}

impl<'a, F: Future> Aside<'a, F> {
    pub(super) fn new(future: Pin<&'a mut F>) -> Self {
        let signal = Arc::new(Signal {
            is_set: AtomicBool::new(true),
            task: Mutex::new(Waker::noop().clone()),
        });
        Self {
            future,
            waker: signal.clone().into(),
            signal,
            task: Waker::noop().clone(),
        }
    }
}

impl<F: Future> Future for Aside<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        // Before the signal is read, so that a later one wakes this task.
        if !this.task.will_wake(context.waker()) {
            this.task.clone_from(context.waker());
            this.signal.task().clone_from(context.waker());
        }
        let signal = &this.signal.is_set;
        if !signal.load(Ordering::Relaxed) || !signal.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let mut context = Context::from_waker(&this.waker);
        this.future.as_mut().poll(&mut context)
    }
}

#[cfg(test)]
mod tests;
