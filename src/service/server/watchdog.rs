//! Whether the accept loop still runs, for watchdogs.
//!
//! A question is one of the things that the loop waits for. The loop therefore answers even if
//! every place is taken, and does not answer when it, or the runtime below it, is stuck.

use std::convert::Infallible;
use std::future;

use tokio::sync::{mpsc, oneshot};

/// Asks whether the service serves. Clones ask the same service.
#[derive(Debug, Clone)]
pub struct WatchdogProbe(mpsc::Sender<oneshot::Sender<()>>);

/// Where the loop is asked.
pub(in crate::service) struct WatchdogResponder(mpsc::Receiver<oneshot::Sender<()>>);

impl WatchdogProbe {
    pub(in crate::service) fn with_responder() -> (Self, WatchdogResponder) {
        let (ask, asked) = mpsc::channel(1);
        (Self(ask), WatchdogResponder(asked))
    }

    /// Whether the service serves: `true` as soon as the loop has answered, `false` once it
    /// has ended. As long as it is stuck, or has not begun, this waits.
    pub async fn is_serving(&self) -> bool {
        let (answer, answered) = oneshot::channel();
        self.0.send(answer).await.is_ok() && answered.await.is_ok()
    }
}

impl WatchdogResponder {
    /// Answers the next question.
    pub(super) async fn respond(&mut self) {
        match self.0.recv().await {
            // A probe that did not wait needs no answer.
            Some(answer) => drop(answer.send(())),
            None => future::pending().await,
        }
    }

    /// Answers every question, until this is dropped.
    pub(super) async fn keep_responding(&mut self) -> Infallible {
        loop {
            self.respond().await;
        }
    }
}
