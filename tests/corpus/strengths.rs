//! RSA keys of every size that is allowed, and the first that is not; a signature is as long as
//! its key.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use num_bigint::BigUint;
use poem_resource_server::token::{KeyError, KeySet};
use serde_json::{Value, json};

use crate::forge::{Forge, encode, join};

struct Pair {
    bytes: usize,
    pair: KeyPair,
}

impl Pair {
    fn generate(bytes: usize, size: KeySize) -> Self {
        let pair = KeyPair::generate(size).unwrap();
        Self { bytes, pair }
    }

    fn kid(&self) -> String {
        format!("rsa-{}", 8 * self.bytes)
    }

    fn public_jwk(&self) -> Value {
        // A sequence and a number with lengths of two bytes each, then the number's sign.
        let der = self.pair.public_key().as_ref();
        let n = &der[9..9 + self.bytes];
        json!({ "kty": "RSA", "kid": self.kid(), "n": encode(n), "e": "AQAB" })
    }

    fn sign(&self, input: &str) -> Vec<u8> {
        let mut signature = vec![0; self.bytes];
        let random = SystemRandom::new();
        self.pair
            .sign(&RSA_PKCS1_SHA256, &random, input.as_bytes(), &mut signature)
            .unwrap();
        signature
    }
}

fn input(forge: &Forge, kid: &str) -> String {
    let header = json!({ "alg": "RS256", "kid": kid }).to_string();
    let claims = forge.claims().to_string();
    format!(
        "{}.{}",
        encode(header.as_bytes()),
        encode(claims.as_bytes())
    )
}

#[tokio::test]
async fn keys_of_three_sizes_each_verify_their_own_signatures() {
    let forge = Forge::new();
    let pairs = [
        Pair::generate(256, KeySize::Rsa2048),
        Pair::generate(384, KeySize::Rsa3072),
        Pair::generate(512, KeySize::Rsa4096),
    ];
    let jwks: Vec<Value> = pairs.iter().map(Pair::public_jwk).collect();
    let verifier = forge.verifier_with(&json!({ "keys": jwks }));
    for claimed in &pairs {
        for signer in &pairs {
            let input = input(&forge, &claimed.kid());
            let token = join(&input, &signer.sign(&input));

            let verdict = verifier.verify(&token).await;

            let verdict = verdict.map_or_else(|error| error.reason(), |_| "ok");
            let own = claimed.bytes == signer.bytes;
            let expected = if own { "ok" } else { "bad_signature" };
            assert_eq!(verdict, expected, "{} by {}", claimed.kid(), signer.kid());
        }
    }
}

#[test]
fn the_length_of_a_modulus_is_counted_in_bits() {
    let odd = |bits: usize| (BigUint::from(1_u8) << (bits - 1)) + 1_u8;
    for (bits, is_allowed) in [
        (512, false),
        (1024, false),
        (2047, false),
        (2048, true),
        (2049, true),
        (8192, true),
        (8193, false),
    ] {
        let n = encode(&odd(bits).to_bytes_be());
        let jwks = json!({ "keys": [{ "kty": "RSA", "n": n, "e": "AQAB" }] });

        let parsed = KeySet::parse(jwks.to_string().as_bytes()).unwrap();

        let left_out = parsed.left_out.first().map(|key| key.error.clone());
        let expected = (!is_allowed).then_some(KeyError::WrongStrength { bits });
        assert_eq!(left_out, expected, "{bits} bits");
    }
}

#[test]
fn an_exponent_is_odd_above_one_and_of_four_bytes_at_most() {
    let forge = Forge::new();
    let n = encode(&forge.rsa.n.to_bytes_be());
    for (exponent, is_allowed) in [
        (1_u64, false),
        (2, false),
        (3, true),
        (17, true),
        (65_536, false),
        (65_537, true),
        (0xffff_ffff, true),
        (0x1_0000_0001, false),
    ] {
        let e = encode(&BigUint::from(exponent).to_bytes_be());
        let jwks = json!({ "keys": [{ "kty": "RSA", "n": n, "e": e }] });

        let parsed = KeySet::parse(jwks.to_string().as_bytes()).unwrap();

        let left_out = parsed.left_out.first().map(|key| key.error.clone());
        let expected = (!is_allowed).then_some(KeyError::WrongStrength { bits: 2048 });
        assert_eq!(left_out, expected, "exponent {exponent}");
    }
}

#[test]
fn an_even_modulus_is_no_key() {
    let forge = Forge::new();
    let n = encode(&(&forge.rsa.n - 1_u8).to_bytes_be());
    let jwks = json!({ "keys": [{ "kty": "RSA", "n": n, "e": "AQAB" }] });

    let parsed = KeySet::parse(jwks.to_string().as_bytes()).unwrap();

    let error = KeyError::Malformed { member: "n" };
    assert_eq!(parsed.left_out.first().map(|key| &key.error), Some(&error));
}
