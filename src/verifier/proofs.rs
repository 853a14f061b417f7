//! Decides on DPoP proofs, with the state that this needs: nonces, and the proofs that were used.
//!
//! 1. The pure checks of the token floor: form, key, request, token and time.
//! 2. The nonce, if nonces are required.
//! 3. The signature.
//! 4. The proof was not used before. This comes last, so that nobody can use up the proof of another
//!    caller.

mod memory;
mod nonces;
mod store;
mod tally;
#[cfg(feature = "dev")]
mod token_request;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;

use crate::token::{
    CheckedProof, DpopProof, ProofError, ProofPolicy, ProvenRequest, VerifiedProof,
};

use super::binding_error::BindingError;
use nonces::{NonceState, Nonces};
use tally::ProofTally;

pub use memory::MemoryProofStore;
pub use store::{MarkError, ProofStore, UsedProof};
#[cfg(feature = "dev")]
pub(crate) use token_request::KeyOfRequest;

/// Decides on DPoP proofs. Clones share state.
///
/// ```
/// use std::time::Duration;
/// use poem_resource_server::token::ProofPolicy;
/// use poem_resource_server::verifier::Proofs;
///
/// let proofs = Proofs::default()
///     .with_policy(ProofPolicy::default().with_max_age(Duration::from_secs(30)))
///     .with_nonces(Duration::from_secs(300));
/// assert_eq!(proofs.policy().max_age(), Duration::from_secs(30));
/// ```
///
/// RFC 9449.
#[derive(Clone)]
pub struct Proofs {
    policy: ProofPolicy,
    nonces: Option<Nonces>,
    key: Arc<SecretKey>,
    store: Arc<dyn ProofStore>,
    tally: Arc<ProofTally>,
}

impl Default for Proofs {
    /// Proofs without nonces, each of which is accepted once in this process.
    fn default() -> Self {
        Self {
            policy: ProofPolicy::default(),
            nonces: None,
            key: Arc::default(),
            store: Arc::new(MemoryProofStore::default()),
            tally: Arc::default(),
        }
    }
}

impl Proofs {
    /// Sets which proofs are accepted.
    #[must_use]
    pub fn with_policy(self, policy: ProofPolicy) -> Self {
        Self { policy, ..self }
    }

    /// Requires that proofs contain a nonce of this process, or of one with the same secret. A nonce
    /// is accepted for `lifetime` to twice that time.
    ///
    /// RFC 9449 section 9.
    #[must_use]
    pub fn with_nonces(self, lifetime: Duration) -> Self {
        Self {
            nonces: Some(Nonces::new(lifetime)),
            ..self
        }
    }

    /// Sets the secret that protects nonces and the names of used proofs. Processes that serve the
    /// same callers need the same one. By default, it is random.
    #[must_use]
    pub fn with_secret(self, secret: &[u8]) -> Self {
        Self {
            key: Arc::new(SecretKey::from_secret(secret)),
            ..self
        }
    }

    /// Sets where used proofs are remembered. By default, in this process.
    #[must_use]
    pub fn with_store(self, store: Arc<dyn ProofStore>) -> Self {
        Self { store, ..self }
    }

    /// Which proofs are accepted.
    pub fn policy(&self) -> &ProofPolicy {
        &self.policy
    }

    /// Where used proofs are remembered.
    pub fn store(&self) -> &Arc<dyn ProofStore> {
        &self.store
    }

    /// Whether proofs must contain a nonce.
    pub fn requires_nonces(&self) -> bool {
        self.nonces.is_some()
    }

    /// How many calls with a bound token and the scheme `DPoP` had an accepted proof, by the word
    /// `accepted`, and how many did not, by the reason of the refusal. A reason without a refusal is
    /// absent. Clones count together.
    pub fn outcomes(&self) -> Vec<(&'static str, u64)> {
        self.tally.outcomes()
    }

    /// Decides on the proof of a request, and counts the verdict. Returns a new nonce if that of the
    /// proof expires soon.
    pub(super) async fn check(
        &self,
        proof: Result<&str, ProofError>,
        request: &ProvenRequest<'_>,
        now: SystemTime,
    ) -> Result<Option<String>, BindingError> {
        let verdict = self.judge(proof, request, now).await;
        self.tally.count(&verdict);
        verdict
    }

    async fn judge(
        &self,
        proof: Result<&str, ProofError>,
        request: &ProvenRequest<'_>,
        now: SystemTime,
    ) -> Result<Option<String>, BindingError> {
        let proof = DpopProof::parse_for(proof?, request.confirmation)?;
        let checked = proof.check(request, &self.policy, now)?;
        self.accept(checked, now).await
    }

    /// Requires the nonce, the signature, and that the proof was not used before.
    async fn accept(
        &self,
        checked: CheckedProof<'_>,
        now: SystemTime,
    ) -> Result<Option<String>, BindingError> {
        let key = self.key.get();
        let next_nonce = match &self.nonces {
            None => None,
            Some(nonces) => match nonces.find(key, checked.unverified_nonce(), now) {
                NonceState::Current => None,
                NonceState::Previous => Some(nonces.current(key, now)),
                state @ (NonceState::Missing | NonceState::Unknown) => {
                    return Err(BindingError::NonceRequired {
                        nonce: nonces.current(key, now),
                        has_other: state == NonceState::Unknown,
                    });
                }
            },
        };
        let verified = checked.verify()?;
        self.mark(&verified, now).await?;
        Ok(next_nonce)
    }

    async fn mark(&self, proof: &VerifiedProof, now: SystemTime) -> Result<(), BindingError> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH);
        let max_age = self.policy.max_age();
        let used = UsedProof {
            name: self.name(proof),
            now: now.unwrap_or_default(),
            until: proof.issued_at().saturating_add(max_age),
            window: 2 * max_age,
        };
        self.store.mark(used).await.map_err(|error| match error {
            MarkError::Used => ProofError::Replayed.into(),
            MarkError::Full { retry_after } => BindingError::TooManyProofs { retry_after },
            MarkError::Unavailable => BindingError::ProofsUnavailable,
        })
    }

    /// A name of fixed length, which depends on the key, so that no caller can use up the proof of
    /// another one.
    fn name(&self, proof: &VerifiedProof) -> [u8; 16] {
        let mut context = hmac::Context::with_key(self.key.get());
        context.update(b"proof");
        context.update(proof.key().as_bytes());
        context.update(proof.id().as_bytes());
        let mut name = [0; 16];
        name.copy_from_slice(&context.sign().as_ref()[..16]);
        name
    }
}

impl fmt::Debug for Proofs {
    /// Prints no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proofs")
            .field("policy", &self.policy)
            .field("nonces", &self.nonces)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// The key of nonces and of the names of used proofs. Without a secret of the settings it is random,
/// and made with the first proof: the first random number of a process takes 30 ms, because aws-lc
/// collects entropy from the timing of the processor.
#[derive(Default)]
struct SecretKey(OnceLock<hmac::Key>);

impl SecretKey {
    fn from_secret(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret).into())
    }

    fn get(&self) -> &hmac::Key {
        self.0.get_or_init(|| {
            hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
                .expect("aws-lc ends a process whose system has no randomness")
        })
    }
}
