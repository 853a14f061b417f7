//! One line a request, and in no line a secret.

use poem_resource_server::dev::User;
use reqwest::Method;

use crate::answer::Answer;
use crate::captured::Lines;
use crate::world::World;

#[tokio::test]
async fn each_request_is_logged_in_one_line() {
    let world = World::start().await;
    let token = world.sign(&world.token());
    let (lines, _guard) = Lines::capture();

    world.get("/api/hello").await;
    let accepted = world.whoami(&token).await;
    world.whoami("a.b.c").await;
    Answer::to(world.request(Method::POST, "/api/hello")).await;
    world.get("/nothing?x=1").await;

    let logged = lines.with_target("access");
    #[rustfmt::skip] // A row a line.
    let expected = [
        ("GET", "/api/hello", 200, "ok"),
        ("GET", "/api/whoami", 200, "ok"),
        ("GET", "/api/whoami", 401, "bad_base64"),
        ("POST", "/api/hello", 405, "method_not_allowed"),
        ("GET", "none", 404, "not_found"),
    ];
    assert_eq!(logged.len(), expected.len(), "{logged:#?}");
    for (line, (method, route, status, reason)) in logged.iter().zip(expected) {
        assert_eq!(line["method"], method, "{line}");
        assert_eq!(line["route"], route, "{line}");
        assert_eq!(line["status"], status, "{line}");
        assert_eq!(line["reason"], reason, "{line}");
        assert!(line["latency_us"].is_u64(), "{line}");
    }
    assert_eq!(
        logged[1]["request_id"].as_str(),
        accepted.header("x-request-id")
    );
}

#[tokio::test]
async fn no_line_at_any_level_holds_a_token_a_header_or_an_address() {
    let world = World::start().await;
    let ada = world.issuer.token_for_user(User::ADA, &["profile:read"]);
    let good = world.sign(&ada);
    let tampered = format!("{}A", &good[..good.len() - 1]);
    let unknown = world.sign(&ada.clone().header("kid", "n0b0dy"));
    let (lines, _guard) = Lines::capture();

    for token in [&good, &tampered, &unknown] {
        world.whoami(token).await;
        world
            .get(&format!("/api/whoami?access_token={token}"))
            .await;
        world.get(&format!("/{token}")).await;
    }
    let cookie = world
        .request(Method::GET, "/api/whoami")
        .header("cookie", format!("access_token={good}"))
        .header("x-api-key", "s3cr3t");
    Answer::to(cookie).await;
    world
        .raw_whoami(format!("Authorization: Basic {good}\r\n").as_bytes())
        .await;

    assert!(lines.with_target("access").len() >= 11);
    let text = lines.text();
    let signature = good.rsplit('.').next().unwrap();
    let payload = good.split('.').nth(1).unwrap();
    for (name, secret) in [
        ("a token", &*good),
        ("a signature", &signature[..40]),
        ("a payload", payload),
        ("an address", User::ADA.login),
        ("a header", "s3cr3t"),
        ("a key id of a stranger", "n0b0dy"),
    ] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{name}");
    }
}

#[tokio::test]
async fn the_line_of_a_refused_call_has_the_wanted_and_the_found_value() {
    let world = World::start().await;
    let issuer = world.issuer.issuer();
    let now = world.token().claims()["iat"].as_u64().unwrap();
    let (wanted_issuer, found_issuer) = (issuer.as_str(), "https://other.example");
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("unknown_issuer", world.token().claim("iss", found_issuer), found_issuer, Some(wanted_issuer), Some(found_issuer)),
        ("unknown_issuer", world.token().claim("iss", found_issuer).header("kid", "other"), found_issuer, Some(wanted_issuer), Some(found_issuer)),
        ("wrong_audience", world.token().claim("aud", serde_json::json!(["a", "b"])), wanted_issuer, Some("api://default"), Some("a b")),
        ("expired", world.token().claim("exp", now - 3_780), wanted_issuer, None, Some("expired 1 h 3 min ago")),
        ("wrong_type", world.token().header("typ", "id_token+jwt"), wanted_issuer, Some("JWT at+jwt"), Some("id_token+jwt")),
        ("algorithm_not_allowed", world.token().header("alg", "HS256"), wanted_issuer, Some("RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA"), Some("HS256")),
        ("missing_claim", world.token().without("sub"), wanted_issuer, None, None),
    ];
    let (lines, _guard) = Lines::capture();

    for (_, token, ..) in &rows {
        world.whoami(&world.sign(token)).await;
    }
    world.whoami(&world.sign(&world.token())).await;
    world.get("/api/whoami").await;

    let logged = lines.with_target("access");
    for (line, (reason, _, issuer, wanted, found)) in logged.iter().zip(&rows) {
        assert_eq!(line["reason"], *reason, "{line}");
        assert_eq!(line["issuer"], *issuer, "{line}");
        assert_eq!(line["wanted"].as_str(), *wanted, "{line}");
        assert_eq!(line["found"].as_str(), *found, "{line}");
        assert!(line["address"].is_null(), "{line}");
    }
    for line in &logged[rows.len()..] {
        assert!(
            line["issuer"].is_null() && line["found"].is_null(),
            "{line}"
        );
    }
    assert_eq!(logged.len(), rows.len() + 2);
}

#[tokio::test]
async fn the_algorithms_that_the_settings_allow_are_logged_as_those_wanted() {
    let world = World::with(&[("issuer.algorithms", "PS256,ES256")]).await;
    let twin = World::with(&[("issuer.algorithms", "RS256")]).await;
    let (lines, _guard) = Lines::capture();

    world.whoami(&world.sign(&world.token())).await;
    twin.whoami(&twin.sign(&twin.token())).await;

    let logged = lines.with_target("access");
    assert_eq!(logged[0]["reason"], "algorithm_not_allowed", "{logged:#?}");
    assert_eq!(logged[0]["wanted"], "PS256 ES256", "{logged:#?}");
    assert_eq!(logged[0]["found"], "RS256", "{logged:#?}");
    assert_eq!(logged[1]["reason"], "ok", "{logged:#?}");
    assert!(logged[1]["wanted"].is_null(), "{logged:#?}");
}

#[tokio::test]
async fn the_address_of_a_refused_caller_is_logged_by_setting_alone() {
    let world = World::with(&[("log.client_address", "true")]).await;
    let token = world.sign(&world.token());
    let (lines, _guard) = Lines::capture();

    world.get("/api/whoami").await;
    world.whoami(&token).await;

    let logged = lines.with_target("access");
    assert_eq!(logged[0]["address"], "127.0.0.1", "{logged:#?}");
    assert!(logged[1]["address"].is_null(), "{logged:#?}");
}

#[tokio::test]
async fn a_probe_that_finds_no_keys_is_logged_with_that_reason() {
    let world = World::without_keys(&[]).await;
    let (lines, _guard) = Lines::capture();

    world.get("/readyz").await;
    world.get("/livez").await;

    let logged = lines.with_target("access");
    assert_eq!(logged[0]["status"], 503);
    assert_eq!(logged[0]["reason"], "no_keys");
    assert_eq!(logged[1]["status"], 200);
    assert_eq!(logged[1]["reason"], "ok");
}
