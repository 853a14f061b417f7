//! The host: everything around an API, whichever API it is.
//!
//! An [`Application`] and a configuration make a [`Service`], which runs on listeners that are
//! handed in. The trip of a request:
//!
//! ```text
//! server -> log line, metrics -> current app -> cross-origin -> problems -> route -> gate
//! ```

mod answers;
mod app;
pub(crate) mod application;
mod audit;
mod browser;
mod build_error;
mod callers;
pub(crate) mod config;
mod cross_origin;
mod current;
mod denylist;
mod files;
mod health;
#[doc(hidden)]
pub mod internal;
mod keys;
mod limits;
mod logout;
mod metrics;
mod no_keys;
mod observe;
mod operators;
mod own_hosts;
mod own_routes;
mod paths;
mod postman;
mod preflight;
mod problems;
mod program_name;
mod protection;
mod readiness;
mod reload;
mod request_id;
mod routes;
mod run;
mod server;
mod state;
pub(crate) mod telemetry;
mod traces;
mod used_proofs;
mod xml;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::clock::Clock;
#[cfg(feature = "testing")]
use crate::guard::Document;
use crate::guard::OperationRule;
use crate::token::KeySource;
use answers::Answers;
use app::App;
use application::{Hosted, Running};
use config::{Config, Listen};
use current::Current;
use denylist::Denials;
use metrics::{Metrics, Requests};
use observe::{Addresses, Observe};
use readiness::Conditions;
use server::{Connections, Limits, Stage, Tls, WatchdogResponder};
use state::ServiceState;
use traces::Traces;
use used_proofs::UsedProofs;

pub use application::{Application, Context, Metric, StartError};
pub use audit::AuditError;
pub use build_error::BuildError;
pub use config::{ConfigError, ConfigProblem};
pub use denylist::DenylistError;
pub(crate) use denylist::KnownDenials;
pub(crate) use files::PrintedFiles;
pub(crate) use postman::PostmanFiles;
pub(crate) use preflight::problems as preflight;
pub(crate) use program_name::program_name;
pub(crate) use protection::{
    decryption_keys, fetch, issuers_with_keys_of, issuers_without_keys, refresh_policy,
    rules_by_issuer,
};
#[cfg(feature = "dev")]
pub(crate) use protection::{origins, redirect_uris};
#[doc(hidden)]
pub use reload::{ReloadError, Reloader};
pub use server::{Shutdown, TlsError};
#[cfg(fuzzing)]
pub use server::{caller_behind_proxy, charge_after};
#[doc(hidden)]
pub use {keys::Keys, metrics::metrics_table, server::Listener, server::WatchdogProbe};
pub use {traces::TracesError, used_proofs::UsedProofsError};

/// A service, built and not yet listening. Only an [`Application`] and the tests in tests/ build one.
#[doc(hidden)]
pub struct Service {
    endpoint: Arc<dyn Answers>,
    admin: Arc<dyn Answers>,
    application: Arc<dyn Running>,
    conditions: Conditions,
    limits: Limits,
    callers: Arc<Connections>,
    operators: Arc<Connections>,
    tls: Option<Tls>,
    traces: Option<Traces>,
    denials: Denials,
    drain_delay: Duration,
    stage: watch::Sender<Stage>,
    reloader: Reloader,
    probe: WatchdogProbe,
    responder: WatchdogResponder,
}

/// What a service is built with besides its settings.
pub(crate) struct Setting {
    pub(crate) listen: Listen,
    pub(crate) clock: Arc<dyn Clock>,
    /// The keys of a test, which replace those of an issuer.
    pub(crate) keys: Option<Arc<dyn KeySource>>,
}

impl Service {
    /// Starts `application` with the settings of `config`, whose issuer is known, and begins
    /// to fetch the issuer's keys. `listen` is where it will listen, for the links it prints.
    ///
    /// # Errors
    ///
    /// A [`BuildError`]: the startup hook failed, the settings do not fit the API, or the
    /// certificate cannot be used.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn build<S, D>(
        application: Application<S, D>,
        config: &Config,
        listen: impl Into<Listen>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BuildError>
    where
        S: Send + Sync + 'static,
        D: Send + Sync + 'static,
    {
        let setting = Setting {
            listen: listen.into(),
            clock,
            keys: None,
        };
        Self::host(Box::new(application), config, setting).await
    }

    pub(crate) async fn host(
        application: Box<dyn Hosted>,
        config: &Config,
        setting: Setting,
    ) -> Result<Self, BuildError> {
        let stage = watch::Sender::new(Stage::Open);
        let tls = limits::certificate(&config.http)?;
        if let Some(certificate) = &tls {
            certificate.warn_if_expired(setting.clock.now());
        }
        let denials = Denials::start(
            &config.denylist,
            &config.logout.email_claims,
            &setting.clock,
        )?;
        let used_proofs = UsedProofs::start(&config.dpop)?;
        let traces = Traces::start(&config.telemetry, &application.outline().version)?;
        let shutdown = Shutdown::new(stage.subscribe());
        let application = application.start(config, shutdown).await?;
        let conditions = Conditions::new(application.conditions());
        let kept = ServiceState {
            application,
            listen: setting.listen,
            clock: setting.clock,
            stage: stage.subscribe(),
            verdicts: Arc::default(),
            denials,
            used_proofs,
            logouts: Arc::default(),
            conditions,
            traces,
            given_keys: setting.keys,
        };
        match App::build(config, &kept) {
            Ok(app) => Ok(Self::around(app, config, kept, stage, tls.map(Tls::new))),
            Err(error) => {
                // What the startup hook opened is closed.
                kept.application.stop(config.http.shutdown_timeout).await;
                Err(error)
            }
        }
    }

    fn around(
        app: App,
        config: &Config,
        kept: ServiceState,
        stage: watch::Sender<Stage>,
        tls: Option<Tls>,
    ) -> Self {
        let (probe, responder) = WatchdogProbe::with_responder();
        let current = Arc::new(ArcSwap::from_pointee(app));
        let limits = limits::for_listener(&config.http);
        let connections = || Arc::new(Connections::new(limits.max_connections));
        let (callers, operators) = (connections(), connections());
        let requests = Arc::new(Requests::new());
        let endpoint = Observe::new(
            Current::new(current.clone()),
            requests.clone(),
            kept.clock.clone(),
            kept.traces.clone(),
            Addresses::from_setting(config.log.client_address),
        );
        let reloader = Reloader::new(current.clone(), config, kept.clone(), tls.clone());
        let metrics = Metrics::new(metrics::Sources {
            requests,
            connections: [("http", callers.clone()), ("admin", operators.clone())],
            verdicts: kept.verdicts.clone(),
            denials: kept.denials.clone(),
            used_proofs: kept.used_proofs.clone(),
            logouts: kept.logouts.clone(),
            app: current,
            reloads: reloader.reloads(),
            tls: tls.clone(),
            clock: kept.clock.clone(),
            application: kept.application.clone(),
        });
        let admin = operators::listener(config, &kept, metrics, &reloader);
        Self {
            endpoint: Arc::new(endpoint),
            admin,
            application: kept.application,
            conditions: kept.conditions,
            limits,
            callers,
            operators,
            tls,
            traces: kept.traces,
            denials: kept.denials,
            drain_delay: config.http.drain_delay,
            reloader,
            stage,
            probe,
            responder,
        }
    }

    /// The keys in force now, for waiting on and looking at.
    pub fn keys(&self) -> Keys {
        self.reloader.keys()
    }

    /// Puts other settings in force while the service runs.
    pub fn reloader(&self) -> Reloader {
        self.reloader.clone()
    }

    /// Shows a watchdog whether the service serves.
    pub fn watchdog_probe(&self) -> WatchdogProbe {
        self.probe.clone()
    }

    /// The rules in force.
    pub(crate) fn rules(&self) -> Arc<[OperationRule]> {
        self.reloader.rules()
    }

    /// The document in force.
    #[cfg(feature = "testing")]
    pub(crate) fn document(&self) -> Document {
        self.reloader.document()
    }
}
