//! A guard with a key and a clock of its own, and the callers of its API.

use std::sync::Arc;
use std::time::Duration;

use poem::http::StatusCode;
use poem::{Endpoint, Request};
use poem_resource_server::clock::{Clock, ManualClock};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::guard::{Guard, Principal, Rejection, Requirement};
use poem_resource_server::token::{Audience, KeySet, Validation};
use poem_resource_server::verifier::Verifier;
use serde_json::{Value, json};

pub const ISSUER: &str = "https://id.example";

/// A guard, and what signs for it.
pub struct World {
    pub guard: Guard,
    clock: Arc<ManualClock>,
    key: SigningKey,
}

impl World {
    pub fn new() -> Self {
        let key = SigningKey::generate(SigningAlgorithm::Es256);
        let jwks = json!({ "keys": [key.public_jwk()] }).to_string();
        let keys = Arc::new(KeySet::parse(jwks.as_bytes()).unwrap().key_set);
        let validation = Validation::new(ISSUER, Audience::parse("api").unwrap());
        let clock = Arc::new(ManualClock::new());
        let verifier = Verifier::new(Arc::new(keys), validation).with_clock(clock.clone());
        Self {
            guard: Guard::new(verifier),
            clock,
            key,
        }
    }

    /// Seconds since 1970.
    pub fn now(&self) -> u64 {
        let now = self.clock.now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_secs()
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// A token with these claims besides those that every token has.
    pub fn token(&self, extra: &Value) -> String {
        let mut claims = json!({
            "iss": ISSUER, "aud": "api", "sub": "ada", "scope": "", "exp": self.now() + 3600,
        });
        for (name, value) in extra.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let header = json!({ "alg": "ES256", "kid": self.key.kid() });
        self.key.sign(&header, &claims)
    }

    /// The verdict on a GET of `/` by a caller with these claims: first for a new token, and then
    /// again for the remembered one.
    pub async fn judge(&self, requirement: &Requirement, extra: &Value) -> Verdict {
        let token = self.token(extra);
        let first = self.admit(requirement, &token).await;
        for _ in 0..2 {
            let again = self.admit(requirement, &token).await;
            assert_eq!(
                again.as_ref().err(),
                first.as_ref().err(),
                "a remembered token is judged as a new one"
            );
        }
        first.map(|_| ())
    }

    async fn admit(&self, requirement: &Requirement, token: &str) -> Result<Principal, Rejection> {
        let request = request("/", Some(token));
        self.guard.admit(&request, requirement).await
    }

    /// The word for the verdict: `admitted`, or the reason.
    pub async fn word(&self, requirement: &Requirement, extra: &Value) -> &'static str {
        match self.judge(requirement, extra).await {
            Ok(()) => "admitted",
            Err(rejection) => rejection.reason(),
        }
    }
}

pub type Verdict = Result<(), Rejection>;

pub fn request(uri: &str, token: Option<&str>) -> Request {
    let request = Request::builder().uri(uri.parse().unwrap());
    match token {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    }
    .finish()
}

/// The answer to a call.
pub struct Answer {
    pub status: StatusCode,
    pub challenge: Option<String>,
    pub body: String,
}

impl Answer {
    /// The reason of a problem; empty for another body.
    pub fn reason(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["reason"].as_str().unwrap_or_default().to_owned()
    }
}

pub async fn call(endpoint: &impl Endpoint, uri: &str, token: Option<&str>) -> Answer {
    let response = endpoint.get_response(request(uri, token)).await;
    Answer {
        status: response.status(),
        challenge: response.header("www-authenticate").map(str::to_owned),
        body: response.into_body().into_string().await.unwrap(),
    }
}
