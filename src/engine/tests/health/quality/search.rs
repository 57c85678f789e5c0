//! The search for a stronger access point.
use super::*;

/// With good signals the default costs one request a join.
#[test]
fn by_default_nothing_is_asked_while_the_signals_are_good() {
    let mut lab = Lab::received(PrimaryReselect::Always, [-50, -69]);
    lab.receives(WLAN0, -51);
    lab.receives(WLAN1, -69);
    lab.pass_time(HOUR);
    assert!(lab.asked.iter().all(|(.., what)| *what == Request::Ping));
    assert_eq!(lab.count(Request::Ping), 120);
    lab.says(WLAN1, CONNECTED);
    lab.wait(10_000);
    assert_eq!(lab.count(Request::SignalMonitor), 1);
    assert_eq!(lab.count(Request::SignalPoll), 0);
    assert_eq!((lab.count(Request::Scan), lab.switches()), (0, 0));
}

#[test]
fn the_standby_looks_for_a_stronger_access_point_at_growing_intervals() {
    let mut lab = Lab::received(PrimaryReselect::Always, [-60, -60]);
    lab.receives(WLAN1, -74);
    lab.pass_time(2 * HOUR);
    let searches = lab.times(Request::Scan, WLAN1);
    let pauses: Vec<u64> = searches
        .windows(2)
        .map(|two| (two[1] - two[0]) / 1000)
        .collect();
    // At the next reading after each.
    for (pause, least) in pauses[..4].iter().zip([60, 120, 240, 480]) {
        assert!((least..=least + 5).contains(pause), "{pauses:?}");
    }
    let longest = |pause: &u64| (600..=605).contains(pause);
    assert!(pauses[4..].iter().all(longest), "{pauses:?}");
    assert_eq!(
        lab.times(Request::Scan, WLAN0),
        [0_u64; 0],
        "never the active one"
    );
    let text = "-74 dBm: looks for a stronger access point";
    assert_eq!(lab.world.recorded(text), 1);
    // It found one, and needs no other; the next time it looks soon.
    lab.asked.clear();
    lab.receives(WLAN1, -50);
    lab.pass_time(HOUR);
    assert_eq!(lab.count(Request::Scan), 0);
    lab.receives(WLAN1, -74);
    lab.wait(1);
    assert_eq!(lab.count(Request::Scan), 1);
}

/// Both are at a weak access point, and there is a stronger one.
#[test]
fn a_standby_changes_the_access_point_before_the_active_one_does() {
    for reselect in [
        PrimaryReselect::Always,
        PrimaryReselect::Better,
        PrimaryReselect::Failure,
    ] {
        let mut lab = Lab::received(reselect, [-60, -60]);
        lab.receives(WLAN0, -80);
        lab.receives(WLAN1, -80);
        lab.until("a search", 6_000, |lab| lab.count(Request::Scan) == 1);
        assert_eq!(lab.times(Request::Scan, WLAN1).len(), 1, "the standby");
        lab.roams(WLAN1, -45);
        let took = lab.until("the stronger one", 60_000, |lab| {
            lab.active() == Some(WLAN1)
        });
        assert!((10_000..40_000).contains(&took), "{took}");
        let (outage, cause) = lab.last_switch();
        assert_eq!(outage, 0, "{reselect:?}");
        assert!(cause.starts_with("wlan1 has -45 dBm, wlan0 -"), "{cause}");
        // Then the other one.
        lab.until("a search", 61_000, |lab| {
            lab.times(Request::Scan, WLAN0).len() == 1
        });
        assert_eq!(lab.active(), Some(WLAN1));
        lab.roams(WLAN0, -44);
        lab.pass_time(600_000);
        let (switches, active) = match reselect {
            // After the hold.
            PrimaryReselect::Always => (2, WLAN0),
            PrimaryReselect::Better | PrimaryReselect::Failure => (1, WLAN1),
        };
        assert_eq!(
            (lab.switches(), lab.active()),
            (switches, Some(active)),
            "{reselect:?}"
        );
        assert_eq!(lab.count(Request::Scan), 2, "{reselect:?}");
    }
}

/// With other settings than `better` a stronger signal alone is no reason.
#[test]
fn a_signal_that_will_do_is_not_left() {
    for reselect in [PrimaryReselect::Always, PrimaryReselect::Failure] {
        let mut lab = Lab::received(reselect, [-60, -60]);
        lab.receives(WLAN0, -76);
        lab.receives(WLAN1, -40);
        lab.pass_time(HOUR);
        assert_eq!(lab.switches(), 0, "{reselect:?}");
    }
}

#[test]
fn no_member_searches_while_the_active_one_fails_or_another_one_does() {
    let mut lab = Lab::received(PrimaryReselect::Always, [-60, -60]);
    lab.paths.insert(WLAN0, Path::Dead);
    lab.paths.insert(WLAN1, Path::Dead);
    lab.wait(10_000);
    lab.receives(WLAN1, -74);
    lab.pass_time(HOUR);
    assert_eq!(lab.count(Request::Scan), 0);
}

/// A scan without a result does not end the present association.
#[test]
fn nothing_found_while_in_a_network_changes_nothing() {
    let mut lab = Lab::received(PrimaryReselect::Always, [-60, -60]);
    lab.says(WLAN1, "<3>CTRL-EVENT-SCAN-STARTED ");
    lab.says(WLAN1, "<3>CTRL-EVENT-SCAN-RESULTS ");
    lab.says(WLAN1, "<3>CTRL-EVENT-NETWORK-NOT-FOUND ");
    let radio = lab.world.engine.supplicant(WLAN1).map(|s| s.radio);
    assert_eq!(radio, Some(crate::engine::supplicant::Radio::Authorised));
}

/// A member that looks for a stronger access point may be away for a moment, and no more than that.
#[test]
fn a_member_that_dies_while_it_looks_around_is_lost() {
    type Dies = fn(&mut Lab);
    let dies: [(&str, Dies); 2] = [
        ("it passes nothing", |lab| {
            lab.paths.insert(WLAN1, Path::Dead);
            lab.wait(3_000);
        }),
        ("it is set down", |lab| {
            lab.world.edit(WLAN1, |link| {
                link.up = false;
                link.carrier = false;
            });
            lab.run();
            lab.world.edit(WLAN1, |link| link.up = true);
            lab.run();
            lab.world.join_only(WLAN1);
        }),
    ];
    for (what, die) in dies {
        let mut lab = Lab::received(PrimaryReselect::Better, [-60, -60]);
        lab.receives(WLAN1, -75);
        assert_eq!(lab.count(Request::Scan), 1);
        die(&mut lab);
        lab.paths.insert(WLAN1, Path::Answers(3));
        let held = |lab: &Lab| {
            let members = lab.world.status().bond.unwrap().members;
            members[1].hold_ms.is_some()
        };
        lab.until(what, 15_000, held);
    }
}
