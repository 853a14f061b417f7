//! Signing keys, and what they sign.
//!
//! A key is generated here and never read from a file, so it cannot be a key that
//! protects anything. The caller's header and claims are signed without a check, because
//! a test may forge them. [`super::AccessToken`] knows what a token should contain.

mod pair;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use self::pair::Pair;
use crate::token::{Algorithm, Jws, SignedPayload, Thumbprint, VerifyingKey};

/// A private key, its `kid` and the one algorithm it signs with.
#[derive(Debug)]
pub struct SigningKey {
    kid: String,
    algorithm: Algorithm,
    pair: Pair,
}

impl SigningKey {
    /// A new key with a random `kid`. RSA keys have 2048 bits.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn generate(algorithm: Algorithm) -> Self {
        Self::generate_with_kid(algorithm, random_handle())
    }

    /// A new key with the given `kid`, which need not be unique.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn generate_with_kid(algorithm: Algorithm, kid: impl Into<String>) -> Self {
        Self {
            kid: kid.into(),
            algorithm,
            pair: Pair::generate(algorithm),
        }
    }

    /// The key's name in a key set.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What the key signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public half, as in a key set. RFC 7517 section 4.
    pub fn public_jwk(&self) -> Value {
        let mut jwk = json!({
            "kid": self.kid,
            "alg": self.algorithm.name(),
            "use": "sig",
        });
        for (name, value) in self.pair.public_members() {
            jwk[name] = value.into();
        }
        jwk
    }

    /// The thumbprint of the public half, which a bound token contains. RFC 7638.
    ///
    /// # Panics
    ///
    /// Never: the key has every member that it needs.
    pub fn thumbprint(&self) -> Thumbprint {
        let jwk = self.public_jwk();
        let thumbprint = jwk.as_object().and_then(Thumbprint::from_jwk);
        thumbprint.expect("a key with all its members")
    }

    /// A compact JWS over both values exactly as given. RFC 7515 section 7.1.
    ///
    /// `header` is not checked against the key: a test may make it wrong.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let signing_input = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string()),
        );
        let signature = self.sign_bytes(signing_input.as_bytes());
        format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The signature over `signing_input` in JWS form; for ECDSA that is `r || s`.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn sign_bytes(&self, signing_input: &[u8]) -> Vec<u8> {
        self.pair.sign(signing_input)
    }

    /// The payload of a token that this key signed.
    pub fn verify(&self, token: &str) -> Option<SignedPayload> {
        let key = VerifyingKey::parse(&self.public_jwk()).ok()?;
        key.verify(&Jws::parse(token).ok()?).ok()
    }
}

/// 256 random bits in 43 URL-safe characters: a `kid`, a `jti`, a code.
pub(super) fn random_handle() -> String {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the system gives randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}
