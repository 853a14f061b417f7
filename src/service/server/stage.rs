//! The stage of a service's shutdown, and the part of it that handlers can observe.

use tokio::sync::watch;

/// The stage of a service's shutdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Stage {
    /// Callers are welcome.
    Open,
    /// Callers are served, and asked to use another connection for further requests.
    Draining,
    /// No new connection is accepted.
    Closed,
}

impl Stage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what `wait_for` wants")]
    pub(super) fn is_closed(&self) -> bool {
        *self == Self::Closed
    }
}

/// Reports that the service has begun to shut down. Clones report the same service.
///
/// A handler of a long-lived connection, for example of a WebSocket or of server-sent events,
/// waits for it in order to end by itself. The service cuts what is still open
/// `http.shutdown_timeout` later.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<Stage>);

impl Shutdown {
    pub(in crate::service) fn new(stage: watch::Receiver<Stage>) -> Self {
        Self(stage)
    }

    pub(in crate::service) fn has_begun(&self) -> bool {
        *self.0.borrow() != Stage::Open
    }

    /// Completes when the shutdown has begun: `/readyz` reports 503 and callers are asked to
    /// use another connection, or no new connection is accepted any more.
    pub async fn begun(&self) {
        let mut stage = self.0.clone();
        // A service that was dropped has shut down.
        let _ = stage.wait_for(|stage| *stage != Stage::Open).await;
    }
}
