#![allow(clippy::unwrap_used)] // A test may stop where it stands.

use serde_json::{Value, json};

use super::KeySet;
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
        "VerifyingKey { key_id: Some(\"a\"), algorithm: Es256, .. }"
    );
}
