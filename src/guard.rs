//! Floor 4: the guard of a Poem app.
//!
//! One declaration, many uses: the rules that [`Guarded`] computes from poem-openapi's
//! metadata are enforced by a gate around each endpoint, shown in the document, named in
//! challenges and listed in the protected-resource metadata.

mod arrival;
mod bearer;
mod builder;
mod challenge;
mod described_issuer;
mod detail;
mod gate;
mod guarded;
mod judging;
mod metadata;
mod middleware;
mod mismatch;
mod next_nonce;
mod observer;
mod openapi;
mod per_token;
mod presented;
mod principal;
mod problem;
mod rate;
mod readiness;
mod rejection;
mod rule;
mod typed_claims;
mod web_socket;

use std::sync::Arc;

use poem_openapi::OAuthScopes;

use crate::issuer::Metadata;
#[cfg(feature = "service")]
use crate::token::ProofPolicy;
use crate::token::Scope;
use crate::verifier::Verifier;

use observer::DecisionObserver;
use openapi::ScopeTexts;

pub use bearer::{BearerError, token as bearer_token};
pub use builder::GuardBuilder;
pub use challenge::Challenge;
#[cfg(feature = "docs")]
pub(crate) use described_issuer::DescribedIssuer;
pub use gate::Gate;
#[cfg(feature = "service")]
pub(crate) use guarded::ApiTypes;
pub use guarded::Guarded;
pub use metadata::ProtectedResource;
pub use middleware::{Identify, Require};
#[cfg(feature = "service")]
pub(crate) use mismatch::Mismatch;
pub use observer::Decision;
#[cfg(any(feature = "service", feature = "testing"))]
pub(crate) use openapi::CERTIFICATE_BOUND;
#[cfg(feature = "service")]
pub(crate) use openapi::CERTIFICATE_BOUND_AUTH;
pub use openapi::Document;
#[cfg(feature = "service")]
pub(crate) use openapi::require_free_names;
#[cfg(feature = "docs")]
pub(crate) use openapi::spec;
#[cfg(feature = "docs")]
pub(crate) use openapi::{CLIENT_CREDENTIALS, SIGN_IN};
pub use per_token::PerToken;
pub use presented::ClientCertificate;
#[cfg(feature = "service")]
pub(crate) use presented::ReportedHost;
#[cfg(feature = "testing")]
pub(crate) use presented::WalkedUri;
pub use principal::{BearerAuth, OptionalBearerAuth, Principal};
pub use problem::Problem;
pub use rate::{Rate, RateLimits};
pub use rejection::Rejection;
pub(crate) use rule::Certificates;
#[cfg(feature = "service")]
pub(crate) use rule::is_in_code;
#[cfg(feature = "service")]
pub(crate) use rule::must_exist;
#[cfg(feature = "docs")]
pub(crate) use rule::rules;
#[cfg(feature = "service")]
pub(crate) use rule::setting;
pub use rule::{
    Access, AccessMode, Binding, CheckFuture, ClaimRule, ClaimValue, OperationAccess,
    OperationRule, Requirement, RequirementError, Rule, RuleError,
};
pub use typed_claims::ClaimsError;

/// Decides who may call. Clones share state.
///
/// Make one before the server listens, and protect every API with it. Choose how:
///
/// | function | when |
/// | --- | --- |
/// | [`Guard::discover`] | the issuer must be reachable at the start, and the defaults fit |
/// | [`Guard::builder`] | the start must not depend on the issuer, or a default does not fit |
/// | [`Guard::new`] | the keys do not come from OpenID Connect discovery |
///
/// ```no_run
/// use poem::{EndpointExt, Route, handler};
/// use poem_resource_server::guard::{Guard, Principal};
/// use poem_resource_server::token::Scope;
///
/// #[handler]
/// fn whoami(caller: &Principal) -> String {
///     caller.subject().to_owned()
/// }
///
/// # async fn example() -> Result<Route, Box<dyn std::error::Error>> {
/// let guard = Guard::discover("https://dev-1.okta.com/oauth2/default", "api://default").await?;
/// let routes = Route::new().at("/whoami", whoami.with(guard.require("profile:read".parse::<Scope>()?)));
/// # Ok(routes) }
/// ```
#[derive(Debug, Clone)]
pub struct Guard {
    verifier: Verifier,
    challenge: Arc<Challenge>,
    access: Arc<Access>,
    scope_texts: Arc<ScopeTexts>,
    limits: Option<RateLimits>,
    observer: Option<DecisionObserver>,
    metadata: Option<Arc<Metadata>>,
    public_url: Option<Arc<str>>,
    certificates: Certificates,
    requires_tls: bool,
    reads_protocols: bool,
}

impl Guard {
    /// A guard with a verifier of your own.
    pub fn new(verifier: Verifier) -> Self {
        Self {
            challenge: Arc::new(Challenge::default().with_proofs(verifier.proofs().policy())),
            verifier,
            access: Arc::default(),
            scope_texts: Arc::default(),
            limits: None,
            observer: None,
            metadata: None,
            public_url: None,
            certificates: Certificates::Unknown,
            requires_tls: false,
            reads_protocols: true,
        }
    }

    /// Uses this metadata of the issuer in the document, for a guard whose verifier has keys from
    /// elsewhere. A guard of [`Guard::builder`] follows the metadata by itself.
    #[must_use]
    pub fn with_metadata(self, metadata: Metadata) -> Self {
        Self {
            metadata: Some(Arc::new(metadata)),
            ..self
        }
    }

    /// Sets the challenge of refusals: the realm of the API and the URL of its metadata.
    #[must_use]
    pub fn with_challenge(self, challenge: Challenge) -> Self {
        Self {
            challenge: Arc::new(challenge.with_proofs(self.verifier.proofs().policy())),
            ..self
        }
    }

    /// Sets the rules that are added to those of the code.
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

    /// Calls `notify` for every decision on a request that requires a token, and for every request that
    /// is refused because it came without TLS, for an audit log. The caller waits until `notify` returns.
    ///
    /// A handler that refuses an admitted call, see [`Principal::deny`], is a second decision on
    /// the same request.
    #[must_use]
    pub fn with_observer(self, notify: impl Fn(&Decision<'_>) + Send + Sync + 'static) -> Self {
        Self {
            observer: Some(DecisionObserver::new(notify)),
            ..self
        }
    }

    /// Describes the scopes that rules require in the document, as the code does.
    #[must_use]
    pub fn with_scope_descriptions<S: OAuthScopes>(mut self) -> Self {
        let texts = Arc::make_mut(&mut self.scope_texts);
        let described = S::meta().into_iter();
        texts
            .descriptions
            .extend(described.filter_map(|scope| Some((scope.name, scope.description?))));
        self
    }

    /// As [`Guard::with_scope_descriptions`], by name and description.
    #[cfg(feature = "service")]
    pub(crate) fn with_scope_texts(mut self, scopes: &[(&'static str, &'static str)]) -> Self {
        let texts = Arc::make_mut(&mut self.scope_texts);
        let described = scopes.iter().filter(|(_, text)| !text.is_empty());
        texts.descriptions.extend(described.copied());
        self
    }

    /// Advertises additional scopes in the OpenAPI document. Some issuers, Okta among them, grant
    /// nothing unless at least one scope is requested.
    #[must_use]
    pub fn with_offered_scope(mut self, scope: &Scope) -> Self {
        let texts = Arc::make_mut(&mut self.scope_texts);
        texts.offered.extend(scope.iter().cloned());
        self
    }

    /// Which DPoP proofs are accepted.
    #[cfg(feature = "service")]
    pub(crate) fn proof_policy(&self) -> &ProofPolicy {
        self.verifier.proofs().policy()
    }

    /// The algorithms of accepted DPoP proofs, by their names.
    pub(crate) fn proof_algorithms(&self) -> Vec<&'static str> {
        let algorithms = self.verifier.proofs().policy().algorithms().iter();
        algorithms.map(|it| it.name()).collect()
    }

    fn shared_challenge(&self) -> Arc<Challenge> {
        self.challenge.clone()
    }

    pub(crate) fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    pub(crate) fn limits(&self) -> Option<&RateLimits> {
        self.limits.as_ref()
    }

    fn observer(&self) -> Option<&DecisionObserver> {
        self.observer.as_ref()
    }

    fn scope_texts(&self) -> &ScopeTexts {
        &self.scope_texts
    }

    pub(crate) fn access(&self) -> &Access {
        &self.access
    }
}
