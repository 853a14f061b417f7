//! Other settings while the service runs: all of them, or none.

use poem_resource_server::dev::Behaviour;

use crate::world::World;

const ADMIN_ONLY: &[(&str, &str)] = &[("access.operations.whoami.scopes", "admin")];

#[tokio::test]
async fn new_settings_are_enforced_from_the_next_request_on() {
    let world = World::start().await;
    let token = world.sign(&world.token());
    assert_eq!(world.whoami(&token).await.status, 200);

    world.reload(ADMIN_ONLY).await.unwrap();

    let refused = world.whoami(&token).await;
    let challenge = world.challenge(
        ", error=\"insufficient_scope\", error_description=\"The access token lacks a scope \
         that this operation requires.\", scope=\"admin\"",
    );
    refused.assert_refused("lacking", 403, "insufficient_scope", Some(&challenge));
    let admin = world.sign(&world.token().claim("scp", serde_json::json!(["admin"])));
    assert_eq!(world.whoami(&admin).await.status, 200);

    world.reload(&[]).await.unwrap();
    assert_eq!(world.whoami(&token).await.status, 200);
}

#[tokio::test]
async fn what_cannot_be_put_in_force_leaves_the_old_settings_as_they_were() {
    let world = World::with(ADMIN_ONLY).await;
    let lacking = world.sign(&world.token());
    let admin = world.sign(&world.token().claim("scp", serde_json::json!(["admin"])));
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("an unknown operation", &[("access.operations.whoam.scopes", "x")][..], "the new settings do not fit the API"),
        ("another port", &[("http.listen", "127.0.0.1:4000")], "`http.listen` has changed, and a reload cannot change that; restart the service"),
        ("more connections", &[("http.max_connections", "7")], "`http.max_connections` has changed, and a reload cannot change that; restart the service"),
        ("two of them", &[("log.format", "json"), ("http.keep_alive", "76s")], "`http.keep_alive`, `log.format` have changed, and a reload cannot change that; restart the service"),
    ];

    for (name, settings, message) in rows {
        let error = world.reload(settings).await.unwrap_err();

        assert_eq!(error.to_string(), message, "{name}");
        assert_eq!(world.whoami(&admin).await.status, 200, "{name}");
        assert_eq!(world.whoami(&lacking).await.status, 403, "{name}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_unreachable_keeps_its_keys_and_the_new_settings_are_enforced() {
    let world = World::start().await;
    let token = world.sign(&world.token());
    let admin = world.token().claim("scp", serde_json::json!(["admin"]));
    let admin = world.sign(&admin);
    let status = poem::http::StatusCode::SERVICE_UNAVAILABLE;
    world.issuer.set_behaviour(Behaviour::Unavailable(status));

    world.reload(ADMIN_ONLY).await.unwrap();

    assert_eq!(world.whoami(&token).await.status, 403);
    assert_eq!(world.whoami(&admin).await.status, 200);
    assert_eq!(world.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn an_issuer_that_answers_wrongly_leaves_the_old_settings_as_they_were() {
    let world = World::start().await;
    let token = world.sign(&world.token());
    world
        .issuer
        .set_behaviour(Behaviour::KeySet("no keys".to_owned()));

    let error = world.reload(ADMIN_ONLY).await.unwrap_err();

    assert_eq!(error.to_string(), "the issuer's keys cannot be fetched");
    assert_eq!(world.whoami(&token).await.status, 200);
    assert_eq!(world.get("/readyz").await.status, 200);

    world.issuer.set_behaviour(Behaviour::Normal);
    world.reload(ADMIN_ONLY).await.unwrap();
    assert_eq!(world.whoami(&token).await.status, 403);
}

#[tokio::test]
async fn a_withdrawn_key_is_refused_immediately_even_if_its_token_was_accepted_before() {
    let world = World::start().await;
    let old = world.sign(&world.token());
    assert_eq!(world.whoami(&old).await.status, 200);
    world.issuer.rotate().retire_old_keys();

    world.reload(&[]).await.unwrap();

    let refused = world.whoami(&old).await;
    let challenge = world.invalid_token();
    refused.assert_refused("taken back", 401, "unknown_key", Some(&challenge));
    let new = world.sign(&world.token());
    assert_eq!(world.whoami(&new).await.status, 200);
}
