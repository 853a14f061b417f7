//! Floor 5: the ready service, around the guard.
//!
//! A configuration is taken apart once, in [`Service::build`]; what comes of it is run on
//! listeners that are handed in. The trip of a request:
//!
//! ```text
//! server -> request log -> metrics -> cross-origin -> problems -> route -> gate -> handler
//! ```

mod api;
pub mod config;
mod cross_origin;
mod docs;
mod health;
mod metrics;
mod observe;
mod problems;
mod server;
pub mod telemetry;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use poem::endpoint::{DynEndpoint, ToDynEndpoint, make_sync};
use poem::middleware::CatchPanic;
use poem::{EndpointExt, IntoResponse, Response, Route, get};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::guard::{
    Access, AccessMode, Challenge, Guard, OperationAccess, ProtectedResource, RuleError,
};
use crate::issuer::{
    Fetch, FetchError, FetchPolicy, Issuer, Metadata, RefreshPolicy, RemoteKeySet,
};
use crate::token::{Audience, AudienceError, ScopeError, ScopeToken, Validation};
use crate::verifier::Verifier;
use config::{AccessConfig, Config, IssuerConfig};
use cross_origin::CrossOrigin;
use docs::Documents;
pub use docs::OpenApiFiles;
use metrics::Metrics;
use observe::Observe;
use problems::{Panicked, Problems};
use server::Limits;

/// The service, built and not yet listening.
pub struct Service {
    endpoint: Arc<dyn DynEndpoint<Output = Response>>,
    admin: Arc<dyn DynEndpoint<Output = Response>>,
    keys: Arc<RemoteKeySet>,
    limits: Limits,
    documents: JoinHandle<()>,
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
        let issuer = config.issuer.url.clone().ok_or(BuildError::NoIssuer)?;
        let fetch = fetch(&config.issuer)?;
        let policy = refresh_policy(&config.issuer);
        let keys = Arc::new(RemoteKeySet::start(
            issuer.clone(),
            fetch,
            policy,
            clock.clone(),
        ));

        let validation = Validation::new(
            issuer.as_str(),
            Audience::parse(config.issuer.audience.as_str())?,
        )
        .with_leeway(config.issuer.leeway);
        let verifier = Verifier::new(keys.clone(), validation).with_clock(clock.clone());
        let public_url = public_url(config, address);
        let guard = guard(config, verifier, &public_url)?;

        let documents = Arc::new(Documents::new(&guard, &public_url)?);
        let metrics = Arc::new(Metrics::new(keys.clone()));
        let routes = routes(&guard, &documents, &keys, &issuer, &public_url)?;
        let endpoint = routes
            .with(CatchPanic::new().with_handler(Panicked))
            .with(Problems)
            .with(CrossOrigin::new(&config.cors))
            .with(Observe::new(metrics.clone(), clock));
        let admin = Route::new()
            .at("/metrics", get(make_sync(move |_| metrics.render())))
            .with(Problems);
        Ok(Self {
            endpoint: Arc::new(ToDynEndpoint(endpoint)),
            admin: Arc::new(ToDynEndpoint(admin)),
            limits: Limits::new(&config.http),
            documents: tokio::spawn(docs::follow(documents, guard, keys.clone())),
            keys,
        })
    }

    /// The issuer's keys, for waiting on and looking at.
    pub fn keys(&self) -> &Arc<RemoteKeySet> {
        &self.keys
    }

    /// Serves until `shutdown` completes, then lets requests in flight finish within
    /// `http.shutdown_timeout`.
    pub async fn run(
        self,
        listener: TcpListener,
        admin: Option<TcpListener>,
        shutdown: impl Future<Output = ()>,
    ) {
        let (stop, stopped) = tokio::sync::watch::channel(());
        let admin = admin.map(|admin| {
            tokio::spawn(server::serve(
                admin,
                self.admin.clone(),
                self.limits.clone(),
                stopped.clone(),
            ))
        });
        let public = server::serve(
            listener,
            self.endpoint.clone(),
            self.limits.clone(),
            stopped,
        );
        let signal = async {
            shutdown.await;
            drop(stop);
        };
        tokio::join!(public, signal);
        if let Some(admin) = admin {
            let _ = admin.await;
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.documents.abort();
    }
}

/// The files of the document for a configuration, as the service would serve them.
///
/// # Errors
///
/// A [`BuildError`] as [`Service::build`] would give.
pub fn openapi(config: &Config, issuer: Option<&Metadata>) -> Result<OpenApiFiles, BuildError> {
    let keys: Arc<crate::token::KeySet> = Arc::default();
    let validation = Validation::new("", Audience::parse(config.issuer.audience.as_str())?);
    let public_url = public_url(config, config.http.listen);
    let guard = guard(
        config,
        Verifier::new(Arc::new(keys), validation),
        &public_url,
    )?;
    Ok(docs::openapi_files(&guard, &public_url, issuer)?)
}

/// Our only outbound HTTP client, with the configured deadlines.
///
/// # Errors
///
/// [`BuildError::Client`].
pub fn fetch(config: &IssuerConfig) -> Result<Fetch, BuildError> {
    Fetch::new(&FetchPolicy {
        connect_timeout: config.connect_timeout,
        timeout: config.timeout,
    })
    .map_err(BuildError::Client)
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

fn routes(
    guard: &Guard,
    documents: &Arc<Documents>,
    keys: &Arc<RemoteKeySet>,
    issuer: &Issuer,
    public_url: &str,
) -> Result<Route, RuleError> {
    let guarded = guard.try_protect(api::Api)?;
    let resource = ProtectedResource::new(public_url, issuer.as_str(), guarded.rules())
        .with_documentation(api::TITLE, &format!("{public_url}/docs"));
    let resource = serde_json::to_string(&resource).expect("a document of texts");
    Ok(Route::new()
        .nest("/", api::service(guarded, public_url))
        .at("/docs", get(documents.page()))
        .at("/openapi.json", get(documents.json()))
        .at("/openapi.yaml", get(documents.yaml()))
        .at(
            RESOURCE_METADATA,
            get(make_sync(move |_| {
                resource
                    .clone()
                    .with_content_type("application/json")
                    .into_response()
            })),
        )
        .at("/livez", get(make_sync(|_| health::live())))
        .at("/readyz", get(health::ready(keys.clone()))))
}

fn guard(config: &Config, verifier: Verifier, public_url: &str) -> Result<Guard, BuildError> {
    let challenge = Challenge::new(&config.access.realm)
        .with_resource_metadata(&format!("{public_url}{RESOURCE_METADATA}"));
    Ok(Guard::new(verifier)
        .with_challenge(challenge)
        .with_access(access(&config.access)?))
}

fn access(config: &AccessConfig) -> Result<Access, ScopeError> {
    let mut access = Access {
        mode: match config.mode {
            config::AccessMode::Declared => AccessMode::Declared,
            config::AccessMode::All => AccessMode::All,
        },
        anonymous: config.anonymous.clone(),
        ..Access::default()
    };
    for (id, operation) in &config.operations {
        let scope = operation
            .scopes
            .iter()
            .map(|scope| ScopeToken::parse(scope));
        access.operations.insert(
            id.clone(),
            OperationAccess {
                scope: scope.collect::<Result<_, _>>()?,
                claims: operation.claims.clone(),
            },
        );
    }
    Ok(access)
}

fn refresh_policy(config: &IssuerConfig) -> RefreshPolicy {
    RefreshPolicy {
        cooldown: config.cooldown,
        refresh_min: config.refresh_min,
        refresh_max: config.refresh_max,
        retry_max: config.retry_max,
        max_stale: config.max_stale,
        // A fetch may need the discovery document first.
        longest_wait: config.timeout * 2,
        jwks_hosts: config.jwks_hosts.clone(),
        ..RefreshPolicy::default()
    }
}

/// The URL callers use, without a trailing slash.
fn public_url(config: &Config, address: SocketAddr) -> String {
    match &config.http.public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None => format!("http://{address}"),
    }
}

const RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource";
