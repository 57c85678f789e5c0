//! The course of a trial: verdicts, starts, confirmations, later attempts.
use super::*;

#[test]
fn a_file_that_changes_nothing_is_judged_at_once() {
    for probe in [Probe::Gateway, Probe::Off] {
        let mut config = lab::config();
        config.health.probe = probe.clone();
        let mut lab = Lab::begin(&config);
        let bond = lab.world.bond().0;
        lab.paths.insert(bond, Path::Answers(3));
        joins(&mut lab, WLAN0);
        lab.wait(2_000);
        lab.done.clear();
        lab.world.try_config(&config, None);
        let took = lab.until("the verdict", 2_000, is_over);
        assert!(took <= 300, "{took} {probe:?}");
        assert_eq!(reconfigured(&mut lab), []);
    }
}

/// There is nothing to lose: it stays, and the one before is tried after two minutes.
#[test]
fn a_file_that_comes_while_nothing_is_online_has_two_minutes() {
    let mut lab = Lab::begin(&lab::config());
    lab.wait(5_000);
    lab.world.try_config(&other_network(&lab::config()), None);
    lab.run();
    let given = reconfigured(&mut lab);
    assert_eq!(given.len(), 2);
    lab.wait(119_000);
    assert_eq!(aside(&lab), None);
    lab.wait(2_000);
    assert_eq!(aside(&lab).as_deref(), Some("not online within 120 s"));
    // Nor is it online with that one.
    lab.wait(62_000);
    assert_eq!(aside(&lab), None);
    assert_eq!(lab.world.engine.config().wifi[0].priority, 9);
    lab.wait(235_000);
    assert_eq!(aside(&lab), None);
    lab.wait(10_000);
    assert!(aside(&lab).is_some());
    // However long that goes on, the one that did work once has its turn.
    lab.wait(7_200_000);
    lab.until("a turn of the one before", 301_000, |lab| {
        aside(lab).is_some()
    });
    // The one before is.
    joins(&mut lab, WLAN0);
    lab.wait(300_000);
    assert_eq!(lab.world.engine.config(), &lab::config());
    assert!(lab.world.engine.is_online());
}

/// The passphrase was changed in the file first, and in the access point later.
#[test]
fn a_file_that_was_right_too_early_is_tried_when_nothing_else_works() {
    let mut lab = online(&lab::config(), &BOTH);
    lab.world.try_config(&other_network(&lab::config()), None);
    lab.run();
    leaves(&mut lab, WLAN1);
    says(&mut lab, WLAN1, WRONG);
    joins(&mut lab, WLAN1);
    lab.wait(5_000);
    assert!(aside(&lab).is_some());
    for link in BOTH {
        leaves(&mut lab, link);
    }
    lab.wait(62_000);
    assert_eq!(aside(&lab), None);
    assert_eq!(lab.world.engine.config().wifi[0].priority, 9);
    for link in BOTH {
        joins(&mut lab, link);
    }
    lab.until("the verdict", 5_000, is_over);
}

#[test]
fn at_a_start_a_refused_passphrase_is_known_sooner() {
    let mut lab = Lab::begin(&lab::config());
    lab.world.before = Some(lab::config());
    lab.world.handle(Event::Trial(
        crate::engine::contract::event::TrialEvent::Starts,
    ));
    lab.wait(1_000);
    for link in BOTH {
        says(&mut lab, link, WRONG);
    }
    let took = lab.until("the verdict", 20_000, |lab| aside(lab).is_some());
    assert!((9_000..11_000).contains(&took), "{took}");
}

#[test]
fn what_nobody_confirms_is_taken_back() {
    let within = Some(Seconds(60));
    let mut lab = online(&lab::config(), &BOTH);
    let mut changed = lab::config();
    changed.bond.miimon_ms = 50;
    lab.world.try_config(&changed, within);
    lab.until("the verdict", 1_000, |lab| {
        matches!(
            lab.world.engine.trial().progress(),
            Some(Progress::Unconfirmed { .. })
        )
    });
    lab.wait(61_000);
    assert_eq!(aside(&lab).as_deref(), Some("not confirmed within 60 s"));
    assert_eq!(lab.world.engine.config().bond.miimon_ms, 100);
    // Nobody wants it again.
    lab.wait(3_600_000);
    assert_eq!(lab.world.engine.config().bond.miimon_ms, 100);
    lab.world.try_config(&changed, within);
    lab.wait(1_000);
    lab.world.handle(Event::Trial(
        crate::engine::contract::event::TrialEvent::Confirmed,
    ));
    lab.wait(61_000);
    assert!(is_over(&lab));
    assert_eq!(lab.world.engine.config().bond.miimon_ms, 50);
}

/// The daemon has lost the file before: the new one stays.
#[test]
fn without_the_file_before_the_new_one_stays() {
    let mut lab = online(&lab::config(), &BOTH);
    let mut changed = lab::config();
    changed.bond.ip = static_block(44, 150, 100);
    lab.world.try_config(&changed, None);
    lab.world.before = None;
    lab.wait(60_000);
    assert!(is_over(&lab));
    assert_eq!(lab.world.engine.config(), &changed);
    assert_eq!(GATEWAY, "192.168.43.1".parse::<IpAddr>().unwrap());
}

#[test]
fn the_same_file_again_does_not_get_more_time() {
    let mut lab = online(&lab::config(), &BOTH);
    let changed = other_network(&lab::config());
    lab.world.try_config(&changed, None);
    lab.run();
    leaves(&mut lab, WLAN1);
    lab.wait(20_000);
    let before = lab.world.before.clone();
    lab.world.try_config(&changed, None);
    lab.world.before = before;
    let took = lab.until("the verdict", 40_000, |lab| aside(lab).is_some());
    assert!(took <= 11_000, "{took}");
}

/// A passphrase that is wrong, while the box is on a desk with a cable.
#[test]
fn online_by_a_cable_says_nothing_of_networks() {
    let config = lab::config();
    let adapters = [(WLAN0, "wlan0", true), (ETH0, "eth0", false)];
    let mut lab = Lab::of(&config, &adapters);
    lab.paths.insert(ETH0, Path::Answers(3));
    lab.world.join_only(ETH0);
    lab.wait(1_000);
    says(&mut lab, WLAN0, WRONG);
    lab.wait(60_000);
    assert!(lab.world.engine.is_online());
    assert!(!lab.world.engine.has_shown_networks());
    joins(&mut lab, WLAN0);
    lab.wait(1_000);
    assert!(lab.world.engine.has_shown_networks());
}
