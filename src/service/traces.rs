//! Traces: a span for each call, and one for each exchange with the issuer.
//!
//! 1. A caller's `traceparent` is continued, and the issuer is sent ours (W3C Trace Context).
//! 2. Spans go to a thread of their own, which sends them by OTLP. When it lags, further
//!    ones are dropped: no caller waits for a collector.
//! 3. No attribute has a value out of a token, a path, a query or a header.
//!
//! Without the feature `otel`, [`Traces`] and [`Call`] are types without values, and what
//! would be done with them is not compiled.

#[cfg(feature = "otel")]
mod calls;
#[cfg(not(feature = "otel"))]
mod disabled;
mod error;
#[cfg(feature = "otel")]
mod exchanges;
#[cfg(feature = "otel")]
mod export;
#[cfg(feature = "otel")]
mod parent;

use std::fmt;

#[cfg(feature = "otel")]
pub(super) use calls::{Call, Traces, current};
#[cfg(not(feature = "otel"))]
pub(super) use disabled::{Call, Traces, current};

pub use error::TracesError;

/// The name of a trace: 16 bytes, not all zero (W3C Trace Context section 3.2.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TraceId(u128);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// What became of a call.
#[cfg_attr(
    not(feature = "otel"),
    expect(dead_code, reason = "used by the feature `otel`")
)]
pub(super) struct Answered<'a> {
    pub(super) method: &'static str,
    /// The pattern of the route; none where no route fits.
    pub(super) route: Option<&'a str>,
    pub(super) status: u16,
    pub(super) reason: &'static str,
    pub(super) request_id: &'a dyn fmt::Display,
}
