//! A new file that is tried, and taken back where the box is not online with it.
use super::health::lab::{self, GATEWAY, Lab, MAC, Path};
use super::server::{LEASE, ServerBehaviour};
use super::*;
use crate::engine::time::Seconds;
use crate::engine::trial::Progress;

const CONNECTED: &str = "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:05:00 completed";
const LEFT: &str =
    "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=3 locally_generated=1";
const WRONG: &str = "<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"Hotspot\" auth_failures=1 duration=10 reason=WRONG_KEY";
const BOTH: [Index; 2] = [WLAN0, WLAN1];

fn says(lab: &mut Lab, link: Index, text: &str) {
    lab.world.handle(Event::Supplicant { link, text });
    lab.run();
}

fn joins(lab: &mut Lab, link: Index) {
    lab.world.join_only(link);
    says(lab, link, CONNECTED);
}

/// As wpa_supplicant does when it reads another file.
fn leaves(lab: &mut Lab, link: Index) {
    lab.world.cut(link);
    says(lab, link, LEFT);
}

/// These adapters are in the network, and the first one carries the traffic.
fn online(config: &Config, members: &[Index]) -> Lab {
    let mut lab = Lab::begin(config);
    lab.world.server.behaviour = ServerBehaviour::Answers;
    for link in members {
        joins(&mut lab, *link);
    }
    lab.wait(10_000);
    assert!(lab.world.engine.is_online());
    assert_eq!(lab.active(), Some(members[0]));
    lab.done.clear();
    lab
}

/// The adapters that were given a new file since the last call.
fn reconfigured(lab: &mut Lab) -> Vec<Index> {
    let done = core::mem::take(&mut lab.done);
    let mine = done.iter().filter_map(|action| match action {
        Action::Supplicant(link, SupplicantStep::Reconfigure) => Some(*link),
        _ => None,
    });
    mine.collect()
}

fn other_network(config: &Config) -> Config {
    let mut changed = config.clone();
    changed.wifi[0].priority = 9;
    changed
}

fn with_dhcp() -> Config {
    let mut config = lab::config();
    config.bond.ip = IpBlock::default();
    config
}

fn aside(lab: &Lab) -> Option<String> {
    match lab.world.engine.trial().progress() {
        Some(Progress::SetAside { why, .. }) => Some(why.to_owned()),
        _ => None,
    }
}

fn is_over(lab: &Lab) -> bool {
    lab.world.engine.trial().progress().is_none()
}

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

/// A passphrase that is wrong, while the box is on a desk with a cable.
#[test]
fn a_cable_is_no_witness_of_networks() {
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
