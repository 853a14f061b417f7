//! The guard without the service: it follows its issuer by itself.

use std::sync::Arc;
use std::time::Duration;

use poem::{Endpoint, Request, Route};
use poem_openapi::payload::PlainText;
use poem_openapi::{OAuthScopes, OpenApi, OpenApiService};
use poem_resource_server::clock::ManualClock;
use poem_resource_server::dev::{DevIssuer, DevOptions, User};
use poem_resource_server::docs::Pages;
use poem_resource_server::guard::{
    Access, AccessMode, BearerAuth, Challenge, Guard, Guarded, Rate, RateLimits,
};
use poem_resource_server::issuer::DiscoveryError;
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[derive(OAuthScopes)]
enum ApiScope {
    /// Read the caller's profile.
    #[oai(rename = "profile:read")]
    ProfileRead,
}

struct Api;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Api {
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(
        &self,
        #[oai(scope = "ApiScope::ProfileRead")] caller: BearerAuth,
    ) -> PlainText<String> {
        PlainText(caller.subject().to_owned())
    }

    #[oai(path = "/open", method = "get", operation_id = "open")]
    async fn open(&self) -> PlainText<&'static str> {
        PlainText("open")
    }
}

fn routes(guard: &Guard) -> Route {
    let service = OpenApiService::new(guard.protect(Api), "Alone", "1").server("/api");
    Route::new()
        .at("/openapi.json", guard.document_endpoint(&service).unwrap())
        .at("/readyz", guard.readiness())
        .nest("/api", service)
}

async fn get(routes: &Route, path: &str, token: Option<&str>) -> (u16, String) {
    let mut request = Request::builder().uri(path.parse().unwrap());
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let response = routes.get_response(request.finish()).await;
    let status = response.status().as_u16();
    (status, response.into_body().into_string().await.unwrap())
}

async fn document(routes: &Route) -> Value {
    let (status, text) = get(routes, "/openapi.json", None).await;
    assert_eq!(status, 200);
    serde_json::from_str(&text).unwrap()
}

async fn issuer() -> DevIssuer {
    issuer_with(DevOptions::default()).await
}

async fn issuer_with(options: DevOptions) -> DevIssuer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    DevIssuer::start(listener, options).unwrap()
}

#[tokio::test]
async fn a_guard_that_is_started_becomes_ready_and_its_document_follows() {
    let issuer = issuer().await;
    let guard = Guard::builder(issuer.issuer(), issuer.audience());

    let guard = guard.start().unwrap();

    // Nothing has been polled since: the fetch has not begun.
    let routes = routes(&guard);
    assert!(!guard.is_ready() && guard.metadata().is_none());
    let (status, text) = get(&routes, "/readyz", None).await;
    assert_eq!(
        (status, text.as_str()),
        (503, "no keys to verify tokens with\n")
    );
    let before = document(&routes).await;
    let bearer = json!({ "BearerAuth": [] });
    let bound = json!({ "DPoPAuth": [] });
    assert_eq!(
        before["paths"]["/me"]["get"]["security"],
        json!([bearer, bound, { "OpenIdConnect": ["profile:read"] }])
    );
    let url = format!("{}/.well-known/openid-configuration", issuer.issuer());
    let schemes = &before["components"]["securitySchemes"];
    assert_eq!(schemes["OpenIdConnect"]["openIdConnectUrl"], url);

    guard.keys().unwrap().first_attempt().await.unwrap();

    assert!(guard.is_ready() && guard.metadata().is_some());
    let (status, text) = get(&routes, "/readyz", None).await;
    assert_eq!((status, text.as_str()), (200, "ready\n"));
    let after = document(&routes).await;
    assert_eq!(
        after["paths"]["/me"]["get"]["security"],
        json!([
            bearer,
            bound,
            { "SignIn": ["profile:read"] },
            { "ClientCredentials": ["profile:read"] },
        ])
    );
    let schemes = &after["components"]["securitySchemes"];
    assert_eq!(schemes.get("OpenIdConnect"), None);
    let flow = &schemes["ClientCredentials"]["flows"]["clientCredentials"];
    assert!(flow["scopes"]["profile:read"].is_string());
    let service = OpenApiService::new(guard.protect(Api), "Alone", "1").server("/api");
    assert_eq!(*guard.document(&service).unwrap().as_value(), after);
    issuer.shutdown().await;
}

#[tokio::test]
async fn a_guard_alone_serves_the_pages_of_its_document() {
    let issuer = issuer().await;
    let guard = Guard::builder(issuer.issuer(), issuer.audience());
    let guard = guard.start().unwrap();
    let service = OpenApiService::new(guard.protect(Api), "Alone", "1").server("/api");
    let pages = Pages::new(&guard, &service)
        .unwrap()
        .with_base_path("/api")
        .with_client_id("dev-spa");
    let routes = Route::new().nest("/api", service).nest("/", pages);
    assert!(document(&routes).await["components"]["securitySchemes"]["SignIn"].is_null());

    guard.keys().unwrap().first_attempt().await.unwrap();

    let after = document(&routes).await;
    assert_eq!(
        *guard.document(&own_service(&guard)).unwrap().as_value(),
        after
    );
    let (status, page) = get(&routes, "/docs", None).await;
    assert_eq!(status, 200);
    let settings = r#"{"clientId":"dev-spa","basePath":"/api","scopes":["profile:read"],"proofAlgorithms":["RS256""#;
    assert!(page.contains(settings), "{page}");
    assert!(page.contains("<title>Alone</title>"));
    for path in [
        "/docs/reference",
        "/docs/swagger-ui-bundle.js",
        "/openapi.yaml",
    ] {
        assert_eq!(get(&routes, path, None).await.0, 200, "{path}");
    }
    let token = issuer.sign(&issuer.token_for_user(User::ADA, &["profile:read"]));
    let (status, subject) = get(&routes, "/api/me", Some(&token)).await;
    assert_eq!((status, subject.as_str()), (200, User::ADA.login));
    issuer.shutdown().await;
}

fn own_service(guard: &Guard) -> OpenApiService<Guarded<Api>, ()> {
    OpenApiService::new(guard.protect(Api), "Alone", "1").server("/api")
}

#[tokio::test]
async fn each_setting_of_the_builder_takes_effect() {
    let clock = Arc::new(ManualClock::new());
    let options = DevOptions::default().with_clock(clock.clone());
    let issuer = issuer_with(options).await;
    let once = Rate::new(1.try_into().unwrap(), Duration::from_secs(60));
    let guard = Guard::builder(issuer.issuer(), issuer.audience())
        .with_access(Access::default().with_mode(AccessMode::All))
        .with_challenge(Challenge::new("alone"))
        .with_cache(None)
        .with_leeway(Duration::from_secs(10))
        .with_limits(RateLimits::new(clock.clone()).with_calls(once))
        .with_clock(clock.clone())
        .discover()
        .await
        .unwrap();
    let routes = routes(&guard);
    let token = issuer.sign(&issuer.token_for_user(User::ADA, &["profile:read"]));

    let reason = |text: String| serde_json::from_str::<Value>(&text).unwrap()["reason"].clone();
    let (status, text) = get(&routes, "/api/open", None).await;
    assert_eq!((status, reason(text)), (401, json!("missing_credentials")));
    assert_eq!(get(&routes, "/api/me", Some(&token)).await.0, 200);
    let (status, text) = get(&routes, "/api/me", Some(&token)).await;
    assert_eq!((status, reason(text)), (429, json!("too_many_requests")));
    clock.advance(Duration::from_secs(3_600 + 9));
    assert_eq!(get(&routes, "/api/me", Some(&token)).await.0, 200);
    clock.advance(Duration::from_secs(2));
    let (status, text) = get(&routes, "/api/me", Some(&token)).await;
    assert_eq!((status, reason(text)), (401, json!("expired")));
    issuer.shutdown().await;
}

#[tokio::test]
async fn a_guard_without_a_usable_issuer_is_not_built() {
    let malformed = Guard::builder("id.example", "api").start();
    assert!(matches!(malformed, Err(DiscoveryError::Issuer(_))));
    let nameless = Guard::builder("https://id.example", "").start();
    assert!(matches!(nameless, Err(DiscoveryError::Audience(_))));

    let issuer = issuer().await;
    let (url, audience) = (issuer.issuer(), issuer.audience().to_owned());
    assert!(Guard::discover(&url, &audience).await.is_ok());
    issuer.shutdown().await;
    assert!(Guard::discover(&url, &audience).await.is_err());
    let waiting = Guard::builder(&url, &audience).start();
    assert!(!waiting.unwrap().is_ready());
}
