//! `health`: the state of the running service, for health checks without another program.
//!
//! 1. The request goes to the admin listener, where no caller waits for a place. Without one, it
//!    goes to the listener for callers.
//! 2. For an unspecified address, the request goes to the loopback address.
//! 3. There is one request, one line of output, and a deadline of a few seconds.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crate::service::config::{Config, Listen};
use bytes::Bytes;
use http::header::{CONNECTION, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use crate::program::command_line::HealthOptions;
use crate::program::failure::Failure;
use crate::program::output;

pub(crate) async fn ask(config: Config, options: HealthOptions) -> Result<(), Failure> {
    let question = Question {
        listener: listener(&config)?,
        path: if options.live { "/livez" } else { "/readyz" },
    };
    let answer = match tokio::time::timeout(DEADLINE, question.ask()).await {
        Ok(Ok((StatusCode::OK, Some(text)))) => {
            return output::print(&format!("{question}: {text}\n"));
        }
        Ok(Ok((status, text))) => {
            let text = text
                .as_deref()
                .unwrap_or("with a body that is none of ours");
            format!("{}, {text}", status.as_u16())
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer in {DEADLINE:?}"),
    };
    Err(Failure::NotHealthy {
        url: question.to_string(),
        what: answer,
    })
}

fn listener(config: &Config) -> Result<Listen, Failure> {
    let is_named =
        |listener: &&Listen| listener.address().is_none_or(|address| address.port() != 0);
    let operators = config.admin.listen.as_ref().filter(is_named);
    let listener = match (operators, &config.http.tls) {
        (Some(listener), _) => listener.clone(),
        (_, None) => config.http.listen.clone(),
        // The certificate is for the name that callers use, and the service may require theirs.
        (_, Some(_)) => {
            return Err(Failure::NoListener(
                "the service uses TLS; set `admin.listen` to an address and a port, \
                 as in \"127.0.0.1:9464\"",
            ));
        }
    };
    match listener {
        Listen::Address(address) if address.port() == 0 => Err(Failure::NoListener(
            "`http.listen` and `admin.listen` name no port; set one of them, \
             as in \"127.0.0.1:9464\"",
        )),
        Listen::Address(address) => Ok(reachable(address).into()),
        Listen::Unix(_) => Ok(listener),
    }
}

/// An unspecified address means all addresses of this machine, so nothing can connect to it.
fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    if address.ip().is_unspecified() {
        SocketAddr::new(loopback, address.port())
    } else {
        address
    }
}

struct Question {
    listener: Listen,
    path: &'static str,
}

impl Question {
    async fn ask(&self) -> io::Result<(StatusCode, Option<String>)> {
        match &self.listener {
            Listen::Address(address) => self.send(TcpStream::connect(address).await?).await,
            Listen::Unix(path) => self.send(UnixStream::connect(path).await?).await,
        }
    }

    async fn send<S>(&self, stream: S) -> io::Result<(StatusCode, Option<String>)>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let request = Request::get(self.path)
            .header(HOST, "localhost")
            .header(CONNECTION, "close")
            .body(Empty::<Bytes>::new())
            .map_err(io::Error::other)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        let connection = tokio::spawn(connection);
        let response = sender.send_request(request).await;
        let response = response.map_err(io::Error::other)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect();
        let text = body.await.ok().map(|body| one_line(&body.to_bytes()));
        connection.abort();
        Ok((status, text))
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.listener {
            Listen::Address(address) => write!(f, "http://{address}{}", self.path),
            Listen::Unix(_) => write!(f, "{} {}", self.listener, self.path),
        }
    }
}

/// The first line, without what a terminal would obey.
fn one_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().next().unwrap_or_default();
    line.chars().filter(|it| !it.is_control()).collect()
}

const DEADLINE: Duration = Duration::from_secs(3);
const MAX_ANSWER_BYTES: usize = 16 * 1024;
