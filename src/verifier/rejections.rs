//! Remembers for a short time which tokens are refused after an expensive step, so that a client
//! that repeats one causes no further call of its issuer and no further decryption.
//!
//! 1. At most [`MAX_REMEMBERED`] tokens are remembered, each for [`MAX_AGE`] at most.
//! 2. Only a keyed hash of a token is kept. Nobody can choose tokens with the same hash.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use quick_cache::sync::Cache;

use crate::token::TokenError;

/// Tokens that are refused, each with the reason.
pub(super) struct Rejections {
    /// `None` if the system provides no random numbers. Then nothing is remembered.
    key: Option<hmac::Key>,
    remembered: Cache<[u8; 32], RefusedToken>,
    max_age: Duration,
}

#[derive(Clone)]
struct RefusedToken {
    error: TokenError,
    until: Duration,
}

impl Rejections {
    /// Remembers a token for as long as an accepted one, and for [`MAX_AGE`] at most.
    pub(super) fn new(max_age: Duration) -> Self {
        Self {
            key: hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok(),
            remembered: Cache::new(MAX_REMEMBERED),
            max_age: max_age.min(MAX_AGE),
        }
    }

    /// Why this token was refused a short time before.
    pub(super) fn find(&self, token: &str, now: Duration) -> Option<TokenError> {
        if self.remembered.is_empty() {
            return None;
        }
        let hash = self.hash(token)?;
        let known = self.remembered.get(&hash)?;
        if now < known.until {
            return Some(known.error);
        }
        self.remembered.remove(&hash);
        None
    }

    pub(super) fn insert(&self, token: &str, error: TokenError, now: Duration) {
        if let Some(hash) = self.hash(token) {
            let until = now + self.max_age;
            self.remembered.insert(hash, RefusedToken { error, until });
        }
    }

    fn hash(&self, token: &str) -> Option<[u8; 32]> {
        let tag = hmac::sign(self.key.as_ref()?, token.as_bytes());
        tag.as_ref().try_into().ok()
    }
}

impl fmt::Debug for Rejections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejections")
            .field("remembered", &self.remembered.len())
            .finish_non_exhaustive()
    }
}

/// About 1 MiB when all of them are.
const MAX_REMEMBERED: usize = 4096;
/// A token may become active soon after it was issued, at an issuer with several servers.
pub(super) const MAX_AGE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_refused_token_is_remembered_for_ten_seconds() {
        let rejections = Rejections::new(60 * SECOND);
        rejections.insert("token", TokenError::Inactive, SECOND);

        let at = |secs: u32| rejections.find("token", secs * SECOND);

        assert_eq!(at(10), Some(TokenError::Inactive));
        assert_eq!(at(11), None);
        assert_eq!(rejections.find("other", SECOND), None);
    }

    #[test]
    fn no_more_tokens_are_remembered_than_the_limit() {
        let rejections = Rejections::new(60 * SECOND);

        for number in 0..3 * MAX_REMEMBERED {
            rejections.insert(&number.to_string(), TokenError::Inactive, SECOND);
        }

        assert!(rejections.remembered.len() <= MAX_REMEMBERED);
    }
}
