//! Splits a compact JWE and reads its header strictly (RFC 7516 section 3.1).
//!
//! 1. Length, 2. alphabet, 3. five segments.
//! 4. The header: length, base64url, JSON with unique names and few values, `alg`, `enc`, `zip`,
//!    `crit`, `typ`, `cty`, `kid`.
//! 5. The other segments are base64url.
//!
//! `iss`, `aud` and other claims that an issuer copies into the header are never read: nobody has
//! signed them.

use super::algorithms::{ContentEncryption, KeyEncryption};
use super::cipher::Sealed;
use crate::token::compact::is_compact_character;
use crate::token::json::{Json, Object};
use crate::token::jws::{decode, decode_header, key_id, members, refuse_critical, token_type};
use crate::token::{MAX_TOKEN_BYTES, Segment, TokenError, TokenType};

/// A well-formed encrypted token. Nothing in it is decrypted.
pub(crate) struct Jwe {
    key_encryption: KeyEncryption,
    content_encryption: ContentEncryption,
    key_id: Option<String>,
    header: Box<str>,
    encrypted_key: Vec<u8>,
    initialization_vector: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

impl Jwe {
    /// Reads a compact JWE.
    ///
    /// # Errors
    ///
    /// The [`TokenError`] of the first rule that is broken, in the order of the module's list.
    pub(crate) fn parse(token: &str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong { bytes: token.len() });
        }
        if !token.bytes().all(is_compact_character) {
            return Err(TokenError::IllegalCharacter);
        }
        let segments: Vec<_> = token.split('.').collect();
        let [header, key, vector, ciphertext, tag] = *segments else {
            let found = segments.len();
            return Err(TokenError::Segments { found });
        };
        let read = JweHeader::read(&members(&decode_header(header)?)?)?;
        Ok(Self {
            key_encryption: read.key_encryption,
            content_encryption: read.content_encryption,
            key_id: read.key_id,
            header: header.into(),
            encrypted_key: decode(key, Segment::EncryptedKey)?,
            initialization_vector: decode(vector, Segment::InitializationVector)?,
            ciphertext: decode(ciphertext, Segment::Ciphertext)?,
            tag: decode(tag, Segment::AuthenticationTag)?,
        })
    }

    pub(crate) fn key_encryption(&self) -> KeyEncryption {
        self.key_encryption
    }

    pub(crate) fn content_encryption(&self) -> ContentEncryption {
        self.content_encryption
    }

    pub(crate) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    pub(super) fn encrypted_key(&self) -> &[u8] {
        &self.encrypted_key
    }

    pub(super) fn content(&self) -> Sealed<'_> {
        Sealed {
            header: self.header.as_bytes(),
            initialization_vector: &self.initialization_vector,
            ciphertext: &self.ciphertext,
            tag: &self.tag,
        }
    }
}

/// The members that are read from the header.
struct JweHeader {
    key_encryption: KeyEncryption,
    content_encryption: ContentEncryption,
    key_id: Option<String>,
}

impl JweHeader {
    fn read(members: &Object<'_>) -> Result<Self, TokenError> {
        let key_encryption = members.text("alg").and_then(KeyEncryption::find);
        let content_encryption = members.text("enc").and_then(ContentEncryption::find);
        let (Some(key_encryption), Some(content_encryption)) = (key_encryption, content_encryption)
        else {
            return Err(TokenError::EncryptionNotAllowed);
        };
        // A small compressed token can become a large one.
        if members.contains("zip") {
            return Err(TokenError::EncryptionNotAllowed);
        }
        refuse_critical(members)?;
        token_type(members)?;
        check_content_type(members)?;
        Ok(Self {
            key_encryption,
            content_encryption,
            key_id: key_id(members)?,
        })
    }
}

/// The content is a JWT (RFC 7519 section 5.2). Some issuers leave `cty` out.
fn check_content_type(members: &Object<'_>) -> Result<(), TokenError> {
    let is_jwt = |name: &str| TokenType::find(name).is_some();
    match members.get("cty") {
        None => Ok(()),
        Some(Json::Text(name)) if is_jwt(name) => Ok(()),
        Some(_) => Err(TokenError::WrongType),
    }
}
