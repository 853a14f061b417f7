//! Splits a compact JWS and reads its header strictly (RFC 7515).
//!
//! The cheap checks come first. Nothing here trusts what it reads: a [`Jws`] is unverified until
//! a [`VerifyingKey`](super::VerifyingKey) has verified its signature.
//!
//! 1. Length, 2. exactly two dots.
//! 3. The alphabet of each segment, when it is decoded.
//! 4. The header: length, base64url, JSON with unique names and few values, `alg`, `crit`, `typ`,
//!    `kid`, `b64`.
//!
//! The payload is decoded when its issuer is read, and the signature by the key that is to verify
//! it.
//!
//! `jku`, `jwk`, `x5u`, `x5c` and the like are never read: keys come from the issuer alone.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::compact::{Compact, CompactError, is_compact_character};
use super::json::{self, Json, Object};
use super::{Algorithm, Segment, TokenError, TokenType, base64url, unverified_issuer};

/// The maximum size of a token.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// The maximum size of a decoded header.
pub const MAX_HEADER_BYTES: usize = 2 * 1024;
/// The maximum number of JSON values in a header, at every depth and including the header. The
/// registered parameters of a signed token and a chain of certificates fit. Many short values, or
/// names full of escapes, make a header expensive to parse.
pub const MAX_HEADER_VALUES: usize = 16;
/// The maximum size of a `kid`.
pub const MAX_KEY_ID_BYTES: usize = 256;

/// A well-formed token whose signature is not verified yet.
pub struct Jws<'a> {
    header: Header,
    header_segment: &'a str,
    signing_input: &'a [u8],
    payload: &'a str,
    decoded_payload: OnceLock<Vec<u8>>,
    signature: &'a str,
}

impl<'a> Jws<'a> {
    /// Reads a compact JWS.
    ///
    /// # Errors
    ///
    /// The [`TokenError`] of the first rule that is broken, in the order of the module's list.
    ///
    /// RFC 7515 sections 3.1 and 5.2, steps 1 to 7.
    pub fn parse(token: &'a str) -> Result<Self, TokenError> {
        Self::parse_with(token, MAX_TOKEN_BYTES, Header::parse)
    }

    /// As [`Jws::parse`], for a JWS that is no access token. Its `typ` must be one of `types`, where
    /// `None` allows it to be absent.
    pub(crate) fn parse_typed(
        token: &'a str,
        max_bytes: usize,
        types: &[Option<&str>],
    ) -> Result<Self, TokenError> {
        Self::parse_with(token, max_bytes, |it| Header::parse_typed(it, types))
    }

    #[inline]
    pub(super) fn parse_with(
        token: &'a str,
        max_bytes: usize,
        header_of: impl FnOnce(&str) -> Result<Header, TokenError>,
    ) -> Result<Self, TokenError> {
        if token.len() > max_bytes {
            return Err(TokenError::TooLong { bytes: token.len() });
        }
        let compact = Compact::parse(token).map_err(|error| match error {
            CompactError::IllegalCharacter => TokenError::IllegalCharacter,
            CompactError::Segments(found) => wrong_segments(token, found),
        })?;
        Ok(Self {
            header: header_of(compact.header)?,
            header_segment: compact.header,
            signing_input: compact.signing_input,
            payload: compact.payload,
            decoded_payload: OnceLock::new(),
            signature: compact.signature,
        })
    }

    /// The header. It names the key to verify with, and proves nothing.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The `iss` of the payload, which selects the issuer that judges the token and proves nothing.
    ///
    /// # Errors
    ///
    /// [`TokenError::Base64`], [`TokenError::MalformedPayload`], or [`TokenError::Claim`] if `iss`
    /// is missing or not a string.
    pub fn unverified_issuer(&self) -> Result<Cow<'_, str>, TokenError> {
        let text = str::from_utf8(self.payload()?).map_err(|_| TokenError::MalformedPayload)?;
        unverified_issuer::read(text)
    }

    /// The header, still in base64url.
    pub(super) fn header_segment(&self) -> &'a str {
        self.header_segment
    }

    pub(super) fn signing_input(&self) -> &[u8] {
        self.signing_input
    }

    /// Decode it only if there is a key to verify with.
    pub(super) fn decode_signature(&self) -> Result<Vec<u8>, TokenError> {
        decode(self.signature, Segment::Signature)
    }

    /// The decoded payload. It is decoded once.
    pub(super) fn payload(&self) -> Result<&[u8], TokenError> {
        if let Some(payload) = self.decoded_payload.get() {
            return Ok(payload);
        }
        let payload = decode(self.payload, Segment::Payload)?;
        Ok(self.decoded_payload.get_or_init(|| payload))
    }
}

/// The members that are read from a JOSE header (RFC 7515 section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    algorithm: Algorithm,
    token_type: Option<TokenType>,
    key_id: Option<String>,
}

impl Header {
    /// Reads the first segment of a token, still in base64url.
    ///
    /// # Errors
    ///
    /// The [`TokenError`] of the first rule that is broken, in the order of the module's list.
    pub fn parse(segment: &str) -> Result<Self, TokenError> {
        let bytes = decode_header(segment)?;
        let members = members(&bytes)?;
        let algorithm = algorithm(&members)?;
        refuse_critical(&members)?;
        let token_type = token_type(&members)?;
        let key_id = key_id(&members)?;
        refuse_unencoded(&members)?;
        Ok(Self {
            algorithm,
            token_type,
            key_id,
        })
    }

    fn parse_typed(segment: &str, types: &[Option<&str>]) -> Result<Self, TokenError> {
        let bytes = decode_header(segment)?;
        let members = members(&bytes)?;
        let algorithm = algorithm(&members)?;
        refuse_critical(&members)?;
        let found = members.get("typ").map(Json::as_str);
        let is_accepted = |accepted: Option<&str>| match (found, accepted) {
            (Some(Some(found)), Some(accepted)) => found.eq_ignore_ascii_case(accepted),
            (found, accepted) => found.is_none() && accepted.is_none(),
        };
        if !types.iter().copied().any(is_accepted) {
            return Err(TokenError::WrongType);
        }
        let key_id = key_id(&members)?;
        refuse_unencoded(&members)?;
        Ok(Self {
            algorithm,
            token_type: None,
            key_id,
        })
    }

    /// The algorithm that the token claims to be signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The type that the token claims to have; `None` without `typ`.
    pub fn token_type(&self) -> Option<TokenType> {
        self.token_type
    }

    /// The name of the key that the token claims to be signed with.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }
}

/// A token with five segments and `enc` in its header is encrypted (RFC 7516 section 9).
#[cold]
fn wrong_segments(token: &str, found: usize) -> TokenError {
    let is_encrypted = || {
        let bytes = decode_header(token.split('.').next().unwrap_or_default());
        bytes.is_ok_and(|it| members(&it).is_ok_and(|it| it.contains("enc")))
    };
    if found == 5 && is_encrypted() {
        return TokenError::Encrypted;
    }
    TokenError::Segments { found }
}

/// Decodes a header.
pub(super) fn decode_header(segment: &str) -> Result<Vec<u8>, TokenError> {
    const MAX_SEGMENT_BYTES: usize = (MAX_HEADER_BYTES * 4).div_ceil(3);
    if segment.len() > MAX_SEGMENT_BYTES {
        return Err(TokenError::HeaderTooLong);
    }
    decode(segment, Segment::Header)
}

/// The members of a decoded header.
pub(super) fn members(header: &[u8]) -> Result<Object<'_>, TokenError> {
    json::object_of_at_most(MAX_HEADER_VALUES, header).ok_or(TokenError::MalformedHeader)
}

pub(super) fn algorithm(members: &Object<'_>) -> Result<Algorithm, TokenError> {
    let name = members.text("alg");
    name.and_then(Algorithm::find)
        .ok_or(TokenError::AlgorithmNotAllowed)
}

pub(super) fn refuse_critical(members: &Object<'_>) -> Result<(), TokenError> {
    if members.contains("crit") {
        return Err(TokenError::Critical);
    }
    Ok(())
}

pub(super) fn key_id(members: &Object<'_>) -> Result<Option<String>, TokenError> {
    match members.get("kid") {
        None => Ok(None),
        Some(Json::Text(kid)) if kid.len() <= MAX_KEY_ID_BYTES => Ok(Some((**kid).to_owned())),
        Some(_) => Err(TokenError::MalformedKeyId),
    }
}

pub(super) fn refuse_unencoded(members: &Object<'_>) -> Result<(), TokenError> {
    if members.contains("b64") {
        return Err(TokenError::UnencodedPayload);
    }
    Ok(())
}

/// Okta sends no `typ`; RFC 9068 section 2.1 wants `at+jwt`; many still send `JWT`.
pub(super) fn token_type(members: &Object<'_>) -> Result<Option<TokenType>, TokenError> {
    match members.get("typ") {
        None => Ok(None),
        Some(Json::Text(typ)) => TokenType::find(typ).map(Some).ok_or(TokenError::WrongType),
        Some(_) => Err(TokenError::WrongType),
    }
}

/// Refuses padding and trailing bits, so that a token has only one encoding.
pub(super) fn decode(segment: &str, name: Segment) -> Result<Vec<u8>, TokenError> {
    base64url::decode(segment.as_bytes()).ok_or_else(|| undecodable(segment, name))
}

#[cold]
fn undecodable(segment: &str, name: Segment) -> TokenError {
    if segment.bytes().all(is_compact_character) {
        TokenError::Base64(name)
    } else {
        TokenError::IllegalCharacter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_segments_of_a_malformed_token_are_counted() {
        let many = ".".repeat(MAX_TOKEN_BYTES);
        for (token, found) in [
            ("a", 1),
            ("a.b", 2),
            ("a.b.c.d", 4),
            ("....", 5),
            (&many, MAX_TOKEN_BYTES + 1),
        ] {
            let error = Jws::parse(token).err();
            assert_eq!(error, Some(TokenError::Segments { found }), "{token}");
        }
    }
}
