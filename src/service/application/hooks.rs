//! The code of an application that the host calls, kept without its types of futures.

use std::future::ready;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::plain::Plain;
use super::{Context, HookError, Metric};

type Startup<Settings, State> =
    Box<dyn FnOnce(Arc<Settings>) -> BoxFuture<'static, Result<State, HookError>> + Send>;
type Check<State> =
    Arc<dyn Fn(Arc<State>) -> BoxFuture<'static, Result<(), HookError>> + Send + Sync>;
pub(super) type Read<State> = Box<dyn Fn(&State) -> Vec<Metric> + Send + Sync>;
type Shutdown<State> = Box<dyn FnOnce(Arc<State>) -> BoxFuture<'static, ()> + Send>;
type Run<Settings, State> =
    Box<dyn FnOnce(Context<Settings, State>) -> BoxFuture<'static, ()> + Send>;
type RunCommand<Settings> =
    Box<dyn FnOnce(Arc<Settings>, Vec<String>) -> BoxFuture<'static, Result<(), HookError>> + Send>;

/// What is called at the beginning, meanwhile and at the end.
pub(super) struct Hooks<Settings, State> {
    pub(super) startup: Startup<Settings, State>,
    pub(super) checks: Vec<(&'static str, Check<State>)>,
    pub(super) metrics: Vec<Read<State>>,
    pub(super) shutdown: Shutdown<State>,
}

/// A task that runs beside the service.
pub(super) struct Task<Settings, State> {
    pub(super) name: &'static str,
    pub(super) run: Run<Settings, State>,
}

/// A command of the application's own.
pub(super) struct Command<Settings> {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) run: RunCommand<Settings>,
}

impl<Settings: 'static> Hooks<Settings, ()> {
    pub(super) fn none() -> Self {
        Self {
            startup: Box::new(|_| ready(Ok(())).boxed()),
            checks: Vec::new(),
            metrics: Vec::new(),
            shutdown: Box::new(|_| ready(()).boxed()),
        }
    }
}

impl<Settings, State: 'static> Hooks<Settings, State> {
    pub(super) fn add_check(
        &mut self,
        name: &'static str,
        check: impl Fn(Arc<State>) -> BoxFuture<'static, Result<(), HookError>> + Send + Sync + 'static,
    ) {
        self.checks.push((name, Arc::new(check)));
    }
}

impl<State: 'static> Hooks<(), State> {
    pub(super) fn with_settings<Settings: 'static>(self) -> Hooks<Settings, State> {
        let startup = self.startup;
        Hooks {
            startup: Box::new(move |_| startup(Arc::new(()))),
            checks: self.checks,
            metrics: self.metrics,
            shutdown: self.shutdown,
        }
    }
}

impl<Settings: Send + Sync + 'static> Hooks<Settings, ()> {
    /// What was given for `()` goes on receiving that.
    pub(super) fn with_state<State: Send + Sync + 'static>(
        self,
        startup: Startup<Settings, State>,
    ) -> Hooks<Settings, State> {
        let before = self.startup;
        let without = |check: Check<()>| -> Check<State> { Arc::new(move |_| check(Arc::new(()))) };
        let shutdown = self.shutdown;
        Hooks {
            startup: Box::new(move |settings| {
                async move {
                    before(settings.clone()).await?;
                    startup(settings).await
                }
                .boxed()
            }),
            checks: (self.checks.into_iter())
                .map(|(name, check)| (name, without(check)))
                .collect(),
            metrics: (self.metrics.into_iter())
                .map(|read| -> Read<State> { Box::new(move |_| read(&())) })
                .collect(),
            shutdown: Box::new(move |_| shutdown(Arc::new(()))),
        }
    }
}

impl<Settings, State> Task<Settings, State> {
    pub(super) fn new<F>(
        name: &'static str,
        run: impl FnOnce(Context<Settings, State>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self {
            name,
            run: Box::new(move |context| run(context).boxed()),
        }
    }
}

impl<State: 'static> Task<(), State> {
    pub(super) fn with_settings<Settings: 'static>(self) -> Task<Settings, State> {
        let run = self.run;
        Task {
            name: self.name,
            run: Box::new(move |context| run(context.without_settings())),
        }
    }
}

impl<Settings: 'static> Task<Settings, ()> {
    pub(super) fn with_state<State: 'static>(self) -> Task<Settings, State> {
        let run = self.run;
        Task {
            name: self.name,
            run: Box::new(move |context| run(context.without_state())),
        }
    }
}

impl<Settings: 'static> Command<Settings> {
    pub(super) fn new(
        name: &'static str,
        about: &'static str,
        run: impl FnOnce(Arc<Settings>, Vec<String>) -> BoxFuture<'static, Result<(), HookError>>
        + Send
        + 'static,
    ) -> Self {
        Self {
            name,
            about,
            run: Box::new(run),
        }
    }
}

impl Command<()> {
    pub(super) fn with_settings<Settings: 'static>(self) -> Command<Settings> {
        let run = self.run;
        Command {
            name: self.name,
            about: self.about,
            run: Box::new(move |_, arguments| run(Arc::new(()), arguments)),
        }
    }
}

impl<State: 'static> Plain<(), State> {
    pub(super) fn with_settings<Settings: 'static>(self) -> Plain<Settings, State> {
        let make = self.make;
        Plain {
            path: self.path,
            make: Arc::new(move |context| make(&context.without_settings())),
        }
    }
}

impl<Settings: 'static> Plain<Settings, ()> {
    pub(super) fn with_state<State: 'static>(self) -> Plain<Settings, State> {
        let make = self.make;
        Plain {
            path: self.path,
            make: Arc::new(move |context| make(&context.without_state())),
        }
    }
}
