//! Pages of other origins: listed ones read every answer, others none, and nobody is refused.

use poem_resource_server::dev::Behaviour;
use reqwest::Method;

use crate::answer::Answer;
use crate::world::World;

const PAGE: &str = "https://app.example.com";
const LISTED: &[(&str, &str)] = &[("cors.allowed_origins", PAGE)];

async fn preflight(world: &World, origin: &str) -> Answer {
    let request = world
        .request(Method::OPTIONS, "/api/whoami")
        .header("origin", origin)
        .header("access-control-request-method", "GET")
        .header(
            "access-control-request-headers",
            "authorization, x-not-listed",
        );
    Answer::to(request).await
}

async fn call(world: &World, origin: &str, token: Option<&str>) -> Answer {
    let mut request = world
        .request(Method::GET, "/api/whoami")
        .header("origin", origin);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    Answer::to(request).await
}

#[tokio::test]
async fn a_listed_origin_may_send_a_preflight_without_a_token() {
    let world = World::with(LISTED).await;

    let answer = preflight(&world, PAGE).await;

    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    assert!(
        answer
            .header("access-control-allow-methods")
            .unwrap()
            .contains("GET")
    );
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("authorization, content-type, dpop")
    );
    assert_eq!(answer.header("access-control-max-age"), Some("600"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert_eq!(answer.header("vary"), Some("origin"));
}

#[tokio::test]
async fn a_listed_origin_reads_refusals_too() {
    let world = World::with(&[LISTED[0], ("access.operations.whoami.scopes", "admin")]).await;
    let lacking = world.sign(&world.token());
    let good = world.sign(&world.token().claim("scp", serde_json::json!(["admin"])));
    for (name, token, status) in [
        ("200", Some(good.as_str()), 200),
        ("401 without a token", None, 401),
        ("401 with a bad one", Some("a.b.c"), 401),
        ("403", Some(lacking.as_str()), 403),
    ] {
        let answer = call(&world, PAGE, token).await;

        assert_eq!(answer.status, status, "{name}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some(PAGE),
            "{name}"
        );
        let exposed = answer.header("access-control-expose-headers").unwrap();
        assert!(exposed.contains("www-authenticate"), "{name}: {exposed}");
        assert!(exposed.contains("dpop-nonce"), "{name}: {exposed}");
        assert_eq!(answer.header("vary"), Some("origin"), "{name}");
    }
}

#[tokio::test]
async fn a_listed_origin_reads_503_too() {
    let world = World::without_keys(LISTED).await;
    world
        .issuer
        .set_behaviour(Behaviour::Unavailable(poem::http::StatusCode::BAD_GATEWAY));

    let answer = call(&world, PAGE, Some(&world.sign(&world.token()))).await;

    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    assert!(
        answer
            .header("access-control-expose-headers")
            .unwrap()
            .contains("retry-after")
    );
}

#[tokio::test]
async fn an_origin_that_is_not_listed_is_served_and_gets_no_permission() {
    let world = World::with(LISTED).await;
    let token = world.sign(&world.token());
    for origin in [
        "https://evil.example",
        "null",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "https://evil-app.example.com",
        "https://APP.example.com",
        "https://app.example.com/",
        "*",
        "",
    ] {
        let answer = call(&world, origin, Some(&token)).await;
        assert_eq!(answer.status, 200, "{origin}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{origin}"
        );
        assert_eq!(answer.header("vary"), Some("origin"), "{origin}");

        let answer = preflight(&world, origin).await;
        assert_eq!(answer.status, 405, "{origin}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{origin}"
        );
        assert_eq!(
            answer.header("access-control-allow-methods"),
            None,
            "{origin}"
        );
    }
    let answer = call(&world, PAGE, Some(&token)).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
}

#[tokio::test]
async fn nothing_is_open_unless_it_is_set() {
    let world = World::start().await;

    let answer = call(&world, PAGE, None).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("access-control-allow-origin"), None);

    let answer = preflight(&world, PAGE).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("access-control-allow-methods"), None);
}
