//! Remembers tokens that were accepted, so that a token in use is verified once.
//!
//! 1. Only accepted tokens enter, and every byte of the token is compared: a hash alone
//!    never decides.
//! 2. An entry counts only under the very key set that verified it. A set with other keys
//!    makes all of it count for nothing.
//! 3. It decides nothing on time: the claims are judged again at each hit.
//!
//! The memory is bounded in bytes by `quick_cache`, whose S3-FIFO admission keeps tokens in
//! use while a flood of others passes through.

use std::fmt;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::token::{Claims, KeySet, Verified};

/// The cache of one verifier.
pub(super) struct VerifiedCache {
    entries: Cache<Box<str>, Entry, Bytes>,
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
        Self {
            entries: Cache::with_weighter(entries, max_bytes, Bytes),
        }
    }

    /// The claims of a token that these very keys verified before.
    pub(super) fn find(&self, token: &str, keys: &Arc<KeySet>) -> Option<Arc<Verified<Claims>>> {
        let entry = self.entries.get(token)?;
        Arc::ptr_eq(&entry.keys, keys).then_some(entry.claims)
    }

    /// Remembers a token that these keys verified.
    pub(super) fn insert(&self, token: &str, keys: Arc<KeySet>, claims: Arc<Verified<Claims>>) {
        self.entries.insert(token.into(), Entry { claims, keys });
    }

    /// Forgets a token that will not be accepted again.
    pub(super) fn remove(&self, token: &str) {
        self.entries.remove(token);
    }
}

impl fmt::Debug for VerifiedCache {
    /// Shows no token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedCache")
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}

/// What an entry takes: the token itself, and its claims once as texts and once as JSON.
#[derive(Clone)]
struct Bytes;

impl Weighter<Box<str>, Entry> for Bytes {
    fn weight(&self, token: &Box<str>, _: &Entry) -> u64 {
        FIXED_ENTRY_BYTES + CLAIMS_FACTOR * token.len() as u64
    }
}

/// The structs, the table's slot and the allocator's own share.
const FIXED_ENTRY_BYTES: u64 = 1024;
/// Claims in memory take about this many times the token that brought them.
const CLAIMS_FACTOR: u64 = 4;
/// For a token of 900 bytes.
const TYPICAL_ENTRY_BYTES: u64 = FIXED_ENTRY_BYTES + CLAIMS_FACTOR * 900;
