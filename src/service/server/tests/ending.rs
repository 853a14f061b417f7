//! The end of a server: announced, without a lost request, and in time.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::super::Stage;
use super::world::{TOO_LONG, World, receive, receive_until, status};

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn a_draining_server_answers_and_asks_for_another_connection() {
    let world = World::start(|_| {}).await;
    let mut stream = world.connect().await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    let before = receive_until(&mut stream, "done").await;

    world.stage.send_replace(Stage::Draining);
    stream.write_all(GET.as_bytes()).await.unwrap();
    let after = receive(&mut stream).await;
    let another = world.send_text("GET / HTTP/1.0\r\n\r\n").await;

    assert!(!before.contains("connection: close"), "{before}");
    assert!(after.contains("connection: close"), "{after}");
    assert_eq!(status(&another), "200");
}

#[tokio::test]
async fn a_request_in_flight_is_finished_and_no_new_connection_is_accepted() {
    let world = World::start(|_| {}).await;
    let mut busy = world.connect().await;
    busy.write_all(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    world.has_come.notified().await;

    world.stage.send_replace(Stage::Closed);
    // Refused after the listener was closed.
    while TcpStream::connect(world.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    world.go_on.notify_one();

    let answer = receive(&mut busy).await;
    assert!(answer.ends_with("waited"), "{answer}");
    let ended = tokio::time::timeout(TOO_LONG, world.server).await;
    assert!(ended.is_ok(), "the server did not end");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let world = World::start(|config| config.shutdown_timeout = TOO_LONG * 2).await;
    let mut idle = world.connect().await;
    idle.write_all(GET.as_bytes()).await.unwrap();
    receive_until(&mut idle, "done").await;

    world.stage.send_replace(Stage::Closed);

    assert_eq!(receive(&mut idle).await, "");
    let ended = tokio::time::timeout(TOO_LONG, world.server).await;
    assert!(ended.is_ok(), "the server did not end");
}

#[tokio::test]
async fn a_connection_without_a_whole_beginning_does_not_hold_up_the_end() {
    for beginning in ["", "PRI * HTTP/2.0\r\n"] {
        let world = World::start(|limits| {
            limits.header_timeout = TOO_LONG * 2;
            limits.shutdown_timeout = TOO_LONG * 2;
        })
        .await;
        let mut stream = world.connect().await;
        stream.write_all(beginning.as_bytes()).await.unwrap();

        world.stage.send_replace(Stage::Closed);

        assert_eq!(receive(&mut stream).await, "", "{beginning:?}");
        let ended = tokio::time::timeout(TOO_LONG, world.server).await;
        assert!(ended.is_ok(), "{beginning:?}: the server did not end");
    }
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_in_time() {
    let world = World::start(|config| config.shutdown_timeout = Duration::from_millis(50)).await;
    let mut busy = world.connect().await;
    busy.write_all(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    world.has_come.notified().await;

    world.stage.send_replace(Stage::Closed);

    let ended = tokio::time::timeout(TOO_LONG, world.server).await;
    assert!(ended.is_ok(), "the server did not end");
    assert_eq!(receive(&mut busy).await, "");
}

#[tokio::test]
async fn a_new_connection_whose_request_is_under_way_is_answered() {
    let world = World::start(|_| {}).await;
    let mut late = world.connect().await;

    world.stage.send_replace(Stage::Closed);
    while TcpStream::connect(world.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    late.write_all(GET.as_bytes()).await.unwrap();

    assert_eq!(status(&receive(&mut late).await), "200");
}
