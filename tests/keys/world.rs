//! A verifier, its keys from a scripted issuer, and a clock that only tests advance.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use poem_resource_server::clock::{Clock, ManualClock};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::issuer::{Fetch, FetchPolicy, Issuer, RefreshPolicy, RemoteKeySet};
use poem_resource_server::token::{Audience, Validation};
use poem_resource_server::verifier::{Verifier, VerifyError};
use serde_json::json;

use crate::issuer::ScriptedIssuer;

/// Keys of the issuer, by their place in its life; the last is somebody else's.
pub static KEY: LazyLock<[SigningKey; 4]> = LazyLock::new(|| {
    ["first", "second", "third", "first"]
        .map(|kid| SigningKey::generate_with_kid(SigningAlgorithm::Es256, kid))
});
pub const FOREIGN: usize = 3;

pub struct World {
    pub issuer: ScriptedIssuer,
    pub clock: ManualClock,
    pub keys: Arc<RemoteKeySet>,
    pub verifier: Verifier,
}

impl World {
    /// With an issuer that publishes the first key, which is not waited for.
    pub async fn cold() -> Self {
        Self::with(ScriptedIssuer::start(&[&KEY[0]]).await)
    }

    /// The same, once the keys are held.
    pub async fn warm() -> Self {
        let world = Self::cold().await;
        world.keys.first_attempt().await.unwrap();
        world
    }

    pub fn with(issuer: ScriptedIssuer) -> Self {
        Self::tuned(issuer, secs(10), || 1.0)
    }

    /// With a deadline that a silent issuer will meet: it is the one thing here that takes
    /// real time.
    pub fn with_timeout(issuer: ScriptedIssuer, timeout: Duration) -> Self {
        Self::tuned(issuer, timeout, || 1.0)
    }

    /// The same, with a jitter of the test's own.
    pub fn tuned(issuer: ScriptedIssuer, timeout: Duration, jitter: fn() -> f64) -> Self {
        let clock = ManualClock::new();
        let fetch = FetchPolicy::default()
            .with_connect_timeout(timeout)
            .with_timeout(timeout);
        let fetch = Fetch::new(&fetch);
        let policy = RefreshPolicy::default().with_jitter(jitter);
        let identifier = Issuer::parse(&issuer.url()).unwrap();
        let validation = Validation::new(issuer.url(), Audience::parse("api://default").unwrap());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let keys = RemoteKeySet::start(identifier, fetch.unwrap(), policy, shared.clone());
        let keys = Arc::new(keys);
        Self {
            verifier: Verifier::new(keys.clone(), validation).with_clock(shared),
            issuer,
            clock,
            keys,
        }
    }

    /// A valid token of ten days under a key of [`KEY`].
    pub fn token(&self, key: usize) -> String {
        self.token_under(&KEY[key], KEY[key].kid())
    }

    pub fn token_under(&self, key: &SigningKey, kid: &str) -> String {
        let now = self
            .clock
            .now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        key.sign(
            &json!({ "alg": "ES256", "kid": kid }),
            &json!({
                "iss": self.issuer.url(),
                "aud": "api://default",
                "sub": "ada",
                "exp": now.as_secs() + 10 * 24 * 3600,
            }),
        )
    }

    pub async fn verdict(&self, token: &str) -> &'static str {
        verdict(&self.verifier, token).await
    }

    /// By the verifier that remembers accepted tokens.
    pub async fn remembered_verdict(&self, token: &str) -> &'static str {
        name(self.verifier.verify(token).await)
    }

    /// Lets time pass and waits for the attempt that falls due at its end.
    pub async fn pass(&self, time: Duration) {
        let mut attempts = self.keys.attempts();
        self.clock.advance(time);
        attempts.ended().await;
    }

    pub fn fetches(&self) -> u64 {
        self.issuer.requests(crate::issuer::KEYS)
    }

    pub fn last_error(&self) -> Option<&'static str> {
        self.keys.status().last_error.map(|error| error.reason())
    }
}

pub async fn verdict(verifier: &Verifier, token: &str) -> &'static str {
    name(verifier.clone().with_cache(None).verify(token).await)
}

fn name<T>(verdict: Result<T, VerifyError>) -> &'static str {
    match verdict {
        Ok(_) => "ok",
        Err(VerifyError::Token(error)) => error.reason(),
        Err(_) => "no_keys",
    }
}

pub fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub fn minutes(minutes: u64) -> Duration {
    secs(60 * minutes)
}

pub fn hours(hours: u64) -> Duration {
    minutes(60 * hours)
}
