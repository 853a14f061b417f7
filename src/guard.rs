//! Floor 4: the guard of a Poem app.
//!
//! One declaration, many uses: the rules that [`Guarded`] computes from poem-openapi's
//! metadata are enforced by a gate around each endpoint, shown in the document, named in
//! challenges and listed in the protected-resource metadata.

mod bearer;
mod challenge;
mod gate;
mod guarded;
mod metadata;
mod openapi;
mod principal;
mod problem;
mod rate;
mod rule;
mod witness;

use std::sync::Arc;

use http::HeaderMap;
use poem_openapi::{OAuthScopes, OpenApi};

use crate::clock::SystemClock;
use crate::issuer::{DiscoveryError, Fetch, FetchPolicy, Issuer, RefreshPolicy, RemoteKeySet};
use crate::token::{Audience, Scope, Validation};
use crate::verifier::{Verdict, Verifier, VerifyError};

use openapi::ScopeTexts;
use witness::{Refusal, Witness};

pub use bearer::{BearerError, token as bearer_token};
pub use challenge::{Challenge, Rejection};
pub use gate::{Gate, Require};
pub use guarded::Guarded;
pub use metadata::ProtectedResource;
pub use openapi::Document;
pub use principal::{BearerAuth, Principal};
pub use problem::Problem;
pub use rate::{Rate, RateLimits};
pub use rule::{Access, AccessMode, OperationAccess, OperationRule, Requirement, Rule, RuleError};
pub use witness::Decision;

/// Decides who may call. Clones share everything.
///
/// Make one, before the server listens, and protect every API with it.
#[derive(Debug, Clone)]
pub struct Guard {
    verifier: Verifier,
    challenge: Arc<Challenge>,
    access: Arc<Access>,
    scope_texts: Arc<ScopeTexts>,
    limits: Option<RateLimits>,
    witness: Option<Witness>,
}

impl Guard {
    /// Finds the issuer's keys by OIDC discovery and keeps them fresh from then on.
    ///
    /// `issuer` is the issuer identifier, for Okta `https://{domain}/oauth2/{server id}`;
    /// `audience` is what tokens for this API have in `aud`, for Okta's default server
    /// `api://default`.
    ///
    /// # Errors
    ///
    /// A [`DiscoveryError`] when the issuer or the audience is not usable, or the keys
    /// cannot be had now. To start without them, build a [`Verifier`] over a
    /// [`RemoteKeySet`] and hand it to [`Guard::new`].
    pub async fn discover(issuer: &str, audience: &str) -> Result<Self, DiscoveryError> {
        let issuer = Issuer::parse(issuer)?;
        let validation = Validation::new(issuer.as_str(), Audience::parse(audience)?);
        let fetch = Fetch::new(&FetchPolicy::default()).map_err(DiscoveryError::Client)?;
        let clock = Arc::new(SystemClock::new());
        let keys = RemoteKeySet::start(issuer, fetch, RefreshPolicy::default(), clock.clone());
        keys.first_attempt().await?;
        Ok(Self::new(
            Verifier::new(Arc::new(keys), validation).with_clock(clock),
        ))
    }

    /// Guards with a verifier of your own.
    pub fn new(verifier: Verifier) -> Self {
        Self {
            verifier,
            challenge: Arc::default(),
            access: Arc::default(),
            scope_texts: Arc::default(),
            limits: None,
            witness: None,
        }
    }

    /// How refusals introduce the API to the caller.
    #[must_use]
    pub fn with_challenge(self, challenge: Challenge) -> Self {
        Self {
            challenge: Arc::new(challenge),
            ..self
        }
    }

    /// What is protected besides, or in place of, what the code declares.
    #[must_use]
    pub fn with_access(self, access: Access) -> Self {
        Self {
            access: Arc::new(access),
            ..self
        }
    }

    /// Limits how often callers may call.
    #[must_use]
    pub fn with_limits(self, limits: RateLimits) -> Self {
        Self {
            limits: Some(limits),
            ..self
        }
    }

    /// Has `tell` told of every decision on a request that needs a token, for an audit log.
    /// It is called while the caller waits.
    #[must_use]
    pub fn with_witness(self, tell: impl Fn(&Decision<'_>) + Send + Sync + 'static) -> Self {
        Self {
            witness: Some(Witness::new(tell)),
            ..self
        }
    }

    /// Describes scopes in the document as the code does, where rules require them.
    #[must_use]
    pub fn with_scope_descriptions<S: OAuthScopes>(mut self) -> Self {
        let texts = Arc::make_mut(&mut self.scope_texts);
        let described = S::meta().into_iter();
        texts
            .descriptions
            .extend(described.filter_map(|scope| Some((scope.name, scope.description?))));
        self
    }

    /// Names scopes in the document that a caller may ask for, though no rule requires them:
    /// there are issuers that grant nothing to who asks for nothing.
    #[must_use]
    pub fn with_offered_scope(mut self, scope: &Scope) -> Self {
        let texts = Arc::make_mut(&mut self.scope_texts);
        texts.offered.extend(scope.iter().cloned());
        self
    }

    /// Protects an API as it declares, and as [`Access`] adds to it.
    ///
    /// # Panics
    ///
    /// When a rule cannot be made: see [`Guard::try_protect`]. An API that is not
    /// protected as declared must not start.
    pub fn protect<T: OpenApi>(&self, api: T) -> Guarded<T> {
        self.try_protect(api)
            .unwrap_or_else(|error| panic!("cannot protect the API: {error}"))
    }

    /// As [`Guard::protect`], without the panic.
    ///
    /// # Errors
    ///
    /// A [`RuleError`] when [`Access`] names an operation that does not exist or
    /// contradicts the code, or the code declares a scope that is not one.
    pub fn try_protect<T: OpenApi>(&self, api: T) -> Result<Guarded<T>, RuleError> {
        Guarded::new(api, self)
    }

    /// Protects endpoints outside of poem-openapi: any valid token with every scope of
    /// `scope` will do.
    ///
    /// ```
    /// use poem::{EndpointExt, Route, handler};
    /// use poem_resource_server::guard::{Guard, Principal};
    ///
    /// #[handler]
    /// fn report(caller: &Principal) -> String {
    ///     format!("for {}", caller.subject())
    /// }
    ///
    /// fn routes(guard: &Guard) -> Route {
    ///     let scope = "reports:read".parse().expect("a scope");
    ///     Route::new().at("/report", report.with(guard.require(scope)))
    /// }
    /// ```
    pub fn require(&self, scope: Scope) -> Require {
        Require::new(self.clone(), Requirement::of(scope))
    }

    /// Decides on one request by its headers alone.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] to answer with.
    pub async fn admit(
        &self,
        headers: &HeaderMap,
        requirement: &Requirement,
    ) -> Result<Principal, Rejection> {
        let judged = self.judge(headers, requirement).await;
        judged.map_err(|refusal| refusal.rejection)
    }

    async fn judge(
        &self,
        headers: &HeaderMap,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
        match self.judge_at_once(headers, requirement) {
            Some(judged) => judged,
            None => self.judge_new(headers, requirement).await,
        }
    }

    /// What [`Guard::judge_at_once`] has no answer to.
    async fn judge_new(
        &self,
        headers: &HeaderMap,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
        let token = bearer::token(headers)?;
        Self::conclude(self.verifier.verify_new(token).await, requirement)
    }

    /// What needs nothing but a look: there are no credentials, or their token is remembered.
    fn judge_at_once(
        &self,
        headers: &HeaderMap,
        requirement: &Requirement,
    ) -> Option<Result<Principal, Refusal>> {
        // One that is remembered was read when it came first: each of its bytes is the same.
        match bearer::credentials(headers) {
            Ok(credentials) => {
                let verdict = self.verifier.recall(credentials)?;
                Some(Self::conclude(verdict, requirement))
            }
            Err(error) => Some(Err(error.into())),
        }
    }

    fn conclude(verdict: Verdict, requirement: &Requirement) -> Result<Principal, Refusal> {
        let claims = verdict.map_err(|error| match error {
            VerifyError::Token(error) => Rejection::InvalidToken(error),
            VerifyError::NoKeys => Rejection::Unavailable,
            VerifyError::DenylistStale => Rejection::DenylistStale,
        })?;
        let verdict = requirement.check(&claims);
        let caller = Principal::new(claims);
        match verdict {
            Ok(()) => Ok(caller),
            Err(rejection) => Err(Refusal {
                rejection,
                caller: Some(caller),
            }),
        }
    }

    pub(crate) fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    fn limits(&self) -> Option<&RateLimits> {
        self.limits.as_ref()
    }

    fn witness(&self) -> Option<&Witness> {
        self.witness.as_ref()
    }

    fn scope_texts(&self) -> &ScopeTexts {
        &self.scope_texts
    }

    pub(crate) fn access(&self) -> &Access {
        &self.access
    }
}
