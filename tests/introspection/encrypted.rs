//! Encrypted tokens of an issuer that is asked about tokens.

use serde_json::json;

use crate::issuer::Answer;
use crate::seal::{KEYS, header, seal};
use crate::world::{TOKEN, World, always, ok, opaque, refused};

#[tokio::test]
async fn the_issuer_is_asked_about_the_signed_token_and_the_encrypted_one_is_remembered() {
    let world = World::with_decryption(always(), KEYS[0].key()).await;
    let signed = world.jwt(json!({}), json!({}));
    let token = seal(&KEYS[0], &header(), &signed);

    for _ in 0..10 {
        assert_eq!(world.verdict(&token).await, ok());
    }

    assert_eq!(world.issuer.calls(), 1);
    assert_eq!(world.issuer.last().parameter("token"), Some(&*signed));
    world.advance(60);
    world.answer_inactive();
    assert_eq!(world.verdict(&token).await, refused("inactive"));
    assert_eq!(world.issuer.calls(), 2);
}

#[tokio::test]
async fn an_encrypted_token_that_the_issuer_did_not_sign_causes_no_call() {
    let world = World::with_decryption(always(), KEYS[0].key()).await;
    let signed = world.jwt(json!({}), json!({}));
    let (input, _) = signed.rsplit_once('.').unwrap();
    let forged = seal(&KEYS[0], &header(), &format!("{input}.{}", "A".repeat(86)));

    assert_eq!(world.verdict(&forged).await, refused("bad_signature"));

    assert_eq!(world.issuer.calls(), 0);
}

#[tokio::test]
async fn in_mode_opaque_there_is_no_call_about_a_token_that_is_decrypted() {
    let world = World::with_decryption(opaque(), KEYS[0].key()).await;
    let token = seal(&KEYS[0], &header(), &world.jwt(json!({}), json!({})));

    assert_eq!(world.verdict(&token).await, ok());
    assert_eq!(world.issuer.calls(), 0);
    assert_eq!(world.verdict(TOKEN).await, ok());
    assert_eq!(world.issuer.calls(), 1);
}

#[tokio::test]
async fn an_operation_that_requires_an_answer_gets_it_for_an_encrypted_token() {
    let world = World::with_decryption(opaque(), KEYS[0].key()).await;
    let signed = world.jwt(json!({}), json!({}));
    let token = seal(&KEYS[0], &header(), &signed);
    assert_eq!(world.verdict(&token).await, ok());

    assert_eq!(world.call("/always", &token).await.status, 200);
    assert_eq!(world.call("/always", &token).await.status, 200);
    assert_eq!(world.issuer.calls(), 1);

    world
        .issuer
        .answer(Answer::Json(json!({ "active": false })));
    world.advance(60);
    assert_eq!(world.call("/always", &token).await.reason, "inactive");
}

#[tokio::test]
async fn a_token_that_no_key_decrypts_is_introspected_like_an_opaque_one() {
    let world = World::with_decryption(opaque(), KEYS[0].key()).await;
    let token = seal(&KEYS[1], &header(), &world.jwt(json!({}), json!({})));

    assert_eq!(world.verdict(&token).await, ok());
    assert_eq!(world.issuer.calls(), 1);
    assert_eq!(world.issuer.last().parameter("token"), Some(&*token));

    let other = World::with_decryption(opaque().with_prefix("tok_"), KEYS[0].key()).await;
    let token = seal(&KEYS[1], &header(), &other.jwt(json!({}), json!({})));
    assert_eq!(other.verdict(&token).await, refused("undecryptable"));
    assert_eq!(other.issuer.calls(), 0);
}

#[tokio::test]
async fn an_opaque_token_with_four_dots_is_introspected() {
    let world = World::with_decryption(opaque(), KEYS[0].key()).await;

    assert_eq!(
        world
            .verdict("opaque.token.with.four.dots-0123456789")
            .await,
        ok()
    );
    assert_eq!(world.issuer.calls(), 1);
}
