//! The header and the claims of a proof: each of the right type, and those of this request.

use poem::http::Method;
use poem_resource_server::token::{Algorithm, ProofPolicy};
use poem_resource_server::verifier::Proofs;
use serde_json::{Value, json};

use crate::world::{Call, World, digest};

/// Values of which none is the form of a claim that is a string.
fn no_strings() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(7),
        json!(-1.5),
        json!([]),
        json!(["GET"]),
        json!({}),
        json!(""),
    ]
}

#[tokio::test]
async fn each_claim_is_present_and_of_its_type() {
    let world = World::new();
    let token = world.bound_token();
    for claim in ["htm", "htu", "iat", "jti", "ath"] {
        let good = world.sign(&world.proof(&token));
        assert_eq!(
            world.word(&token, &good).await,
            "admitted",
            "before {claim}"
        );

        let mut missing = world.proof(&token);
        missing.claims.as_object_mut().unwrap().remove(claim);
        let word = world.word(&token, &world.sign(&missing)).await;
        assert_eq!(word, format!("missing_{claim}"));

        for value in no_strings() {
            let mut proof = world.proof(&token);
            proof.claims[claim] = value.clone();
            let word = world.word(&token, &world.sign(&proof)).await;
            let expected = match (claim, &value) {
                // A date before 1970 is a number, but no date.
                ("iat", Value::Number(number)) if number.as_f64() == Some(7.0) => {
                    "proof_expired".to_owned()
                }
                _ => format!("malformed_{claim}"),
            };
            assert_eq!(word, expected, "{claim}: {value}");
        }
    }
}

#[tokio::test]
async fn the_header_names_a_type_an_algorithm_and_a_key() {
    let world = World::new();
    let token = world.bound_token();
    #[rustfmt::skip] // A row a line.
    let mut rows = vec![
        ("typ", json!("JWT"), "proof_wrong_type"),
        ("typ", json!("at+jwt"), "proof_wrong_type"),
        ("typ", json!("DPOP+JWT"), "proof_wrong_type"),
        ("typ", json!("application/dpop+jwt"), "proof_wrong_type"),
        ("typ", json!("dpop+jwt "), "proof_wrong_type"),
        ("alg", json!("none"), "proof_algorithm_not_allowed"),
        ("alg", json!("None"), "proof_algorithm_not_allowed"),
        ("alg", json!("HS256"), "proof_algorithm_not_allowed"),
        ("alg", json!("es256"), "proof_algorithm_not_allowed"),
        ("alg", json!("ES256K"), "proof_algorithm_not_allowed"),
        ("alg", json!("ES512"), "proof_algorithm_not_allowed"),
        ("alg", json!("RSA-OAEP"), "proof_algorithm_not_allowed"),
        ("alg", json!("ES384"), "proof_key_not_accepted"),
        ("alg", json!("RS256"), "proof_key_not_accepted"),
        ("alg", json!("EdDSA"), "proof_key_not_accepted"),
        ("crit", json!([]), "proof_critical_header"),
        ("crit", json!(["exp"]), "proof_critical_header"),
        ("crit", Value::Null, "proof_critical_header"),
        ("b64", json!(true), "proof_critical_header"),
        ("b64", json!(false), "proof_critical_header"),
        ("jwk", Value::Null, "proof_without_key"),
        ("jwk", json!("key"), "proof_without_key"),
        ("jwk", json!([]), "proof_without_key"),
        ("jwk", json!({}), "proof_key_not_accepted"),
    ];
    for value in no_strings() {
        rows.push(("typ", value.clone(), "proof_wrong_type"));
        rows.push(("alg", value, "proof_algorithm_not_allowed"));
    }
    for (member, value, reason) in rows {
        let good = world.sign(&world.proof(&token));
        assert_eq!(world.word(&token, &good).await, "admitted");

        let mut proof = world.proof(&token);
        proof.header[member] = value.clone();

        let word = world.word(&token, &world.sign(&proof)).await;
        assert_eq!(word, reason, "{member}: {value}");
    }
    for (member, reason) in [
        ("typ", "proof_wrong_type"),
        ("alg", "proof_algorithm_not_allowed"),
        ("jwk", "proof_without_key"),
    ] {
        let mut proof = world.proof(&token);
        proof.header.as_object_mut().unwrap().remove(member);
        let word = world.word(&token, &world.sign(&proof)).await;
        assert_eq!(word, reason, "without {member}");
    }
}

#[tokio::test]
async fn the_method_is_compared_exactly() {
    let world = World::new();
    let token = world.bound_token();
    for (method, htm, expected) in [
        ("GET", "GET", "admitted"),
        ("GET", "get", "proof_wrong_method"),
        ("GET", "Get", "proof_wrong_method"),
        ("GET", "POST", "proof_wrong_method"),
        ("GET", "GET ", "proof_wrong_method"),
        ("HEAD", "GET", "proof_wrong_method"),
        ("HEAD", "HEAD", "admitted"),
        ("get", "get", "admitted"),
        ("get", "GET", "proof_wrong_method"),
        ("PURGE", "PURGE", "admitted"),
    ] {
        let mut proof = world.proof(&token);
        proof.claims["htm"] = htm.into();
        let mut call = Call::dpop(&token, &world.sign(&proof));
        call.method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = world.call(&call).await;
        if method == "HEAD" {
            assert_eq!(
                answer.status == 200,
                expected == "admitted",
                "{method} {htm}"
            );
        } else {
            assert_eq!(answer.reason(), expected, "{method} {htm}");
        }
    }
}

#[tokio::test]
async fn the_digest_is_that_of_this_token() {
    let world = World::new();
    let token = world.bound_token();
    let other = world.bound_token();
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("its own", digest(&token), "admitted"),
        ("that of another token of the same key", digest(&other), "proof_wrong_token"),
        ("that of the scheme and the token", digest(&format!("DPoP {token}")), "proof_wrong_token"),
        ("that of nothing", digest(""), "proof_wrong_token"),
        ("in hexadecimal", "0".repeat(64), "malformed_ath"),
        ("padded", digest(&token) + "=", "malformed_ath"),
        ("a part", digest(&token)[..42].to_owned(), "malformed_ath"),
        ("the token", token.clone(), "malformed_ath"),
    ];
    assert_ne!(token, other);
    for (row, ath, expected) in rows {
        let mut proof = world.proof(&token);
        proof.claims["ath"] = ath.into();
        assert_eq!(
            world.word(&token, &world.sign(&proof)).await,
            expected,
            "{row}"
        );
    }
}

#[tokio::test]
async fn a_proof_is_accepted_within_its_window_to_the_second() {
    let world = World::new();
    let token = world.bound_token();
    let now = world.now();
    #[rustfmt::skip] // A row a line.
    let rows = [
        (json!(now), "admitted"),
        (json!(now - 60), "admitted"),
        (json!(now - 61), "proof_expired"),
        (json!(now + 60), "admitted"),
        (json!(now + 61), "proof_issued_in_future"),
        (json!(0), "proof_expired"),
        (json!(now + 100_000), "proof_issued_in_future"),
        (json!(now * 1000), "malformed_iat"),
        (json!(-1), "malformed_iat"),
        (json!(1e300), "malformed_iat"),
        (json!(now.to_string()), "malformed_iat"),
    ];
    for (iat, expected) in rows {
        let mut proof = world.proof(&token);
        proof.claims["iat"] = iat.clone();
        assert_eq!(
            world.word(&token, &world.sign(&proof)).await,
            expected,
            "{iat}"
        );
    }
}

#[tokio::test]
async fn a_policy_chooses_the_age_and_the_algorithms() {
    let policy = ProofPolicy::default()
        .with_max_age(std::time::Duration::from_secs(10))
        .with_algorithms([Algorithm::Ps256]);
    let world = World::with_proofs(Proofs::default().with_policy(policy.clone()));
    let token = world.bound_token();
    let word = world.word(&token, &world.sign(&world.proof(&token))).await;
    assert_eq!(word, "proof_algorithm_not_allowed");

    let policy = policy.with_algorithms([Algorithm::Es256]);
    let world = World::with_proofs(Proofs::default().with_policy(policy));
    let token = world.bound_token();
    for (age, expected) in [(10, "admitted"), (11, "proof_expired")] {
        let mut proof = world.proof(&token);
        proof.claims["iat"] = (world.now() - age).into();
        assert_eq!(world.word(&token, &world.sign(&proof)).await, expected);
    }
}
