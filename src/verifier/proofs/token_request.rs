//! Decides on the proof of a token request, for the embedded issuer (RFC 9449 section 5).

use std::time::SystemTime;

use crate::token::{Confirmation, RequestTarget, Thumbprint, TokenRequestProof};

use super::{BindingError, Proofs};

/// A key that a client has proved to have, and a new nonce if that of the proof expires soon.
#[derive(Debug)]
pub(crate) struct KeyOfRequest {
    pub(crate) key: Thumbprint,
    pub(crate) next_nonce: Option<String>,
}

impl Proofs {
    /// Decides on the proof of a token request.
    pub(crate) async fn check_token_request(
        &self,
        proof: &str,
        method: &str,
        target: &RequestTarget<'_>,
        now: SystemTime,
    ) -> Result<KeyOfRequest, BindingError> {
        let proof = TokenRequestProof::parse(proof)?;
        let key = *proof.key();
        let confirmation = Confirmation::by_proof_key(key);
        let checked = proof.check(method, target, &confirmation, &self.policy, now)?;
        let next_nonce = self.accept(checked, now).await?;
        Ok(KeyOfRequest { key, next_nonce })
    }
}
