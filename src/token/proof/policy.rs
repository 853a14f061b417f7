//! Which proofs are accepted.

use std::time::Duration;

use crate::token::Algorithm;

use super::error::ProofError;

/// Which DPoP proofs are accepted.
///
/// ```
/// use std::time::Duration;
/// use poem_resource_server::token::{Algorithm, ProofPolicy};
///
/// let policy = ProofPolicy::default()
///     .with_max_age(Duration::from_secs(30))
///     .with_algorithms([Algorithm::Es256, Algorithm::EdDsa]);
/// assert_eq!(policy.algorithms().len(), 2);
/// ```
#[derive(Debug, Clone)]
pub struct ProofPolicy {
    max_age: Duration,
    algorithms: Vec<Algorithm>,
}

impl Default for ProofPolicy {
    fn default() -> Self {
        Self {
            max_age: DEFAULT_MAX_AGE,
            algorithms: Algorithm::ALL.to_vec(),
        }
    }
}

impl ProofPolicy {
    /// Sets how far `iat` may be from the time of the request, before it or after it. Each proof is
    /// remembered for about this time. 60 s by default, at most [`MAX_PROOF_AGE`].
    #[must_use]
    pub fn with_max_age(self, max_age: Duration) -> Self {
        Self {
            max_age: max_age.min(MAX_PROOF_AGE),
            ..self
        }
    }

    /// Sets the accepted signature algorithms. Each [`Algorithm`] by default.
    #[must_use]
    pub fn with_algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self {
            algorithms: algorithms.into_iter().collect(),
            ..self
        }
    }

    /// How far `iat` may be from the time of the request.
    pub fn max_age(&self) -> Duration {
        self.max_age
    }

    /// The accepted signature algorithms.
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    /// RFC 9449 section 11.1.
    pub(super) fn check_age(&self, issued_at: Duration, now: Duration) -> Result<(), ProofError> {
        if issued_at.saturating_add(self.max_age) < now {
            return Err(ProofError::Expired);
        }
        if issued_at > now.saturating_add(self.max_age) {
            return Err(ProofError::IssuedInFuture);
        }
        Ok(())
    }
}

/// A stolen proof can be used once within this time where replicas do not share state.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(60);
/// The maximum of [`ProofPolicy::with_max_age`]: each proof is remembered for that long.
pub const MAX_PROOF_AGE: Duration = Duration::from_secs(300);
