//! The ladder of measures for a bad member, by itself, on radios that pass no frames until a measure
//! of a given kind, or never.

use crate::lab::health::probing;
use crate::lab::scene::{LONG, MAC0, MAC1, SHORT};
use crate::lab::{Pinger, Scene, Way, status, wait_until};
use serde_json::{Value, json};

/// The measures that a radio without a USB port has.
const MEASURES: u64 = 3;
/// The events and the status have them in these words.
const JOIN: &str = "it joins its network anew";
const SUPPLICANT: &str = "its wpa_supplicant is started anew";
const BOND: &str = "it is taken out of the bond, set down, and taken in again";

/// wlan0 and wlan1 are probed, and a few answers make a member healthy.
fn scene() -> Scene {
    let s = Scene::new();
    let mut config = probing();
    config["health"] = json!({ "recover_after": 3 });
    s.start(&config);
    s.all_healthy();
    s
}

fn repairs(status: &Value) -> u64 {
    let count = status::member(status, "wlan0")["repairs"].as_u64();
    count.expect("a count")
}

/// What can be seen of the measures from outside.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    associations: usize,
    supplicant: Option<String>,
    /// How often it has left the bond, by the kernel's messages.
    left: usize,
}

fn seen(s: &Scene) -> Seen {
    Seen {
        associations: s.ap.associations(MAC0),
        supplicant: s.pi.ns.read("/run/wifibond/supplicants/wlan0.pid"),
        left: s
            .lab
            .kernel_log()
            .matches("(slave wlan0): Releasing")
            .count(),
    }
}

/// The active member passes nothing any more, and the other one carries the traffic: pings to it.
fn pings_over_the_other(s: &Scene) -> Pinger {
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    pings
}

/// wlan0 passes nothing until `cured` holds, which compares with what was seen before.
fn cured_by(measure: &str, number: u64, cured: impl Fn(&Scene, &Seen) -> bool) {
    let s = scene();
    let before = seen(&s);
    let fault = s.ap.drops(MAC0, Way::Both);
    let pings = pings_over_the_other(&s);
    wait_until(measure, LONG, || cured(&s, &before));
    drop(fault);
    let st =
        s.pi.wait("wlan0 healthy", LONG, |st| status::healthy(st, "wlan0"));
    assert_eq!(repairs(&st), number, "{:#}", s.pi.events());
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    let events = s.pi.events().to_string();
    for number in 1..=number {
        let text = format!("repair {number} of {MEASURES}: ");
        assert_eq!(events.matches(&text).count(), 1, "{events}");
    }
    assert!(events.contains(&format!("repaired: {measure}")), "{events}");
    assert_eq!(s.ap.associations(MAC1), 1, "not disturbed");
    let other = status::member(&st, "wlan1");
    assert_eq!(other["repairs"], 0, "{st:#}");
}

#[test]
fn a_member_that_works_again_when_it_has_joined_anew() {
    cured_by(JOIN, 1, |s, before| {
        s.ap.associations(MAC0) > before.associations
    });
}

#[test]
fn a_member_that_works_again_with_another_wpa_supplicant() {
    cured_by(SUPPLICANT, 2, |s, before| {
        let now = seen(s).supplicant;
        now.is_some() && now != before.supplicant
    });
}

#[test]
fn a_member_that_works_again_when_it_was_out_of_the_bond() {
    cured_by(BOND, 3, |s, before| seen(s).left > before.left);
}

#[test]
fn a_member_that_nothing_helps_is_left_alone_for_a_while() {
    let s = scene();
    let before = seen(&s);
    let _fault = s.ap.drops(MAC0, Way::Both);
    let pings = pings_over_the_other(&s);
    let rest = |st: &Value| status::member(st, "wlan0")["repair_rest_ms"].as_u64();
    let st = s.pi.wait("a rest", LONG, |st| rest(st).is_some());
    assert!((1..=60_000).contains(&rest(&st).unwrap()), "{st:#}");
    assert_eq!(repairs(&st), MEASURES, "{:#}", s.pi.events());
    let events = s.pi.events().to_string();
    let mut places = Vec::new();
    for (number, measure) in (1..).zip([JOIN, SUPPLICANT, BOND]) {
        let text = format!("repair {number} of {MEASURES}: {measure}");
        assert_eq!(events.matches(&text).count(), 1, "{events}");
        places.push(events.find(&text));
    }
    assert!(places.is_sorted(), "{events}");
    assert!(!events.contains("repaired: "), "{events}");
    let (_, page, _) = s.pi.wifibond(&["status"]);
    assert!(page.contains("repair goes on in "), "{page}");
    let after = seen(&s);
    assert!(after.associations > before.associations, "{after:?}");
    assert_ne!(after.supplicant, before.supplicant);
    assert_eq!(after.left, before.left + 1);
    // Nothing more is done to it, and it is a member.
    s.no_switch(SHORT / 2);
    assert_eq!(repairs(&s.pi.status()), MEASURES);
    assert_eq!(s.pi.kernel_members(), ["wlan0", "wlan1"]);
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(s.ap.associations(MAC1), 1, "not disturbed");
}
