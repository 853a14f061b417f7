//! What the issuer says about a token, and what the caller gets.

use serde_json::{Value, json};

use crate::issuer::Answer;
use crate::world::{TOKEN, World, always, ok, refused};

#[tokio::test]
async fn an_active_token_is_accepted_and_asked_about_once() {
    let world = World::start().await;

    for _ in 0..1000 {
        assert_eq!(world.verdict(TOKEN).await, ok());
    }

    assert_eq!(world.issuer.calls(), 1);
    let asked = world.issuer.last();
    assert_eq!(asked.parameter("token"), Some(TOKEN));
    assert_eq!(asked.parameter("token_type_hint"), Some("access_token"));
}

#[tokio::test]
async fn the_claims_of_an_active_token_are_validated_as_always() {
    let world = World::start().await;
    let now = world.now();
    let of_okta = json!({ "iss": null, "aud": null, "jti": null, "device_id": "d" });
    #[rustfmt::skip] // A row a line.
    let rows: [(&str, Value, (u16, String)); 18] = [
        ("active", json!({}), ok()),
        ("within the leeway", json!({ "exp": now - 30 }), ok()),
        ("several audiences", json!({ "aud": ["x", "api://default"] }), ok()),
        ("not active", json!({ "active": false }), refused("inactive")),
        ("another audience", json!({ "aud": "api://other" }), refused("wrong_audience")),
        ("no audience", json!({ "aud": null }), refused("missing_claim")),
        ("another issuer", json!({ "iss": "https://id.example" }), refused("wrong_issuer")),
        ("no issuer", json!({ "iss": null }), refused("missing_claim")),
        ("no subject", json!({ "sub": null }), refused("missing_claim")),
        ("expired by our clock", json!({ "exp": now - 60 }), refused("expired")),
        ("no expiry", json!({ "exp": null }), refused("missing_claim")),
        ("not yet valid", json!({ "nbf": now + 120 }), refused("not_yet_valid")),
        ("an ID token", json!({ "jti": "ID.1" }), refused("id_token")),
        ("a refresh token", json!({ "token_type": "refresh_token" }), refused("refresh_token")),
        ("a refresh token of Okta", of_okta, refused("refresh_token")),
        ("a refresh token of Keycloak", json!({ "typ": "Refresh" }), refused("refresh_token")),
        ("bound to a key", json!({ "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } }), refused("proof_required")),
        ("two different scopes", json!({ "scp": ["other"] }), refused("malformed_claim")),
    ];
    for (number, (row, changes, expected)) in rows.into_iter().enumerate() {
        world.advance(1);
        world.issuer.answer(Answer::Json(world.stated(changes)));
        let token = format!("{TOKEN}-{number}");

        assert_eq!(world.verdict(&token).await, expected, "{row}");
    }
}

#[tokio::test]
async fn an_active_token_without_the_scope_is_forbidden() {
    let world = World::start().await;

    let verdict = world.call("/write", TOKEN).await;

    assert_eq!(
        (verdict.status, &*verdict.reason),
        (403, "insufficient_scope")
    );
    assert_eq!(world.verdict(TOKEN).await, ok());
    assert_eq!(world.issuer.calls(), 1);
}

#[tokio::test]
async fn in_mode_opaque_a_jwt_causes_no_call() {
    let world = World::start().await;
    let jwt = world.jwt(json!({}), json!({}));

    assert_eq!(world.verdict(&jwt).await, ok());
    assert_eq!(
        world.verdict(&forged(&world)).await,
        refused("bad_signature")
    );

    assert_eq!(world.issuer.calls(), 0);
}

/// A JWT with the signature of another one.
fn forged(world: &World) -> String {
    let jwt = |sub: &str| world.jwt(json!({}), json!({ "sub": sub }));
    let (eve, other) = (jwt("eve"), jwt("other"));
    let (input, _) = eve.rsplit_once('.').unwrap();
    let (_, signature) = other.rsplit_once('.').unwrap();
    format!("{input}.{signature}")
}

#[tokio::test]
async fn in_mode_always_a_jwt_must_be_signed_and_active() {
    let world = World::with(always()).await;
    let jwt = |sub: &str| world.jwt(json!({}), json!({ "sub": sub }));

    assert_eq!(
        world.verdict(&forged(&world)).await,
        refused("bad_signature")
    );
    assert_eq!(world.issuer.calls(), 0);
    let ada = jwt("ada");
    assert_eq!(world.verdict(&ada).await, ok());
    assert_eq!(world.verdict(&ada).await, ok());
    assert_eq!(world.issuer.calls(), 1);
    world.answer_inactive();
    assert_eq!(world.verdict(&jwt("bob")).await, refused("inactive"));

    let other = world.stated(json!({ "iss": "https://id.example" }));
    world.issuer.answer(Answer::Json(other));
    assert_eq!(world.verdict(&jwt("cid")).await, refused("wrong_issuer"));
    world.issuer.answer(Answer::Json(json!({ "active": true })));
    assert_eq!(world.verdict(&jwt("dan")).await, ok());
}

#[tokio::test]
async fn in_mode_always_a_revoked_token_is_refused_after_max_age() {
    let world = World::with(always()).await;
    let jwt = world.jwt(json!({}), json!({}));
    assert_eq!(world.verdict(&jwt).await, ok());

    world.answer_inactive();
    world.advance(59);
    assert_eq!(world.verdict(&jwt).await, ok());
    world.advance(1);

    assert_eq!(world.verdict(&jwt).await, refused("inactive"));
}

#[tokio::test]
async fn an_operation_can_require_introspection() {
    let world = World::start().await;
    let jwt = world.jwt(json!({}), json!({}));
    let always = async || world.call("/always", &jwt).await.reason;

    assert_eq!(world.verdict(&jwt).await, ok());
    assert_eq!(world.issuer.calls(), 0);
    assert_eq!(always().await, "ok");
    assert_eq!(always().await, "ok");
    assert_eq!(world.issuer.calls(), 1);

    world.answer_inactive();
    world.advance(60);
    assert_eq!(always().await, "inactive");
    assert_eq!(world.verdict(&jwt).await, ok());
    assert_eq!(always().await, "inactive");
    assert_eq!(world.issuer.calls(), 2);
}

#[tokio::test]
async fn tokens_of_a_removed_issuer_are_not_accepted_any_more() {
    let world = World::start().await;
    assert_eq!(world.verdict(TOKEN).await, ok());

    world.issuers.remove(&world.issuer.url());

    assert_eq!(world.verdict(TOKEN).await, refused("not_three_segments"));
    assert_eq!(world.issuer.calls(), 1);
}

#[tokio::test]
async fn an_encrypted_token_has_its_own_reason_unless_the_issuer_can_be_asked() {
    // {"alg":"RSA-OAEP-256","enc":"A256GCM"}
    let header = "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0";
    let encrypted = format!("{header}.a2V5.aXY.dGV4dA.dGFn");
    // {"alg":"RSA1_5","enc":"A256GCM"}, which no key of ours decrypts.
    let unsafe_algorithm = "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMjU2R0NNIn0.a2V5.aXY.dGV4dA.dGFn";
    let not_encrypted = "eyJhbGciOiJFUzI1NiJ9.a2V5.aXY.dGV4dA.dGFn";
    let world = World::start().await;
    assert_eq!(world.verdict(&encrypted).await, ok());
    assert_eq!(world.verdict(unsafe_algorithm).await, ok());

    world.issuers.remove(&world.issuer.url());

    for encrypted in [&*encrypted, unsafe_algorithm] {
        assert_eq!(world.verdict(encrypted).await, refused("encrypted_token"));
    }
    assert_eq!(
        world.verdict(not_encrypted).await,
        refused("not_three_segments")
    );
}
