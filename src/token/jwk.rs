//! Reads one JSON Web Key and binds it to its algorithms (RFC 7517, RFC 7518 section 6).
//!
//! 1. Leave out private and symmetric keys: a published one is no longer secret.
//! 2. Leave out keys for another use than verifying signatures.
//! 3. The algorithm is `alg`. Without `alg`, the type of key decides: ES256, ES384 or EdDSA by
//!    its curve, and each RSA algorithm for an RSA key.
//! 4. Parse the key once; a verification later only uses it.

mod error;
mod members;
mod rsa;

use aws_lc_rs::signature::{self, ParsedPublicKey};

use super::json::{Json, Object};
use super::{Algorithm, MAX_KEY_ID_BYTES};
use members::{decode, malformed, text};

pub use error::KeyError;

/// A key as it is in a set: parsed, with its id and bound to its algorithms.
pub(super) struct ParsedJwk {
    pub(super) key_id: Option<String>,
    /// The key for each algorithm that it verifies; never empty.
    pub(super) public_keys: Vec<(Algorithm, ParsedPublicKey)>,
}

impl ParsedJwk {
    pub(super) fn parse(jwk: &Json<'_>) -> Result<Self, KeyError> {
        let members = jwk.as_object().ok_or(KeyError::NotAKeySet)?;
        refuse_secrets(members)?;
        refuse_other_uses(members)?;
        let key_id = match members.get("kid") {
            None => None,
            Some(Json::Text(kid)) if kid.len() <= MAX_KEY_ID_BYTES => Some((**kid).to_owned()),
            Some(_) => return Err(malformed("kid")),
        };
        let named = match members.get("alg") {
            None => None,
            Some(Json::Text(name)) => Some(Algorithm::find(name).ok_or(KeyError::Unsupported)?),
            Some(_) => return Err(malformed("alg")),
        };
        Ok(Self {
            key_id,
            public_keys: public_keys(members, named)?,
        })
    }
}

fn public_keys(
    members: &Object<'_>,
    named: Option<Algorithm>,
) -> Result<Vec<(Algorithm, ParsedPublicKey)>, KeyError> {
    match (text(members, "kty")?, curve(members)?) {
        ("RSA", None) => rsa::read(members, named),
        ("EC", Some("P-256")) => Ok(vec![ec(members, named, Algorithm::Es256, 32)?]),
        ("EC", Some("P-384")) => Ok(vec![ec(members, named, Algorithm::Es384, 48)?]),
        ("OKP", Some("Ed25519")) => Ok(vec![ed25519(members, named)?]),
        _ => Err(KeyError::Unsupported),
    }
}

/// The key of a caller, for the one algorithm that its proof names.
pub(super) fn read_for(
    members: &Object<'_>,
    algorithm: Algorithm,
) -> Result<ParsedPublicKey, KeyError> {
    check_for(members, algorithm)?;
    public_keys(members, Some(algorithm))?
        .pop()
        .map(|(_, key)| key)
        .ok_or(KeyError::Unsupported)
}

/// Checks the members of such a key that are not the key itself.
pub(super) fn check_for(members: &Object<'_>, algorithm: Algorithm) -> Result<(), KeyError> {
    refuse_secrets(members)?;
    refuse_other_uses(members)?;
    let is_same =
        |alg: &Json<'_>| alg.as_str().and_then(Algorithm::find_for_client) == Some(algorithm);
    if members.get("alg").is_none_or(is_same) {
        Ok(())
    } else {
        Err(KeyError::Unsupported)
    }
}

fn refuse_secrets(members: &Object<'_>) -> Result<(), KeyError> {
    const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];
    if members.contains("k") || members.text("kty") == Some("oct") {
        return Err(KeyError::Symmetric);
    }
    if PRIVATE.iter().any(|member| members.contains(member)) {
        return Err(KeyError::Private);
    }
    Ok(())
}

fn refuse_other_uses(members: &Object<'_>) -> Result<(), KeyError> {
    let for_signatures = members
        .get("use")
        .is_none_or(|usage| usage.as_str() == Some("sig"));
    let verifies = members.get("key_ops").is_none_or(|operations| {
        operations
            .as_array()
            .is_some_and(|operations| operations.iter().any(|it| it.as_str() == Some("verify")))
    });
    if for_signatures && verifies {
        Ok(())
    } else {
        Err(KeyError::OtherUse)
    }
}

fn ec(
    members: &Object<'_>,
    named: Option<Algorithm>,
    algorithm: Algorithm,
    coordinate_bytes: usize,
) -> Result<(Algorithm, ParsedPublicKey), KeyError> {
    if named.is_some_and(|named| named != algorithm) {
        return Err(KeyError::Unsupported);
    }
    let parameters = match algorithm {
        Algorithm::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
        _ => &signature::ECDSA_P384_SHA384_FIXED,
    };
    // SEC 1 section 2.3.3: an uncompressed point.
    let mut point = vec![4];
    for coordinate in ["x", "y"] {
        let bytes = decode(members, coordinate)?;
        if bytes.len() != coordinate_bytes {
            return Err(malformed(coordinate));
        }
        point.extend(bytes);
    }
    ParsedPublicKey::new(parameters, point)
        .map(|key| (algorithm, key))
        .map_err(|_| malformed("x"))
}

fn ed25519(
    members: &Object<'_>,
    named: Option<Algorithm>,
) -> Result<(Algorithm, ParsedPublicKey), KeyError> {
    if named.is_some_and(|named| named != Algorithm::EdDsa) {
        return Err(KeyError::Unsupported);
    }
    let x = <[u8; 32]>::try_from(decode(members, "x")?).map_err(|_| malformed("x"))?;
    if is_of_small_order(x) {
        return Err(malformed("x"));
    }
    ParsedPublicKey::new(&signature::ED25519, x)
        .map(|key| (Algorithm::EdDsa, key))
        .map_err(|_| malformed("x"))
}

/// Whether anybody can sign under this point, because its order is at most 8. A value that is
/// not a number of the field counts too (RFC 8032 section 5.1.3).
fn is_of_small_order(mut y: [u8; 32]) -> bool {
    // The highest bit is the sign of the other coordinate.
    y[31] &= 0x7f;
    let [first, middle @ .., last] = y;
    let is_zero_or_one = first <= 1 && middle == [0; 30] && last == 0;
    let is_minus_one_or_beyond = first >= 0xec && middle == [0xff; 30] && last == 0x7f;
    is_zero_or_one || is_minus_one_or_beyond || ORDER_8.contains(&y)
}

fn curve<'a>(members: &'a Object<'_>) -> Result<Option<&'a str>, KeyError> {
    match members.get("crv") {
        None => Ok(None),
        Some(_) => text(members, "crv").map(Some),
    }
}

/// The points of order 8, without their sign.
#[rustfmt::skip]
const ORDER_8: [[u8; 32]; 2] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
        0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
        0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(first: u8, middle: u8, last: u8) -> [u8; 32] {
        let mut bytes = [middle; 32];
        (bytes[0], bytes[31]) = (first, last);
        bytes
    }

    // The sign, in the highest bit of the last byte, does not change the order.
    #[test]
    fn points_of_small_order_are_distinguished_from_their_neighbours() {
        let small = [
            bytes(0, 0, 0),
            bytes(1, 0, 0),
            bytes(1, 0, 0x80),
            bytes(0xec, 0xff, 0x7f),
            bytes(0xff, 0xff, 0xff),
            ORDER_8[0],
            ORDER_8[1],
        ];
        let others = [
            bytes(2, 0, 0),
            bytes(0, 1, 0),
            bytes(0, 0, 1),
            bytes(2, 1, 0),
            bytes(2, 0, 1),
            bytes(0xeb, 0xff, 0x7f),
            bytes(0xec, 0xfe, 0x7f),
            bytes(0xec, 0xff, 0x7e),
            bytes(0xeb, 0xfe, 0x7f),
            bytes(0xeb, 0xff, 0x7e),
        ];
        for y in small {
            assert!(is_of_small_order(y), "{y:x?}");
        }
        for y in others {
            assert!(!is_of_small_order(y), "{y:x?}");
        }
    }
}
