use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::AtomicUsize;

use tokio::sync::{Notify, oneshot};

use super::*;

/// Polls a connection once, which begins these streams and then waits.
fn begin(streams: &Streams, new: Vec<Stream>) {
    begin_by(now, streams, new);
}

fn begin_by(now: impl Fn() -> Instant, streams: &Streams, new: Vec<Stream>) {
    let executor = streams.clone();
    let mut new = Some(new);
    let connection = pin!(poll_fn(move |_| {
        for stream in new.take().into_iter().flatten() {
            executor.execute(stream);
        }
        Poll::<()>::Pending
    }));
    let mut context = Context::from_waker(Waker::noop());
    assert!(streams.poll_by(now, connection, &mut context).is_pending());
}

fn counting(answered: &Arc<AtomicUsize>) -> Stream {
    let answered = answered.clone();
    Box::pin(async move {
        answered.fetch_add(1, Ordering::Relaxed);
    })
}

#[test]
fn streams_that_are_answered_at_once_take_no_task() {
    let answered = Arc::default();

    // Without a runtime, a task would panic.
    begin(
        &Streams::default(),
        vec![counting(&answered), counting(&answered)],
    );

    assert_eq!(answered.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_stream_that_waits_goes_on_without_its_connection() {
    let (sender, answered) = oneshot::channel();
    let notify = Arc::new(Notify::new());
    let awaited = notify.clone();
    let waits: Stream = Box::pin(async move {
        awaited.notified().await;
        sender.send(()).unwrap();
    });

    begin(&Streams::default(), vec![waits]);
    notify.notify_one();

    answered.await.unwrap();
}

#[test]
fn a_stream_that_panics_ends_alone() {
    let answered = Arc::default();
    let panics: Stream = Box::pin(async { panic!("as a handler may") });
    let streams = Streams::default();

    begin(&streams, vec![panics, counting(&answered)]);
    begin(&streams, vec![counting(&answered)]);

    assert_eq!(answered.load(Ordering::Relaxed), 2);
}

#[test]
fn a_stream_that_another_stream_begins_is_answered_too() {
    let answered = Arc::default();
    let streams = Streams::default();
    let (executor, other) = (streams.clone(), counting(&answered));
    let begins: Stream = Box::pin(async move { executor.execute(other) });

    begin(&streams, vec![begins]);

    assert_eq!(answered.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_stream_that_begins_while_nobody_polls_the_connection_is_a_task() {
    let (sender, answered) = oneshot::channel();
    let streams = Streams::default();
    begin(&streams, Vec::new());

    streams.execute(async move { sender.send(()).unwrap() });

    answered.await.unwrap();
}

#[tokio::test]
async fn the_rest_of_streams_that_take_long_are_tasks() {
    let (answered, start) = (Arc::default(), now());
    // Each stream takes as long as all may take together.
    let taken = |answered: &Arc<AtomicUsize>| answered.load(Ordering::Relaxed);
    let clock = || start + LONGEST_BATCH * u32::try_from(taken(&answered)).unwrap();
    let new = (0..4).map(|_| counting(&answered)).collect();

    begin_by(clock, &Streams::default(), new);

    // The last one is polled with the connection, because nothing waits for it.
    assert_eq!(taken(&answered), 2);
    while taken(&answered) < 4 {
        tokio::task::yield_now().await;
    }
}
