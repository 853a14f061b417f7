//! `[http]`, `[admin]` and `[dev]`: the doors of the service.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use figment::value::Value;

use super::limits::{
    AT_LEAST_A_MOMENT, BODY_SIZE, FROM_ZERO, HEAD_SIZE, HEADER_FIELDS, MAX_CONNECTIONS,
    MAX_STREAMS, MAX_UPGRADED, MEMORY, MESSAGE_SIZE,
};
use super::listen::{Listen, address, socket_mode};
use super::proxies::{ForwardedHeader, TrustedProxies};
use super::tls::TlsConfig;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The door for callers.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Where the service listens.
    pub listen: Listen,
    /// The mode of the file, where `listen` is a Unix socket.
    pub socket_mode: u32,
    /// The address callers use, when it is not `listen`.
    pub public_url: Option<PublicUrl>,
    /// How many connections are held at once; at most 1,000,000.
    pub max_connections: NonZeroU32,
    /// How long a request's head may take to arrive.
    pub header_timeout: Duration,
    /// How long a request may take to be answered, and the answer to be taken.
    pub request_timeout: Duration,
    /// How long a connection may be idle between two requests.
    pub keep_alive: Duration,
    /// How long a request's head may be.
    pub max_head_bytes: usize,
    /// How many header fields a request may have.
    pub max_header_fields: u32,
    /// How many requests one HTTP/2 connection may have in flight; at most 1,000.
    pub max_streams: NonZeroU32,
    /// How long a request's body may be.
    pub max_body_bytes: usize,
    /// What callers may make the process hold, all together.
    pub memory_bytes: usize,
    /// How long callers are still served once the end is announced.
    pub drain_delay: Duration,
    /// How long requests in flight may take to finish; zero cuts them at once.
    pub shutdown_timeout: Duration,
    /// How long an upgraded connection may be idle.
    pub upgraded_idle_timeout: Duration,
    /// How many upgraded connections are held at once; at most 1,000,000.
    pub max_upgraded: NonZeroU32,
    /// The maximum size of one message on an upgraded connection.
    pub max_message_bytes: usize,
    /// Whether other processes may listen on the same port.
    pub reuse_port: bool,
    /// The proxies that are believed when they name the caller, and the header they write.
    pub trusted_proxies: TrustedProxies,
    /// The certificate, where the service speaks TLS.
    pub tls: Option<TlsConfig>,
}

/// The door for operators.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// Where metrics are read; `None` when switched off.
    pub listen: Option<Listen>,
}

/// The door of the embedded issuer.
#[derive(Debug, Clone)]
pub struct DevConfig {
    /// Where it listens; on loopback always.
    pub listen: SocketAddr,
}

/// The address under which callers know the service: http or https, with neither query,
/// fragment nor a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl HttpConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        let mut time = |key, range| reader.read(key, |it| value::duration(it, &range));
        let header_timeout = time("http.header_timeout", AT_LEAST_A_MOMENT);
        let request_timeout = time("http.request_timeout", AT_LEAST_A_MOMENT);
        let keep_alive = time("http.keep_alive", AT_LEAST_A_MOMENT);
        let upgraded_idle_timeout = time("http.upgraded_idle_timeout", AT_LEAST_A_MOMENT);
        let drain_delay = time("http.drain_delay", FROM_ZERO);
        let shutdown_timeout = time("http.shutdown_timeout", FROM_ZERO);
        let mut size = |key, range| reader.read(key, |it| value::bytes(it, &range));
        let max_head_bytes = size("http.max_head_size", HEAD_SIZE);
        let max_body_bytes = size("http.max_body_size", BODY_SIZE);
        let memory_bytes = size("http.memory", MEMORY);
        let max_message_bytes = size("http.max_message_size", MESSAGE_SIZE);
        let forwarded_header = reader.read("http.forwarded_header", ForwardedHeader::parse);
        let trusted_proxies = reader.read("http.trusted_proxies", TrustedProxies::parse);
        Self {
            listen: reader.read("http.listen", Listen::parse),
            socket_mode: reader.read("http.socket_mode", socket_mode),
            public_url: reader.read_optional("http.public_url", PublicUrl::parse),
            max_connections: reader.read("http.max_connections", |it| count(it, MAX_CONNECTIONS)),
            upgraded_idle_timeout,
            max_upgraded: reader.read("http.max_upgraded", |it| count(it, MAX_UPGRADED)),
            max_message_bytes,
            header_timeout,
            request_timeout,
            keep_alive,
            max_head_bytes,
            max_header_fields: reader.read("http.max_header_fields", |it| {
                value::number(it, HEADER_FIELDS)
            }),
            max_streams: reader.read("http.max_streams", |it| count(it, MAX_STREAMS)),
            max_body_bytes,
            memory_bytes,
            drain_delay,
            shutdown_timeout,
            reuse_port: reader.read("http.reuse_port", value::boolean),
            trusted_proxies: trusted_proxies.reading(forwarded_header),
            tls: TlsConfig::read(reader),
        }
    }
}

impl AdminConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        let listen = reader.read("admin.listen", |value| match value.as_str() {
            Some("off") => Ok(None),
            _ => Listen::parse(value).map(Some),
        });
        Self { listen }
    }
}

impl DevConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        let listen = reader.read("dev.listen", |value| {
            let listen = address(value)?;
            if listen.ip().is_loopback() {
                return Ok(listen);
            }
            let port = listen.port();
            Err(Fault::new("must be on loopback").fix(format!("write \"127.0.0.1:{port}\"")))
        });
        Self { listen }
    }
}

impl PublicUrl {
    fn parse(value: &Value) -> Result<Self, Fault> {
        let url = value::web_url(value, "write it as \"https://api.example.com\"")?;
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The address, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn count(value: &Value, most: u32) -> Result<NonZeroU32, Fault> {
    let count = value::number(value, 1..=most)?;
    NonZeroU32::new(count).ok_or_else(|| Fault::new("must not be zero"))
}
