//! A guard in a Poem app that trusts one misbehaving issuer, and a clock that a test moves.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use poem::{Endpoint, EndpointExt, Request, Route, handler};
use poem_resource_server::clock::{Clock, ManualClock};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::guard::{Guard, Principal, Requirement};
use poem_resource_server::issuer::{
    ClientProof, Fetch, FetchPolicy, IntrospectionMode, IntrospectionPolicy, RefreshPolicy,
};
use poem_resource_server::token::{Audience, DecryptionKey, Scope, Validation};
use poem_resource_server::verifier::{RemoteIssuer, TrustedIssuers, Verifier};
use serde_json::{Value, json};

use crate::issuer::{Answer, Issuer};

pub static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate_with_kid(SigningAlgorithm::Es256, "key"));
/// A key that the issuer does not publish.
pub static HIDDEN: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate_with_kid(SigningAlgorithm::Es256, "hidden"));

pub const TOKEN: &str = "opaque-token-of-ada-0123456789";

pub struct World {
    pub issuer: Issuer,
    pub clock: ManualClock,
    pub issuers: Arc<TrustedIssuers>,
    pub verifier: Verifier,
    routes: Route,
}

/// An answer. The reason is `ok` for an accepted call.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    pub status: u16,
    pub reason: String,
    pub retry_after: Option<u64>,
    pub is_challenged: bool,
}

pub fn policy(mode: IntrospectionMode) -> IntrospectionPolicy {
    IntrospectionPolicy::new(mode, "api", ClientProof::Basic("swordfish".to_owned()))
}

pub fn opaque() -> IntrospectionPolicy {
    policy(IntrospectionMode::Opaque)
}

pub fn always() -> IntrospectionPolicy {
    policy(IntrospectionMode::Always)
}

impl World {
    /// With an issuer that calls every opaque token active.
    pub async fn start() -> Self {
        Self::with(opaque()).await
    }

    pub async fn with(policy: IntrospectionPolicy) -> Self {
        let world = Self::with_metadata(Issuer::start(&[&KEY]).await, policy, &[]).await;
        world.answer_active();
        world
    }

    /// With an issuer that may hang. Its answers are awaited for a short time.
    pub async fn impatient() -> Self {
        let issuer = Issuer::start(&[&KEY]).await;
        let world = Self::open(issuer, opaque(), &[], Duration::from_secs(2), &[]).await;
        world.answer_active();
        world
    }

    /// With this issuer, whose metadata are known.
    pub async fn with_metadata(
        issuer: Issuer,
        policy: IntrospectionPolicy,
        clients: &[&str],
    ) -> Self {
        Self::open(issuer, policy, clients, Duration::from_secs(60), &[]).await
    }

    /// With an issuer that encrypts tokens to this key.
    pub async fn with_decryption(policy: IntrospectionPolicy, key: Arc<DecryptionKey>) -> Self {
        let (issuer, timeout) = (Issuer::start(&[&KEY]).await, Duration::from_secs(60));
        let world = Self::open(issuer, policy, &[], timeout, &[key]).await;
        world.answer_active();
        world
    }

    async fn open(
        issuer: Issuer,
        policy: IntrospectionPolicy,
        clients: &[&str],
        timeout: Duration,
        decryption_keys: &[Arc<DecryptionKey>],
    ) -> Self {
        let clock = ManualClock::new();
        let issuers = Arc::new(TrustedIssuers::default());
        let audience = Audience::parse("api://default").unwrap();
        let rules = Validation::new(issuer.url(), audience).with_clients(clients.iter().copied());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let remote = RemoteIssuer::new("default", rules)
            .with_refresh_policy(RefreshPolicy::default().with_jitter(|| 1.0))
            .with_introspection(policy)
            .with_decryption_keys(decryption_keys.iter().cloned())
            .with_clock(shared.clone());
        let fetch = FetchPolicy::default().with_timeout(timeout);
        let trusted = remote.start(Fetch::new(&fetch).unwrap()).unwrap();
        let keys = trusted.remote_keys().unwrap();
        keys.first_attempt().await.unwrap();
        issuers.add(trusted).unwrap();
        let verifier = Verifier::for_issuers(issuers.clone()).with_clock(shared);
        let guard = Guard::new(verifier.clone());
        let read: Scope = "profile:read".parse().unwrap();
        let write: Scope = "profile:write".parse().unwrap();
        let always = Requirement::new(read.clone()).with_introspection();
        let routes = Route::new()
            .at("/me", me.with(guard.require(read)))
            .at("/write", me.with(guard.require(write)))
            .at("/always", me.with(guard.require(always)));
        Self {
            issuer,
            clock,
            issuers,
            verifier,
            routes,
        }
    }

    pub fn now(&self) -> u64 {
        let since_epoch = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        since_epoch.unwrap().as_secs()
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// What the issuer states about an active token, with these changes. `null` removes a claim.
    pub fn stated(&self, changes: Value) -> Value {
        let mut stated = self.issuer.active(self.now());
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                stated.as_object_mut().unwrap().remove(name);
            } else {
                stated[name] = value.clone();
            }
        }
        stated
    }

    pub fn answer_active(&self) {
        self.issuer.answer(Answer::Json(self.stated(json!({}))));
    }

    pub fn answer_inactive(&self) {
        self.issuer.answer(Answer::Json(json!({ "active": false })));
    }

    /// A JWT of the issuer.
    pub fn jwt(&self, header: Value, changes: Value) -> String {
        let mut claims = self.stated(changes);
        claims.as_object_mut().unwrap().remove("active");
        let mut head = json!({ "alg": "ES256", "kid": KEY.kid() });
        for (name, value) in header.as_object().unwrap() {
            head[name] = value.clone();
        }
        KEY.sign(&head, &claims)
    }

    pub async fn call(&self, path: &str, token: &str) -> Verdict {
        let request = Request::builder()
            .uri(path.parse().unwrap())
            .header("authorization", format!("Bearer {token}"))
            .finish();
        let response = self.routes.get_response(request).await;
        let retry_after = response.header("retry-after").map(|it| it.parse().unwrap());
        let is_challenged = response.header("www-authenticate").is_some();
        let status = response.status().as_u16();
        let body = response.into_body().into_string().await.unwrap();
        let problem: Value = serde_json::from_str(&body).unwrap_or_default();
        Verdict {
            status,
            reason: problem["reason"].as_str().unwrap_or("ok").to_owned(),
            retry_after,
            is_challenged,
        }
    }

    /// Status and reason.
    pub async fn verdict(&self, token: &str) -> (u16, String) {
        let verdict = self.call("/me", token).await;
        (verdict.status, verdict.reason)
    }
}

#[handler]
fn me(caller: &Principal) -> String {
    format!("{} with {}", caller.subject(), caller.scope())
}

pub fn ok() -> (u16, String) {
    (200, "ok".to_owned())
}

pub fn refused(reason: &str) -> (u16, String) {
    (401, reason.to_owned())
}

pub fn failed(reason: &str) -> (u16, String) {
    (503, reason.to_owned())
}

/// A token that no other call of a test has.
pub fn junk(number: usize) -> String {
    format!("junk-token-number-{number:012}")
}
