//! An application without its types, as the service and the program see it.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::service::config::{ApplicationSettings, Config};
use crate::service::server::Shutdown;

use super::{HookError, Outline, Running};

/// An application that has not started.
pub(crate) trait Hosted: Send {
    /// What is known of it already.
    fn outline(&self) -> &Outline;

    /// How its table `[app]` is read.
    fn settings(&self) -> ApplicationSettings;

    /// Runs the startup hook.
    fn start<'a>(
        self: Box<Self>,
        config: &'a Config,
        shutdown: Shutdown,
    ) -> BoxFuture<'a, Result<Arc<dyn Running>, StartError>>;

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

/// Why an application did not start.
#[derive(Debug, thiserror::Error)]
#[error("the application cannot start")]
pub struct StartError(#[source] pub(super) HookError);
