//! systemd's notification protocol (sd_notify(3)). Without systemd all this does nothing.
use sd_notify::NotifyState;

fn tell(states: &[NotifyState<'_>]) {
    if let Err(e) = sd_notify::notify(states) {
        log::debug!("sd_notify: {e}");
    }
}

pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}
pub fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}
/// SIGHUP or `reload`: RELOADING=1, and `ready` when it is done.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}
pub fn watchdog() {
    tell(&[NotifyState::Watchdog]);
}
/// How often [`watchdog`] has to be called: half of what systemd allows. `None`: never.
pub fn watchdog_ms() -> Option<u64> {
    let allowed = sd_notify::watchdog_enabled()?;
    u64::try_from(allowed.as_millis() / 2)
        .ok()
        .filter(|ms| *ms > 0)
}
