//! The numbers behind the charge of one connection.

use super::super::frames::Frames;

/// The numbers behind a charge.
pub(super) struct Debts {
    pub(super) frames: Frames,
    /// The requests in flight, together.
    pub(super) requests: usize,
    pub(super) tls: Option<Tls>,
}

/// Of a connection that uses TLS.
pub(super) struct Tls {
    /// Bytes since the last ones that were decrypted.
    pub(super) bytes: usize,
    pub(super) is_shaken: bool,
}

impl Debts {
    pub(super) fn new() -> Self {
        Self {
            frames: Frames::new(),
            requests: 0,
            tls: None,
        }
    }

    pub(super) fn tls_progress(&self) -> Option<(usize, bool)> {
        self.tls.as_ref().map(|tls| (tls.bytes, tls.is_shaken))
    }

    /// Bytes were decrypted.
    pub(super) fn decrypted(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.bytes = 0;
        }
    }
}
