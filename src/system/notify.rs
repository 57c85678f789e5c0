//! systemd's notification protocol (sd_notify(3)). Without systemd all this does nothing.
use sd_notify::NotifyState;

fn send(states: &[NotifyState<'_>]) {
    if let Err(e) = sd_notify::notify(states) {
        log::debug!("sd_notify: {e}");
    }
}

/// READY=1, with a line for `systemctl status`.
pub fn ready(status: &str) {
    send(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// A line for `systemctl status`.
pub fn status(text: &str) {
    send(&[NotifyState::Status(text)]);
}

/// STOPPING=1.
pub fn stopping() {
    send(&[NotifyState::Stopping]);
}

/// RELOADING=1, with the time that `Type=notify-reload` needs; [`ready`] ends it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => send(&[NotifyState::Reloading, now]),
        Err(_) => send(&[NotifyState::Reloading]),
    }
}

/// WATCHDOG=1: postpones the restart by `WatchdogSec=`.
pub fn watchdog() {
    send(&[NotifyState::Watchdog]);
}

/// Milliseconds between two calls of [`watchdog`]: half of what systemd allows
/// (sd_watchdog_enabled(3)). `None`: there is no watchdog.
pub fn watchdog_ms() -> Option<u64> {
    let allowed = sd_notify::watchdog_enabled()?;
    u64::try_from(allowed.as_millis() / 2)
        .ok()
        .filter(|ms| *ms > 0)
}
