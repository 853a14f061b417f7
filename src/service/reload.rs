//! Puts new settings in force without a restart, all or nothing.
//!
//! 1. The settings that only a restart can change are unchanged.
//! 2. A new app is built beside the old one and has fetched the keys of each issuer. An unchanged
//!    issuer that is unreachable keeps the keys that it has. A new certificate fits its key.
//! 3. The new app replaces the old one between two requests. Requests in flight finish on the
//!    old one.
//!
//! If a step before the last fails, the old settings stay in force. Only denials do not wait:
//! new denials of the file in force are added immediately.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;

#[cfg(feature = "testing")]
use crate::guard::Document;
use crate::guard::OperationRule;
use crate::issuer::DiscoveryError;

use super::BuildError;
use super::app::App;
use super::audit::Audit;
use super::config::{Config, ConfigProblem, Fault, RestartValues};
use super::denylist;
use super::keys::Keys;
use super::limits;
use super::server::Tls;
use super::state::ServiceState;

/// Puts new settings in force. Clones reload the same service.
#[derive(Clone)]
pub struct Reloader {
    current: Arc<ArcSwap<App>>,
    fixed: Arc<RestartValues>,
    state: ServiceState,
    tls: Option<Tls>,
    reloads: Arc<Reloads>,
}

impl Reloader {
    pub(super) fn new(
        current: Arc<ArcSwap<App>>,
        config: &Config,
        state: ServiceState,
        tls: Option<Tls>,
    ) -> Self {
        Self {
            current,
            fixed: Arc::new(config.restart_values().clone()),
            state,
            tls,
            reloads: Arc::default(),
        }
    }

    /// Puts `config` in force after the keys of its issuers were fetched. An issuer that is in force
    /// already may be unreachable: then its keys remain.
    ///
    /// # Errors
    ///
    /// A [`ReloadError`]. The old settings stay in force.
    pub async fn reload(&self, config: &Config) -> Result<(), ReloadError> {
        self.state.denials.add();
        let outcome = self.replace(config).await;
        self.reloads.count(outcome.is_ok());
        outcome
    }

    /// Does what is possible when the settings cannot be read: counts a failed reload, and adds
    /// new denials of the file in force.
    pub fn fail(&self) {
        self.state.denials.add();
        self.reloads.count(false);
    }

    /// A problem for each setting of `config` that a reload cannot change.
    pub(crate) fn problems(&self, config: &Config) -> Vec<ConfigProblem> {
        let changed = self.fixed.changed(config.restart_values());
        let problem = |key: &String| {
            let fault = Fault::new("has changed, and a reload cannot change it");
            config.problem(
                key,
                fault.fix("restart the service, or restore the old value"),
            )
        };
        changed.iter().map(problem).collect()
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
        app.keys.replace(&self.keys()).await?;
        self.state
            .denials
            .put(&config.denylist, denials)
            .map_err(BuildError::from)?;
        self.current.store(Arc::new(app));
        if let (Some(tls), Some(certificate)) = (&self.tls, certificate) {
            certificate.warn_if_expired(self.state.clock.now());
            tls.renew(certificate);
        }
        Ok(())
    }

    pub(super) fn reloads(&self) -> Arc<Reloads> {
        self.reloads.clone()
    }

    /// The audit log of the settings in force.
    pub(super) fn audit(&self) -> Option<Arc<Audit>> {
        self.current.load().audit.clone()
    }

    pub(super) fn keys(&self) -> Keys {
        self.current.load().keys.clone()
    }

    pub(super) fn rules(&self) -> Arc<[OperationRule]> {
        self.current.load().rules.clone()
    }

    #[cfg(feature = "testing")]
    pub(super) fn document(&self) -> Document {
        let app = self.current.load();
        (app.print)(&app.keys.described())
    }
}

/// The results of reloads, for operators.
#[derive(Default)]
pub(super) struct Reloads {
    done: AtomicU64,
    failed: AtomicU64,
    last_failed: AtomicBool,
}

impl Reloads {
    /// The numbers of successful and of failed reloads.
    pub(super) fn counts(&self) -> (u64, u64) {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (read(&self.done), read(&self.failed))
    }

    /// Whether the last reload succeeded; `true` before the first one.
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
    #[error(
        "{}, and a reload cannot change that; restart the service",
        changed(keys)
    )]
    #[non_exhaustive]
    NeedsRestart {
        /// The keys of all that changed; never empty.
        keys: Vec<String>,
    },
    /// The new settings do not fit the API or the machine.
    #[error("the new settings do not fit the API")]
    Build(#[from] BuildError),
    /// The keys of a new or changed issuer cannot be fetched, or the answer of an issuer is wrong.
    #[error("the issuer's keys cannot be fetched")]
    Keys(#[from] Arc<DiscoveryError>),
}

fn changed(keys: &[String]) -> String {
    let verb = if keys.len() == 1 { "has" } else { "have" };
    format!("`{}` {verb} changed", keys.join("`, `"))
}
