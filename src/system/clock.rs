//! Two clocks: one for deadlines, one for people.
use nix::time::{ClockId, clock_gettime};

/// Milliseconds since the machine started, time asleep included (`CLOCK_BOOTTIME`).
pub fn boot_ms() -> u64 {
    millis(ClockId::CLOCK_BOOTTIME)
}

/// Seconds since 1970. A Pi has no clock of its own: wrong until the first time sync.
pub fn wall_s() -> u64 {
    millis(ClockId::CLOCK_REALTIME) / 1000
}

/// These clocks cannot fail on any kernel we run on; 0 keeps us alive if one does.
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
