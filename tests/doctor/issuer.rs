//! An issuer with scripted responses.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::endpoint::{make, make_sync};
use poem::http::StatusCode;
use poem::listener::TcpAcceptor;
use poem::{Response, Route, Server};
use poem_resource_server::clock::{Clock, SystemClock};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate_with_kid(SigningAlgorithm::Es256, "issuer-key"));

/// What is answered where.
pub(crate) struct Script {
    pub(crate) metadata: Answer,
    pub(crate) oauth: Answer,
    pub(crate) keys: Answer,
    pub(crate) token: Answer,
    /// How far its clock is ahead of ours.
    pub(crate) ahead_secs: i64,
}

#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) body: Value,
}

/// The `Authorization` header and the form.
type TokenRequest = (Option<String>, String);

/// The claims of a DPoP proof, unverified.
fn proof(request: &poem::Request) -> Option<Value> {
    let payload = request.header("dpop")?.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&payload).ok()
}

pub(crate) struct Scripted {
    url: String,
    /// The requests of its token endpoint.
    requests: Arc<Mutex<Vec<TokenRequest>>>,
    /// The claims of the proofs in them.
    proofs: Arc<Mutex<Vec<Value>>>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Scripted {
    /// A right issuer, changed.
    pub(crate) async fn start(change: impl FnOnce(&mut Script, &str)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/oauth2/default", listener.local_addr().unwrap());
        let mut script = right(&url);
        change(&mut script, &url);
        let ahead = script.ahead_secs;
        let requests: Arc<Mutex<Vec<_>>> = Arc::default();
        let proofs: Arc<Mutex<Vec<_>>> = Arc::default();
        let at = |answer: Answer| {
            poem::get(make_sync({
                let answer = answer.clone();
                move |_| answer.response(ahead)
            }))
            .post(make_sync(move |_| answer.response(ahead)))
        };
        let routes = Route::new()
            .at(
                "/oauth2/default/.well-known/openid-configuration",
                at(script.metadata),
            )
            .at(
                "/.well-known/oauth-authorization-server/oauth2/default",
                at(script.oauth),
            )
            .at("/oauth2/default/v1/keys", at(script.keys))
            .at("/oauth2/default/v1/token", {
                let (requests, proofs) = (requests.clone(), proofs.clone());
                poem::post(make(move |mut request: poem::Request| {
                    let (requests, answer) = (requests.clone(), script.token.clone());
                    let proofs = proofs.clone();
                    async move {
                        proofs.lock().unwrap().extend(proof(&request));
                        let form = request.take_body().into_string().await.unwrap();
                        let authorization = request.header("authorization").map(str::to_owned);
                        requests.lock().unwrap().push((authorization, form));
                        Ok::<_, poem::Error>(answer.response(ahead))
                    }
                }))
            });
        let acceptor = TcpAcceptor::from_tokio(listener).unwrap();
        let server = tokio::spawn(Server::new_with_acceptor(acceptor).run(routes));
        Self {
            url,
            requests,
            proofs,
            server,
        }
    }

    /// The claims of the proofs that the token endpoint got.
    pub(crate) fn proofs(&self) -> Vec<Value> {
        self.proofs.lock().unwrap().clone()
    }

    /// The last request of the token endpoint.
    pub(crate) fn last_request(&self) -> TokenRequest {
        self.requests.lock().unwrap().pop().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Answer {
    fn json(body: Value) -> Self {
        Self {
            status: 200,
            fields: vec![("content-type", "application/json".to_owned())],
            body,
        }
    }

    fn response(&self, ahead_secs: i64) -> Response {
        let now = SystemClock::new().now();
        let difference = Duration::from_secs(ahead_secs.unsigned_abs());
        let date: SystemTime = if ahead_secs < 0 {
            now - difference
        } else {
            now + difference
        };
        let status = StatusCode::from_u16(self.status).unwrap();
        let builder = Response::builder()
            .status(status)
            .header("date", httpdate::fmt_http_date(date));
        let builder = self.fields.iter().fold(builder, |builder, (name, value)| {
            builder.header(*name, value)
        });
        builder.body(self.body.to_string())
    }
}

fn right(url: &str) -> Script {
    let metadata = json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/v1/authorize"),
        "token_endpoint": format!("{url}/v1/token"),
        "jwks_uri": format!("{url}/v1/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let mut keys = Answer::json(json!({ "keys": [KEY.public_jwk()] }));
    keys.fields
        .push(("cache-control", "max-age=600".to_owned()));
    Script {
        oauth: Answer::json(metadata.clone()),
        metadata: Answer::json(metadata),
        keys,
        token: Answer::json(json!({})),
        ahead_secs: 0,
    }
}

/// A public key of so many bits, which verifies nothing.
pub(crate) fn rsa_key(bits: usize) -> Value {
    let modulus = "_".repeat(bits / 6 + 1);
    json!({ "kty": "RSA", "kid": "short", "use": "sig", "alg": "RS256", "n": modulus, "e": "AQAB" })
}
