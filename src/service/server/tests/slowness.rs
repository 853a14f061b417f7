//! Slow callers, and the callers that wait behind them.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::world::{TOO_LONG, World, receive, receive_until, status};

const SOON: Duration = Duration::from_millis(500);
const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_and_one_that_does_is_answered() {
    let world = World::start(|config| config.header_timeout = SOON).await;
    let rows = [
        ("nothing", ""),
        ("half a line", "GET / HT"),
        ("half a head", "GET / HTTP/1.1\r\nHost: x\r\n"),
        ("half a preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\n"),
    ];
    for (name, bytes) in rows {
        let mut stream = world.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        assert_eq!(receive(&mut stream).await, "", "{name}");
    }
    let mut stream = world.connect().await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    assert_eq!(status(&receive_until(&mut stream, "done").await), "200");
}

#[tokio::test]
async fn a_head_that_arrives_byte_by_byte_has_no_more_time() {
    let world = World::start(|config| config.header_timeout = SOON).await;
    let mut stream = world.connect().await;

    let trickle = async {
        let mut every = tokio::time::interval(SOON / 10);
        while stream.write_all(b"a").await.is_ok() {
            every.tick().await;
        }
    };

    let cut = tokio::time::timeout(TOO_LONG, trickle).await;
    assert!(cut.is_ok(), "never cut");
}

#[tokio::test]
async fn an_idle_connection_is_kept_for_its_time_and_no_longer() {
    let world = World::start(|config| config.keep_alive = SOON).await;
    let mut stream = world.connect().await;

    for _ in 0..3 {
        stream.write_all(GET.as_bytes()).await.unwrap();
        assert_eq!(status(&receive_until(&mut stream, "done").await), "200");
    }

    assert_eq!(receive(&mut stream).await, "");
}

#[tokio::test]
async fn the_next_head_on_an_idle_connection_has_a_heads_time() {
    let world = World::start(|config| config.header_timeout = SOON).await;
    let mut stream = world.connect().await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    receive_until(&mut stream, "done").await;

    // The idle time is 75 s, longer than the test waits.
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();

    assert_eq!(receive(&mut stream).await, "");
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_so() {
    let world = World::start(|config| config.request_timeout = SOON).await;

    let waiting = world.send_text("GET /wait HTTP/1.0\r\n\r\n").await;
    let sending = world
        .send_text("POST /length HTTP/1.0\r\nContent-Length: 9\r\n\r\nhalf")
        .await;
    let prompt = world.send_text("GET / HTTP/1.0\r\n\r\n").await;

    assert_eq!(status(&waiting), "408");
    assert!(waiting.contains("\"reason\":\"timeout\""), "{waiting}");
    assert_ne!(status(&sending), "200", "{sending}");
    assert_eq!(status(&prompt), "200");
}

#[tokio::test]
async fn who_does_not_take_an_answer_loses_the_connection() {
    let world = World::start(|config| {
        config.request_timeout = SOON;
        config.max_connections = 1;
    })
    .await;
    let mut slow = world.connect().await;
    slow.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();

    // The only place is free when the other has lost it.
    let other = world.send_text("GET / HTTP/1.0\r\n\r\n").await;

    assert_eq!(status(&other), "200");
    assert!(receive(&mut slow).await.len() < 64 << 20);
}

#[tokio::test]
async fn who_takes_a_large_answer_gets_all_of_it() {
    let world = World::start(|config| {
        config.request_timeout = TOO_LONG;
        // The connection is not idle meanwhile.
        config.keep_alive = Duration::from_millis(1);
    })
    .await;

    let answer = world.send_text("GET /large HTTP/1.0\r\n\r\n").await;

    assert!(answer.len() > 64 << 20);
}

#[tokio::test]
async fn idle_connections_make_room_for_those_that_wait() {
    let world = World::start(|config| config.max_connections = 1).await;
    let mut idle = world.connect().await;
    idle.write_all(GET.as_bytes()).await.unwrap();
    receive_until(&mut idle, "done").await;

    let other = world.send_text("GET / HTTP/1.0\r\n\r\n").await;

    assert_eq!(status(&other), "200");
    assert_eq!(receive(&mut idle).await, "");
}

#[tokio::test]
async fn a_request_in_flight_keeps_its_place_when_others_wait() {
    let world = World::start(|config| config.max_connections = 1).await;
    let mut busy = world.connect().await;
    busy.write_all(b"GET /wait HTTP/1.0\r\n\r\n").await.unwrap();
    world.has_come.notified().await;

    let other = world.send_text("GET / HTTP/1.0\r\n\r\n");
    let waits = tokio::time::timeout(SOON, other).await.is_err();
    world.go_on.notify_one();

    assert!(waits, "there was but one place");
    assert_eq!(status(&receive(&mut busy).await), "200");
}
