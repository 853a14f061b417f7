//! The token inside of an encrypted one is judged like any other.

use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use crate::seal::{KEYS, encode, header, header_with, parts, seal};
use crate::world::{A, World, sign};

#[tokio::test]
async fn the_claims_of_the_signed_token_are_those_of_the_caller() {
    let world = World::new();

    let claims = world
        .verifier
        .verify(&world.token(&json!({})))
        .await
        .unwrap();

    assert_eq!((claims.issuer(), claims.subject()), (A, "ada"));
}

#[tokio::test]
async fn a_signed_token_with_a_fault_has_its_usual_reason() {
    let world = World::new();
    let now = world.now();
    #[rustfmt::skip] // A row a line.
    let rows: Vec<(&str, Value, &str)> = vec![
        ("nothing wrong", json!({}), "ok"),
        ("another audience", json!({ "aud": "other" }), "wrong_audience"),
        ("no audience", json!({ "aud": null }), "missing_claim"),
        ("another issuer", json!({ "iss": "https://evil.example" }), "unknown_issuer"),
        ("no issuer", json!({ "iss": null }), "missing_claim"),
        ("an issuer that is no string", json!({ "iss": 1 }), "malformed_claim"),
        ("expired", json!({ "exp": now - 3600 }), "expired"),
        ("no expiry", json!({ "exp": null }), "missing_claim"),
        ("not yet valid", json!({ "nbf": now + 3600 }), "not_yet_valid"),
        ("issued in the future", json!({ "iat": now + 3600 }), "issued_in_future"),
        ("an ID token", json!({ "nonce": "n", "at_hash": "h", "auth_time": now }), "id_token"),
        ("a logout token", json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }), "logout_token"),
        ("a bound token without its proof", json!({ "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" } }), "proof_required"),
    ];
    for (row, changes, expected) in rows {
        let token = world.token(&changes);
        let plain = world.verdict(&world.signed(&changes)).await;

        assert_eq!(world.verdict(&token).await, expected, "{row}");
        assert_eq!(plain, expected, "{row}, signed only");
    }
}

#[tokio::test]
async fn a_content_that_is_not_a_signed_token_is_refused() {
    let world = World::new();
    let claims = world.claims(A, &json!({}));
    let outsider = SigningKey::generate_with_kid(SigningAlgorithm::Es256, "k");
    let head = |alg: &str| json!({ "alg": alg, "kid": "k" }).to_string();
    let unsigned = |alg: &str| format!("{}.{}.", encode(head(alg)), encode(claims.to_string()));
    let signed = sign(&claims);
    let (input, signature) = signed.rsplit_once('.').unwrap();
    let typed = |typ: &str| {
        crate::world::SIGNERS[0].sign(&json!({ "alg": "ES256", "kid": "k", "typ": typ }), &claims)
    };
    let twice = seal(&KEYS[0], &header(), &signed);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("signed", signed.clone(), "ok"),
        ("the claims alone", claims.to_string(), "illegal_character"),
        ("nothing", String::new(), "encrypted_not_signed"),
        ("a word", "opaque-token".to_owned(), "encrypted_not_signed"),
        ("two parts", input.to_owned(), "encrypted_not_signed"),
        ("four parts", format!("{signed}.AAAA"), "encrypted_not_signed"),
        ("encrypted twice", twice.clone(), "encrypted_not_signed"),
        ("encrypted three times", seal(&KEYS[0], &header(), &twice), "encrypted_not_signed"),
        ("a space after it", format!("{signed} "), "illegal_character"),
        ("alg none", unsigned("none"), "algorithm_not_allowed"),
        ("alg None", unsigned("None"), "algorithm_not_allowed"),
        ("an empty signature", unsigned("ES256"), "bad_signature"),
        ("HMAC", unsigned("HS256"), "algorithm_not_allowed"),
        ("a shared secret", unsigned("dir"), "algorithm_not_allowed"),
        ("another signature", format!("{input}.{}", encode([7; 64])), "bad_signature"),
        ("a signature that is no base64url", format!("{input}.{signature}AAA"), "bad_base64"),
        ("an unknown signer", outsider.sign(&json!({ "alg": "ES256", "kid": "k" }), &claims), "bad_signature"),
        ("another key id", outsider.sign(&json!({ "alg": "ES256", "kid": "x" }), &claims), "unknown_key"),
        ("typ of a proof", typed("dpop+jwt"), "wrong_type"),
        ("typ of an access token", typed("at+jwt"), "ok"),
    ];
    for (row, content, expected) in rows {
        let expected = if row == "the claims alone" {
            "encrypted_not_signed"
        } else {
            expected
        };

        assert_eq!(
            world.verdict(&seal(&KEYS[0], &header(), &content)).await,
            expected,
            "{row}"
        );
    }
    let bytes = parts(
        &KEYS[0],
        header().to_string().as_bytes(),
        &[0xff, 0xfe, 0x00],
    );
    assert_eq!(world.verdict(&bytes.join()).await, "encrypted_not_signed");
    let nul = parts(
        &KEYS[0],
        header_with(&json!({})).to_string().as_bytes(),
        &[0; 64],
    );
    assert_eq!(world.verdict(&nul.join()).await, "encrypted_not_signed");
}
