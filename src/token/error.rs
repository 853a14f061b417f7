//! Why a token was refused.

use std::fmt;
use std::time::Duration;

use super::readable::readable;

/// The first check that an access token failed.
///
/// A variant contains no string from the token, so its message may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than [`MAX_TOKEN_BYTES`](super::MAX_TOKEN_BYTES).
    #[error("the token is {bytes} bytes long")]
    #[non_exhaustive]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// A character outside `A-Z a-z 0-9 - _ .` (RFC 7515 section 7.1).
    #[error("the token has a character outside its alphabet")]
    IllegalCharacter,
    /// Not three segments joined by two dots.
    #[error("the token has {found} segments instead of three")]
    #[non_exhaustive]
    Segments {
        /// How many there are.
        found: usize,
    },
    /// Five segments and `enc` in the header: an encrypted token (RFC 7516).
    #[error("the token is encrypted")]
    Encrypted,
    /// The `alg` or `enc` of an encrypted token is not accepted, or it is compressed (`zip`).
    #[error("the token is encrypted in a way that is not allowed")]
    EncryptionNotAllowed,
    /// No key decrypts the token, or it was altered (RFC 7516 section 5.2). Every cause has
    /// this one error.
    #[error("the token cannot be decrypted")]
    Undecryptable,
    /// The content of an encrypted token is not a signed token.
    #[error("the encrypted token contains no signed token")]
    EncryptedNotSigned,
    /// The token is encrypted to a key that is not for its issuer.
    #[error("the token is encrypted to a key of another issuer")]
    WrongDecryptionKey,
    /// The token is not a JWT, and its form is not that of the opaque tokens of an issuer.
    #[error("the token is neither a JWT nor an opaque token of an issuer that is trusted")]
    UnknownForm,
    /// The issuer says that the token is not active (RFC 7662 section 2.2).
    #[error("the issuer says that the token is not active")]
    Inactive,
    /// The header is longer than [`MAX_HEADER_BYTES`](super::MAX_HEADER_BYTES).
    #[error("the token's header is too long")]
    HeaderTooLong,
    /// A segment is not canonical base64url without padding (RFC 7515 section 2).
    #[error("the {0} is not canonical base64url")]
    Base64(Segment),
    /// The header is not one JSON object with unique names, or has more than
    /// [`MAX_HEADER_VALUES`](super::MAX_HEADER_VALUES) values.
    #[error("the header is not a JSON object with unique names")]
    MalformedHeader,
    /// `alg` is absent, not a string or not in the allow-list (RFC 8725 section 3.1).
    #[error("the header's alg is not allowed")]
    AlgorithmNotAllowed,
    /// The header has `crit`, whatever its value (RFC 7515 section 4.1.11).
    #[error("the header has the member crit")]
    Critical,
    /// `typ` is of another kind of token (RFC 8725 section 3.11, RFC 9068 section 4), or is not
    /// one that [`Validation::with_token_types`](super::Validation::with_token_types) requires.
    #[error("the header's typ is not that of an access token")]
    WrongType,
    /// `kid` is not a string or longer than [`MAX_KEY_ID_BYTES`](super::MAX_KEY_ID_BYTES).
    #[error("the header's kid is not a short string")]
    MalformedKeyId,
    /// The header has `b64` (RFC 7797).
    #[error("the header has the member b64")]
    UnencodedPayload,
    /// `iss` names no issuer that is trusted.
    #[error("the token is from an issuer that is not trusted")]
    UnknownIssuer,
    /// No usable key has this `kid`, even after a refresh.
    #[error("no key matches the token's kid")]
    UnknownKey,
    /// The key of this `kid` is for another algorithm.
    #[error("the key of this kid is for another algorithm")]
    KeyMismatch,
    /// The token has no `kid` and more than one key could have signed it.
    #[error("the token has no kid and more than one key fits")]
    AmbiguousKey,
    /// The signature does not verify (RFC 7515 section 5.2).
    #[error("the signature does not verify")]
    BadSignature,
    /// The payload is not one JSON object with unique names (RFC 7519 section 7.2).
    #[error("the payload is not a JSON object with unique names")]
    MalformedPayload,
    /// A claim is absent or of the wrong form.
    #[error("the claim {claim} is {fault}")]
    #[non_exhaustive]
    Claim {
        /// Its registered name.
        claim: &'static str,
        /// What is wrong with it.
        fault: ClaimFault,
    },
    /// The claims are those of an OpenID Connect ID token.
    #[error("this is an ID token, not an access token")]
    IdToken,
    /// The claims are those of a logout token or another security event token (RFC 8417).
    #[error("this is a logout token, not an access token")]
    LogoutToken,
    /// The claims are those of a refresh token.
    #[error("this is a refresh token, not an access token")]
    RefreshToken,
    /// `iss` is not exactly the expected issuer (RFC 9068 section 4).
    #[error("the token comes from another issuer")]
    WrongIssuer,
    /// `aud` does not contain an accepted audience (RFC 7519 section 4.1.3).
    #[error("the token is meant for another audience")]
    WrongAudience,
    /// A client that the token names is not one of those that its issuer's settings accept, or the
    /// token names none.
    #[error("the client of the token is not accepted")]
    ClientNotAccepted,
    /// The settings of the issuer require a claim, and the token does not have it or has another
    /// value.
    #[error("the required claim {claim} is missing or has another value")]
    #[non_exhaustive]
    RequiredClaim {
        /// The claim, as the settings name it.
        claim: Box<str>,
    },
    /// `exp` passed longer ago than the leeway (RFC 7519 section 4.1.4).
    #[error("the token expired {} ago", readable(*ago))]
    #[non_exhaustive]
    Expired {
        /// Time since `exp`.
        ago: Duration,
    },
    /// `nbf` is further ahead than the leeway (RFC 7519 section 4.1.5).
    #[error("the token becomes valid in {}", readable(*ahead))]
    #[non_exhaustive]
    NotYetValid {
        /// Time until `nbf`.
        ahead: Duration,
    },
    /// `iat` is further ahead than the leeway (RFC 7519 section 4.1.6).
    #[error("the token was issued {} in the future", readable(*ahead))]
    #[non_exhaustive]
    IssuedInFuture {
        /// Time until `iat`.
        ahead: Duration,
    },
    /// The token is on the denylist.
    #[error("the token is revoked")]
    Revoked,
}

impl TokenError {
    /// A stable word for logs, metrics and tests; never reworded.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::IllegalCharacter => "illegal_character",
            Self::Segments { .. } => "not_three_segments",
            Self::Encrypted => "encrypted_token",
            Self::EncryptionNotAllowed => "encryption_not_allowed",
            Self::Undecryptable => "undecryptable",
            Self::EncryptedNotSigned => "encrypted_not_signed",
            Self::WrongDecryptionKey => "wrong_decryption_key",
            Self::UnknownForm => "unknown_form",
            Self::Inactive => "inactive",
            Self::HeaderTooLong => "header_too_long",
            Self::Base64(_) => "bad_base64",
            Self::MalformedHeader => "malformed_header",
            Self::AlgorithmNotAllowed => "algorithm_not_allowed",
            Self::Critical => "critical_header",
            Self::WrongType => "wrong_type",
            Self::MalformedKeyId => "malformed_kid",
            Self::UnencodedPayload => "unencoded_payload",
            Self::UnknownIssuer => "unknown_issuer",
            Self::UnknownKey => "unknown_key",
            Self::KeyMismatch => "key_mismatch",
            Self::AmbiguousKey => "ambiguous_key",
            Self::BadSignature => "bad_signature",
            Self::MalformedPayload => "malformed_payload",
            Self::Claim { fault, .. } => match fault {
                ClaimFault::Missing => "missing_claim",
                ClaimFault::Malformed | ClaimFault::DiffersFrom(_) => "malformed_claim",
            },
            Self::IdToken => "id_token",
            Self::LogoutToken => "logout_token",
            Self::RefreshToken => "refresh_token",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::ClientNotAccepted => "client_not_accepted",
            Self::RequiredClaim { .. } => "required_claim",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::IssuedInFuture { .. } => "issued_in_future",
            Self::Revoked => "revoked",
        }
    }
}

/// A part of a token: one of the three of a compact JWS, or of the five of a compact JWE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Segment {
    /// The JOSE header.
    Header,
    /// The claims.
    Payload,
    /// The signature.
    Signature,
    /// The encrypted content key.
    EncryptedKey,
    /// The initialization vector.
    InitializationVector,
    /// The encrypted content.
    Ciphertext,
    /// The authentication tag.
    AuthenticationTag,
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
            Self::EncryptedKey => "encrypted key",
            Self::InitializationVector => "initialization vector",
            Self::Ciphertext => "ciphertext",
            Self::AuthenticationTag => "authentication tag",
        })
    }
}

/// What is wrong with a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimFault {
    /// Required and absent.
    Missing,
    /// Present with another type or outside its range.
    Malformed,
    /// Not the same as another claim that says the same thing.
    DiffersFrom(&'static str),
}

impl fmt::Display for ClaimFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Malformed => f.write_str("malformed"),
            Self::DiffersFrom(other) => write!(f, "not the same as the claim {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_which_part_and_which_fault() {
        let missing = TokenError::Claim {
            claim: "exp",
            fault: ClaimFault::Missing,
        };
        let malformed = TokenError::Claim {
            claim: "aud",
            fault: ClaimFault::Malformed,
        };
        let different = TokenError::Claim {
            claim: "scope",
            fault: ClaimFault::DiffersFrom("scp"),
        };
        let rows = [
            (
                different,
                "the claim scope is not the same as the claim scp",
            ),
            (TokenError::Base64(Segment::Header), "header"),
            (TokenError::Base64(Segment::Payload), "payload"),
            (TokenError::Base64(Segment::Signature), "signature"),
            (missing, "the claim exp is missing"),
            (malformed, "the claim aud is malformed"),
        ];
        for (error, text) in rows {
            assert!(error.to_string().contains(text), "{error}");
        }
    }
}
