//! A guard with a clock of its own, a holder of a key, and its proofs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::http::Method;
use poem::{Endpoint, EndpointExt, Request, Response, handler};
use poem_resource_server::clock::{Clock, ManualClock};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::guard::{ClientCertificate, Guard, Principal, Requirement};
use poem_resource_server::token::{Audience, KeySet, Thumbprint, Validation};
use poem_resource_server::verifier::{Explanation, Proofs, Verifier};
use serde_json::{Value, json};

pub const ISSUER: &str = "https://id.example";
/// The URL of every call, unless a test says otherwise.
pub const URL: &str = "https://api.example/orders";

/// A guard, what signs for it, and a holder of a key.
pub struct World {
    pub clock: Arc<ManualClock>,
    pub holder: SigningKey,
    issuer: SigningKey,
    pub guard: Guard,
    verifier: Verifier,
    proofs_made: AtomicU64,
}

impl World {
    pub fn new() -> Self {
        Self::with_proofs(Proofs::default())
    }

    pub fn with_proofs(proofs: Proofs) -> Self {
        Self::with_holder(proofs, SigningAlgorithm::Es256)
    }

    pub fn with_holder(proofs: Proofs, algorithm: SigningAlgorithm) -> Self {
        let issuer = SigningKey::generate(SigningAlgorithm::Es256);
        let jwks = json!({ "keys": [issuer.public_jwk()] }).to_string();
        let keys = Arc::new(KeySet::parse(jwks.as_bytes()).unwrap().key_set);
        let validation = Validation::new(ISSUER, Audience::parse("api").unwrap());
        let clock = Arc::new(ManualClock::new());
        let verifier = Verifier::new(Arc::new(keys), validation)
            .with_clock(clock.clone())
            .with_proofs(proofs);
        Self {
            guard: Guard::new(verifier.clone()).with_public_url("https://api.example"),
            verifier,
            holder: SigningKey::generate(algorithm),
            clock,
            issuer,
            proofs_made: AtomicU64::new(0),
        }
    }

    /// The same world, whose guard does not know its URL.
    pub fn without_public_url(self) -> Self {
        Self {
            guard: Guard::new(self.verifier.clone()),
            ..self
        }
    }

    /// The same world, whose guard knows the certificates of its callers.
    pub fn with_certificates(self) -> Self {
        Self {
            guard: self.guard.clone().with_certificate_bound_tokens(),
            ..self
        }
    }

    /// Seconds since 1970.
    pub fn now(&self) -> u64 {
        let now = self.clock.now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_secs()
    }

    pub fn advance(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
    }

    /// A token with these claims besides those that every token has.
    pub fn token(&self, extra: &Value) -> String {
        let mut claims = json!({
            "iss": ISSUER, "aud": "api", "sub": "ada", "scope": "orders", "exp": self.now() + 36_000,
        });
        for (name, value) in extra.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let header = json!({ "alg": "ES256", "kid": self.issuer.kid() });
        self.issuer.sign(&header, &claims)
    }

    /// A token that is bound to the key of the holder.
    pub fn bound_token(&self) -> String {
        self.token(&json!({ "cnf": { "jkt": thumbprint(&self.holder) } }))
    }

    /// A proof of the holder for a GET of [`URL`] with this token.
    pub fn proof(&self, token: &str) -> Proof {
        let number = self.proofs_made.fetch_add(1, Ordering::Relaxed);
        Proof {
            header: json!({
                "typ": "dpop+jwt",
                "alg": self.holder.algorithm().name(),
                "jwk": public_key(&self.holder),
            }),
            claims: json!({
                "htm": "GET",
                "htu": URL,
                "iat": self.now(),
                "jti": format!("proof-{number}"),
                "ath": digest(token),
            }),
        }
    }

    /// The same proof, signed by the holder.
    pub fn sign(&self, proof: &Proof) -> String {
        self.holder.sign(&proof.header, &proof.claims)
    }

    /// The word for the verdict on a call with this token and this proof.
    pub async fn word(&self, token: &str, proof: &str) -> String {
        self.call(&Call::dpop(token, proof)).await.reason()
    }

    /// What an explanation of the token shows.
    pub async fn explain(&self, token: &str) -> Explanation {
        self.verifier.explain(token).await
    }

    /// The answer to a call.
    pub async fn call(&self, call: &Call) -> Answer {
        self.call_with(&Requirement::default(), call).await
    }

    pub async fn call_with(&self, requirement: &Requirement, call: &Call) -> Answer {
        let endpoint = subject.with(self.guard.require(requirement.clone()));
        let response = endpoint.get_response(call.request()).await;
        Answer::read(response).await
    }
}

#[handler]
fn subject(caller: &Principal) -> String {
    caller.subject().to_owned()
}

/// The header and the claims of a proof, to be changed.
#[derive(Clone)]
pub struct Proof {
    pub header: Value,
    pub claims: Value,
}

/// What a caller sends.
pub struct Call {
    pub method: Method,
    pub uri: String,
    pub headers: Vec<(&'static str, String)>,
    pub certificate: Option<Vec<u8>>,
}

impl Call {
    pub fn dpop(token: &str, proof: &str) -> Self {
        Self::new(&[("authorization", &format!("DPoP {token}")), ("dpop", proof)])
    }

    pub fn bearer(token: &str) -> Self {
        Self::new(&[("authorization", &format!("Bearer {token}"))])
    }

    pub fn new(headers: &[(&'static str, &str)]) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        Self {
            method: Method::GET,
            uri: "/orders".to_owned(),
            headers: headers.collect(),
            certificate: None,
        }
    }

    pub fn to(mut self, uri: &str) -> Self {
        uri.clone_into(&mut self.uri);
        self
    }

    pub fn with_certificate(mut self, der: &[u8]) -> Self {
        self.certificate = Some(der.to_vec());
        self
    }

    pub fn request(&self) -> Request {
        let request = Request::builder()
            .method(self.method.clone())
            .uri(self.uri.parse().unwrap());
        let with_header = |request: poem::RequestBuilder,
                           (name, value): &(&'static str, String)| {
            request.header(*name, value)
        };
        let mut request = self.headers.iter().fold(request, with_header).finish();
        if let Some(der) = &self.certificate {
            request.set_data(ClientCertificate::from_der(der));
        }
        request
    }
}

/// The answer to a call.
pub struct Answer {
    pub status: u16,
    pub challenges: Vec<String>,
    pub nonce: Option<String>,
    pub is_stored: bool,
    pub retry_after: Option<String>,
    body: String,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let field = |name: &str| response.header(name).map(str::to_owned);
        let challenges = response.headers().get_all("www-authenticate").iter();
        Self {
            status: response.status().as_u16(),
            challenges: challenges
                .map(|value| value.to_str().unwrap().to_owned())
                .collect(),
            nonce: field("dpop-nonce"),
            is_stored: field("cache-control").as_deref() != Some("no-store"),
            retry_after: field("retry-after"),
            body: response.into_body().into_string().await.unwrap(),
        }
    }

    /// `admitted`, or the reason of the refusal.
    pub fn reason(&self) -> String {
        if self.status == 200 {
            return "admitted".to_owned();
        }
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["reason"].as_str().unwrap().to_owned()
    }
}

/// `jkt` of a key.
pub fn thumbprint(key: &SigningKey) -> String {
    let jwk = key.public_jwk();
    let text = |member: &str| jwk[member].as_str().unwrap();
    let members: &[&str] = match text("kty") {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        _ => &["crv", "kty", "x"],
    };
    let members: Vec<_> = members
        .iter()
        .map(|member| format!("{member:?}:{:?}", text(member)))
        .collect();
    digest(&format!("{{{}}}", members.join(",")))
}

/// The required members of the public key, as most clients send them.
pub fn public_key(key: &SigningKey) -> Value {
    let mut jwk = key.public_jwk();
    jwk.as_object_mut()
        .unwrap()
        .retain(|name, _| ["kty", "crv", "x", "y", "n", "e"].contains(&name.as_str()));
    jwk
}

/// The SHA-256 digest in base64url.
pub fn digest(text: &str) -> String {
    Thumbprint::digest(text.as_bytes()).to_string()
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
