//! The memory of used proofs is full: nothing is forgotten, and new proofs are refused.

use std::sync::Arc;
use std::time::Duration;

use poem_resource_server::verifier::{MarkError, MemoryProofStore, ProofStore, Proofs, UsedProof};
use serde_json::json;

use crate::world::{Call, World};

/// A proof with this number, of a caller whose `iat` differs from this time by at most 60 s.
fn used(number: u64, now: Duration, until: Duration) -> UsedProof {
    let name = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    UsedProof::new(name.to_le_bytes(), now, until)
}

/// Fills the store with proofs that expire in 60 s. Returns their number.
async fn fill(world: &World, store: &MemoryProofStore) -> u64 {
    let now = Duration::from_secs(world.now());
    for number in 0_u64.. {
        let proof = used(number, now, now + Duration::from_secs(60));
        match store.mark(proof).await {
            Ok(()) => {}
            Err(MarkError::Full { .. }) => return number,
            Err(error) => panic!("{number}: {error}"),
        }
    }
    unreachable!("no memory is endless")
}

#[tokio::test]
async fn a_full_memory_refuses_new_proofs_until_others_expire() {
    // The least that `dpop.max_memory` accepts.
    let store = Arc::new(MemoryProofStore::new(1024 * 1024));
    let world = World::with_proofs(Proofs::default().with_store(store.clone()));
    let token = world.bound_token();
    let used: Vec<_> = (0..50).map(|_| world.sign(&world.proof(&token))).collect();
    for proof in &used {
        assert_eq!(world.word(&token, proof).await, "admitted");
    }
    let count = fill(&world, &store).await;
    assert!(count > 10_000, "{count}");

    // A table may still have a place, so not each new proof is refused.
    let mut refused = Vec::new();
    for _ in 0..5_000 {
        let proof = world.sign(&world.proof(&token));
        let answer = world.call(&Call::dpop(&token, &proof)).await;
        if answer.status != 200 {
            assert_eq!((answer.status, &*answer.reason()), (503, "too_many_proofs"));
            assert!(answer.retry_after.is_some());
            assert!(answer.challenges.is_empty());
            refused.push(proof);
        }
        if refused.len() == 20 {
            break;
        }
    }

    assert_eq!(refused.len(), 20);
    assert!(store.bytes() <= 1024 * 1024);
    for proof in &used {
        assert_eq!(world.word(&token, proof).await, "proof_replayed");
    }
    let bearer = world.token(&json!({}));
    let answer = world.call(&Call::bearer(&bearer)).await;
    assert_eq!(answer.reason(), "admitted");
    // A refused proof is not used up, and is accepted when others have expired.
    world.advance(72);
    let proof = world.sign(&world.proof(&token));
    assert_eq!(world.word(&token, &proof).await, "admitted");
    assert!(store.bytes() < 1024, "{}", store.bytes());
    assert_eq!(world.word(&token, &used[0]).await, "proof_expired");
}

/// The memory of this process, in bytes.
#[cfg(target_os = "linux")]
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kib: usize = (line.unwrap().trim().trim_end_matches(" kB"))
        .parse()
        .unwrap();
    kib * 1024
}

/// Run by `scripts/soak`, alone in its process: a million calls with proofs of their own within 50 s,
/// and then as many proofs as the memory has room for.
#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "takes minutes, and no other test may use memory: scripts/soak runs it"]
async fn a_full_memory_takes_little_more_of_the_process_than_is_configured() {
    // The default of `dpop.max_memory`.
    let max_bytes = 64 * 1024 * 1024;
    let store = Arc::new(MemoryProofStore::new(max_bytes));
    let world = World::with_proofs(Proofs::default().with_store(store.clone()));
    let token = world.bound_token();
    let start = Duration::from_secs(world.now());
    let mut proofs = Vec::new();
    let mut before = 0;
    for number in 0..1_000_000 {
        let proof = world.sign(&world.proof(&token));
        assert_eq!(world.word(&token, &proof).await, "admitted", "{number}");
        match number {
            // Other memory is in use from now on.
            1_000 => before = resident_bytes(),
            _ if number % 50_000 == 0 => proofs.push(proof),
            _ if number % 20_000 == 1 => world.advance(1),
            _ => {}
        }
    }
    let of_a_million = resident_bytes() - before;
    let counted = store.bytes();

    let (mut accepted, mut refused) = (1_000_000, 0);
    // A table may still have a place when another one cannot grow.
    for number in 0.. {
        let until = start + Duration::from_secs(50 + number % 60);
        match store.mark(used(number, start, until)).await {
            Ok(()) => accepted += 1,
            Err(MarkError::Full { .. }) => refused += 1,
            Err(error) => panic!("{number}: {error}"),
        }
        if refused == 100_000 {
            break;
        }
    }
    let of_all = resident_bytes() - before;

    println!(
        "| 1,000,000 calls with a proof | {:.1} MiB more, {:.1} MiB counted |\n\
         | {accepted} proofs, when the memory is full | {:.1} MiB more, {:.1} MiB counted |",
        mib(of_a_million),
        mib(counted),
        mib(of_all),
        mib(store.bytes())
    );
    assert!(of_a_million <= max_bytes, "{of_a_million}");
    // What an allocator keeps of tables that were replaced by larger ones.
    assert!(of_all <= max_bytes + max_bytes / 4, "{of_all}");
    for proof in &proofs {
        assert_eq!(world.word(&token, proof).await, "proof_replayed");
    }
}

#[cfg(target_os = "linux")]
#[expect(clippy::cast_precision_loss, reason = "less than 2^53")]
fn mib(bytes: usize) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
