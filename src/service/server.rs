//! Accepts connections and drives Poem endpoints with hyper.
//!
//! Poem's own server has no timer, so a half-sent head would keep a connection open without limit,
//! no cap on connections, and spins when an accept fails. The life of this one, top to
//! bottom:
//!
//! 1. Wait for a place; when there is none, idle connections make room (`places`).
//! 2. Accept, with a pause when the machine has run out of something (`listener`).
//! 3. Shake hands, where there is TLS (`tls`).
//! 4. Read which version of HTTP the connection speaks (`beginning`).
//! 5. Answer requests (`answer`), with HTTP/2 as streams (`streams`), within what a connection may use
//!    (`pace`).
//! 6. Wait for the end of a connection that a handler has upgraded (`upgrades`).
//! 7. Stopped: accept no more, let requests in flight finish, cut what is left.

mod answer;
mod any_certificate;
mod aside;
mod beginning;
mod certificate_header;
mod connections;
mod counted_body;
mod frames;
#[cfg(fuzzing)]
mod fuzzing;
mod in_flight;
mod limits;
mod listener;
mod memory;
mod messages;
mod origin;
mod pace;
mod paced;
mod places;
mod presented;
mod protocols;
mod proxies;
mod stage;
mod streams;
mod tls;
mod upgrade;
mod upgrades;
mod upload;
mod watchdog;
mod wire;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Either as EitherFuture;
use http::uri::Scheme;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tracing::warn;

use super::answers::Answers;
use crate::guard::ClientCertificate;
use answer::Answerer;
use aside::Aside;
use beginning::{Beginning, Protocol};
pub(super) use connections::Connections;
use listener::Stream;
use origin::Origin;
use pace::Pace;
use paced::Paced;
use places::{Place, Places};
use protocols::{http1, http2};
use streams::Streams;
use upgrades::Upgrades;
use wire::Wire;

pub use certificate_header::{CertificateFormat, CertificateHeader};
pub(super) use limits::Limits;
pub use listener::Listener;
pub(super) use memory::Memory;
pub use proxies::{ForwardedHeader, TrustedProxies};
pub use stage::Shutdown;
pub(super) use stage::Stage;
pub(super) use tls::{Certificate, Suites, Tls, TlsFiles};
pub use tls::{ClientAuth, TlsError};
pub use watchdog::WatchdogProbe;
pub(super) use watchdog::WatchdogResponder;
#[cfg(fuzzing)]
pub use {fuzzing::charge_after, origin::caller_behind_proxy};

/// Serves until `stage` is [`Stage::Closed`], and then lets requests in flight finish.
pub(super) async fn serve(
    listener: Listener,
    endpoint: Arc<dyn Answers>,
    limits: Limits,
    tls: Option<Tls>,
    connections: Arc<Connections>,
    mut stage: watch::Receiver<Stage>,
    mut responder: WatchdogResponder,
) {
    let upgrades = Upgrades::new(connections.clone(), &limits);
    let server = Arc::new(Server {
        answerer: Arc::new(Answerer::new(endpoint, &limits, upgrades, stage.clone())),
        places: Places::new(limits.max_connections),
        connections,
        stage: stage.clone(),
        limits,
        tls,
    });
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let (place, accepted) = tokio::select! {
            _ = stage.wait_for(Stage::is_closed) => break,
            () = responder.respond() => continue,
            accepted = accept(&listener, &server) => accepted,
        };
        connections.spawn(server.clone().serve(accepted, place));
    }
    // Connections in the backlog would be reset with the listener.
    while let Some((place, accepted)) = accept(&listener, &server).now_or_never() {
        connections.spawn(server.clone().serve(accepted, place));
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    let in_time = tokio::select! {
        in_time = tokio::time::timeout(server.limits.shutdown_timeout, finished) => in_time,
        never = responder.keep_responding() => match never {},
    };
    if in_time.is_err() {
        warn!(
            connections = connections.len(),
            "connections cut at shutdown"
        );
    }
}

/// The next connection, once there is a place for it: the rest wait in the kernel's queue.
async fn accept(listener: &Listener, server: &Server) -> (Place, Accepted) {
    let place = server.places.take().await;
    while !server.limits.memory.may_accept() {
        tokio::time::sleep(BUDGET_CHECK_INTERVAL).await;
    }
    (place, listener.accept(|| server.places.ask()).await)
}

/// A connection and the address of its peer, over TCP.
type Accepted = (Stream, Option<SocketAddr>);

/// A connection after its handshake, if it has TLS.
type Secured = Either<Stream, Box<TlsStream<Wire<Stream>>>>;

struct Server {
    answerer: Arc<Answerer>,
    places: Places,
    connections: Arc<Connections>,
    stage: watch::Receiver<Stage>,
    limits: Limits,
    tls: Option<Tls>,
}

impl Server {
    async fn serve(self: Arc<Self>, (stream, address): Accepted, place: Place) {
        let entered = self.connections.enter();
        self.secure(stream, address).await;
        drop((place, entered));
    }

    async fn secure(&self, stream: Stream, address: Option<SocketAddr>) {
        let pace = Arc::new(Pace::new(&self.limits));
        // Without the box, the room for the handshake would be kept as long as the connection.
        let secured = match &self.tls {
            None => Some((Either::Left(stream), None)),
            Some(tls) => Box::pin(self.handshake(tls, stream, &pace)).await,
        };
        let Some((stream, certificate)) = secured else {
            return;
        };
        let scheme = match stream {
            Either::Left(_) => Scheme::HTTP,
            Either::Right(_) => Scheme::HTTPS,
        };
        let origin = Origin { address, scheme };
        self.answer(stream, origin, certificate, &pace).await;
        pace.stream_end().await;
    }

    async fn handshake(
        &self,
        tls: &Tls,
        stream: Stream,
        pace: &Arc<Pace>,
    ) -> Option<(Secured, Option<ClientCertificate>)> {
        pace.begin_handshake();
        let wire = Wire::new(stream, pace.clone());
        let stream = tokio::select! {
            biased;
            shaken = tls.handshake(wire) => shaken.ok()?,
            () = pace.exhausted(&self.places) => return None,
        };
        pace.end_handshake();
        let certificate = tls::client_certificate(&stream);
        Some((Either::Right(Box::new(stream)), certificate))
    }

    /// Answers until the caller hangs up, breaks the protocol or has taken too much, none of
    /// which is our error, or until a handler takes the stream, or until shutdown, when what
    /// is in flight is finished.
    async fn answer(
        &self,
        stream: Secured,
        origin: Origin,
        certificate: Option<ClientCertificate>,
        pace: &Arc<Pace>,
    ) {
        let exhausted = pin!(pace.exhausted(&self.places));
        let mut exhausted = Aside::new(exhausted);
        let mut stage = self.stage.clone();
        let last_call = pin!(async {
            let _ = stage.wait_for(Stage::is_closed).await;
            // In a box, because only the end of the server needs the room.
            Box::pin(pace.first_request()).await;
        });
        let mut last_call = Aside::new(last_call);
        let mut stream = Beginning::new(Paced::new(stream, pace.clone()));
        let protocol = tokio::select! {
            biased;
            protocol = poll_fn(|context| pace.during(|| stream.poll_protocol(context))) => protocol,
            () = &mut exhausted => return,
            () = &mut last_call => return,
        };
        let (answerer, in_flight) = (self.answerer.clone(), pace.clone());
        let service =
            service_fn(move |request| answerer.answer(request, &origin, certificate, &in_flight));
        let (io, streams) = (TokioIo::new(stream), Streams::default());
        let mut connection = pin!(match protocol {
            Err(_) => return,
            Ok(Protocol::Http1) => {
                let connection = http1(&self.limits).serve_connection(io, service);
                EitherFuture::Left(connection.with_upgrades())
            }
            Ok(Protocol::Http2) => {
                let builder = http2(&self.limits, streams.clone());
                // In a box, because it is twice as large as that of HTTP/1.1, and most are of HTTP/1.1.
                EitherFuture::Right(Box::pin(builder.serve_connection(io, service)))
            }
        });
        tokio::select! {
            biased;
            _ = poll_fn(|context| pace.during(|| streams.poll(connection.as_mut(), context))) => return,
            () = &mut exhausted => return,
            () = last_call => match connection.as_mut().as_pin_mut() {
                EitherFuture::Left(http1) => http1.graceful_shutdown(),
                EitherFuture::Right(http2) => http2.get_mut().as_mut().graceful_shutdown(),
            },
        }
        tokio::select! {
            biased;
            _ = poll_fn(|context| pace.during(|| streams.poll(connection.as_mut(), context))) => {}
            () = exhausted => {}
        }
    }
}

/// The time between two checks of a budget without room.
const BUDGET_CHECK_INTERVAL: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests;
