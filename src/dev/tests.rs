//! The issuer as its callers see it: over HTTP, on a loopback address.

#![allow(clippy::unwrap_used)] // A test may panic anywhere.
#![allow(clippy::disallowed_methods)] // A caller brings its own client.

mod authorize;
mod bound_tokens;
mod cors;
mod further;
mod introspection;
mod lifecycle;
mod metadata;
mod mint;
mod scopes;
mod single_use;
mod step_up;
mod token_endpoint;

use std::sync::{Arc, LazyLock};

use poem::http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;

use super::{DevIssuer, DevOptions, SigningAlgorithm, SigningKey};
use crate::clock::ManualClock;

/// An issuer on a free port, a clock that only tests advance, and a caller.
struct World {
    issuer: DevIssuer,
    clock: ManualClock,
    http: reqwest::Client,
}

/// Making an RSA key is slow; tests that do not rotate share one.
static KEY: LazyLock<Arc<SigningKey>> =
    LazyLock::new(|| Arc::new(SigningKey::generate(SigningAlgorithm::Rs256)));

impl World {
    async fn start() -> Self {
        Self::with(DevOptions::default()).await
    }

    async fn with(options: DevOptions) -> Self {
        let clock = ManualClock::new();
        let options = options
            .with_clock(Arc::new(clock.clone()))
            .with_signing_key(Arc::clone(&KEY));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            issuer: DevIssuer::start(listener, options).unwrap(),
            clock,
            http: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
        }
    }

    fn origin(&self) -> String {
        format!("http://{}", self.issuer.address())
    }

    /// The addresses of the documents of the issuer with this name.
    fn documents(&self, name: &str) -> [String; 3] {
        let (origin, path) = (self.origin(), format!("oauth2/{name}"));
        [
            format!("{origin}/{path}/.well-known/openid-configuration"),
            format!("{origin}/{path}/.well-known/oauth-authorization-server"),
            format!("{origin}/.well-known/oauth-authorization-server/{path}"),
        ]
    }

    /// `path` is below the issuer.
    async fn get(&self, path: &str) -> Answer {
        self.get_url(&format!("{}{path}", self.issuer.issuer()))
            .await
    }

    async fn get_url(&self, url: &str) -> Answer {
        Answer::read(self.http.get(url)).await
    }

    fn form(&self, path: &str, form: &str) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}{path}", self.issuer.issuer()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned())
    }

    async fn post(&self, path: &str, form: &str) -> Answer {
        Answer::read(self.form(path, form)).await
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    async fn read(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Status and `error`, which together say why a request was refused.
    fn refusal(&self) -> (u16, String) {
        let error = self.json()["error"].as_str().unwrap_or("").to_owned();
        (self.status.as_u16(), error)
    }
}

/// Header and claims of a compact JWS, unverified.
fn decode(token: &str) -> (Value, Value) {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let part = |index| {
        let encoded = token.split('.').nth(index).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
    };
    (part(0), part(1))
}
