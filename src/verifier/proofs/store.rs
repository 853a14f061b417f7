//! Where used proofs are remembered.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

/// Where used proofs are remembered.
pub trait ProofStore: fmt::Debug + Send + Sync + 'static {
    /// Remembers a proof, unless it is known already. Of several calls with the same name, exactly
    /// one succeeds.
    ///
    /// # Errors
    ///
    /// [`MarkError::Used`] for a proof that is known, or that may have been forgotten too early
    /// because the clock was set forward. With any other error, the proof is not accepted either.
    fn mark(
        &self,
        proof: UsedProof,
    ) -> Pin<Box<dyn Future<Output = Result<(), MarkError>> + Send + '_>>;
}

/// A proof that a caller uses now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsedProof {
    /// A keyed hash of its key and its `jti`.
    pub name: [u8; 16],
    /// The time, since 1970.
    pub now: Duration,
    /// Until when the proof must be remembered, since 1970. Its `iat` is too old then.
    pub until: Duration,
    /// The time between the first and the last moment at which the proof is accepted. A store that
    /// counts the time itself must remember the proof for at least this long. It must not compute the
    /// time from `now`: the clock may be ahead, and be corrected later.
    pub window: Duration,
}

impl UsedProof {
    /// A proof with this name, which is used `now` and must be remembered `until`, both since 1970. Its
    /// window begins now.
    pub fn new(name: [u8; 16], now: Duration, until: Duration) -> Self {
        Self {
            name,
            now,
            until,
            window: until.saturating_sub(now),
        }
    }

    /// Sets the time between the first and the last moment at which the proof is accepted.
    #[must_use]
    pub fn with_window(self, window: Duration) -> Self {
        Self { window, ..self }
    }
}

/// Why a proof is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MarkError {
    /// The proof was used before.
    #[error("the proof was used before")]
    Used,
    /// No more proofs can be remembered.
    #[error("no more proofs can be remembered")]
    #[non_exhaustive]
    Full {
        /// When some of them can be forgotten.
        retry_after: Duration,
    },
    /// The store does not answer.
    #[error("the store does not answer")]
    Unavailable,
}
