//! Trouble while somebody waits: silence, a key that comes too late, our own panic.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;

use crate::issuer::{Answer, KEYS, ScriptedIssuer, key_set};
use crate::world::{FOREIGN, KEY, World, minutes, secs};

#[tokio::test]
async fn an_issuer_that_is_silent_is_waited_for_ten_seconds_and_no_longer() {
    let world = World::cold().await;
    world.issuer.set(KEYS, Answer::Gated(key_set(&[&KEY[0]])));
    let token = world.token(0);
    let mut calls: Vec<_> = (0..20).map(|_| Box::pin(world.verdict(&token))).collect();
    for call in &mut calls {
        assert!(futures_util::poll!(call).is_pending());
    }

    world.clock.advance(secs(9));
    for call in &mut calls {
        assert!(futures_util::poll!(call).is_pending());
    }
    world.clock.advance(secs(1));

    for call in &mut calls {
        assert_eq!(futures_util::poll!(call), std::task::Poll::Ready("no_keys"));
    }
}

#[tokio::test]
async fn a_storm_of_unknown_keys_costs_no_more_when_the_issuer_is_silent() {
    let issuer = ScriptedIssuer::start(&[&KEY[0]]).await;
    let world = World::with_timeout(issuer, secs(1));
    world.keys.first_attempt().await.unwrap();
    world.issuer.set(KEYS, Answer::Hang(Vec::new()));
    let good = world.token(0);
    let before = world.keys.status().attempts;

    for second in 0..120 {
        let junk = world.token_under(&KEY[2], &format!("junk-{second}"));
        let storm = join_all((0..12).map(|_| world.verdict(&junk)));
        let (storm, verdict) = tokio::join!(storm, world.verdict(&good));
        assert!(storm.iter().all(|it| *it == "unknown_key"), "{storm:?}");
        assert_eq!(verdict, "ok");
        world.clock.advance(secs(1));
    }

    let attempts = world.keys.status().attempts - before;
    assert!((2..=8).contains(&attempts), "{attempts} in two minutes");
}

#[tokio::test]
async fn a_key_that_is_published_while_the_old_set_is_on_its_way_is_found_all_the_same() {
    let world = World::warm().await;
    world.issuer.set(KEYS, Answer::Gated(key_set(&[&KEY[0]])));
    world.clock.advance(minutes(5));
    for _ in 0..10_000 {
        if world.fetches() == 2 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(world.fetches(), 2);
    world.issuer.publish(&[&KEY[1], &KEY[0]]);
    let token = world.token(1);
    let mut first = Box::pin(world.verdict(&token));
    assert!(futures_util::poll!(&mut first).is_pending());

    world.issuer.open_gate();

    assert_eq!(first.await, "ok");
    assert_eq!(world.fetches(), 3);
}

#[tokio::test]
async fn a_panic_after_a_fetch_is_counted_and_the_next_fetch_is_made() {
    static PANICS: AtomicBool = AtomicBool::new(false);
    let issuer = ScriptedIssuer::start(&[&KEY[0]]).await;
    let world = World::tuned(issuer, secs(10), || {
        assert!(!PANICS.load(Ordering::SeqCst), "as the test has it");
        1.0
    });
    world.keys.first_attempt().await.unwrap();
    world.issuer.publish(&[&KEY[1]]);
    PANICS.store(true, Ordering::SeqCst);

    world.pass(minutes(5)).await;
    assert_eq!(world.last_error(), Some("panicked"));
    assert_eq!(world.keys.status().failures, 1);
    assert_eq!(world.verdict(&world.token(0)).await, "ok");
    assert_eq!(world.verdict(&world.token(FOREIGN)).await, "bad_signature");

    PANICS.store(false, Ordering::SeqCst);
    world.pass(secs(30)).await;
    assert_eq!(world.last_error(), None);
    assert_eq!(world.verdict(&world.token(1)).await, "ok");
    assert_eq!(world.verdict(&world.token(0)).await, "unknown_key");
}
