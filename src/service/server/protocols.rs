//! What hyper allows on a connection, for each version of HTTP.

use hyper::server::conn::{http1, http2};
use hyper_util::rt::TokioTimer;

use super::limits::{CONNECTION_WINDOW, Limits, STREAM_WINDOW};
use super::streams::Streams;

/// HTTP/1.1 with these limits.
pub(super) fn http1(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        // `pace` distinguishes a slow head from an idle connection.
        .header_read_timeout(None)
        .max_buf_size(limits.max_head_bytes);
    // With an explicit maximum, hyper allocates a list of that size for each head.
    if limits.max_header_fields != HYPERS_MAX_HEADERS {
        builder.max_headers(limits.max_header_fields);
    }
    builder
}

/// HTTP/2 with these limits, whose streams run in `streams`.
pub(super) fn http2(limits: &Limits, streams: Streams) -> http2::Builder<Streams> {
    let mut builder = http2::Builder::new(streams);
    builder
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.max_head_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(limits.max_streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(STREAM_WINDOW as usize)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_REFUSED)
        .keep_alive_interval(limits.keep_alive / 2)
        .keep_alive_timeout(limits.header_timeout);
    builder
}

/// The default of hyper.
const HYPERS_MAX_HEADERS: usize = 100;
/// Streams that the client resets before they are handled (CVE-2023-44487).
const MAX_RESETS: usize = 20;
/// Streams beyond `http.max_streams`, which are refused. A client may open some before it knows the
/// limit. Each takes memory in the tables of h2, so more of them end the connection.
const MAX_REFUSED: usize = 20;
