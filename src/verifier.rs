//! Floor 3: decides on one access token.
//!
//! Combines the pure steps of [`crate::token`] with keys from a [`KeySource`] and the time of a
//! [`Clock`]. [`Verifier::verify`] makes the whole decision, in this order.

mod advice;
mod cache;
mod denylist;
mod error;
#[cfg(feature = "service")]
mod explanation;
mod tally;
#[cfg(feature = "service")]
mod warnings;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Semaphore;

use crate::clock::{Clock, SystemClock};
use crate::token::{
    Claims, Jws, KeySet, KeySource, MAX_TOKEN_BYTES, TokenError, Validation, Verified,
};
use cache::VerifiedCache;

pub use advice::{REASONS, advice};
pub use denylist::{Denial, DenialError, DenialSource, Denylist, DenylistFull};
pub use error::VerifyError;
#[cfg(feature = "service")]
pub use explanation::{ExplainedRule, Explanation, RuleState};
pub use tally::{Counts, Tally};

/// The default size of the cache of accepted tokens: 32 MiB.
pub const DEFAULT_CACHE_BYTES: u64 = 32 * 1024 * 1024;

/// Verifies access tokens. Clones share state.
///
/// A [`Guard`](https://docs.rs/poem-resource-server/latest/poem_resource_server/guard/struct.Guard.html)
/// verifies with one. Use it directly where Poem is not involved, for example for messages of a
/// queue.
///
/// ```
/// use std::sync::Arc;
///
/// use poem_resource_server::token::{Audience, KeySet, TokenError, Validation};
/// use poem_resource_server::verifier::{Verifier, VerifyError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // The key set of the issuer, from a file or from its `jwks_uri`.
/// let keys = KeySet::parse(br#"{"keys": []}"#)?.key_set;
/// let audience = Audience::parse("api://default")?;
/// let validation = Validation::new("https://id.example", audience);
/// let verifier = Verifier::new(Arc::new(Arc::new(keys)), validation);
///
/// let refusal = verifier.verify("not a token").await.unwrap_err();
///
/// assert_eq!(refusal.reason(), "illegal_character");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Verifier {
    keys: Arc<dyn KeySource>,
    validation: Arc<Validation>,
    clock: Arc<dyn Clock>,
    cache: Option<Arc<VerifiedCache>>,
    tally: Arc<Tally>,
    denylist: Option<Arc<Denylist>>,
    /// Places for requests that wait for keys.
    waiting: Arc<Semaphore>,
}

impl Verifier {
    /// A verifier with the keys of `keys`, the rules of `validation` and the clock of the system.
    pub fn new(keys: Arc<dyn KeySource>, validation: Validation) -> Self {
        Self {
            keys,
            validation: Arc::new(validation),
            clock: Arc::new(SystemClock::new()),
            cache: Some(Arc::new(VerifiedCache::new(DEFAULT_CACHE_BYTES))),
            tally: Arc::default(),
            denylist: None,
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
        }
    }

    /// Sets the maximum size of the cache, or disables it. The cache does not change a verdict.
    #[must_use]
    pub fn with_cache(self, max_bytes: Option<u64>) -> Self {
        let cache = max_bytes.map(|max_bytes| Arc::new(VerifiedCache::new(max_bytes)));
        Self { cache, ..self }
    }

    /// Sets the clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Counts the verdicts in `tally`.
    #[must_use]
    pub fn with_tally(self, tally: Arc<Tally>) -> Self {
        Self { tally, ..self }
    }

    /// Refuses the tokens that `denylist` denies.
    #[must_use]
    pub fn with_denylist(self, denylist: Arc<Denylist>) -> Self {
        Self {
            denylist: Some(denylist),
            ..self
        }
    }

    /// The required value of `iss`.
    pub fn issuer(&self) -> &str {
        self.validation.issuer()
    }

    /// The rules that claims must satisfy.
    pub(crate) fn validation(&self) -> &Validation {
        &self.validation
    }

    /// The time, by the clock of this verifier.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// How far the clock of the issuer of these claims may be off.
    pub(crate) fn leeway(&self, _claims: &Claims) -> Duration {
        self.validation.leeway()
    }

    /// Whether there are keys now, so that a token can be verified without a fetch.
    pub fn has_keys(&self) -> bool {
        (self.keys.current()).is_some_and(|keys| !keys.keys().is_empty())
    }

    /// Verifies an access token as the caller sent it.
    ///
    /// Waits for a fetch of keys only when no current key has the token's `kid`.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Token`] with the first check that failed, [`VerifyError::NoKeys`]
    /// if there are no keys to verify with, and [`VerifyError::DenylistStale`] if the denylist is
    /// too old. The last two are not faults of the token.
    ///
    /// RFC 9068 section 4.
    pub async fn verify(&self, token: &str) -> Result<Arc<Verified<Claims>>, VerifyError> {
        match self.recall(token.as_bytes()) {
            Some(verdict) => verdict,
            None => self.verify_new(token).await,
        }
    }

    /// The verdict on a token that was accepted before; `None` for any other token.
    pub(crate) fn recall(&self, token: &[u8]) -> Option<VerifyResult> {
        let claims = self.remembered(token)?;
        self.tally.count_hit();
        let verdict = self.judge_again(token, claims, self.clock.now());
        self.tally.count(&verdict);
        Some(verdict)
    }

    /// The verdict on a token that is not remembered.
    pub(crate) async fn verify_new(&self, token: &str) -> VerifyResult {
        if self.cache.is_some() && token.len() <= MAX_TOKEN_BYTES {
            self.tally.count_miss();
        }
        let verdict = self.examine(token).await;
        self.tally.count(&verdict);
        verdict
    }

    /// Checks what may have changed since the token was accepted.
    fn judge_again(
        &self,
        token: &[u8],
        claims: Arc<Verified<Claims>>,
        now: SystemTime,
    ) -> VerifyResult {
        if let Err(error) = self.validation.check_times(&claims, now) {
            return Err(self.forget(token, error).into());
        }
        self.check_denylist(&claims, now)?;
        Ok(claims)
    }

    /// Verifies a token and remembers it.
    async fn examine(&self, token: &str) -> VerifyResult {
        let jws = Jws::parse(token)?;
        self.validation.check_header(jws.header())?;
        let keys = self.keys_for(&jws).await?;
        let payload = keys.find(jws.header())?.verify(&jws)?;
        let claims = Claims::parse(&payload)?;
        // A fetch of keys may have taken some time.
        let now = self.clock.now();
        let verified = Arc::new(self.validation.check(claims, now)?);
        self.check_denylist(&verified, now)?;
        if let Some(cache) = &self.cache {
            cache.insert(token.as_bytes(), keys, verified.clone());
        }
        Ok(verified)
    }

    /// The claims of a token that the keys in force verified before.
    fn remembered(&self, token: &[u8]) -> Option<Arc<Verified<Claims>>> {
        // Longer tokens are never remembered, so they are not hashed.
        let cache = self
            .cache
            .as_ref()
            .filter(|_| token.len() <= MAX_TOKEN_BYTES)?;
        cache.find(token, &self.keys.current()?)
    }

    fn check_denylist(&self, claims: &Claims, now: SystemTime) -> Result<(), VerifyError> {
        match &self.denylist {
            Some(denylist) => denylist.check(claims, now),
            None => Ok(()),
        }
    }

    fn forget(&self, token: &[u8], error: TokenError) -> TokenError {
        if let Some(cache) = &self.cache {
            cache.remove(token);
        }
        error
    }

    async fn keys_for(&self, jws: &Jws<'_>) -> Result<Arc<KeySet>, VerifyError> {
        match self.keys.current() {
            Some(keys) if !matches!(keys.find(jws.header()), Err(TokenError::UnknownKey)) => {
                Ok(keys)
            }
            _ => {
                // Otherwise, requests with an unknown `kid` would wait for seconds and use memory.
                let Ok(_place) = self.waiting.try_acquire() else {
                    return Err(VerifyError::NoKeys);
                };
                self.keys.refreshed().await.ok_or(VerifyError::NoKeys)
            }
        }
    }
}

/// Enough for callers with a new key, because one fetch is enough for all of them.
const MAX_WAITING: usize = 64;

pub(crate) type VerifyResult = Result<Arc<Verified<Claims>>, VerifyError>;

#[cfg(all(test, feature = "dev"))]
mod tests;
