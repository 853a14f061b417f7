//! The form, the header and the parts of encrypted tokens.

use serde_json::{Value, json};

use crate::seal::{KEYS, Parts, encode, header, header_with, key_bytes, parts, parts_with_key};
use crate::world::World;

fn sealed(world: &World, header: &str) -> Parts {
    parts(
        &KEYS[0],
        header.as_bytes(),
        world.signed(&json!({})).as_bytes(),
    )
}

#[tokio::test]
async fn a_header_with_a_fault_is_refused_by_name() {
    let world = World::new();
    let kid = |length: usize| json!({ "kid": "k".repeat(length) });
    let many = |number: usize| {
        let names = (0..number).map(|it| (format!("n{it}"), json!(0)));
        Value::Object(names.collect())
    };
    #[rustfmt::skip] // A row a line.
    let rows: Vec<(&str, Value, &str)> = vec![
        ("nothing else", json!({}), "ok"),
        ("crit", json!({ "crit": ["exp"] }), "critical_header"),
        ("an empty crit", json!({ "crit": [] }), "critical_header"),
        ("a kid that names no key", json!({ "kid": "other" }), "ok"),
        ("the thumbprint as kid", json!({ "kid": KEYS[0].thumbprint() }), "ok"),
        ("the thumbprint of another key", json!({ "kid": KEYS[1].thumbprint() }), "undecryptable"),
        ("the thumbprint of a key that is not configured", json!({ "kid": KEYS[2].thumbprint() }), "ok"),
        ("a kid that is no string", json!({ "kid": 7 }), "malformed_kid"),
        ("a kid of 256 bytes", kid(256), "ok"),
        ("a kid of 257 bytes", kid(257), "malformed_kid"),
        ("no cty", json!({ "cty": null }), "ok"),
        ("cty in another case", json!({ "cty": "jwt" }), "ok"),
        ("cty of an access token", json!({ "cty": "at+jwt" }), "ok"),
        ("another cty", json!({ "cty": "application/json" }), "wrong_type"),
        ("a cty that is no string", json!({ "cty": ["JWT"] }), "wrong_type"),
        ("typ of an access token", json!({ "typ": "at+jwt" }), "ok"),
        ("typ of a proof", json!({ "typ": "dpop+jwt" }), "wrong_type"),
        ("typ of a logout token", json!({ "typ": "logout+jwt" }), "wrong_type"),
        ("a typ that is no string", json!({ "typ": 1 }), "wrong_type"),
        ("claims of another issuer", json!({ "iss": "https://evil.example", "aud": "other", "exp": 1 }), "ok"),
        ("a key of the caller", json!({ "jwk": { "kty": "RSA" }, "jku": "https://evil.example", "x5u": "https://evil.example" }), "ok"),
        ("16 values", many(12), "ok"),
        ("17 values", many(13), "malformed_header"),
        ("2 KiB", json!({ "x": "x".repeat(2048) }), "header_too_long"),
    ];
    for (row, changes, expected) in rows {
        let token = sealed(&world, &header_with(&changes).to_string()).join();

        assert_eq!(world.verdict(&token).await, expected, "{row}");
    }
}

#[tokio::test]
async fn a_header_that_is_not_one_object_with_unique_names_is_refused() {
    let world = World::new();
    let good = r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#;
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("good", good.to_owned(), "ok"),
        ("alg twice", good.replace('}', r#","alg":"RSA-OAEP-256"}"#), "malformed_header"),
        ("enc twice", good.replace('}', r#","enc":"A256GCM"}"#), "malformed_header"),
        ("alg twice in two notations", good.replace('}', r#","\u0061lg":"RSA-OAEP-256"}"#), "malformed_header"),
        ("a name twice in another member", good.replace('}', r#","a":{"b":1,"b":2}}"#), "malformed_header"),
        ("more after the object", format!("{good} {{}}"), "malformed_header"),
        ("a BOM", format!("\u{feff}{good}"), "malformed_header"),
        ("cut off", good.replace('}', ""), "malformed_header"),
        ("an array", format!("[{good}]"), "malformed_header"),
        ("a string", "\"enc\"".to_owned(), "malformed_header"),
        ("nothing", String::new(), "malformed_header"),
        ("no enc", r#"{"alg":"RSA-OAEP-256"}"#.to_owned(), "encryption_not_allowed"),
    ];
    for (row, header, expected) in rows {
        let token = sealed(&world, &header).join();

        assert_eq!(world.verdict(&token).await, expected, "{row}");
    }
}

#[tokio::test]
async fn a_part_that_is_not_canonical_base64url_is_refused() {
    let world = World::new();
    let good = sealed(&world, &header().to_string()).join();
    assert_eq!(world.verdict(&good).await, "ok");
    for position in 0..5 {
        let change = |change: &dyn Fn(&str) -> String| {
            let segments = good.split('.').enumerate().map(|(number, segment)| {
                if number == position {
                    change(segment)
                } else {
                    segment.to_owned()
                }
            });
            segments.collect::<Vec<_>>().join(".")
        };
        for (row, token, expected) in [
            (
                "one character more",
                change(&|it| format!("{}A", &it[..it.len() / 4 * 4])),
                "bad_base64",
            ),
            (
                "padding",
                change(&|it| format!("{it}=")),
                "illegal_character",
            ),
            (
                "a line break",
                change(&|it| format!("{it}\n")),
                "illegal_character",
            ),
            (
                "another alphabet",
                change(&|it| format!("+{}", &it[1..])),
                "illegal_character",
            ),
            (
                "a letter of another script",
                change(&|it| format!("{it}\u{e9}")),
                "illegal_character",
            ),
        ] {
            assert_eq!(
                world.verdict(&token).await,
                expected,
                "{row} in part {position}"
            );
        }
    }
    // 16 bytes are 22 characters, of which the last has four bits too many.
    let (rest, tag) = good.rsplit_once('.').unwrap();
    let last = tag.as_bytes()[21];
    let next = char::from(if last == b'A' { b'B' } else { last + 1 });
    let token = format!("{rest}.{}{next}", &tag[..21]);
    assert_eq!(world.verdict(&token).await, "bad_base64");
}

#[tokio::test]
async fn a_token_with_another_number_of_parts_is_no_encrypted_token() {
    let world = World::new();
    let good = sealed(&world, &header().to_string()).join();
    let parts: Vec<_> = good.split('.').collect();
    for (row, token, expected) in [
        ("four parts", parts[..4].join("."), "not_three_segments"),
        ("six parts", format!("{good}.AAAA"), "not_three_segments"),
        (
            "the header alone",
            parts[0].to_owned(),
            "not_three_segments",
        ),
        (
            "the first three",
            parts[..3].join("."),
            "algorithm_not_allowed",
        ),
        ("four dots", "....".to_owned(), "malformed_header"),
        (
            "five parts of nothing",
            "e30.e30.e30.e30.e30".to_owned(),
            "encryption_not_allowed",
        ),
        (
            "the JSON form",
            json!({ "protected": parts[0], "ciphertext": parts[3] }).to_string(),
            "illegal_character",
        ),
    ] {
        assert_eq!(world.verdict(&token).await, expected, "{row}");
    }
}

/// RFC 7516 section 11.5: nobody learns which step of the decryption failed.
#[tokio::test]
async fn every_failure_of_the_decryption_has_the_same_reason() {
    let world = World::new();
    let content = world.signed(&json!({}));
    for enc in ["A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"] {
        let members = header_with(&json!({ "enc": enc }));
        let header = members.to_string().into_bytes();
        let key = vec![7; key_bytes(&members)];
        let seal = |sealing: &[u8], encrypted: &[u8]| {
            parts_with_key(&KEYS[0], &header, content.as_bytes(), sealing, encrypted)
        };
        let good = seal(&key, &key);
        assert_eq!(world.verdict(&good.join()).await, "ok", "{enc}");
        let change = |change: &dyn Fn(&mut Parts)| {
            let mut parts = good.clone();
            change(&mut parts);
            parts
        };
        let mut other = members.clone();
        other["alg"] = "RSA-OAEP-512".into();
        #[rustfmt::skip] // A row a line.
        let rows = vec![
            ("a key that is not configured", parts_with_key(&KEYS[2], &header, content.as_bytes(), &key, &key)),
            ("another content key", seal(&key, &vec![8; key.len()])),
            ("a content key that is one byte short", seal(&key, &key[1..])),
            ("a content key that is one byte long", seal(&key, &[&key[..], &[7]].concat())),
            ("an empty content key", seal(&key, &[])),
            ("another hash in alg", change(&|it| it.header = other.to_string().into_bytes())),
            ("no encrypted key", change(&|it| it.key.clear())),
            ("an encrypted key that is one byte short", change(&|it| it.key.truncate(255))),
            ("an encrypted key that is one byte long", change(&|it| it.key.push(0))),
            ("an encrypted key of zeros", change(&|it| it.key.fill(0))),
            ("an encrypted key that is larger than the modulus", change(&|it| it.key.fill(255))),
            ("no initialization vector", change(&|it| it.vector.clear())),
            ("a short initialization vector", change(&|it| it.vector.truncate(8))),
            ("a long initialization vector", change(&|it| it.vector.push(0))),
            ("another initialization vector", change(&|it| it.vector[0] ^= 1)),
            ("no tag", change(&|it| it.tag.clear())),
            ("a tag of four bytes", change(&|it| it.tag.truncate(4))),
            ("a tag that is one byte short", change(&|it| it.tag.truncate(it.tag.len() - 1))),
            ("a tag that is one byte long", change(&|it| it.tag.push(0))),
            ("another tag", change(&|it| it.tag[0] ^= 1)),
            ("no ciphertext", change(&|it| it.ciphertext.clear())),
            ("a short ciphertext", change(&|it| it.ciphertext.truncate(it.ciphertext.len() - 1))),
            ("a long ciphertext", change(&|it| it.ciphertext.push(0))),
            ("another ciphertext", change(&|it| it.ciphertext[0] ^= 1)),
            ("another header", change(&|it| it.header.push(b' '))),
        ];
        for (row, parts) in rows {
            let verdict = world.verdict(&parts.join()).await;

            assert_eq!(verdict, "undecryptable", "{row} with {enc}");
        }
    }
}

#[tokio::test]
async fn the_size_of_the_whole_token_is_limited() {
    let world = World::new();
    let of_size = |size: usize| {
        let token = world.token(&json!({ "padding": "x".repeat(size) }));
        (token.len(), token)
    };
    let (fits, small) = of_size(3600);
    let (too_long, large) = of_size(4600);
    assert!(fits < 8192 && too_long > 8192, "{fits} {too_long}");

    assert_eq!(world.verdict(&small).await, "ok");
    assert_eq!(world.verdict(&large).await, "too_long");
    assert_eq!(
        world.verdict(&format!("{}.", encode([b'a'; 7000]))).await,
        "too_long"
    );
}

#[tokio::test]
async fn without_keys_an_encrypted_token_has_the_reason_that_names_the_fix() {
    let world = World::with(&[&[], &[]]);

    assert_eq!(
        world.verdict(&world.token(&json!({}))).await,
        "encrypted_token"
    );
    assert_eq!(world.verdict("a.b.c.d.e").await, "not_three_segments");
    assert_eq!(world.verdict(&world.signed(&json!({}))).await, "ok");
}
