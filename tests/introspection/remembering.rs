//! How many calls there are: one for a burst, none for what is remembered, and never more than the
//! budget.

use std::sync::Arc;

use serde_json::json;

use crate::issuer::Answer;
use crate::world::{TOKEN, World, failed, junk, ok, refused};

#[tokio::test]
async fn a_burst_of_10_000_requests_with_the_same_token_makes_one_call() {
    let world = Arc::new(World::start().await);
    world.issuer.answer(Answer::Gated(world.stated(json!({}))));
    let requests: Vec<_> = (0..10_000)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { world.verdict(TOKEN).await })
        })
        .collect();
    while world.issuer.calls() == 0 {
        tokio::task::yield_now().await;
    }

    world.issuer.open_gate();

    for request in requests {
        assert_eq!(request.await.unwrap(), ok());
    }
    assert_eq!(world.issuer.calls(), 1);
}

#[tokio::test]
async fn a_flood_of_junk_stays_within_the_budget_and_remembered_tokens_are_accepted() {
    let world = World::start().await;
    assert_eq!(world.verdict(TOKEN).await, ok());
    world.answer_inactive();
    let (mut inactive, mut without_call) = (0, 0);

    for second in 0..20 {
        for number in 0..1000 {
            match &*world.verdict(&junk(second * 1000 + number)).await.1 {
                "inactive" => inactive += 1,
                "introspection_budget_spent" => without_call += 1,
                other => panic!("{other}"),
            }
        }
        assert_eq!(world.verdict(TOKEN).await, ok());
        world.advance(1);
    }

    // The call for the remembered token was one of the first 16.
    let calls = world.issuer.calls();
    assert_eq!(calls, 16 + 19 * 5);
    assert_eq!((inactive, without_call), (calls - 1, 20_000 - (calls - 1)));
}

#[tokio::test]
async fn a_token_over_the_budget_can_be_retried_after_the_named_time() {
    let world = World::start().await;
    world.answer_inactive();
    for number in 0..16 {
        assert_eq!(world.verdict(&junk(number)).await, refused("inactive"));
    }
    world.answer_active();

    let verdict = world.call("/me", TOKEN).await;

    let (status, reason) = failed("introspection_budget_spent");
    assert_eq!((verdict.status, verdict.reason), (status, reason));
    assert!(!verdict.is_challenged);
    world.advance(verdict.retry_after.unwrap());
    assert_eq!(world.verdict(TOKEN).await, ok());
}

#[tokio::test]
async fn an_inactive_token_is_remembered_for_a_short_time() {
    let world = World::start().await;
    world.answer_inactive();
    for _ in 0..100 {
        assert_eq!(world.verdict(TOKEN).await, refused("inactive"));
    }
    assert_eq!(world.issuer.calls(), 1);
    world.answer_active();

    world.advance(9);
    assert_eq!(world.verdict(TOKEN).await, refused("inactive"));
    world.advance(1);

    assert_eq!(world.verdict(TOKEN).await, ok());
}

#[tokio::test]
async fn an_active_token_that_is_refused_causes_no_second_call_either() {
    let world = World::start().await;
    let stated = world.stated(json!({ "aud": "api://other" }));
    world.issuer.answer(Answer::Json(stated));

    for _ in 0..100 {
        assert_eq!(world.verdict(TOKEN).await, refused("wrong_audience"));
    }

    assert_eq!(world.issuer.calls(), 1);
}

#[tokio::test]
async fn an_answer_is_never_used_after_the_token_has_expired() {
    let world = World::start().await;
    // The leeway is 60 s, and the answer is used for 60 s.
    let stated = world.stated(json!({ "exp": world.now() - 30 }));
    world.issuer.answer(Answer::Json(stated));
    assert_eq!(world.verdict(TOKEN).await, ok());

    world.advance(29);
    assert_eq!(world.verdict(TOKEN).await, ok());
    world.advance(1);

    assert_eq!(world.verdict(TOKEN).await, refused("expired"));
    assert_eq!(world.issuer.calls(), 1);
}
