//! What decryptions may cost.

use std::num::NonZeroU32;

use futures_util::future::join_all;
use poem::{Endpoint, EndpointExt, Request, handler};
use poem_resource_server::guard::{Guard, Principal};
use poem_resource_server::verifier::Verifier;
use serde_json::json;

use crate::seal::{KEYS, header};
use crate::world::World;

/// A world that decrypts ten tokens per second.
fn world() -> World {
    let world = World::new();
    let ten = NonZeroU32::new(10).unwrap();
    World {
        verifier: world.verifier.clone().with_max_decryptions(ten),
        ..world
    }
}

/// A token that nobody can decrypt, different for each number.
fn junk(world: &World, number: u32) -> String {
    world.sealed(&KEYS[2], &header(), &json!({ "jti": number }))
}

async fn word(verifier: &Verifier, token: &str) -> &'static str {
    verifier
        .verify(token)
        .await
        .map_or_else(|it| it.reason(), |_| "ok")
}

#[tokio::test]
async fn a_flood_of_junk_spends_the_budget_and_remembered_tokens_are_unaffected() {
    let world = world();
    let remembered = world.token(&json!({ "jti": "remembered" }));
    assert_eq!(world.verdict(&remembered).await, "ok");
    world.advance(1);

    let mut refused = 0;
    for number in 0..50 {
        match world.verdict(&junk(&world, number)).await {
            "undecryptable" => refused += 1,
            other => assert_eq!(other, "decryption_budget_spent"),
        }
    }

    assert_eq!(refused, 10);
    assert_eq!(world.verdict(&remembered).await, "ok");
    assert_eq!(world.verdict(&world.signed(&json!({}))).await, "ok");
    let new = world.token(&json!({ "jti": "new" }));
    assert_eq!(world.verdict(&new).await, "decryption_budget_spent");
    assert!(world.tally.counts().without_decryption > 40);
    world.advance(1);
    assert_eq!(world.verdict(&new).await, "ok");
}

#[tokio::test]
async fn a_refused_token_is_decrypted_once_in_ten_seconds() {
    let world = world();
    let token = junk(&world, 0);

    for _ in 0..1000 {
        assert_eq!(world.verdict(&token).await, "undecryptable");
    }
    assert_eq!(world.verdict(&world.token(&json!({}))).await, "ok");
    for number in 1..=8 {
        assert_eq!(world.verdict(&junk(&world, number)).await, "undecryptable");
    }

    // The budget is spent: ten tokens were decrypted.
    assert_eq!(
        world.verdict(&junk(&world, 9)).await,
        "decryption_budget_spent"
    );
    assert_eq!(world.verdict(&token).await, "undecryptable");
    world.advance(11);
    for number in 10..19 {
        assert_eq!(world.verdict(&junk(&world, number)).await, "undecryptable");
    }
    assert_eq!(world.verdict(&token).await, "undecryptable");
    assert_eq!(
        world.verdict(&junk(&world, 20)).await,
        "decryption_budget_spent"
    );
}

#[tokio::test]
async fn an_expired_token_is_refused_again_without_a_decryption() {
    let world = world();
    let expired = world.token(&json!({ "exp": world.now() - 3600 }));

    for _ in 0..50 {
        assert_eq!(world.verdict(&expired).await, "expired");
    }
}

#[tokio::test]
async fn a_token_that_becomes_valid_soon_is_decrypted_again() {
    let world = world();
    let early = world.token(&json!({ "nbf": world.now() + 62 }));
    assert_eq!(world.verdict(&early).await, "not_yet_valid");

    world.advance(3);

    assert_eq!(world.verdict(&early).await, "ok");
}

#[tokio::test]
async fn requests_for_the_same_token_wait_for_one_decryption() {
    let world = world();
    let token = world.token(&json!({}));

    let verdicts = join_all((0..100).map(|_| world.verdict(&token))).await;

    assert!(verdicts.iter().all(|it| *it == "ok"), "{verdicts:?}");
    for number in 0..9 {
        assert_eq!(world.verdict(&junk(&world, number)).await, "undecryptable");
    }
    assert_eq!(
        world.verdict(&junk(&world, 9)).await,
        "decryption_budget_spent"
    );
}

#[test]
fn a_verifier_outside_of_tokio_decrypts_too() {
    let world = world();
    let token = world.token(&json!({}));

    let verdict = futures_util::FutureExt::now_or_never(word(&world.verifier, &token));

    assert_eq!(verdict, Some("ok"));
}

#[handler]
fn subject(caller: &Principal) -> String {
    caller.subject().to_owned()
}

#[tokio::test]
async fn the_answer_without_a_budget_is_503_with_retry_after_and_no_challenge() {
    let world = world();
    for number in 0..10 {
        world.verdict(&junk(&world, number)).await;
    }
    let guard = Guard::new(world.verifier.clone());
    let endpoint = subject.with(guard.require(poem_resource_server::guard::Requirement::default()));
    let call = async |token: &str| {
        let request = Request::builder().header("authorization", format!("Bearer {token}"));
        endpoint.get_response(request.finish()).await
    };
    let token = world.token(&json!({}));

    let refused = call(&token).await;

    assert_eq!(refused.status(), 503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.header("www-authenticate").is_none());
    let body = refused.into_body().into_string().await.unwrap();
    assert!(body.contains("\"decryption_budget_spent\""), "{body}");
    world.advance(1);
    assert_eq!(call(&token).await.status(), 200);
}
