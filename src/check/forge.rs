//! Hostile tokens made from a good one, without any key of the issuer.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::parts::Parts;

/// A value in hostile tokens that no answer may contain.
pub(super) const CANARY: &str = "canary-5f1d0e7c92";

/// A hostile token: the check it belongs to, how it was made, and the token.
pub(super) type Forged = (&'static str, String, String);

/// Every token that differs from the good one in one thing.
pub(super) fn forged(good: &Parts, issuer_keys: &[Value]) -> Vec<Forged> {
    let mut tokens: Vec<Forged> = vec![
        (
            "signature_changed",
            "another bit".to_owned(),
            compact(&good.header, &good.payload, &flipped(&good.signature)),
        ),
        (
            "signature_changed",
            "zeros".to_owned(),
            compact(&good.header, &good.payload, &vec![0; good.signature.len()]),
        ),
        (
            "signature_changed",
            "cut in half".to_owned(),
            compact(
                &good.header,
                &good.payload,
                &good.signature[..good.signature.len() / 2],
            ),
        ),
        (
            "signature_removed",
            "empty".to_owned(),
            compact(&good.header, &good.payload, &[]),
        ),
        (
            "signature_removed",
            "two segments".to_owned(),
            two_segments(good),
        ),
    ];
    tokens.extend(unsigned(good));
    for (form, secret) in secrets(good, issuer_keys) {
        let header = with(&good.header, "alg", json!("HS256"));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let signed = format!("{}.{}", encoded(&header), encoded(&good.payload));
        let signature = hmac::sign(&key, signed.as_bytes());
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        tokens.push(("public_key_as_secret", form, token));
    }
    let payloads = [
        ("another subject", with(&good.payload, "sub", json!(CANARY))),
        (
            "a later end",
            with(&good.payload, "exp", json!(4_102_444_800_u64)),
        ),
        (
            "more scope",
            with(
                &with(&good.payload, "scp", json!(["admin"])),
                "scope",
                json!("admin"),
            ),
        ),
    ];
    for (name, payload) in payloads {
        let token = compact(&good.header, &payload, &good.signature);
        tokens.push(("payload_changed", name.to_owned(), token));
    }
    let unknown = with(&good.header, "kid", json!(CANARY));
    tokens.push((
        "unknown_key",
        "kid".to_owned(),
        compact(&unknown, &good.payload, &good.signature),
    ));
    let critical = with(&good.header, "crit", json!([CANARY]));
    let critical = with(&critical, CANARY, json!(true));
    tokens.push((
        "critical_header",
        "crit".to_owned(),
        compact(&critical, &good.payload, &good.signature),
    ));
    tokens
}

/// Tokens that claim to need no signature.
pub(super) fn unsigned(good: &Parts) -> impl Iterator<Item = Forged> {
    ["none", "None", "NONE", "nOnE"]
        .into_iter()
        .map(|spelling| {
            let header = with(&good.header, "alg", json!(spelling));
            let token = compact(&header, &good.payload, &[]);
            ("unsigned", format!("alg {spelling}"), token)
        })
}

/// The token with this header, payload and signature.
pub(super) fn compact(
    header: &Map<String, Value>,
    payload: &Map<String, Value>,
    signature: &[u8],
) -> String {
    let signature = URL_SAFE_NO_PAD.encode(signature);
    format!("{}.{}.{signature}", encoded(header), encoded(payload))
}

pub(super) fn encoded(part: &Map<String, Value>) -> String {
    URL_SAFE_NO_PAD.encode(Value::Object(part.clone()).to_string())
}

/// The part with another value in one member.
pub(super) fn with(part: &Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    let mut part = part.clone();
    part.insert(name.to_owned(), value);
    part
}

fn two_segments(good: &Parts) -> String {
    format!("{}.{}", encoded(&good.header), encoded(&good.payload))
}

fn flipped(signature: &[u8]) -> Vec<u8> {
    let mut bytes = signature.to_vec();
    let middle = bytes.len() / 2;
    match bytes.get_mut(middle) {
        Some(byte) => *byte ^= 1,
        None => bytes.push(1),
    }
    bytes
}

/// The forms of a public key that a careless verifier may use as a secret.
fn secrets(good: &Parts, issuer_keys: &[Value]) -> Vec<(String, Vec<u8>)> {
    let kid = good.header.get("kid");
    let of_token = |key: &&Value| kid.is_none_or(|kid| key.get("kid") == Some(kid));
    let Some(key) = issuer_keys.iter().find(of_token) else {
        return Vec::new();
    };
    let mut secrets = vec![("the JWK".to_owned(), key.to_string().into_bytes())];
    if let Some(modulus) = key["n"].as_str() {
        secrets.push(("the modulus".to_owned(), modulus.as_bytes().to_vec()));
    }
    if let Some(der) = subject_public_key_info(key) {
        let text = pem(&der);
        let trimmed = text.trim_end().as_bytes().to_vec();
        secrets.push(("PEM".to_owned(), text.into_bytes()));
        secrets.push(("PEM without its last line end".to_owned(), trimmed));
        secrets.push(("DER".to_owned(), der));
    }
    secrets
}

/// RFC 5280 section 4.1.2.7.
fn subject_public_key_info(key: &Value) -> Option<Vec<u8>> {
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str()?).ok();
    let parsed = |algorithm, point: Vec<u8>| {
        let key = ParsedPublicKey::new(algorithm, point).ok()?;
        Some(
            AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(&key)
                .ok()?
                .as_ref()
                .to_vec(),
        )
    };
    let point = |algorithm| parsed(algorithm, [vec![4], bytes("x")?, bytes("y")?].concat());
    match (key["kty"].as_str()?, key["crv"].as_str()) {
        ("RSA", _) => {
            let key = PublicKeyComponents {
                n: bytes("n")?,
                e: bytes("e")?,
            };
            Some(key.as_der().ok()?.as_ref().to_vec())
        }
        ("EC", Some("P-256")) => point(&signature::ECDSA_P256_SHA256_FIXED),
        ("EC", Some("P-384")) => point(&signature::ECDSA_P384_SHA384_FIXED),
        ("OKP", _) => parsed(&signature::ED25519, bytes("x")?),
        _ => None,
    }
}

/// RFC 7468 section 13.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    )
}
