//! A server with small limits, and callers that write bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use poem::EndpointExt;
use poem::endpoint::make;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use super::super::{Connections, Limits, Memory, Shutdown, Stage, WatchdogProbe, serve};
use super::handlers::{Handlers, WithLimits};
use crate::service::problems::Problems;

pub(super) struct World {
    pub(super) address: SocketAddr,
    pub(super) stage: watch::Sender<Stage>,
    /// Lets a request to `/wait` go on.
    pub(super) go_on: Arc<Notify>,
    /// Notified when a request to `/wait` arrives.
    pub(super) has_come: Arc<Notify>,
    /// How the upgraded streams ended, as their handlers saw it.
    pub(super) ended: mpsc::UnboundedReceiver<std::io::Result<()>>,
    pub(super) connections: Arc<Connections>,
    pub(super) server: JoinHandle<()>,
    pub(super) probe: WatchdogProbe,
}

/// Heads of 8 KiB and 20 fields, bodies and messages of 1 KiB; no other limit that a test would reach.
pub(super) fn limits() -> Limits {
    Limits {
        max_connections: 100,
        header_timeout: TOO_LONG,
        request_timeout: TOO_LONG,
        keep_alive: TOO_LONG * 4,
        shutdown_timeout: TOO_LONG,
        max_head_bytes: 8 * 1024,
        max_header_fields: 20,
        max_streams: 10,
        max_body_bytes: 1024,
        upgraded_idle_timeout: TOO_LONG,
        max_upgraded: 10,
        max_message_bytes: 1024,
        memory: Memory::new(1 << 30),
        trusted_proxies: Arc::default(),
        client_certificate: None,
    }
}

impl World {
    /// [`limits`], and those that the test sets.
    pub(super) async fn start(set: impl FnOnce(&mut Limits)) -> Self {
        let mut limits = limits();
        set(&mut limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stage, ends) = watch::channel(Stage::Open);
        let (ended_sender, ended) = mpsc::unbounded_channel();
        let handlers = Handlers {
            go_on: Arc::default(),
            has_come: Arc::default(),
            ended: ended_sender,
            shutdown: Shutdown::new(ends.clone()),
        };
        let (go_on, has_come) = (handlers.go_on.clone(), handlers.has_come.clone());
        let endpoint = make(move |request| handlers.clone().respond(request));
        let endpoint = Arc::new(WithLimits::new(endpoint.with(Problems::default())));
        let connections = Arc::new(Connections::new(limits.max_connections));
        let (probe, responder) = WatchdogProbe::with_responder();
        Self {
            address,
            stage,
            go_on,
            has_come,
            ended,
            connections: connections.clone(),
            server: tokio::spawn(serve(
                listener.into(),
                endpoint,
                limits,
                None,
                connections,
                ends,
                responder,
            )),
            probe,
        }
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Everything that is answered to these bytes until the server ends the connection.
    pub(super) async fn send_text(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        // The server may close the connection before it has read everything.
        let _ = stream.write_all(bytes.as_bytes()).await;
        receive(&mut stream).await
    }
}

/// Everything that arrives until the connection ends.
pub(super) async fn receive(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    let receiving = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            received.extend_from_slice(&buffer[..read]);
        }
    };
    let in_time = tokio::time::timeout(TOO_LONG, receiving).await.is_ok();
    let received = String::from_utf8_lossy(&received).into_owned();
    assert!(in_time, "the connection was not ended after {received:?}");
    received
}

/// One answer, which is complete when `end` has arrived.
pub(super) async fn receive_until(stream: &mut TcpStream, end: &str) -> String {
    let mut received = String::new();
    let receiving = async {
        while !received.ends_with(end) {
            let byte = stream.read_u8().await.unwrap();
            received.push(char::from(byte));
        }
    };
    let in_time = tokio::time::timeout(TOO_LONG, receiving).await.is_ok();
    assert!(in_time, "only {received:?}");
    received
}

pub(super) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

/// For what must end by itself.
pub(super) const TOO_LONG: Duration = Duration::from_secs(20);
