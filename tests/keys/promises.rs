//! The promises about keys, one by one, by a clock that a test moves.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::issuer::{Answer, KEYS, METADATA, ScriptedIssuer, key_set};
use crate::world::{KEY, World, hours, minutes, secs, verdict};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn ten_thousand_first_requests_cost_one_discovery_and_one_fetch() {
    let world = World::cold().await;
    let token = world.token(0);
    world.issuer.set(KEYS, Answer::Gated(key_set(&[&KEY[0]])));

    let calls: Vec<_> = (0..10_000)
        .map(|_| {
            let (verifier, token) = (world.verifier.clone(), token.clone());
            tokio::spawn(async move { verdict(&verifier, &token).await })
        })
        .collect();
    tokio::task::yield_now().await;
    world.issuer.open_gate();

    let mut verdicts = Vec::new();
    for call in calls {
        verdicts.push(call.await.unwrap());
    }
    // Few wait for the keys, and the rest are answered 503 at once.
    let waited = verdicts.iter().filter(|verdict| **verdict == "ok").count();
    assert!(waited >= 64, "{waited}");
    let others = verdicts.iter().filter(|verdict| **verdict != "ok");
    assert!(others.clone().all(|verdict| *verdict == "no_keys"));
    assert_eq!(world.issuer.requests(METADATA), 1);
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn the_first_token_under_a_new_key_is_accepted_at_the_cost_of_one_fetch() {
    let world = World::warm().await;
    world.issuer.publish(&[&KEY[1], &KEY[0]]);

    let token = world.token(1);
    let verdicts = join_all((0..50).map(|_| world.verdict(&token))).await;

    assert!(
        verdicts.iter().all(|verdict| *verdict == "ok"),
        "{verdicts:?}"
    );
    assert_eq!(world.fetches(), 2);
    assert_eq!(world.issuer.requests(METADATA), 1);
}

#[tokio::test]
async fn a_storm_of_unknown_keys_costs_four_fetches_a_minute_at_most() {
    for (name, answer) in [
        ("up", Answer::Json(key_set(&[&KEY[0]]))),
        ("wrong", Answer::body("garbage")),
        ("closed", Answer::Raw(Vec::new())),
    ] {
        let world = World::warm().await;
        world.issuer.set(KEYS, answer);
        let before = world.keys.status().attempts;

        // Ten minutes of it, a dozen at each second, between good ones.
        for second in 0..600 {
            let junk = world.token_under(&KEY[2], &format!("junk-{second}"));
            let verdicts = join_all((0..12).map(|_| world.verdict(&junk))).await;
            assert!(
                verdicts.iter().all(|it| *it == "unknown_key"),
                "{name}: {verdicts:?}"
            );
            assert_eq!(world.verdict(&world.token(0)).await, "ok", "{name}");
            world.clock.advance(secs(1));
        }

        let attempts = world.keys.status().attempts - before;
        assert!(
            (2..=40).contains(&attempts),
            "{name}: {attempts} in ten minutes"
        );
    }
}

#[tokio::test]
async fn without_keys_a_storm_of_unknown_keys_costs_no_more_than_silence() {
    #[rustfmt::skip] // A row a line.
    let rows = [
        // At 0, 1, 3, 7 and 15 s.
        ("wrong", Answer::body("garbage"), 5),
        // At 0 and 1 s, then every 2 s.
        ("closed", Answer::Raw(Vec::new()), 11),
    ];
    for (name, answer, expected) in rows {
        let issuer = ScriptedIssuer::start(&[&KEY[0]]).await;
        issuer.set(KEYS, answer);
        let world = World::with(issuer);
        world.keys.first_attempt().await.unwrap_err();

        for second in 0..20 {
            let junk = world.token_under(&KEY[2], &format!("junk-{second}"));
            let verdicts = join_all((0..12).map(|_| world.verdict(&junk))).await;
            assert!(verdicts.iter().all(|it| *it == "no_keys"), "{verdicts:?}");
            world.clock.advance(secs(1));
        }

        assert_eq!(world.keys.status().attempts, expected, "{name}");
        assert!(world.fetches() <= expected, "{name}");
        world.issuer.publish(&[&KEY[0]]);
        world.pass(secs(30)).await;
        assert_eq!(world.verdict(&world.token(0)).await, "ok", "{name}");
    }
}

#[tokio::test]
async fn a_bad_signature_never_causes_a_fetch() {
    let world = World::warm().await;
    world.clock.advance(minutes(2));

    let forged = world.token_under(&KEY[1], "first");
    let without_name = world.token(0).replacen('.', ".e30.", 1);

    assert_eq!(world.verdict(&forged).await, "bad_signature");
    assert_eq!(world.verdict(&without_name).await, "not_three_segments");
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn keys_serve_a_day_of_outage_and_not_a_second_more() {
    let mut world = World::warm().await;
    let token = world.token(0);
    assert_eq!(world.remembered_verdict(&token).await, "ok");
    world.issuer.go_down().await;

    let almost = secs(24 * 3600 - 1);
    world.pass(almost).await;
    assert_eq!(world.last_error(), Some("metadata_unavailable"));
    assert_eq!(world.verdict(&world.token(0)).await, "ok");
    assert_eq!(world.keys.status().age, Some(almost));

    world.clock.advance(secs(1));
    assert_eq!(world.verdict(&token).await, "ok");
    assert_eq!(world.remembered_verdict(&token).await, "ok");
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.verdict(&token).await, "no_keys");
    assert_eq!(world.remembered_verdict(&token).await, "no_keys");
    assert_eq!(world.keys.status().keys, 0);

    world.issuer.come_back().await;
    world.pass(secs(30)).await;
    assert_eq!(world.verdict(&world.token(0)).await, "ok");
}

#[tokio::test]
async fn an_issuer_out_of_reach_at_start_is_found_two_seconds_after_its_return() {
    let mut issuer = ScriptedIssuer::start(&[&KEY[0]]).await;
    issuer.go_down().await;
    let mut world = World::with(issuer);
    assert_eq!(world.verdict(&world.token(0)).await, "no_keys");
    for _ in 0..20 {
        world.pass(secs(2)).await;
    }

    world.issuer.come_back().await;
    world.pass(secs(2)).await;

    assert_eq!(world.verdict(&world.token(0)).await, "ok");
}

#[tokio::test]
async fn a_key_that_the_issuer_takes_back_is_refused_within_five_minutes() {
    let world = World::warm().await;
    let token = world.token(0);
    world.issuer.publish(&[&KEY[1]]);
    assert_eq!(world.verdict(&token).await, "ok");
    assert_eq!(world.remembered_verdict(&token).await, "ok");

    world.pass(minutes(5)).await;

    assert_eq!(world.verdict(&token).await, "unknown_key");
    assert_eq!(world.remembered_verdict(&token).await, "unknown_key");
    assert_eq!(world.verdict(&world.token(1)).await, "ok");
}

#[tokio::test]
async fn a_reload_by_an_operator_refuses_it_immediately() {
    let world = World::warm().await;
    let token = world.token(0);
    world.issuer.publish(&[&KEY[1]]);

    let mut attempts = world.keys.attempts();
    world.keys.reload();
    attempts.ended().await;

    assert_eq!(world.verdict(&token).await, "unknown_key");
}

#[tokio::test]
async fn a_scheduled_fetch_delays_no_call() {
    let world = World::warm().await;
    world
        .issuer
        .set(KEYS, Answer::Gated(key_set(&[&KEY[0], &KEY[1]])));
    world.clock.advance(minutes(5));
    while world.fetches() < 2 {
        tokio::task::yield_now().await;
    }

    // During the fetch, a call that needs no new key has an answer at the first poll.
    let token = world.token(0);
    assert_eq!(world.verdict(&token).now_or_never(), Some("ok"));

    let mut attempts = world.keys.attempts();
    world.issuer.open_gate();
    attempts.ended().await;
    assert_eq!(world.keys.status().keys, 2);
}

#[tokio::test]
async fn who_hangs_up_takes_nothing_from_the_others() {
    let world = World::warm().await;
    world
        .issuer
        .set(KEYS, Answer::Gated(key_set(&[&KEY[0], &KEY[1]])));
    let token = world.token(1);
    let mut first = Box::pin(world.verdict(&token));
    assert!(futures_util::poll!(&mut first).is_pending());
    let mut others: Vec<_> = (0..20).map(|_| Box::pin(world.verdict(&token))).collect();
    for other in &mut others {
        assert!(futures_util::poll!(other).is_pending());
    }

    drop(first);
    world.issuer.open_gate();

    for verdict in join_all(others).await {
        assert_eq!(verdict, "ok");
    }
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn a_wall_clock_that_jumps_neither_keeps_keys_nor_loses_them() {
    let world = World::warm().await;
    let now = poem_resource_server::clock::Clock::now(&world.clock);
    let token = world.token(0);

    for (name, wall, verdict) in [
        ("a day back", now - DAY, "ok"),
        ("a day ahead", now + DAY, "ok"),
        ("eleven days ahead", now + 11 * DAY, "expired"),
        ("as it was", now, "ok"),
    ] {
        world.clock.set_wall(wall);
        assert_eq!(world.verdict(&token).await, verdict, "{name}");
        assert_eq!(world.keys.status().keys, 1, "{name}");
        assert_eq!(world.keys.status().age, Some(Duration::ZERO), "{name}");
    }
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn the_status_has_age_last_error_and_next_attempt() {
    let mut world = World::warm().await;
    world.clock.advance(secs(100));
    let status = world.keys.status();
    assert_eq!(status.age, Some(secs(100)));
    assert!(status.last_error.is_none());
    // 0.95 of the five minutes for which a document without a lifetime is kept.
    assert_eq!(status.next_attempt, Some(secs(185)));

    world.issuer.go_down().await;
    world.pass(secs(185)).await;

    let status = world.keys.status();
    assert_eq!(status.age, Some(secs(285)));
    assert_eq!(status.last_error.unwrap().reason(), "keys_unavailable");
    assert_eq!(status.next_attempt, Some(secs(30)));
    assert_eq!((status.attempts, status.failures), (2, 1));
}

#[tokio::test]
async fn the_same_keys_fetched_again_stay_the_same_value() {
    use poem_resource_server::token::KeySource;

    let world = World::warm().await;
    let before = world.keys.current().unwrap();

    world.pass(minutes(5)).await;
    assert!(Arc::ptr_eq(&before, &world.keys.current().unwrap()));

    world.issuer.publish(&[&KEY[0], &KEY[1]]);
    world.pass(hours(1)).await;
    assert!(!Arc::ptr_eq(&before, &world.keys.current().unwrap()));
}
