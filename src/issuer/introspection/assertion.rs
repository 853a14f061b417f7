//! Signs client assertions (RFC 7523 section 2.2) with `aws-lc-rs`: ES256 or RS256, by the key.

mod jwk;
mod pair;

use std::fmt;
use std::time::SystemTime;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use serde_json::json;

use pair::Pair;

pub use pair::AssertionKeyError;

/// A private key that signs client assertions. Its `Debug` does not show it.
pub struct AssertionKey {
    pair: Pair,
    key_id: Option<String>,
}

/// The signature could not be made.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the client assertion cannot be signed")]
pub(super) struct Unsigned;

impl AssertionKey {
    /// Reads a private key: PEM (PKCS #8, PKCS #1 or SEC 1) or a JSON Web Key, whose `kid` is used.
    ///
    /// # Errors
    ///
    /// An [`AssertionKeyError`].
    pub fn parse(text: &[u8]) -> Result<Self, AssertionKeyError> {
        if text.trim_ascii_start().starts_with(b"{") {
            let jwk::PrivateJwk { pair, key_id } = jwk::parse(text)?;
            return Ok(Self { pair, key_id });
        }
        let der = PrivateKeyDer::from_pem_slice(text).map_err(|_| {
            let is_public = text.windows(PUBLIC.len()).any(|it| it == PUBLIC);
            if is_public {
                AssertionKeyError::PublicKey
            } else {
                AssertionKeyError::NoKey
            }
        })?;
        let ec = || match &der {
            PrivateKeyDer::Sec1(der) => {
                let der = der.secret_sec1_der();
                EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der).ok()
            }
            der => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_der()).ok()
            }
        };
        let rsa = || match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok(),
            der => RsaKeyPair::from_pkcs8(der.secret_der()).ok(),
        };
        let pair = ec().map(Pair::Es256).or_else(|| rsa().map(Pair::Rs256));
        Ok(Self {
            pair: pair.ok_or(AssertionKeyError::Unsupported)?,
            key_id: None,
        })
    }

    /// Names the key in the header of assertions. It replaces the `kid` of a JSON Web Key.
    #[must_use]
    pub fn with_key_id(self, key_id: impl Into<String>) -> Self {
        Self {
            key_id: Some(key_id.into()),
            ..self
        }
    }

    /// The algorithm of its signatures.
    pub fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Es256(_) => "ES256",
            Pair::Rs256(_) => "RS256",
        }
    }

    /// A new assertion of the client for this audience, valid for a minute.
    pub(super) fn assertion(
        &self,
        client_id: &str,
        audience: &str,
        now: SystemTime,
    ) -> Result<String, Unsigned> {
        let random = SystemRandom::new();
        let mut token_id = [0; 16];
        random.fill(&mut token_id).map_err(|_| Unsigned)?;
        let issued_at = now.duration_since(SystemTime::UNIX_EPOCH);
        let issued_at = issued_at.unwrap_or_default().as_secs();
        let mut header = json!({ "alg": self.algorithm(), "typ": "JWT" });
        if let Some(key_id) = &self.key_id {
            header["kid"] = key_id.as_str().into();
        }
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "jti": URL_SAFE_NO_PAD.encode(token_id),
            "iat": issued_at,
            "exp": issued_at + LIFETIME_SECS,
        });
        let encoded = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encoded(&header), encoded(&claims));
        let signature = self.sign(input.as_bytes(), &random)?;
        Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn sign(&self, input: &[u8], random: &SystemRandom) -> Result<Vec<u8>, Unsigned> {
        match &self.pair {
            Pair::Es256(pair) => {
                let signature = pair.sign(random, input).map_err(|_| Unsigned)?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, random, input, &mut signature)
                    .map_err(|_| Unsigned)?;
                Ok(signature)
            }
        }
    }

    #[cfg(test)]
    fn public_key(&self) -> Vec<u8> {
        use aws_lc_rs::signature::KeyPair;

        match &self.pair {
            Pair::Es256(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Rs256(pair) => pair.public_key().as_ref().to_vec(),
        }
    }
}

impl fmt::Debug for AssertionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssertionKey")
            .field("algorithm", &self.algorithm())
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

const LIFETIME_SECS: u64 = 60;
const PUBLIC: &[u8] = b"-----BEGIN PUBLIC KEY-----";

#[cfg(test)]
mod tests;
