//! Tokens signed by a key of our own, and a listener that notices if the API fetches that key by
//! a link in them.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwapOption;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::forge::{Forged, encoded, with};
use super::parts::Parts;

/// An RSA key pair that no API should trust.
pub(super) struct OwnKey {
    pair: KeyPair,
}

impl OwnKey {
    pub(super) fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048);
        Self {
            pair: pair.expect("the system has randomness and memory"),
        }
    }

    /// Tokens that bring, link to or pretend to be the key that signed them.
    pub(super) fn forged(&self, good: &Parts, trap: Option<&Trap>) -> Vec<Forged> {
        let plain = with(&good.header, "alg", json!("RS256"));
        let jwk = self.jwk(plain.get("kid"));
        let mut tokens = vec![
            (
                "own_key",
                "under the issuer's kid".to_owned(),
                self.sign(&plain, good),
            ),
            (
                "own_key",
                "brought along as jwk".to_owned(),
                self.sign(&with(&plain, "jwk", jwk), good),
            ),
        ];
        if let Some(trap) = trap {
            for name in ["jku", "x5u"] {
                let header = with(&plain, name, json!(trap.url(name)));
                tokens.push(("linked_key", name.to_owned(), self.sign(&header, good)));
            }
        }
        tokens
    }

    fn sign(&self, header: &serde_json::Map<String, Value>, good: &Parts) -> String {
        let signed = format!("{}.{}", encoded(header), encoded(&good.payload));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .expect("the signature is as long as the modulus");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn jwk(&self, kid: Option<&Value>) -> Value {
        // RFC 8017 appendix A.1.1: the modulus of 2048 bits begins after 9 bytes of DER.
        let der = self.pair.public_key().as_ref();
        let modulus = URL_SAFE_NO_PAD.encode(&der[9..9 + self.pair.public_modulus_len()]);
        let mut jwk =
            json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "n": modulus, "e": "AQAB" });
        if let Some(kid) = kid {
            jwk["kid"] = kid.clone();
        }
        jwk
    }
}

/// A listener on a loopback address that serves our key and records requests.
#[derive(Debug)]
pub(super) struct Trap {
    port: u16,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    document: ArcSwapOption<String>,
    sprung: AtomicBool,
}

impl Trap {
    pub(super) async fn set() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let state = Arc::<State>::default();
        let task = tokio::spawn(serve(listener, state.clone()));
        Ok(Self { port, state, task })
    }

    /// Serves the key without a `kid`, so that it matches every `kid`.
    pub(super) fn publish(&self, key: &OwnKey) {
        let document = json!({ "keys": [key.jwk(None)] }).to_string();
        self.state.document.store(Some(Arc::new(document)));
    }

    /// Whether a request came since the last call.
    pub(super) fn was_requested(&self) -> bool {
        self.state.sprung.swap(false, Ordering::Relaxed)
    }

    fn url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}.json", self.port)
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    // A connection that cannot be accepted is ignored; the check ends soon.
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        let answer = service_fn(move |_| {
            state.sprung.store(true, Ordering::Relaxed);
            let document = state.document.load_full();
            let document = document.map(|text| text.as_str().to_owned());
            let response = http::Response::builder().header("content-type", "application/json");
            async move { response.body(document.unwrap_or_default()) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), answer);
        tokio::spawn(connection);
    }
}
