//! Notifies systemd of the state of the service (`sd_notify(3)`), if `NOTIFY_SOCKET` is set.

use crate::service::WatchdogProbe;
use sd_notify::NotifyState::{self, Ready, Reloading, Status, Stopping, Watchdog};
use tracing::warn;

/// Says that the service is ready once it serves, and from then on, at half of the time that
/// systemd waits, that it still does. A loop that is stuck says nothing, and is restarted.
pub(crate) async fn attend(probe: WatchdogProbe, url: String) {
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

/// Says that the settings are being read again.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[Reloading, now]),
        Err(error) => warn!(%error, "systemd is not notified"),
    }
}

/// Says that they have been.
pub(crate) fn reloaded(is_in_force: bool) {
    let status = if is_in_force {
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
    let told = tokio::task::block_in_place(|| sd_notify::notify(state));
    if let Err(error) = told {
        warn!(%error, "systemd is not notified");
    }
}
