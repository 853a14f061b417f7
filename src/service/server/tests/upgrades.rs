//! Connections that a handler has upgraded, by a client that writes its frames by hand.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::Stage;
use super::handlers::TICK;
use super::world::{TOO_LONG, World, receive, receive_until, status};

const SOON: Duration = Duration::from_millis(500);

fn asking(path: &str, protocol: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n")
}

/// An upgraded connection.
async fn upgrade(world: &World, path: &str, protocol: &str) -> TcpStream {
    let mut stream = world.connect().await;
    let request = asking(path, protocol);
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = receive_until(&mut stream, "\r\n\r\n").await;
    assert_eq!(status(&answer), "101", "{answer}");
    assert!(answer.contains("connection: upgrade"), "{answer}");
    assert!(
        answer.contains("x-content-type-options: nosniff"),
        "{answer}"
    );
    stream
}

/// A text message in one masked frame (RFC 6455 section 5.2).
fn message(bytes: u16) -> Vec<u8> {
    let mut frame = vec![0x81, 0x80 | 0x7e];
    frame.extend(bytes.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(std::iter::repeat_n(b'a', bytes.into()));
    frame
}

/// Whether a message is echoed.
async fn echoes(stream: &mut TcpStream, message: &[u8]) -> bool {
    if stream.write_all(message).await.is_err() {
        return false;
    }
    let mut received = vec![0; message.len()];
    let receiving = stream.read_exact(&mut received);
    let received_all = tokio::time::timeout(TOO_LONG, receiving).await;
    received_all.expect("neither echoed nor ended").is_ok() && received == message
}

async fn end(world: &mut World) -> io::Result<()> {
    let ended = tokio::time::timeout(TOO_LONG, world.ended.recv()).await;
    ended.expect("the handler did not end").unwrap()
}

/// Waits until there are no more connections.
async fn all_gone(world: &World) {
    let gone = async {
        while world.connections.open() > 0 {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(TOO_LONG, gone).await;
    assert!(in_time.is_ok(), "the place was not freed");
}

#[tokio::test]
async fn an_upgraded_connection_is_served_however_much_it_sends() {
    let mut world = World::start(|_| {}).await;
    let mut stream = upgrade(&world, "/echo", "websocket").await;

    // Far more than the heads and bodies of requests may be.
    for _ in 0..300 {
        assert!(echoes(&mut stream, &message(1000)).await);
    }
    assert_eq!(world.connections.upgraded(), 1);
    drop(stream);

    assert!(end(&mut world).await.is_ok());
    all_gone(&world).await;
    assert_eq!(world.connections.upgraded(), 0);
}

#[tokio::test]
async fn a_message_within_the_limit_is_read_and_a_longer_one_cuts_the_connection() {
    let mut world = World::start(|_| {}).await;

    let mut stream = upgrade(&world, "/echo", "h2c, WebSocket").await;
    assert!(echoes(&mut stream, &message(1024)).await);
    assert!(!echoes(&mut stream, &message(1025)).await);

    let error = end(&mut world).await.unwrap_err();
    assert_eq!(error.to_string(), "a message is longer than allowed");
    all_gone(&world).await;
}

#[tokio::test]
async fn what_is_no_websocket_has_no_messages() {
    let world = World::start(|_| {}).await;
    let mut stream = upgrade(&world, "/echo", "lines").await;

    assert!(echoes(&mut stream, &message(1025)).await);
}

#[tokio::test]
async fn an_idle_connection_is_cut_and_one_that_moves_is_not() {
    let mut world = World::start(|limits| limits.upgraded_idle_timeout = SOON).await;
    let mut idle = upgrade(&world, "/echo", "websocket").await;
    let mut moving = upgrade(&world, "/echo", "websocket").await;

    let mut every = tokio::time::interval(TICK);
    for _ in 0..10 {
        every.tick().await;
        assert!(echoes(&mut moving, &message(1)).await);
    }

    assert_eq!(receive(&mut idle).await, "");
    let error = end(&mut world).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(echoes(&mut moving, &message(1)).await);
}

#[tokio::test]
async fn one_upgraded_connection_too_many_is_503_until_another_ends() {
    let mut world = World::start(|limits| limits.max_upgraded = 1).await;
    let first = upgrade(&world, "/echo", "websocket").await;

    let mut second = world.connect().await;
    let request = asking("/echo", "websocket");
    second.write_all(request.as_bytes()).await.unwrap();
    let refusal = receive_until(&mut second, "}").await;
    drop(first);
    assert!(end(&mut world).await.is_ok());
    while world.connections.upgraded() > 0 {
        tokio::task::yield_now().await;
    }

    assert_eq!(status(&refusal), "503");
    assert!(
        refusal.contains("\"reason\":\"too_many_upgraded\""),
        "{refusal}"
    );
    assert!(refusal.contains("retry-after: 5"), "{refusal}");
    // The same connection continues.
    second.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(status(&receive_until(&mut second, "\r\n\r\n").await), "101");
    assert!(echoes(&mut second, &message(1)).await);
}

#[tokio::test]
async fn an_upgraded_connection_keeps_its_place_until_it_ends() {
    let world = World::start(|limits| limits.max_connections = 1).await;
    let upgraded = upgrade(&world, "/echo", "websocket").await;

    let mut other = std::pin::pin!(world.send_text("GET / HTTP/1.0\r\n\r\n"));
    // Longer than an idle connection keeps its place when others wait.
    let waits = tokio::time::timeout(3 * SOON, &mut other).await.is_err();
    drop(upgraded);

    assert!(waits, "there was but one place");
    assert_eq!(status(&other.await), "200");
}

#[tokio::test]
async fn a_client_that_does_not_wait_for_the_answer_is_refused() {
    let world = World::start(|_| {}).await;
    let early = [asking("/echo", "websocket").into_bytes(), message(1)].concat();
    let mut stream = world.connect().await;

    stream.write_all(&early).await.unwrap();

    let answer = receive(&mut stream).await;
    assert_eq!(status(&answer), "400", "{answer}");
    assert!(answer.contains("\"reason\":\"early_bytes\""), "{answer}");
    assert_eq!(world.connections.upgraded(), 0);
}

#[tokio::test]
async fn a_handler_need_not_agree_to_an_upgrade() {
    let world = World::start(|_| {}).await;
    let mut stream = world.connect().await;

    for _ in 0..2 {
        let request = asking("/", "websocket");
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = receive_until(&mut stream, "done").await;
        assert_eq!(status(&answer), "200", "{answer}");
    }
    // Is no frame, and longer than a message may be.
    let request = format!(
        "GET / HTTP/1.1\r\nHost: x\r\na: {}\r\n\r\n",
        "b".repeat(2000)
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(status(&receive_until(&mut stream, "done").await), "200");
}

#[tokio::test]
async fn who_takes_an_upgrade_that_is_not_agreed_to_gets_no_stream() {
    let mut world = World::start(|_| {}).await;
    let mut stream = world.connect().await;
    let request = asking("/echo-refused", "websocket").replace("Upgrade\r", "Upgrade, close\r");

    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = receive_until(&mut stream, "done").await;
    let _ = stream.write_all(&message(1)).await;

    assert_eq!(status(&answer), "200", "{answer}");
    assert_eq!(receive(&mut stream).await, "");
    let error = end(&mut world).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    all_gone(&world).await;
}

#[tokio::test]
async fn a_handler_that_waits_for_shutdown_ends_by_itself() {
    let mut world = World::start(|limits| limits.shutdown_timeout = TOO_LONG * 2).await;
    let mut stream = upgrade(&world, "/echo-until-shutdown", "websocket").await;
    assert!(echoes(&mut stream, &message(1)).await);

    world.stage.send_replace(Stage::Draining);

    assert!(end(&mut world).await.is_ok());
    assert_eq!(receive(&mut stream).await, "");
    world.stage.send_replace(Stage::Closed);
    let ended = tokio::time::timeout(TOO_LONG, world.server).await;
    assert!(ended.is_ok(), "the server did not end");
}

#[tokio::test]
async fn an_upgraded_connection_is_waited_for_at_shutdown_and_then_cut() {
    let mut world = World::start(|limits| limits.shutdown_timeout = SOON).await;
    let mut stream = upgrade(&world, "/echo", "websocket").await;

    world.stage.send_replace(Stage::Closed);
    // Refused after the listener was closed.
    while TcpStream::connect(world.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let while_it_ends = echoes(&mut stream, &message(1)).await;

    assert!(while_it_ends, "cut at once");
    assert_eq!(receive(&mut stream).await, "");
    assert!(end(&mut world).await.is_err());
    assert!(world.server.await.is_ok());
}
