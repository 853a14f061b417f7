//! An Okta org authorization server: its keys are not published, and every app of the organization
//! gets tokens for its audience.

use std::sync::Arc;

use poem_resource_server::clock::ManualClock;
use poem_resource_server::issuer::{Fetch, FetchPolicy, IntrospectionPolicy};
use poem_resource_server::token::{Audience, Validation};
use poem_resource_server::verifier::RemoteIssuer;
use serde_json::{Value, json};

use crate::issuer::{Answer, Issuer};
use crate::world::{HIDDEN, KEY, World, always, ok, opaque, refused};

const TYPE: &str = "application/okta-internal-at+jwt";

async fn world() -> World {
    let world =
        World::with_metadata(Issuer::org_server(&[&KEY]).await, always(), &["shop-web"]).await;
    world.answer_active();
    world
}

/// An access token of the organization, signed by a key that nobody can fetch.
fn token(world: &World, changes: Value) -> String {
    let header = json!({ "alg": "ES256", "kid": HIDDEN.kid(), "typ": TYPE });
    HIDDEN.sign(&header, &world.stated(changes))
}

#[tokio::test]
async fn its_tokens_are_accepted_by_introspection_for_the_listed_clients() {
    let world = world().await;
    let issuer = world.issuers.find(&world.issuer.url()).unwrap();
    assert!(!issuer.has_keys());
    assert!(world.verifier.has_keys());
    let refresh = json!({ "iss": null, "aud": null, "jti": null, "device_id": "d" });
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("of a listed client", json!({}), ok()),
        ("of another app", json!({ "client_id": "other" }), refused("client_not_accepted")),
        ("of no client", json!({ "client_id": null }), refused("client_not_accepted")),
        ("not active", json!({ "active": false }), refused("inactive")),
        ("an ID token", json!({ "jti": "ID.1" }), refused("id_token")),
        ("a refresh token", refresh, refused("refresh_token")),
        ("another audience", json!({ "aud": "api://other" }), refused("wrong_audience")),
    ];
    for (number, (row, changes, expected)) in rows.into_iter().enumerate() {
        world.issuer.answer(Answer::Json(world.stated(changes)));
        let token = token(&world, json!({ "jti": format!("AT.{number}") }));

        assert_eq!(world.verdict(&token).await, expected, "{row}");
        assert_eq!(world.issuer.calls(), number + 1, "{row}");
    }
}

#[tokio::test]
async fn what_the_token_says_itself_proves_nothing() {
    let world = world().await;
    let other = world.stated(json!({ "client_id": "other" }));
    world.issuer.answer(Answer::Json(other));

    let token = token(&world, json!({ "client_id": "shop-web" }));

    assert_eq!(world.verdict(&token).await, refused("client_not_accepted"));
}

#[tokio::test]
async fn without_introspection_of_every_token_or_without_clients_it_is_no_issuer() {
    let reason = async |policy: Option<IntrospectionPolicy>, clients: &[&str]| {
        let issuer = Issuer::org_server(&[&KEY]).await;
        let audience = Audience::parse("api://default").unwrap();
        let rules = Validation::new(issuer.url(), audience).with_clients(clients.iter().copied());
        let remote = RemoteIssuer::new("default", rules).with_clock(Arc::new(ManualClock::new()));
        let remote = match policy {
            Some(policy) => remote.with_introspection(policy),
            None => remote,
        };
        let trusted = remote.start(Fetch::new(&FetchPolicy::default()).unwrap());
        let trusted = trusted.unwrap();
        let first = trusted.remote_keys().unwrap().first_attempt().await;
        first.map_or_else(|error| error.reason(), |()| "ok")
    };

    assert_eq!(reason(Some(always()), &["shop-web"]).await, "ok");
    assert_eq!(reason(None, &["shop-web"]).await, "okta_org_server");
    assert_eq!(reason(Some(always()), &[]).await, "okta_org_server");
    assert_eq!(
        reason(Some(opaque()), &["shop-web"]).await,
        "okta_org_server"
    );
}

#[tokio::test]
async fn another_issuer_has_no_tokens_of_this_type() {
    let world = World::with(always()).await;
    let internal = world.jwt(json!({ "typ": TYPE }), json!({}));
    let twin = world.jwt(json!({ "typ": "at+jwt" }), json!({}));

    assert_eq!(world.verdict(&internal).await, refused("wrong_type"));
    assert_eq!(world.issuer.calls(), 0);
    assert_eq!(world.verdict(&twin).await, ok());
}
