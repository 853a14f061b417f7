//! What nothing built on it can beat: hyper alone, and poem's router alone. Neither looks at a
//! token.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::http::{HeaderMap, HeaderName};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use poem::listener::TcpListener as PoemListener;
use poem::{Route, Server, get, handler};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::{Done, GREETING, HELLO};

/// The answers to repeat, by path: headers and body.
#[derive(Deserialize)]
struct Answer {
    headers: HashMap<String, String>,
    body: String,
}

/// Which protocol a connection has from its first byte.
#[derive(Clone, Copy)]
pub enum Protocol {
    Http1,
    Http2,
}

/// Repeats answers of ours, byte for byte.
pub async fn hyper(port: u16, protocol: Protocol) -> Done {
    let file = std::fs::read(std::env::var("ANSWERS")?)?;
    let answers: HashMap<String, Answer> = serde_json::from_slice(&file)?;
    let mut ready: HashMap<String, (HeaderMap, Bytes)> = HashMap::new();
    for (path, answer) in answers {
        let mut headers = HeaderMap::new();
        for (name, value) in answer.headers {
            headers.insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
        ready.insert(path, (headers, answer.body.into()));
    }
    let ready = Arc::new(ready);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let ready = ready.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut response = Response::new(Full::default());
            match ready.get(request.uri().path()) {
                Some((headers, body)) => {
                    *response.headers_mut() = headers.clone();
                    *response.body_mut() = Full::new(body.clone());
                }
                None => *response.status_mut() = StatusCode::NOT_FOUND,
            }
            async { Ok::<_, Infallible>(response) }
        });
        let stream = TokioIo::new(stream);
        match protocol {
            Protocol::Http1 => {
                tokio::spawn(http1::Builder::new().serve_connection(stream, service));
            }
            Protocol::Http2 => {
                let builder = http2::Builder::new(TokioExecutor::new());
                tokio::spawn(builder.serve_connection(stream, service));
            }
        }
    }
}

#[handler]
fn hello() -> poem::web::Json<HashMap<&'static str, &'static str>> {
    poem::web::Json(HashMap::from([("message", GREETING)]))
}

/// Greets.
pub async fn poem(port: u16) -> Done {
    let routes = Route::new().at(HELLO, get(hello));
    let listener = PoemListener::bind((Ipv4Addr::LOCALHOST, port));
    Ok(Server::new(listener).run(routes).await?)
}
