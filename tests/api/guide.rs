//! Okta's guide: `hello` for anyone, `whoami` for holders of a valid token.

use poem_resource_server::dev::User;
use reqwest::Method;
use serde_json::json;

use crate::answer::Answer;
use crate::world::World;

#[tokio::test]
async fn hello_answers_anyone_whatever_credentials_are_sent() {
    let world = World::start().await;
    let good = world.sign(&world.token());
    for (name, authorization) in [
        ("none", None),
        ("a valid token", Some(format!("Bearer {good}"))),
        ("a tampered token", Some(format!("Bearer {good}A"))),
        ("garbage", Some("Bearer ?".to_owned())),
        ("another scheme", Some("Basic YTpi".to_owned())),
    ] {
        let mut request = world.request(Method::GET, "/api/hello");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }

        let answer = Answer::to(request).await;

        assert_eq!(answer.status, 200, "{name}");
        assert!(answer.json()["message"].is_string(), "{name}");
        assert_eq!(answer.header("www-authenticate"), None, "{name}");
    }
}

#[tokio::test]
async fn whoami_without_credentials_is_challenged_without_an_error_code() {
    let world = World::start().await;

    let answer = world.get("/api/whoami").await;

    let challenge = world.challenge("");
    answer.assert_refused("none", 401, "missing_credentials", Some(&challenge));
    assert_eq!(world.whoami(&world.sign(&world.token())).await.status, 200);
}

#[tokio::test]
async fn whoami_returns_the_contents_of_a_clients_okta_token() {
    let world = World::start().await;
    let token = world.token();

    let answer = world.whoami(&world.sign(&token)).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let said = answer.json();
    let claims = token.claims();
    assert_eq!(
        said,
        json!({
            "subject": "dev-client",
            "client_id": "dev-client",
            "scopes": ["profile:read"],
            "issuer": world.issuer.issuer(),
            "audience": ["api://default"],
            "issued_at": said["issued_at"],
            "expires_at": said["expires_at"],
            "token_id": claims["jti"],
            "claims": claims,
        })
    );
    for (member, claim) in [("issued_at", "iat"), ("expires_at", "exp")] {
        let time = said[member].as_str().unwrap();
        let time = chrono::DateTime::parse_from_rfc3339(time).unwrap();
        assert_eq!(
            time.timestamp(),
            claims[claim].as_i64().unwrap(),
            "{member}"
        );
    }
}

#[tokio::test]
async fn whoami_returns_the_okta_id_of_a_user() {
    let world = World::start().await;
    let token = world
        .issuer
        .token_for_user(User::ADA, &["openid", "profile:read"]);

    let said = world.whoami(&world.sign(&token)).await.json();

    assert_eq!(said["user_id"], User::ADA.id);
    assert_eq!(said["subject"], User::ADA.login);
    assert_eq!(said["client_id"], "dev-spa");
    assert_eq!(said["scopes"], json!(["openid", "profile:read"]));
}

#[tokio::test]
async fn whoami_reads_tokens_as_rfc_9068_has_them() {
    let world = World::start().await;
    let token = world
        .token()
        .header("typ", "at+jwt")
        .without("cid")
        .without("scp")
        .without("jti")
        .without("iat")
        .claim("client_id", "s6BhdRkqt3")
        .claim("scope", "reports:read reports:write")
        .claim("aud", json!(["api://other", "api://default"]));

    let said = world.whoami(&world.sign(&token)).await.json();

    assert_eq!(said["client_id"], "s6BhdRkqt3");
    assert_eq!(said["scopes"], json!(["reports:read", "reports:write"]));
    assert_eq!(said["audience"], json!(["api://other", "api://default"]));
    assert_eq!(said.get("token_id"), None);
    assert_eq!(said.get("issued_at"), None);
}

#[tokio::test]
async fn without_keys_only_whoami_is_unavailable() {
    let world = World::without_keys(&[]).await;
    let token = world.sign(&world.token());

    let refused = world.whoami(&token).await;

    refused.assert_refused("no keys", 503, "no_keys", None);
    assert_eq!(refused.header("retry-after"), Some("5"));
    assert_eq!(world.get("/api/hello").await.status, 200);
    assert_eq!(world.get("/livez").await.status, 200);
    assert_eq!(world.get("/readyz").await.status, 503);

    world
        .issuer
        .set_behaviour(poem_resource_server::dev::Behaviour::Normal);
    world.clock.advance(std::time::Duration::from_secs(2));
    assert_eq!(world.whoami(&token).await.status, 200);
    assert_eq!(world.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let world = World::start().await;

    world
        .get("/nothing")
        .await
        .assert_refused("path", 404, "not_found", None);
    world
        .get("/api/whoami/")
        .await
        .assert_refused("slash", 404, "not_found", None);
    world
        .get("/API/whoami")
        .await
        .assert_refused("case", 404, "not_found", None);
    let posted = Answer::to(world.request(Method::POST, "/api/hello")).await;
    posted.assert_refused("method", 405, "method_not_allowed", None);
}
