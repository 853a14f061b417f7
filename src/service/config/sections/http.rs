//! `[http]` and `[admin]`: the listeners of the service.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use figment::value::Value;

use super::limits::{
    BODY_SIZE, FROM_ZERO, HEAD_SIZE, HEADER_FIELDS, MAX_CONNECTIONS, MAX_STREAMS, MAX_UPGRADED,
    MEMORY, MESSAGE_SIZE, POSITIVE,
};
use super::listen::{Listen, socket_mode};
use super::proxies::{CertificateHeader, ForwardedHeader, TrustedProxies, client_certificate};
use super::tls::{ClientAuth, TlsConfig};
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The listener for callers.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// The address of the service.
    pub listen: Listen,
    /// The mode of the socket's file, if `listen` is a Unix socket.
    pub socket_mode: u32,
    /// The URL that callers use, if it differs from `listen`.
    pub public_url: Option<PublicUrl>,
    /// The maximum number of open connections; at most 1,000,000.
    pub max_connections: NonZeroU32,
    /// The maximum time until the head of a request has arrived.
    pub header_timeout: Duration,
    /// The maximum time until the head of a response is ready, and of a stall of a body.
    pub request_timeout: Duration,
    /// How long a connection may be idle between two requests.
    pub keep_alive: Duration,
    /// The maximum size of a request head.
    pub max_head_bytes: usize,
    /// The maximum number of header fields of a request.
    pub max_header_fields: u32,
    /// The maximum number of requests in flight on one HTTP/2 connection; at most 1,000.
    pub max_streams: NonZeroU32,
    /// The maximum size of a request body.
    pub max_body_bytes: usize,
    /// The maximum memory that all connections together may use.
    pub memory_bytes: usize,
    /// How long callers are still served after a shutdown was requested.
    pub drain_delay: Duration,
    /// How long requests in flight may take to finish; zero ends them immediately.
    pub shutdown_timeout: Duration,
    /// How long an upgraded connection may be idle.
    pub upgraded_idle_timeout: Duration,
    /// The maximum number of upgraded connections; at most 1,000,000.
    pub max_upgraded: NonZeroU32,
    /// The maximum size of one message on an upgraded connection.
    pub max_message_bytes: usize,
    /// Whether other processes may listen on the same port.
    pub reuse_port: bool,
    /// The proxies that are trusted to name the caller, and the header that they write.
    pub trusted_proxies: TrustedProxies,
    /// How the proxies send the certificate of the caller; `None` if they do not.
    pub client_certificate: Option<CertificateHeader>,
    /// The certificate, if the service uses TLS.
    pub tls: Option<TlsConfig>,
}

/// The listener for operators.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// The address for metrics; `None` if disabled.
    pub listen: Option<Listen>,
}

/// The URL that callers use: http or https, without query, fragment and trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl HttpConfig {
    /// Whether the certificates of callers are known, by TLS or from a proxy.
    pub(in crate::service) fn has_client_certificates(&self) -> bool {
        let tls = self.tls.as_ref();
        tls.is_some_and(|tls| tls.client_auth != ClientAuth::Off)
            || self.client_certificate.is_some()
    }

    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        let mut time = |key, range| reader.read(key, |it| value::duration(it, &range));
        let header_timeout = time("http.header_timeout", POSITIVE);
        let request_timeout = time("http.request_timeout", POSITIVE);
        let keep_alive = time("http.keep_alive", POSITIVE);
        let upgraded_idle_timeout = time("http.upgraded_idle_timeout", POSITIVE);
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
            client_certificate: client_certificate(reader, &trusted_proxies),
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

impl PublicUrl {
    fn parse(value: &Value) -> Result<Self, Fault> {
        let url = value::web_url(value, "write it as \"https://api.example.com\"")?;
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The URL, without a trailing slash.
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
    NonZeroU32::new(count).ok_or_else(|| Fault::new("must not be zero").fix("write 1 or more"))
}
