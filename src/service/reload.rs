//! Other settings without a restart, all or nothing.
//!
//! 1. What cannot change while listening must be as it was.
//! 2. A new app is built beside the old one, and has fetched the issuer's keys; a new
//!    certificate fits its key.
//! 3. It takes the old one's place between two requests; those under way finish on the old.
//!
//! Whatever goes wrong before the last step leaves the old settings in force, as they were.
//! Denials alone do not wait: what the file in force denies now counts from the first moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;

#[cfg(feature = "testing")]
use crate::guard::Document;
use crate::guard::OperationRule;
use crate::issuer::DiscoveryError;

use super::BuildError;
use super::app::App;
use super::config::{Config, RestartValues};
use super::denylist;
use super::keys::Keys;
use super::limits;
use super::server::Tls;
use super::state::ServiceState;

/// Puts other settings in force. Clones reload the same service.
#[derive(Clone)]
pub struct Reloader {
    in_force: Arc<ArcSwap<App>>,
    fixed: Arc<RestartValues>,
    state: ServiceState,
    tls: Option<Tls>,
    reloads: Arc<Reloads>,
}

impl Reloader {
    pub(super) fn new(
        in_force: Arc<ArcSwap<App>>,
        config: &Config,
        state: ServiceState,
        tls: Option<Tls>,
    ) -> Self {
        Self {
            in_force,
            fixed: Arc::new(config.restart_values().clone()),
            state,
            tls,
            reloads: Arc::default(),
        }
    }

    /// Puts `config` in force once its issuer's keys are held.
    ///
    /// # Errors
    ///
    /// A [`ReloadError`], and the old settings go on.
    pub async fn reload(&self, config: &Config) -> Result<(), ReloadError> {
        self.state.denials.add();
        let outcome = self.replace(config).await;
        self.reloads.count(outcome.is_ok());
        outcome
    }

    /// Does what can be done where the settings cannot be read: counts a reload that failed,
    /// and puts further denials of the file in force.
    pub fn fail(&self) {
        self.state.denials.add();
        self.reloads.count(false);
    }

    async fn replace(&self, config: &Config) -> Result<(), ReloadError> {
        let keys = self.fixed.changed(config.restart_values());
        if !keys.is_empty() {
            return Err(ReloadError::NeedsRestart { keys });
        }
        let certificate = limits::certificate(&config.http).map_err(BuildError::from)?;
        let file = config.denylist.file.as_deref();
        let denials = denylist::read(file).map_err(BuildError::from)?;
        let app = App::build(config, &self.state)?;
        app.keys.first_attempt().await?;
        self.state
            .denials
            .put(&config.denylist, denials)
            .map_err(BuildError::from)?;
        self.in_force.store(Arc::new(app));
        if let (Some(tls), Some(certificate)) = (&self.tls, certificate) {
            certificate.warn_if_expired(self.state.clock.now());
            tls.renew(certificate);
        }
        Ok(())
    }

    pub(super) fn reloads(&self) -> Arc<Reloads> {
        self.reloads.clone()
    }

    pub(super) fn keys(&self) -> Keys {
        self.in_force.load().keys.clone()
    }

    pub(super) fn rules(&self) -> Arc<[OperationRule]> {
        self.in_force.load().rules.clone()
    }

    #[cfg(feature = "testing")]
    pub(super) fn document(&self) -> Document {
        let app = self.in_force.load();
        (app.print)(app.keys.metadata().as_deref())
    }
}

/// How reloads went, for operators.
#[derive(Default)]
pub(super) struct Reloads {
    done: AtomicU64,
    failed: AtomicU64,
    last_failed: AtomicBool,
}

impl Reloads {
    /// Those that were done, and those that failed.
    pub(super) fn counts(&self) -> (u64, u64) {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (read(&self.done), read(&self.failed))
    }

    /// Also before there was any.
    pub(super) fn last_was_done(&self) -> bool {
        !self.last_failed.load(Ordering::Relaxed)
    }

    fn count(&self, is_done: bool) {
        let number = if is_done { &self.done } else { &self.failed };
        number.fetch_add(1, Ordering::Relaxed);
        self.last_failed.store(!is_done, Ordering::Relaxed);
    }
}

/// Why the old settings stay in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// Settings that only a restart can change.
    #[error("{}, which needs a restart", changed(keys))]
    #[non_exhaustive]
    NeedsRestart {
        /// The keys of all that changed; never empty.
        keys: Vec<String>,
    },
    /// The new settings do not fit the API.
    #[error("the new settings do not fit the API")]
    Build(#[from] BuildError),
    /// The issuer of the new settings gives no keys.
    #[error("the issuer gives no keys")]
    Keys(#[from] Arc<DiscoveryError>),
}

fn changed(keys: &[String]) -> String {
    let verb = if keys.len() == 1 { "has" } else { "have" };
    format!("`{}` {verb} changed", keys.join("`, `"))
}
