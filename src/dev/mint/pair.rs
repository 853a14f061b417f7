//! One key pair of each kind, behind one face.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaEncoding};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::token::Algorithm;

#[derive(Debug)]
pub(super) enum Pair {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Pair {
    pub(super) fn generate(algorithm: Algorithm) -> Self {
        let encoding: &'static dyn RsaEncoding = match algorithm {
            Algorithm::Rs256 => &signature::RSA_PKCS1_SHA256,
            Algorithm::Rs384 => &signature::RSA_PKCS1_SHA384,
            Algorithm::Rs512 => &signature::RSA_PKCS1_SHA512,
            Algorithm::Ps256 => &signature::RSA_PSS_SHA256,
            Algorithm::Ps384 => &signature::RSA_PSS_SHA384,
            Algorithm::Ps512 => &signature::RSA_PSS_SHA512,
            Algorithm::Es256 => {
                return Self::ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING);
            }
            Algorithm::Es384 => {
                return Self::ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING);
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate().expect("memory and randomness are at hand");
                return Self::Ed25519(pair);
            }
        };
        let pair =
            RsaKeyPair::generate(KeySize::Rsa2048).expect("memory and randomness are at hand");
        Self::Rsa(pair, encoding)
    }

    /// The signature in JWS form.
    pub(super) fn sign(&self, signing_input: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    *encoding,
                    &SystemRandom::new(),
                    signing_input,
                    &mut signature,
                )
                .expect("a 2048 bit key has room for any of our digests");
                signature
            }
            Self::Ecdsa(pair) => pair
                .sign(&SystemRandom::new(), signing_input)
                .expect("memory and randomness are at hand")
                .as_ref()
                .to_vec(),
            Self::Ed25519(pair) => pair.sign(signing_input).as_ref().to_vec(),
        }
    }

    fn ecdsa(algorithm: &'static signature::EcdsaSigningAlgorithm) -> Self {
        let pair = EcdsaKeyPair::generate(algorithm).expect("memory and randomness are at hand");
        Self::Ecdsa(pair)
    }

    /// In the form `aws-lc-rs` verifies with.
    pub(super) fn public_key(&self) -> &[u8] {
        match self {
            Self::Rsa(pair, _) => pair.public_key().as_ref(),
            Self::Ecdsa(pair) => pair.public_key().as_ref(),
            Self::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    /// The JWK members of the key type. RFC 7518 section 6, RFC 8037 section 2.
    pub(super) fn public_members(&self) -> Vec<(&'static str, String)> {
        let key = self.public_key();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa(..) => {
                let (n, e) = rsa_public_key(key).expect("the library writes DER");
                vec![("kty", "RSA".into()), ("n", encode(n)), ("e", encode(e))]
            }
            Self::Ecdsa(_) => {
                // SEC 1 section 2.3.3: 0x04, then both coordinates at full length.
                let (x, y) = key[1..].split_at((key.len() - 1) / 2);
                let curve = if x.len() == 32 { "P-256" } else { "P-384" };
                vec![
                    ("kty", "EC".into()),
                    ("crv", curve.into()),
                    ("x", encode(x)),
                    ("y", encode(y)),
                ]
            }
            Self::Ed25519(_) => vec![
                ("kty", "OKP".into()),
                ("crv", "Ed25519".into()),
                ("x", encode(key)),
            ],
        }
    }
}

/// Modulus and exponent of an `RSAPublicKey`. RFC 8017 appendix A.1.1.
fn rsa_public_key(der: &[u8]) -> Option<(&[u8], &[u8])> {
    const SEQUENCE: u8 = 0x30;
    const INTEGER: u8 = 0x02;
    let (sequence, _) = der_value(der, SEQUENCE)?;
    let (modulus, rest) = der_value(sequence, INTEGER)?;
    let (exponent, _) = der_value(rest, INTEGER)?;
    // A JWK integer is unsigned, so DER's sign byte has no place in it.
    let unsigned = |bytes: &'_ [u8]| bytes.iter().take_while(|byte| **byte == 0).count();
    Some((
        &modulus[unsigned(modulus)..],
        &exponent[unsigned(exponent)..],
    ))
}

/// Splits the value that starts `der` from what follows it.
fn der_value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, length], rest) = der.split_first_chunk()?;
    if found != tag {
        return None;
    }
    if length < 0x80 {
        return rest.split_at_checked(length.into());
    }
    let (length, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
    let length = length
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    rest.split_at_checked(length)
}
