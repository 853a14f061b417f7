//! Floor 5: the ready service, around the guard.
//!
//! A configuration is taken apart once, in [`Service::build`]; what comes of it is run on
//! listeners that are handed in. The trip of a request:
//!
//! ```text
//! server -> log line, metrics -> app in force -> cross-origin -> problems -> route -> gate
//! ```

mod answers;

mod app;
mod audit;
pub mod config;
mod cross_origin;
mod denylist;
mod docs;
mod files;
mod health;
mod limits;
mod metrics;
mod observe;
mod postman;
mod problems;
mod reload;
mod routes;
mod server;
pub mod telemetry;
mod traces;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use poem::endpoint::make_sync;
use poem::{EndpointExt, Route};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::guard::RuleError;
use crate::issuer::{FetchError, RemoteKeySet};
use crate::token::{AudienceError, ScopeError};
use crate::verifier::Tally;
use answers::Answers;
use app::{App, Lasting};
use config::{Config, Listen};
use denylist::Denials;
use health::Detail;
use metrics::{Metrics, Requests};
use observe::Observe;
use problems::Problems;
use reload::InForce;
use routes::read;
use server::{Connections, Heart, Limits, Stage, Tls};
use traces::Traces;

pub use app::{fetch, redirect_uris, refresh_policy};
pub use audit::AuditError;
pub use denylist::DenylistError;
pub use docs::OpenApiFiles;
pub use files::{openapi, postman};
pub use metrics::metrics_table;
pub use postman::PostmanFiles;
pub use reload::{ReloadError, Reloader};
pub use server::{Listener, Pulse, Shutdown, TlsError};

/// The service, built and not yet listening.
pub struct Service {
    endpoint: Arc<dyn Answers>,
    admin: Arc<dyn Answers>,
    limits: Limits,
    callers: Arc<Connections>,
    operators: Arc<Connections>,
    tls: Option<Tls>,
    traces: Option<Traces>,
    denials: Denials,
    drain_delay: Duration,
    stage: watch::Sender<Stage>,
    reloader: Reloader,
    pulse: Pulse,
    heart: Heart,
}

impl Service {
    /// Builds the service of a configuration whose issuer is known, and starts to fetch
    /// the issuer's keys. `listen` is where it will listen, for the links it prints.
    ///
    /// # Errors
    ///
    /// A [`BuildError`]: the settings do not fit the API, or the certificate cannot be used.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn build(
        config: &Config,
        listen: impl Into<Listen>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BuildError> {
        let (listen, stage) = (listen.into(), watch::Sender::new(Stage::Open));
        let (pulse, heart) = Pulse::of_heart();
        let tls = limits::certificate(&config.http)?.map(Tls::new);
        let denials = Denials::start(&config.denylist, &clock)?;
        let traces = Traces::start(&config.telemetry)?;
        let verdicts = Arc::<Tally>::default();
        let lasting = Lasting {
            listen,
            clock: clock.clone(),
            stage: stage.subscribe(),
            verdicts: verdicts.clone(),
            denials: denials.clone(),
            traces: traces.clone(),
        };
        let app = App::build(config, &lasting)?;
        let in_force = Arc::new(ArcSwap::from_pointee(app));
        let limits = limits::limits(&config.http);
        let connections = || Arc::new(Connections::new(limits.max_connections));
        let (callers, operators) = (connections(), connections());
        let requests = Arc::new(Requests::new());
        let endpoint = Observe::new(
            InForce::new(in_force.clone()),
            requests.clone(),
            clock.clone(),
            traces.clone(),
        );
        let reloader = Reloader::new(in_force.clone(), config, lasting, tls.clone());
        let metrics = Metrics::new(metrics::Sources {
            requests,
            connections: [("http", callers.clone()), ("admin", operators.clone())],
            verdicts,
            denials: denials.clone(),
            app: in_force,
            reloads: reloader.reloads(),
        });
        let keys = {
            let reloader = reloader.clone();
            move || reloader.keys()
        };
        // Health is told here too, where no caller waits for a place and none is counted.
        let admin = Route::new()
            .at("/metrics", read(make_sync(move |_| metrics.render())))
            .at("/livez", read(make_sync(|_| health::live())))
            .at("/denylist", denials.endpoint(config, clock))
            .at(
                "/readyz",
                read(health::ready(
                    keys,
                    denials.clone(),
                    stage.subscribe(),
                    Detail::Cause,
                )),
            )
            .with(Problems::default());
        Ok(Self {
            endpoint: Arc::new(endpoint),
            admin: Arc::new(admin),
            limits,
            callers,
            operators,
            tls,
            traces,
            denials,
            drain_delay: config.http.drain_delay,
            reloader,
            stage,
            pulse,
            heart,
        })
    }

    /// The issuer's keys in force now, for waiting on and looking at.
    pub fn keys(&self) -> Arc<RemoteKeySet> {
        self.reloader.keys()
    }

    /// Puts other settings in force while the service runs.
    pub fn reloader(&self) -> Reloader {
        self.reloader.clone()
    }

    /// Tells whether the service serves, for who watches over it.
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Serves until `shutdown` completes, and then ends:
    ///
    /// 1. `/readyz` says 503, and callers are served for `http.drain_delay` more.
    /// 2. Nobody new is let in; requests in flight finish within `http.shutdown_timeout`.
    ///
    /// Operators can read the metrics until the last caller is gone.
    pub async fn run(
        self,
        listener: impl Into<Listener>,
        admin: Option<impl Into<Listener>>,
        shutdown: impl Future<Output = ()>,
    ) {
        let callers = server::serve(
            listener.into(),
            self.endpoint,
            self.limits.clone(),
            self.tls,
            self.callers,
            self.stage.subscribe(),
            self.heart,
        );
        let admin = admin.map(Into::into);
        if let Some(door) = &admin {
            self.denials.open(door);
        }
        let (_, unasked) = Pulse::of_heart();
        let (admin_stage, admin_ends) = watch::channel(Stage::Open);
        let operators = async {
            if let Some(admin) = admin {
                let (endpoint, operators) = (self.admin, self.operators);
                server::serve(
                    admin,
                    endpoint,
                    self.limits,
                    None,
                    operators,
                    admin_ends,
                    unasked,
                )
                .await;
            }
        };
        let end = async {
            shutdown.await;
            self.stage.send_replace(Stage::Draining);
            tokio::time::sleep(self.drain_delay).await;
            self.stage.send_replace(Stage::Closed);
        };
        let callers = async {
            tokio::join!(callers, end);
            admin_stage.send_replace(Stage::Closed);
        };
        tokio::join!(callers, operators);
        if let Some(traces) = self.traces {
            traces.finish().await;
        }
    }
}

/// Why a service cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Nobody said whose tokens are to be accepted.
    #[error("`issuer.url` is not set")]
    NoIssuer,
    /// The audience is empty.
    #[error("`issuer.audience` is not usable")]
    Audience(#[from] AudienceError),
    /// A scope by setting is not one.
    #[error("`access.operations` has a scope that is not one")]
    Scope(#[from] ScopeError),
    /// The settings do not fit the API.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There can be no audit log.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The denylist is not as it should be.
    #[error(transparent)]
    Denylist(#[from] DenylistError),
    /// Traces cannot be sent.
    #[cfg(feature = "otel")]
    #[error("`telemetry.otlp_endpoint` cannot be used")]
    Traces(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] FetchError),
}
