use std::time::Duration;

use poem::http::StatusCode;
use serde_json::{Value, json};

use super::World;
use crate::dev::{SigningAlgorithm, SigningKey, User};

const CREDENTIALS: &str = "client_id=dev-client&client_secret=dev-secret";

#[tokio::test]
async fn an_active_token_is_described_as_okta_describes_it() {
    let world = World::start().await;
    let token = world
        .issuer
        .token_for_user(User::ADA, &["AccessAll", "profile:read"]);

    let description = introspect(&world, &world.issuer.sign(&token)).await;

    let claims = token.claims();
    assert_eq!(
        description,
        json!({
            "active": true, "token_type": "Bearer", "scope": "AccessAll profile:read",
            "client_id": "dev-spa", "sub": "ada@example.com", "aud": "api://default",
            "iss": world.issuer.issuer(), "exp": claims["exp"], "iat": claims["iat"],
            "jti": claims["jti"], "uid": User::ADA.id, "username": "ada@example.com",
            "auth_time": claims["iat"], "acr": "urn:okta:loa:1fa:any",
        })
    );
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_it_is_merely_inactive() {
    let world = World::start().await;
    let token = world.issuer.token_for_client("dev-client", &["AccessAll"]);
    let other_key = SigningKey::generate(SigningAlgorithm::Es256);
    let table = [
        ("not a token", "junk".to_owned()),
        ("another's key", token.sign_with(&other_key)),
        (
            "another's name",
            world.issuer.sign(&token.clone().claim("iss", "x")),
        ),
        (
            "no access token",
            world.issuer.sign(&token.clone().without("cid")),
        ),
        ("no end", world.issuer.sign(&token.clone().without("exp"))),
    ];

    for (row, junk) in table {
        assert_eq!(
            introspect(&world, &junk).await,
            json!({"active": false}),
            "{row}"
        );
    }
    let good = world.issuer.sign(&token);
    assert_eq!(introspect(&world, &good).await["active"], true);
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(introspect(&world, &good).await, json!({"active": false}));
}

#[tokio::test]
async fn a_revoked_token_is_inactive_and_its_neighbour_is_not() {
    let world = World::start().await;
    let mint = || {
        let token = world.issuer.token_for_client("dev-client", &["AccessAll"]);
        world.issuer.sign(&token)
    };
    let (revoked, neighbour) = (mint(), mint());

    let answer = world
        .post("/v1/revoke", &format!("token={revoked}&{CREDENTIALS}"))
        .await;
    let again = world
        .post("/v1/revoke", &format!("token={revoked}&{CREDENTIALS}"))
        .await;

    assert_eq!(
        (answer.status, again.status),
        (StatusCode::OK, StatusCode::OK)
    );
    assert_eq!(introspect(&world, &revoked).await, json!({"active": false}));
    assert_eq!(introspect(&world, &neighbour).await["active"], true);
}

#[tokio::test]
async fn a_client_cannot_revoke_the_token_of_another() {
    let world = World::start().await;
    let token = world.issuer.token_for_user(User::ADA, &["AccessAll"]);
    let token = world.issuer.sign(&token);

    let other = world
        .post("/v1/revoke", &format!("token={token}&{CREDENTIALS}"))
        .await;
    let after_other = introspect(&world, &token).await;
    let own = world
        .post("/v1/revoke", &format!("token={token}&client_id=dev-spa"))
        .await;
    let after_own = introspect(&world, &token).await;

    assert_eq!(other.refusal(), (400, "invalid_grant".to_owned()));
    assert_eq!(after_other["active"], true);
    assert_eq!(own.status, StatusCode::OK);
    assert_eq!(after_own["active"], false);
}

#[tokio::test]
async fn both_endpoints_want_a_client_and_a_token() {
    let world = World::start().await;

    for path in ["/v1/introspect", "/v1/revoke"] {
        let anonymous = world.post(path, "token=x").await;
        let nothing = world.post(path, CREDENTIALS).await;
        let whole = world.post(path, &format!("token=x&{CREDENTIALS}")).await;

        assert_eq!(
            anonymous.refusal(),
            (401, "invalid_client".to_owned()),
            "{path}"
        );
        assert_eq!(
            nothing.refusal(),
            (400, "invalid_request".to_owned()),
            "{path}"
        );
        assert_eq!(whole.status, StatusCode::OK, "{path}");
    }
}

async fn introspect(world: &World, token: &str) -> Value {
    let form = format!("token={token}&{CREDENTIALS}");
    world.post("/v1/introspect", &form).await.json()
}
