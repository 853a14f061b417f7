//! Floor 5: the ready service, around the guard.
//!
//! A configuration is taken apart once, in [`Service::build`]; what comes of it is run on
//! listeners that are handed in. The trip of a request:
//!
//! ```text
//! server -> log line, metrics -> app in force -> cross-origin -> problems -> route -> gate
//! ```

mod api;
mod app;
pub mod config;
mod cross_origin;
mod docs;
mod health;
mod metrics;
mod observe;
mod problems;
mod reload;
mod server;
pub mod telemetry;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use poem::endpoint::{DynEndpoint, ToDynEndpoint, make_sync};
use poem::{EndpointExt, Response, Route, get};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::guard::RuleError;
use crate::issuer::{FetchError, RemoteKeySet};
use crate::token::{AudienceError, ScopeError};
use app::App;
use config::Config;
use metrics::Metrics;
use observe::Observe;
use problems::Problems;
use reload::InForce;
use server::Limits;

pub use app::{fetch, openapi, redirect_uris};
pub use docs::OpenApiFiles;
pub use reload::{ReloadError, Reloader};

/// The service, built and not yet listening.
pub struct Service {
    endpoint: Arc<dyn DynEndpoint<Output = Response>>,
    admin: Arc<dyn DynEndpoint<Output = Response>>,
    limits: Limits,
    reloader: Reloader,
}

impl Service {
    /// Builds the service of a configuration whose issuer is known, and starts to fetch
    /// the issuer's keys. `address` is where it will listen, for the links it prints.
    ///
    /// # Errors
    ///
    /// A [`BuildError`]: the settings do not fit the API, or TLS cannot be set up.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn build(
        config: &Config,
        address: SocketAddr,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BuildError> {
        let app = App::build(config, address, clock.clone())?;
        let in_force = Arc::new(ArcSwap::from_pointee(app));
        let metrics = Arc::new(Metrics::new(in_force.clone()));
        let endpoint =
            InForce::new(in_force.clone()).with(Observe::new(metrics.clone(), clock.clone()));
        let admin = Route::new()
            .at("/metrics", get(make_sync(move |_| metrics.render())))
            .with(Problems);
        Ok(Self {
            endpoint: Arc::new(ToDynEndpoint(endpoint)),
            admin: Arc::new(ToDynEndpoint(admin)),
            limits: Limits::new(&config.http),
            reloader: Reloader::new(in_force, config, address, clock),
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

    /// Serves until `shutdown` completes, then lets requests in flight finish within
    /// `http.shutdown_timeout`.
    pub async fn run(
        self,
        listener: TcpListener,
        admin: Option<TcpListener>,
        shutdown: impl Future<Output = ()>,
    ) {
        let (stop, stopped) = watch::channel(());
        let serve = |listener, endpoint: &Arc<_>| {
            server::serve(
                listener,
                Arc::clone(endpoint),
                self.limits.clone(),
                stopped.clone(),
            )
        };
        let admin = async {
            if let Some(listener) = admin {
                serve(listener, &self.admin).await;
            }
        };
        let signal = async {
            shutdown.await;
            drop(stop);
        };
        tokio::join!(serve(listener, &self.endpoint), admin, signal);
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
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] FetchError),
}
