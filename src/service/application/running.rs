//! An application that has started: its state, its tasks and its end.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::JoinSet;
use tracing::{error, warn};

use crate::guard::Guard;
use crate::service::BuildError;
use crate::service::config::{ApplicationSettings, Config};
use crate::service::readiness::Condition;
use crate::service::server::Shutdown;

use super::context::Shared;
use super::hooks::{Command, Hooks, Read, Task};
use super::operations::Make;
use super::plain::Plain;
use super::{
    Application, Context, HookError, Hosted, Made, Metric, Outline, PlainRoutes, Running,
    StartError,
};

struct Run<Settings, State> {
    outline: Outline,
    make: Make<Settings, State>,
    plain: Vec<Plain<Settings, State>>,
    hooks: Mutex<Option<Hooks<Settings, State>>>,
    /// Those that wait for the first guard.
    waiting: Mutex<Vec<Task<Settings, State>>>,
    tasks: Mutex<JoinSet<()>>,
    state: Arc<State>,
    shutdown: Shutdown,
}

impl<Settings, State> Hosted for Application<Settings, State>
where
    Settings: Send + Sync + 'static,
    State: Send + Sync + 'static,
{
    fn outline(&self) -> &Outline {
        &self.outline
    }

    fn settings(&self) -> ApplicationSettings {
        let anonymous = self.outline.anonymous.clone();
        self.settings.clone().with_anonymous(anonymous)
    }

    fn start(
        mut self: Box<Self>,
        config: &Config,
        shutdown: Shutdown,
    ) -> BoxFuture<'_, Result<Arc<dyn Running>, StartError>> {
        async move {
            let nothing = Box::new(|_| async { Err("started twice".into()) }.boxed());
            let startup = std::mem::replace(&mut self.hooks.startup, nothing);
            let state = startup(config.app()).await.map_err(StartError)?;
            let running: Arc<dyn Running> = Arc::new(Run {
                outline: self.outline,
                make: self.make,
                plain: self.plain,
                hooks: Mutex::new(Some(self.hooks)),
                waiting: Mutex::new(self.tasks),
                tasks: Mutex::default(),
                state: Arc::new(state),
                shutdown,
            });
            Ok(running)
        }
        .boxed()
    }

    fn commands(&self) -> Vec<(&'static str, &'static str)> {
        let names = self.commands.iter();
        names.map(|command| (command.name, command.about)).collect()
    }

    fn command<'a>(
        self: Box<Self>,
        name: &str,
        config: &'a Config,
        arguments: Vec<String>,
    ) -> BoxFuture<'a, Result<(), HookError>> {
        let mut commands = self.commands.into_iter();
        match commands.find(|command| command.name == name) {
            Some(Command { run, .. }) => run(config.app(), arguments),
            None => async { Err("there is no such command".into()) }.boxed(),
        }
    }
}

impl<Settings, State> Running for Run<Settings, State>
where
    Settings: Send + Sync + 'static,
    State: Send + Sync + 'static,
{
    fn outline(&self) -> &Outline {
        &self.outline
    }

    fn make(&self, config: &Config, guard: &Guard, public_url: &str) -> Result<Made, BuildError> {
        let context = Context {
            settings: config.app(),
            state: self.state.clone(),
            shared: Arc::new(Shared {
                guard: guard.clone(),
                shutdown: self.shutdown.clone(),
                public_url: public_url.to_owned(),
            }),
        };
        let unprotected = (self.make)(&context).map_err(BuildError::Application)?;
        let plain = self.plain.iter().map(|plain| PlainRoutes {
            path: plain.path.clone(),
            endpoint: (plain.make)(&context),
        });
        let made = Made {
            operations: unprotected.protect(guard)?,
            plain: plain.collect(),
        };
        self.begin_tasks(&context);
        Ok(made)
    }

    fn conditions(&self) -> Vec<Condition> {
        let hooks = lock(&self.hooks);
        let checks = hooks.as_ref().map_or(&[][..], |hooks| &hooks.checks);
        let bound = checks.iter().map(|(name, check)| {
            let (check, state) = (check.clone(), self.state.clone());
            Condition::new(name, move || check(state.clone()))
        });
        bound.collect()
    }

    fn metrics(&self) -> Vec<Metric> {
        let hooks = lock(&self.hooks);
        let reads = hooks.as_ref().map_or(&[][..], |hooks| &hooks.metrics);
        let read = |read: &Read<State>| {
            let read = AssertUnwindSafe(|| read(&self.state));
            std::panic::catch_unwind(read).unwrap_or_else(|_| {
                error!("the application's metrics panicked");
                Vec::new()
            })
        };
        reads.iter().flat_map(read).collect()
    }

    fn stop(&self, timeout: Duration) -> BoxFuture<'_, ()> {
        async move {
            let mut tasks = std::mem::take(&mut *lock(&self.tasks));
            let ended = async { while tasks.join_next().await.is_some() {} };
            if tokio::time::timeout(timeout, ended).await.is_err() {
                warn!(tasks = tasks.len(), "background tasks aborted at shutdown");
                tasks.shutdown().await;
            }
            let hook = lock(&self.hooks).take().map(|hooks| hooks.shutdown);
            let Some(hook) = hook else { return };
            let ended = tokio::time::timeout(timeout, hook(self.state.clone()));
            if ended.await.is_err() {
                warn!("the shutdown hook took longer than `http.shutdown_timeout`");
            }
        }
        .boxed()
    }
}

impl<Settings: 'static, State: 'static> Run<Settings, State> {
    /// Spawns the tasks once, with the first guard.
    fn begin_tasks(&self, context: &Context<Settings, State>) {
        let mut tasks = lock(&self.tasks);
        for Task { name, run } in lock(&self.waiting).drain(..) {
            let shutdown = self.shutdown.clone();
            let task = AssertUnwindSafe(run(context.clone())).catch_unwind();
            tasks.spawn(async move {
                match task.await {
                    Err(_) => error!(task = name, "a background task panicked"),
                    Ok(()) if !shutdown.has_begun() => {
                        warn!(task = name, "a background task ended before the service");
                    }
                    Ok(()) => {}
                }
            });
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
