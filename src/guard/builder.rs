//! Builds a guard that fetches its issuer's keys by itself.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::issuer::{DiscoveryError, Fetch, FetchPolicy, IntrospectionPolicy, RefreshPolicy};
use crate::token::{Audience, DecryptionKey, TokenType, Validation};
use crate::verifier::{
    DEFAULT_CACHE_BYTES, DEFAULT_ISSUER, RemoteIssuer, TrustedIssuers, Verifier,
};

use super::{Access, Challenge, Guard, RateLimits};

/// Builds a guard: see [`Guard::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `discover` or `start` is called"]
pub struct GuardBuilder {
    issuer: String,
    audience: String,
    leeway: Option<Duration>,
    token_types: Vec<TokenType>,
    cache_bytes: Option<u64>,
    refresh: RefreshPolicy,
    fetch: FetchPolicy,
    clock: Arc<dyn Clock>,
    access: Access,
    challenge: Challenge,
    limits: Option<RateLimits>,
    others: Vec<RemoteIssuer>,
    introspection: Option<IntrospectionPolicy>,
    decryption_keys: Vec<Arc<DecryptionKey>>,
}

impl Guard {
    /// Builds a guard whose keys come from the issuer's discovery document.
    ///
    /// `issuer` is the issuer identifier, for Okta `https://{domain}/oauth2/{server id}`;
    /// `audience` is what tokens for this API have in `aud`, for Okta's default server
    /// `api://default`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use poem::Route;
    /// use poem_openapi::{OpenApi, OpenApiService};
    /// use poem_resource_server::guard::{Challenge, Guard, RuleError};
    /// use poem_resource_server::issuer::DiscoveryError;
    ///
    /// fn guard() -> Result<Guard, DiscoveryError> {
    ///     Guard::builder("https://dev-1.okta.com/oauth2/default", "api://default")
    ///         .with_leeway(Duration::from_secs(30))
    ///         .with_challenge(Challenge::new("shop"))
    ///         .start()
    /// }
    ///
    /// fn routes(guard: &Guard, api: impl OpenApi + 'static) -> Result<Route, RuleError> {
    ///     let service = OpenApiService::new(guard.try_protect(api)?, "Shop", "1.0").server("/api");
    ///     Ok(Route::new()
    ///         .at("/openapi.json", guard.document_endpoint(&service)?)
    ///         .at("/readyz", guard.readiness())
    ///         .nest("/api", service))
    /// }
    /// ```
    pub fn builder(issuer: impl Into<String>, audience: impl Into<String>) -> GuardBuilder {
        GuardBuilder {
            issuer: issuer.into(),
            audience: audience.into(),
            leeway: None,
            token_types: Vec::new(),
            cache_bytes: Some(DEFAULT_CACHE_BYTES),
            refresh: RefreshPolicy::default(),
            fetch: FetchPolicy::default(),
            clock: Arc::new(SystemClock::new()),
            access: Access::default(),
            challenge: Challenge::default(),
            limits: None,
            others: Vec::new(),
            introspection: None,
            decryption_keys: Vec::new(),
        }
    }

    /// Finds the issuer's keys by OIDC discovery and keeps them fresh from then on: the guard of
    /// [`Guard::builder`] with every default.
    ///
    /// # Errors
    ///
    /// As [`GuardBuilder::discover`].
    pub async fn discover(issuer: &str, audience: &str) -> Result<Self, DiscoveryError> {
        Self::builder(issuer, audience).discover().await
    }
}

impl GuardBuilder {
    /// Introspects tokens of the issuer: those that are not JWTs, or all of them.
    pub fn with_introspection(self, policy: IntrospectionPolicy) -> Self {
        Self {
            introspection: Some(policy),
            ..self
        }
    }

    /// Decrypts encrypted tokens of the issuer with these keys.
    pub fn with_decryption_keys(self, keys: impl IntoIterator<Item = Arc<DecryptionKey>>) -> Self {
        Self {
            decryption_keys: keys.into_iter().collect(),
            ..self
        }
    }

    /// Sets how far the issuer's clock may differ from ours, at most
    /// [`MAX_LEEWAY`](crate::token::MAX_LEEWAY). 60 s by default.
    pub fn with_leeway(self, leeway: Duration) -> Self {
        Self {
            leeway: Some(leeway),
            ..self
        }
    }

    /// Requires one of these in the header's `typ`: [`TokenType::AtJwt`] where the issuer sends it.
    /// By default, `typ` may be absent.
    pub fn with_token_types(self, types: impl IntoIterator<Item = TokenType>) -> Self {
        Self {
            token_types: types.into_iter().collect(),
            ..self
        }
    }

    /// Accepts the tokens of one more issuer, by its own rules. The first issuer is named `default`.
    ///
    /// The list can change later: see [`Guard::issuers`].
    ///
    /// ```
    /// use poem_resource_server::guard::Guard;
    /// use poem_resource_server::token::{Audience, Validation};
    /// use poem_resource_server::verifier::RemoteIssuer;
    ///
    /// let partners = Validation::new("https://partners.example", Audience::parse("api://orders")?)
    ///     .with_clients(["acme-shop"]);
    /// let builder = Guard::builder("https://dev-1.okta.com/oauth2/default", "api://default")
    ///     .with_issuer(RemoteIssuer::new("partners", partners));
    /// # Ok::<(), poem_resource_server::token::AudienceError>(())
    /// ```
    pub fn with_issuer(mut self, issuer: RemoteIssuer) -> Self {
        self.others.push(issuer);
        self
    }

    /// Sets the size of the cache of accepted tokens; `None` disables it.
    /// [`DEFAULT_CACHE_BYTES`] by default.
    pub fn with_cache(self, max_bytes: Option<u64>) -> Self {
        Self {
            cache_bytes: max_bytes,
            ..self
        }
    }

    /// Sets how often the keys are fetched and how long they are used.
    pub fn with_refresh_policy(self, refresh: RefreshPolicy) -> Self {
        Self { refresh, ..self }
    }

    /// Sets the timeouts of requests to the issuer.
    pub fn with_fetch_policy(self, fetch: FetchPolicy) -> Self {
        Self { fetch, ..self }
    }

    /// Sets the rules of the settings, which are added to those of the code.
    pub fn with_access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// Sets the challenge of refusals: the realm of the API and the URL of its metadata.
    pub fn with_challenge(self, challenge: Challenge) -> Self {
        Self { challenge, ..self }
    }

    /// Limits how often callers may call.
    pub fn with_limits(self, limits: RateLimits) -> Self {
        Self {
            limits: Some(limits),
            ..self
        }
    }

    /// Sets the clock, for tests.
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Waits for the first fetch of keys, and fails if it fails.
    ///
    /// # Errors
    ///
    /// A [`DiscoveryError`] when an issuer or the audience is not usable, or the keys of an issuer
    /// cannot be fetched now. To start without them, use [`GuardBuilder::start`].
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn discover(self) -> Result<Guard, DiscoveryError> {
        let guard = self.build()?;
        for issuer in guard.issuers().all() {
            if let Some(keys) = issuer.remote_keys() {
                keys.first_attempt().await?;
            }
        }
        Ok(guard)
    }

    /// Returns at once. Until the keys are fetched, protected operations answer 503 and
    /// [`Guard::is_ready`] is false.
    ///
    /// # Errors
    ///
    /// A [`DiscoveryError`] when the issuer or the audience is not usable.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(self) -> Result<Guard, DiscoveryError> {
        self.build()
    }

    fn build(self) -> Result<Guard, DiscoveryError> {
        let mut validation = Validation::new(self.issuer, Audience::parse(self.audience)?)
            .with_token_types(self.token_types);
        if let Some(leeway) = self.leeway {
            validation = validation.with_leeway(leeway);
        }
        let fetch = Fetch::new(&self.fetch).map_err(DiscoveryError::Client)?;
        let issuers = Arc::new(TrustedIssuers::default());
        let first = RemoteIssuer::new(DEFAULT_ISSUER, validation)
            .with_refresh_policy(self.refresh)
            .with_decryption_keys(self.decryption_keys)
            .with_clock(self.clock.clone());
        let first = match self.introspection {
            Some(policy) => first.with_introspection(policy),
            None => first,
        };
        for issuer in std::iter::once(first).chain(self.others) {
            let issuer = issuer.start(fetch.clone())?;
            (issuers.add(issuer)).map_err(|_| DiscoveryError::RepeatedIssuer)?;
        }
        let verifier = Verifier::for_issuers(issuers)
            .with_clock(self.clock)
            .with_cache(self.cache_bytes);
        let guard = Guard::new(verifier)
            .with_access(self.access)
            .with_challenge(self.challenge);
        Ok(match self.limits {
            Some(limits) => guard.with_limits(limits),
            None => guard,
        })
    }
}
