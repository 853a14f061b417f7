//! Which issuer's key decrypts, and which issuer judges.

use serde_json::json;

use crate::seal::{KEYS, header, header_with, seal};
use crate::world::{A, B, SIGNERS, World};

fn signed_by_b(world: &World, issuer: &str) -> String {
    let claims = world.claims(issuer, &json!({}));
    SIGNERS[1].sign(&json!({ "alg": "ES256", "kid": "k" }), &claims)
}

#[tokio::test]
async fn a_token_is_judged_by_its_issuer_only_if_the_key_is_one_of_its_own() {
    let world = World::new();
    let of_a = world.signed(&json!({}));
    let of_b = signed_by_b(&world, B);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("a to the key of a", seal(&KEYS[0], &header(), &of_a), "ok"),
        ("b to the key of b", seal(&KEYS[1], &header(), &of_b), "ok"),
        ("b to the key of a", seal(&KEYS[0], &header(), &of_b), "wrong_decryption_key"),
        ("a to the key of b", seal(&KEYS[1], &header(), &of_a), "wrong_decryption_key"),
        ("a by b to the key of a", seal(&KEYS[0], &header(), &signed_by_b(&world, A)), "bad_signature"),
        ("a to a key of nobody", seal(&KEYS[2], &header(), &of_a), "undecryptable"),
    ];
    for (row, token, expected) in rows {
        assert_eq!(world.verdict(&token).await, expected, "{row}");
    }
}

#[tokio::test]
async fn a_key_of_two_issuers_decrypts_for_both() {
    let key = KEYS[0].key();
    let world = World::with(&[std::slice::from_ref(&key), std::slice::from_ref(&key)]);

    for content in [world.signed(&json!({})), signed_by_b(&world, B)] {
        let token = seal(&KEYS[0], &header(), &content);

        assert_eq!(world.verdict(&token).await, "ok");
    }
}

#[tokio::test]
async fn an_old_and_a_new_key_decrypt_during_a_rotation() {
    let world = World::with(&[&[KEYS[0].key(), KEYS[1].named("new")], &[]]);

    for (row, to, kid, expected) in [
        ("the old one", 0, json!(null), "ok"),
        ("the new one without its name", 1, json!(null), "ok"),
        ("the new one with its name", 1, json!("new"), "ok"),
        (
            "the new one with its thumbprint",
            1,
            json!(KEYS[1].thumbprint()),
            "ok",
        ),
        ("the new one with an unknown name", 1, json!("2025"), "ok"),
        // Only the named key is tried.
        (
            "the old one with the name of the new one",
            0,
            json!("new"),
            "undecryptable",
        ),
    ] {
        let token = world.sealed(&KEYS[to], &header_with(&json!({ "kid": kid })), &json!({}));

        assert_eq!(world.verdict(&token).await, expected, "{row}");
    }
}

#[tokio::test]
async fn a_key_that_names_its_algorithm_is_used_for_no_other() {
    let jwk = KEYS[0].jwk(&json!({ "alg": "RSA-OAEP-512" })).to_string();
    let key = poem_resource_server::token::DecryptionKey::parse(jwk.as_bytes()).unwrap();
    let world = World::with(&[&[std::sync::Arc::new(key)], &[]]);

    for (alg, expected) in [("RSA-OAEP-512", "ok"), ("RSA-OAEP-256", "undecryptable")] {
        let token = world.sealed(&KEYS[0], &header_with(&json!({ "alg": alg })), &json!({}));

        assert_eq!(world.verdict(&token).await, expected, "{alg}");
    }
}

#[tokio::test]
async fn tokens_of_an_issuer_that_was_removed_are_not_accepted() {
    let world = World::new();
    let token = world.token(&json!({}));
    assert_eq!(world.verdict(&token).await, "ok");

    assert!(world.issuers.remove(A));

    assert_eq!(world.verdict(&token).await, "undecryptable");
    assert!(world.issuers.remove(B));
    assert_eq!(world.verdict(&token).await, "encrypted_token");
}
