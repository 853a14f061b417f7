//! Reads the claims of a proof (RFC 9449 section 4.2).

use crate::token::json::{Json, Object};
use crate::token::{NumericDate, Thumbprint};

use super::error::{ProofClaim, ProofError};

/// The claims of a proof, each of the type that RFC 9449 section 4.2 gives it.
pub(super) struct ProofClaims {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) issued_at: NumericDate,
    pub(super) id: String,
    /// `None` only in the proof of a token request.
    pub(super) token_digest: Option<Thumbprint>,
    pub(super) nonce: Option<String>,
}

/// Whether a proof is for a call with an access token, or for the request of one.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum ProofPurpose {
    Call,
    #[cfg(feature = "dev")]
    TokenRequest,
}

impl ProofClaims {
    pub(super) fn read(claims: &Object<'_>, purpose: ProofPurpose) -> Result<Self, ProofError> {
        let member = |claim: ProofClaim| claims.get(claim.name());
        let text = |claim: ProofClaim| match member(claim) {
            None => Err(ProofError::MissingClaim(claim)),
            Some(Json::Text(text)) if !text.is_empty() => Ok((**text).to_owned()),
            Some(_) => Err(ProofError::MalformedClaim(claim)),
        };
        let issued_at = member(ProofClaim::Iat).ok_or(ProofError::MissingClaim(ProofClaim::Iat))?;
        let issued_at = issued_at.as_number().and_then(NumericDate::read);
        let token_digest = match purpose {
            ProofPurpose::Call => Some(text(ProofClaim::Ath)?),
            // RFC 9449 section 5: there is no access token yet.
            #[cfg(feature = "dev")]
            ProofPurpose::TokenRequest => None,
        };
        let digest = |text: String| {
            let digest = Thumbprint::parse(&text);
            digest.ok_or(ProofError::MalformedClaim(ProofClaim::Ath))
        };
        Ok(Self {
            method: text(ProofClaim::Htm)?,
            target: text(ProofClaim::Htu)?,
            issued_at: issued_at.ok_or(ProofError::MalformedClaim(ProofClaim::Iat))?,
            id: text(ProofClaim::Jti)?,
            token_digest: token_digest.map(digest).transpose()?,
            nonce: match member(ProofClaim::Nonce) {
                None => None,
                Some(_) => Some(text(ProofClaim::Nonce)?),
            },
        })
    }
}
