//! What the server of the tests answers.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use http::header::{CONNECTION, UPGRADE};
use http::{Method, StatusCode};
use poem::{Body, Endpoint, IntoResponse, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, mpsc};

use super::super::Shutdown;
use super::world::TOO_LONG;
use crate::service::answers::{Answers, RequestLimits};

#[derive(Clone)]
pub(super) struct Handlers {
    pub(super) go_on: Arc<Notify>,
    pub(super) has_come: Arc<Notify>,
    pub(super) ended: mpsc::UnboundedSender<io::Result<()>>,
    pub(super) shutdown: Shutdown,
}

impl Handlers {
    pub(super) async fn respond(self, request: Request) -> poem::Result<Response> {
        Ok(match request.uri().path() {
            "/" => "done".into_response(),
            "/length" | "/roomy" => {
                let body = request.into_body().into_bytes().await?;
                body.len().to_string().into_response()
            }
            "/caller" => request.remote_addr().to_string().into_response(),
            "/wait" | "/patient" => {
                self.has_come.notify_one();
                self.go_on.notified().await;
                "waited".into_response()
            }
            "/stuck" => std::future::pending().await,
            // More than the kernel holds for a connection.
            "/large" => Response::builder().body(Body::from(vec![b'a'; 64 << 20])),
            "/ticks" => Response::builder().body(ticks(TICKS)),
            "/stalls" => Response::builder().body(ticks(usize::MAX)),
            "/echo" => self.echo(&request, false)?,
            "/echo-until-shutdown" => self.echo(&request, true)?,
            "/echo-refused" => {
                self.echo(&request, false)?;
                "done".into_response()
            }
            "/panic" => panic!("as the test wants it"),
            _ => return Err(poem::error::NotFoundError.into()),
        })
    }

    /// Echoes every message until the stream ends or, if it `obeys`, until the service shuts down.
    fn echo(self, request: &Request, obeys: bool) -> poem::Result<Response> {
        let upgrade = request.take_upgrade()?;
        tokio::spawn(async move {
            let Ok(mut stream) = upgrade.await else {
                return;
            };
            let echoing = async {
                let mut buffer = vec![0; 4096];
                loop {
                    let read = stream.read(&mut buffer).await?;
                    if read == 0 {
                        return Ok(());
                    }
                    stream.write_all(&buffer[..read]).await?;
                    stream.flush().await?;
                }
            };
            let ended = tokio::select! {
                ended = echoing => ended,
                () = self.shutdown.begun(), if obeys => Ok(()),
            };
            drop(stream);
            let _ = self.ended.send(ended);
        });
        let protocol = request.header(UPGRADE).unwrap_or_default();
        Ok(Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(CONNECTION, "upgrade")
            .header(UPGRADE, protocol)
            .finish())
    }
}

/// Sends a part immediately and after each [`TICK`]. After [`TICKS`] parts, it sends nothing more.
fn ticks(number: usize) -> Body {
    let every = tokio::time::interval(TICK);
    let parts = stream::unfold((every, 0), move |(mut every, past)| async move {
        if past == number {
            return None;
        }
        if past == TICKS {
            std::future::pending::<()>().await;
        }
        every.tick().await;
        Some((Ok::<_, io::Error>(Bytes::from("tick ")), (every, past + 1)))
    });
    Body::from_bytes_stream(parts.boxed())
}

/// Lets two operations have limits of their own.
pub(super) struct WithLimits<E>(Arc<E>);

impl<E> WithLimits<E> {
    pub(super) fn new(endpoint: E) -> Self {
        Self(Arc::new(endpoint))
    }
}

impl<E: Endpoint<Output = Response> + 'static> Answers for WithLimits<E> {
    fn answer(self: Arc<Self>, request: Box<Request>) -> BoxFuture<'static, Response> {
        self.0.clone().answer(request)
    }

    fn limits_of(&self, method: &Method, path: &str) -> RequestLimits {
        match (method, path) {
            (&Method::POST, "/roomy") => RequestLimits {
                max_body_bytes: Some(ROOMY),
                ..RequestLimits::default()
            },
            (_, "/patient") => RequestLimits {
                request_timeout: Some(TOO_LONG),
                ..RequestLimits::default()
            },
            _ => RequestLimits::default(),
        }
    }
}

/// How long the body of a request to `/roomy` may be.
pub(super) const ROOMY: usize = 64 * 1024;
/// The parts of a stream, and the time between two.
pub(super) const TICKS: usize = 15;
pub(super) const TICK: Duration = Duration::from_millis(100);
