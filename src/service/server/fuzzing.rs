//! One connection for a fuzzer.

use std::sync::Arc;
use std::time::Duration;

use poem::endpoint::make;
use poem::{IntoResponse, Request};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{Answerer, Connections, Either, Limits, Memory, Places, Server, Stage, Upgrades};

/// Serves a connection on which a client sends these bytes in parts of this size, and reports
/// how many bytes the budget is charged with after the client has gone. There must be none.
///
/// # Panics
///
/// When the connection does not end, or if the system has no sockets or signals left.
pub fn charge_after(bytes: &[u8], part: usize) -> usize {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime needs nothing that can be missing");
    runtime.block_on(async {
        // The `main` of a fuzzer does not ignore this signal, which a write to a closed socket raises.
        let _ignored = signal(SignalKind::pipe()).expect("the system has signals");
        let (server, memory) = server();
        let (client, stream) = UnixStream::pair().expect("the system has sockets");
        let serving = server.secure(Either::Right(stream), None);
        let both = async { tokio::join!(serving, send(client, bytes, part.max(1))) };
        let ended = tokio::time::timeout(TOO_LONG, both).await;
        ended.expect("the connection ends");
        // Tasks of streams may end after their connection.
        tokio::task::yield_now().await;
        memory.used()
    })
}

async fn send(mut client: UnixStream, bytes: &[u8], part: usize) {
    for part in bytes.chunks(part) {
        // What is not taken at once is not taken because the connection ends, or because the
        // client does not read. Both are the end of this client.
        let sent = tokio::time::timeout(A_MOMENT, client.write_all(part)).await;
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
        tokio::task::yield_now().await;
    }
}

fn server() -> (Server, Memory) {
    let memory = Memory::new(1 << 20);
    let limits = Limits {
        max_connections: 1,
        header_timeout: TOO_LONG,
        request_timeout: TOO_LONG,
        keep_alive: TOO_LONG,
        shutdown_timeout: TOO_LONG,
        max_head_bytes: 16 * 1024,
        max_header_fields: 100,
        max_streams: 32,
        max_body_bytes: 1024,
        upgraded_idle_timeout: TOO_LONG,
        max_upgraded: 1,
        max_message_bytes: 1024,
        memory: memory.clone(),
        trusted_proxies: Arc::default(),
        client_certificate: None,
    };
    let endpoint = make(|request: Request| async move {
        let body = request.into_body().into_bytes().await?;
        Ok::<_, poem::Error>(body.into_response())
    });
    let (_, stage) = watch::channel(Stage::Open);
    let connections = Arc::new(Connections::new(1));
    let upgrades = Upgrades::new(connections.clone(), &limits);
    let server = Server {
        answerer: Arc::new(Answerer::new(
            Arc::new(endpoint),
            &limits,
            upgrades,
            stage.clone(),
        )),
        places: Places::new(1),
        connections,
        stage,
        limits,
        tls: None,
    };
    (server, memory)
}

const TOO_LONG: Duration = Duration::from_secs(20);
const A_MOMENT: Duration = Duration::from_millis(20);
