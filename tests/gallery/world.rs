//! An API of the gallery on a port, and the tokens it is checked with.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use poem::Server;
use poem::listener::TcpAcceptor;
use poem_resource_server::check::{Caller, Check, Methods, Report, Revocation, Target, Tokens};
use poem_resource_server::clock::{Clock, SystemClock};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use crate::parts::Api;

pub(crate) static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate_with_kid(SigningAlgorithm::Rs256, "issuer-key"));
pub(crate) const ISSUER: &str = "https://issuer.test/oauth2/default";
pub(crate) const AUDIENCE: &str = "api://default";
/// The origin whose pages may call.
pub(crate) const ORIGIN: &str = "https://app.test";

/// Revokes a token, or says why it does not.
pub(crate) type Revoke = fn(&str) -> Result<(), String>;

pub(crate) struct World {
    url: Url,
    document: Value,
    tokens: Tokens,
    methods: Methods,
    values: Vec<(String, String)>,
    skipped: Vec<String>,
    clock: Arc<dyn Clock>,
    /// What revokes the good token, if anything does.
    revoke: Option<Revoke>,
    server: JoinHandle<std::io::Result<()>>,
}

impl World {
    /// With a good token, one of fewer scopes, and tokens that are wrong in one thing.
    pub(crate) async fn start(api: Api) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TcpAcceptor::from_tokio(listener).unwrap();
        let server = tokio::spawn(Server::new_with_acceptor(acceptor).run(api));
        Self::at(&format!("http://{address}/api"), server)
    }

    /// With whatever `server` serves at this URL.
    pub(crate) fn at(url: &str, server: JoinHandle<std::io::Result<()>>) -> Self {
        let tokens = Tokens::default()
            .with_good(token(&good()))
            .with_good(token(&json_with(&good(), "scp", json!(["other"]))))
            .with_refused(wrong_in_one_thing());
        Self {
            url: Url::parse(url).unwrap(),
            document: document(),
            tokens,
            methods: Methods::Safe,
            values: Vec::new(),
            skipped: Vec::new(),
            clock: Arc::new(SystemClock::new()),
            revoke: None,
            server,
        }
    }

    pub(crate) fn with_value(mut self, name: &str, value: &str) -> Self {
        self.values.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, operation: &str) -> Self {
        self.skipped.push(operation.to_owned());
        self
    }

    pub(crate) fn below(mut self, path: &str) -> Self {
        self.url.set_path(path);
        self
    }

    pub(crate) fn with_document(mut self, document: Value) -> Self {
        self.document = document;
        self
    }

    pub(crate) fn with_tokens(mut self, tokens: Tokens) -> Self {
        self.tokens = tokens;
        self
    }

    pub(crate) fn with_all_methods(mut self) -> Self {
        self.methods = Methods::All;
        self
    }

    pub(crate) fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    pub(crate) fn revoking(mut self, revoke: Revoke) -> Self {
        self.revoke = Some(revoke);
        self
    }

    pub(crate) async fn report(&self) -> Report {
        self.planned_and_report().await.1
    }

    pub(crate) async fn planned_and_report(&self) -> (usize, Report) {
        let document = self.document.to_string();
        let target = Target::parse(&self.url, document.as_bytes(), "the gallery").unwrap();
        let check = Check::new(target, self.tokens.clone())
            .with_origins(vec![ORIGIN.to_owned()])
            .with_issuer_keys(vec![KEY.public_jwk()])
            .with_values(self.values.clone())
            .with_skipped(self.skipped.clone())
            .with_methods(self.methods)
            .with_revocation(self.revoke.map(|revoke| {
                Revocation::new(Duration::ZERO, move |token| {
                    let revoked = revoke(&token);
                    async move { revoked }
                })
            }));
        let caller = Caller::new(&self.url, Duration::from_secs(10)).unwrap();
        let check = check.ask_for_bindings(&caller, self.clock.as_ref()).await;
        let check = check.unwrap();
        let plan = check.plan(self.clock.as_ref()).await.unwrap();
        let requests = plan.requests();
        let report = plan.run(&caller, self.clock.as_ref(), || ()).await.unwrap();
        assert!(report.faults().all(|(_, fault)| !fault.fix.is_empty()));
        (requests, report)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What the APIs of the gallery say of themselves.
pub(crate) fn document() -> Value {
    let operation = |security: Value| json!({ "get": { "security": security, "responses": {} } });
    json!({
        "openapi": "3.0.3",
        "paths": {
            "/hello": operation(json!([])),
            "/whoami": operation(json!([{ "token": [] }])),
            "/reports": operation(json!([{ "granted": ["reports:read"] }])),
        },
        "components": { "securitySchemes": {
            "token": { "type": "http", "scheme": "bearer" },
            "granted": { "type": "oauth2", "flows": {} },
        }},
    })
}

/// The claims of a good token.
pub(crate) fn good() -> Value {
    let now = SystemClock::new()
        .now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "cid": "client", "jti": "1",
        "iat": now, "exp": now + 3600, "scp": ["reports:read"],
    })
}

pub(crate) fn token(claims: &Value) -> String {
    KEY.sign(&json!({ "alg": "RS256", "kid": KEY.kid() }), claims)
}

/// Tokens that the issuer's key signed and that an API must refuse.
pub(crate) fn wrong_in_one_thing() -> Vec<String> {
    let now = good()["iat"].as_u64().unwrap();
    [
        json!({ "iat": now - 7_200, "exp": now - 3_600 }),
        json!({ "nbf": now + 1_800 }),
        json!({ "aud": "api://another" }),
        json!({ "iss": "https://another.test/oauth2/default" }),
    ]
    .map(|wrong| {
        let mut claims = good();
        for (name, value) in wrong.as_object().unwrap() {
            claims[name] = value.clone();
        }
        token(&claims)
    })
    .into()
}

pub(crate) fn json_with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}
