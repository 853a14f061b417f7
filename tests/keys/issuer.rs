//! An issuer with responses that a test scripts byte for byte.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use poem_resource_server::dev::SigningKey;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub const METADATA: &str = "/oauth2/default/.well-known/openid-configuration";
pub const KEYS: &str = "/oauth2/default/v1/keys";

/// How a document is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// 200 with this document.
    Json(Value),
    /// These bytes, and the connection is closed.
    Raw(Vec<u8>),
    /// These bytes, and then nothing: the connection stays open.
    Hang(Vec<u8>),
    /// A head, and then a body without an end.
    Endless,
    /// The document, once the test opens the gate.
    Gated(Value),
}

impl Answer {
    pub fn status(status: &str) -> Self {
        Self::typed(status, "application/json", "{}")
    }

    pub fn typed(status: &str, content_type: &str, body: &str) -> Self {
        let length = body.len();
        Self::Raw(
            format!(
                "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
                 Connection: close\r\n\r\n{body}"
            )
            .into_bytes(),
        )
    }

    pub fn body(body: &str) -> Self {
        Self::typed("200 OK", "application/json", body)
    }
}

/// The issuer. Dropping it closes its port.
pub struct ScriptedIssuer {
    address: SocketAddr,
    state: Arc<State>,
    server: Option<JoinHandle<()>>,
}

struct State {
    answers: Mutex<HashMap<&'static str, Answer>>,
    requests: Mutex<HashMap<String, u64>>,
    gate: watch::Sender<bool>,
}

impl ScriptedIssuer {
    /// An issuer that publishes `keys`, on a port of its own.
    pub async fn start(keys: &[&SigningKey]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            answers: Mutex::default(),
            requests: Mutex::default(),
            gate: watch::Sender::new(false),
        });
        let mut issuer = Self {
            address,
            state,
            server: None,
        };
        issuer.set(METADATA, Answer::Json(issuer.metadata()));
        issuer.publish(keys);
        issuer.serve(listener);
        issuer
    }

    pub fn url(&self) -> String {
        format!("http://{}/oauth2/default", self.address)
    }

    /// The discovery document as it should be.
    pub fn metadata(&self) -> Value {
        let url = self.url();
        json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/v1/authorize"),
            "token_endpoint": format!("{url}/v1/token"),
            "jwks_uri": format!("{url}/v1/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }

    pub fn set(&self, document: &'static str, answer: Answer) {
        self.state.answers.lock().unwrap().insert(document, answer);
    }

    pub fn publish(&self, keys: &[&SigningKey]) {
        self.set(KEYS, Answer::Json(key_set(keys)));
    }

    /// How often a document was asked for.
    pub fn requests(&self, document: &str) -> u64 {
        let requests = self.state.requests.lock().unwrap();
        requests.get(document).copied().unwrap_or_default()
    }

    /// Lets gated answers go.
    pub fn open_gate(&self) {
        self.state.gate.send_replace(true);
    }

    /// Nobody listens any more, and connections break.
    pub async fn go_down(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
            let _ = server.await;
        }
    }

    /// The same address answers again.
    pub async fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    fn serve(&mut self, listener: TcpListener) {
        let state = self.state.clone();
        self.server = Some(tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(answer(stream, state.clone()));
            }
        }));
    }
}

impl Drop for ScriptedIssuer {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

pub fn key_set(keys: &[&SigningKey]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.public_jwk()).collect::<Vec<_>>() })
}

/// One request to a connection: who wants more connects again.
async fn answer(mut stream: TcpStream, state: Arc<State>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    *state
        .requests
        .lock()
        .unwrap()
        .entry(path.clone())
        .or_default() += 1;
    let answer = state.answers.lock().unwrap().get(path.as_str()).cloned();
    let document = |document: Value| match Answer::body(&document.to_string()) {
        Answer::Raw(bytes) => bytes,
        _ => unreachable!(),
    };
    let bytes = match answer {
        None => return,
        Some(Answer::Json(value)) => document(value),
        Some(Answer::Gated(value)) => {
            let mut gate = state.gate.subscribe();
            let _ = gate.wait_for(|open| *open).await;
            document(value)
        }
        Some(Answer::Raw(bytes)) => bytes,
        Some(Answer::Hang(bytes)) => {
            let _ = stream.write_all(&bytes).await;
            return std::future::pending().await;
        }
        Some(Answer::Endless) => {
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                        Transfer-Encoding: chunked\r\n\r\n";
            let _ = stream.write_all(head.as_bytes()).await;
            while stream
                .write_all(b"10\r\n                \r\n")
                .await
                .is_ok()
            {}
            return;
        }
    };
    let _ = stream.write_all(&bytes).await;
    let _ = stream.shutdown().await;
}
