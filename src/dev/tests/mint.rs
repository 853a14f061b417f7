use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::dev::{SigningAlgorithm, SigningKey};

#[test]
fn every_algorithm_verifies_with_its_published_key_and_with_no_other() {
    for algorithm in SigningAlgorithm::ALL {
        let name = algorithm.name();
        let (key, other) = (
            SigningKey::generate(algorithm),
            SigningKey::generate(algorithm),
        );

        let token = key.sign(&json!({"alg": name}), &json!({"sub": "ada"}));

        assert!(verifies(&key.public_jwk(), &token), "{name}");
        assert!(!verifies(&other.public_jwk(), &token), "{name}");
        assert!(
            !verifies(&key.public_jwk(), &token.replacen('.', "e.", 1)),
            "{name}"
        );
    }
}

#[test]
fn a_published_key_states_its_use_and_has_no_private_member() {
    for algorithm in SigningAlgorithm::ALL {
        let jwk = SigningKey::generate_with_kid(algorithm, "one").public_jwk();

        assert_eq!(jwk["kid"], "one");
        assert_eq!(jwk["alg"], algorithm.name());
        assert_eq!(jwk["use"], "sig");
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert_eq!(jwk.get(private), None, "{} has {private}", algorithm.name());
        }
    }
}

#[test]
fn an_rsa_key_has_2048_bits_and_no_leading_zero() {
    let jwk = SigningKey::generate(SigningAlgorithm::Rs256).public_jwk();

    let modulus = member(&jwk, "n");

    assert_eq!(modulus.len(), 256);
    assert_ne!(modulus[0], 0);
    assert_eq!(jwk["e"], "AQAB");
}

#[test]
fn the_header_is_signed_as_given_even_if_it_is_wrong() {
    let key = SigningKey::generate(SigningAlgorithm::Es256);

    let token = key.sign(&json!({"alg": "none", "kid": 7}), &json!([]));

    let (header, claims) = super::decode(&token);
    assert_eq!(header, json!({"alg": "none", "kid": 7}));
    assert_eq!(claims, json!([]));
}

#[test]
fn random_kids_differ() {
    let kid = || {
        SigningKey::generate(SigningAlgorithm::EdDsa)
            .kid()
            .to_owned()
    };

    let (one, two) = (kid(), kid());

    assert_ne!(one, two);
    assert_eq!(one.len(), 43);
}

/// Verifies from the JWK alone, as a resource server would.
fn verifies(jwk: &Value, token: &str) -> bool {
    let (signing_input, encoded) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(encoded).unwrap();
    let message = signing_input.as_bytes();
    let rsa = |parameters| {
        PublicKeyComponents {
            n: member(jwk, "n"),
            e: member(jwk, "e"),
        }
        .verify(parameters, message, &signature)
        .is_ok()
    };
    let curve = |algorithm: &'static dyn VerificationAlgorithm, point: Vec<u8>| {
        UnparsedPublicKey::new(algorithm, point)
            .verify(message, &signature)
            .is_ok()
    };
    let point = || [vec![4], member(jwk, "x"), member(jwk, "y")].concat();
    match (jwk["alg"].as_str().unwrap(), &jwk["crv"]) {
        ("RS256", _) => rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
        ("RS384", _) => rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
        ("RS512", _) => rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
        ("PS256", _) => rsa(&signature::RSA_PSS_2048_8192_SHA256),
        ("PS384", _) => rsa(&signature::RSA_PSS_2048_8192_SHA384),
        ("PS512", _) => rsa(&signature::RSA_PSS_2048_8192_SHA512),
        ("ES256", crv) if crv == "P-256" => curve(&signature::ECDSA_P256_SHA256_FIXED, point()),
        ("ES384", crv) if crv == "P-384" => curve(&signature::ECDSA_P384_SHA384_FIXED, point()),
        ("EdDSA", crv) if crv == "Ed25519" => curve(&signature::ED25519, member(jwk, "x")),
        (alg, crv) => panic!("no such key: {alg} {crv}"),
    }
}

fn member(jwk: &Value, name: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()
}
