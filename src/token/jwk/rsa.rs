//! Reads an RSA public key (RFC 7518 section 6.3.1).
//!
//! With `alg`, the key verifies that algorithm alone. Without `alg`, RFC 7517 section 4.4 leaves
//! the algorithm open: the key verifies each RSA algorithm, and the token's header says which.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters};

use super::super::json::Object;
use super::super::{Algorithm, roca};
use super::error::KeyError;
use super::members::{decode, malformed};

/// The key, parsed once for each algorithm that it verifies.
pub(super) fn read(
    members: &Object<'_>,
    named: Option<Algorithm>,
) -> Result<Vec<(Algorithm, ParsedPublicKey)>, KeyError> {
    let algorithms = match named {
        Some(algorithm) => vec![(algorithm, parameters(algorithm)?)],
        None => Algorithm::ALL
            .into_iter()
            .filter_map(|algorithm| Some((algorithm, parameters(algorithm).ok()?)))
            .collect(),
    };
    let n = number(members, "n")?;
    let e = number(members, "e")?;
    let bits = n.len() * 8 - n[0].leading_zeros() as usize;
    let exponent_is_sound = e.len() <= 4 && e[e.len() - 1] % 2 == 1 && e != [1];
    if !(2048..=8192).contains(&bits) || !exponent_is_sound {
        return Err(KeyError::WrongStrength { bits });
    }
    // A product of large primes is odd.
    if n[n.len() - 1].is_multiple_of(2) {
        return Err(malformed("n"));
    }
    if roca::has_fingerprint(&n) {
        return Err(KeyError::Roca);
    }
    let components = PublicKeyComponents { n, e };
    let parse = |(algorithm, parameters): (Algorithm, &'static RsaParameters)| {
        let parsed = components.to_parsed_public_key(parameters);
        parsed
            .map(|key| (algorithm, key))
            .map_err(|_| malformed("n"))
    };
    algorithms.into_iter().map(parse).collect()
}

fn parameters(algorithm: Algorithm) -> Result<&'static RsaParameters, KeyError> {
    match algorithm {
        Algorithm::Rs256 => Ok(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Ok(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Ok(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Ps256 => Ok(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::Ps384 => Ok(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::Ps512 => Ok(&signature::RSA_PSS_2048_8192_SHA512),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => Err(KeyError::Unsupported),
    }
}

/// A positive number, without the leading zeros that some issuers send.
fn number(members: &Object<'_>, member: &'static str) -> Result<Vec<u8>, KeyError> {
    let mut bytes = decode(members, member)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.drain(..zeros);
    if bytes.is_empty() {
        return Err(malformed(member));
    }
    Ok(bytes)
}
