//! Members that lead into different networks.
use super::*;
use crate::engine::tests::server::{LEASE, ServerBehaviour};

const OTHER_MAC: Mac = Mac([2, 0, 0, 0, 0, 0x98]);
const BOTH: &str = "wlan0 and wlan1 are in different networks, or two hosts have 192.168.43.1: \
    02:00:00:00:00:99 through wlan0, 02:00:00:00:00:98 through wlan1";

fn problems(lab: &Lab) -> Vec<String> {
    let status = lab.world.status();
    status.problems.iter().map(|p| p.text.to_string()).collect()
}

/// wlan1 is in another network.
fn apart(config: &Config, behaviour: ServerBehaviour) -> Lab {
    let mut lab = Lab::begin(config);
    lab.world.server.behaviour = behaviour;
    lab.elsewhere.insert(WLAN1, OTHER_MAC);
    for member in [WLAN0, WLAN1] {
        lab.world.join_only(member);
        lab.run();
    }
    lab.wait(10_000);
    assert_eq!(lab.active(), Some(WLAN0));
    lab
}

#[test]
fn two_gateways_with_one_address_are_a_problem() {
    let mut lab = apart(&lab::config(), ServerBehaviour::Silent);
    assert_eq!(problems(&lab), [BOTH]);
    assert_eq!(lab.world.recorded(BOTH), 1);
    // Until both are in one network.
    lab.world.cut(WLAN1);
    lab.elsewhere.clear();
    lab.wait(1_000);
    lab.world.join_only(WLAN1);
    lab.wait(10_000);
    assert_eq!(problems(&lab), [""; 0]);
    assert_eq!(lab.world.recorded(BOTH), 1);
}

#[test]
fn a_gateway_that_takes_another_mac_address_is_one_gateway() {
    for offset in 0..20 {
        let mut lab = Lab::new();
        lab.wait(offset * 50);
        lab.hosts.insert(GATEWAY, OTHER_MAC);
        lab.wait(10_000);
        assert_eq!(lab.world.recorded("different networks"), 0);
        assert_eq!(lab.switches(), 0);
    }
}

fn with_dhcp() -> Config {
    let mut config = lab::config();
    config.bond.ip = IpBlock::default();
    config
}

#[test]
fn a_fail_over_into_another_network_asks_for_an_offer_at_once() {
    let mut lab = apart(&with_dhcp(), ServerBehaviour::Answers);
    assert_eq!(problems(&lab), [BOTH]);
    lab.world.server.gives = [192, 168, 43, 77];
    lab.world.asked();
    lab.world.cut(WLAN0);
    lab.until("a switch", 100, |lab| lab.active() == Some(WLAN1));
    lab.wait(100);
    assert_eq!(lab.world.kinds(), [1, 3]);
    assert!(lab.world.bond_has([192, 168, 43, 77]));
    // And back again.
    lab.world.join_only(WLAN0);
    lab.wait(5_000);
    lab.world.asked();
    lab.world.server.gives = LEASE;
    lab.world.cut(WLAN1);
    lab.until("a switch", 100, |lab| lab.active() == Some(WLAN0));
    lab.wait(100);
    assert_eq!(lab.world.kinds(), [1, 3]);
    assert!(lab.world.bond_has(LEASE));
}

/// It joined while it was the only one: what is behind it is known a moment later.
#[test]
fn another_network_that_is_known_after_the_fail_over_counts_as_well() {
    let mut lab = apart(&with_dhcp(), ServerBehaviour::Answers);
    lab.world.cut(WLAN1);
    lab.wait(1_000);
    lab.world.server.behaviour = ServerBehaviour::Silent;
    lab.world.cut(WLAN0);
    lab.wait(1_000);
    lab.world.asked();
    lab.world.join_only(WLAN1);
    lab.wait(150);
    assert_eq!(lab.world.kinds(), [3, 1]);
    assert!(lab.world.bond_has(LEASE), "it stays in use");
}

#[test]
fn within_one_network_the_lease_is_confirmed() {
    let mut lab = Lab::begin(&with_dhcp());
    lab.world.server.behaviour = ServerBehaviour::Answers;
    for member in [WLAN0, WLAN1] {
        lab.world.join_only(member);
        lab.run();
    }
    lab.wait(10_000);
    lab.world.asked();
    lab.world.cut(WLAN0);
    lab.wait(1_000);
    assert_eq!(lab.world.kinds(), [3]);
}
