//! The way out: addresses, routes and gateways.
use super::*;

#[test]
fn a_gateway_that_does_not_answer_is_taken_back_and_one_that_does_is_not() {
    let mut lab = online(&lab::config(), &BOTH);
    let mut changed = lab::config();
    changed.bond.ip = static_block(44, 150, 100);
    lab.world.try_config(&changed, None);
    let took = lab.until("the verdict", 20_000, |lab| aside(lab).is_some());
    assert!((14_000..17_000).contains(&took), "{took}");
    assert_eq!(
        aside(&lab).as_deref(),
        Some("its gateway 192.168.44.1 does not answer")
    );
    lab.wait(500);
    assert!(lab.world.bond_has([192, 168, 43, 150]));
    assert!(!lab.world.bond_has([192, 168, 44, 150]));
    lab.hosts.insert("192.168.44.1".parse().unwrap(), MAC);
    lab.world.try_config(&changed, None);
    let took = lab.until("the verdict", 20_000, is_over);
    assert!(took <= 2_000, "{took}");
    assert!(lab.world.bond_has([192, 168, 44, 150]));
    assert_eq!(reconfigured(&mut lab), []);
}

#[test]
fn without_an_address_it_is_taken_back() {
    let mut lab = online(&lab::config(), &BOTH);
    let mut changed = lab::config();
    changed.bond.ip.ipv4.addresses.clear();
    changed.bond.ip.ipv4.routes.clear();
    lab.world.try_config(&changed, None);
    lab.until("the verdict", 20_000, |lab| aside(lab).is_some());
    assert_eq!(aside(&lab).as_deref(), Some("not online within 15 s"));
    lab.wait(500);
    assert!(lab.world.bond_has_default());
}

/// The members work; but the traffic goes where the best route says.
#[test]
fn a_better_way_that_leads_nowhere_is_taken_back() {
    let mut lab = online(&lab::config(), &BOTH);
    let mut config = lab::config();
    lab.world.tell(Event::Link(plain(ETH0, "eth0", false)));
    lab.paths.insert(ETH0, Path::Answers(3));
    lab.world.join_only(ETH0);
    lab.wait(2_000);
    config.links[0].ip = static_block(7, 106, 10);
    lab.world.try_config(&config, None);
    lab.until("the verdict", 20_000, |lab| aside(lab).is_some());
    assert_eq!(
        aside(&lab).as_deref(),
        Some("its gateway 192.168.7.1 does not answer")
    );
    // What was so before is not held against another file.
    let mut other = lab::config();
    other.bond.miimon_ms = 50;
    lab.world.try_config(&other, None);
    let took = lab.until("the verdict", 20_000, is_over);
    assert!(took <= 500, "{took}");
}

/// Nobody probes it otherwise.
#[test]
fn the_gateway_of_a_cable_is_asked_too() {
    let mut config = lab::config();
    config.bond.members.clear();
    config.bond.primary = None;
    let mut lab = Lab::of(&config, &[(ETH0, "eth0", false)]);
    lab.paths.insert(ETH0, Path::Answers(3));
    lab.world.join_only(ETH0);
    lab.wait(1_000);
    assert!(lab.world.engine.is_online());
    let mut changed = config.clone();
    changed.links[0].ip = static_block(7, 106, 10);
    lab.world.try_config(&changed, None);
    lab.until("the verdict", 20_000, |lab| aside(lab).is_some());
    assert_eq!(
        aside(&lab).as_deref(),
        Some("its gateway 192.168.7.1 does not answer")
    );
    assert!((10..40).contains(&lab.probes[&ETH0]), "{:?}", lab.probes);
    lab.hosts.insert("192.168.7.1".parse().unwrap(), MAC);
    lab.world.try_config(&changed, None);
    let took = lab.until("the verdict", 20_000, is_over);
    assert!(took <= 1_000, "{took}");
    // And nobody asks it any more.
    lab.probes.clear();
    lab.wait(60_000);
    assert!(lab.probes.is_empty());
}

/// Each attempt would cost the traffic, and where it failed once it fails again.
#[test]
fn a_gateway_that_does_not_answer_is_not_tried_again_by_itself() {
    let mut lab = online(&lab::config(), &BOTH);
    let mut changed = lab::config();
    changed.bond.ip = static_block(44, 150, 100);
    lab.world.try_config(&changed, None);
    lab.until("the verdict", 20_000, |lab| aside(lab).is_some());
    lab.wait(1_300_000);
    assert!(lab.world.bond_has([192, 168, 43, 150]));
    assert_eq!(lab.world.recorded("the new file is set aside"), 1);
}

/// The best route is the one that is used.
#[test]
fn a_silent_gateway_that_is_preferred_is_taken_back() {
    let mut config = lab::config();
    config.links[0].ip = static_block(7, 106, 10);
    config.links[0].ip.ipv4.routes.clear();
    let mut lab = Lab::of(
        &config,
        &[
            (WLAN0, "wlan0", true),
            (WLAN1, "wlan1", true),
            (ETH0, "eth0", false),
        ],
    );
    lab.paths.insert(ETH0, Path::Answers(3));
    lab.world.join_only(ETH0);
    for link in BOTH {
        joins(&mut lab, link);
    }
    lab.wait(10_000);
    let mut changed = config.clone();
    changed.links[0].ip = static_block(7, 106, 10);
    lab.world.try_config(&changed, None);
    lab.until("the verdict", 20_000, |lab| aside(lab).is_some());
    assert_eq!(
        aside(&lab).as_deref(),
        Some("its gateway 192.168.7.1 does not answer")
    );
}

#[test]
fn a_gateway_is_asked_where_nothing_is_probed() {
    let mut config = lab::config();
    config.health.probe = Probe::Off;
    let mut lab = online(&config, &BOTH);
    let bond = lab.world.bond().0;
    lab.paths.insert(bond, Path::Answers(3));
    let mut changed = config.clone();
    changed.bond.ip = static_block(44, 150, 100);
    lab.world.try_config(&changed, None);
    lab.until("the verdict", 20_000, |lab| aside(lab).is_some());
    lab.wait(1_000);
    assert!(lab.world.bond_has([192, 168, 43, 150]));
}

/// Some routers answer no probe: then a new file does not have to get one.
#[test]
fn a_gateway_that_never_answered_is_not_held_against_a_file() {
    let mut config = lab::config();
    let mut lab = Lab::begin(&config);
    lab.hosts.clear();
    for link in BOTH {
        joins(&mut lab, link);
    }
    lab.wait(30_000);
    lab.done.clear();
    config.bond.miimon_ms = 50;
    lab.world.try_config(&config, None);
    let took = lab.until("the verdict", 20_000, is_over);
    assert!(took <= 500, "{took}");
}
