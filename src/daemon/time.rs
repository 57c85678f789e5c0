//! The clock of the daemon.
use crate::engine::time::{Day, Instant, Seconds};
use crate::system::clock;

/// `CLOCK_BOOTTIME`, which goes on while the machine is suspended.
pub fn now() -> Instant {
    Instant::from_ms(clock::boot_ms())
}

/// The wall clock: since 1970.
pub fn wall() -> Seconds {
    Seconds(clock::wall_s())
}

/// The day, as the wall clock has it.
pub fn today() -> Day {
    Day::of(wall())
}
