//! The limits of an exchange.

use std::time::Duration;

use super::authorities::Authorities;

/// The maximum size of a body.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long an exchange may take, and whose certificates are trusted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FetchPolicy {
    /// For the connection, TLS included. 2 s by default.
    pub connect_timeout: Duration,
    /// For the whole exchange, the connection included. 5 s by default.
    pub timeout: Duration,
    /// Certificate authorities that are trusted besides those of the system. `None` by default.
    pub authorities: Option<Authorities>,
}

impl FetchPolicy {
    /// Sets how long a connection may take to open, TLS included.
    #[must_use]
    pub fn with_connect_timeout(self, connect_timeout: Duration) -> Self {
        Self {
            connect_timeout,
            ..self
        }
    }

    /// Sets how long a whole exchange may take, the connection included.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Trusts these certificate authorities in addition to those of the system.
    #[must_use]
    pub fn with_authorities(self, authorities: Authorities) -> Self {
        Self {
            authorities: Some(authorities),
            ..self
        }
    }
}

impl Default for FetchPolicy {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(5),
            authorities: None,
        }
    }
}
