//! The key of a proof: public, of an accepted kind, and that of the token.

use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::verifier::Proofs;
use serde_json::{Value, json};

use crate::world::{World, public_key, thumbprint};

#[tokio::test]
async fn a_proof_with_each_algorithm_is_accepted() {
    for algorithm in SigningAlgorithm::ALL {
        let world = World::with_holder(Proofs::default(), algorithm);
        let token = world.bound_token();
        for call in ["first", "with the remembered key"] {
            let proof = world.sign(&world.proof(&token));
            let word = world.word(&token, &proof).await;
            assert_eq!(word, "admitted", "{algorithm}, {call}");
        }
    }
}

#[tokio::test]
async fn the_proof_of_another_key_is_refused() {
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::Rs256] {
        let world = World::with_holder(Proofs::default(), algorithm);
        let token = world.bound_token();
        let thief = SigningKey::generate(algorithm);
        let good = world.proof(&token);
        assert_eq!(world.word(&token, &world.sign(&good)).await, "admitted");

        // The thief's own key.
        let mut proof = world.proof(&token);
        proof.header["jwk"] = public_key(&thief);
        let own = thief.sign(&proof.header, &proof.claims);
        assert_eq!(world.word(&token, &own).await, "proof_wrong_key");
        // The holder's key in the header, and the thief's signature.
        let proof = world.proof(&token);
        let forged = thief.sign(&proof.header, &proof.claims);
        assert_eq!(world.word(&token, &forged).await, "proof_bad_signature");
        // The signature of another proof of the holder.
        let (one, other) = (
            world.sign(&world.proof(&token)),
            world.sign(&world.proof(&token)),
        );
        let (signed, _) = one.rsplit_once('.').unwrap();
        let (_, signature) = other.rsplit_once('.').unwrap();
        let mixed = format!("{signed}.{signature}");
        assert_eq!(world.word(&token, &mixed).await, "proof_bad_signature");
    }
}

#[tokio::test]
async fn a_key_that_is_not_public_or_not_of_its_kind_is_refused() {
    let world = World::new();
    let token = world.bound_token();
    let own = public_key(&world.holder);
    let with = |members: Value| {
        let mut jwk = own.clone();
        for (name, value) in members.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        jwk
    };
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("with d", with(json!({ "d": "AA" })), "proof_with_private_key"),
        ("with k", with(json!({ "k": "AA" })), "proof_with_private_key"),
        ("with p", with(json!({ "p": "AA" })), "proof_with_private_key"),
        ("with d of null", with(json!({ "d": null })), "proof_with_private_key"),
        ("symmetric", json!({ "kty": "oct", "k": "AA" }), "proof_key_not_accepted"),
        ("for encryption", with(json!({ "use": "enc" })), "proof_key_not_accepted"),
        ("for signing alone", with(json!({ "key_ops": ["sign"] })), "proof_key_not_accepted"),
        ("of another alg", with(json!({ "alg": "ES384" })), "proof_key_not_accepted"),
        ("of an unknown curve", with(json!({ "crv": "P-521" })), "proof_wrong_key"),
        ("of a curve in lower case", with(json!({ "crv": "p-256" })), "proof_wrong_key"),
        ("without y", json!({ "kty": "EC", "crv": "P-256", "x": own["x"] }), "proof_key_not_accepted"),
        ("with a number for x", with(json!({ "x": 7 })), "proof_key_not_accepted"),
        ("not on the curve", with(json!({ "y": own["x"] })), "proof_wrong_key"),
        ("with a quote in x", with(json!({ "x": "\"" })), "proof_key_not_accepted"),
        ("padded", with(json!({ "x": format!("{}=", own["x"].as_str().unwrap()) })), "proof_key_not_accepted"),
    ];
    for (row, jwk, reason) in rows {
        let good = world.sign(&world.proof(&token));
        assert_eq!(world.word(&token, &good).await, "admitted", "before {row}");

        let mut proof = world.proof(&token);
        proof.header["jwk"] = jwk.clone();

        // A new token has no remembered key.
        for token in [&token, &world.bound_token()] {
            proof.claims["ath"] = crate::world::digest(token).into();
            let word = world.word(token, &world.sign(&proof)).await;
            assert_eq!(word, reason, "{row}");
        }
    }
}

/// `WebCrypto` exports such a key with the name of RFC 9864 section 2.2.
#[tokio::test]
async fn the_algorithm_of_an_ed25519_key_has_two_names() {
    let world = World::with_holder(Proofs::default(), SigningAlgorithm::EdDsa);
    for (header, jwk, expected) in [
        ("EdDSA", "EdDSA", "admitted"),
        ("EdDSA", "Ed25519", "admitted"),
        ("Ed25519", "EdDSA", "admitted"),
        ("Ed25519", "Ed25519", "admitted"),
        ("Ed25519", "ed25519", "proof_key_not_accepted"),
        ("Ed25519", "Ed448", "proof_key_not_accepted"),
        ("Ed25519", "ES256", "proof_key_not_accepted"),
    ] {
        let token = world.bound_token();
        let remembered = world.bound_token();
        let good = world.sign(&world.proof(&remembered));
        assert_eq!(world.word(&remembered, &good).await, "admitted");

        for token in [&token, &remembered] {
            let mut proof = world.proof(token);
            proof.header["alg"] = header.into();
            proof.header["jwk"]["alg"] = jwk.into();
            let word = world.word(token, &world.sign(&proof)).await;
            assert_eq!(word, expected, "{header}, {jwk}");
        }
    }
}

/// The keys that everybody can sign with, or that are too weak, although the token names them.
#[tokio::test]
async fn a_weak_key_is_refused_although_the_token_is_bound_to_it() {
    let world = World::new();
    let zero = "A".repeat(43);
    let short = "A".repeat(170) + "Q";
    for (row, jwk, alg) in [
        (
            "an Ed25519 point of small order",
            json!({ "kty": "OKP", "crv": "Ed25519", "x": zero }),
            "EdDSA",
        ),
        (
            "the point at infinity",
            json!({ "kty": "EC", "crv": "P-256", "x": zero, "y": zero }),
            "ES256",
        ),
        (
            "an RSA key of 1,024 bits",
            json!({ "kty": "RSA", "e": "AQAB", "n": short }),
            "RS256",
        ),
    ] {
        let members = jwk.as_object().unwrap();
        let mut names: Vec<_> = members.keys().cloned().collect();
        names.sort();
        let canonical: Vec<_> = names
            .iter()
            .map(|name| format!("{name:?}:{}", members[name]))
            .collect();
        let jkt = crate::world::digest(&format!("{{{}}}", canonical.join(",")));
        let token = world.token(&json!({ "cnf": { "jkt": jkt } }));
        let mut proof = world.proof(&token);
        proof.header["jwk"] = jwk;
        proof.header["alg"] = alg.into();

        let word = world.word(&token, &world.sign(&proof)).await;

        assert_eq!(word, "proof_key_not_accepted", "{row}");
    }
    let token = world.token(&json!({ "cnf": { "jkt": thumbprint(&world.holder) } }));
    let good = world.sign(&world.proof(&token));
    assert_eq!(world.word(&token, &good).await, "admitted");
}

#[tokio::test]
async fn the_remembered_header_is_that_of_one_token_and_replaces_no_other_header() {
    let world = World::new();
    let token = world.bound_token();
    let first = world.sign(&world.proof(&token));
    assert_eq!(world.word(&token, &first).await, "admitted");

    // The same header again, in another order, and longer than what is kept.
    let mut reordered = world.proof(&token);
    let jwk = reordered.header["jwk"].clone();
    reordered.header = json!({ "jwk": jwk, "alg": "ES256", "typ": "dpop+jwt" });
    let mut long = world.proof(&token);
    long.header["jwk"]["x5t"] = "x".repeat(1_200).into();
    for proof in [
        world.proof(&token),
        reordered,
        long.clone(),
        world.proof(&token),
    ] {
        assert_eq!(world.word(&token, &world.sign(&proof)).await, "admitted");
    }
    // A long header first, and then twice.
    let other = world.bound_token();
    long.claims["ath"] = world.proof(&other).claims["ath"].clone();
    for id in ["first", "second"] {
        long.claims["jti"] = id.into();
        assert_eq!(
            world.word(&other, &world.sign(&long)).await,
            "admitted",
            "{id}"
        );
    }

    // The header that is remembered for one token, with the token of another key.
    let thief = SigningKey::generate(SigningAlgorithm::Es256);
    let stolen = world.token(&json!({ "cnf": { "jkt": thumbprint(&thief) } }));
    let proof = world.sign(&world.proof(&stolen));
    assert_eq!(world.word(&stolen, &proof).await, "proof_wrong_key");
    // A proof without a header is not one with the header that is remembered.
    let good = world.sign(&world.proof(&token));
    let (_, rest) = good.split_once('.').unwrap();
    assert_eq!(
        world.word(&token, &format!(".{rest}")).await,
        "malformed_proof"
    );
    assert_eq!(world.word(&token, &good).await, "admitted");
}
