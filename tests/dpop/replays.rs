//! A proof is accepted once.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::{BoxFuture, join_all, ready};
use poem_resource_server::clock::Clock;
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::verifier::{MarkError, MemoryProofStore, ProofStore, Proofs, UsedProof};
use serde_json::json;

use crate::world::{Call, World, encode, public_key, thumbprint};

#[tokio::test]
async fn a_proof_is_accepted_once() {
    let world = World::new();
    let token = world.bound_token();
    let proof = world.sign(&world.proof(&token));

    assert_eq!(world.word(&token, &proof).await, "admitted");
    let answer = world.call(&Call::dpop(&token, &proof)).await;
    assert_eq!(answer.reason(), "proof_replayed");
    assert!(answer.challenges[1].contains("error=\"invalid_dpop_proof\""));
    assert_eq!(answer.nonce, None);

    // Until it is refused for its age.
    world.advance(60);
    assert_eq!(world.word(&token, &proof).await, "proof_replayed");
    world.advance(1);
    assert_eq!(world.word(&token, &proof).await, "proof_expired");
}

#[tokio::test]
async fn each_verdict_on_a_proof_is_counted_and_no_call_without_a_proof() {
    let proofs = Proofs::default();
    let world = World::with_proofs(proofs.clone());
    let (token, unbound) = (world.bound_token(), world.token(&json!({})));
    let proof = world.sign(&world.proof(&token));
    let mut other = world.proof(&token);
    other.claims["htm"] = "POST".into();
    assert_eq!(proofs.outcomes(), [("accepted", 0)]);

    for proof in [&proof, &proof, &proof, &world.sign(&other)] {
        world.word(&token, proof).await;
    }
    let without = Call::new(&[("authorization", &format!("DPoP {token}"))]);
    let more = [
        without,
        Call::bearer(&token),
        Call::bearer(&unbound),
        Call::dpop("x", &proof),
    ];
    for call in more {
        world.call(&call).await;
    }

    assert_eq!(
        proofs.outcomes(),
        [
            ("accepted", 1),
            ("missing_proof", 1),
            ("proof_replayed", 2),
            ("proof_wrong_method", 1),
        ]
    );
}

#[tokio::test]
async fn a_jti_is_used_once_by_each_key() {
    let world = World::new();
    let token = world.bound_token();
    let mut first = world.proof(&token);
    first.claims["jti"] = "same".into();
    assert_eq!(world.word(&token, &world.sign(&first)).await, "admitted");

    // Another time and another method do not make it another proof.
    let mut second = first.clone();
    second.claims["iat"] = (world.now() - 5).into();
    assert_eq!(
        world.word(&token, &world.sign(&second)).await,
        "proof_replayed"
    );

    // Another caller may use the same `jti`.
    let other = SigningKey::generate(SigningAlgorithm::Es256);
    let token = world.token(&json!({ "sub": "bob", "cnf": { "jkt": thumbprint(&other) } }));
    let mut third = world.proof(&token);
    third.claims["jti"] = "same".into();
    third.header["jwk"] = public_key(&other);
    let third = other.sign(&third.header, &third.claims);
    assert_eq!(world.word(&token, &third).await, "admitted");
}

/// For each signature of ECDSA, there is a second one that anyone can compute: `s` and `n - s` are
/// both valid. The name of a used proof therefore does not depend on the signature.
#[tokio::test]
async fn a_used_proof_with_the_other_valid_signature_is_a_replay() {
    let world = World::new();
    let token = world.bound_token();
    for _ in 0..20 {
        let proof = world.sign(&world.proof(&token));
        let twin = with_other_signature(&proof);
        assert_ne!(twin, proof);
        assert_eq!(world.word(&token, &proof).await, "admitted");
        assert_eq!(world.word(&token, &twin).await, "proof_replayed");

        // The twin is valid: of the two, the first is accepted.
        let proof = world.sign(&world.proof(&token));
        let twin = with_other_signature(&proof);
        assert_eq!(world.word(&token, &twin).await, "admitted");
        assert_eq!(world.word(&token, &proof).await, "proof_replayed");
    }
}

/// Replaces `s` of a signature with P-256 by `n - s`, where `n` is the order of the curve.
fn with_other_signature(proof: &str) -> String {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
        0x25, 0x51,
    ];
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut borrow = false;
    for (digit, order) in signature[32..].iter_mut().zip(ORDER).rev() {
        let (difference, first) = order.overflowing_sub(*digit);
        let (difference, second) = difference.overflowing_sub(u8::from(borrow));
        (*digit, borrow) = (difference, first || second);
    }
    format!("{signed}.{}", encode(signature))
}

/// The clock of the service is set forward, so that used proofs are forgotten, and back again.
#[tokio::test]
async fn a_clock_that_jumps_forward_and_back_makes_no_used_proof_acceptable() {
    let world = World::new();
    let token = world.bound_token();
    let now = world.clock.now();
    let used: Vec<_> = (0..100).map(|_| world.sign(&world.proof(&token))).collect();
    for proof in &used {
        assert_eq!(world.word(&token, proof).await, "admitted");
    }

    world.clock.set_wall(now + Duration::from_secs(7_200));
    for _ in 0..100 {
        let proof = world.sign(&world.proof(&token));
        assert_eq!(world.word(&token, &proof).await, "admitted");
    }
    world.clock.set_wall(now);

    for proof in &used {
        assert_eq!(world.word(&token, proof).await, "proof_replayed");
    }
    // Proofs that are newer than those forgotten are accepted.
    world.clock.set_wall(now + Duration::from_secs(8));
    for _ in 0..100 {
        let proof = world.sign(&world.proof(&token));
        assert_eq!(world.word(&token, &proof).await, "admitted");
    }
}

#[tokio::test]
async fn a_refused_proof_uses_up_nothing() {
    let world = World::new();
    let token = world.bound_token();
    let thief = SigningKey::generate(SigningAlgorithm::Es256);
    let proof = world.proof(&token);
    let forged = thief.sign(&proof.header, &proof.claims);
    assert_eq!(world.word(&token, &forged).await, "proof_bad_signature");
    let elsewhere = Call::dpop(&token, &world.sign(&proof)).to("/elsewhere");
    assert_eq!(world.call(&elsewhere).await.reason(), "proof_wrong_url");

    assert_eq!(world.word(&token, &world.sign(&proof)).await, "admitted");
}

#[tokio::test]
async fn thousands_of_proofs_in_one_window_are_accepted() {
    let world = World::new();
    let token = world.bound_token();
    for number in 0..5_000 {
        let proof = world.sign(&world.proof(&token));
        assert_eq!(world.word(&token, &proof).await, "admitted", "{number}");
    }
}

#[tokio::test]
async fn exactly_one_of_many_calls_with_the_same_proof_is_admitted() {
    let world = World::new();
    let token = world.bound_token();
    for _ in 0..100 {
        let proof = world.sign(&world.proof(&token));
        let words = join_all((0..8).map(|_| world.word(&token, &proof))).await;
        let admitted = words.iter().filter(|word| *word == "admitted").count();
        assert_eq!(admitted, 1, "{words:?}");
    }
}

#[tokio::test]
async fn without_room_for_a_proof_the_call_is_unavailable() {
    let store = Arc::new(MemoryProofStore::new(0));
    let world = World::with_proofs(Proofs::default().with_store(store));
    let token = world.bound_token();

    let answer = world
        .call(&Call::dpop(&token, &world.sign(&world.proof(&token))))
        .await;

    assert_eq!((answer.status, &*answer.reason()), (503, "too_many_proofs"));
    assert!(answer.challenges.is_empty());
    assert!(answer.retry_after.is_some());
    // A bearer token needs no room.
    let bearer = world.token(&json!({}));
    assert_eq!(
        world.call(&Call::bearer(&bearer)).await.reason(),
        "admitted"
    );
}

#[derive(Debug)]
struct NoStore;

impl ProofStore for NoStore {
    fn mark(&self, _: UsedProof) -> BoxFuture<'_, Result<(), MarkError>> {
        Box::pin(ready(Err(MarkError::Unavailable)))
    }
}

#[tokio::test]
async fn without_its_store_no_proof_is_accepted() {
    let world = World::with_proofs(Proofs::default().with_store(Arc::new(NoStore)));
    let token = world.bound_token();

    let answer = world
        .call(&Call::dpop(&token, &world.sign(&world.proof(&token))))
        .await;

    assert_eq!(
        (answer.status, &*answer.reason()),
        (503, "proofs_unavailable")
    );
    assert!(answer.challenges.is_empty());
    assert_eq!(answer.retry_after.as_deref(), Some("5"));
}
