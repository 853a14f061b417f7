//! A verifier that trusts two scripted issuers, and a clock that a test moves.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use poem_resource_server::clock::{Clock, ManualClock};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::issuer::{Fetch, FetchPolicy, RefreshPolicy};
use poem_resource_server::token::{Audience, Validation};
use poem_resource_server::verifier::{RemoteIssuer, TrustedIssuers, Verifier};
use serde_json::{Value, json};

use crate::scripted::{KEYS, ScriptedIssuer};

/// The key of the issuer `a`, the key of `b` with the same `kid`, and two keys that are published
/// later.
pub static KEY: LazyLock<[SigningKey; 4]> = LazyLock::new(|| {
    ["key", "key", "new-a", "new-b"]
        .map(|kid| SigningKey::generate_with_kid(SigningAlgorithm::Es256, kid))
});
pub const A: usize = 0;
pub const B: usize = 1;
pub const NEW_A: usize = 2;
pub const NEW_B: usize = 3;

pub struct Two {
    pub a: ScriptedIssuer,
    pub b: ScriptedIssuer,
    pub clock: ManualClock,
    pub issuers: Arc<TrustedIssuers>,
    pub verifier: Verifier,
}

impl Two {
    /// With the keys of both.
    pub async fn start() -> Self {
        let a = ScriptedIssuer::start(&[&KEY[A]]).await;
        let b = ScriptedIssuer::start(&[&KEY[B]]).await;
        let two = Self::with(a, b);
        for issuer in two.issuers.all() {
            let keys = issuer.remote_keys().unwrap();
            keys.first_attempt().await.unwrap();
        }
        two
    }

    /// The fetches have not begun.
    pub fn with(a: ScriptedIssuer, b: ScriptedIssuer) -> Self {
        let clock = ManualClock::new();
        let issuers = Arc::new(TrustedIssuers::default());
        let verifier = Verifier::for_issuers(issuers.clone()).with_clock(Arc::new(clock.clone()));
        let two = Self {
            a,
            b,
            clock,
            issuers,
            verifier,
        };
        two.add("a", &two.a.url());
        two.add("b", &two.b.url());
        two
    }

    /// Trusts one more issuer, whose audience is `api://` and its name.
    pub fn add(&self, name: &str, url: &str) {
        let audience = Audience::parse(format!("api://{name}")).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let remote = RemoteIssuer::new(name, Validation::new(url, audience))
            .with_refresh_policy(RefreshPolicy::default().with_jitter(|| 1.0))
            .with_clock(clock);
        let fetch = Fetch::new(&FetchPolicy::default()).unwrap();
        self.issuers.add(remote.start(fetch).unwrap()).unwrap();
    }

    pub fn now(&self) -> u64 {
        let since_epoch = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        since_epoch.unwrap().as_secs()
    }

    /// Claims that the issuer of this URL and name may sign.
    pub fn claims(&self, url: &str, name: &str) -> Value {
        let exp = self.now() + 10 * 24 * 3600;
        json!({ "iss": url, "aud": format!("api://{name}"), "sub": "ada", "exp": exp })
    }

    /// A token of `a`, signed by this key of [`KEY`].
    pub fn token_of_a(&self, key: usize) -> String {
        sign(&KEY[key], KEY[key].kid(), &self.claims(&self.a.url(), "a"))
    }

    /// A token of `b`, signed by this key of [`KEY`].
    pub fn token_of_b(&self, key: usize) -> String {
        sign(&KEY[key], KEY[key].kid(), &self.claims(&self.b.url(), "b"))
    }

    pub async fn verdict(&self, token: &str) -> &'static str {
        let verdict = self.verifier.verify(token).await;
        verdict.map_or_else(|error| error.reason(), |_| "ok")
    }

    /// The number of requests for keys, at each.
    pub fn fetches(&self) -> (u64, u64) {
        (self.a.requests(KEYS), self.b.requests(KEYS))
    }

    /// The number of attempts to fetch, whether they succeeded or not.
    pub fn attempts(&self, identifier: &str) -> u64 {
        let issuer = self.issuers.find(identifier).unwrap();
        issuer.remote_keys().unwrap().status().attempts
    }
}

pub fn sign(key: &SigningKey, kid: &str, claims: &Value) -> String {
    let algorithm = key.algorithm().name();
    key.sign(&json!({ "alg": algorithm, "kid": kid }), claims)
}

pub fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
