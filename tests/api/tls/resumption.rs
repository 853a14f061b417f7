//! Sessions that clients resume.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::{ClientConfig, HandshakeKind, SupportedProtocolVersion, version};

use super::{Authority, connect, status};
use crate::world::World;

/// A client that remembers sessions, and speaks this version alone.
fn client(authority: &Authority, version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
    let mut client = ClientConfig::builder_with_protocol_versions(&[version])
        .with_root_certificates(authority.roots())
        .with_no_client_auth();
    client.resumption = Resumption::in_memory_sessions(1);
    Arc::new(client)
}

/// Calls hello on a new connection, and returns how its handshake went.
async fn handshake(client: &Arc<ClientConfig>, world: &World) -> HandshakeKind {
    let mut stream = connect(client.clone(), world.address).await.unwrap();
    assert_eq!(status(&mut stream).await, "200");
    stream.get_ref().1.handshake_kind().unwrap()
}

#[tokio::test]
async fn more_clients_than_fit_a_table_resume_their_sessions() {
    let authority = Authority::new();
    authority.certify();
    let world = authority.world(&[]).await;
    for version in [&version::TLS13, &version::TLS12] {
        let first = client(&authority, version);
        assert_eq!(handshake(&first, &world).await, HandshakeKind::Full);
        for _ in 0..CLIENTS {
            let other = client(&authority, version);
            assert_eq!(handshake(&other, &world).await, HandshakeKind::Full);
        }

        let again = handshake(&first, &world).await;

        assert_eq!(again, HandshakeKind::Resumed, "{:?}", version.version);
    }
}

#[tokio::test]
async fn a_session_from_before_a_reload_is_not_resumed() {
    let authority = Authority::new();
    authority.certify();
    let world = authority.world(&[]).await;
    let client = client(&authority, &version::TLS13);
    assert_eq!(handshake(&client, &world).await, HandshakeKind::Full);
    assert_eq!(handshake(&client, &world).await, HandshakeKind::Resumed);

    authority.reload(&world).await.unwrap();

    assert_eq!(handshake(&client, &world).await, HandshakeKind::Full);
    assert_eq!(handshake(&client, &world).await, HandshakeKind::Resumed);
}

/// rustls keeps 256 sessions in memory if it has no tickets.
const CLIENTS: usize = 300;
