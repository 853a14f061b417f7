//! An application without its types, as the service and the program see it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::guard::Guard;
use crate::service::BuildError;
use crate::service::config::{ApplicationSettings, Config};
use crate::service::readiness::Condition;
use crate::service::server::Shutdown;

use super::{HookError, Metric, Operations, Outline, PlainRoutes, StartError};

/// An application that has not started.
pub(crate) trait Hosted: Send {
    /// What is known of it already.
    fn outline(&self) -> &Outline;

    /// How its table `[app]` is read.
    fn settings(&self) -> ApplicationSettings;

    /// Runs the startup hook.
    fn start(
        self: Box<Self>,
        config: &Config,
        shutdown: Shutdown,
    ) -> BoxFuture<'_, Result<Arc<dyn Running>, StartError>>;

    /// Its own commands: names and what they do.
    fn commands(&self) -> Vec<(&'static str, &'static str)>;

    /// Runs the command `name` with its arguments.
    fn command<'a>(
        self: Box<Self>,
        name: &str,
        config: &'a Config,
        arguments: Vec<String>,
    ) -> BoxFuture<'a, Result<(), HookError>>;
}

/// An application that has started, without its types.
pub(crate) trait Running: Send + Sync {
    fn outline(&self) -> &Outline;

    /// Makes what answers callers, for settings that come into force.
    fn make(&self, config: &Config, guard: &Guard, public_url: &str) -> Result<Made, BuildError>;

    /// Its conditions of readiness.
    fn conditions(&self) -> Vec<Condition>;

    /// Its own samples for `/metrics`.
    fn metrics(&self) -> Vec<Metric>;

    /// Stops the tasks and runs the shutdown hook, each within `timeout`.
    fn stop(&self, timeout: Duration) -> BoxFuture<'_, ()>;
}

/// What answers callers, made for one configuration.
pub(crate) struct Made {
    pub(in crate::service) operations: Operations,
    pub(in crate::service) plain: Vec<PlainRoutes>,
}
