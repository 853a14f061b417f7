//! Remembers which tokens were revoked, until they would have expired anyway.

use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
pub(super) struct Revocations {
    revoked: Mutex<Vec<Revoked>>,
}

#[derive(Debug)]
struct Revoked {
    token_id: String,
    expires_at_secs: u64,
}

/// Enough for development, and few enough for a linear search.
const CAPACITY: usize = 1000;

/// There is no room. Without an older revocation, its token would be active again.
#[derive(Debug)]
pub(super) struct Full;

impl Revocations {
    /// Remembers `token_id` (the claim `jti`) until its token expires.
    pub(super) fn add(
        &self,
        token_id: &str,
        expires_at_secs: u64,
        now_secs: u64,
    ) -> Result<(), Full> {
        let mut revoked = self.lock();
        revoked.retain(|other| other.expires_at_secs > now_secs);
        if revoked.len() >= CAPACITY {
            return Err(Full);
        }
        revoked.push(Revoked {
            token_id: token_id.to_owned(),
            expires_at_secs,
        });
        Ok(())
    }

    pub(super) fn contains(&self, token_id: &str) -> bool {
        self.lock().iter().any(|other| other.token_id == token_id)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Revoked>> {
        // No code above panics in the middle of a change.
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
