//! A private key that decrypts tokens.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{KeyPair, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use serde_json::json;

use super::algorithms::KeyEncryption;
use super::jwe::Jwe;
use super::key_error::{DecryptionKeyError, check_size};
use super::{cipher, der, private_jwk};
use crate::token::Thumbprint;

/// A private RSA key of 2048 to 4096 bits that decrypts access tokens. Its `Debug` does not show
/// it.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use poem_resource_server::token::{Audience, DecryptionKey, Validation};
/// use poem_resource_server::verifier::RemoteIssuer;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let key = DecryptionKey::parse(&std::fs::read("/etc/orders/encryption.pem")?)?;
/// let rules = Validation::new("https://id.example", Audience::parse("api://orders")?);
/// let issuer = RemoteIssuer::new("staff", rules).with_decryption_keys([Arc::new(key)]);
/// # Ok(())
/// # }
/// ```
pub struct DecryptionKey {
    key: OaepPrivateDecryptingKey,
    thumbprint: Thumbprint,
    key_id: Option<String>,
    /// The only algorithm of the key, if it names one.
    algorithm: Option<KeyEncryption>,
}

impl DecryptionKey {
    /// Reads a private key: PEM (PKCS #8 or PKCS #1) or a JSON Web Key, whose `kid` is used.
    ///
    /// # Errors
    ///
    /// A [`DecryptionKeyError`].
    pub fn parse(text: &[u8]) -> Result<Self, DecryptionKeyError> {
        if text.trim_ascii_start().starts_with(b"{") {
            let jwk = private_jwk::parse(text)?;
            return Self::new(&jwk.pair, jwk.key_id, jwk.algorithm);
        }
        let der = PrivateKeyDer::from_pem_slice(text).map_err(|_| {
            let is_public = text.windows(PUBLIC.len()).any(|it| it == PUBLIC);
            if is_public {
                DecryptionKeyError::PublicKey
            } else {
                DecryptionKeyError::NoKey
            }
        })?;
        let (bits, pair) = match &der {
            PrivateKeyDer::Pkcs1(der) => {
                let der = der.secret_pkcs1_der();
                (der::bits_of_pkcs1(der), KeyPair::from_der(der))
            }
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                (der::bits_of_pkcs8(der), KeyPair::from_pkcs8(der))
            }
            _ => return Err(DecryptionKeyError::Unsupported),
        };
        check_size(bits.ok_or(DecryptionKeyError::Unsupported)?)?;
        let pair = pair.map_err(|_| DecryptionKeyError::Unsupported)?;
        Self::new(&pair, None, None)
    }

    fn new(
        pair: &KeyPair,
        key_id: Option<String>,
        algorithm: Option<KeyEncryption>,
    ) -> Result<Self, DecryptionKeyError> {
        let unsupported = |_| DecryptionKeyError::Unsupported;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(unsupported)?;
        let key = PrivateDecryptingKey::from_pkcs8(der.as_ref());
        let key = key.map_err(|_| DecryptionKeyError::Unsupported)?;
        let thumbprint = thumbprint(pair.public_key().as_ref());
        Ok(Self {
            key: OaepPrivateDecryptingKey::new(key).map_err(unsupported)?,
            thumbprint: thumbprint.ok_or(DecryptionKeyError::Unsupported)?,
            key_id,
            algorithm,
        })
    }

    /// A new key. Only a fuzzer calls it.
    #[cfg(fuzzing)]
    pub(super) fn random() -> Self {
        let pair = KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).expect("a new key");
        Self::new(&pair, None, None).expect("a key of 2048 bits")
    }

    /// The `kid` of its JSON Web Key.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The thumbprint of its public half (RFC 7638).
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// Its length.
    pub fn bits(&self) -> usize {
        self.key.key_size_bits()
    }

    /// Whether a header with this `kid` names this key.
    pub(super) fn is_named(&self, key_id: &str) -> bool {
        self.key_id() == Some(key_id) || Thumbprint::parse(key_id) == Some(self.thumbprint)
    }

    /// Whether the key may be used for this algorithm.
    pub(super) fn is_for(&self, algorithm: KeyEncryption) -> bool {
        self.algorithm.is_none_or(|only| only == algorithm)
    }

    /// The content of a token; `None` if it is not encrypted to this key, or was altered.
    ///
    /// RFC 7516 sections 5.2 and 11.5.
    pub(super) fn open(&self, jwe: &Jwe) -> Option<Vec<u8>> {
        // A caller must not learn whether the RSA operation failed or the decryption after it.
        // Therefore, a random content key takes the place of one that cannot be decrypted.
        let mut content_key = vec![0; jwe.content_encryption().key_bytes()];
        rand::fill(&mut content_key).ok()?;
        let mut decrypted = vec![0; self.key.min_output_size()];
        let algorithm = jwe.key_encryption().oaep();
        let encrypted = jwe.encrypted_key();
        let found = self.key.decrypt(algorithm, encrypted, &mut decrypted, None);
        if let Ok(found) = found
            && found.len() == content_key.len()
        {
            content_key.copy_from_slice(found);
        }
        cipher::decrypt(jwe.content_encryption(), &content_key, &jwe.content())
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey")
            .field("bits", &self.bits())
            .field("thumbprint", &self.thumbprint)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// The thumbprint of an `RSAPublicKey` in DER.
fn thumbprint(der: &[u8]) -> Option<Thumbprint> {
    let numbers = der::public_key(der)?;
    let encoded = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
    let jwk = json!({ "kty": "RSA", "n": encoded(numbers.n), "e": encoded(numbers.e) });
    Thumbprint::from_jwk(jwk.as_object()?)
}

const PUBLIC: &[u8] = b"-----BEGIN PUBLIC KEY-----";
