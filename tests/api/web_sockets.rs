//! Web sockets of browsers: the token comes as a protocol, and no handler sees it.

mod bound;

use poem::http::StatusCode;
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route, handler};
use poem_openapi::payload::PlainText;
use poem_openapi::registry::{MetaResponse, MetaResponses, Registry};
use poem_openapi::{ApiResponse, OpenApi, OpenApiService};
use poem_resource_server::guard::{BearerAuth, Guard, Principal};
use poem_resource_server::issuer::ProofMaker;
use poem_resource_server::testing::Issuer;
use poem_resource_server::token::Scope;
use serde_json::Value;

/// What a WebSocket answers, without a connection to upgrade.
struct Upgraded {
    subject: String,
    offered: String,
    selected: Option<&'static str>,
}

impl IntoResponse for Upgraded {
    fn into_response(self) -> Response {
        let mut response = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header("x-subject", self.subject)
            .header("x-offered", self.offered);
        if let Some(selected) = self.selected {
            response = response.header("sec-websocket-protocol", selected);
        }
        response.finish()
    }
}

impl ApiResponse for Upgraded {
    fn meta() -> MetaResponses {
        let upgraded = MetaResponse {
            description: "A WebSocket.",
            status: Some(101),
            status_range: None,
            content: vec![],
            headers: vec![],
        };
        MetaResponses {
            responses: vec![upgraded],
        }
    }

    fn register(_: &mut Registry) {}
}

impl Upgraded {
    fn from_request(request: &Request, caller: &Principal) -> Self {
        let offered = request.header("sec-websocket-protocol").unwrap_or("none");
        Self {
            subject: caller.subject().to_owned(),
            offered: offered.to_owned(),
            selected: offered.contains("chat").then_some("chat"),
        }
    }
}

struct Api;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Api {
    #[oai(path = "/events", method = "get")]
    async fn events(&self, caller: BearerAuth, request: &Request) -> Upgraded {
        Upgraded::from_request(request, &caller)
    }

    #[oai(path = "/plain", method = "get")]
    async fn plain(&self, caller: BearerAuth) -> PlainText<String> {
        PlainText(caller.subject().to_owned())
    }
}

#[handler]
fn socket(request: &Request, caller: &Principal) -> Response {
    Upgraded::from_request(request, caller).into_response()
}

fn routes(guard: &Guard) -> Route {
    let service = OpenApiService::new(guard.protect(Api), "Sockets", "1");
    Route::new()
        .at("/socket", socket.with(guard.require(Scope::none())))
        .nest("/", service)
}

type Field<'a> = (&'a str, &'a str);

async fn call(routes: &Route, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = Request::builder().uri(path.parse().unwrap());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    routes.get_response(request.finish()).await
}

const UPGRADE: [(&str, &str); 2] = [
    ("connection", "keep-alive, Upgrade"),
    ("upgrade", "websocket"),
];

#[tokio::test]
async fn a_browser_opens_a_web_socket_with_its_token_as_a_protocol() {
    let issuer = Issuer::new().with_claim("sub", "ada");
    let routes = routes(&issuer.guard());
    let token = issuer.token("");
    for path in ["/events", "/socket"] {
        for (name, protocols, offered, selected) in [
            (
                "the token alone",
                format!("bearer, {token}"),
                "none",
                "bearer",
            ),
            (
                "a protocol that is selected",
                format!("bearer, {token}, chat"),
                "chat",
                "chat",
            ),
            (
                "a protocol that is not",
                format!("bearer,{token},log"),
                "log",
                "bearer",
            ),
        ] {
            let [connection, upgrade] = UPGRADE;
            let protocols = ("sec-websocket-protocol", protocols.as_str());

            let response = call(&routes, path, &[connection, upgrade, protocols]).await;

            assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS, "{name}");
            assert_eq!(response.header("x-subject"), Some("ada"), "{name}");
            assert_eq!(response.header("x-offered"), Some(offered), "{name}");
            let found = response.header("sec-websocket-protocol");
            assert_eq!(found, Some(selected), "{name}");
        }
    }
}

#[tokio::test]
async fn a_header_selects_no_protocol() {
    let issuer = Issuer::new().with_claim("sub", "ada");
    let routes = routes(&issuer.guard());
    let header = format!("Bearer {}", issuer.token(""));
    let [connection, upgrade] = UPGRADE;

    let authorization = ("authorization", header.as_str());
    let response = call(&routes, "/events", &[connection, upgrade, authorization]).await;

    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(response.header("sec-websocket-protocol"), None);
}

#[tokio::test]
async fn a_token_that_is_sent_otherwise_is_refused() {
    let issuer = Issuer::new().with_claim("sub", "ada");
    let routes = routes(&issuer.guard());
    let token = issuer.token("");
    let header = format!("Bearer {token}");
    let protocols = format!("bearer, {token}");
    let [connection, upgrade] = UPGRADE;
    let authorization = ("authorization", header.as_str());
    let offered = ("sec-websocket-protocol", protocols.as_str());
    let bad = ("sec-websocket-protocol", "bearer, a.b");
    let broken = ("sec-websocket-protocol", "bearer");
    #[rustfmt::skip]
    let rows: &[(&str, &str, &[Field], u16, &str)] = &[
        ("two places", "/events", &[connection, upgrade, authorization, offered], 400, "credentials_in_two_places"),
        ("no token", "/events", &[connection, upgrade, broken], 400, "malformed_websocket_token"),
        ("a bad token", "/events", &[connection, upgrade, bad], 401, "not_three_segments"),
        ("no upgrade", "/events", &[connection, offered], 401, "missing_credentials"),
        ("another upgrade", "/events", &[connection, ("upgrade", "h2c"), offered], 401, "missing_credentials"),
        ("no connection upgrade", "/events", &[upgrade, offered], 401, "missing_credentials"),
        ("no such answer", "/plain", &[connection, upgrade, offered], 401, "missing_credentials"),
        ("nothing", "/events", &[connection, upgrade], 401, "missing_credentials"),
    ];

    for (name, path, headers, status, reason) in rows {
        let response = call(&routes, path, headers).await;

        assert_eq!(response.status().as_u16(), *status, "{name}");
        let challenge = response.header("www-authenticate").unwrap().to_owned();
        let text = response.into_body().into_string().await.unwrap();
        let problem: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(problem["reason"], *reason, "{name}");
        assert!(
            !text.contains(&token) && !challenge.contains(&token),
            "{name}"
        );
        assert_eq!(
            challenge.contains("invalid_request"),
            *status == 400,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_guard_can_ignore_tokens_among_the_protocols() {
    let issuer = Issuer::new().with_claim("sub", "ada");
    let strict = routes(&issuer.guard().without_protocol_tokens());
    let token = issuer.token("");
    let protocols = format!("bearer, {token}");
    let header = format!("Bearer {token}");
    let [connection, upgrade] = UPGRADE;
    let in_protocols = ("sec-websocket-protocol", protocols.as_str());
    let in_header = ("authorization", header.as_str());

    let ignored = call(&strict, "/events", &[connection, upgrade, in_protocols]).await;
    let accepted = call(&strict, "/events", &[connection, upgrade, in_header]).await;

    assert_eq!(ignored.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(accepted.status(), StatusCode::SWITCHING_PROTOCOLS);
}

#[tokio::test]
async fn a_guard_can_refuse_requests_without_tls() {
    let issuer = Issuer::new().with_claim("sub", "ada");
    let header = format!("Bearer {}", issuer.token(""));
    let in_header = ("authorization", header.as_str());
    let strict = routes(&issuer.guard().with_tls_required());
    let plain = routes(&issuer.guard());

    let refused = call(&strict, "/plain", &[in_header]).await;
    let protocols = format!("bearer, {}", issuer.token(""));
    let [connection, upgrade] = UPGRADE;
    let in_protocols = ("sec-websocket-protocol", protocols.as_str());
    let answer = call(&strict, "/events", &[connection, upgrade, in_protocols]).await;
    let accepted = call(&plain, "/plain", &[in_header]).await;

    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(
        challenge.contains("error=\"invalid_request\""),
        "{challenge}"
    );
    assert_eq!(accepted.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_bound_token_needs_its_proof_and_is_none_of_the_protocols() {
    let issuer = Issuer::new().with_claim("sub", "ada");
    let holder = ProofMaker::generate();
    let token = issuer.bound_token("", &holder);
    let routes = routes(&issuer.guard().with_public_url("https://api.example"));
    let (scheme, protocols) = (format!("DPoP {token}"), format!("bearer, {token}"));
    let proof = holder.proof("GET", "https://api.example/events");
    let proof = proof.for_token(&token).sign();
    let proof = ("dpop", proof.as_str());
    let [connection, upgrade] = UPGRADE;
    let in_protocols = ("sec-websocket-protocol", protocols.as_str());
    let in_header = ("authorization", scheme.as_str());

    for (offered, status, reason) in [
        (&[in_protocols][..], 401, "proof_required"),
        (&[in_protocols, proof], 401, "proof_required"),
        (&[in_header], 401, "missing_proof"),
        (&[in_header, proof], 101, ""),
    ] {
        let headers = [&[connection, upgrade], offered].concat();

        let response = call(&routes, "/events", &headers).await;

        assert_eq!(response.status().as_u16(), status, "{offered:?}");
        if status == 401 {
            let text = response.into_body().into_string().await.unwrap();
            let problem: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(problem["reason"], reason, "{offered:?}");
        }
    }
}
