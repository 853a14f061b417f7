use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::*;

fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{encoded}\n-----END {label}-----\n")
}

fn ec() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

fn ec_jwk(pair: &EcdsaKeyPair, more: &[(&str, &str)]) -> Value {
    use aws_lc_rs::encoding::AsBigEndian;
    let private: aws_lc_rs::encoding::EcPrivateKeyBin<'_> =
        pair.private_key().as_be_bytes().unwrap();
    let public = pair.public_key().as_ref();
    let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let mut jwk = json!({
        "kty": "EC", "crv": "P-256", "d": encoded(private.as_ref()),
        "x": encoded(&public[1..33]), "y": encoded(&public[33..]),
    });
    for (name, value) in more {
        jwk[*name] = (*value).into();
    }
    jwk
}

#[test]
fn a_key_of_each_form_signs_assertions_that_its_public_half_verifies() {
    let (ec, rsa) = (
        ec(),
        RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap(),
    );
    let ec_pkcs8 = ec.to_pkcs8v1().unwrap();
    let rsa_pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> = rsa.as_der().unwrap();
    let public = |pair: &dyn Fn() -> Vec<u8>| pair();
    let ec_public = public(&|| ec.public_key().as_ref().to_vec());
    let rsa_public = public(&|| rsa.public_key().as_ref().to_vec());
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("EC in PKCS #8", pem("PRIVATE KEY", ec_pkcs8.as_ref()), "ES256", &ec_public, None),
        ("EC as a JWK", ec_jwk(&ec, &[("kid", "one")]).to_string(), "ES256", &ec_public, Some("one")),
        ("RSA in PKCS #8", pem("PRIVATE KEY", rsa_pkcs8.as_ref()), "RS256", &rsa_public, None),
        ("RSA in PKCS #1", pem("RSA PRIVATE KEY", &pkcs1(rsa_pkcs8.as_ref())), "RS256", &rsa_public, None),
        ("RSA as a JWK", rsa_jwk(&pkcs1(rsa_pkcs8.as_ref())).to_string(), "RS256", &rsa_public, Some("two")),
    ];
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
    for (row, text, algorithm, public, key_id) in rows {
        let key = AssertionKey::parse(text.as_bytes()).expect(row);

        let assertion = key.assertion("client", "https://id.example/introspect", now);

        assert_eq!(&key.public_key(), public, "{row}");
        let assertion = assertion.unwrap();
        let (input, signature) = assertion.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let verified = match algorithm {
            "ES256" => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public)
                .verify(input.as_bytes(), &signature),
            _ => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
                .verify(input.as_bytes(), &signature),
        };
        assert!(verified.is_ok(), "{row}");
        let (header, claims) = input.split_once('.').unwrap();
        let read = |part: &str| -> Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        let (header, claims) = (read(header), read(claims));
        assert_eq!(header["alg"], algorithm, "{row}");
        assert_eq!(header.get("kid").and_then(Value::as_str), key_id, "{row}");
        assert_eq!(claims["iss"], "client", "{row}");
        assert_eq!(claims["sub"], "client", "{row}");
        assert_eq!(claims["aud"], "https://id.example/introspect", "{row}");
        assert_eq!(
            (&claims["iat"], &claims["exp"]),
            (&1000.into(), &1060.into()),
            "{row}"
        );
    }
}

#[test]
fn no_two_assertions_have_the_same_id() {
    let key = AssertionKey::parse(ec_jwk(&ec(), &[]).to_string().as_bytes()).unwrap();
    let id = || {
        let assertion = key.assertion("c", "a", SystemTime::UNIX_EPOCH).unwrap();
        let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap());
        let claims: Value = serde_json::from_slice(&claims.unwrap()).unwrap();
        claims["jti"].as_str().unwrap().to_owned()
    };

    assert_ne!(id(), id());
}

#[test]
fn what_is_no_usable_private_key_is_refused_with_its_reason() {
    let pair = ec();
    let mut public = ec_jwk(&pair, &[]);
    public.as_object_mut().unwrap().remove("d");
    let other_curve = ec_jwk(&pair, &[("crv", "P-384")]);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("a private key", ec_jwk(&pair, &[]).to_string(), None),
        ("nothing", String::new(), Some(AssertionKeyError::NoKey)),
        ("a password", "swordfish".to_owned(), Some(AssertionKeyError::NoKey)),
        ("a public key", pem("PUBLIC KEY", &[1, 2, 3]), Some(AssertionKeyError::PublicKey)),
        ("a public JWK", public.to_string(), Some(AssertionKeyError::PublicKey)),
        ("another curve", other_curve.to_string(), Some(AssertionKeyError::Unsupported)),
        ("a symmetric JWK", r#"{"kty":"oct","k":"AQ","d":"AQ"}"#.to_owned(), Some(AssertionKeyError::NoKey)),
        ("bytes that are no key", pem("PRIVATE KEY", &[1, 2, 3]), Some(AssertionKeyError::Unsupported)),
    ];
    for (row, text, expected) in rows {
        let error = AssertionKey::parse(text.as_bytes()).err();

        assert_eq!(error, expected, "{row}");
    }
}

#[test]
fn debug_does_not_show_the_key() {
    let jwk = ec_jwk(&ec(), &[("kid", "one")]);
    let key = AssertionKey::parse(jwk.to_string().as_bytes()).unwrap();

    let shown = format!("{key:?}");

    assert!(shown.contains("one") && !shown.contains(jwk["d"].as_str().unwrap()));
}

/// The `RSAPrivateKey` within PKCS #8, which begins at its second OCTET STRING header.
fn pkcs1(pkcs8: &[u8]) -> Vec<u8> {
    let at = pkcs8.windows(2).position(|it| it == [0x04, 0x82]).unwrap();
    pkcs8[at + 4..].to_vec()
}

/// The numbers of an `RSAPrivateKey` as a JWK.
fn rsa_jwk(pkcs1: &[u8]) -> Value {
    let mut rest = &pkcs1[4..];
    let mut numbers = Vec::new();
    while rest.first() == Some(&0x02) {
        let (length, skipped) = match rest[1] {
            0x82 => (usize::from(rest[2]) << 8 | usize::from(rest[3]), 4),
            0x81 => (usize::from(rest[2]), 3),
            short => (usize::from(short), 2),
        };
        let number = &rest[skipped..skipped + length];
        numbers.push(URL_SAFE_NO_PAD.encode(number.strip_prefix(&[0]).unwrap_or(number)));
        rest = &rest[skipped + length..];
    }
    let mut jwk = json!({ "kty": "RSA", "kid": "two" });
    for (name, number) in ["n", "e", "d", "p", "q", "dp", "dq", "qi"]
        .iter()
        .zip(&numbers[1..])
    {
        jwk[*name] = number.as_str().into();
    }
    jwk
}
