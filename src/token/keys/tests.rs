#![allow(clippy::unwrap_used)] // A test may panic.

use serde_json::{Value, json};

use super::{Algorithm, KeySet};
use crate::dev::{SigningAlgorithm, SigningKey};

fn set(key: &Value) -> KeySet {
    let jwks = json!({ "keys": [key] }).to_string();
    let parsed = KeySet::parse(jwks.as_bytes()).unwrap();
    assert_eq!(parsed.key_set.keys.len(), 1);
    parsed.key_set
}

#[test]
fn sets_are_equal_when_name_algorithm_and_material_of_their_keys_are() {
    let key = |kid| SigningKey::generate_with_kid(SigningAlgorithm::Es256, kid).public_jwk();
    let mut rsa = SigningKey::generate(SigningAlgorithm::Rs256).public_jwk();
    let (one, other) = (key("a"), key("a"));
    let mut renamed = one.clone();
    renamed["kid"] = json!("b");
    let mut nameless = one.clone();
    nameless.as_object_mut().unwrap().remove("kid");

    let rs256 = set(&rsa);
    rsa["alg"] = json!("RS384");
    let rs384 = set(&rsa);

    assert_eq!(set(&one), set(&one));
    assert_ne!(set(&one), set(&other));
    assert_ne!(set(&one), set(&renamed));
    assert_ne!(set(&one), set(&nameless));
    assert_ne!(rs256, rs384);
    assert_eq!(rs384, set(&rsa));
}

#[test]
fn a_key_is_shown_by_name_and_algorithm() {
    let key = SigningKey::generate_with_kid(SigningAlgorithm::Es256, "a").public_jwk();

    let shown = format!("{:?}", set(&key).keys[0]);

    assert_eq!(
        shown,
        "VerifyingKey { key_id: Some(\"a\"), algorithms: [Es256], .. }"
    );
}

#[test]
fn an_rsa_key_without_alg_verifies_each_rsa_algorithm_and_one_with_alg_its_own() {
    let bound = SigningKey::generate_with_kid(SigningAlgorithm::Rs256, "a").public_jwk();
    let mut open = bound.clone();
    open.as_object_mut().unwrap().remove("alg");
    let names = |key: &Value| -> Vec<_> {
        let set = set(key);
        set.keys[0].algorithms().map(Algorithm::name).collect()
    };

    assert_eq!(
        names(&open),
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
    );
    assert_eq!(names(&bound), ["RS256"]);
}

#[test]
fn a_key_is_a_duplicate_when_another_of_its_name_verifies_all_that_it_would() {
    let bound = SigningKey::generate_with_kid(SigningAlgorithm::Rs256, "a").public_jwk();
    let mut open = bound.clone();
    open.as_object_mut().unwrap().remove("alg");
    let left_out = |keys: [&Value; 2]| {
        let jwks = json!({ "keys": keys }).to_string();
        KeySet::parse(jwks.as_bytes()).unwrap().left_out.len()
    };

    assert_eq!(left_out([&open, &bound]), 1);
    assert_eq!(left_out([&bound, &open]), 0);
}
