//! Checks the proof of a token request, which has no access token yet (RFC 9449 section 5).

use std::time::SystemTime;

use crate::token::{Confirmation, Thumbprint};

use super::{CheckedProof, DpopProof, ProofError, ProofPolicy, ProofPurpose, RequestTarget};

/// A well-formed proof of a token request, of which nothing is checked yet. A claim `ath` is
/// ignored.
pub(crate) struct TokenRequestProof<'a>(DpopProof<'a>);

impl<'a> TokenRequestProof<'a> {
    /// Reads a proof.
    pub(crate) fn parse(text: &'a str) -> Result<Self, ProofError> {
        DpopProof::read(text, ProofPurpose::TokenRequest, None).map(Self)
    }

    /// The key that the proof names, to which a token can be bound. The caller proves that it has
    /// the key with [`CheckedProof::verify`].
    pub(crate) fn key(&self) -> &Thumbprint {
        self.0.header.thumbprint()
    }

    /// Compares everything that can be compared without the signature. `confirmation` names the key
    /// of the proof.
    pub(crate) fn check(
        self,
        method: &str,
        target: &RequestTarget<'_>,
        confirmation: &'a Confirmation,
        policy: &ProofPolicy,
        now: SystemTime,
    ) -> Result<CheckedProof<'a>, ProofError> {
        let Self(proof) = self;
        if !policy.algorithms().contains(&proof.header.algorithm()) {
            return Err(ProofError::AlgorithmNotAllowed);
        }
        proof.check_target(method, target)?;
        proof.check_age(policy, now)?;
        Ok(CheckedProof {
            proof,
            confirmation,
        })
    }
}
