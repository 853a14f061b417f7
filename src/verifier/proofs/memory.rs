//! Remembers used proofs in this process.
//!
//! 1. A proof is kept until it is too old to be accepted, and never removed before. When the memory
//!    is full, new proofs are refused.
//! 2. Proofs that expire at about the same time are kept together, so that they are forgotten
//!    together, without a search.
//! 3. The clock may be set forward, so that proofs are forgotten too early, and back again. A proof that
//!    could be one of those is refused.
//! 4. The memory is divided by the name of the proof, so that processors rarely wait for each other.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::future::ready;
use std::hash::{BuildHasherDefault, Hasher};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::store::{MarkError, ProofStore, UsedProof};

/// Remembers used proofs in this process.
pub struct MemoryProofStore {
    shards: Box<[Mutex<Shard>]>,
    max_bytes: usize,
    bytes: AtomicUsize,
    /// The period in which expired proofs were last removed.
    swept: AtomicU64,
}

#[derive(Default)]
struct Shard {
    /// The proofs that expire in one period, by the number of the period.
    periods: BTreeMap<u64, Names>,
    /// Proofs that expire in an earlier period than this may have been forgotten.
    remembers_from: u64,
}

type Names = HashSet<u128, BuildHasherDefault<Unhashed>>;

impl Default for MemoryProofStore {
    /// A store of 64 MiB.
    fn default() -> Self {
        Self::new(DEFAULT_PROOF_BYTES)
    }
}

impl MemoryProofStore {
    /// A store that takes at most `max_bytes`. A proof takes 20 to 60 bytes.
    pub fn new(max_bytes: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            max_bytes,
            bytes: AtomicUsize::new(0),
            swept: AtomicU64::new(0),
        }
    }

    /// The memory of the proofs, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    fn insert(&self, proof: UsedProof) -> Result<(), MarkError> {
        self.sweep(period(proof.now));
        let name = u128::from_le_bytes(proof.name);
        let mut shard = self.shard(name);
        let until = period(proof.until);
        let is_used = shard.periods.values().any(|names| names.contains(&name));
        if is_used || until < shard.remembers_from {
            return Err(MarkError::Used);
        }
        let names = shard.periods.entry(until).or_default();
        if names.len() == names.capacity() {
            // The old table is freed only after its content was moved.
            let grown = table_bytes(names.len() + 1);
            let before = self.bytes.fetch_add(grown, Ordering::Relaxed);
            if before + grown > self.max_bytes {
                self.bytes.fetch_sub(grown, Ordering::Relaxed);
                return Err(MarkError::Full {
                    retry_after: PERIOD,
                });
            }
            let old = table_bytes(names.capacity());
            names.reserve(1);
            self.bytes.fetch_sub(old, Ordering::Relaxed);
        }
        names.insert(name);
        Ok(())
    }

    /// Forgets the proofs of periods that are over, once in each period.
    fn sweep(&self, now: u64) {
        let swept = self.swept.load(Ordering::Relaxed);
        // A caller that read the clock just before the others is one period behind. A clock that was
        // set back is further behind.
        if now == swept || now + 1 == swept {
            return;
        }
        let sweep = (self.swept).compare_exchange(swept, now, Ordering::Relaxed, Ordering::Relaxed);
        if sweep.is_err() {
            return;
        }
        for shard in &self.shards {
            let mut shard = lock(shard);
            let kept = shard.periods.split_off(&now);
            let expired = std::mem::replace(&mut shard.periods, kept);
            if let Some((last, _)) = expired.last_key_value() {
                shard.remembers_from = shard.remembers_from.max(last + 1);
            }
            drop(shard);
            let bytes: usize = expired.values().map(|it| table_bytes(it.capacity())).sum();
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    fn shard(&self, name: u128) -> MutexGuard<'_, Shard> {
        // The table uses other bits.
        let [.., byte] = name.to_le_bytes();
        lock(&self.shards[usize::from(byte) % SHARDS])
    }
}

impl ProofStore for MemoryProofStore {
    fn mark(
        &self,
        proof: UsedProof,
    ) -> Pin<Box<dyn Future<Output = Result<(), MarkError>> + Send + '_>> {
        Box::pin(ready(self.insert(proof)))
    }
}

impl fmt::Debug for MemoryProofStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryProofStore")
            .field("bytes", &self.bytes())
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of a period. The last moment of `time` is in it.
fn period(time: Duration) -> u64 {
    time.as_secs() / PERIOD.as_secs()
}

/// The memory of a table with room for `names` names: a power of two of places, of which an eighth
/// stays empty, with a control byte each.
fn table_bytes(names: usize) -> usize {
    match names {
        0 => 0,
        1..=3 => TABLE_BYTES + 4 * PLACE_BYTES,
        4..=7 => TABLE_BYTES + 8 * PLACE_BYTES,
        names => TABLE_BYTES + (names * 8 / 7).next_power_of_two() * PLACE_BYTES,
    }
}

/// The names are keyed hashes already.
#[derive(Default)]
struct Unhashed(u64);

impl Hasher for Unhashed {
    fn write(&mut self, bytes: &[u8]) {
        let (first, _) = bytes.split_at(bytes.len().min(8));
        let mut number = [0; 8];
        number[..first.len()].copy_from_slice(first);
        self.0 = u64::from_le_bytes(number);
    }

    fn write_u128(&mut self, name: u128) {
        // The lower half: the upper one selects the shard.
        let bytes = name.to_le_bytes();
        self.write(&bytes);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The default of [`MemoryProofStore`]: about a million proofs.
pub(crate) const DEFAULT_PROOF_BYTES: usize = 64 * 1024 * 1024;
const SHARDS: usize = 32;
/// Proofs are forgotten at most this long after they expired.
const PERIOD: Duration = Duration::from_secs(8);
/// A name and its control byte.
const PLACE_BYTES: usize = 17;
/// Control bytes after the last place, what the allocator adds, and the place in the map of periods.
const TABLE_BYTES: usize = 16 + 16 + 96;

#[cfg(test)]
mod tests;
