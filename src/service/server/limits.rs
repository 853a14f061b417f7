//! What one listener's callers may take.

use std::sync::Arc;
use std::time::Duration;

use crate::service::config::{HttpConfig, TrustedProxies};

#[derive(Debug, Clone)]
pub(in crate::service) struct Limits {
    /// Connections at once.
    pub(in crate::service) max_connections: usize,
    /// From the first byte of a head, or from the start of a connection, to its end.
    pub(super) header_timeout: Duration,
    /// From a head to its answer, and for an answer to be taken.
    pub(super) request_timeout: Duration,
    /// Between two requests.
    pub(super) keep_alive: Duration,
    /// For requests in flight at the end.
    pub(super) shutdown_timeout: Duration,
    pub(super) max_head_bytes: usize,
    pub(super) max_header_fields: usize,
    pub(super) max_body_bytes: usize,
    pub(super) trusted_proxies: Arc<TrustedProxies>,
}

impl Limits {
    pub(in crate::service) fn new(config: &HttpConfig) -> Self {
        Self {
            max_connections: config.max_connections.get() as usize,
            header_timeout: config.header_timeout,
            request_timeout: config.request_timeout,
            keep_alive: config.keep_alive,
            shutdown_timeout: config.shutdown_timeout,
            max_head_bytes: config.max_head_bytes,
            max_header_fields: config.max_header_fields as usize,
            max_body_bytes: config.max_body_bytes,
            trusted_proxies: Arc::new(config.trusted_proxies.clone()),
        }
    }
}
