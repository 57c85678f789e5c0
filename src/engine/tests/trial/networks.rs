//! New settings of networks.
use super::*;

#[test]
fn a_wrong_passphrase_reaches_the_standby_alone() {
    let mut lab = online(&lab::config(), &BOTH);
    let switches = lab.switches();
    lab.world.try_config(&other_network(&lab::config()), None);
    lab.run();
    assert_eq!(reconfigured(&mut lab), [WLAN1]);
    leaves(&mut lab, WLAN1);
    lab.wait(3_000);
    assert_eq!(reconfigured(&mut lab), []);
    says(&mut lab, WLAN1, WRONG);
    assert_eq!(
        aside(&lab).as_deref(),
        Some("wlan1: wrong passphrase for \"Hotspot\"")
    );
    assert_eq!(lab.world.engine.config(), &lab::config());
    lab.wait(100);
    assert_eq!(reconfigured(&mut lab), [WLAN1]);
    joins(&mut lab, WLAN1);
    lab.wait(60_000);
    assert_eq!(reconfigured(&mut lab), []);
    assert_eq!(lab.switches(), switches);
    assert_eq!(lab.world.recorded("the new file is set aside"), 1);
}

#[test]
fn what_lets_the_standby_in_is_given_to_the_other() {
    let mut lab = online(&lab::config(), &BOTH);
    lab.world.try_config(&other_network(&lab::config()), None);
    lab.run();
    assert_eq!(reconfigured(&mut lab), [WLAN1]);
    leaves(&mut lab, WLAN1);
    // Its settling time is over, and the verdict is still open.
    lab.wait(25_000);
    assert_eq!(reconfigured(&mut lab), []);
    joins(&mut lab, WLAN1);
    lab.until("the verdict", 2_000, is_over);
    lab.wait(100);
    assert_eq!(reconfigured(&mut lab), [WLAN0]);
    assert_eq!(lab.active(), Some(WLAN1));
    leaves(&mut lab, WLAN0);
    joins(&mut lab, WLAN0);
    lab.wait(40_000);
    assert_eq!(lab.active(), Some(WLAN0));
    assert_eq!(reconfigured(&mut lab), []);
}

#[test]
fn a_network_that_is_not_there_is_given_up_after_30_s() {
    let mut lab = online(&lab::config(), &BOTH);
    lab.world.try_config(&other_network(&lab::config()), None);
    lab.run();
    leaves(&mut lab, WLAN1);
    let took = lab.until("the verdict", 40_000, |lab| aside(lab).is_some());
    assert!((29_000..31_000).contains(&took), "{took}");
    assert_eq!(
        aside(&lab).as_deref(),
        Some("no adapter was let into a network of the file within 30 s")
    );
    assert_eq!(lab.active(), Some(WLAN0));
    lab.wait(100);
    assert_eq!(reconfigured(&mut lab), [WLAN1, WLAN1]);
    // Tried again while the other one carries the traffic.
    joins(&mut lab, WLAN1);
    lab.wait(590_000);
    assert_eq!(reconfigured(&mut lab), []);
    lab.wait(20_000);
    assert_eq!(reconfigured(&mut lab), [WLAN1]);
    leaves(&mut lab, WLAN1);
    joins(&mut lab, WLAN1);
    lab.until("the verdict", 2_000, is_over);
}

#[test]
fn one_alone_tries_and_goes_back() {
    let mut lab = online(&lab::config(), &[WLAN0]);
    lab.world.try_config(&other_network(&lab::config()), None);
    // The other adapter is in no network: it has the first try, and not for long.
    lab.wait(7_000);
    let first = reconfigured(&mut lab);
    assert_eq!(first, [WLAN1]);
    lab.wait(2_000);
    assert_eq!(reconfigured(&mut lab), [WLAN0]);
    leaves(&mut lab, WLAN0);
    says(&mut lab, WLAN0, WRONG);
    assert!(aside(&lab).is_some());
    lab.run();
    assert_eq!(reconfigured(&mut lab), [WLAN0, WLAN1]);
    joins(&mut lab, WLAN0);
    lab.wait(1_000);
    assert!(lab.world.engine.is_online());
    // What works is not given up for a file that did not.
    lab.wait(3_600_000);
    assert_eq!(reconfigured(&mut lab), []);
}

#[test]
fn another_network_has_the_traffic_until_it_gives_an_address() {
    let config = with_dhcp();
    let mut lab = online(&config, &BOTH);
    lab.world.try_config(&other_network(&config), None);
    lab.run();
    leaves(&mut lab, WLAN1);
    // Another network, with another gateway.
    lab.paths.insert(WLAN1, Path::Dead);
    joins(&mut lab, WLAN1);
    lab.wait(2_500);
    assert_eq!(lab.active(), Some(WLAN0));
    lab.paths.insert(WLAN1, Path::Answers(3));
    lab.paths.insert(WLAN0, Path::Dead);
    lab.elsewhere.insert(WLAN1, Mac([2, 0, 0, 0, 0, 0x98]));
    lab.until("the traffic there", 2_000, |lab| {
        lab.active() == Some(WLAN1)
    });
    lab.until("the verdict", 20_000, is_over);
    lab.wait(100);
    assert!(reconfigured(&mut lab).contains(&WLAN0));
    assert!(lab.world.bond_has(LEASE));
}

#[test]
fn another_network_without_an_address_is_left_again() {
    let config = with_dhcp();
    let mut lab = online(&config, &BOTH);
    lab.world.try_config(&other_network(&config), None);
    lab.run();
    leaves(&mut lab, WLAN1);
    lab.paths.insert(WLAN1, Path::Dead);
    joins(&mut lab, WLAN1);
    lab.until("the traffic there", 4_000, |lab| {
        lab.active() == Some(WLAN1)
    });
    lab.world.server.behaviour = ServerBehaviour::Silent;
    let took = lab.until("the verdict", 40_000, |lab| aside(lab).is_some());
    assert!(took <= 30_000, "{took}");
    lab.wait(200);
    assert_eq!(lab.active(), Some(WLAN0));
    assert_eq!(reconfigured(&mut lab), [WLAN1, WLAN1]);
}

/// Two adapters of their own: none of them stands by for the other one.
#[test]
fn links_of_their_own_are_not_tried_again_by_themselves() {
    let mut config = lab::config();
    config.bond.members.clear();
    config.bond.primary = None;
    config.links.clear();
    for (number, name) in [(43, "wlan0"), (45, "wlan1")] {
        let link = crate::config::Link {
            ip: static_block(number, 150, 100),
            ..lab::config().links[0].clone()
        };
        let link = crate::config::Link {
            name: Matcher::Name(super::name(name)),
            ..link
        };
        config.links.push(link).unwrap();
    }
    let mut lab = Lab::begin(&config);
    lab.hosts.insert("192.168.45.1".parse().unwrap(), MAC);
    for link in BOTH {
        joins(&mut lab, link);
    }
    lab.wait(10_000);
    assert!(lab.world.engine.is_online());
    lab.done.clear();
    lab.world.try_config(&other_network(&config), None);
    lab.run();
    assert_eq!(reconfigured(&mut lab).len(), 2);
    for link in BOTH {
        leaves(&mut lab, link);
        says(&mut lab, link, WRONG);
    }
    assert!(aside(&lab).is_some());
    lab.run();
    for link in BOTH {
        joins(&mut lab, link);
    }
    lab.wait(1_000);
    reconfigured(&mut lab);
    lab.wait(1_300_000);
    assert_eq!(reconfigured(&mut lab), []);
}

/// One that is not there yet, or hears nothing: it may not spoil what another one has shown.
#[test]
fn a_third_member_does_not_decide() {
    const WLAN2: Index = 7;
    let mut config = lab::config();
    let third = Matcher::Name(super::name("wlan2"));
    config.bond.members.push(third).unwrap();
    let mut lab = Lab::of(
        &config,
        &[
            (WLAN0, "wlan0", true),
            (WLAN1, "wlan1", true),
            (WLAN2, "wlan2", true),
        ],
    );
    lab.paths.insert(WLAN2, Path::Answers(3));
    for link in [WLAN0, WLAN1, WLAN2] {
        joins(&mut lab, link);
    }
    lab.wait(10_000);
    lab.done.clear();
    lab.world.try_config(&other_network(&config), None);
    lab.run();
    assert_eq!(reconfigured(&mut lab), [WLAN1]);
    leaves(&mut lab, WLAN1);
    lab.wait(3_000);
    joins(&mut lab, WLAN1);
    let second = reconfigured(&mut lab);
    assert_eq!(second.len(), 1);
    leaves(&mut lab, second[0]);
    lab.until("the verdict", 40_000, is_over);
}

/// Where the address is not from the network, the gateway's silence says all.
#[test]
fn a_static_address_costs_nothing_in_another_network() {
    let mut lab = online(&lab::config(), &BOTH);
    let switches = lab.switches();
    lab.world.try_config(&other_network(&lab::config()), None);
    lab.run();
    leaves(&mut lab, WLAN1);
    lab.paths.insert(WLAN1, Path::Dead);
    joins(&mut lab, WLAN1);
    lab.until("the verdict", 60_000, |lab| aside(lab).is_some());
    assert_eq!(lab.switches(), switches);
    assert_eq!(lab.active(), Some(WLAN0));
}

/// Its network is its own: it says nothing of the one that the other member is to join.
#[test]
fn a_member_out_of_its_network_proves_nothing() {
    let mut config = lab::config();
    let mut own = config.wifi[0].clone();
    own.members
        .push(Matcher::Name(super::name("wlan1")))
        .unwrap();
    config.wifi[0]
        .members
        .push(Matcher::Name(super::name("wlan0")))
        .unwrap();
    config.wifi.push(own).unwrap();
    let mut lab = online(&config, &BOTH);
    lab.world.try_config(&other_network(&config), None);
    lab.world.cut(WLAN1);
    says(&mut lab, WLAN1, LEFT);
    lab.wait(3_000);
    assert_eq!(reconfigured(&mut lab), []);
}
