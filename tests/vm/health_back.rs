//! The move back to a member that was bad: after `hold_s`, which grows with each time.

use crate::lab::health::probing;
use crate::lab::scene::{LONG, MAC0, SHORT};
use crate::lab::{Scene, Way, status};
use std::time::{Duration, Instant};

const HOLD: Duration = Duration::from_secs(5);
/// Until so many probes in a row are answered that the member counts as healthy, ten of one a
/// second, and the look of a test at it.
const PROOF: Duration = Duration::from_secs(12);

#[test]
fn the_primary_carries_again_after_the_hold() {
    let s = Scene::new();
    let mut config = probing();
    config["health"] = serde_json::json!({ "hold_s": HOLD.as_secs() });
    s.start(&config);
    s.all_healthy();
    let (_, fault) = s.outage_by(|| s.ap.drops(MAC0, Way::Both));
    // Not while it is dead.
    s.no_switch(HOLD + PROOF);
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    drop(fault);
    let begin = Instant::now();
    s.pi.wait("wlan0 active", LONG, |st| status::active(st) == "wlan0");
    let hold = begin.elapsed();
    assert!((HOLD..HOLD + PROOF).contains(&hold), "{hold:?}");
    pings.wait_answers(20, SHORT);
    let pings = pings.stop();
    // A planned switch costs one packet; the rest is room for a busy machine.
    assert!(
        pings.total_outage() <= Duration::from_millis(20),
        "{pings:?}"
    );
}

/// A member that flaps passes no frames for so long, and then all for as long.
const PERIOD: Duration = Duration::from_secs(3);

#[test]
fn a_primary_that_flaps_is_left_once() {
    let s = Scene::probing();
    let (pings, switches) = s.flap(PERIOD, 10);
    // It is never healthy for as long as the hold.
    assert_eq!(switches, 1, "{:#}", s.pi.events());
    assert!(
        pings.total_outage() <= Duration::from_millis(600),
        "{pings:?}"
    );
}

/// The first holds are short enough for a move back between two faults.
#[test]
fn the_hold_grows_for_a_primary_that_flaps() {
    let s = Scene::new();
    let mut config = probing();
    config["health"] = serde_json::json!({ "hold_s": 1, "recover_after": 2 });
    s.start(&config);
    s.all_healthy();
    let (pings, switches) = s.flap(PERIOD, 6);
    // Holds of 1 and 2 s end within a period, one of 4 s does not.
    assert!((3..=5).contains(&switches), "{:#}", s.pi.events());
    assert!(
        pings.total_outage() <= Duration::from_millis(1800),
        "{pings:?}"
    );
}
