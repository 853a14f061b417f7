//! The memory of used proofs is full: nothing is forgotten, and new proofs are refused.

use std::sync::Arc;
use std::time::Duration;

use poem_resource_server::verifier::{MarkError, MemoryProofStore, ProofStore, Proofs, UsedProof};
use serde_json::json;

use crate::world::{Call, World};

/// Fills the store with proofs that expire in 60 s. Returns their number.
async fn fill(world: &World, store: &MemoryProofStore) -> u64 {
    let now = Duration::from_secs(world.now());
    for number in 0_u64.. {
        let name = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let proof = UsedProof::new(name.to_le_bytes(), now, now + Duration::from_secs(60));
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
