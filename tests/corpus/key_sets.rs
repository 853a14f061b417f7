//! Bad keys beside good ones: each is left out for its own reason, and verifies nothing.

use num_bigint::BigUint;
use poem_resource_server::token::{Algorithm, KeyError, KeySet};
use serde_json::{Value, json};

use crate::forge::{Forge, encode, header, join, key, padded, split};

fn altered(algorithm: &str, changes: &[(&str, Value)]) -> Value {
    let mut jwk = key(algorithm).public_jwk();
    jwk["kid"] = json!("bad");
    for (member, value) in changes {
        if value.is_null() {
            jwk.as_object_mut().unwrap().shift_remove(*member);
        } else {
            jwk[*member] = value.clone();
        }
    }
    jwk
}

fn malformed(member: &'static str) -> KeyError {
    KeyError::Malformed { member }
}

#[rustfmt::skip] // A row a line.
fn bad_keys() -> Vec<(&'static str, Value, KeyError)> {
    let n1024 = encode(&[0xbf; 128]);
    let weak = |bits| KeyError::WrongStrength { bits };
    let ec_x = key("ES256").public_jwk()["x"].clone();
    vec![
        ("for encryption", altered("RS256", &[("use", json!("enc"))]), KeyError::OtherUse),
        ("of a use that is no text", altered("RS256", &[("use", json!(["sig"]))]), KeyError::OtherUse),
        ("for signing only", altered("RS256", &[("key_ops", json!(["sign"]))]), KeyError::OtherUse),
        ("for encrypting by key_ops", altered("RS256", &[("key_ops", json!(["encrypt"]))]), KeyError::OtherUse),
        ("with key_ops that are no array", altered("RS256", &[("key_ops", json!("verify"))]), KeyError::OtherUse),
        ("private", altered("RS256", &[("d", json!("AQAB"))]), KeyError::Private),
        ("private by a prime", altered("RS256", &[("p", json!("AQAB"))]), KeyError::Private),
        ("private EC", altered("ES256", &[("d", json!("AQAB"))]), KeyError::Private),
        ("private OKP", altered("EdDSA", &[("d", json!("AQAB"))]), KeyError::Private),
        ("symmetric", json!({ "kty": "oct", "k": "AQAB", "kid": "bad" }), KeyError::Symmetric),
        ("symmetric by its member", altered("RS256", &[("k", json!("AQAB"))]), KeyError::Symmetric),
        ("of 1024 bits", altered("RS256", &[("n", json!(n1024))]), weak(1024)),
        ("of one bit", altered("RS256", &[("n", json!("AQ"))]), weak(1)),
        ("of 16384 bits", altered("RS256", &[("n", json!(encode(&[0xbf; 2048])))]), weak(16384)),
        ("with exponent 1", altered("RS256", &[("e", json!("AQ"))]), weak(2048)),
        ("with an even exponent", altered("RS256", &[("e", json!("BA"))]), weak(2048)),
        ("with a huge exponent", altered("RS256", &[("e", json!("AQAAAAAB"))]), weak(2048)),
        ("with exponent 0", altered("RS256", &[("e", json!("AA"))]), malformed("e")),
        ("with the fingerprint of ROCA", altered("RS256", &[("n", json!(encode(&roca_modulus().to_bytes_be())))]), KeyError::Roca),
        ("without a modulus", altered("RS256", &[("n", Value::Null)]), malformed("n")),
        ("with padding in its modulus", altered("RS256", &[("n", json!("AQAB="))]), malformed("n")),
        ("with a number as modulus", altered("RS256", &[("n", json!(7))]), malformed("n")),
        ("RSA for an EC algorithm", altered("RS256", &[("alg", json!("ES256"))]), KeyError::Unsupported),
        ("RSA for a shared secret's", altered("RS256", &[("alg", json!("HS256"))]), KeyError::Unsupported),
        ("RSA for none", altered("RS256", &[("alg", json!("none"))]), KeyError::Unsupported),
        ("RSA for encryption's", altered("RS256", &[("alg", json!("RSA-OAEP"))]), KeyError::Unsupported),
        ("RSA with a curve", altered("RS256", &[("crv", json!("P-256"))]), KeyError::Unsupported),
        ("with an alg that is no text", altered("RS256", &[("alg", json!(7))]), malformed("alg")),
        ("with a kid that is no text", altered("RS256", &[("kid", json!(7))]), malformed("kid")),
        ("with a kid of 257 bytes", altered("RS256", &[("kid", json!("k".repeat(257)))]), malformed("kid")),
        ("without a type", altered("RS256", &[("kty", Value::Null)]), malformed("kty")),
        ("of an unknown type", altered("RS256", &[("kty", json!("AKP"))]), KeyError::Unsupported),
        ("of a type in another case", altered("RS256", &[("kty", json!("rsa"))]), KeyError::Unsupported),
        ("EC for RSA's", altered("ES256", &[("alg", json!("RS256"))]), KeyError::Unsupported),
        ("P-256 for ES384", altered("ES256", &[("alg", json!("ES384"))]), KeyError::Unsupported),
        ("of another curve", altered("ES256", &[("crv", json!("secp256k1"))]), KeyError::Unsupported),
        ("of P-521", altered("ES256", &[("crv", json!("P-521")), ("alg", json!("ES512"))]), KeyError::Unsupported),
        ("without a curve", altered("ES256", &[("crv", Value::Null)]), KeyError::Unsupported),
        ("off the curve", altered("ES256", &[("y", ec_x)]), malformed("x")),
        ("at infinity", altered("ES256", &[("x", json!("A".repeat(43))), ("y", json!("A".repeat(43)))]), malformed("x")),
        ("with a short coordinate", altered("ES256", &[("x", json!("AQAB"))]), malformed("x")),
        ("without y", altered("ES256", &[("y", Value::Null)]), malformed("y")),
        ("Ed25519 for an EC algorithm", altered("EdDSA", &[("alg", json!("ES256"))]), KeyError::Unsupported),
        ("Ed448", altered("EdDSA", &[("crv", json!("Ed448"))]), KeyError::Unsupported),
        ("X25519", altered("EdDSA", &[("crv", json!("X25519"))]), KeyError::Unsupported),
        ("Ed25519 of 31 bytes", altered("EdDSA", &[("x", json!("A".repeat(42)))]), malformed("x")),
        ("Ed25519 of 33 bytes", altered("EdDSA", &[("x", json!("A".repeat(44)))]), malformed("x")),
        ("no object", json!("RS256"), KeyError::NotAKeySet),
    ]
}

/// A modulus of 2048 bits as the faulty library made it: see CVE-2017-15361.
fn roca_modulus() -> BigUint {
    let is_prime = |number: &u32| (2..*number).all(|divisor| !number.is_multiple_of(divisor));
    let product: BigUint = (2..=701).filter(is_prime).map(BigUint::from).product();
    let factor = |multiple: u64, exponent: u32| {
        let power = BigUint::from(65_537_u32).modpow(&exponent.into(), &product);
        BigUint::from(multiple) * &product + power
    };
    factor((1 << 53) - 1, 1_234_567) * factor((1 << 53) - 3, 7_654_321)
}

#[test]
fn a_neighbour_of_a_roca_key_is_a_key() {
    let neighbour = roca_modulus() + 2_u32;
    let jwk = altered("RS256", &[("n", json!(encode(&neighbour.to_bytes_be())))]);

    let parsed = KeySet::parse(json!({ "keys": [jwk] }).to_string().as_bytes()).unwrap();

    assert_eq!(neighbour.bits(), 2048);
    assert_eq!(parsed.key_set.keys().len(), 1, "{:?}", parsed.left_out);
}

/// Points under which anybody can sign, each with a byte for its first, its middle and its last.
fn points_of_small_order() -> Vec<(&'static str, [u8; 32])> {
    let point = |first, middle, last| {
        let mut point = [middle; 32];
        (point[0], point[31]) = (first, last);
        point
    };
    let order_8 = |hex| {
        let bytes = BigUint::parse_bytes(hex, 16).unwrap();
        padded(&bytes, 32).try_into().unwrap()
    };
    vec![
        ("the neutral point", point(1, 0, 0)),
        ("the neutral point with a sign", point(1, 0, 0x80)),
        ("zero, of order 4", point(0, 0, 0)),
        ("zero with a sign, of order 4", point(0, 0, 0x80)),
        ("minus one, of order 2", point(0xec, 0xff, 0x7f)),
        ("minus one with a sign, of order 2", point(0xec, 0xff, 0xff)),
        ("zero beyond the field", point(0xed, 0xff, 0x7f)),
        ("one beyond the field", point(0xee, 0xff, 0x7f)),
        ("one beyond the field with a sign", point(0xee, 0xff, 0xff)),
        ("the last number", point(0xff, 0xff, 0x7f)),
        (
            "a point of order 8",
            order_8(b"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        ),
        (
            "another point of order 8",
            order_8(b"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        ),
        (
            "a point of order 8 with a sign",
            order_8(b"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
        ),
    ]
}

/// Under the neutral point, `R` neutral and `S` zero sign any message (RFC 8032 section 5.1.7).
#[tokio::test]
async fn nobody_signs_under_a_point_of_small_order() {
    let forge = Forge::new();
    for (name, point) in points_of_small_order() {
        let jwk = altered("EdDSA", &[("x", json!(encode(&point)))]);
        let jwks = json!({ "keys": [jwk, key("RS256").public_jwk()] });
        let header = json!({ "alg": "EdDSA", "kid": "bad" });
        let (input, _) = split(&key("EdDSA").sign(&header, &forge.claims()));
        let mut signature = vec![0; 64];
        signature[..32].copy_from_slice(&point);

        let parsed = KeySet::parse(jwks.to_string().as_bytes()).unwrap();
        let forged = join(&input, &signature);
        let refused = forge
            .verifier_with(&jwks)
            .verify(&forged)
            .await
            .unwrap_err();

        assert_eq!(parsed.left_out.len(), 1, "{name}");
        assert_eq!(parsed.left_out[0].error, malformed("x"), "{name}");
        assert_eq!(refused.reason(), "unknown_key", "{name}");
    }
}

#[tokio::test]
async fn a_bad_key_is_left_out_for_its_own_reason_and_spoils_no_good_one() {
    let forge = Forge::new();
    for (name, bad, reason) in bad_keys() {
        let jwks = json!({ "keys": [bad, key("RS256").public_jwk()] });

        let parsed = KeySet::parse(jwks.to_string().as_bytes()).unwrap();

        assert_eq!(parsed.key_set.keys().len(), 1, "{name}");
        assert_eq!(parsed.left_out.len(), 1, "{name}");
        assert_eq!(parsed.left_out[0].error, reason, "{name}");
        let verifier = forge.verifier_with(&jwks);
        assert!(verifier.verify(&forge.good()).await.is_ok(), "{name}");
        for algorithm in ["RS256", "ES256", "EdDSA"] {
            let header = json!({ "alg": algorithm, "kid": "bad" });
            let token = key(algorithm).sign(&header, &forge.claims());
            let refused = verifier.verify(&token).await.unwrap_err();
            assert_eq!(refused.reason(), "unknown_key", "{name}: {algorithm}");
        }
    }
}

#[test]
fn a_sound_key_is_read_in_each_of_its_spellings() {
    let zeros = |member: &str| {
        let bytes = crate::forge::decode(key("RS256").public_jwk()[member].as_str().unwrap());
        json!(encode(&[&[0, 0], &*bytes].concat()))
    };
    for (name, jwk, algorithm) in [
        (
            "without use",
            altered("RS256", &[("use", Value::Null)]),
            "RS256",
        ),
        (
            "with key_ops",
            altered("RS256", &[("key_ops", json!(["verify", "x"]))]),
            "RS256",
        ),
        (
            "RSA without alg",
            altered("RS256", &[("alg", Value::Null)]),
            "RS256 RS384 RS512 PS256 PS384 PS512",
        ),
        (
            "for PS512",
            altered("RS256", &[("alg", json!("PS512"))]),
            "PS512",
        ),
        (
            "EC without alg",
            altered("ES384", &[("alg", Value::Null)]),
            "ES384",
        ),
        (
            "OKP without alg",
            altered("EdDSA", &[("alg", Value::Null)]),
            "EdDSA",
        ),
        (
            "without kid",
            altered("ES256", &[("kid", Value::Null)]),
            "ES256",
        ),
        (
            "with zeros before its modulus",
            altered("RS256", &[("n", zeros("n"))]),
            "RS256",
        ),
        (
            "with a certificate",
            altered("RS256", &[("x5c", json!(["MIIB"]))]),
            "RS256",
        ),
    ] {
        let jwks = json!({ "keys": [jwk] }).to_string();
        let parsed = KeySet::parse(jwks.as_bytes()).unwrap();
        assert!(parsed.left_out.is_empty(), "{name}: {:?}", parsed.left_out);
        let algorithms = parsed.key_set.keys()[0].algorithms();
        let algorithms: Vec<_> = algorithms.map(Algorithm::name).collect();
        assert_eq!(algorithms.join(" "), algorithm, "{name}");
    }
}

#[test]
fn a_set_holds_a_hundred_keys_and_each_name_once() {
    let many: Vec<Value> = (0..105)
        .map(|n| altered("ES256", &[("kid", json!(format!("key-{n}")))]))
        .collect();
    let parsed = KeySet::parse(json!({ "keys": many }).to_string().as_bytes()).unwrap();
    assert_eq!(parsed.key_set.keys().len(), 100);
    assert!(
        parsed
            .left_out
            .iter()
            .all(|key| key.error == KeyError::TooMany)
    );

    let twice =
        json!({ "keys": [altered("ES256", &[]), altered("ES256", &[]), altered("ES384", &[])] });
    let parsed = KeySet::parse(twice.to_string().as_bytes()).unwrap();
    assert_eq!(
        parsed.key_set.keys().len(),
        2,
        "the same kid for another algorithm is another key"
    );
    assert_eq!(parsed.left_out[0].error, KeyError::Duplicate);
    assert_eq!(header("ES256")["kid"], "ES256");
}
