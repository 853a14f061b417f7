//! Why a DPoP proof is refused.

use crate::token::KeyError;

/// The first check that a DPoP proof failed.
///
/// A variant contains no string from the proof, so its message may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The request has no `DPoP` header.
    #[error("the request has no DPoP proof")]
    Missing,
    /// The request has more than one `DPoP` header.
    #[error("the request has more than one DPoP proof")]
    Repeated,
    /// Longer than [`MAX_PROOF_BYTES`](super::MAX_PROOF_BYTES).
    #[error("the proof is too long")]
    TooLong,
    /// Not three segments of base64url, the first two of them JSON objects with unique names and few
    /// values.
    #[error("the proof is not a compact JWS")]
    Malformed,
    /// `typ` is not `dpop+jwt`.
    #[error("the proof's typ is not dpop+jwt")]
    WrongType,
    /// `alg` is absent or not one of those that are accepted.
    #[error("the proof's alg is not allowed")]
    AlgorithmNotAllowed,
    /// The header has `crit` or `b64`.
    #[error("the proof's header has the member crit or b64")]
    Critical,
    /// The header has no `jwk`, or one that is not an object.
    #[error("the proof's header has no jwk")]
    MissingKey,
    /// `jwk` contains a private or a symmetric key.
    #[error("the proof contains a private key")]
    PrivateKey,
    /// `jwk` is malformed, or of a kind that is not accepted.
    #[error("the proof's jwk is not accepted")]
    KeyNotAccepted,
    /// A claim is absent.
    #[error("the proof lacks the claim {}", .0.name())]
    MissingClaim(ProofClaim),
    /// A claim is of another type or form.
    #[error("the proof's claim {} is malformed", .0.name())]
    MalformedClaim(ProofClaim),
    /// The proof is by another key than that of the token.
    #[error("the proof was signed with another key than the token's")]
    WrongKey,
    /// `htm` is not the method of the request.
    #[error("the proof is for another method")]
    WrongMethod,
    /// `htu` is not the URL of the request.
    #[error("the proof is for another URL")]
    WrongTarget,
    /// `ath` is not the digest of the token.
    #[error("the proof is for another token")]
    WrongToken,
    /// `iat` is too long ago.
    #[error("the proof is too old")]
    Expired,
    /// `iat` is too far ahead.
    #[error("the proof was issued in the future")]
    IssuedInFuture,
    /// The signature does not verify.
    #[error("the proof's signature does not verify")]
    BadSignature,
    /// The proof was used before.
    #[error("the proof was used before")]
    Replayed,
}

/// A claim of a proof (RFC 9449 section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProofClaim {
    /// `htm`, the method.
    Htm,
    /// `htu`, the URL.
    Htu,
    /// `iat`, the time.
    Iat,
    /// `jti`, the identifier.
    Jti,
    /// `ath`, the digest of the access token.
    Ath,
    /// `nonce`, which the server chose.
    Nonce,
}

impl ProofClaim {
    /// The name of the claim.
    pub fn name(self) -> &'static str {
        match self {
            Self::Htm => "htm",
            Self::Htu => "htu",
            Self::Iat => "iat",
            Self::Jti => "jti",
            Self::Ath => "ath",
            Self::Nonce => "nonce",
        }
    }
}

impl ProofError {
    /// A stable word for logs, metrics and tests; never reworded.
    pub fn reason(self) -> &'static str {
        use ProofClaim::{Ath, Htm, Htu, Iat, Jti, Nonce};
        match self {
            Self::Missing => "missing_proof",
            Self::Repeated => "repeated_proof",
            Self::TooLong => "proof_too_long",
            Self::Malformed => "malformed_proof",
            Self::WrongType => "proof_wrong_type",
            Self::AlgorithmNotAllowed => "proof_algorithm_not_allowed",
            Self::Critical => "proof_critical_header",
            Self::MissingKey => "proof_without_key",
            Self::PrivateKey => "proof_with_private_key",
            Self::KeyNotAccepted => "proof_key_not_accepted",
            Self::MissingClaim(Htm) => "missing_htm",
            Self::MissingClaim(Htu) => "missing_htu",
            Self::MissingClaim(Iat) => "missing_iat",
            Self::MissingClaim(Jti) => "missing_jti",
            Self::MissingClaim(Ath) => "missing_ath",
            Self::MissingClaim(Nonce) => "missing_nonce",
            Self::MalformedClaim(Htm) => "malformed_htm",
            Self::MalformedClaim(Htu) => "malformed_htu",
            Self::MalformedClaim(Iat) => "malformed_iat",
            Self::MalformedClaim(Jti) => "malformed_jti",
            Self::MalformedClaim(Ath) => "malformed_ath",
            Self::MalformedClaim(Nonce) => "malformed_nonce",
            Self::WrongKey => "proof_wrong_key",
            Self::WrongMethod => "proof_wrong_method",
            Self::WrongTarget => "proof_wrong_url",
            Self::WrongToken => "proof_wrong_token",
            Self::Expired => "proof_expired",
            Self::IssuedInFuture => "proof_issued_in_future",
            Self::BadSignature => "proof_bad_signature",
            Self::Replayed => "proof_replayed",
        }
    }

    pub(super) fn from_key(error: &KeyError) -> Self {
        match error {
            KeyError::Private | KeyError::Symmetric => Self::PrivateKey,
            _ => Self::KeyNotAccepted,
        }
    }
}
