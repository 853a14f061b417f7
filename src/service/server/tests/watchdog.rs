//! A watchdog is answered as long as a server serves, and no longer.

use futures_util::FutureExt;
use tokio::io::AsyncWriteExt;

use super::super::{Stage, WatchdogProbe};
use super::world::World;

#[tokio::test]
async fn a_server_answers_a_watchdog() {
    let world = World::start(|_| {}).await;

    assert!(world.probe.is_serving().await);
    assert!(world.probe.is_serving().await);
}

#[tokio::test]
async fn a_watchdog_waits_while_the_loop_does_not_run() {
    let (probe, mut responder) = WatchdogProbe::with_responder();
    let mut answer = Box::pin(probe.is_serving());
    assert_eq!((&mut answer).now_or_never(), None);

    responder.respond().await;

    assert!(answer.await);
}

#[tokio::test]
async fn a_server_without_a_free_place_answers_a_watchdog() {
    let world = World::start(|config| config.max_connections = 1).await;
    let mut busy = world.connect().await;
    let request = b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
    busy.write_all(request).await.unwrap();
    world.has_come.notified().await;

    assert!(world.probe.is_serving().await);
}

#[tokio::test]
async fn a_server_answers_a_watchdog_until_its_last_request_is_finished() {
    let world = World::start(|_| {}).await;
    let mut busy = world.connect().await;
    let request = b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
    busy.write_all(request).await.unwrap();
    world.has_come.notified().await;

    world.stage.send_replace(Stage::Closed);
    let while_it_ends = world.probe.is_serving().await;
    world.go_on.notify_one();
    world.server.await.unwrap();

    assert!(while_it_ends);
    assert!(!world.probe.is_serving().await);
}
