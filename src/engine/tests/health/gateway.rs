//! The host that is asked.
use super::*;

const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 43, 9));
const NEW_MAC: Mac = Mac([2, 0, 0, 0, 0, 0x98]);

#[test]
fn a_gateway_that_dies_costs_no_member_its_place() {
    let mut lab = Lab::new();
    lab.hosts.clear();
    lab.wait(30_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    for member in [WLAN0, WLAN1] {
        assert_eq!(lab.condition(member), Condition::Suspect);
    }
    assert_eq!(
        lab.world.recorded("192.168.43.1 answers through no member"),
        1
    );
    let problem = lab.world.status().problems[0].text.to_string();
    assert!(
        problem.contains("no member counts as bad for it"),
        "{problem}"
    );
    lab.hosts.insert(GATEWAY, lab::MAC);
    lab.wait(5_000);
    assert_eq!(lab.condition(WLAN0), Condition::Healthy);
    assert_eq!(lab.world.recorded("192.168.43.1 answers again"), 1);
    assert!(lab.world.status().problems.is_empty());
    assert_eq!(lab.switches(), 0);
}

/// The standby member's last question is under way, or lost, when the other one has its answer.
#[test]
fn a_gateway_that_answers_again_costs_no_member_its_place() {
    for silent in (5_000..35_000).step_by(1_000) {
        let mut lab = Lab::new();
        lab.hosts.clear();
        lab.wait(silent);
        let asked = |lab: &Lab| lab.world.engine.health(WLAN1).unwrap().is_asking();
        lab.until("asked", 1_500, asked);
        lab.hosts.insert(GATEWAY, lab::MAC);
        lab.wait(3_000);
        assert_eq!(lab.world.recorded("bad: "), 0, "{silent} ms");
        assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
        // A dead one is found as before.
        lab.paths.insert(WLAN1, Path::Dead);
        lab.until("bad", 3_000, |lab| lab.condition(WLAN1) == Condition::Bad);
    }
}

#[test]
fn while_the_gateway_is_silent_another_host_is_asked() {
    let mut config = lab::config();
    let mut second = default_route(43, 200);
    second.via = Some(OTHER);
    config.bond.ip.ipv4.routes.push(second).unwrap();
    let mut lab = Lab::with(&config);
    assert_eq!(lab.world.engine.probed(), Some(GATEWAY));
    lab.hosts = [(OTHER, NEW_MAC)].into();
    lab.until("another host", 3_000, |lab| {
        lab.world.engine.probed() == Some(OTHER)
    });
    lab.wait(3_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    assert_eq!(lab.world.recorded("other hosts are asked in its place"), 1);
    // A dead member is found by the other host.
    lab.paths.insert(WLAN0, Path::Dead);
    lab.until("a switch", 600, |lab| lab.active() == Some(WLAN1));
    // The gateway is tried again, and preferred when it is back.
    lab.hosts.insert(GATEWAY, lab::MAC);
    lab.until("the gateway", 70_000, |lab| {
        lab.world.engine.probed() == Some(GATEWAY)
    });
    lab.wait(3_000);
    assert_eq!(lab.world.recorded("192.168.43.1 answers again"), 1);
}

#[test]
fn a_gateway_that_ignores_unicast_is_no_dead_one() {
    let mut lab = Lab::begin(&lab::config());
    lab.only_broadcasts = true;
    for member in [WLAN0, WLAN1] {
        lab.world.join_only(member);
        lab.run();
    }
    lab.wait(20_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    // It was learned: no unicast, no miss.
    lab.unicast = 0;
    lab.probes.clear();
    lab.wait(10_000);
    assert_eq!(lab.unicast, 0);
    assert!(lab.probes[&WLAN0] <= 51, "{:?}", lab.probes);
    lab.paths.insert(WLAN0, Path::Dead);
    lab.until("a switch", 600, |lab| lab.active() == Some(WLAN1));
}

/// The kernel asks it as well, for its own traffic: answers come that no probe asked for.
#[test]
fn a_gateway_that_ignores_unicast_and_answers_the_kernel_is_no_dead_one() {
    for known_before in [false, true] {
        for at in (0..1_000).step_by(23) {
            let mut lab = Lab::begin(&lab::config());
            lab.only_broadcasts = !known_before;
            for member in [WLAN0, WLAN1] {
                lab.world.join_only(member);
                lab.run();
            }
            if known_before {
                lab.wait(5_000);
                lab.only_broadcasts = true;
            }
            lab.wait(at);
            lab.answer(WLAN0, WLAN0, GATEWAY, lab::MAC);
            lab.wait(5_000);
            assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0), "{at}");
            for member in [WLAN0, WLAN1] {
                assert_ne!(lab.condition(member), Condition::Bad, "{at}");
            }
        }
    }
}

#[test]
fn a_gateway_may_change_its_hardware_address() {
    let mut lab = Lab::new();
    assert!(lab.unicast > 0);
    lab.hosts.insert(GATEWAY, NEW_MAC);
    lab.wait(5_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    let status = lab.world.status();
    let bond = status.bond.unwrap();
    for member in &bond.members[..] {
        assert_eq!(member.gateway_mac.as_ref().unwrap().0, NEW_MAC);
    }
}

/// A router that was replaced, or another master that takes over late.
#[test]
fn a_gateway_that_comes_back_with_another_hardware_address_is_found() {
    let mut lab = Lab::new();
    lab.hosts.clear();
    lab.wait(30_000);
    lab.hosts.insert(GATEWAY, NEW_MAC);
    lab.until("both healthy", 5_000, |lab| {
        [WLAN0, WLAN1].map(|member| lab.condition(member)) == [Condition::Healthy; 2]
    });
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
}

#[test]
fn what_is_no_answer_does_not_count() {
    let mut lab = Lab::new();
    lab.paths.insert(WLAN0, Path::Dead);
    for _ in 0..200 {
        lab.wait(2);
        // To the station of the other member, and about another address.
        lab.answer(WLAN0, WLAN1, GATEWAY, lab::MAC);
        lab.answer(WLAN0, WLAN0, OTHER, lab::MAC);
    }
    assert_eq!(
        (lab.active(), lab.condition(WLAN0)),
        (Some(WLAN1), Condition::Bad)
    );
}

/// In the form of answers, to the right station, at any time.
#[test]
fn replies_that_nobody_asked_for_prove_nothing() {
    // From the beginning on, of which everybody was asked; and later.
    for (mac, every, dead_at) in [
        (NEW_MAC, 50, 250),
        (NEW_MAC, 50, 2_500),
        (lab::MAC, 1_000, 2_500),
    ] {
        for offset in 0..4 {
            let mut lab = Lab::begin(&lab::config());
            for member in [WLAN0, WLAN1] {
                lab.world.join_only(member);
                lab.wait(20);
            }
            let mut took = 0;
            for ms in 0..5_000 {
                lab.wait(1);
                if (ms + offset * every / 4) % every == 0 {
                    lab.answer(WLAN0, WLAN0, GATEWAY, mac);
                }
                if ms == dead_at {
                    lab.paths.insert(WLAN0, Path::Dead);
                }
                took += u64::from(ms >= dead_at && lab.active() == Some(WLAN0));
            }
            assert!(took <= 600, "{mac} {offset}: {took}");
            assert_eq!(lab.switches(), 1);
            lab.paths.insert(WLAN0, Path::Answers(3));
            lab.until("good", 20_000, |lab| {
                lab.condition(WLAN0) == Condition::Healthy
            });
        }
    }
}

#[test]
fn a_host_of_the_file_is_asked_where_it_can_be() {
    let mut config = lab::config();
    config.health.probe = Probe::Address(OTHER);
    let mut lab = Lab::begin(&config);
    lab.hosts.insert(OTHER, NEW_MAC);
    lab.world.join_only(WLAN0);
    lab.wait(1_000);
    assert_eq!(lab.world.engine.probed(), Some(OTHER));
    // In none of the bond's networks: ARP does not lead there.
    config.health.probe = Probe::Address("192.0.2.1".parse().unwrap());
    lab.world.handle(Event::Config(&config));
    lab.wait(1_000);
    assert_eq!(lab.world.engine.probed(), Some(GATEWAY));
    let status = lab.world.status();
    let problem = &status.problems[0].text;
    assert!(
        problem.contains("192.0.2.1 is in no network of the bond"),
        "{problem}"
    );
}

/// Both members out of range: they miss everything for a second, then the kernel knows.
#[test]
fn out_of_range_is_not_the_gateway_s_fault() {
    let mut lab = Lab::new();
    lab.paths = [(WLAN0, Path::Dead), (WLAN1, Path::Dead)].into();
    lab.wait(1_500);
    lab.world.cut(WLAN0);
    lab.world.cut(WLAN1);
    lab.wait(60_000);
    assert_eq!(lab.world.recorded("answers through no member"), 0);
    assert!(lab.world.status().problems.is_empty());
}

#[test]
fn where_nothing_answers_the_hosts_are_asked_in_rounds() {
    let mut config = lab::config();
    let mut second = default_route(43, 200);
    second.via = Some(IpAddr::V4(Ipv4Addr::new(192, 168, 43, 9)));
    config.bond.ip.ipv4.routes.push(second).unwrap();
    let mut lab = Lab::with(&config);
    lab.hosts.clear();
    lab.wait(5_000);
    lab.probes.clear();
    lab.wait(300_000);
    // Five a second, and some more at each change of the host.
    assert!(lab.probes[&WLAN0] < 2_000, "{:?}", lab.probes);
    assert_eq!(lab.world.recorded("answers through no member"), 1);
    assert_eq!(lab.switches(), 0);
}
