//! Reads and checks a DPoP proof: the JWT by which a caller proves that it has the key of its token
//! (RFC 9449 section 4).
//!
//! A proof passes these steps. Each step is a type that only the step before it can create. The
//! cheap comparisons come before the signature:
//!
//! ```text
//! &str -> DpopProof -> CheckedProof -> VerifiedProof
//!     parse        check          verify
//! ```
//!
//! 1. The form: length, alphabet, three segments, a header with few values and unique names.
//! 2. The header: `typ`, `alg`, no `crit` and no `b64`, and `jwk` with a thumbprint.
//! 3. The claims `htm`, `htu`, `iat`, `jti` and `ath`.
//! 4. The thumbprint is that of the token's `cnf`, and each claim is that of this request.
//! 5. The key of `jwk` is of a kind that is accepted, and verifies the signature.
//!
//! Nonces and repeated proofs are the task of [`crate::verifier`], which has the state for them.

mod claims;
mod error;
mod header;
mod policy;
mod target;
#[cfg(feature = "dev")]
mod token_request;
#[cfg(feature = "service")]
mod unverified;

use std::time::{Duration, SystemTime};

use super::compact::Compact;
use super::json;
use super::proof_key::ProofKey;
use super::{Algorithm, Confirmation, MAX_TOKEN_BYTES, Thumbprint};

use claims::{ProofClaims, ProofPurpose};
pub use error::{ProofClaim, ProofError};
use header::{MAX_VALUES, ProofHeader, decode};
pub use policy::{MAX_PROOF_AGE, ProofPolicy};
pub use target::RequestTarget;
#[cfg(feature = "dev")]
pub(crate) use token_request::TokenRequestProof;
#[cfg(feature = "service")]
pub(crate) use unverified::UnverifiedProof;

/// The maximum size of a proof.
pub const MAX_PROOF_BYTES: usize = MAX_TOKEN_BYTES;

/// A well-formed proof that nothing is checked of yet.
pub(crate) struct DpopProof<'a> {
    compact: Compact<'a>,
    header: ProofHeader<'a>,
    claims: ProofClaims,
}

/// The request that a proof is for, and its token.
pub(crate) struct ProvenRequest<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a RequestTarget<'a>,
    pub(crate) token: &'a str,
    pub(crate) confirmation: &'a Confirmation,
}

/// A proof whose claims are those of the request. Its signature is not verified yet.
pub(crate) struct CheckedProof<'a> {
    proof: DpopProof<'a>,
    confirmation: &'a Confirmation,
}

/// A proof that the caller has the key of its token, made for this request.
pub(crate) struct VerifiedProof {
    key: Thumbprint,
    id: String,
    issued_at: Duration,
}

impl<'a> DpopProof<'a> {
    /// Reads a proof.
    pub(crate) fn parse(text: &'a str) -> Result<Self, ProofError> {
        Self::read(text, ProofPurpose::Call, None)
    }

    /// As [`DpopProof::parse`], for a call with a token that has this confirmation.
    pub(crate) fn parse_for(
        text: &'a str,
        confirmation: &'a Confirmation,
    ) -> Result<Self, ProofError> {
        Self::read(text, ProofPurpose::Call, Some(confirmation))
    }

    fn read(
        text: &'a str,
        purpose: ProofPurpose,
        confirmation: Option<&'a Confirmation>,
    ) -> Result<Self, ProofError> {
        if text.len() > MAX_PROOF_BYTES {
            return Err(ProofError::TooLong);
        }
        let compact = Compact::parse(text).map_err(|_| ProofError::Malformed)?;
        let header = ProofHeader::read(compact.header, confirmation)?;
        let claims = decode(compact.payload).ok_or(ProofError::Malformed)?;
        let claims = json::object_of_at_most(MAX_VALUES, &claims).ok_or(ProofError::Malformed)?;
        Ok(Self {
            claims: ProofClaims::read(&claims, purpose)?,
            compact,
            header,
        })
    }

    /// `htu`, which the caller wrote and nothing has verified.
    pub(crate) fn unverified_target(&self) -> &str {
        &self.claims.target
    }

    /// `htm`, which the caller wrote and nothing has verified.
    pub(crate) fn unverified_method(&self) -> &str {
        &self.claims.method
    }

    /// `alg`.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.header.algorithm()
    }

    /// Compares everything that can be compared without the signature.
    pub(crate) fn check(
        self,
        request: &ProvenRequest<'a>,
        policy: &ProofPolicy,
        now: SystemTime,
    ) -> Result<CheckedProof<'a>, ProofError> {
        if !policy.algorithms().contains(&self.header.algorithm()) {
            return Err(ProofError::AlgorithmNotAllowed);
        }
        if request.confirmation.proof_key() != Some(self.header.thumbprint()) {
            return Err(ProofError::WrongKey);
        }
        self.check_target(request.method, request.target)?;
        let digest = request.confirmation.token_digest(request.token);
        if self.claims.token_digest.as_ref() != Some(digest) {
            return Err(ProofError::WrongToken);
        }
        self.check_age(policy, now)?;
        Ok(CheckedProof {
            proof: self,
            confirmation: request.confirmation,
        })
    }

    fn check_target(&self, method: &str, target: &RequestTarget<'_>) -> Result<(), ProofError> {
        if self.claims.method != method {
            return Err(ProofError::WrongMethod);
        }
        if !target.is_named_by(&self.claims.target) {
            return Err(ProofError::WrongTarget);
        }
        Ok(())
    }

    fn check_age(&self, policy: &ProofPolicy, now: SystemTime) -> Result<(), ProofError> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH);
        policy.check_age(self.claims.issued_at.since_epoch(), now.unwrap_or_default())
    }
}

impl CheckedProof<'_> {
    /// The nonce of the proof, which nobody has verified.
    pub(crate) fn unverified_nonce(&self) -> Option<&str> {
        self.proof.claims.nonce.as_deref()
    }

    /// Verifies the signature. The key of a remembered token is parsed once.
    pub(crate) fn verify(self) -> Result<VerifiedProof, ProofError> {
        let Self {
            proof,
            confirmation,
        } = self;
        let signature = decode(proof.compact.signature).ok_or(ProofError::Malformed)?;
        let is_valid = |key: &ProofKey| {
            let signed = proof.compact.signing_input;
            key.public_key.verify_sig(signed, &signature).is_ok()
        };
        let is_valid = match (&proof.header, confirmation.known_key()) {
            (ProofHeader::Known(key), _) => is_valid(key),
            // The thumbprints are equal, so this is the key in another notation.
            (ProofHeader::New(header), Some(known)) if known.algorithm == header.algorithm => {
                header.check_members()?;
                is_valid(known)
            }
            (ProofHeader::New(header), _) => {
                let key = header.key(proof.compact.header)?;
                let is_valid = is_valid(&key);
                if is_valid {
                    confirmation.keep_key(key);
                }
                is_valid
            }
        };
        if !is_valid {
            return Err(ProofError::BadSignature);
        }
        Ok(VerifiedProof {
            key: *proof.header.thumbprint(),
            id: proof.claims.id,
            issued_at: proof.claims.issued_at.since_epoch(),
        })
    }
}

impl VerifiedProof {
    /// The key that signed it.
    pub(crate) fn key(&self) -> &Thumbprint {
        &self.key
    }

    /// `jti`: no two proofs of one key have the same.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// When it was made, since 1970.
    pub(crate) fn issued_at(&self) -> Duration {
        self.issued_at
    }
}

/// Whether a string is read as a proof with a signature, which is not verified. Only a fuzzer calls
/// it.
#[cfg(fuzzing)]
pub fn reads_as_proof(text: &str) -> bool {
    let proof = DpopProof::parse(text);
    proof.is_ok_and(|proof| decode(proof.compact.signature).is_some())
}
