//! The answers of a guard that trusts two issuers.

use std::num::NonZeroU32;
use std::sync::Arc;

use poem::{Endpoint, Request, Response, Route};
use poem_openapi::payload::PlainText;
use poem_openapi::{OpenApi, OpenApiService};
use poem_resource_server::guard::{BearerAuth, Guard, Rate, RateLimits};
use serde_json::Value;

use crate::scripted::ScriptedIssuer;
use crate::two::{A, B, KEY, Two, secs, sign};

struct Api;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Api {
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(&self, caller: BearerAuth) -> PlainText<String> {
        let claims = caller.claims();
        PlainText(format!("{} of {}", claims.subject(), claims.issuer()))
    }
}

fn routes(guard: &Guard) -> Route {
    Route::new().nest("/", OpenApiService::new(guard.protect(Api), "Two", "1"))
}

async fn call(routes: &Route, token: &str) -> Response {
    let request = Request::builder()
        .uri("/me".parse().unwrap())
        .header("authorization", format!("Bearer {token}"));
    routes.get_response(request.finish()).await
}

/// Status and reason, or the body of an accepted call.
async fn answer(routes: &Route, token: &str) -> (u16, String) {
    let response = call(routes, token).await;
    let status = response.status().as_u16();
    let body = response.into_body().into_string().await.unwrap();
    match serde_json::from_str::<Value>(&body) {
        Ok(problem) => (status, problem["reason"].as_str().unwrap().to_owned()),
        Err(_) => (status, body),
    }
}

fn refused(status: u16, reason: &str) -> (u16, String) {
    (status, reason.to_owned())
}

#[tokio::test]
async fn the_issuer_that_a_token_names_judges_it() {
    let two = Two::start().await;
    let routes = routes(&Guard::new(two.verifier.clone()));
    let crossed = sign(&KEY[A], "key", &two.claims(&two.a.url(), "b"));
    let forged = sign(&KEY[A], "key", &two.claims(&two.b.url(), "b"));
    let foreign = sign(&KEY[A], "key", &two.claims("https://id.example", "a"));
    let (url_a, url_b) = (two.a.url(), two.b.url());
    for (name, token, expected) in [
        ("of a", two.token_of_a(A), (200, format!("ada of {url_a}"))),
        ("of b", two.token_of_b(B), (200, format!("ada of {url_b}"))),
        ("of a for b", crossed, refused(401, "wrong_audience")),
        ("of b by a", forged, refused(401, "bad_signature")),
        ("of another", foreign, refused(401, "unknown_issuer")),
    ] {
        assert_eq!(answer(&routes, &token).await, expected, "{name}");
        let is_challenged = call(&routes, &token)
            .await
            .header("www-authenticate")
            .is_some();
        assert_eq!(is_challenged, expected.0 == 401, "{name}");
    }
    assert_eq!(two.fetches(), (1, 1));
}

#[tokio::test]
async fn tokens_of_an_issuer_that_is_down_are_answered_with_503_and_others_are_accepted() {
    let a = ScriptedIssuer::start(&[&KEY[A]]).await;
    let mut b = ScriptedIssuer::start(&[&KEY[B]]).await;
    b.go_down().await;
    let two = Two::with(a, b);
    let guard = Guard::new(two.verifier.clone());
    let routes = routes(&guard);

    let unavailable = call(&routes, &two.token_of_b(B)).await;
    let accepted = call(&routes, &two.token_of_a(A)).await;

    assert_eq!(unavailable.status().as_u16(), 503);
    let retry_after: u64 = unavailable.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&retry_after), "{retry_after}");
    assert!(unavailable.header("www-authenticate").is_none());
    assert_eq!(accepted.status().as_u16(), 200);
    assert!(accepted.header("retry-after").is_none());
    assert!(guard.is_ready());
}

#[tokio::test]
async fn the_same_subject_of_two_issuers_is_two_callers_for_rate_limits() {
    let two = Two::start().await;
    let once = Rate::new(NonZeroU32::MIN, secs(60));
    let limits = RateLimits::new(Arc::new(two.clock.clone())).with_calls(once);
    let routes = routes(&Guard::new(two.verifier.clone()).with_limits(limits));
    let (of_a, of_b) = (two.token_of_a(A), two.token_of_b(B));

    assert_eq!(call(&routes, &of_a).await.status().as_u16(), 200);
    assert_eq!(
        answer(&routes, &of_a).await,
        refused(429, "too_many_requests")
    );

    assert_eq!(call(&routes, &of_b).await.status().as_u16(), 200);
    assert_eq!(
        answer(&routes, &of_b).await,
        refused(429, "too_many_requests")
    );
}

#[tokio::test]
async fn a_removed_issuer_is_refused_at_the_next_call() {
    let two = Two::start().await;
    let routes = routes(&Guard::new(two.verifier.clone()));
    let of_b = two.token_of_b(B);
    assert_eq!(call(&routes, &of_b).await.status().as_u16(), 200);

    two.issuers.remove(&two.b.url());

    assert_eq!(answer(&routes, &of_b).await, refused(401, "unknown_issuer"));
    assert_eq!(
        call(&routes, &two.token_of_a(A)).await.status().as_u16(),
        200
    );
}
