//! Notifies systemd of the state of the service (`sd_notify(3)`), if `NOTIFY_SOCKET` is set.

use crate::service::WatchdogProbe;
use sd_notify::NotifyState::{self, Ready, Reloading, Status, Stopping, Watchdog};
use tracing::warn;

/// Notifies systemd once the service is ready. After that, it notifies the watchdog twice in each
/// period for which systemd waits. A loop that is stuck does not notify, so systemd restarts it.
pub(crate) async fn run(probe: WatchdogProbe, url: String) {
    if !probe.is_serving().await {
        return;
    }
    notify(&[Ready, Status(&format!("serving at {url}"))]);
    let Some(patience) = sd_notify::watchdog_enabled() else {
        return;
    };
    loop {
        tokio::time::sleep(patience / 2).await;
        if !probe.is_serving().await {
            return;
        }
        notify(&[Watchdog]);
    }
}

/// Notifies systemd that the settings are being read again.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[Reloading, now]),
        Err(error) => warn!(%error, "systemd is not notified"),
    }
}

/// Notifies systemd that the settings were read.
pub(crate) fn reloaded(is_applied: bool) {
    let status = if is_applied {
        "serving, with the settings read again"
    } else {
        "serving, with the old settings: the new ones are refused, as the log says"
    };
    notify(&[Ready, Status(status)]);
}

/// Says that the end has begun.
pub(crate) fn stopping() {
    notify(&[Stopping, Status("requests in flight may finish")]);
}

fn notify(state: &[NotifyState<'_>]) {
    // systemd reads late when it has much to do.
    let notified = tokio::task::block_in_place(|| sd_notify::notify(state));
    if let Err(error) = notified {
        warn!(%error, "systemd is not notified");
    }
}
