//! The account of a connection that changes to another protocol.

use tokio::time::Instant;

use super::super::upgrade::Upgrade;
use super::{Pace, now};

impl Pace {
    /// The head of the request in flight requests an upgrade.
    pub(in crate::service::server) fn asks_for_upgrade(&self, upgrade: Upgrade) {
        self.account().upgrade = Some(Box::new(upgrade));
    }

    /// Whether the client that requests an upgrade waits for the answer.
    pub(in crate::service::server) fn waits_for_upgrade(&self) -> bool {
        let account = self.account();
        (account.upgrade.as_ref()).is_some_and(|upgrade| upgrade.has_waited())
    }

    /// The handler does not agree to the upgrade.
    pub(in crate::service::server) fn refuse_upgrade(&self) {
        if let Some(upgrade) = &mut self.account().upgrade {
            upgrade.refuse();
        }
    }

    /// The connection is upgraded: nothing of HTTP is accounted for any more.
    pub(in crate::service::server) fn agree_to_upgrade(&self) {
        let mut account = self.account();
        let upgrade = account.upgrade.take();
        account.upgrade = upgrade.map(|upgrade| Box::new(upgrade.agree(now())));
    }

    /// HTTP has ended. Completes when the stream has too, which it has already unless a
    /// handler has it.
    ///
    /// The stream is cut when it is idle for too long, or was not to be upgraded, or when this
    /// is dropped.
    pub(in crate::service::server) async fn stream_end(&self) {
        if self.account().upgrade.is_none() {
            return;
        }
        let _cut = CutOff(self);
        while let Some(deadline) = self.upgraded_deadline() {
            if deadline <= now() {
                self.cut();
                // The task that is woken drops the stream.
                self.sooner.notified().await;
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep_until(deadline) => {}
                () = self.sooner.notified() => {}
            }
        }
    }

    fn upgraded_deadline(&self) -> Option<Instant> {
        let account = self.account();
        let upgrade = account.upgrade.as_ref()?;
        if self.holding.must_leave() {
            return Some(now());
        }
        let active = upgrade.active();
        Some(active.map_or_else(now, |active| active + self.upgraded_idle_timeout))
    }

    fn cut(&self) {
        let waiting = self.account().upgrade.as_mut().map(|it| it.cut());
        for waker in waiting.into_iter().flatten().flatten() {
            waker.wake();
        }
    }

    /// The stream is dropped.
    pub(in crate::service::server) fn stream_ends(&self) {
        if self.account().upgrade.take().is_some() {
            self.sooner.notify_one();
        }
    }
}

/// Cuts an upgraded connection when its task no longer exists.
struct CutOff<'a>(&'a Pace);

impl Drop for CutOff<'_> {
    fn drop(&mut self) {
        self.0.cut();
    }
}
