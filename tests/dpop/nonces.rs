//! Nonces: required by the server, renewed before they expire, and shared by a secret.

use std::time::Duration;

use poem_resource_server::verifier::Proofs;

use crate::world::{Answer, Call, World};

const LIFETIME: Duration = Duration::from_secs(300);

fn world() -> World {
    World::with_proofs(
        Proofs::default()
            .with_nonces(LIFETIME)
            .with_secret(b"shared"),
    )
}

async fn call(world: &World, token: &str, nonce: Option<&str>) -> Answer {
    let mut proof = world.proof(token);
    if let Some(nonce) = nonce {
        proof.claims["nonce"] = nonce.into();
    }
    world.call(&Call::dpop(token, &world.sign(&proof))).await
}

#[tokio::test]
async fn a_proof_without_a_nonce_is_answered_with_one() {
    let world = world();
    let token = world.bound_token();

    let refused = call(&world, &token, None).await;

    assert_eq!((refused.status, &*refused.reason()), (401, "missing_nonce"));
    assert!(refused.challenges[1].contains("error=\"use_dpop_nonce\""));
    assert!(!refused.is_stored);
    let nonce = refused.nonce.unwrap();
    let admitted = call(&world, &token, Some(&nonce)).await;
    assert_eq!(admitted.reason(), "admitted");
    assert_eq!(admitted.nonce, None);
    assert!(admitted.is_stored);
}

#[tokio::test]
async fn the_next_nonce_comes_before_the_current_one_expires() {
    let world = world();
    let token = world.bound_token();
    let nonce = call(&world, &token, None).await.nonce.unwrap();
    // From the start of a period.
    world.advance(300 - world.now() % 300);

    let admitted = call(&world, &token, Some(&nonce)).await;
    assert_eq!(admitted.reason(), "admitted");
    let next = admitted.nonce.unwrap();
    assert_ne!(next, nonce);
    assert!(!admitted.is_stored);

    world.advance(299);
    assert_eq!(
        call(&world, &token, Some(&nonce)).await.reason(),
        "admitted"
    );
    world.advance(1);
    let stale = call(&world, &token, Some(&nonce)).await;
    assert_eq!((stale.status, &*stale.reason()), (401, "stale_nonce"));
    assert!(stale.nonce.is_some());
    assert_eq!(call(&world, &token, Some(&next)).await.reason(), "admitted");
}

#[tokio::test]
async fn a_nonce_of_another_secret_is_refused_and_of_the_same_one_accepted() {
    let (one, replica) = (world(), world());
    let foreign = World::with_proofs(Proofs::default().with_nonces(LIFETIME));
    let token = one.bound_token();
    let nonce = call(&replica, &replica.bound_token(), None).await.nonce;
    assert_eq!(
        call(&one, &token, nonce.as_deref()).await.reason(),
        "admitted"
    );

    let nonce = call(&foreign, &foreign.bound_token(), None).await.nonce;
    assert_eq!(
        call(&one, &token, nonce.as_deref()).await.reason(),
        "stale_nonce"
    );
    for nonce in ["nonce", "AAAA", &"A".repeat(32), "\u{e4}"] {
        assert_eq!(
            call(&one, &token, Some(nonce)).await.reason(),
            "stale_nonce",
            "{nonce}"
        );
    }
}

/// A new nonce would invite a client to repeat a call that was made already.
#[tokio::test]
async fn a_replay_is_no_request_for_a_nonce() {
    let world = world();
    let token = world.bound_token();
    let nonce = call(&world, &token, None).await.nonce.unwrap();
    let mut proof = world.proof(&token);
    proof.claims["nonce"] = nonce.into();
    let call = Call::dpop(&token, &world.sign(&proof));
    assert_eq!(world.call(&call).await.reason(), "admitted");

    let replayed = world.call(&call).await;

    assert_eq!(replayed.reason(), "proof_replayed");
    assert_eq!(replayed.nonce, None);
}

/// With the previous nonce, a proof could still be accepted, so it is a replay. With an expired one, it
/// could not: the answer asks for a new proof, and the used one stays refused.
#[tokio::test]
async fn a_replay_is_refused_as_one_until_its_nonce_has_expired() {
    let world = World::with_proofs(Proofs::default().with_nonces(Duration::from_secs(1)));
    let token = world.bound_token();
    let nonce = call(&world, &token, None).await.nonce.unwrap();
    let mut proof = world.proof(&token);
    proof.claims["nonce"] = nonce.into();
    let used = Call::dpop(&token, &world.sign(&proof));
    assert_eq!(world.call(&used).await.reason(), "admitted");

    world.advance(1);
    let with_previous = world.call(&used).await;
    assert_eq!(with_previous.reason(), "proof_replayed");
    assert_eq!(with_previous.nonce, None);

    for _ in 2..60 {
        world.advance(1);
        let with_expired = world.call(&used).await;
        assert_eq!(with_expired.reason(), "stale_nonce");
        let next = with_expired.nonce.unwrap();
        // The nonce is signed, so the used proof cannot get the new one. A new proof can, except
        // with the `jti` of the used one.
        assert_eq!(call(&world, &token, Some(&next)).await.reason(), "admitted");
        let mut same_id = proof.clone();
        same_id.claims["nonce"] = next.into();
        let same_id = world.sign(&same_id);
        assert_eq!(world.word(&token, &same_id).await, "proof_replayed");
    }
    world.advance(1);
    assert_eq!(world.word(&token, &world.sign(&proof)).await, "stale_nonce");
    world.advance(1);
    assert_eq!(world.call(&used).await.reason(), "proof_expired");
}

/// The nonce comes last of what is compared.
#[tokio::test]
async fn a_fault_in_the_proof_comes_before_its_nonce() {
    let world = world();
    let token = world.bound_token();
    let mut proof = world.proof(&token);
    proof.claims["htm"] = "POST".into();

    let answer = world.call(&Call::dpop(&token, &world.sign(&proof))).await;

    assert_eq!(answer.reason(), "proof_wrong_method");
    assert_eq!(answer.nonce, None);
}
