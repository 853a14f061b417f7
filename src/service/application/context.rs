//! What an application's own code receives from the host.

use std::fmt;
use std::sync::Arc;

use crate::guard::Guard;
use crate::service::server::Shutdown;

/// What the host gives to the code of an application.
///
/// `Settings` is the type of the table `[app]`, see [`Application::settings`]; `State` is what
/// the startup hook returned, see [`Application::startup`]. Clones share both.
///
/// [`Application::settings`]: super::Application::settings
/// [`Application::startup`]: super::Application::startup
pub struct Context<Settings = (), State = ()> {
    pub(super) settings: Arc<Settings>,
    pub(super) state: Arc<State>,
    pub(super) shared: Arc<Shared>,
}

/// What does not depend on the application's types.
pub(super) struct Shared {
    pub(super) guard: Guard,
    pub(super) shutdown: Shutdown,
    pub(super) public_url: String,
}

impl<Settings, State> Context<Settings, State> {
    /// The application's own settings, from the table `[app]`.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// What the startup hook returned.
    pub fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// The guard of the service, to protect plain Poem routes: see
    /// [`Guard::require`].
    pub fn guard(&self) -> &Guard {
        &self.shared.guard
    }

    /// Completes when the service begins to shut down, for a stream or a WebSocket that should
    /// then end by itself.
    pub fn shutdown(&self) -> Shutdown {
        self.shared.shutdown.clone()
    }

    /// The URL under which callers reach the service, without a slash at its end.
    pub fn public_url(&self) -> &str {
        &self.shared.public_url
    }

    pub(super) fn without_settings(&self) -> Context<(), State> {
        Context {
            settings: Arc::new(()),
            state: self.state.clone(),
            shared: self.shared.clone(),
        }
    }

    pub(super) fn without_state(&self) -> Context<Settings, ()> {
        Context {
            settings: self.settings.clone(),
            state: Arc::new(()),
            shared: self.shared.clone(),
        }
    }
}

impl<Settings, State> Clone for Context<Settings, State> {
    fn clone(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            state: self.state.clone(),
            shared: self.shared.clone(),
        }
    }
}

impl<Settings, State> fmt::Debug for Context<Settings, State> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("public_url", &self.shared.public_url)
            .finish_non_exhaustive()
    }
}
