//! The application's own conditions of readiness. They are checked at an interval, and not for each
//! probe.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use tokio::task::JoinHandle;

use super::application::HookError;

/// One condition, by its name.
pub(crate) struct Condition {
    name: &'static str,
    ask: Box<dyn Fn() -> BoxFuture<'static, Result<(), HookError>> + Send + Sync>,
}

/// The last results of the conditions. Clones share state.
#[derive(Clone)]
pub(super) struct Conditions {
    states: Arc<[State]>,
}

struct State {
    condition: Condition,
    /// `None` until the first answer.
    last: Mutex<Option<Result<(), String>>>,
}

impl Condition {
    pub(super) fn new(
        name: &'static str,
        ask: impl Fn() -> BoxFuture<'static, Result<(), HookError>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            ask: Box::new(ask),
        }
    }

    async fn answer(&self) -> Result<(), String> {
        let asked = std::panic::AssertUnwindSafe((self.ask)()).catch_unwind();
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(error))) => Err(error.to_string()),
            Ok(Err(_)) => Err("the check panicked".to_owned()),
            Err(_) => Err(format!("no answer in {PATIENCE:?}")),
        }
    }
}

impl Conditions {
    pub(super) fn new(conditions: Vec<Condition>) -> Self {
        let state = |condition| State {
            condition,
            last: Mutex::new(None),
        };
        Self {
            states: conditions.into_iter().map(state).collect(),
        }
    }

    /// Checks all of them every [`INTERVAL`], until the task is aborted.
    pub(super) fn watch(&self) -> Option<JoinHandle<()>> {
        if self.states.is_empty() {
            return None;
        }
        let conditions = self.clone();
        Some(tokio::spawn(async move {
            loop {
                conditions.ask().await;
                tokio::time::sleep(INTERVAL).await;
            }
        }))
    }

    /// Checks all of them once.
    pub(super) async fn ask(&self) {
        join_all(self.states.iter().map(State::ask)).await;
    }

    /// Whether each of them is satisfied.
    pub(super) fn hold(&self) -> bool {
        self.states
            .iter()
            .all(|state| matches!(state.last(), Some(Ok(()))))
    }

    /// Each condition with its last result.
    pub(super) fn last(&self) -> Vec<(&'static str, Option<Result<(), String>>)> {
        let states = self.states.iter();
        states.map(|it| (it.condition.name, it.last())).collect()
    }
}

impl State {
    async fn ask(&self) {
        let answer = self.condition.answer().await;
        let before = self.lock().replace(answer.clone());
        if let Err(error) = answer
            && !matches!(before, Some(Err(_)))
        {
            tracing::warn!(
                check = self.condition.name,
                error,
                "a readiness check failed"
            );
        }
    }

    fn last(&self) -> Option<Result<(), String>> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Result<(), String>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often the conditions are checked.
const INTERVAL: Duration = Duration::from_secs(5);
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(5);
