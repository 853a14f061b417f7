//! Accepts connections and drives Poem endpoints with hyper.
//!
//! Poem's own server has no timer, so a half-sent head would hold a connection for ever,
//! no cap on connections, and spins when an accept fails. The life of this one, top to
//! bottom: wait for a place, accept, serve with deadlines, and at the end let requests in
//! flight finish.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::uri::Scheme;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use poem::endpoint::DynEndpoint;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, IntoResponse, Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tracing::warn;

use super::config::HttpConfig;
use super::problems::problem;

/// What one listener's callers may take.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    max_connections: usize,
    header_timeout: Duration,
    request_timeout: Duration,
    shutdown_timeout: Duration,
}

impl Limits {
    pub(super) fn new(config: &HttpConfig) -> Self {
        Self {
            max_connections: config.max_connections.get() as usize,
            header_timeout: config.header_timeout,
            request_timeout: config.request_timeout,
            shutdown_timeout: config.shutdown_timeout,
        }
    }
}

/// Serves until the sender of `stopped` is gone, then drains.
pub(super) async fn serve(
    listener: TcpListener,
    endpoint: Arc<dyn DynEndpoint<Output = Response>>,
    limits: Limits,
    mut stopped: watch::Receiver<()>,
) {
    let builder = connection_builder(&limits);
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            _ = stopped.changed() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (stream, remote, place) = accepted;
        let local = stream.local_addr().ok();
        let endpoint = endpoint.clone();
        let request_timeout = limits.request_timeout;
        let service = service_fn(move |request| {
            answer(endpoint.clone(), request, local, remote, request_timeout)
        });
        let connection = builder
            .serve_connection(TokioIo::new(stream), service)
            .into_owned();
        let connection = graceful.watch(connection);
        connections.spawn(async move {
            // A caller that breaks the protocol or hangs up is not our error.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown_timeout, graceful.shutdown())
        .await
        .is_err()
    {
        warn!(
            connections = connections.len(),
            "connections cut at shutdown"
        );
    }
}

/// The next connection, once there is a place for it: the rest wait in the kernel's queue.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit) {
    let place = places
        .clone()
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                let _ = stream.set_nodelay(true);
                return (stream, remote, place);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                warn!(%error, "connection not accepted");
                // Descriptors have run out: trying again at once would only spin.
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn connection_builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(MAX_HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEADER_LIST_BYTES)
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(limits.header_timeout)
        .keep_alive_timeout(limits.header_timeout);
    builder
}

async fn answer(
    endpoint: Arc<dyn DynEndpoint<Output = Response>>,
    request: http::Request<Incoming>,
    local: Option<SocketAddr>,
    remote: SocketAddr,
    timeout: Duration,
) -> Result<hyper::Response<BoxBody<Bytes, io::Error>>, Infallible> {
    let local = LocalAddr(local.map_or_else(|| Addr::custom("tcp", ""), Addr::from));
    let request = Request::from((request, local, RemoteAddr(Addr::from(remote)), Scheme::HTTP));
    let response = match tokio::time::timeout(timeout, endpoint.call(request)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => error.into_response(),
        Err(_) => problem(StatusCode::REQUEST_TIMEOUT).into_response(),
    };
    Ok(response.into())
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADER_LIST_BYTES: u32 = 16 * 1024;
const MAX_STREAMS: u32 = 100;
