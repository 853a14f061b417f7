//! Other settings without a restart, all or nothing.
//!
//! 1. What cannot change while listening must be as it was.
//! 2. A new app is built beside the old one, and has fetched the issuer's keys; a new
//!    certificate fits its key.
//! 3. It takes the old one's place between two requests; those under way finish on the old.
//!
//! Whatever goes wrong before the last step leaves the old settings in force, as they were.
//! Denials alone do not wait: what the file in force denies now counts from the first moment.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use http::Method;
use poem::{Request, Response};

use crate::issuer::{DiscoveryError, RemoteKeySet};

use super::BuildError;
use super::answers::RequestLimits;
use super::app::{App, Lasting};
use super::config::{Config, Secret};
use super::denylist;
use super::limits;
use super::observe::RequestId;
use super::server::Tls;

/// Puts other settings in force. Clones reload the same service.
#[derive(Clone)]
pub struct Reloader {
    in_force: Arc<ArcSwap<App>>,
    fixed: Arc<[Fixed]>,
    lasting: Lasting,
    tls: Option<Tls>,
    reloads: Arc<Reloads>,
}

impl Reloader {
    pub(super) fn new(
        in_force: Arc<ArcSwap<App>>,
        config: &Config,
        lasting: Lasting,
        tls: Option<Tls>,
    ) -> Self {
        Self {
            in_force,
            fixed: fixed(config).into(),
            lasting,
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
        self.lasting.denials.add();
        let outcome = self.replace(config).await;
        self.reloads.count(outcome.is_ok());
        outcome
    }

    /// Does what can be done where the settings cannot be read: counts a reload that failed,
    /// and puts further denials of the file in force.
    pub fn fail(&self) {
        self.lasting.denials.add();
        self.reloads.count(false);
    }

    async fn replace(&self, config: &Config) -> Result<(), ReloadError> {
        let differs = |(old, new): (&Fixed, Fixed)| (*old != new).then_some(new.key);
        if let Some(key) = self.fixed.iter().zip(fixed(config)).find_map(differs) {
            return Err(ReloadError::NeedsRestart { key });
        }
        let certificate = limits::certificate(&config.http).map_err(BuildError::from)?;
        let file = config.denylist.file.as_deref();
        let denials = denylist::read(file).map_err(BuildError::from)?;
        let app = App::build(config, &self.lasting)?;
        app.keys.first_attempt().await?;
        self.lasting
            .denials
            .put(&config.denylist, denials)
            .map_err(BuildError::from)?;
        self.in_force.store(Arc::new(app));
        if let (Some(tls), Some(certificate)) = (&self.tls, certificate) {
            tls.renew(certificate);
        }
        Ok(())
    }

    pub(super) fn reloads(&self) -> Arc<Reloads> {
        self.reloads.clone()
    }

    pub(super) fn keys(&self) -> Arc<RemoteKeySet> {
        self.in_force.load().keys.clone()
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
    /// A setting that only a restart can change.
    #[error("`{key}` has changed, which needs a restart")]
    NeedsRestart {
        /// The setting's key.
        key: &'static str,
    },
    /// The new settings do not fit the API.
    #[error("the new settings do not fit the API")]
    Build(#[from] BuildError),
    /// The issuer of the new settings gives no keys.
    #[error("the issuer gives no keys")]
    Keys(#[from] Arc<DiscoveryError>),
}

/// The app in force.
pub(super) struct InForce(Arc<ArcSwap<App>>);

impl InForce {
    pub(super) fn new(app: Arc<ArcSwap<App>>) -> Self {
        Self(app)
    }
}

impl InForce {
    /// By the app of now, which a reload does not take from it.
    pub(super) fn answer(
        &self,
        mut request: Request,
        id: RequestId,
    ) -> BoxFuture<'static, Response> {
        let app = self.0.load();
        // Nobody else asks for it.
        if app.is_audited {
            request.set_data(id);
        }
        app.endpoint.clone().answer(request)
    }
}

impl InForce {
    /// By the app of now.
    pub(super) fn limits_of(&self, method: &Method, path: &str) -> RequestLimits {
        self.0.load().limits.find(method, path).unwrap_or_default()
    }
}

/// A setting that is read once, and its value.
#[derive(PartialEq)]
struct Fixed {
    key: &'static str,
    value: String,
}

fn fixed(config: &Config) -> Vec<Fixed> {
    let http = &config.http;
    let denylist = &config.denylist;
    let telemetry = &config.telemetry;
    let settings: [(_, &dyn fmt::Debug); 22] = [
        ("http.listen", &http.listen),
        ("http.max_connections", &http.max_connections),
        ("http.header_timeout", &http.header_timeout),
        ("http.request_timeout", &http.request_timeout),
        ("http.keep_alive", &http.keep_alive),
        ("http.max_head_size", &http.max_head_bytes),
        ("http.max_header_fields", &http.max_header_fields),
        ("http.max_body_size", &http.max_body_bytes),
        ("http.drain_delay", &http.drain_delay),
        ("http.shutdown_timeout", &http.shutdown_timeout),
        ("http.reuse_port", &http.reuse_port),
        ("http.trusted_proxies", &http.trusted_proxies),
        ("admin.listen", &config.admin.listen),
        ("dev.listen", &config.dev.listen),
        ("log.format", &config.log.format),
        ("denylist.on_failure", &denylist.on_failure),
        ("denylist.max_age", &denylist.max_age),
        ("denylist.max_entries", &denylist.max_entries),
        ("telemetry.otlp_endpoint", &telemetry.otlp_endpoint),
        ("telemetry.service_name", &telemetry.service_name),
        ("telemetry.sample_ratio", &telemetry.sample_ratio),
        ("telemetry.continue_traces", &telemetry.continue_traces),
    ];
    let fixed = |(key, value): (&'static str, &dyn fmt::Debug)| Fixed {
        key,
        value: format!("{value:?}"),
    };
    let tls = ("http.tls", &http.tls.is_some() as &dyn fmt::Debug);
    let revealed = |secret: &Option<Secret>| secret.as_ref().map(|it| it.reveal().to_owned());
    let (token, redis_url) = (revealed(&denylist.token), revealed(&denylist.redis_url));
    let fields = telemetry.otlp_headers.iter();
    let headers: Vec<_> = fields
        .map(|(name, value)| (name, value.as_bytes()))
        .collect();
    let secrets: [(_, &dyn fmt::Debug); 3] = [
        ("denylist.token", &token),
        ("denylist.redis_url", &redis_url),
        ("telemetry.otlp_headers", &headers),
    ];
    let others = secrets.into_iter().chain([tls]);
    settings.into_iter().chain(others).map(fixed).collect()
}
