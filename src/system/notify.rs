//! systemd's notification protocol (sd_notify(3)). Without systemd all this does nothing.

pub fn ready(status: &str) {
    todo!()
}
pub fn status(text: &str) {
    todo!()
}
pub fn stopping() {
    todo!()
}
/// SIGHUP or `reload`: RELOADING=1, and `ready` when it is done.
pub fn reloading() {
    todo!()
}
pub fn watchdog() {
    todo!()
}
/// How often [`watchdog`] has to be called: half of what systemd allows. `None`: never.
pub fn watchdog_ms() -> Option<u64> {
    todo!()
}
