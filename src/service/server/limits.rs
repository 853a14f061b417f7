//! What the callers of one listener may use. Every value is final: no setting is read here.

use std::sync::Arc;
use std::time::Duration;

use super::certificate_header::CertificateHeader;
use super::memory::Memory;
use super::proxies::TrustedProxies;

#[derive(Debug, Clone)]
pub(in crate::service) struct Limits {
    /// Connections at once.
    pub(in crate::service) max_connections: usize,
    /// From the first byte of a head, or from the start of a connection, to its end.
    pub(in crate::service) header_timeout: Duration,
    /// From a head, or the last bytes of its body, to the head of the response; and the
    /// length of a stall of a response's body.
    pub(in crate::service) request_timeout: Duration,
    /// Between two requests.
    pub(in crate::service) keep_alive: Duration,
    /// For requests in flight and upgraded connections at shutdown.
    pub(in crate::service) shutdown_timeout: Duration,
    pub(in crate::service) max_head_bytes: usize,
    pub(in crate::service) max_header_fields: usize,
    /// Requests in flight on one HTTP/2 connection.
    pub(in crate::service) max_streams: u32,
    pub(in crate::service) max_body_bytes: usize,
    /// Time without a byte in either direction on an upgraded connection.
    pub(in crate::service) upgraded_idle_timeout: Duration,
    /// Upgraded connections at once.
    pub(in crate::service) max_upgraded: usize,
    /// One message that a WebSocket client sends.
    pub(in crate::service) max_message_bytes: u64,
    /// What all callers may make the process hold.
    pub(in crate::service) memory: Memory,
    pub(in crate::service) trusted_proxies: Arc<TrustedProxies>,
    /// How these proxies send the certificate of the caller.
    pub(in crate::service) client_certificate: Option<CertificateHeader>,
}

/// Bytes of a request's body that wait to be taken, and of a response's to be sent.
pub(super) const STREAM_WINDOW: u32 = 64 * 1024;
/// The same for all requests of an HTTP/2 connection: one that is stuck stops no other.
pub(super) const CONNECTION_WINDOW: u32 = 2 * STREAM_WINDOW;
