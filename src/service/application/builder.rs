//! How an application is put together, without regard to the order of the calls.

use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt;
use poem::IntoEndpoint;
use poem_openapi::{OpenApi, Webhook};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::service::config::ApplicationSettings;
use crate::token::Scope;

use super::hooks::{Command, Hooks, Task};
use super::operations::{Make, Unprotected};
use super::outline::{self, Outline, Types};
use super::plain::Plain;
use super::{Context, HookError, Metric};

/// An API together with settings, server, documents, metrics and a command line.
///
/// ```no_run
/// use poem_openapi::{OpenApi, payload::PlainText};
/// use poem_resource_server::{Application, guard::BearerAuth};
///
/// struct Shop;
///
/// #[OpenApi]
/// impl Shop {
///     /// The caller's name.
///     #[oai(path = "/me", method = "get", operation_id = "me")]
///     async fn me(&self, caller: BearerAuth) -> PlainText<String> {
///         PlainText(caller.subject().to_owned())
///     }
/// }
///
/// fn main() -> std::process::ExitCode {
///     Application::new("Shop", env!("CARGO_PKG_VERSION"))
///         .api(|_| Shop)
///         .run()
/// }
/// ```
///
/// `Settings` is the type of the application's table `[app]`, see [`Application::settings`].
/// `State` is what its startup hook returns, see [`Application::startup`]. Both are `()` until
/// these methods are called, and code that was added before that receives a [`Context`] of `()`.
#[must_use = "an application does nothing until it runs"]
pub struct Application<Settings = (), State = ()> {
    pub(super) outline: Outline,
    pub(super) settings: ApplicationSettings,
    pub(super) make: Make<Settings, State>,
    pub(super) plain: Vec<Plain<Settings, State>>,
    pub(super) tasks: Vec<Task<Settings, State>>,
    pub(super) hooks: Hooks<Settings, State>,
    pub(super) commands: Vec<Command<Settings>>,
}

impl Application {
    /// An application without operations.
    ///
    /// `title` and `version` are those of its OpenAPI document; `--version` prints them too.
    pub fn new(title: &str, version: &str) -> Self {
        Self {
            outline: Outline::new(title, version),
            settings: ApplicationSettings::default(),
            make: Arc::new(|_| Ok(Unprotected::none())),
            plain: Vec::new(),
            tasks: Vec::new(),
            hooks: Hooks::none(),
            commands: Vec::new(),
        }
    }
}

impl<State: Send + Sync + 'static> Application<(), State> {
    /// Reads the table `[app]` of the settings into `Settings`.
    ///
    /// Every source of settings can set its keys: `RESOURCE_SERVER_APP__DATABASE_URL` sets
    /// `app.database_url`. A key that `Settings` does not have is an error when the service starts,
    /// and so is a value of the wrong type. Use `#[serde(default)]` for optional keys, and
    /// [`Secret`](crate::Secret) for values that must not be shown.
    pub fn settings<Settings>(self) -> Application<Settings, State>
    where
        Settings: DeserializeOwned + Serialize + Send + Sync + 'static,
    {
        let make = self.make;
        Application {
            settings: ApplicationSettings::for_type::<Settings>(),
            make: Arc::new(move |context| make(&context.without_settings())),
            plain: self.plain.into_iter().map(Plain::with_settings).collect(),
            tasks: self.tasks.into_iter().map(Task::with_settings).collect(),
            hooks: self.hooks.with_settings(),
            commands: (self.commands.into_iter())
                .map(Command::with_settings)
                .collect(),
            outline: self.outline,
        }
    }
}

impl<Settings: Send + Sync + 'static> Application<Settings, ()> {
    /// Runs `hook` before the service listens, and keeps what it returns as the state.
    ///
    /// Use it to connect to a database and to apply its migrations. If it fails, the program prints
    /// the error with its causes and exits with 1.
    pub fn startup<State, E, F>(
        self,
        hook: impl FnOnce(Arc<Settings>) -> F + Send + 'static,
    ) -> Application<Settings, State>
    where
        State: Send + Sync + 'static,
        E: Into<HookError>,
        F: Future<Output = Result<State, E>> + Send + 'static,
    {
        let make = self.make;
        Application {
            outline: self.outline,
            settings: self.settings,
            make: Arc::new(move |context| make(&context.without_state())),
            plain: self.plain.into_iter().map(Plain::with_state).collect(),
            tasks: self.tasks.into_iter().map(Task::with_state).collect(),
            hooks: self.hooks.with_state(Box::new(move |settings| {
                hook(settings)
                    .map(|outcome| outcome.map_err(Into::into))
                    .boxed()
            })),
            commands: self.commands,
        }
    }
}

impl<Settings, State> Application<Settings, State>
where
    Settings: Send + Sync + 'static,
    State: Send + Sync + 'static,
{
    /// The operations: one poem-openapi type, or a tuple of several.
    ///
    /// `make` runs when the service starts and again at each reload. A second call replaces
    /// the operations of the first.
    pub fn api<T>(
        self,
        make: impl Fn(&Context<Settings, State>) -> T + Send + Sync + 'static,
    ) -> Self
    where
        T: OpenApi + Send + 'static,
    {
        self.try_api(move |context| Ok::<_, HookError>(make(context)))
    }

    /// As [`Application::api`], for operations that may refuse new settings. A failure keeps
    /// the service from starting, or leaves the old settings in force at a reload.
    pub fn try_api<T, E>(
        mut self,
        make: impl Fn(&Context<Settings, State>) -> Result<T, E> + Send + Sync + 'static,
    ) -> Self
    where
        T: OpenApi + Send + 'static,
        E: Into<HookError>,
    {
        self.outline.operations = Types::from_api::<T>();
        self.make =
            Arc::new(move |context| make(context).map(Unprotected::new).map_err(Into::into));
        self
    }

    /// The webhooks that the document describes.
    pub fn webhooks<W: Webhook>(mut self) -> Self {
        self.outline.webhooks = Some(outline::webhooks::<W>);
        self
    }

    /// Plain Poem routes below `path`, for callers whose token has every scope of `scope`.
    /// An empty scope admits every caller with a valid token.
    ///
    /// They are called with the path that follows `path`, as by [`poem::Route::nest`]. The
    /// document does not describe them.
    pub fn routes<E>(
        mut self,
        path: &str,
        scope: Scope,
        make: impl Fn(&Context<Settings, State>) -> E + Send + Sync + 'static,
    ) -> Self
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
    {
        self.plain.push(Plain::protected(path, scope, make));
        self
    }

    /// As [`Application::routes`], open to everyone, also in `access.mode` `all`. Protect
    /// single routes with [`Guard::require`](crate::guard::Guard::require).
    pub fn open_routes<E>(
        mut self,
        path: &str,
        make: impl Fn(&Context<Settings, State>) -> E + Send + Sync + 'static,
    ) -> Self
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
    {
        self.plain.push(Plain::open(path, make));
        self
    }

    /// Runs `task` beside the service. It should end when
    /// [`Context::shutdown`] begins; the service waits for it within `http.shutdown_timeout`.
    /// `name` is for log lines.
    pub fn task<F>(
        mut self,
        name: &'static str,
        task: impl FnOnce(Context<Settings, State>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.push(Task::new(name, task));
        self
    }

    /// Adds a condition of `/readyz`, which names it while it fails. The check runs every
    /// 5 s, and not for each request; one that takes longer than 5 s has failed.
    pub fn readiness<E, F>(
        mut self,
        name: &'static str,
        check: impl Fn(Arc<State>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<HookError>,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        self.hooks.add_check(name, move |state| {
            check(state)
                .map(|outcome| outcome.map_err(Into::into))
                .boxed()
        });
        self
    }

    /// Adds samples to `/metrics`; `read` is called for each scrape and should not wait.
    pub fn metrics(mut self, read: impl Fn(&State) -> Vec<Metric> + Send + Sync + 'static) -> Self {
        self.hooks.metrics.push(Box::new(read));
        self
    }

    /// Runs `hook` after the last call and after the background tasks. Use it to close what the
    /// startup hook opened. The service waits `http.shutdown_timeout` for it.
    pub fn shutdown<F>(mut self, hook: impl FnOnce(Arc<State>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.hooks.shutdown = Box::new(move |state| hook(state).boxed());
        self
    }

    /// Adds a command to the program. It receives the settings and the arguments that follow
    /// its name; a failure is printed with its causes, and the exit code is 1.
    pub fn command<E, F>(
        mut self,
        name: &'static str,
        about: &'static str,
        run: impl FnOnce(Arc<Settings>, Vec<String>) -> F + Send + 'static,
    ) -> Self
    where
        E: Into<HookError>,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        self.commands
            .push(Command::new(name, about, |settings, arguments| {
                run(settings, arguments)
                    .map(|outcome| outcome.map_err(Into::into))
                    .boxed()
            }));
        self
    }
}
