//! Floor 3: decides on one access token.
//!
//! Combines the pure steps of [`crate::token`] with the keys of the [`TrustedIssuers`] and the time
//! of a [`Clock`]. [`Verifier::verify`] makes the whole decision:
//!
//! 1. A token that was accepted before is remembered. Only the times and the denylist are checked
//!    again, and that the keys of its issuer are the same.
//! 2. The form and the header of a new token are checked.
//! 3. Its `iss` selects the issuer that judges it, see [`TrustedIssuers`].
//! 4. A key of that issuer verifies the signature, and its rules apply to the claims.
//! 5. The denylist is checked.
//! 6. A bound token is accepted only with the proof that the caller has its key: see [`Authenticated`].
//!
//! An encrypted token is decrypted, and a token that is not a JWT is introspected, if the settings
//! of its issuer say so. See docs/encrypted.md and docs/introspection.md.

mod advice;
mod authenticated;
mod binding_error;
mod cache;
mod decryption;
mod denylist;
mod encrypted;
mod error;
#[cfg(feature = "service")]
mod explanation;
mod flights;
mod introspected;
mod introspector;
mod new_token;
mod proofs;
mod rejections;
mod remote;
mod tally;
mod trusted;
#[cfg(feature = "service")]
mod warnings;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::clock::{Clock, SystemClock};
use crate::token::{
    Claims, KeySource, KnownHeaders, MAX_TOKEN_BYTES, TokenError, Validation, Verified,
};
use cache::{Remembered, VerifiedCache};
use decryption::{DEFAULT_MAX_TOKENS, Decryption};

pub use advice::{REASONS, advice};
pub use authenticated::Authenticated;
pub(crate) use authenticated::{Presentation, Proven};
pub use binding_error::BindingError;
#[cfg(feature = "service")]
pub(crate) use denylist::DeniedUser;
pub use denylist::{Denial, DenialError, DenialSource, Denylist, DenylistFull};
pub use error::VerifyError;
#[cfg(feature = "service")]
pub(crate) use explanation::{ExplainedProof, ProofExplanation};
#[cfg(feature = "service")]
pub use explanation::{ExplainedRule, Explanation, RuleState};
#[cfg(feature = "dev")]
pub(crate) use proofs::KeyOfRequest;
pub use proofs::{MarkError, MemoryProofStore, ProofStore, Proofs, UsedProof};
pub use remote::RemoteIssuer;
pub use tally::{Counts, Tally};
pub(crate) use trusted::DEFAULT_ISSUER;
pub use trusted::{SameIssuer, TrustedIssuer, TrustedIssuers};

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
    issuers: Arc<TrustedIssuers>,
    clock: Arc<dyn Clock>,
    cache: Option<Arc<VerifiedCache>>,
    tally: Arc<Tally>,
    denylist: Option<Arc<Denylist>>,
    proofs: Arc<Proofs>,
    decryption: Arc<Decryption>,
    known_headers: Arc<KnownHeaders>,
}

impl Verifier {
    /// A verifier for the tokens of one issuer, with the clock of the system. The issuer is named
    /// `default`.
    pub fn new(keys: Arc<dyn KeySource>, validation: Validation) -> Self {
        let only = TrustedIssuer::new(DEFAULT_ISSUER, keys, validation);
        Self::for_issuers(Arc::new(TrustedIssuers::from(only)))
    }

    /// A verifier for the tokens of these issuers, with the clock of the system. It follows changes
    /// of the list.
    pub fn for_issuers(issuers: Arc<TrustedIssuers>) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        Self {
            issuers,
            decryption: Arc::new(Decryption::new(DEFAULT_MAX_TOKENS, clock.clone())),
            clock,
            cache: Some(Arc::new(VerifiedCache::new(DEFAULT_CACHE_BYTES))),
            tally: Arc::default(),
            denylist: None,
            proofs: Arc::default(),
            known_headers: Arc::default(),
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
        let decryption = Arc::new(self.decryption.with_clock(clock.clone()));
        Self {
            clock,
            decryption,
            ..self
        }
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

    /// Sets which DPoP proofs are accepted, and where used ones are remembered.
    #[must_use]
    pub fn with_proofs(self, proofs: Proofs) -> Self {
        Self {
            proofs: Arc::new(proofs),
            ..self
        }
    }

    /// What decides on DPoP proofs.
    pub fn proofs(&self) -> &Proofs {
        &self.proofs
    }

    /// The issuers whose tokens are accepted.
    pub fn issuers(&self) -> &Arc<TrustedIssuers> {
        &self.issuers
    }

    /// The time, by the clock of this verifier.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// How far the clock of the issuer of these claims may be off.
    pub(crate) fn leeway(&self, claims: &Claims) -> Duration {
        let issuer = self.issuers.find(claims.issuer());
        issuer.map_or(Duration::ZERO, |issuer| issuer.validation().leeway())
    }

    /// Whether tokens of at least one issuer can be judged now: there are its keys, or it is asked
    /// about each token.
    pub fn has_keys(&self) -> bool {
        self.issuers.all().iter().any(|issuer| issuer.can_judge())
    }

    /// Verifies a bearer token as the caller sent it.
    ///
    /// Waits for a fetch of keys only when no current key has the token's `kid`.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Token`] with the first check that failed, [`VerifyError::Binding`] if the token
    /// is bound to a key, so that it is no bearer token, [`VerifyError::NoKeys`] if there are no keys
    /// to verify with, and [`VerifyError::DenylistStale`] if the denylist is too old. The last two are
    /// not faults of the token.
    ///
    /// RFC 9068 section 4.
    pub async fn verify(&self, token: &str) -> Result<Arc<Verified<Claims>>, VerifyError> {
        let claims = self.verify_claims(token).await?;
        Ok(Authenticated::bearer(claims, None)?.into_claims())
    }

    /// Decides whether the caller may use these claims, by the proof that it sends.
    pub(crate) async fn authenticate(
        &self,
        claims: Arc<Verified<Claims>>,
        presentation: &Presentation<'_>,
    ) -> Result<Proven, BindingError> {
        let now = self.clock.now();
        self.proofs.authenticate(claims, presentation, now).await
    }

    /// Verifies a token, which may be bound to a key. Its caller must prove that it has this key.
    pub(crate) async fn verify_claims(&self, token: &str) -> VerifyResult {
        match self.recall(token.as_bytes()) {
            Some(verdict) => verdict,
            None => self.verify_new(token).await,
        }
    }

    /// The verdict on a token that was accepted before; `None` for any other token.
    pub(crate) fn recall(&self, token: &[u8]) -> Option<VerifyResult> {
        let remembered = self.remembered(token)?;
        self.tally.count_hit();
        let verdict = self.judge_again(token, remembered, self.clock.now());
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
    fn judge_again(&self, token: &[u8], known: Remembered, now: SystemTime) -> VerifyResult {
        let Remembered { claims, issuer } = known;
        if let Err(error) = issuer.validation().check_times(&claims, now) {
            return Err(self.forget(token, error).into());
        }
        self.check_denylist(&claims, now)?;
        Ok(claims)
    }

    /// A token that the keys in force verified before.
    fn remembered(&self, token: &[u8]) -> Option<Remembered> {
        // Longer tokens are never remembered, so they are not hashed.
        let cache = self
            .cache
            .as_ref()
            .filter(|_| token.len() <= MAX_TOKEN_BYTES)?;
        cache.find(token, || self.clock.monotonic())
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
}

pub(crate) type VerifyResult = Result<Arc<Verified<Claims>>, VerifyError>;

#[cfg(all(test, feature = "dev"))]
mod tests;
