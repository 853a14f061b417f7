//! A future that waits beside a busy one in the same task.
//!
//! A task polls all of its futures, whichever one was woken. The deadlines of a connection wait for
//! minutes, and would be polled with each request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// Polls a future only if it was woken itself.
pub(super) struct Aside<'a, F> {
    future: Pin<&'a mut F>,
    bell: Arc<Bell>,
    waker: Waker,
    /// Whom the bell wakes.
    task: Option<Waker>,
}

/// Remembers that the future was woken, and wakes the task.
struct Bell {
    has_rung: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl<'a, F: Future> Aside<'a, F> {
    pub(super) fn new(future: Pin<&'a mut F>) -> Self {
        let bell = Arc::new(Bell {
            has_rung: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        Self {
            future,
            waker: bell.clone().into(),
            bell,
            task: None,
        }
    }
}

impl<F: Future> Future for Aside<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let is_known = (this.task.as_ref()).is_some_and(|task| task.will_wake(context.waker()));
        if is_known && !this.bell.has_rung.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        // The bell forgets the task when it rings. It is told before the bell is read: who rings later
        // wakes this task.
        this.bell.task.register(context.waker());
        if !is_known {
            this.task = Some(context.waker().clone());
        }
        if !this.bell.has_rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        this.future
            .as_mut()
            .poll(&mut Context::from_waker(&this.waker))
    }
}

#[cfg(test)]
mod tests;
