//! Signing keys, and what they sign.
//!
//! A key is generated here and never read from anywhere, so it cannot be one that
//! matters. The caller's header and claims are signed as they come: saying what a
//! token should hold is [`super::AccessToken`]'s business, and a test may forge.

mod pair;

use aws_lc_rs::rand;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use self::pair::Pair;

/// The signature algorithms a [`SigningKey`] can be made for, by their JWA names.
///
/// RFC 7518 section 3.1, RFC 8037 section 3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names are the registry's.
pub enum SigningAlgorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl SigningAlgorithm {
    /// Every algorithm, for tests that try them in turn.
    pub const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// The value of `alg`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Self::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
            Self::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
            Self::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
            Self::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
            Self::Es384 => &signature::ECDSA_P384_SHA384_FIXED,
            Self::EdDsa => &signature::ED25519,
        }
    }
}

/// A private key, its `kid` and the one algorithm it signs with.
#[derive(Debug)]
pub struct SigningKey {
    kid: String,
    algorithm: SigningAlgorithm,
    pair: Pair,
}

impl SigningKey {
    /// A new key with a random `kid`. RSA keys have 2048 bits.
    ///
    /// # Panics
    ///
    /// When the system has no memory or randomness to give.
    pub fn generate(algorithm: SigningAlgorithm) -> Self {
        Self::generate_with_kid(algorithm, random_handle())
    }

    /// A new key with the given `kid`, which need not be unique.
    ///
    /// # Panics
    ///
    /// When the system has no memory or randomness to give.
    pub fn generate_with_kid(algorithm: SigningAlgorithm, kid: impl Into<String>) -> Self {
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
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The public half, as it stands in a key set. RFC 7517 section 4.
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

    /// A compact JWS over both values exactly as given. RFC 7515 section 7.1.
    ///
    /// `header` is not checked against the key: a test may lie in it.
    ///
    /// # Panics
    ///
    /// When the system has no memory or randomness to give.
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
    /// When the system has no memory or randomness to give.
    pub fn sign_bytes(&self, signing_input: &[u8]) -> Vec<u8> {
        self.pair.sign(signing_input)
    }

    /// Whether `signature` is this key's over `signing_input`.
    pub fn verify(&self, signing_input: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(self.algorithm.verification(), self.pair.public_key())
            .verify(signing_input, signature)
            .is_ok()
    }
}

/// 256 random bits in 43 URL-safe characters: a `kid`, a `jti`, a code.
pub(super) fn random_handle() -> String {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the system gives randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}
