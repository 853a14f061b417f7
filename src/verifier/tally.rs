//! Counts verdicts for operators with atomic numbers, without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use super::VerifyError;

/// The counters of verifiers. Successive verifiers can share one, so that a reload does not
/// reset them: see [`Verifier::with_tally`](super::Verifier::with_tally).
#[derive(Debug, Default)]
pub struct Tally {
    accepted: AtomicU64,
    refused: AtomicU64,
    without_keys: AtomicU64,
    without_denylist: AtomicU64,
    without_introspection: AtomicU64,
    without_decryption: AtomicU64,
    cache_hits: AtomicU64,
    cache_misses: AtomicU64,
}

/// The values of a [`Tally`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Accepted tokens, including remembered ones.
    pub accepted: u64,
    /// Refused tokens.
    pub refused: u64,
    /// Tokens without a verdict, because there were no keys.
    pub without_keys: u64,
    /// Tokens without a verdict, because the denylist was too old.
    pub without_denylist: u64,
    /// Tokens without a verdict, because the issuer could not be asked.
    pub without_introspection: u64,
    /// Tokens without a verdict, because too many had to be decrypted.
    pub without_decryption: u64,
    /// Tokens that the cache contained.
    pub cache_hits: u64,
    /// Tokens that the cache did not contain; 0 without a cache.
    pub cache_misses: u64,
}

impl Tally {
    /// The current values.
    pub fn counts(&self) -> Counts {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Counts {
            accepted: read(&self.accepted),
            refused: read(&self.refused),
            without_keys: read(&self.without_keys),
            without_denylist: read(&self.without_denylist),
            without_introspection: read(&self.without_introspection),
            without_decryption: read(&self.without_decryption),
            cache_hits: read(&self.cache_hits),
            cache_misses: read(&self.cache_misses),
        }
    }

    pub(super) fn count<T>(&self, verdict: &Result<T, VerifyError>) {
        add(match verdict {
            Ok(_) => &self.accepted,
            Err(VerifyError::Token(_) | VerifyError::Binding(_)) => &self.refused,
            Err(VerifyError::NoKeys) => &self.without_keys,
            Err(VerifyError::DenylistStale) => &self.without_denylist,
            Err(VerifyError::NotIntrospected { .. }) => &self.without_introspection,
            Err(VerifyError::NotDecrypted { .. }) => &self.without_decryption,
        });
    }

    pub(super) fn count_hit(&self) {
        add(&self.cache_hits);
    }

    pub(super) fn count_miss(&self) {
        add(&self.cache_misses);
    }
}

fn add(number: &AtomicU64) {
    number.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::TokenError;

    #[test]
    fn each_verdict_has_its_own_count() {
        let tally = Tally::default();
        let not_introspected = VerifyError::NotIntrospected {
            reason: "introspection_limited",
            retry_after: std::time::Duration::from_secs(1),
        };
        let not_decrypted = VerifyError::NotDecrypted {
            retry_after: std::time::Duration::from_secs(1),
        };
        let verdicts = [
            (Ok(()), 1),
            (Err(TokenError::Revoked.into()), 2),
            (Err(VerifyError::NoKeys), 3),
            (Err(VerifyError::DenylistStale), 4),
            (Err(not_introspected), 7),
            (Err(not_decrypted), 8),
        ];

        for (verdict, times) in verdicts {
            (0..times).for_each(|_| tally.count(&verdict));
        }
        (0..5).for_each(|_| tally.count_hit());
        (0..6).for_each(|_| tally.count_miss());

        let expected = Counts {
            accepted: 1,
            refused: 2,
            without_keys: 3,
            without_denylist: 4,
            without_introspection: 7,
            without_decryption: 8,
            cache_hits: 5,
            cache_misses: 6,
        };
        assert_eq!(tally.counts(), expected);
    }
}
