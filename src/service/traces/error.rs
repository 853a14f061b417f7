//! Why traces cannot be sent.

use crate::issuer::FetchError;

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TracesError {
    /// The exporter does not accept the settings.
    #[error("`telemetry.otlp_endpoint` cannot be used")]
    Exporter(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] FetchError),
}
