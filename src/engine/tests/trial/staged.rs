//! Networks and addresses that change in one edit: the addresses wait for the network.
use super::*;

const OLD: [u8; 4] = [192, 168, 43, 150];
const NEW: [u8; 4] = [192, 168, 44, 150];
const NEW_GATEWAY: &str = "192.168.44.1";

/// Other settings of the network, and a static address in another one.
fn moved() -> Config {
    let mut config = other_network(&lab::config());
    config.bond.ip = static_block(44, 150, 100);
    config
}

fn begin() -> Lab {
    let mut lab = online(&lab::config(), &BOTH);
    lab.world.try_config(&moved(), None);
    lab.run();
    assert_eq!(reconfigured(&mut lab), [WLAN1]);
    leaves(&mut lab, WLAN1);
    lab
}

#[test]
fn a_network_that_refuses_costs_no_address() {
    let mut lab = begin();
    lab.wait(3_000);
    assert!(lab.world.bond_has(OLD));
    says(&mut lab, WLAN1, WRONG);
    assert_eq!(
        aside(&lab).as_deref(),
        Some("wlan1: wrong passphrase for \"Hotspot\"")
    );
    lab.wait(100);
    let addresses = lab.done.iter().filter(|action| {
        matches!(
            action,
            Action::Kernel(KernelRequest::Change(
                KernelAction::AddAddress { .. } | KernelAction::DeleteAddress { .. }
            ))
        )
    });
    assert_eq!(addresses.count(), 0);
    assert!(lab.world.bond_has(OLD));
}

#[test]
fn they_are_in_force_when_the_network_lets_a_member_in() {
    let mut lab = begin();
    lab.hosts.insert(NEW_GATEWAY.parse().unwrap(), MAC);
    lab.wait(2_000);
    assert!(!lab.world.bond_has(NEW));
    joins(&mut lab, WLAN1);
    lab.until("the new address", 2_000, |lab| lab.world.bond_has(NEW));
    lab.until("the verdict", 5_000, is_over);
    assert!(!lab.world.bond_has(OLD));
}

/// It joined late, and has its time all the same.
#[test]
fn a_gateway_of_another_network_is_asked_there() {
    let mut lab = begin();
    lab.wait(28_000);
    lab.paths.insert(WLAN1, Path::Dead);
    joins(&mut lab, WLAN1);
    lab.wait(2_500);
    assert!(lab.world.bond_has(OLD));
    assert_eq!(lab.active(), Some(WLAN0));
    lab.until("the new address", 2_000, |lab| lab.world.bond_has(NEW));
    lab.hosts.clear();
    lab.hosts.insert(NEW_GATEWAY.parse().unwrap(), MAC);
    lab.paths.insert(WLAN1, Path::Answers(3));
    lab.until("the verdict", 10_000, is_over);
    assert_eq!(lab.active(), Some(WLAN1));
    assert!(lab.world.bond_has(NEW));
}

#[test]
fn a_silent_gateway_there_is_left_again() {
    let mut lab = begin();
    joins(&mut lab, WLAN1);
    lab.until("the new address", 5_000, |lab| lab.world.bond_has(NEW));
    let took = lab.until("the verdict", 20_000, |lab| aside(lab).is_some());
    assert!(took <= 16_000, "{took}");
    assert_eq!(
        aside(&lab).as_deref(),
        Some("its gateway 192.168.44.1 does not answer")
    );
    lab.wait(500);
    assert!(lab.world.bond_has(OLD));
    assert!(!lab.world.bond_has(NEW));
}

#[test]
fn a_member_that_is_alone_takes_them_with_it() {
    let mut lab = online(&lab::config(), &[WLAN0]);
    lab.hosts.insert(NEW_GATEWAY.parse().unwrap(), MAC);
    lab.world.try_config(&moved(), None);
    lab.wait(7_000);
    assert!(lab.world.bond_has(OLD));
    lab.wait(2_000);
    leaves(&mut lab, WLAN0);
    joins(&mut lab, WLAN0);
    lab.until("the verdict", 15_000, is_over);
    assert!(lab.world.bond_has(NEW));
}

/// A second edit during the trial of the first one.
#[test]
fn addresses_of_the_file_before_stay_through_a_second_edit() {
    let mut lab = begin();
    lab.wait(1_000);
    let mut third = moved();
    third.bond.ip = static_block(45, 150, 100);
    lab.world.try_config(&third, None);
    lab.wait(1_000);
    assert!(lab.world.bond_has(OLD));
    says(&mut lab, WLAN1, WRONG);
    lab.wait(500);
    assert!(lab.world.bond_has(OLD));
    assert_eq!(lab.world.engine.config(), &lab::config());
}
