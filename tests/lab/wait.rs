//! Waiting for a condition, with a deadline. Tests never sleep for anything else.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Between two looks. Short enough not to matter beside what is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Looks until `probe` has a value. Panics with `what` after `limit`.
#[track_caller]
pub fn wait_for<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(Instant::now() < end, "waited {limit:?} in vain for: {what}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Looks until `condition` holds. Panics with `what` after `limit`.
#[track_caller]
pub fn wait_until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    wait_for(what, limit, || condition().then_some(()));
}
