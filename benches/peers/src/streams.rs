//! Server-sent events and WebSockets that say nothing but the comments and pings that keep them
//! open: by axum, and by our host.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::extract::WebSocketUpgrade;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::stream::{self, BoxStream, StreamExt};
use poem::web::websocket::WebSocket;
use poem::{IntoResponse, Route, handler};
use poem_openapi::payload::EventStream;
use poem_openapi::{Object, OpenApi};
use poem_resource_server::Application;
use tokio::net::TcpListener;

use crate::Done;

/// axum's.
pub async fn axum(port: u16) -> Done {
    let events = || async {
        let none = stream::pending::<Result<Event, Infallible>>();
        Sse::new(none).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
    };
    let socket = |upgrade: WebSocketUpgrade| async {
        upgrade
            .on_upgrade(|mut socket| async move { while let Some(Ok(_)) = socket.recv().await {} })
    };
    let routes = Router::new()
        .route("/events", get(events))
        .route("/live", get(socket));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    Ok(axum::serve(listener, routes).await?)
}

/// Ours, with the settings of the environment.
pub fn ours() -> Done {
    let application = Application::new("streams", env!("CARGO_PKG_VERSION"))
        .api(|_| Live)
        .open_routes("/live", |_| Route::new().at("/", live));
    match application.run() {
        code if code == ExitCode::SUCCESS => Ok(()),
        _ => Err("the service has failed".into()),
    }
}

#[derive(Object)]
struct Tick {
    number: u32,
}

struct Live;

#[OpenApi]
impl Live {
    /// Sends nothing.
    #[oai(path = "/events", method = "get", operation_id = "events")]
    async fn events(&self) -> EventStream<BoxStream<'static, Tick>> {
        EventStream::new(stream::pending().boxed()).keep_alive(KEEP_ALIVE)
    }
}

/// Receives until the client ends.
#[handler]
fn live(socket: WebSocket) -> impl IntoResponse {
    socket.on_upgrade(|mut socket| async move { while let Some(Ok(_)) = socket.next().await {} })
}

const KEEP_ALIVE: Duration = Duration::from_secs(15);
