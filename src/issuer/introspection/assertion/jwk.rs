//! Reads a private key in the form of a JSON Web Key (RFC 7518 section 6).

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::pair::{AssertionKeyError, Pair};

/// A private key and its name.
pub(super) struct PrivateJwk {
    pub(super) pair: Pair,
    pub(super) key_id: Option<String>,
}

pub(super) fn parse(text: &[u8]) -> Result<PrivateJwk, AssertionKeyError> {
    let jwk: Value = serde_json::from_slice(text).map_err(|_| AssertionKeyError::NoKey)?;
    let member = |name: &str| {
        let encoded = jwk.get(name).and_then(Value::as_str);
        encoded.and_then(|it| URL_SAFE_NO_PAD.decode(it).ok())
    };
    let key_type = jwk.get("kty").and_then(Value::as_str);
    let is_private = jwk.get("d").is_some();
    let pair = match (key_type, is_private) {
        (Some("EC" | "RSA"), false) => return Err(AssertionKeyError::PublicKey),
        (Some("EC"), _) => elliptic(&jwk, &member),
        (Some("RSA"), _) => rsa(&member),
        _ => return Err(AssertionKeyError::NoKey),
    };
    Ok(PrivateJwk {
        pair: pair.ok_or(AssertionKeyError::Unsupported)?,
        key_id: jwk.get("kid").and_then(Value::as_str).map(str::to_owned),
    })
}

fn elliptic(jwk: &Value, member: &impl Fn(&str) -> Option<Vec<u8>>) -> Option<Pair> {
    if jwk.get("crv").and_then(Value::as_str) != Some("P-256") {
        return None;
    }
    // An uncompressed point (SEC 1 section 2.3.3).
    let point = [vec![4], member("x")?, member("y")?].concat();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair =
        EcdsaKeyPair::from_private_key_and_public_key(algorithm, &member("d")?, &point).ok()?;
    Some(Pair::Es256(pair))
}

fn rsa(member: &impl Fn(&str) -> Option<Vec<u8>>) -> Option<Pair> {
    // RSAPrivateKey of RFC 8017 appendix A.1.2: the version and eight numbers.
    let mut numbers = der(INTEGER, &[0]);
    for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
        numbers.extend(positive(&member(name)?));
    }
    let pair = RsaKeyPair::from_der(&der(SEQUENCE, &numbers)).ok()?;
    Some(Pair::Rs256(pair))
}

/// A number in big-endian order as an `INTEGER` that is not negative.
fn positive(number: &[u8]) -> Vec<u8> {
    let first = number.iter().position(|byte| *byte != 0);
    let digits = first.map_or(&[0][..], |first| &number[first..]);
    if digits[0] & 0x80 == 0 {
        return der(INTEGER, digits);
    }
    der(INTEGER, &[&[0], digits].concat())
}

/// A value in DER with its tag and its length.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = length.iter().position(|byte| *byte != 0);
    let length = &length[significant.unwrap_or(length.len() - 1)..];
    let mut encoded = vec![tag];
    if content.len() >= 0x80 {
        encoded.push(0x80 | u8::try_from(length.len()).unwrap_or_default());
    }
    encoded.extend(length);
    encoded.extend(content);
    encoded
}

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
