//! Waiting for a condition, with a deadline. Tests never sleep for anything else.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Between two looks, at least. Short enough not to matter beside what is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// A look that takes long, because it runs a program, is followed by a pause of so many times
/// its length: else looking would be most of what the machine does.
const PAUSE: u32 = 3;
/// The same where the wait is long: up to so many times, and a part of the time that has gone by.
const LONG_PAUSE: u32 = 15;
const PART: u32 = 8;

/// Looks until `probe` has a value. Panics with `what` after `limit`.
#[track_caller]
pub fn wait_for<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    let end = begun + limit;
    loop {
        let start = Instant::now();
        if let Some(value) = probe() {
            return value;
        }
        let now = Instant::now();
        assert!(now < end, "waited {limit:?} in vain for: {what}");
        let look = now - start;
        let long = ((now - begun) / PART).min(look * LONG_PAUSE);
        let pause = LOOK_EVERY.max(look * PAUSE).max(long);
        std::thread::sleep(pause.min(end - now));
    }
}

/// Looks until `condition` holds. Panics with `what` after `limit`.
#[track_caller]
pub fn wait_until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    wait_for(what, limit, || condition().then_some(()));
}
