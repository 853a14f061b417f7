//! Remembers accepted tokens, so that each is verified once.
//!
//! 1. Only accepted tokens enter, and every byte of the token is compared: a hash alone
//!    never decides. It is a keyed hash of all bytes. With that of the ends alone, a caller could
//!    make many encrypted tokens with equal hashes, because it can change their middle.
//! 2. An entry is valid only while its issuer is trusted, and for the key set that verified it. A
//!    set with other keys invalidates every entry of that issuer.
//! 3. The cache does not look at the time of the claims: they are checked again at each hit.
//! 4. A token that was introspected is valid until the answer is too old.
//!
//! `quick_cache` limits the memory in bytes. Its S3-FIFO admission keeps the tokens in use during
//! a flood of others.

use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock, PoisonError, RwLock, Weak};
use std::time::Duration;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, Weighter};

use super::trusted::TrustedIssuer;
use crate::token::{ALLOCATION_BYTES, Claims, DERIVED_BYTES, KeySet, Verified};

/// The cache of one verifier.
pub(super) struct VerifiedCache {
    entries: Cache<Token, Entry, Bytes>,
    /// The key of the hashes.
    hash: DefaultHashBuilder,
    /// The last judge of each issuer that verified a signature. More tokens will have it.
    judges: RwLock<Vec<Arc<Judge>>>,
}

/// An accepted token, as its caller sends it. With its hash, it is not read again to make room for
/// another one.
#[derive(PartialEq, Eq)]
struct Token {
    hash: u64,
    bytes: Box<[u8]>,
}

/// The token that is looked for.
struct Presented<'a> {
    hash: u64,
    bytes: &'a [u8],
}

impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Hash for Presented<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<Token> for Presented<'_> {
    fn equivalent(&self, token: &Token) -> bool {
        self.hash == token.hash && *self.bytes == *token.bytes
    }
}

impl Presented<'_> {
    fn to_token(&self) -> Token {
        Token {
            hash: self.hash,
            bytes: self.bytes.into(),
        }
    }
}

/// What is known of an accepted token. It is in the table of the cache, so a call with one of many
/// tokens waits for fewer places in memory.
#[derive(Clone)]
struct Entry {
    claims: Arc<Verified<Claims>>,
    judge: Arc<Judge>,
    /// What is counted for it besides the token. Its claims are not read again to make room.
    bytes: u32,
}

/// What accepted a token. The tokens of an issuer share it while its keys are the same.
struct Judge {
    /// The keys that verified the token. Those of [`NO_KEYS`] are never in force.
    keys: Arc<KeySet>,
    /// The answer of the issuer about one token, if it was introspected.
    vouched: Option<Vouched>,
    /// The issuer that judged it. This does not keep an issuer that was removed.
    issuer: Weak<TrustedIssuer>,
}

/// For how long the answer of an issuer about a token is used.
pub(super) struct Vouched {
    /// The keys that verified its signature too, if they are published.
    pub(super) keys: Option<Arc<KeySet>>,
    /// The monotonic time at which the answer is too old.
    pub(super) until: Duration,
}

/// An accepted token, and the issuer that judged it.
pub(super) struct Remembered {
    pub(super) claims: Arc<Verified<Claims>>,
    pub(super) issuer: Arc<TrustedIssuer>,
}

impl Judge {
    /// Whether the answer of the issuer is still used at the monotonic time `now`.
    #[cold]
    fn is_vouched(&self, issuer: &TrustedIssuer, now: Duration) -> bool {
        let Some(vouched) = &self.vouched else {
            return false;
        };
        now < vouched.until
            && !issuer.is_removed()
            && (vouched.keys.as_ref()).is_none_or(|keys| issuer.are_in_force(keys))
    }
}

impl VerifiedCache {
    /// A cache of at most about `max_bytes`.
    pub(super) fn new(max_bytes: u64) -> Self {
        let entries = usize::try_from(max_bytes / TYPICAL_ENTRY_BYTES).unwrap_or(usize::MAX);
        // The cache also keeps the hashes of half as many former entries.
        let former_hashes = (entries / 2).saturating_mul(TABLE_ENTRY_BYTES) as u64;
        let options = OptionsBuilder::new()
            .estimated_items_capacity(entries)
            .weight_capacity(max_bytes - former_hashes)
            .shards(shards(entries))
            .build()
            .expect("both sizes are set");
        let (hash, lifecycle) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
        Self {
            entries: Cache::with_options(options, Bytes, hash, lifecycle),
            hash: DefaultHashBuilder::default(),
            judges: RwLock::default(),
        }
    }

    /// A token that was accepted before, by keys that are still in force.
    pub(super) fn find(&self, token: &[u8], now: impl FnOnce() -> Duration) -> Option<Remembered> {
        let Entry { claims, judge, .. } = self.entries.get(&self.presented(token))?;
        let issuer = judge.issuer.upgrade()?;
        let is_accepted = issuer.are_in_force(&judge.keys) || judge.is_vouched(&issuer, now());
        is_accepted.then_some(Remembered { claims, issuer })
    }

    /// As [`VerifiedCache::find`], for a token that its issuer vouched for.
    pub(super) fn find_introspected(&self, token: &[u8], now: Duration) -> Option<Remembered> {
        let Entry { claims, judge, .. } = self.entries.get(&self.presented(token))?;
        let issuer = judge.issuer.upgrade()?;
        let is_vouched = judge.is_vouched(&issuer, now);
        is_vouched.then_some(Remembered { claims, issuer })
    }

    /// Remembers a token that `keys` verified.
    pub(super) fn insert(
        &self,
        token: &[u8],
        claims: Arc<Verified<Claims>>,
        keys: Arc<KeySet>,
        issuer: &Arc<TrustedIssuer>,
    ) {
        self.keep(token, claims, self.judge(keys, issuer));
    }

    /// Remembers a token that its issuer vouched for.
    pub(super) fn insert_introspected(
        &self,
        token: &[u8],
        claims: Arc<Verified<Claims>>,
        vouched: Vouched,
        issuer: &Arc<TrustedIssuer>,
    ) {
        let judge = Arc::new(Judge {
            keys: NO_KEYS.clone(),
            vouched: Some(vouched),
            issuer: Arc::downgrade(issuer),
        });
        self.keep(token, claims, judge);
    }

    fn keep(&self, token: &[u8], claims: Arc<Verified<Claims>>, judge: Arc<Judge>) {
        let of_claims = claims.heap_bytes() + claims.derived_bytes();
        let of_judge = judge.vouched.as_ref().map_or(0, |_| JUDGE_BYTES);
        let entry = Entry {
            bytes: u32::try_from(of_claims + of_judge + FIXED_BYTES).unwrap_or(u32::MAX),
            claims,
            judge,
        };
        self.entries.insert(self.presented(token).to_token(), entry);
    }

    fn presented<'a>(&self, token: &'a [u8]) -> Presented<'a> {
        Presented {
            hash: self.hash.hash_one(token),
            bytes: token,
        }
    }

    /// The issuer with these keys. All tokens that they verify share one value.
    fn judge(&self, keys: Arc<KeySet>, issuer: &Arc<TrustedIssuer>) -> Arc<Judge> {
        let is_of_issuer = |it: &Arc<Judge>| it.issuer.as_ptr() == Arc::as_ptr(issuer);
        let judges = self.judges.read().unwrap_or_else(PoisonError::into_inner);
        let known = judges.iter().find(|it| is_of_issuer(it));
        if let Some(judge) = known.filter(|it| Arc::ptr_eq(&it.keys, &keys)) {
            return judge.clone();
        }
        drop(judges);
        let judge = Arc::new(Judge {
            keys,
            vouched: None,
            issuer: Arc::downgrade(issuer),
        });
        let mut judges = self.judges.write().unwrap_or_else(PoisonError::into_inner);
        judges.retain(|it| !is_of_issuer(it) && it.issuer.strong_count() > 0);
        judges.push(judge.clone());
        judge
    }

    /// Remembers an entry under another token, which contains the former one.
    #[cold]
    pub(super) fn rename(&self, from: &[u8], to: &[u8]) {
        if let Some((_, entry)) = self.entries.remove(&self.presented(from)) {
            self.entries.insert(self.presented(to).to_token(), entry);
        }
    }

    /// Forgets a token that will not be accepted again.
    pub(super) fn remove(&self, token: &[u8]) {
        self.entries.remove(&self.presented(token));
    }
}

impl fmt::Debug for VerifiedCache {
    /// Prints no token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedCache")
            .field("entries", &self.entries.len())
            .field("bytes", &self.entries.weight())
            .finish_non_exhaustive()
    }
}

/// The number of shards that are filled evenly, as a power of two.
fn shards(entries: usize) -> usize {
    let shards = (entries / MIN_ENTRIES_PER_SHARD).max(1);
    1 << shards.ilog2()
}

/// Counts the memory of an entry: the token, its claims, and the maximum of the derived values.
#[derive(Clone)]
struct Bytes;

impl Weighter<Token, Entry> for Bytes {
    fn weight(&self, token: &Token, entry: &Entry) -> u64 {
        token.bytes.len() as u64 + u64::from(entry.bytes)
    }
}

/// The place in the table, the claims with two reference counts, the derived values in a box as
/// shared bytes, and what the allocator adds to these and to the token.
const FIXED_BYTES: usize = TABLE_ENTRY_BYTES
    + size_of::<[usize; 2]>()
    + size_of::<Verified<Claims>>()
    + DERIVED_BYTES
    + 5 * ALLOCATION_BYTES;
/// Of a token that was introspected. Other tokens share it.
const JUDGE_BYTES: usize = size_of::<[usize; 2]>() + size_of::<Judge>() + ALLOCATION_BYTES;
/// The size in `quick_cache`'s table and index. Each can be twice as large as needed just after it
/// has grown: `2 * 72 + 2 * 8 / 7 * 5`.
const TABLE_ENTRY_BYTES: usize = 156;
/// The keys of an entry that no keys in force verified.
static NO_KEYS: LazyLock<Arc<KeySet>> = LazyLock::new(Arc::default);
/// An access token of Okta, RS256: 900 bytes, and its claims.
const TYPICAL_ENTRY_BYTES: u64 = 3_000;
/// Tokens are distributed unevenly, so a small shard can be full before the others. The default
/// size has one shard, because with four, some caches did not have room for 10,000 tokens.
const MIN_ENTRIES_PER_SHARD: usize = 8_192;

#[cfg(all(test, feature = "dev"))]
mod tests;
