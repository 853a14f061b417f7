//! Signed responses (RFC 9701).

use poem_resource_server::dev::SigningKey;
use serde_json::{Value, json};

use crate::issuer::Answer;
use crate::world::{HIDDEN, KEY, TOKEN, World, failed, ok, opaque, refused};

const SIGNED: &str = "application/token-introspection+jwt";

/// A response with these changes of its header and of its payload. `null` removes a member.
fn response(world: &World, key: &SigningKey, header: &Value, changes: &Value) -> String {
    let mut head = json!({ "alg": "ES256", "kid": key.kid(), "typ": "token-introspection+jwt" });
    let mut payload = json!({
        "iss": world.issuer.url(), "aud": "api", "iat": world.now(),
        "token_introspection": world.stated(json!({})),
    });
    for (target, changes) in [(&mut head, header), (&mut payload, changes)] {
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                target.as_object_mut().unwrap().remove(name);
            } else {
                target[name] = value.clone();
            }
        }
    }
    key.sign(&head, &payload)
}

#[tokio::test]
async fn a_signed_response_is_verified_before_it_is_believed() {
    let now = World::start().await.now();
    let none = json!({});
    let malformed = failed("introspection_malformed");
    let foreign = json!({ "active": true, "iss": "x", "aud": "api", "sub": "s", "exp": now + 60 });
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("signed", &*KEY, none.clone(), none.clone(), ok()),
        ("with the long type", &*KEY, json!({ "typ": SIGNED }), none.clone(), ok()),
        ("for several audiences", &*KEY, none.clone(), json!({ "aud": ["x", "api"] }), ok()),
        ("not active", &*KEY, none.clone(), json!({ "token_introspection": { "active": false } }), refused("inactive")),
        ("about a token of another issuer", &*KEY, none.clone(), json!({ "token_introspection": foreign }), refused("wrong_issuer")),
        ("by another key", &*HIDDEN, none.clone(), none.clone(), malformed.clone()),
        ("by another key with the same name", &*HIDDEN, json!({ "kid": KEY.kid() }), none.clone(), malformed.clone()),
        ("of another type", &*KEY, json!({ "typ": "JWT" }), none.clone(), malformed.clone()),
        ("without a type", &*KEY, json!({ "typ": null }), none.clone(), malformed.clone()),
        ("for another client", &*KEY, none.clone(), json!({ "aud": "other" }), malformed.clone()),
        ("for several other clients", &*KEY, none.clone(), json!({ "aud": ["x", "y"] }), malformed.clone()),
        ("of another issuer", &*KEY, none.clone(), json!({ "iss": "https://id.example" }), malformed.clone()),
        ("290 s old", &*KEY, none.clone(), json!({ "iat": now - 290 }), ok()),
        ("310 s old", &*KEY, none.clone(), json!({ "iat": now - 310 }), malformed.clone()),
        ("old", &*KEY, none.clone(), json!({ "iat": now - 600 }), malformed.clone()),
        ("without a time", &*KEY, none.clone(), json!({ "iat": null }), malformed.clone()),
        ("without a response", &*KEY, none.clone(), json!({ "token_introspection": null }), malformed.clone()),
        ("with the response outside", &*KEY, none.clone(), json!({ "token_introspection": null, "active": true }), malformed),
    ];
    for (row, key, header, changes, expected) in rows {
        let world = World::with(opaque().with_signed_responses()).await;
        let body = response(&world, key, &header, &changes);
        world.issuer.answer(Answer::Typed(200, SIGNED, body));

        assert_eq!(world.verdict(TOKEN).await, expected, "{row}");
        let accepted = world.issuer.last().headers["accept"].clone();
        assert_eq!(accepted, SIGNED, "{row}");
    }
}

#[tokio::test]
async fn a_response_that_must_be_signed_is_not_believed_otherwise() {
    let world = World::with(opaque().with_signed_responses()).await;
    let malformed = failed("introspection_malformed");
    assert_eq!(world.verdict(TOKEN).await, malformed);

    let world = World::start().await;
    assert_eq!(world.verdict(TOKEN).await, ok());
}

#[tokio::test]
async fn a_signed_response_is_never_accepted_as_an_access_token() {
    let world = World::start().await;
    // It has every claim of an access token.
    let claims = world.stated(json!({}));
    let as_token = response(&world, &KEY, &json!({}), &claims);
    let twin = response(&world, &KEY, &json!({ "typ": "at+jwt" }), &claims);

    assert_eq!(world.verdict(&as_token).await, refused("wrong_type"));
    assert_eq!(world.verdict(&twin).await, ok());
    assert_eq!(world.issuer.calls(), 0);
}
