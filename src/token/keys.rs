//! Chooses the key that verifies a token, and verifies with it.
//!
//! 1. Keys that cannot be used were left out when the set was read: see `KeyError`.
//! 2. With a `kid`, its key must be for the header's `alg`. An RSA key that is published without
//!    `alg` is for each RSA algorithm.
//! 3. Without one, exactly one key may be for that `alg`.
//!
//! Does not use the network: see [`crate::issuer`] for where keys come from.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use aws_lc_rs::signature::ParsedPublicKey;
use serde_json::Value;

use super::json::{self, Json};
use super::jwk::ParsedJwk;
use super::{Algorithm, Header, Jws, KeyError, TokenError};

/// The maximum number of keys in a set. The keys after that are left out.
pub const MAX_KEYS: usize = 100;

/// Where the keys of one issuer come from.
///
/// A key set cannot be combined with another one, and a verifier asks only the source of the
/// issuer that a token names. Therefore, no key of one issuer verifies a token of another.
pub trait KeySource: fmt::Debug + Send + Sync + 'static {
    /// The current keys, without waiting; `None` if no keys can be trusted.
    fn current(&self) -> Option<Arc<KeySet>>;

    /// Whether these are the current keys. Called for each remembered token, which is only accepted
    /// if this is true. It must be false whenever [`Self::current`] returns other keys or `None`.
    fn is_current(&self, keys: &Arc<KeySet>) -> bool {
        self.current().is_some_and(|it| Arc::ptr_eq(&it, keys))
    }

    /// The keys after a new request to their origin, which a source may refuse to send so soon.
    /// Called when no current key has a token's `kid`, or there are no keys.
    fn refreshed(&self) -> Pin<Box<dyn Future<Output = Option<Arc<KeySet>>> + Send + '_>>;
}

/// Keys that verify signatures, each bound to its algorithms and parsed once.
///
/// Two sets are equal when they have the same keys in the same order.
///
/// ```
/// use poem_resource_server::token::{KeyError, KeySet};
///
/// let document = br#"{"keys": [{"kty": "oct", "kid": "1", "k": "c2VjcmV0"}]}"#;
/// let parsed = KeySet::parse(document)?;
///
/// // A symmetric key cannot verify the tokens of an issuer.
/// assert!(parsed.key_set.keys().is_empty());
/// assert_eq!(parsed.left_out[0].key_id.as_deref(), Some("1"));
/// # Ok::<(), KeyError>(())
/// ```
#[derive(Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<VerifyingKey>,
}

impl KeySet {
    /// Reads a JSON Web Key Set. A key that cannot be used is left out and reported. The other
    /// keys are used.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotAKeySet`] when the document is not an object with unique names
    /// and an array `keys`.
    ///
    /// RFC 7517 section 5.
    pub fn parse(document: &[u8]) -> Result<ParsedKeySet, KeyError> {
        let members = json::object(document).ok_or(KeyError::NotAKeySet)?;
        let jwks = members
            .get("keys")
            .and_then(Json::as_array)
            .ok_or(KeyError::NotAKeySet)?;
        let mut keys: Vec<VerifyingKey> = Vec::new();
        let mut left_out = Vec::new();
        for jwk in jwks {
            let parsed = if keys.len() == MAX_KEYS {
                Err(KeyError::TooMany)
            } else {
                VerifyingKey::read(jwk)
            };
            match parsed {
                Ok(key) if keys.iter().any(|known| known.replaces(&key)) => {
                    left_out.push(LeftOut::new(jwk, KeyError::Duplicate));
                }
                Ok(key) => keys.push(key),
                Err(error) => left_out.push(LeftOut::new(jwk, error)),
            }
        }
        Ok(ParsedKeySet {
            key_set: Self { keys },
            left_out,
        })
    }

    /// The key for a token with this header.
    ///
    /// # Errors
    ///
    /// [`TokenError::UnknownKey`], [`TokenError::KeyMismatch`] or [`TokenError::AmbiguousKey`].
    pub fn find(&self, header: &Header) -> Result<&VerifyingKey, TokenError> {
        let fits = |key: &&VerifyingKey| key.public_key(header.algorithm()).is_some();
        if let Some(key_id) = header.key_id() {
            let mut named = (self.keys.iter())
                .filter(|key| key.key_id() == Some(key_id))
                .peekable();
            if named.peek().is_none() {
                return Err(TokenError::UnknownKey);
            }
            return named.find(fits).ok_or(TokenError::KeyMismatch);
        }
        let mut fitting = self.keys.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(TokenError::AmbiguousKey),
            (None, _) => Err(TokenError::UnknownKey),
        }
    }

    /// The keys in the order of the document.
    pub fn keys(&self) -> &[VerifyingKey] {
        &self.keys
    }
}

/// A key set that never changes.
impl KeySource for Arc<KeySet> {
    fn current(&self) -> Option<Arc<KeySet>> {
        Some(self.clone())
    }

    fn is_current(&self, keys: &Arc<KeySet>) -> bool {
        Arc::ptr_eq(self, keys)
    }

    fn refreshed(&self) -> Pin<Box<dyn Future<Output = Option<Arc<KeySet>>> + Send + '_>> {
        Box::pin(async { self.current() })
    }
}

/// The result of [`KeySet::parse`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ParsedKeySet {
    /// The keys that can be used.
    pub key_set: KeySet,
    /// The others, each with the reason.
    pub left_out: Vec<LeftOut>,
}

/// A key of the document that is not used.
#[derive(Debug)]
#[non_exhaustive]
pub struct LeftOut {
    /// Its `kid`, if it has one that can be shown.
    pub key_id: Option<String>,
    /// Why it is not used.
    pub error: KeyError,
}

impl LeftOut {
    fn new(jwk: &Json<'_>, error: KeyError) -> Self {
        let key_id = jwk.as_object().and_then(|jwk| jwk.text("kid"));
        Self {
            key_id: key_id.map(|kid| kid.chars().take(64).collect()),
            error,
        }
    }
}

/// A public key that verifies signatures. It is bound to one algorithm, except for an RSA key
/// that its issuer publishes without `alg`.
pub struct VerifyingKey {
    key_id: Option<String>,
    public_keys: Vec<(Algorithm, ParsedPublicKey)>,
}

impl VerifyingKey {
    /// Reads one JSON Web Key.
    ///
    /// # Errors
    ///
    /// The [`KeyError`] of the first rule that is broken.
    pub fn parse(jwk: &Value) -> Result<Self, KeyError> {
        Self::read(&jwk.into())
    }

    fn read(jwk: &Json<'_>) -> Result<Self, KeyError> {
        ParsedJwk::parse(jwk).map(|jwk| Self {
            key_id: jwk.key_id,
            public_keys: jwk.public_keys,
        })
    }

    /// Checks the signature of a token and gives its payload.
    ///
    /// # Errors
    ///
    /// [`TokenError::KeyMismatch`] for a token of another algorithm, [`TokenError::Base64`] for
    /// segments that are not canonical, [`TokenError::BadSignature`] otherwise.
    ///
    /// RFC 7515 section 5.2, step 8.
    pub fn verify(&self, jws: &Jws<'_>) -> Result<SignedPayload, TokenError> {
        self.verify_signature(jws)?;
        Ok(SignedPayload(jws.payload()?.into()))
    }

    /// As [`Self::verify`], for a payload that is read already.
    pub(super) fn verify_signature(&self, jws: &Jws<'_>) -> Result<(), TokenError> {
        let public_key = self.public_key(jws.header().algorithm());
        let public_key = public_key.ok_or(TokenError::KeyMismatch)?;
        let signature = jws.decode_signature()?;
        // Of two faults, the encoding of the payload comes before the signature.
        jws.payload()?;
        public_key
            .verify_sig(jws.signing_input(), &signature)
            .map_err(|_| TokenError::BadSignature)
    }

    /// The id by which tokens name it (`kid`).
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The algorithms that it verifies: one, or each RSA algorithm for an RSA key that is
    /// published without `alg` (RFC 7517 section 4.4). Never empty.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.public_keys.iter().map(|(algorithm, _)| *algorithm)
    }

    fn public_key(&self, algorithm: Algorithm) -> Option<&ParsedPublicKey> {
        let mut keys = self.public_keys.iter();
        let found = keys.find(|(known, _)| *known == algorithm);
        found.map(|(_, key)| key)
    }

    /// Whether it has the name of the other key and verifies each of its algorithms, so that the
    /// other key could never be chosen.
    fn replaces(&self, other: &Self) -> bool {
        let mut algorithms = other.algorithms();
        self.key_id.is_some()
            && self.key_id == other.key_id
            && algorithms.all(|algorithm| self.public_key(algorithm).is_some())
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        let material = |key: &Self| {
            key.public_keys
                .first()
                .map(|(_, key)| key.as_ref().to_vec())
        };
        self.key_id == other.key_id
            && self.algorithms().eq(other.algorithms())
            && material(self) == material(other)
    }
}

impl Eq for VerifyingKey {}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("key_id", &self.key_id)
            .field("algorithms", &self.algorithms().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The payload of a token whose signature verified. Only [`VerifyingKey::verify`] makes one.
#[derive(Debug)]
pub struct SignedPayload(Vec<u8>);

impl SignedPayload {
    /// The bytes that were signed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(all(test, feature = "dev"))]
mod tests;
