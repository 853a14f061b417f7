//! Bodies that take long, and those that stall.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::handlers::{ROOMY, TICK, TICKS};
use super::world::{TOO_LONG, World, receive, receive_until, status};

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
/// Longer than the time between two ticks, and shorter than all of them.
const SOON: Duration = Duration::from_millis(500);

fn post(path: &str, bytes: usize) -> String {
    let body = "a".repeat(bytes);
    format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {bytes}\r\n\r\n{body}")
}

#[tokio::test]
async fn a_stream_stays_open_while_data_moves_and_is_closed_when_it_stalls() {
    let world = World::start(|limits| limits.request_timeout = SOON).await;

    let (moving, stalled) = tokio::join!(
        world.send_text("GET /ticks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        world.send_text("GET /stalls HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    );

    assert_eq!(moving.matches("tick").count(), TICKS);
    assert!(moving.ends_with("\r\n0\r\n\r\n"), "{moving}");
    assert_eq!(stalled.matches("tick").count(), TICKS);
    assert!(!stalled.ends_with("\r\n0\r\n\r\n"), "{stalled}");
}

#[tokio::test]
async fn who_takes_a_large_answer_slowly_gets_all_of_it() {
    let world = World::start(|limits| limits.request_timeout = SOON).await;
    let mut slow = world.connect().await;
    slow.write_all(b"GET /large HTTP/1.0\r\n\r\n")
        .await
        .unwrap();

    let mut every = tokio::time::interval(TICK);
    let mut buffer = vec![0; 4 << 20];
    let mut received = 0;
    let receiving = async {
        while let Ok(read @ 1..) = slow.read(&mut buffer).await {
            received += read;
            // A part of 4 MiB in each tick.
            if received % (4 << 20) < read {
                every.tick().await;
            }
        }
    };
    let in_time = tokio::time::timeout(TOO_LONG, receiving).await;

    assert!(in_time.is_ok(), "not ended");
    assert!(received > 64 << 20, "{received}");
}

#[tokio::test]
async fn an_upload_that_moves_is_served_and_one_that_stalls_is_408() {
    let world = World::start(|limits| limits.request_timeout = SOON).await;
    let head = format!("POST /length HTTP/1.0\r\nContent-Length: {TICKS}\r\n\r\n");

    for (name, sent, expected) in [("moves", TICKS, "200"), ("stalls", TICKS - 5, "408")] {
        let mut stream = world.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut every = tokio::time::interval(TICK);
        for _ in 0..sent {
            every.tick().await;
            stream.write_all(b"a").await.unwrap();
        }
        let answer = receive(&mut stream).await;
        assert_eq!(status(&answer), expected, "{name}: {answer}");
    }
}

#[tokio::test]
async fn a_body_may_be_as_long_as_its_operation_allows_and_no_longer() {
    let world = World::start(|_| {}).await;
    let last = |request: String| request.replace("Host: x", "Host: x\r\nConnection: close");
    let rows = [
        ("its own limit", "/roomy", ROOMY, "200"),
        ("a byte more", "/roomy", ROOMY + 1, "413"),
        ("the listener's limit", "/length", 1024, "200"),
        ("a byte more than that", "/length", 1025, "413"),
    ];

    for (name, path, bytes, expected) in rows {
        let answer = world.send_text(&last(post(path, bytes))).await;
        assert_eq!(status(&answer), expected, "{name}: {answer}");
    }
}

#[tokio::test]
async fn the_bytes_of_a_body_are_not_held_against_the_next_request() {
    let world = World::start(|_| {}).await;
    let mut stream = world.connect().await;

    for _ in 0..3 {
        stream
            .write_all(post("/roomy", ROOMY).as_bytes())
            .await
            .unwrap();
        receive_until(&mut stream, "\r\n\r\n65536").await;
        stream.write_all(GET.as_bytes()).await.unwrap();
        receive_until(&mut stream, "done").await;
    }
}

#[tokio::test]
async fn an_operation_may_take_the_time_that_it_has_of_its_own() {
    let world = World::start(|limits| limits.request_timeout = SOON).await;
    let mut patient = world.connect().await;
    let request = b"GET /patient HTTP/1.0\r\n\r\n";
    patient.write_all(request).await.unwrap();
    world.has_come.notified().await;

    // More than once, so that the connection of the first is looked after meanwhile.
    for _ in 0..3 {
        let other = world.send_text("GET /stuck HTTP/1.0\r\n\r\n").await;
        assert_eq!(status(&other), "408");
    }
    world.go_on.notify_one();

    assert_eq!(status(&receive(&mut patient).await), "200");
}
