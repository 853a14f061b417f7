//! A service whose memory of used proofs is full.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use crate::bound_calls::{Holder, word};
use crate::world::World;

/// Run by `scripts/soak`, in release. The same for a guard alone is in
/// `tests/dpop/full_memory.rs`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long, because each proof is signed and sent: scripts/soak runs it"]
async fn a_full_memory_answers_503_until_used_proofs_expire() {
    // Proofs of many periods need more memory each.
    let world = World::with(&[("dpop.max_memory", "1MiB"), ("dpop.max_age", "5m")]).await;
    let holder = Holder::new(&world);
    let proof = |age: u64| {
        holder
            .proof()
            .with_age(Duration::from_secs(age % 37 * 8))
            .sign()
    };
    let used: Vec<_> = (0..40).map(proof).collect();
    for proof in &used {
        let answer = holder.request(&world, proof).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let calls = stream::iter(0..60_000_u64).map(|number| {
        let request = holder.request(&world, &proof(number));
        async move { request.send().await.unwrap() }
    });
    let mut calls = Box::pin(calls.buffer_unordered(16));

    let mut accepted = 0;
    let refused = loop {
        let response = calls.next().await.expect("the memory gets full");
        if response.status() != 200 {
            break response;
        }
        accepted += 1;
    };
    drop(calls);

    assert!(accepted > 1_000, "{accepted}");
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(!refused.headers().contains_key("www-authenticate"));
    let problem: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(problem["reason"], "too_many_proofs");
    for proof in &used {
        let answer = crate::answer::Answer::to(holder.request(&world, proof)).await;
        assert_eq!(word(&answer), "proof_replayed");
    }
    assert_eq!(world.whoami(&world.sign(&world.token())).await.status, 200);
    // All of them are too old.
    world.clock.advance(Duration::from_secs(320));
    let holder = Holder::new(&world);
    for _ in 0..100 {
        let answer = holder.call(&world, holder.proof()).await;
        assert_eq!(word(&answer), "ok");
    }
}
