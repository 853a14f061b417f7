//! A server with small limits, and callers that write bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use poem::endpoint::make;
use poem::{Body, EndpointExt, IntoResponse, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::super::{Connections, Limits, Pulse, Stage, serve};
use crate::service::config::{Config, HttpConfig, Sources};
use crate::service::problems::Problems;

pub(super) struct World {
    pub(super) address: SocketAddr,
    pub(super) stage: watch::Sender<Stage>,
    /// Lets a request to `/wait` go on.
    pub(super) go_on: Arc<Notify>,
    /// Tells that a request to `/wait` has come.
    pub(super) has_come: Arc<Notify>,
    pub(super) server: JoinHandle<()>,
    pub(super) pulse: Pulse,
}

impl World {
    /// Heads of 8 KiB and 20 fields, bodies of 1 KiB; no other limit that a test would
    /// reach, but those that it sets.
    pub(super) async fn start(set: impl FnOnce(&mut HttpConfig)) -> Self {
        let mut config = Config::load(&Sources::default()).unwrap().http;
        config.max_head_bytes = 8 * 1024;
        config.max_header_fields = 20;
        config.max_body_bytes = 1024;
        set(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stage, ends) = watch::channel(Stage::Open);
        let (go_on, has_come) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (wait, come) = (go_on.clone(), has_come.clone());
        let endpoint = make(move |request| respond(request, wait.clone(), come.clone()))
            .with(Problems::default());
        let endpoint = Arc::new(endpoint);
        let limits = Limits::new(&config);
        let connections = Arc::new(Connections::new(limits.max_connections));
        let (pulse, heart) = Pulse::of_heart();
        Self {
            address,
            stage,
            go_on,
            has_come,
            server: tokio::spawn(serve(
                listener.into(),
                endpoint,
                limits,
                None,
                connections,
                ends,
                heart,
            )),
            pulse,
        }
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Everything that is answered to these bytes until the server ends the connection.
    pub(super) async fn say(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        // The server may hang up before it has heard all.
        let _ = stream.write_all(bytes.as_bytes()).await;
        hear(&mut stream).await
    }
}

/// What comes until the connection ends.
pub(super) async fn hear(stream: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    let hearing = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            heard.extend_from_slice(&buffer[..read]);
        }
    };
    let in_time = tokio::time::timeout(TOO_LONG, hearing).await.is_ok();
    let heard = String::from_utf8_lossy(&heard).into_owned();
    assert!(in_time, "the connection was not ended after {heard:?}");
    heard
}

/// One answer, which is complete when `end` has come.
pub(super) async fn hear_until(stream: &mut TcpStream, end: &str) -> String {
    let mut heard = String::new();
    let hearing = async {
        while !heard.ends_with(end) {
            let byte = stream.read_u8().await.unwrap();
            heard.push(char::from(byte));
        }
    };
    let in_time = tokio::time::timeout(TOO_LONG, hearing).await.is_ok();
    assert!(in_time, "only {heard:?}");
    heard
}

pub(super) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("none")
}

async fn respond(
    request: Request,
    go_on: Arc<Notify>,
    has_come: Arc<Notify>,
) -> poem::Result<Response> {
    Ok(match request.uri().path() {
        "/" => "done".into_response(),
        "/length" => {
            let body = request.into_body().into_bytes().await?;
            body.len().to_string().into_response()
        }
        "/caller" => request.remote_addr().to_string().into_response(),
        "/wait" => {
            has_come.notify_one();
            go_on.notified().await;
            "waited".into_response()
        }
        // More than the kernel holds for a connection.
        "/large" => Response::builder().body(Body::from(vec![b'a'; 64 << 20])),
        "/panic" => panic!("as the test wants it"),
        _ => return Err(poem::error::NotFoundError.into()),
    })
}

/// For what must end by itself.
pub(super) const TOO_LONG: Duration = Duration::from_secs(20);
