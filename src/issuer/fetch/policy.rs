//! The limits of an exchange.

use std::time::Duration;

/// The maximum size of a body.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long an exchange may take.
#[derive(Debug, Clone)]
pub struct FetchPolicy {
    /// For the connection, TLS included. 2 s by default.
    pub connect_timeout: Duration,
    /// For the whole exchange, the connection included. 5 s by default.
    pub timeout: Duration,
}

impl Default for FetchPolicy {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(5),
        }
    }
}
