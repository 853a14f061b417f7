//! An org with its own keys, and a service whose users it can sign out.

use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use poem_resource_server::clock::Clock;
use poem_resource_server::dev::{DevIssuer, DevOptions, SigningAlgorithm, SigningKey, User};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::answer::Answer;
use crate::world::World;

pub const PATH: &str = "/oauth2/global-token-revocation";
pub const OPERATOR: &str = "0123456789abcdef0123456789abcdef";

/// One key for all tests. It is not that of the API's issuer.
pub static KEY: LazyLock<Arc<SigningKey>> =
    LazyLock::new(|| Arc::new(SigningKey::generate(SigningAlgorithm::Es256)));

pub struct Org {
    pub issuer: DevIssuer,
    pub world: World,
    pub audience: String,
}

impl Org {
    /// With `logout.issuers = default`, because the org has another port than the API's issuer.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(settings: &[(&'static str, &str)]) -> Self {
        let issuer = Self::alone().await;
        let url = issuer.issuer();
        let world = World::with(&[&own_settings(&url), settings].concat()).await;
        Self::new(issuer, world)
    }

    /// The same, without waiting for the keys of the API's issuer.
    pub async fn unasked(settings: &[(&'static str, &str)]) -> Self {
        let issuer = Self::alone().await;
        let url = issuer.issuer();
        let world = World::unasked(&[&own_settings(&url), settings].concat()).await;
        Self::new(issuer, world)
    }

    fn new(issuer: DevIssuer, world: World) -> Self {
        let audience = format!("http://{}{PATH}", world.address);
        Self {
            issuer,
            world,
            audience,
        }
    }

    pub async fn alone() -> DevIssuer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = DevOptions::default().with_signing_key(KEY.clone());
        DevIssuer::start(listener, options).unwrap()
    }

    pub fn now(&self) -> u64 {
        let now = self.world.clock.now();
        now.duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs()
    }

    /// A token by which the org signs a user out.
    pub fn claims(&self, id: &str) -> Value {
        json!({
            "iss": self.issuer.issuer(),
            "sub": "0oa1",
            "aud": self.audience,
            "iat": self.now(),
            "exp": self.now() + 300,
            "jti": id,
        })
    }

    pub fn header() -> Value {
        json!({ "typ": "global-token-revocation+jwt", "alg": "ES256", "kid": KEY.kid() })
    }

    /// A request with this token and this body.
    pub fn request(&self, token: &str, body: &Value) -> RequestBuilder {
        self.post("application/json", body.to_string())
            .bearer_auth(token)
    }

    pub fn post(&self, media_type: &str, body: String) -> RequestBuilder {
        let request = self.world.request(Method::POST, PATH);
        request.header("content-type", media_type).body(body)
    }

    /// Signs a user out, with a token of this id.
    pub async fn sign_out(&self, id: &str, subject: &Value) -> Answer {
        let token = KEY.sign(&Self::header(), &self.claims(id));
        Answer::to(self.request(&token, &json!({ "sub_id": subject }))).await
    }

    pub fn token_for(&self, user: User) -> String {
        let token = self.world.issuer.token_for_user(user, &["profile:read"]);
        self.world.sign(&token)
    }

    /// The status for this token, and the reason.
    pub async fn whoami(&self, token: &str) -> (u16, Value) {
        let answer = self.world.whoami(token).await;
        match answer.status {
            200 => (200, Value::Null),
            status => (status, answer.json()["reason"].clone()),
        }
    }
}

fn own_settings(url: &str) -> [(&'static str, &str); 4] {
    [
        ("logout.enabled", "true"),
        ("logout.issuer", url),
        ("logout.issuers", "default"),
        ("denylist.token", OPERATOR),
    ]
}

pub fn ada() -> Value {
    json!({ "format": "email", "email": "ada@example.com" })
}

pub fn revoked() -> (u16, Value) {
    (401, json!("revoked"))
}

pub fn admitted() -> (u16, Value) {
    (200, Value::Null)
}

/// The status and the reason of an answer.
pub fn reason(answer: &Answer) -> (u16, Value) {
    (answer.status, answer.json()["reason"].clone())
}
