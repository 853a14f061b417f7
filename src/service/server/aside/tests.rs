use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::*;

/// Counts how often a future is polled.
fn counted<F: Future>(future: F, polls: &AtomicUsize) -> impl Future<Output = F::Output> {
    let mut future = Box::pin(future);
    poll_fn(move |context| {
        polls.fetch_add(1, Ordering::Relaxed);
        future.as_mut().poll(context)
    })
}

/// Counts how often a task is woken.
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_future_is_polled_once_and_then_when_it_was_woken() {
    let (notify, polls) = (Notify::new(), AtomicUsize::new(0));
    let twice = pin!(counted(
        async {
            notify.notified().await;
            notify.notified().await;
        },
        &polls
    ));
    let mut aside = pin!(Aside::new(twice));
    let task = Arc::new(Task(AtomicUsize::new(0)));
    let waker = Waker::from(task.clone());
    let mut poll = || {
        let mut context = Context::from_waker(&waker);
        let polled = aside.as_mut().poll(&mut context);
        (polled, polls.load(Ordering::Relaxed))
    };

    assert_eq!([poll(), poll()], [(Poll::Pending, 1); 2]);

    for (woken, expected) in [(1, Poll::Pending), (2, Poll::Ready(()))] {
        notify.notify_one();
        assert_eq!(task.0.load(Ordering::Relaxed), woken);
        assert_eq!(poll(), (expected, 1 + woken));
        if expected.is_pending() {
            assert_eq!(poll(), (expected, 1 + woken));
        }
    }
}

#[test]
fn the_task_that_polled_last_is_woken() {
    let notify = Notify::new();
    let notified = pin!(notify.notified());
    let mut aside = pin!(Aside::new(notified));
    let tasks = [0, 1].map(|_| Arc::new(Task(AtomicUsize::new(0))));

    for task in &tasks {
        let waker = Waker::from(task.clone());
        let polled = aside.as_mut().poll(&mut Context::from_waker(&waker));
        assert_eq!(polled, Poll::Pending);
    }
    notify.notify_one();

    let woken = tasks.map(|task| task.0.load(Ordering::Relaxed));
    assert_eq!(woken, [0, 1]);
}

#[tokio::test]
async fn no_wake_up_of_another_thread_is_lost() {
    const TIMES: usize = 20_000;
    let notify = Arc::new(Notify::new());
    let signal = notify.clone();
    let answered = Arc::new(AtomicUsize::new(0));
    let seen = answered.clone();
    let sender = thread::spawn(move || {
        for time in 0..TIMES {
            signal.notify_one();
            while seen.load(Ordering::Acquire) <= time {
                thread::yield_now();
            }
        }
    });
    let all = pin!(async {
        for _ in 0..TIMES {
            notify.notified().await;
            answered.fetch_add(1, Ordering::Release);
        }
    });

    let in_time = timeout(Duration::from_secs(60), Aside::new(all)).await;

    assert!(in_time.is_ok(), "a wake-up was lost");

    sender.join().unwrap();
}
