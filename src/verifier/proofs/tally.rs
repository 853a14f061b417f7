//! Counts verdicts on DPoP proofs for operators.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::verifier::binding_error::BindingError;

/// The verdicts on proofs so far.
#[derive(Debug, Default)]
pub(super) struct ProofTally {
    accepted: AtomicU64,
    /// By reason. The lock is held for a few instructions, and only for refused proofs.
    refused: Mutex<BTreeMap<&'static str, u64>>,
}

impl ProofTally {
    pub(super) fn count<T>(&self, verdict: &Result<T, BindingError>) {
        match verdict {
            Ok(_) => {
                self.accepted.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                let refused = self.refused.lock();
                let mut refused = refused.unwrap_or_else(PoisonError::into_inner);
                *refused.entry(error.reason()).or_default() += 1;
            }
        }
    }

    pub(super) fn outcomes(&self) -> Vec<(&'static str, u64)> {
        let refused = self.refused.lock();
        let refused = refused.unwrap_or_else(PoisonError::into_inner);
        let accepted = ("accepted", self.accepted.load(Ordering::Relaxed));
        let refused = refused.iter().map(|(reason, count)| (*reason, *count));
        std::iter::once(accepted).chain(refused).collect()
    }
}
