//! One's own API behind the guard: every shape of declaration is enforced as declared.

mod rules;

use std::sync::Arc;

use Credentials::None as Nothing;
use Credentials::{Scope, Text};
use poem::http::StatusCode;
use poem::{Endpoint, EndpointExt, Request, Route, handler};
use poem_openapi::param::Path;
use poem_openapi::payload::PlainText;
use poem_openapi::{OAuthScopes, OpenApi, OpenApiService, SecurityScheme};
use poem_resource_server::clock::{Clock, SystemClock};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::guard::{BearerAuth, Guard, Principal};
use poem_resource_server::token::{self, Audience, KeySet, Validation};
use poem_resource_server::verifier::Verifier;
use serde_json::json;

const ISSUER: &str = "https://id.example";

#[derive(OAuthScopes)]
enum ApiScope {
    /// Read users.
    #[oai(rename = "users:read")]
    UsersRead,
    /// Write users.
    #[oai(rename = "users:write")]
    UsersWrite,
}

/// A caller, or nobody.
#[derive(SecurityScheme)]
enum Visitor {
    Known(BearerAuth),
    #[oai(fallback)]
    Anonymous,
}

struct Users;

#[OpenApi(prefix_path = "/users")]
#[allow(clippy::unused_async)]
impl Users {
    #[oai(path = "/:id", method = "get")]
    async fn read(
        &self,
        id: Path<u32>,
        #[oai(scope = "ApiScope::UsersRead")] caller: BearerAuth,
    ) -> PlainText<String> {
        PlainText(format!("{} reads {}", caller.subject(), id.0))
    }

    #[oai(path = "/:id", method = "delete")]
    async fn delete(
        &self,
        #[oai(scope = "ApiScope::UsersRead", scope = "ApiScope::UsersWrite")] caller: BearerAuth,
        id: Path<u32>,
    ) -> PlainText<String> {
        PlainText(format!("{} deletes {}", caller.subject(), id.0))
    }

    #[oai(path = "/:id/name/:part", method = "get")]
    async fn name(&self, id: Path<u32>, part: Path<String>) -> PlainText<String> {
        PlainText(format!("{} of {}", part.0, id.0))
    }
}

struct Visits;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Visits {
    #[oai(path = "/visit", method = "get")]
    async fn visit(&self, visitor: Visitor) -> PlainText<String> {
        PlainText(match visitor {
            Visitor::Known(caller) => caller.subject().to_owned(),
            Visitor::Anonymous => "nobody".to_owned(),
        })
    }
}

struct Hidden;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Hidden {
    #[oai(path = "/hidden", method = "get", hidden = true)]
    async fn hidden(&self) -> PlainText<&'static str> {
        PlainText("seen")
    }
}

#[handler]
fn report(caller: &Principal) -> String {
    format!("for {}", caller.subject())
}

/// A guard with a key of its own, and what signs for it.
fn guard() -> (Guard, SigningKey) {
    let key = SigningKey::generate(SigningAlgorithm::Es256);
    let jwks = json!({ "keys": [key.public_jwk()] }).to_string();
    let keys = Arc::new(KeySet::parse(jwks.as_bytes()).unwrap().key_set);
    let validation = Validation::new(ISSUER, Audience::parse("api").unwrap());
    (Guard::new(Verifier::new(Arc::new(keys), validation)), key)
}

fn token(key: &SigningKey, scope: &str) -> String {
    let now = SystemClock::new()
        .now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    key.sign(
        &json!({ "alg": "ES256", "kid": key.kid() }),
        &json!({ "iss": ISSUER, "aud": "api", "sub": "ada", "scope": scope, "exp": now.as_secs() + 60 }),
    )
}

struct App<E> {
    endpoint: E,
    key: SigningKey,
}

impl<E: Endpoint> App<E> {
    /// Status, challenge and body of a call with a token of these scopes, or with this text.
    async fn call(
        &self,
        method: &str,
        path: &str,
        credentials: Credentials<'_>,
    ) -> (StatusCode, Option<String>, String) {
        let mut request = Request::builder()
            .method(method.parse().unwrap())
            .uri(path.parse().unwrap());
        let token = match credentials {
            Credentials::None => None,
            Credentials::Scope(scope) => Some(token(&self.key, scope)),
            Credentials::Text(text) => Some(text.to_owned()),
        };
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let response = self.endpoint.get_response(request.finish()).await;
        let challenge = response.header("www-authenticate").map(str::to_owned);
        (
            response.status(),
            challenge,
            response.into_body().into_string().await.unwrap(),
        )
    }
}

#[derive(Clone, Copy)]
enum Credentials<'a> {
    None,
    Scope(&'a str),
    Text(&'a str),
}

fn app() -> App<impl Endpoint> {
    let (guard, key) = guard();
    let api = OpenApiService::new(guard.protect((Users, Visits)), "Users", "1.0");
    let routes = Route::new()
        .nest("/v1", api)
        .at(
            "/report",
            report.with(guard.require("reports:read".parse::<token::Scope>().unwrap())),
        )
        .at("/unguarded", report);
    App {
        endpoint: routes,
        key,
    }
}

/// The sentence of a refused token.
fn sentence(reason: &str) -> &'static str {
    match reason {
        "not_three_segments" => {
            "The access token is not a JWT: it does not have three parts separated by dots."
        }
        "bad_signature" => {
            "The signature of the access token is not valid. Send the whole token, unchanged."
        }
        "illegal_character" => {
            "The access token contains a character that is not allowed. Send only the token, \
             without quotes, spaces and line breaks."
        }
        "wrong_audience" => {
            "The access token is for another audience. Request a token for this API."
        }
        other => panic!("a sentence for {other}"),
    }
}

/// The whole `WWW-Authenticate` of a refusal.
fn challenge_for(status: u16, reason: &str, scope: &str) -> Option<String> {
    let parameters = match (status, reason) {
        (401, "missing_credentials") => String::new(),
        (401, _) => format!(
            ", error=\"invalid_token\", error_description=\"{}\"",
            sentence(reason)
        ),
        (403, _) => format!(
            ", error=\"insufficient_scope\", error_description=\"The access token lacks a scope \
             that this operation requires.\", scope=\"{scope}\""
        ),
        _ => return None,
    };
    Some(format!("Bearer realm=\"api\"{parameters}"))
}

#[tokio::test]
#[rustfmt::skip] // A row a line.
async fn each_operation_requires_what_it_declares_and_no_more() {
    let app = app();
    let read = "users:read";
    for (name, method, path, credentials, status, body) in [
        ("read", "GET", "/v1/users/7", Scope(read), 200, "ada reads 7"),
        ("read, more than enough", "GET", "/v1/users/7", Scope("x users:read y"), 200, "ada reads 7"),
        ("read, lacking", "GET", "/v1/users/7", Scope("users:write"), 403, "insufficient_scope"),
        ("read, nobody", "GET", "/v1/users/7", Nothing, 401, "missing_credentials"),
        ("read, garbage", "GET", "/v1/users/7", Text("a.b"), 401, "not_three_segments"),
        ("delete", "DELETE", "/v1/users/7", Scope("users:read users:write"), 200, "ada deletes 7"),
        ("delete, half", "DELETE", "/v1/users/7", Scope(read), 403, "insufficient_scope"),
        ("open", "GET", "/v1/users/7/name/last", Nothing, 200, "last of 7"),
        ("open, garbage", "GET", "/v1/users/7/name/last", Text("a.b"), 200, "last of 7"),
        ("visit, nobody", "GET", "/v1/visit", Nothing, 200, "nobody"),
        ("visit, known", "GET", "/v1/visit", Scope(""), 200, "ada"),
        ("visit, garbage", "GET", "/v1/visit", Text("a.b"), 401, "not_three_segments"),
        ("plain", "GET", "/report", Scope("reports:read"), 200, "for ada"),
        ("plain, lacking", "GET", "/report", Scope(read), 403, "insufficient_scope"),
        ("plain, nobody", "GET", "/report", Nothing, 401, "missing_credentials"),
        ("unguarded", "GET", "/unguarded", Scope("reports:read"), 500, "not_guarded"),
    ] {
        let (found, challenge, text) = app.call(method, path, credentials).await;

        assert_eq!(found.as_u16(), status, "{name}: {text}");
        if status == 200 {
            assert_eq!(text, body, "{name}");
        } else {
            let problem: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(problem["reason"], body, "{name}");
        }
        let scope = match (method, path) {
            ("DELETE", _) => "users:read users:write",
            (_, "/report") => "reports:read",
            _ => "users:read",
        };
        assert_eq!(challenge, challenge_for(status, body, scope), "{name}");
    }
}

#[tokio::test]
async fn a_call_is_refused_before_a_path_parameter_is_read() {
    let app = app();

    let (status, _, _) = app.call("GET", "/v1/users/no-number", Nothing).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    let (status, _, _) = app
        .call("GET", "/v1/users/no-number", Scope("users:read"))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
