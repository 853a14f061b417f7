//! Whether the loop that lets callers in still turns, for watchdogs.
//!
//! A question is put among what the loop waits for, so that it is answered though every
//! place is taken, and not answered when the loop, or the runtime below it, is stuck.

use std::convert::Infallible;
use std::future;

use tokio::sync::{mpsc, oneshot};

/// Asks whether the service serves. Clones ask the same one.
#[derive(Debug, Clone)]
pub struct Pulse(mpsc::Sender<oneshot::Sender<()>>);

/// Where the loop is asked.
pub(in crate::service) struct Heart(mpsc::Receiver<oneshot::Sender<()>>);

impl Pulse {
    pub(in crate::service) fn of_heart() -> (Self, Heart) {
        let (ask, asked) = mpsc::channel(1);
        (Self(ask), Heart(asked))
    }

    /// Whether the service serves: `true` as soon as the loop has answered, `false` once it
    /// has ended. As long as it is stuck, or has not begun, this waits.
    pub async fn beat(&self) -> bool {
        let (answer, answered) = oneshot::channel();
        self.0.send(answer).await.is_ok() && answered.await.is_ok()
    }
}

impl Heart {
    /// Answers the next who asks.
    pub(super) async fn beat(&mut self) {
        match self.0.recv().await {
            // Who did not wait needs no answer.
            Some(answer) => drop(answer.send(())),
            None => future::pending().await,
        }
    }

    /// Answers whoever asks, until this is dropped.
    pub(super) async fn keep_beating(&mut self) -> Infallible {
        loop {
            self.beat().await;
        }
    }
}
