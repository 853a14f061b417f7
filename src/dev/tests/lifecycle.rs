use std::io::ErrorKind;

use tokio::net::{TcpListener, TcpStream};

use super::World;
use crate::dev::{DevIssuer, DevOptions};

#[tokio::test]
async fn it_listens_on_loopback_and_nowhere_else() {
    let everywhere = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let loopback = TcpListener::bind("127.0.0.1:0").await.unwrap();

    let refused = DevIssuer::start(everywhere, DevOptions::default());
    let accepted = DevIssuer::start(loopback, DevOptions::default());

    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(accepted.unwrap().address().ip().is_loopback());
}

#[tokio::test]
async fn the_port_is_free_after_shutdown_even_with_an_idle_connection() {
    let world = World::start().await;
    let address = world.issuer.address();
    world.get("/v1/keys").await; // The client keeps this connection.

    world.issuer.shutdown().await;

    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn dropping_it_stops_it() {
    let World { issuer, .. } = World::start().await;
    let address = issuer.address();
    assert!(TcpStream::connect(address).await.is_ok());

    drop(issuer);

    // The server notices at its next turn.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
