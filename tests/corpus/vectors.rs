//! Published tokens: `tests/vectors/jws.json`, each with its source.

use poem_resource_server::token::{Jws, VerifyingKey};
use serde_json::Value;

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../vectors/jws.json")).unwrap()
}

#[test]
fn published_signatures_verify_and_their_payloads_come_back() {
    let mut seen = 0;
    for vector in vectors()
        .iter()
        .filter(|vector| vector.get("reason").is_none())
    {
        let source = &vector["source"];
        let key = VerifyingKey::parse(&vector["jwk"]).unwrap();
        let jws = Jws::parse(vector["jws"].as_str().unwrap()).unwrap();

        let payload = key.verify(&jws).unwrap();

        assert_eq!(
            payload.as_bytes(),
            vector["payload"].as_str().unwrap().as_bytes(),
            "{source}"
        );
        seen += 1;
    }
    assert_eq!(seen, 5);
}

#[test]
fn a_published_signature_with_one_bit_changed_does_not_verify() {
    for vector in vectors()
        .iter()
        .filter(|vector| vector.get("reason").is_none())
    {
        let key = VerifyingKey::parse(&vector["jwk"]).unwrap();
        let (input, mut signature) = crate::forge::split(vector["jws"].as_str().unwrap());
        signature[7] ^= 4;
        let changed = crate::forge::join(&input, &signature);

        let refused = key.verify(&Jws::parse(&changed).unwrap()).unwrap_err();

        assert_eq!(refused.reason(), "bad_signature", "{}", vector["source"]);
    }
}

#[test]
fn published_tokens_of_other_algorithms_are_refused_by_their_header() {
    let mut seen = 0;
    for vector in vectors() {
        if let Some(reason) = vector["reason"].as_str() {
            let refused = Jws::parse(vector["jws"].as_str().unwrap()).err().unwrap();
            assert_eq!(refused.reason(), reason, "{}", vector["source"]);
            seen += 1;
        }
    }
    assert_eq!(seen, 9);
}
