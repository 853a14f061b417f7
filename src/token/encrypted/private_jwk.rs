//! Reads a private RSA key in the form of a JSON Web Key (RFC 7518 section 6.3.2).

use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::algorithms::KeyEncryption;
use super::der;
use super::key_error::{DecryptionKeyError, check_size};
use crate::token::MAX_KEY_ID_BYTES;
use crate::token::json::{self, Json, Object};

/// A private key, with what it says about itself.
pub(super) struct PrivateJwk {
    pub(super) pair: KeyPair,
    pub(super) key_id: Option<String>,
    pub(super) algorithm: Option<KeyEncryption>,
}

pub(super) fn parse(text: &[u8]) -> Result<PrivateJwk, DecryptionKeyError> {
    let jwk = json::object(text).ok_or(DecryptionKeyError::NoKey)?;
    match jwk.text("kty") {
        Some("RSA") => {}
        Some(_) => return Err(DecryptionKeyError::Unsupported),
        None => return Err(DecryptionKeyError::NoKey),
    }
    if !jwk.contains("d") {
        return Err(DecryptionKeyError::PublicKey);
    }
    let algorithm = purpose(&jwk)?;
    if let Some(n) = member(&jwk, "n") {
        check_size(der::bits(&n))?;
    }
    let pair = pair(&jwk).ok_or(DecryptionKeyError::Unsupported)?;
    let key_id = jwk.text("kid");
    Ok(PrivateJwk {
        pair,
        key_id: key_id
            .filter(|it| it.len() <= MAX_KEY_ID_BYTES)
            .map(str::to_owned),
        algorithm,
    })
}

/// The only algorithm of the key; `None` if it may be used for each.
fn purpose(jwk: &Object<'_>) -> Result<Option<KeyEncryption>, DecryptionKeyError> {
    let other = DecryptionKeyError::OtherPurpose;
    if jwk.get("use").is_some_and(|it| it.as_str() != Some("enc")) {
        return Err(other);
    }
    if let Some(operations) = jwk.get("key_ops") {
        let decrypts = |it: &Json<'_>| matches!(it.as_str(), Some("decrypt" | "unwrapKey"));
        let operations = operations.as_array().ok_or(other)?;
        if !operations.iter().any(decrypts) {
            return Err(other);
        }
    }
    match jwk.get("alg") {
        None => Ok(None),
        Some(name) => {
            let found = name.as_str().and_then(KeyEncryption::find);
            found.map(Some).ok_or(other)
        }
    }
}

fn pair(jwk: &Object<'_>) -> Option<KeyPair> {
    let number = |name: &str| member(jwk, name);
    let components = KeyPairComponents {
        public_key: PublicKeyComponents {
            n: number("n")?,
            e: number("e")?,
        },
        d: number("d")?,
        p: number("p")?,
        q: number("q")?,
        dP: number("dp")?,
        dQ: number("dq")?,
        qInv: number("qi")?,
    };
    KeyPair::from_components(&components).ok()
}

/// A number without the leading zeros that some programs write.
fn member(jwk: &Object<'_>, name: &str) -> Option<Vec<u8>> {
    let encoded = jwk.text(name)?;
    let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
    Some(der::without_zeros(&bytes).to_vec())
}
