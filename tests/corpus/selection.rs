//! Which key a token is checked with, and what is no key set at all.

use poem_resource_server::token::{Algorithm, KeyError, KeySet};
use serde_json::{Value, json};

use crate::forge::{Forge, key};

/// A published key under this `kid`, or none.
fn named(algorithm: &str, kid: Option<&str>) -> Value {
    let mut jwk = key(algorithm).public_jwk();
    match kid {
        Some(kid) => jwk["kid"] = kid.into(),
        None => drop(jwk.as_object_mut().unwrap().shift_remove("kid")),
    }
    jwk
}

#[tokio::test]
async fn a_key_is_chosen_by_kid_and_algorithm_both() {
    let forge = Forge::new();
    let unusable = json!({ "kty": "RSA", "kid": "a", "n": "AQ", "e": "AQAB" });
    let rs = |kid| named("RS256", kid);
    let es = |kid| named("ES256", kid);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("its kid", vec![es(Some("b")), rs(Some("a"))], json!("a"), "ok"),
        ("one kid for two algorithms", vec![es(Some("a")), rs(Some("a"))], json!("a"), "ok"),
        ("an empty kid", vec![es(Some("a")), rs(Some(""))], json!(""), "ok"),
        ("a kid of 256 bytes", vec![rs(Some(&"k".repeat(256)))], json!("k".repeat(256)), "ok"),
        ("an unusable key before it", vec![unusable.clone(), rs(Some("a"))], json!("a"), "ok"),
        ("its twin behind it", vec![rs(Some("a")), named("PS256", Some("a"))], json!("a"), "ok"),
        ("no kid, one key of its algorithm", vec![es(None), rs(Some("a"))], Value::Null, "ok"),
        ("no kid, one key without", vec![es(Some("a")), rs(None)], Value::Null, "ok"),
        ("no kid, an unusable key beside", vec![unusable.clone(), rs(Some("b"))], Value::Null, "ok"),
        ("another kid", vec![rs(Some("b"))], json!("a"), "unknown_key"),
        ("a key without kid", vec![rs(None)], json!("a"), "unknown_key"),
        ("an empty kid for a key without", vec![rs(None)], json!(""), "unknown_key"),
        ("an unusable key", vec![unusable, es(Some("b"))], json!("a"), "unknown_key"),
        ("an empty set", vec![], json!("a"), "unknown_key"),
        ("a kid of another algorithm", vec![es(Some("a")), rs(Some("b"))], json!("a"), "key_mismatch"),
        ("a kid of PSS", vec![named("PS256", Some("a")), rs(Some("b"))], json!("a"), "key_mismatch"),
        ("a kid of another hash", vec![named("RS512", Some("a"))], json!("a"), "key_mismatch"),
        ("no kid, two keys without", vec![rs(None), rs(None)], Value::Null, "ambiguous_key"),
        ("no kid, two keys with", vec![rs(Some("a")), rs(Some("b"))], Value::Null, "ambiguous_key"),
        ("no kid, no key of its algorithm", vec![es(None)], Value::Null, "unknown_key"),
        ("no kid, an empty set", vec![], Value::Null, "unknown_key"),
    ];
    for (name, jwks, kid, expected) in rows {
        let verifier = forge.verifier_with(&json!({ "keys": jwks }));
        let mut header = json!({ "alg": "RS256" });
        if !kid.is_null() {
            header["kid"] = kid;
        }

        let verdict = verifier.verify(&forge.with_header(&header)).await;

        let verdict = verdict.map_or_else(|error| error.reason(), |_| "ok");
        assert_eq!(verdict, expected, "{name}");
    }
}

// RFC 7517 section 4.4 makes `alg` optional. LemonLDAP::NG publishes RSA keys without it.
#[tokio::test]
async fn an_rsa_key_without_alg_verifies_the_rsa_algorithm_of_the_header_if_it_is_allowed() {
    let forge = Forge::new();
    let without_alg = |algorithm: &str| {
        let mut jwk = named(algorithm, Some("a"));
        jwk.as_object_mut().unwrap().shift_remove("alg");
        json!({ "keys": [jwk] })
    };
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("RS256", "RS256", &[][..], "ok"),
        ("RS384", "RS384", &[], "ok"),
        ("RS512", "RS512", &[], "ok"),
        ("PS256", "PS256", &[], "ok"),
        ("PS512", "PS512", &[], "ok"),
        ("RS512 that is allowed", "RS512", &[Algorithm::Rs256, Algorithm::Rs512], "ok"),
        ("RS512 that is not allowed", "RS512", &[Algorithm::Rs256], "algorithm_not_allowed"),
        ("PS256 that is not allowed", "PS256", &[Algorithm::Rs256], "algorithm_not_allowed"),
    ];
    for (name, algorithm, allowed, expected) in rows {
        let verifier = forge.verifier_allowing(&without_alg(algorithm), allowed);
        let header = json!({ "alg": algorithm, "kid": "a" });

        let verdict = verifier
            .verify(&key(algorithm).sign(&header, &forge.claims()))
            .await;

        let verdict = verdict.map_or_else(|error| error.reason(), |_| "ok");
        assert_eq!(verdict, expected, "{name}");
    }
    for (name, claimed, expected) in [
        ("the algorithm that signed", "RS256", "ok"),
        ("another hash in name", "RS512", "bad_signature"),
        ("PSS in name", "PS256", "bad_signature"),
        ("another type of key in name", "ES256", "key_mismatch"),
    ] {
        let verifier = forge.verifier_with(&without_alg("RS256"));
        let header = json!({ "alg": claimed, "kid": "a" });

        let verdict = verifier
            .verify(&key("RS256").sign(&header, &forge.claims()))
            .await;

        let verdict = verdict.map_or_else(|error| error.reason(), |_| "ok");
        assert_eq!(verdict, expected, "{name}");
    }
}

#[tokio::test]
async fn an_rsa_key_with_alg_stays_bound_to_it() {
    let forge = Forge::new();
    let verifier = forge.verifier_with(&json!({ "keys": [named("RS512", Some("a"))] }));
    let sign = |algorithm| {
        let header = json!({ "alg": algorithm, "kid": "a" });
        key("RS512").sign(&header, &forge.claims())
    };

    assert!(verifier.verify(&sign("RS512")).await.is_ok());
    let refused = verifier.verify(&sign("RS256")).await.unwrap_err();
    assert_eq!(refused.reason(), "key_mismatch");
}

#[tokio::test]
async fn the_first_of_two_keys_with_one_name_is_used_and_the_second_left_out() {
    let forge = Forge::new();
    let attacker = crate::forge::ATTACKER.public_jwk();
    let ours = key("RS256").public_jwk();
    let header = json!({ "alg": "RS256", "kid": "RS256" });

    let first = forge.verifier_with(&json!({ "keys": [ours, attacker] }));
    let second = forge.verifier_with(&json!({ "keys": [attacker, ours] }));

    assert!(first.verify(&forge.with_header(&header)).await.is_ok());
    let refused = second.verify(&forge.with_header(&header)).await;
    assert_eq!(refused.unwrap_err().reason(), "bad_signature");
}

#[test]
fn what_is_no_key_set_is_refused_whole() {
    let jwk = key("RS256").public_jwk().to_string();
    let utf16 = |text: String| text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let good = format!(r#"{{"keys":[{jwk}]}}"#);
    assert!(KeySet::parse(good.as_bytes()).is_ok());
    #[rustfmt::skip] // A row a line.
    let rows: [(&str, Vec<u8>); 22] = [
        ("nothing", vec![]),
        ("null", "null".into()),
        ("a text", r#""keys""#.into()),
        ("an array of keys", format!("[{jwk}]").into()),
        ("a key alone", jwk.clone().into()),
        ("no keys", "{}".into()),
        ("keys null", r#"{"keys":null}"#.into()),
        ("keys an object", format!(r#"{{"keys":{{"RS256":{jwk}}}}}"#).into()),
        ("keys a text", r#"{"keys":"[]"}"#.into()),
        ("Keys", format!(r#"{{"Keys":[{jwk}]}}"#).into()),
        ("keys twice", format!(r#"{{"keys":[],"keys":[{jwk}]}}"#).into()),
        ("a kid twice", format!(r#"{{"keys":[{}]}}"#, jwk.replacen('{', r#"{"kid":"x","#, 1)).into()),
        ("a modulus twice", format!(r#"{{"keys":[{}]}}"#, jwk.replacen('{', r#"{"n":"AQAB","#, 1)).into()),
        ("a member twice in a key of no use", format!(r#"{{"keys":[{jwk},{{"x":1,"x":1}}]}}"#).into()),
        ("a byte order mark", format!("\u{feff}{good}").into()),
        ("UTF-16", utf16(good.clone())),
        ("something behind it", format!("{good}{good}").into()),
        ("a comma behind the last key", format!(r#"{{"keys":[{jwk},]}}"#).into()),
        ("cut short", good[..good.len() - 1].into()),
        ("a page", "<!doctype html><html></html>".into()),
        ("a token", key("RS256").sign(&json!({ "alg": "RS256" }), &json!({ "keys": [] })).into()),
        ("nested too deep", format!(r#"{{"keys":[{jwk}],"x":{}{}}}"#, "[".repeat(128), "]".repeat(128)).into()),
    ];
    for (name, document) in rows {
        assert_eq!(
            KeySet::parse(&document).unwrap_err(),
            KeyError::NotAKeySet,
            "{name}"
        );
    }
}
