//! Why an issuer could not be asked about a token.

use std::error::Error as _;
use std::fmt::Write;
use std::time::Duration;

use http::StatusCode;

use crate::issuer::FetchError;
use crate::token::TokenError;

/// Why there is no answer about a token. It is never a fault of the caller.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IntrospectionError {
    /// The metadata of the issuer are not known yet.
    #[error("the issuer's metadata, which name the endpoint, are not known yet")]
    NoMetadata,
    /// The metadata name no endpoint.
    #[error(
        "the issuer's metadata name no introspection endpoint: set `introspection.url`, or enable \
         introspection at the issuer"
    )]
    NoEndpoint,
    /// The endpoint is on another host than the issuer.
    #[error(
        "the introspection endpoint is on the host {host:?}, which is not the issuer's: set \
         `introspection.url` to the endpoint, if you trust it"
    )]
    EndpointElsewhere { host: String },
    /// The client assertion could not be signed.
    #[error("the client assertion cannot be signed")]
    Assertion,
    /// The issuer does not accept the client.
    #[error(
        "the issuer refuses the credentials of the client (status {}{}): compare \
         `introspection.client_id`, `introspection.auth` and the secret or key with the issuer's \
         console",
        status.as_u16(),
        error.as_ref().map(|it| format!(", {it}")).unwrap_or_default()
    )]
    Refused {
        status: StatusCode,
        /// The issuer's own word.
        error: Option<String>,
    },
    /// The issuer limits the calls.
    #[error("the issuer limits the calls (status 429): lower `introspection.max_calls`")]
    Limited { retry_after: Option<Duration> },
    /// The exchange failed.
    #[error("the exchange with the introspection endpoint failed")]
    Fetch(#[source] FetchError),
    /// Another status than 200.
    #[error("the introspection endpoint answers with status {}", .0.as_u16())]
    Status(StatusCode),
    /// Neither JSON nor a signed response.
    #[error("the answer of the introspection endpoint is neither JSON nor a signed response")]
    ContentType,
    /// The response is not signed, although it must be.
    #[error("the answer of the introspection endpoint is not signed (RFC 9701)")]
    Unsigned,
    /// The body is not an introspection response.
    #[error("the answer of the introspection endpoint is not valid")]
    Malformed(#[source] TokenError),
    /// There are no keys that could verify a signed response.
    #[error("there are no keys to verify the signed answer with")]
    NoKeys,
}

/// The result of a call, for operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallResult {
    Active,
    Inactive,
    Refused,
    Limited,
    Unavailable,
    Malformed,
}

impl CallResult {
    pub(crate) const ALL: [Self; 6] = [
        Self::Active,
        Self::Inactive,
        Self::Refused,
        Self::Limited,
        Self::Unavailable,
        Self::Malformed,
    ];

    /// The value of the label of metrics.
    #[cfg(feature = "service")]
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Refused => "refused",
            Self::Limited => "limited",
            Self::Unavailable => "unavailable",
            Self::Malformed => "malformed",
        }
    }
}

impl IntrospectionError {
    /// What it counts as.
    pub(crate) fn result(&self) -> CallResult {
        match self {
            Self::Refused { .. } => CallResult::Refused,
            Self::Limited { .. } => CallResult::Limited,
            Self::Status(status) if status.is_server_error() => CallResult::Unavailable,
            Self::Fetch(FetchError::Redirect | FetchError::TooLarge)
            | Self::Status(_)
            | Self::ContentType
            | Self::Unsigned
            | Self::Malformed(_) => CallResult::Malformed,
            Self::NoMetadata
            | Self::NoEndpoint
            | Self::EndpointElsewhere { .. }
            | Self::Assertion
            | Self::Fetch(_)
            | Self::NoKeys => CallResult::Unavailable,
        }
    }

    /// A stable word for logs, metrics and tests; never reworded.
    pub(crate) fn reason(&self) -> &'static str {
        match self.result() {
            CallResult::Refused => "introspection_refused",
            CallResult::Limited => "introspection_limited",
            CallResult::Malformed => "introspection_malformed",
            _ => "introspection_unavailable",
        }
    }

    /// Whether one such failure shows that the next call would fail too, whatever its token is.
    pub(super) fn is_general(&self) -> bool {
        match self {
            Self::Fetch(error) => error.is_outage(),
            Self::Status(_) | Self::ContentType | Self::Unsigned | Self::Malformed(_) => false,
            _ => true,
        }
    }

    /// The message with those of its causes, joined by colons. It contains no token.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        text
    }
}
