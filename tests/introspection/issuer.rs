//! An issuer whose introspection endpoint answers as a test says, rightly or wrongly.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use poem::http::{HeaderMap, StatusCode, header};
use poem::listener::TcpAcceptor;
use poem::{Endpoint, Request, Response, Server};
use poem_resource_server::dev::SigningKey;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How the endpoint answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// 200 with this document.
    Json(Value),
    /// This status, content type and body.
    Typed(u16, &'static str, String),
    /// 429 with `Retry-After`.
    Limited(u64),
    /// A redirect to an endpoint that would accept everything.
    Redirect,
    /// 1 MiB of JSON that begins like a good answer.
    Large,
    /// Never.
    Hang,
    /// The document, once the test opens the gate.
    Gated(Value),
}

/// A request that arrived at the endpoint.
#[derive(Debug, Clone)]
pub struct Asked {
    pub headers: HeaderMap,
    pub form: Vec<(String, String)>,
}

impl Asked {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut form = self.form.iter();
        let found = form.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The issuer. Dropping it closes its port.
pub struct Issuer {
    pub address: SocketAddr,
    state: Arc<State>,
    server: JoinHandle<()>,
}

struct State {
    path: &'static str,
    keys_path: &'static str,
    keys: Vec<Value>,
    endpoint: Mutex<Option<String>>,
    answer: Mutex<Answer>,
    asked: Mutex<Vec<Asked>>,
    gate: watch::Sender<bool>,
}

impl Issuer {
    /// A custom authorization server, which publishes `keys`.
    pub async fn start(keys: &[&SigningKey]) -> Self {
        Self::open("/oauth2/default", "/oauth2/default/v1/keys", keys).await
    }

    /// An issuer that behaves as an Okta org authorization server.
    pub async fn org_server(keys: &[&SigningKey]) -> Self {
        Self::open("", "/oauth2/v1/keys", keys).await
    }

    async fn open(path: &'static str, keys_path: &'static str, keys: &[&SigningKey]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            path,
            keys_path,
            keys: keys.iter().map(|key| key.public_jwk()).collect(),
            endpoint: Mutex::new(Some(format!("http://{address}/introspect"))),
            answer: Mutex::new(Answer::Json(json!({ "active": false }))),
            asked: Mutex::default(),
            gate: watch::Sender::new(false),
        });
        let app = App {
            state: state.clone(),
            issuer: format!("http://{address}{path}"),
        };
        let acceptor = TcpAcceptor::from_tokio(listener).unwrap();
        let server = tokio::spawn(async move {
            let _ = Server::new_with_acceptor(acceptor).run(app).await;
        });
        Self {
            address,
            state,
            server,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.state.path)
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}/introspect", self.address)
    }

    /// What the metadata name as the endpoint.
    pub fn publish_endpoint(&self, endpoint: Option<String>) {
        *self.state.endpoint.lock().unwrap() = endpoint;
    }

    pub fn answer(&self, answer: Answer) {
        *self.state.answer.lock().unwrap() = answer;
    }

    /// What this issuer states about an active token.
    pub fn active(&self, now: u64) -> Value {
        json!({
            "active": true,
            "token_type": "Bearer",
            "iss": self.url(),
            "aud": "api://default",
            "sub": "ada@example.com",
            "client_id": "shop-web",
            "scope": "profile:read",
            "iat": now,
            "exp": now + 3600,
            "jti": "AT.1",
        })
    }

    /// How often the endpoint was asked.
    pub fn calls(&self) -> usize {
        self.state.asked.lock().unwrap().len()
    }

    pub fn last(&self) -> Asked {
        self.state.asked.lock().unwrap().last().unwrap().clone()
    }

    /// Lets gated answers go.
    pub fn open_gate(&self) {
        self.state.gate.send_replace(true);
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct App {
    state: Arc<State>,
    issuer: String,
}

impl Endpoint for App {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let path = request.uri().path().to_owned();
        let state = &self.state;
        if path == format!("{}/.well-known/openid-configuration", state.path) {
            return Ok(json(200, &self.metadata()));
        }
        if path == state.keys_path {
            return Ok(json(200, &json!({ "keys": state.keys })));
        }
        if path != "/introspect" {
            return Ok(json(200, &json!({ "active": true })));
        }
        let body = request.take_body().into_string().await?;
        let form = url::form_urlencoded::parse(body.as_bytes());
        state.asked.lock().unwrap().push(Asked {
            headers: request.headers().clone(),
            form: form.into_owned().collect(),
        });
        let answer = state.answer.lock().unwrap().clone();
        Ok(match answer {
            Answer::Json(document) => json(200, &document),
            Answer::Typed(status, content_type, body) => typed(status, content_type, body),
            Answer::Limited(seconds) => {
                let mut response = json(429, &json!({}));
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, seconds.into());
                response
            }
            Answer::Redirect => Response::builder()
                .status(StatusCode::TEMPORARY_REDIRECT)
                .header(header::LOCATION, "/elsewhere")
                .finish(),
            Answer::Large => {
                let filler = "x".repeat(1 << 20);
                let body = format!(r#"{{"active": true, "x": "{filler}"}}"#);
                typed(200, "application/json", body)
            }
            Answer::Hang => std::future::pending().await,
            Answer::Gated(document) => {
                let mut gate = state.gate.subscribe();
                gate.wait_for(|is_open| *is_open).await.unwrap();
                json(200, &document)
            }
        })
    }
}

impl App {
    fn metadata(&self) -> Value {
        let (issuer, state) = (&self.issuer, &self.state);
        let origin = issuer.strip_suffix(state.path).unwrap();
        let mut metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/v1/authorize"),
            "token_endpoint": format!("{issuer}/v1/token"),
            "jwks_uri": format!("{origin}{}", state.keys_path),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        if let Some(endpoint) = &*state.endpoint.lock().unwrap() {
            metadata["introspection_endpoint"] = endpoint.as_str().into();
        }
        metadata
    }
}

fn json(status: u16, document: &Value) -> Response {
    typed(status, "application/json", document.to_string())
}

fn typed(status: u16, content_type: &str, body: String) -> Response {
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .content_type(content_type)
        .body(body)
}
