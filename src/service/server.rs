//! Accepts connections and drives Poem endpoints with hyper.
//!
//! Poem's own server has no timer, so a half-sent head would hold a connection for ever,
//! no cap on connections, and spins when an accept fails. The life of this one, top to
//! bottom:
//!
//! 1. Wait for a place; when there is none, idle connections make room (`places`).
//! 2. Accept, with a pause when the machine has run out of something (`listener`).
//! 3. Shake hands, where there is TLS (`tls`).
//! 4. Answer requests (`answer`), within what a connection may take (`pace`).
//! 5. Stopped: accept no more, let requests in flight finish, cut what is left.

mod answer;
mod limits;
mod listener;
mod origin;
mod pace;
mod paced;
mod places;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use http::uri::Scheme;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use poem::Response;
use poem::endpoint::DynEndpoint;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::warn;

use answer::Answerer;
use listener::Stream;
use origin::Origin;
use pace::Pace;
use paced::Paced;
use places::{Place, Places};

pub(super) use limits::Limits;
pub use listener::Listener;
pub use tls::TlsError;
pub(super) use tls::{Certificate, Tls};

/// How far the end of a service has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Callers are welcome.
    Open,
    /// Callers are served, and asked to come back on another connection.
    Draining,
    /// Nobody new is let in.
    Closed,
}

/// Serves until `stage` is [`Stage::Closed`], and then lets requests in flight finish.
pub(super) async fn serve(
    listener: Listener,
    endpoint: Arc<dyn DynEndpoint<Output = Response>>,
    limits: Limits,
    tls: Option<Tls>,
    mut stage: watch::Receiver<Stage>,
) {
    let server = Arc::new(Server {
        answerer: Answerer::new(endpoint, &limits, stage.clone()),
        builder: builder(&limits),
        places: Places::new(limits.max_connections),
        limits,
        tls,
    });
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let (place, stream) = tokio::select! {
            _ = stage.wait_for(|stage| *stage == Stage::Closed) => break,
            accepted = accept(&listener, &server.places) => accepted,
        };
        let connection = server.clone().serve(stream, place, graceful.watcher());
        connections.spawn(connection);
    }
    drop(listener);
    let finished = graceful.shutdown();
    if tokio::time::timeout(server.limits.shutdown_timeout, finished)
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
async fn accept(listener: &Listener, places: &Places) -> (Place, Stream) {
    let place = places.take().await;
    (place, listener.accept().await)
}

struct Server {
    answerer: Answerer,
    builder: auto::Builder<TokioExecutor>,
    places: Places,
    limits: Limits,
    tls: Option<Tls>,
}

impl Server {
    async fn serve(self: Arc<Self>, stream: Stream, place: Place, watcher: Watcher) {
        match stream {
            Stream::Tcp(stream, peer) => self.secure(stream, Some(peer), watcher).await,
            Stream::Unix(stream) => self.secure(stream, None, watcher).await,
        }
        drop(place);
    }

    async fn secure<S>(&self, stream: S, address: Option<SocketAddr>, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let origin = |scheme| Origin { address, scheme };
        let Some(tls) = &self.tls else {
            return self.converse(stream, origin(Scheme::HTTP), watcher).await;
        };
        let shaken = tokio::time::timeout(self.limits.header_timeout, tls.shake_hands(stream));
        if let Ok(Ok(stream)) = shaken.await {
            self.converse(stream, origin(Scheme::HTTPS), watcher).await;
        }
    }

    async fn converse<S>(&self, stream: S, origin: Origin, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let pace = Arc::new(Pace::new(&self.limits));
        let (answerer, in_flight) = (self.answerer.clone(), pace.clone());
        let service = service_fn(move |request| {
            answerer
                .clone()
                .answer(request, origin.clone(), in_flight.clone())
        });
        let io = TokioIo::new(Paced::new(stream, pace.clone()));
        let connection = self.builder.serve_connection(io, service);
        // A caller that breaks the protocol, hangs up or is too slow is not our error.
        tokio::select! {
            _ = watcher.watch(connection) => {}
            () = pace.exhausted(&self.places) => {}
        }
    }
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // `pace` tells a slow head from an idle connection.
        .header_read_timeout(None)
        .max_buf_size(limits.max_head_bytes)
        .max_headers(limits.max_header_fields);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.max_head_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(MAX_STREAMS)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_RESETS)
        .keep_alive_interval(limits.keep_alive / 2)
        .keep_alive_timeout(limits.header_timeout);
    builder
}

/// Requests at once on one HTTP/2 connection.
const MAX_STREAMS: u32 = 100;
/// Streams reset before they were looked at, and by our own errors (CVE-2023-44487).
const MAX_RESETS: usize = 20;

#[cfg(test)]
mod tests;
