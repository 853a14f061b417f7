//! What one configuration comes to: the guard, its routes and the issuer's keys.
//!
//! A reload builds a new one beside the old and then puts it in its place, whole.

use std::sync::Arc;
use std::time::Duration;

use poem::endpoint::make_sync;
use poem::{EndpointExt, IntoResponse, Route};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::guard::{Access, Challenge, Guard, ProtectedResource, RateLimits, RuleError};
use crate::issuer::{Fetch, FetchPolicy, Issuer, RefreshPolicy, RemoteKeySet};
use crate::token::Validation;
use crate::verifier::{Tally, Verifier};

use super::BuildError;
use super::answers::Answers;
use super::audit::Audit;
use super::config::{AccessConfig, Config, IssuerConfig, Listen, RateConfig};
use super::cross_origin::CrossOrigin;
use super::denylist::Denials;
use super::docs::{self, About, Documents, OAUTH2_REDIRECT};
use super::health::{self, Detail};
use super::problems::Problems;
use super::routes::{Routes, read};
use super::server::Stage;
use super::traces::Traces;
use crate::api;

/// Everything that a reload replaces.
pub(super) struct App {
    pub(super) endpoint: Arc<dyn Answers>,
    /// Whether somebody is told of decisions, by the request's id.
    pub(super) is_audited: bool,
    pub(super) keys: Arc<RemoteKeySet>,
    pub(super) max_stale: Duration,
    documents: JoinHandle<()>,
}

/// What outlives a reload.
#[derive(Clone)]
pub(super) struct Lasting {
    pub(super) listen: Listen,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stage: watch::Receiver<Stage>,
    pub(super) verdicts: Arc<Tally>,
    pub(super) denials: Denials,
    pub(super) traces: Option<Traces>,
}

impl App {
    pub(super) fn build(config: &Config, lasting: &Lasting) -> Result<Self, BuildError> {
        let clock = lasting.clock.clone();
        let issuer = config.issuer.url.clone().ok_or(BuildError::NoIssuer)?;
        let validation = Validation::new(issuer.as_str(), config.issuer.audience.clone())
            .with_leeway(config.issuer.leeway);
        let mut fetch = fetch(&config.issuer)?;
        if let Some(traces) = &lasting.traces {
            fetch = fetch.with_witness(traces.witness());
        }
        let keys = Arc::new(RemoteKeySet::start(
            issuer.clone(),
            fetch,
            refresh_policy(&config.issuer),
            clock.clone(),
        ));
        let verifier = Verifier::new(keys.clone(), validation)
            .with_clock(clock.clone())
            .with_cache(config.cache.max_bytes)
            .with_tally(lasting.verdicts.clone())
            .with_denylist(lasting.denials.list());
        let public_url = public_url(config, &lasting.listen);
        let guard = guard(config, verifier, &public_url, clock);
        let audit = Audit::open(&config.audit)?;
        let is_audited = audit.is_some();
        let guard = match audit {
            Some(audit) => guard.with_witness(move |decision| audit.tell(decision)),
            None => guard,
        };
        let documents = Arc::new(Documents::new(&guard, about(config, &public_url))?);
        let endpoint = routes(&guard, &documents, &keys, &issuer, &public_url, lasting)?
            .with(Problems::of(guard.try_protect(api::Api)?.rules()))
            .with(CrossOrigin::new(&config.cors));
        Ok(Self {
            endpoint: Arc::new(endpoint),
            is_audited,
            documents: tokio::spawn(docs::follow(documents, guard, keys.clone())),
            keys,
            max_stale: config.issuer.max_stale,
        })
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.documents.abort();
    }
}

/// Where an issuer may send people back to Swagger UI, for a service that listens at
/// `listen`: under its public URL, and on this machine under both of its names.
pub fn redirect_uris(config: &Config, listen: &Listen) -> Vec<String> {
    let mut bases = vec![public_url(config, listen)];
    if let Some(port) = listen.address().map(|address| address.port()) {
        bases.push(format!("http://127.0.0.1:{port}"));
        bases.push(format!("http://localhost:{port}"));
    }
    bases.dedup();
    (bases.into_iter())
        .map(|base| base + OAUTH2_REDIRECT)
        .collect()
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

fn routes(
    guard: &Guard,
    documents: &Arc<Documents>,
    keys: &Arc<RemoteKeySet>,
    issuer: &Issuer,
    public_url: &str,
    lasting: &Lasting,
) -> Result<Routes, RuleError> {
    let guarded = guard.try_protect(api::Api)?;
    let metadata = |path: &str| {
        let url = format!("{public_url}{path}");
        let resource = ProtectedResource::new(&url, issuer.as_str(), guarded.rules())
            .with_documentation(api::TITLE, &format!("{public_url}/docs"));
        let text = serde_json::to_string(&resource).expect("a document of texts");
        read(make_sync(move |_| {
            text.clone()
                .with_content_type("application/json")
                .into_response()
        }))
    };
    let keys = keys.clone();
    let keys = move || keys.clone();
    let (denials, stage) = (lasting.denials.clone(), lasting.stage.clone());
    let routes = Route::new()
        .at(RESOURCE_METADATA, metadata(""))
        .at(format!("{RESOURCE_METADATA}{API_PATH}"), metadata(API_PATH))
        .at("/livez", read(make_sync(|_| health::live())))
        .at(
            "/readyz",
            read(health::ready(keys, denials, stage, Detail::Word)),
        );
    Ok(Routes::new(guarded, documents.add_to(routes)))
}

pub(super) fn about(config: &Config, public_url: &str) -> About {
    About {
        public_url: public_url.to_owned(),
        contact: config.docs.contact.clone(),
        client_id: config.docs.client_id.clone(),
    }
}

pub(super) fn guard(
    config: &Config,
    verifier: Verifier,
    public_url: &str,
    clock: Arc<dyn Clock>,
) -> Guard {
    let challenge = Challenge::new(&config.access.realm)
        .with_resource_metadata(&format!("{public_url}{RESOURCE_METADATA}"));
    let guard = Guard::new(verifier)
        .with_challenge(challenge)
        .with_access(access(&config.access))
        .with_offered_scope(&config.docs.scopes);
    match limits(&config.rate, clock) {
        Some(limits) => guard.with_limits(limits),
        None => guard,
    }
}

fn limits(config: &RateConfig, clock: Arc<dyn Clock>) -> Option<RateLimits> {
    config.refusals.or(config.calls)?;
    let mut limits = RateLimits::new(clock);
    if let Some(rate) = config.refusals {
        limits = limits.with_refusals(rate);
    }
    if let Some(rate) = config.calls {
        limits = limits.with_calls(rate);
    }
    Some(limits)
}

fn access(config: &AccessConfig) -> Access {
    Access {
        mode: config.mode,
        anonymous: config.anonymous.clone(),
        operations: config.operations.clone(),
    }
}

/// How often the issuer's keys are fetched, and how long they are kept.
pub fn refresh_policy(config: &IssuerConfig) -> RefreshPolicy {
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

/// The URL callers use, without a trailing slash. Who listens on every address, or on a
/// socket, has to say by which URL he is called; until then it is this machine's own.
pub(super) fn public_url(config: &Config, listen: &Listen) -> String {
    if let Some(url) = &config.http.public_url {
        return url.as_str().to_owned();
    }
    let scheme = match config.http.tls {
        Some(_) => "https",
        None => "http",
    };
    match listen.address() {
        None => format!("{scheme}://localhost"),
        Some(address) if address.ip().is_unspecified() => {
            format!("{scheme}://localhost:{}", address.port())
        }
        Some(address) => format!("{scheme}://{address}"),
    }
}

/// The path below which the operations are.
const API_PATH: &str = "/api";
const RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource";
