//! What things cost in bytes, each rounded up. `scripts/soak 0 siege` compares the prices of
//! connections with what they take (`tests/siege/prices.rs`).

use super::super::frames::Frames;

/// A connection of HTTP/1.1 after its first call: its task, the buffers of hyper, and
/// [`INCLUDED`].
pub(in crate::service::server) const CONNECTION: usize = 28 * 1024;
/// Included in the price of a connection: a small request needs no charge of its own.
pub(in crate::service::server) const INCLUDED: usize = 6 * 1024;
/// A TLS session in addition.
pub(in crate::service::server) const TLS: usize = 12 * 1024;
/// HTTP/2 in addition: its buffers and tables.
pub(in crate::service::server) const HTTP2: usize = 8 * 1024;
/// A stream of HTTP/2 in the tables of h2.
const STREAM: usize = 3_584;
/// Included in the price of a connection of HTTP/2.
const INCLUDED_STREAMS: usize = 2;
/// A request with its task, its account and the head of its response.
pub(in crate::service::server) const REQUEST: usize = 4 * 1024;
/// An entry of a header map. The map doubles its size when it grows.
pub(in crate::service::server) const FIELD: usize = 160;
/// A byte of an HTTP/2 head may be a whole field (RFC 7541 section 6.1).
const INDEXED_FIELD: usize = FIELD;
/// A field counts as 32 bytes at least in the size of a header list (RFC 9113 section 6.5.2),
/// so this times the limit is the maximum of an unfinished list.
const LIST: usize = FIELD / 32 + 1;
/// A small DATA frame.
const SMALL_FRAME: usize = 300;
/// h2 ends a connection that has more of them waiting.
const MAX_SMALL_FRAMES: usize = 256;
/// The window of a connection, and one frame.
const MAX_READ_HTTP2: usize = 144 * 1024;
/// What an HTTP/2 connection or a TLS session has prepared when the socket takes nothing.
pub(in crate::service::server) const BLOCKED: usize = 32 * 1024;

/// Bytes that were read and belong to no complete request: hyper's buffer doubles its size
/// when it grows.
pub(in crate::service::server) fn read(bytes: usize, max_head_bytes: usize) -> usize {
    (2 * bytes).min(2 * max_head_bytes)
}

/// The same for HTTP/2, where frames and bodies wait up to the windows.
pub(in crate::service::server) fn read_http2(bytes: usize) -> usize {
    bytes.min(MAX_READ_HTTP2)
}

/// An unfinished message of a WebSocket: its reader's buffer doubles its size when it grows.
pub(in crate::service::server) fn message(bytes: u64) -> usize {
    usize::try_from(2 * bytes).unwrap_or(usize::MAX)
}

/// Bytes of TLS that are not decrypted: rustls reads ahead.
pub(in crate::service::server) fn encrypted(bytes: usize) -> usize {
    bytes + bytes / 2
}

/// The tables of a connection of HTTP/2 that has had this many streams at the same time. They never
/// become smaller.
pub(in crate::service::server) fn streams(most: usize) -> usize {
    STREAM * most.saturating_sub(INCLUDED_STREAMS)
}

/// Fields of an unfinished head and of trailers, by the bytes of their blocks; small frames.
pub(in crate::service::server) fn frames(frames: &Frames, max_head_bytes: usize) -> usize {
    let unfinished = (INDEXED_FIELD * frames.unfinished_block()).min(LIST * max_head_bytes);
    let small = SMALL_FRAME * frames.small_frames().min(MAX_SMALL_FRAMES);
    unfinished + INDEXED_FIELD * frames.trailers() + small
}

/// A request: `bytes` were read for it.
pub(in crate::service::server) fn request(fields: usize, bytes: usize) -> usize {
    REQUEST + FIELD * fields + bytes
}
