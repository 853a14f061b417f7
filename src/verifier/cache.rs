//! Remembers accepted tokens, so that each is verified once.
//!
//! 1. Only accepted tokens enter, and every byte of the token is compared: a hash alone
//!    never decides.
//! 2. An entry is valid only for the key set that verified it. A set with other keys invalidates
//!    every entry.
//! 3. The cache does not look at the time: the claims are checked again at each hit.
//!
//! `quick_cache` limits the memory in bytes. Its S3-FIFO admission keeps the tokens in use during
//! a flood of others.

use std::fmt;
use std::sync::Arc;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use crate::token::{ALLOCATION_BYTES, Claims, DERIVED_BYTES, KeySet, Verified};

/// The cache of one verifier.
pub(super) struct VerifiedCache {
    entries: Cache<Box<[u8]>, Entry, Bytes>,
}

#[derive(Clone)]
struct Entry {
    claims: Arc<Verified<Claims>>,
    keys: Arc<KeySet>,
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
        }
    }

    /// The claims of a token that this key set verified before.
    pub(super) fn find(&self, token: &[u8], keys: &Arc<KeySet>) -> Option<Arc<Verified<Claims>>> {
        let entry = self.entries.get(token)?;
        Arc::ptr_eq(&entry.keys, keys).then_some(entry.claims)
    }

    /// Remembers a token that these keys verified.
    pub(super) fn insert(&self, token: &[u8], keys: Arc<KeySet>, claims: Arc<Verified<Claims>>) {
        self.entries.insert(token.into(), Entry { claims, keys });
    }

    /// Forgets a token that will not be accepted again.
    pub(super) fn remove(&self, token: &[u8]) {
        self.entries.remove(token);
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

impl Weighter<Box<[u8]>, Entry> for Bytes {
    fn weight(&self, token: &Box<[u8]>, entry: &Entry) -> u64 {
        let claims = entry.claims.heap_bytes() + entry.claims.derived_bytes();
        (token.len() + claims + FIXED_BYTES) as u64
    }
}

/// The entry in the table, the structure of the claims with its two reference counts, the derived
/// values in a box as shared bytes, and what the allocator adds to these and to the token.
const FIXED_BYTES: usize = TABLE_ENTRY_BYTES
    + size_of::<[usize; 2]>()
    + size_of::<Verified<Claims>>()
    + DERIVED_BYTES
    + 5 * ALLOCATION_BYTES;
/// The size in `quick_cache`'s table and index. Each can be twice as large as needed just after it
/// has grown: `2 * 56 + 2 * 8 / 7 * 5`.
const TABLE_ENTRY_BYTES: usize = 124;
/// An access token of Okta, RS256: 900 bytes, and its claims.
const TYPICAL_ENTRY_BYTES: u64 = 3_000;
/// Tokens are distributed unevenly, so a small shard can be full long before the others.
const MIN_ENTRIES_PER_SHARD: usize = 2_048;

#[cfg(all(test, feature = "dev"))]
mod tests;
