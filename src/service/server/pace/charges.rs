//! The numbers behind the charge of one connection.

use super::super::frames::Frames;

/// The numbers behind a charge.
pub(super) struct Charges {
    pub(super) frames: Frames,
    /// The requests in flight, together.
    pub(super) requests: usize,
    /// The most streams that were open at the same time (HTTP/2).
    pub(super) most_streams: usize,
    pub(super) tls: Option<Tls>,
}

/// The numbers of a connection that uses TLS.
pub(super) struct Tls {
    /// Bytes since the last ones that were decrypted.
    pub(super) bytes: usize,
    pub(super) has_finished_handshake: bool,
}

impl Charges {
    pub(super) fn new() -> Self {
        Self {
            frames: Frames::new(),
            requests: 0,
            most_streams: 0,
            tls: None,
        }
    }

    pub(super) fn tls_progress(&self) -> Option<(usize, bool)> {
        self.tls
            .as_ref()
            .map(|tls| (tls.bytes, tls.has_finished_handshake))
    }

    /// Bytes were decrypted.
    pub(super) fn decrypted(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.bytes = 0;
        }
    }
}
