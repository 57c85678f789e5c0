//! A wake-up without a change costs a box at rest no memory and no status.
//!
//! Not in the emulated machine: the engine asks neither kernel nor clock.
#![cfg(not(target_env = "musl"))]

mod scene;

use scene::Memory;
use scene::rest::{Cause, Rest};

#[test]
fn a_wake_up_without_a_change_asks_for_no_memory_and_builds_no_status() {
    let mut rest = Rest::begin();
    rest.check();
    for cause in Cause::ALL {
        let (memory, revision) = (Memory::now(), rest.engine.revision());
        let told = (0..100).any(|_| rest.wake_up(cause));
        assert_eq!(Memory::now(), memory, "{cause:?}");
        assert!(!told, "{cause:?}: the init system is told");
        // Of this number a status has been built already.
        assert_eq!(rest.engine.revision(), revision, "{cause:?}");
    }
}
