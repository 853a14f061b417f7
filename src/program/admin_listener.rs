//! Sends one request to a listener of the running service on this machine.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::Bytes;
use http::header::{CONNECTION, HOST};
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use crate::service::config::{Config, Listen};

/// The listener for operators, if it is enabled and has a name.
pub(crate) fn configured(config: &Config) -> Option<Listen> {
    let is_named =
        |listener: &&Listen| listener.address().is_none_or(|address| address.port() != 0);
    let listener = config.admin.listen.as_ref().filter(is_named)?;
    Some(reachable(listener))
}

/// An unspecified address means all addresses of this machine, so nothing can connect to it.
pub(crate) fn reachable(listener: &Listen) -> Listen {
    let Some(address) = listener.address() else {
        return listener.clone();
    };
    let loopback: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    if address.ip().is_unspecified() {
        SocketAddr::new(loopback, address.port()).into()
    } else {
        address.into()
    }
}

/// Sends a request. The body of the response is `None` if it is larger than `max_bytes`.
pub(crate) async fn send(
    listener: &Listen,
    request: Request<Full<Bytes>>,
    max_bytes: usize,
) -> io::Result<(StatusCode, Option<Bytes>)> {
    match listener {
        Listen::Address(address) => {
            exchange(TcpStream::connect(address).await?, request, max_bytes).await
        }
        Listen::Unix(path) => exchange(UnixStream::connect(path).await?, request, max_bytes).await,
    }
}

async fn exchange<S>(
    stream: S,
    mut request: Request<Full<Bytes>>,
    max_bytes: usize,
) -> io::Result<(StatusCode, Option<Bytes>)>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("localhost"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await;
    let response = response.map_err(io::Error::other)?;
    let status = response.status();
    let body = Limited::new(response.into_body(), max_bytes)
        .collect()
        .await;
    connection.abort();
    Ok((status, body.ok().map(http_body_util::Collected::to_bytes)))
}
