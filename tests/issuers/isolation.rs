//! An outage or a storm at one issuer costs the other nothing.

use std::task::Poll;

use futures_util::future::join_all;
use futures_util::poll;

use crate::scripted::{Answer, KEYS, ScriptedIssuer, key_set};
use crate::two::{A, B, KEY, NEW_A, NEW_B, Two, secs, sign};

#[tokio::test]
async fn an_issuer_that_is_down_from_the_start_costs_the_other_nothing() {
    let a = ScriptedIssuer::start(&[&KEY[A]]).await;
    let mut b = ScriptedIssuer::start(&[&KEY[B]]).await;
    b.go_down().await;
    let mut two = Two::with(a, b);

    assert_eq!(two.verdict(&two.token_of_b(B)).await, "no_keys");
    assert_eq!(two.verdict(&two.token_of_a(A)).await, "ok");
    assert!(two.verifier.has_keys());

    // The twin: once it is up, its tokens are accepted.
    two.b.come_back().await;
    let keys = two.issuers.find(&two.b.url()).unwrap();
    let mut attempts = keys.remote_keys().unwrap().attempts();
    two.clock.advance(secs(60));
    attempts.ended().await;
    assert_eq!(two.verdict(&two.token_of_b(B)).await, "ok");
}

#[tokio::test]
async fn a_storm_of_unknown_keys_at_one_issuer_leaves_the_fetches_of_the_other_alone() {
    let two = Two::start().await;
    let good = two.token_of_b(B);
    let before = (two.attempts(&two.a.url()), two.attempts(&two.b.url()));

    for second in 0..120 {
        let claims = two.claims(&two.a.url(), "a");
        let junk = sign(&KEY[NEW_A], &format!("junk-{second}"), &claims);
        let storm = join_all((0..12).map(|_| two.verdict(&junk))).await;
        assert!(storm.iter().all(|it| *it == "unknown_key"), "{storm:?}");
        assert_eq!(two.verdict(&good).await, "ok");
        two.clock.advance(secs(1));
    }

    let at_a = two.attempts(&two.a.url()) - before.0;
    assert!((2..=8).contains(&at_a), "{at_a} in two minutes");
    assert_eq!(two.attempts(&two.b.url()), before.1);
    // The other issuer can still be asked at once.
    two.b.publish(&[&KEY[NEW_B], &KEY[B]]);
    assert_eq!(two.verdict(&two.token_of_b(NEW_B)).await, "ok");
    assert_eq!(two.attempts(&two.b.url()), before.1 + 1);
}

#[tokio::test]
async fn requests_that_wait_for_one_issuer_take_no_place_of_the_other() {
    const PLACES: usize = 64;
    let two = Two::start().await;
    two.a.set(KEYS, Answer::Gated(key_set(&[&KEY[NEW_A]])));
    two.b.publish(&[&KEY[NEW_B]]);
    two.clock.advance(secs(60));
    let (of_a, of_b) = (two.token_of_a(NEW_A), two.token_of_b(NEW_B));
    let mut waiting = Vec::new();
    for number in 0..PLACES + 6 {
        let mut verdict = Box::pin(two.verdict(&of_a));
        if number < PLACES {
            assert!(poll!(&mut verdict).is_pending(), "{number}");
            waiting.push(verdict);
        } else {
            assert_eq!(poll!(&mut verdict), Poll::Ready("no_keys"), "{number}");
        }
    }

    assert_eq!(two.verdict(&of_b).await, "ok");

    two.a.open_gate();
    let verdicts = join_all(waiting).await;
    assert!(verdicts.iter().all(|it| *it == "ok"), "{verdicts:?}");
}

#[tokio::test]
async fn an_issuer_that_goes_down_or_answers_garbage_costs_the_other_nothing() {
    for (name, answer) in [
        ("closed", Answer::Raw(Vec::new())),
        ("garbage", Answer::body("garbage")),
        ("no keys", Answer::Json(key_set(&[]))),
    ] {
        let two = Two::start().await;
        two.a.set(KEYS, answer);
        let a = two.issuers.find(&two.a.url()).unwrap();
        let b = two.issuers.find(&two.b.url()).unwrap();
        let mut attempts = [a, b].map(|it| it.remote_keys().unwrap().attempts());

        // Both are due within an hour.
        two.clock.advance(secs(3600));
        for attempts in &mut attempts {
            attempts.ended().await;
        }

        let status = |url: &str| {
            let issuer = two.issuers.find(url).unwrap();
            issuer.remote_keys().unwrap().status()
        };
        assert!(status(&two.a.url()).last_error.is_some(), "{name}");
        assert!(status(&two.b.url()).last_error.is_none(), "{name}");
        assert_eq!(two.verdict(&two.token_of_a(A)).await, "ok", "{name}");
        assert_eq!(two.verdict(&two.token_of_b(B)).await, "ok", "{name}");
    }
}
