//! Two clocks: one for deadlines, one for times that people read (clock_gettime(2)).
use nix::time::{ClockId, clock_gettime};

/// Milliseconds since boot, suspended time included (`CLOCK_BOOTTIME`). Never goes back.
pub fn boot_ms() -> u64 {
    millis(ClockId::CLOCK_BOOTTIME)
}

/// Seconds since 1970, UTC (`CLOCK_REALTIME`). A Pi has no battery-backed clock: wrong until the
/// first time synchronisation.
pub fn wall_s() -> u64 {
    millis(ClockId::CLOCK_REALTIME) / 1000
}

/// These clocks cannot fail on a kernel that this program runs on; 0 if one does all the same.
#[allow(
    clippy::useless_conversion,
    reason = "the fields are 32 bits wide on armv7"
)]
fn millis(clock: ClockId) -> u64 {
    let Ok(time) = clock_gettime(clock) else {
        return 0;
    };
    let seconds = u64::try_from(i64::from(time.tv_sec())).unwrap_or(0);
    let nanos = u64::try_from(i64::from(time.tv_nsec())).unwrap_or(0);
    seconds * 1000 + nanos / 1_000_000
}
