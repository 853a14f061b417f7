//! Who watches over a server is answered as long as it serves, and no longer.

use futures_util::FutureExt;
use tokio::io::AsyncWriteExt;

use super::super::{Pulse, Stage};
use super::world::World;

#[tokio::test]
async fn a_server_beats() {
    let world = World::start(|_| {}).await;

    assert!(world.pulse.beat().await);
    assert!(world.pulse.beat().await);
}

#[tokio::test]
async fn a_server_whose_loop_does_not_turn_leaves_who_asks_waiting() {
    let (pulse, mut heart) = Pulse::of_heart();
    let mut beat = Box::pin(pulse.beat());
    assert_eq!((&mut beat).now_or_never(), None);

    heart.beat().await;

    assert!(beat.await);
}

#[tokio::test]
async fn a_server_without_a_free_place_beats_all_the_same() {
    let world = World::start(|config| config.max_connections = 1).await;
    let mut busy = world.connect().await;
    let request = b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
    busy.write_all(request).await.unwrap();
    world.has_come.notified().await;

    assert!(world.pulse.beat().await);
}

#[tokio::test]
async fn a_server_beats_until_its_last_request_is_finished() {
    let world = World::start(|_| {}).await;
    let mut busy = world.connect().await;
    let request = b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
    busy.write_all(request).await.unwrap();
    world.has_come.notified().await;

    world.stage.send_replace(Stage::Closed);
    let while_it_ends = world.pulse.beat().await;
    world.go_on.notify_one();
    world.server.await.unwrap();

    assert!(while_it_ends);
    assert!(!world.pulse.beat().await);
}
