//! Calls of `whoami` over HTTP/1.1 and HTTP/2, with header fields of any size.

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::World;

#[derive(Debug, Clone, Copy)]
pub enum Protocol {
    Http1,
    Http2,
}

pub const PROTOCOLS: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// The name and the value of a header field.
pub type Field = (&'static str, String);

impl Protocol {
    /// Calls with these header fields. Returns the status, and the reason of a refusal.
    pub async fn whoami(self, world: &World, fields: &[Field]) -> (u16, String) {
        let (status, body) = match self {
            Self::Http1 => over_http1(world, fields).await,
            Self::Http2 => over_http2(world, fields).await,
        };
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        let reason = problem["reason"].as_str().unwrap_or("none");
        (status, reason.to_owned())
    }
}

/// The service may answer before it has read the whole head.
async fn over_http1(world: &World, fields: &[Field]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let fields = (fields.iter()).fold(String::new(), |text, (name, value)| {
        format!("{text}{name}: {value}\r\n")
    });
    let address = world.address;
    let head = format!("GET /api/whoami HTTP/1.1\r\nhost: {address}\r\n{fields}\r\n");
    let _ = stream.write_all(head.as_bytes()).await;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(char::from(stream.read_u8().await.unwrap()));
    }
    let length = head
        .lines()
        .find_map(|it| it.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |it| it.parse().unwrap())];
    stream.read_exact(&mut body).await.unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body)
}

async fn over_http2(world: &World, fields: &[Field]) -> (u16, Vec<u8>) {
    let stream = TcpStream::connect(world.address).await.unwrap();
    let io = TokioIo::new(stream);
    let client = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await;
    let (mut sender, connection) = client.unwrap();
    let connection = tokio::spawn(connection);
    let url = format!("http://{}/api/whoami", world.address);
    let request = hyper::Request::get(url);
    let request = (fields.iter()).fold(request, |request, (name, value)| {
        request.header(*name, value)
    });
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await;
    connection.abort();
    (
        status,
        body.map(|it| it.to_bytes().to_vec()).unwrap_or_default(),
    )
}
