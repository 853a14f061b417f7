//! What probes and people read at `/livez` and `/readyz`.

use std::time::Duration;

use poem_resource_server::dev::Behaviour;

use crate::answer::Answer;
use crate::world::World;

/// The value of a row of `/readyz?verbose`.
fn row<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let mut lines = answer.body.lines();
    let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.unwrap_or_else(|| panic!("no {name} in {}", answer.body))
}

/// Has the issuer answer 502, and lets time go on until a fetch has failed.
async fn fail_a_fetch(world: &World) {
    let status = poem::http::StatusCode::BAD_GATEWAY;
    world.issuer.set_behaviour(Behaviour::Unavailable(status));
    world.clock.advance(Duration::from_secs(600));
    for _ in 0..10_000 {
        if row(&world.get("/readyz?verbose").await, "last error") != "none" {
            return;
        }
    }
    panic!("no fetch ever failed");
}

#[tokio::test]
async fn without_verbose_readyz_has_one_line() {
    let world = World::start().await;

    for (path, body) in [
        ("/livez", "alive\n"),
        ("/readyz", "ready\n"),
        ("/readyz?other", "ready\n"),
        ("/readyz?verbosely", "ready\n"),
    ] {
        for answer in [world.get(path).await, world.admin(path).await] {
            assert_eq!((answer.status, &*answer.body), (200, body), "{path}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_ready_service_reports_the_state_of_its_keys() {
    let world = World::start().await;
    world.clock.advance(Duration::from_secs(100));

    for path in ["/readyz?verbose", "/readyz?a=b&verbose=1"] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.starts_with("ready\nTokens are verified.\n\n"));
        assert_eq!(row(&answer, "usable keys"), "1");
        assert_eq!(row(&answer, "age of the keys"), "100 s");
        assert_eq!(row(&answer, "last fetch"), "100 s ago");
        assert_eq!(row(&answer, "last error"), "none");
        assert_eq!(row(&answer, "fetches"), "1, 0 failed");
        assert!(row(&answer, "next fetch").starts_with("in "));
    }
}

#[tokio::test]
async fn an_outage_is_reported_by_its_reason_word_and_to_operators_with_its_cause() {
    let world = World::start().await;
    fail_a_fetch(&world).await;

    let verbose = world.get("/readyz?verbose").await;
    assert_eq!(verbose.status, 200, "old keys will do");
    assert_eq!(row(&verbose, "age of the keys"), "600 s");
    assert_eq!(row(&verbose, "last fetch"), "0 s ago");
    assert_eq!(row(&verbose, "last error"), "keys_unavailable");
    assert!(!verbose.body.contains("502"));

    let operators = world.admin("/readyz?verbose").await;
    assert_eq!(operators.status, 200);
    let url = format!("{}/v1/keys", world.issuer.issuer());
    let cause = format!(
        "keys_unavailable: cannot fetch the keys from {url}: \
         the answer has status 502 Bad Gateway"
    );
    assert_eq!(row(&operators, "last error"), cause);
}

#[tokio::test]
async fn without_keys_readyz_explains_the_consequence() {
    let world = World::without_keys(&[]).await;

    assert_eq!(
        world.get("/readyz").await.body,
        "no keys to verify tokens with\n"
    );
    let answer = world.get("/readyz?verbose").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("Protected operations answer 503"));
    assert_eq!(row(&answer, "usable keys"), "0");
    assert_eq!(row(&answer, "age of the keys"), "none held");
    assert_eq!(world.get("/livez").await.status, 200);
}

#[tokio::test]
async fn a_stopping_server_is_alive_but_not_ready() {
    let mut world = World::with(&[("http.drain_delay", "1h")]).await;
    assert_eq!(world.get("/readyz?verbose").await.status, 200);

    world.announce_end();
    let mut answer = world.get("/readyz?verbose").await;
    while answer.status == 200 {
        answer = world.get("/readyz?verbose").await;
    }

    assert_eq!(answer.status, 503);
    assert!(
        answer
            .body
            .starts_with("stopping\nThe service is stopping.")
    );
    assert_eq!(row(&answer, "usable keys"), "1");
    assert_eq!(world.get("/livez").await.status, 200);
}
