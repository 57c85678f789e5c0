//! Two clocks: one for deadlines, one for people.

/// Milliseconds since the machine started, time asleep included (`CLOCK_BOOTTIME`).
pub fn boot_ms() -> u64 {
    todo!()
}

/// Seconds since 1970. A Pi has no clock of its own: wrong until the first time sync.
pub fn wall_s() -> u64 {
    todo!()
}
