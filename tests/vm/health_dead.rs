//! Members that stop passing frames: the traffic moves to another one within a bound.

use crate::lab::health::{MAC2, probing};
use crate::lab::scene::{MAC0, MAC1, SHORT};
use crate::lab::{Scene, Way, status};
use serde_json::json;
use std::time::{Duration, Instant};

/// Associated, and nothing passes: at worst.
const DEAD: Duration = Duration::from_millis(600);
/// Out of range, and an access point without power.
const OUT_OF_RANGE: Duration = Duration::from_millis(400);
/// The recorded outage differs from the observed one, at pings 10 ms apart, at most so much.
const RECORDED: Duration = Duration::from_millis(30);
/// Until a standby member is known to be dead.
const KNOWN: Duration = Duration::from_secs(5);

#[test]
fn frames_dropped_one_way_the_other_way_and_both() {
    let s = Scene::probing();
    let before = s.switches();
    for (round, way) in (1..).zip([Way::FromStation, Way::ToStation, Way::Both]) {
        let (outage, fault) = s.outage_by(|| s.ap.drops(MAC0, way));
        assert!(outage <= DEAD, "{way:?}: {outage:?}, {:#}", s.pi.events());
        let bad = |st: &_| status::bad(st, "wlan0") && status::healthy(st, "wlan1");
        s.pi.wait("wlan0 bad, wlan1 healthy", SHORT, bad);
        drop(fault);
        s.back_to("wlan0");
        assert_eq!(s.switches(), before + 2 * round, "{:#}", s.pi.events());
    }
    assert_eq!(s.ap.associations(MAC1), 1, "not disturbed");
}

#[test]
fn out_of_range_is_known_before_the_kernel_knows_it() {
    let s = Scene::probing();
    let (outage, ()) = s.outage_by(|| s.wlan0.out_of_range());
    assert!(outage <= OUT_OF_RANGE, "{outage:?}, {:#}", s.pi.events());
    let recorded = s.recorded_outage("wlan0");
    let differ = recorded.abs_diff(outage);
    assert!(differ <= RECORDED, "{recorded:?} of {outage:?}");
    assert_eq!(s.ap.associations(MAC1), 1, "not disturbed");
}

#[test]
fn an_access_point_that_hangs_and_then_is_gone() {
    let (s, second) = Scene::probing_apart();
    let before = s.switches();
    // It forwards as before: its station stays the active member.
    let pings = s.pings();
    s.ap.freeze();
    s.no_switch(Duration::from_secs(5));
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    s.ap.thaw();
    let (outage, ()) = s.outage_by(|| s.ap.cut_power());
    assert!(outage <= OUT_OF_RANGE, "{outage:?}, {:#}", s.pi.events());
    assert_eq!(s.switches(), before + 1, "{:#}", s.pi.events());
    assert_eq!(second.associations(MAC1), 1, "not disturbed");
}

#[test]
fn a_standby_member_that_dies_silently_is_known_to_be_dead() {
    let s = Scene::probing();
    let before = s.switches();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    for way in [Way::FromStation, Way::ToStation] {
        let fault = s.ap.drops(MAC1, way);
        let begin = Instant::now();
        s.pi.wait("wlan1 bad", SHORT, |st| status::bad(st, "wlan1"));
        let known = begin.elapsed();
        println!("{way:?}: known after {known:?}");
        assert!(known <= KNOWN, "{way:?}: {known:?}");
        drop(fault);
        s.all_healthy();
    }
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(s.switches(), before, "{:#}", s.pi.events());
    assert_eq!(s.ap.associations(MAC0), 1, "not disturbed");
}

#[test]
fn the_third_member_carries_when_two_are_dead() {
    let s = Scene::new();
    let wlan2 = s.lab.radio(&s.pi.ns, "wlan2", MAC2);
    let mut config = probing();
    config["bond"]["members"] = json!(["wlan0", "wlan1", "wlan2"]);
    s.start(&config);
    s.pi.wait("wlan2 authorised", SHORT, |st| {
        status::authorized(st, "wlan2")
    });
    s.all_healthy();
    let before = s.switches();
    let mut macs = vec![("wlan0", MAC0), ("wlan1", MAC1), ("wlan2", MAC2)];
    let mut faults = Vec::new();
    for _ in 0..2 {
        let active = s.pi.kernel_active();
        let at = macs.iter().position(|(name, _)| *name == active);
        let (_, mac) = macs.remove(at.expect("a member that is not dead"));
        let (outage, fault) = s.outage_by(|| s.ap.drops(mac, Way::Both));
        assert!(outage <= DEAD, "{outage:?}, {:#}", s.pi.events());
        faults.push(fault);
    }
    assert_eq!(s.pi.kernel_active(), macs[0].0);
    assert_eq!(s.switches(), before + 2, "{:#}", s.pi.events());
    assert!(wlan2.association().contains(s.ap.bssid()));
}
