//! Streams and WebSockets through the host, by a client that writes its bytes by hand.

use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response};
use poem_openapi::payload::EventStream;
use poem_openapi::registry::{MetaResponse, MetaResponses, Registry};
use poem_openapi::{ApiResponse, Object, OpenApi};
use poem_resource_server::Application;
use poem_resource_server::guard::BearerAuth;
use poem_resource_server::testing::{Issuer, Listening, TestApplication};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TOO_LONG: Duration = Duration::from_secs(20);

/// A WebSocket that echoes, as a library of WebSockets would describe it.
struct Echo(Response);

impl ApiResponse for Echo {
    fn meta() -> MetaResponses {
        let upgraded = MetaResponse {
            description: "A WebSocket.",
            status: Some(101),
            status_range: None,
            content: vec![],
            headers: vec![],
        };
        MetaResponses {
            responses: vec![upgraded],
        }
    }

    fn register(_: &mut Registry) {}
}

impl IntoResponse for Echo {
    fn into_response(self) -> Response {
        self.0
    }
}

#[derive(Object)]
struct Tick {
    number: u32,
}

struct Live;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Live {
    #[oai(path = "/echo", method = "get", operation_id = "echo")]
    async fn echo(&self, _caller: BearerAuth, request: &Request) -> poem::Result<Echo> {
        let upgrade = request.take_upgrade()?;
        tokio::spawn(async move {
            let Ok(mut stream) = upgrade.await else {
                return;
            };
            let mut buffer = [0; 1024];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                if stream.write_all(&buffer[..read]).await.is_err() {
                    break;
                }
            }
        });
        Ok(Echo(
            Response::builder()
                .status(StatusCode::SWITCHING_PROTOCOLS)
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .finish(),
        ))
    }

    #[oai(path = "/ticks", method = "get", operation_id = "ticks")]
    async fn ticks(&self, _caller: BearerAuth) -> EventStream<BoxStream<'static, Tick>> {
        let two = stream::iter([1, 2]).map(|number| Tick { number });
        EventStream::new(two.chain(stream::pending()).boxed())
    }
}

pub fn live() -> Application {
    Application::new("Live", "1").api(|_| Live)
}

async fn listen(issuer: &Issuer) -> Listening {
    let test = TestApplication::new(live()).with_setting("http.shutdown_timeout", "1s");
    test.listen(issuer).await.unwrap()
}

/// Sends a request, and reads until `end` has come.
async fn ask(listening: &Listening, path: &str, fields: &str, end: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(listening.address()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let hearing = async {
        while !String::from_utf8_lossy(&received).contains(end) {
            let read = stream.read_buf(&mut received).await.unwrap();
            assert_ne!(read, 0, "{}", String::from_utf8_lossy(&received));
        }
    };
    let in_time = tokio::time::timeout(TOO_LONG, hearing).await;
    let received = String::from_utf8_lossy(&received).into_owned();
    assert!(in_time.is_ok(), "{received}");
    (stream, received)
}

pub const UPGRADE: &str = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The text message "hi", masked with zeros (RFC 6455 section 5.2).
const FRAME: &[u8] = &[0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];

#[tokio::test]
async fn a_web_socket_is_opened_with_a_token_in_either_place() {
    let issuer = Issuer::new();
    let listening = listen(&issuer).await;
    let token = issuer.token("");
    for (name, fields, protocol) in [
        (
            "the header",
            format!("authorization: Bearer {token}\r\n"),
            false,
        ),
        (
            "a protocol",
            format!("sec-websocket-protocol: bearer, {token}\r\n"),
            true,
        ),
    ] {
        let fields = format!("{UPGRADE}{fields}");
        let (mut stream, head) = ask(&listening, "/echo", &fields, "\r\n\r\n").await;
        stream.write_all(FRAME).await.unwrap();
        let mut echoed = [0; FRAME.len()];
        let echo = tokio::time::timeout(TOO_LONG, stream.read_exact(&mut echoed)).await;

        assert!(head.starts_with("HTTP/1.1 101 "), "{name}: {head}");
        assert_eq!(
            head.contains("sec-websocket-protocol: bearer"),
            protocol,
            "{name}"
        );
        assert!(!head.contains(&token), "{name}");
        assert!(echo.unwrap().is_ok() && echoed == FRAME, "{name}");
    }
    listening.stop().await;
}

#[tokio::test]
async fn a_web_socket_without_a_token_is_refused() {
    let issuer = Issuer::new();
    let listening = listen(&issuer).await;
    for (name, fields, reason) in [
        ("nothing", "", "missing_credentials"),
        (
            "a bad token",
            "sec-websocket-protocol: bearer, a.b.c\r\n",
            "bad_base64",
        ),
        (
            "another protocol",
            "sec-websocket-protocol: chat\r\n",
            "missing_credentials",
        ),
    ] {
        let fields = format!("{UPGRADE}{fields}");
        let (_, answer) = ask(&listening, "/echo", &fields, "}").await;

        assert!(answer.starts_with("HTTP/1.1 401 "), "{name}: {answer}");
        assert!(
            answer.contains(&format!("\"reason\":\"{reason}")),
            "{name}: {answer}"
        );
    }
    listening.stop().await;
}

#[tokio::test]
async fn events_come_one_by_one_to_a_caller_with_a_token() {
    let issuer = Issuer::new();
    let listening = listen(&issuer).await;
    let token = format!("authorization: Bearer {}\r\n", issuer.token(""));

    let (_stream, answer) = ask(&listening, "/ticks", &token, "\"number\":2").await;
    let (_, refused) = ask(&listening, "/ticks", "", "}").await;

    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        answer.contains("content-type: text/event-stream"),
        "{answer}"
    );
    assert!(answer.contains("\"number\":1"), "{answer}");
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
    listening.stop().await;
}
