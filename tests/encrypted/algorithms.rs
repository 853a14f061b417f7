//! Which algorithms are accepted.

use serde_json::{Value, json};

use crate::seal::{KEYS, Recipient, header_with, parts};
use crate::world::World;

#[tokio::test]
async fn each_pair_of_algorithms_that_the_page_names_is_accepted() {
    let world = World::new();
    for alg in ["RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512"] {
        for enc in [
            "A128GCM",
            "A192GCM",
            "A256GCM",
            "A128CBC-HS256",
            "A192CBC-HS384",
            "A256CBC-HS512",
        ] {
            let header = header_with(&json!({ "alg": alg, "enc": enc }));
            let token = world.sealed(&KEYS[0], &header, &json!({}));

            assert_eq!(world.verdict(&token).await, "ok", "{alg} {enc}");
        }
    }
}

#[tokio::test]
async fn keys_of_3072_and_4096_bits_decrypt() {
    for size in [
        aws_lc_rs::rsa::KeySize::Rsa3072,
        aws_lc_rs::rsa::KeySize::Rsa4096,
    ] {
        let recipient = Recipient::new(size);
        let world = World::with(&[&[recipient.key()], &[]]);

        let token = world.sealed(&recipient, &header_with(&json!({})), &json!({}));

        assert_eq!(world.verdict(&token).await, "ok");
    }
}

#[tokio::test]
async fn every_other_algorithm_is_refused_before_a_key_is_used() {
    let world = World::new();
    #[rustfmt::skip] // A row a line.
    let rows: Vec<(&str, Value)> = vec![
        ("RSA-OAEP with SHA-1", json!({ "alg": "RSA-OAEP" })),
        ("PKCS #1 v1.5", json!({ "alg": "RSA1_5" })),
        ("a shared secret", json!({ "alg": "dir" })),
        ("key wrap", json!({ "alg": "A256KW" })),
        ("key wrap with GCM", json!({ "alg": "A256GCMKW", "iv": "AAAAAAAAAAAAAAAA", "tag": "AAAAAAAAAAAAAAAAAAAAAA" })),
        ("a password", json!({ "alg": "PBES2-HS256+A128KW", "p2c": 2_000_000_000, "p2s": "AAAAAAAAAAA" })),
        ("a key agreement", json!({ "alg": "ECDH-ES", "epk": { "kty": "EC" } })),
        ("a key agreement with key wrap", json!({ "alg": "ECDH-ES+A256KW", "epk": { "kty": "EC" } })),
        ("a signature algorithm", json!({ "alg": "RS256" })),
        ("none", json!({ "alg": "none" })),
        ("another case", json!({ "alg": "rsa-oaep-256" })),
        ("no name", json!({ "alg": "" })),
        ("no string", json!({ "alg": ["RSA-OAEP-256"] })),
        ("no alg", json!({ "alg": null })),
        ("another enc", json!({ "enc": "A512GCM" })),
        ("enc in another case", json!({ "enc": "a256gcm" })),
        ("CBC without HMAC", json!({ "enc": "A256CBC" })),
        ("ChaCha20", json!({ "enc": "C20P" })),
        ("enc that is no string", json!({ "enc": 256 })),
        ("compression", json!({ "zip": "DEF" })),
        ("another compression", json!({ "zip": "br" })),
        ("a compression that is false", json!({ "zip": false })),
    ];
    for (row, changes) in rows {
        let header = header_with(&changes).to_string();
        let sealed = parts(
            &KEYS[0],
            header.as_bytes(),
            world.signed(&json!({})).as_bytes(),
        );

        let verdict = world.verdict(&sealed.join()).await;

        assert_eq!(verdict, "encryption_not_allowed", "{row}");
    }
}
