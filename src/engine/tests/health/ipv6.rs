//! Networks without IPv4. The answer to a probe goes to the member alone, or to all hosts, so that
//! every member hears it.
use super::*;

const ROUTER_LOCAL: &str = "fe80::9";

fn net6(address: &str, prefix: u8) -> IpNet {
    let address = address.parse().unwrap();
    IpNet { address, prefix }
}

fn with_ipv6(mut config: Config) -> Config {
    let ip = &mut config.bond.ip.ipv6;
    ip.addresses.push(net6("fd00:43::5", 64)).unwrap();
    let route = Route::new(net6("::", 0), Some(ROUTER), 100);
    ip.routes.push(route).unwrap();
    config
}

fn only_ipv6() -> Config {
    let mut config = lab::config();
    config.bond.ip = IpBlock::default();
    config.bond.ip.ipv4.dhcp = false;
    with_ipv6(config)
}

/// Both members have joined a network without IPv4.
fn alone6() -> Lab {
    let lab = Lab::with(&only_ipv6());
    assert_eq!(lab.world.engine.probed(), Some(ROUTER));
    assert!(lab.unicast > 0);
    lab
}

/// The same, and the router answers what is asked from `::` alone, to all hosts.
fn lab6() -> Lab {
    let mut lab = Lab::begin(&only_ipv6());
    lab.only_unspecified = true;
    lab.world.join_only(WLAN0);
    lab.run();
    lab.world.join_only(WLAN1);
    lab.wait(5_000);
    assert_eq!(lab.active(), Some(WLAN0));
    for member in [WLAN0, WLAN1] {
        assert_eq!(lab.condition(member), Condition::Healthy);
    }
    assert_eq!(lab.world.engine.probed(), Some(ROUTER));
    assert_eq!(lab.unicast, 0);
    lab
}

/// As by ARP: the answers come to the member that asks.
#[test]
fn a_dead_member_is_found_as_quickly_as_by_ipv4() {
    let mut times = vec![];
    for offset in 0..20 {
        let mut lab = alone6();
        lab.wait(offset * 50);
        lab.paths.insert(WLAN0, Path::Dead);
        let took = lab.until("a switch", 600, |lab| lab.active() == Some(WLAN1));
        times.push(took);
        assert_eq!(lab.last_switch().1, "wlan0 passed nothing");
        lab.wait(10_000);
        assert_eq!(lab.condition(WLAN0), Condition::Bad);
        assert_eq!(lab.condition(WLAN1), Condition::Healthy);
    }
    times.sort_unstable();
    assert!(times[10] <= 300 && times[19] <= 400, "{times:?}");
}

/// And answers to all hosts, which others on the network ask for, do not count.
#[test]
fn an_answer_to_all_says_nothing_of_a_member_that_asks_for_itself() {
    let mut lab = alone6();
    lab.paths.insert(WLAN0, Path::Dead);
    for _ in 0..300 {
        lab.wait(2);
        lab.answer_all(WLAN0, ROUTER, lab::MAC);
        lab.answer(WLAN0, WLAN1, ROUTER, lab::MAC);
    }
    assert_eq!(lab.condition(WLAN0), Condition::Bad);
    assert_eq!(lab.active(), Some(WLAN1));
}

/// A router that stops answering one way is asked in the other one: no member is at fault.
#[test]
fn a_router_that_answers_in_another_way_is_no_dead_one() {
    let mut lab = alone6();
    lab.only_unspecified = true;
    lab.wait(20_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    assert_eq!(lab.world.recorded("bad: "), 0);
    for member in [WLAN0, WLAN1] {
        assert_eq!(lab.condition(member), Condition::Healthy);
    }
}

/// After a silence one of them may be asked in the way that is answered before the other one is.
#[test]
fn a_router_that_answers_again_in_one_way_costs_no_member_its_place() {
    for silent in (4_000..12_000).step_by(500) {
        let mut lab = alone6();
        lab.hosts.clear();
        lab.wait(silent);
        lab.only_unspecified = silent % 1_000 == 0;
        lab.hosts.insert(ROUTER, lab::MAC);
        lab.wait(6_000);
        assert_eq!(lab.world.recorded("bad: "), 0, "{silent}");
        for member in [WLAN0, WLAN1] {
            assert_eq!(lab.condition(member), Condition::Healthy, "{silent}");
        }
    }
}

/// It joins where answers go to all hosts alone, and the other one is good: it has not failed.
#[test]
fn a_newcomer_learns_how_the_router_answers_before_it_is_judged() {
    for fail_after in [2, 3] {
        let mut config = only_ipv6();
        config.health.fail_after = fail_after;
        let mut lab = Lab::begin(&config);
        lab.only_unspecified = true;
        lab.world.join_only(WLAN1);
        lab.wait(3_000);
        lab.world.join_only(WLAN0);
        lab.wait(5_000);
        assert_eq!(lab.world.recorded("bad: "), 0, "{fail_after}");
        assert_eq!(lab.active(), Some(WLAN0));
    }
}

#[test]
fn the_traffic_leaves_a_dead_member_though_it_hears_the_answers_to_another() {
    let mut times = vec![];
    for offset in 0..20 {
        let mut lab = lab6();
        lab.wait(offset * 50);
        lab.paths.insert(WLAN0, Path::Dead);
        let took = lab.until("a switch", 1_000, |lab| lab.active() == Some(WLAN1));
        times.push(took);
        assert_eq!(lab.last_switch().1, "wlan0 passed nothing");
        lab.wait(10_000);
        assert_eq!(lab.condition(WLAN0), Condition::Bad);
        assert_eq!(lab.condition(WLAN1), Condition::Healthy);
        let status = lab.world.status();
        let state = status.bond.unwrap().members[0].state.0.to_string();
        assert_eq!(state, "bad: fd00:43::1 does not answer through it");
    }
    times.sort_unstable();
    // The jitter of an interval is 20 ms.
    assert!(times[10] <= 640 && times[19] <= 800, "{times:?}");
}

/// While it is in the group of all hosts alone it receives the answers. To join takes the rtnl lock,
/// so it is a request to the kernel like others, which nothing waits for but the probes.
#[test]
fn a_member_is_probed_once_it_receives_what_is_sent_to_all() {
    let all_hosts = |link, received| {
        let setting = SettingRequest::AllHosts { link, received };
        Action::Kernel(KernelRequest::Setting(setting))
    };
    let mut lab = Lab::begin(&only_ipv6());
    lab.world.join_only(WLAN0);
    let held = lab.world.run_until_held(|a| *a == all_hosts(WLAN0, true));
    let held = held.expect("it is asked for");
    lab.wait(5_000);
    assert_eq!(lab.condition(WLAN0), Condition::Unknown);
    assert_eq!(lab.probes.get(&WLAN0), None);
    assert_eq!(lab.active(), Some(WLAN0));
    lab.world.perform(held);
    lab.wait(1_000);
    assert_eq!(lab.condition(WLAN0), Condition::Healthy);
    // Once a member, however often it is lost.
    lab.done.clear();
    let asked = |lab: &Lab, action: &Action| lab.done.iter().filter(|a| *a == action).count();
    for _ in 0..3 {
        lab.world.lose(WLAN0);
        lab.wait(1_000);
        lab.world.join_only(WLAN0);
        lab.wait(1_000);
    }
    let again = asked(&lab, &all_hosts(WLAN0, true)) + asked(&lab, &all_hosts(WLAN0, false));
    assert_eq!(again, 0, "{:?}", lab.done);
    // It is no member any more.
    let mut config = only_ipv6();
    config.bond.members.remove(0);
    config.bond.primary = None;
    lab.world.handle(Event::Config(&config));
    lab.wait(1_000);
    assert_eq!(asked(&lab, &all_hosts(WLAN0, false)), 1);
}

#[test]
fn a_member_that_passes_traffic_again_is_good_again() {
    let mut lab = lab6();
    lab.paths.insert(WLAN0, Path::Dead);
    lab.until("a switch", 1_000, |lab| lab.active() == Some(WLAN1));
    lab.wait(60_000);
    lab.paths.insert(WLAN0, Path::Answers(3));
    lab.until("good", 20_000, |lab| {
        lab.condition(WLAN0) == Condition::Healthy
    });
    // What went before does not make the next finding slow.
    lab.paths.insert(WLAN1, Path::Dead);
    let took = lab.until("a switch", 1_000, |lab| lab.active() == Some(WLAN0));
    assert!(took <= 800, "{took}");
}

#[test]
fn a_standby_that_dies_is_known() {
    let mut lab = lab6();
    lab.paths.insert(WLAN1, Path::Dead);
    lab.until("bad", 3_000, |lab| lab.condition(WLAN1) == Condition::Bad);
    lab.wait(30_000);
    assert_eq!(lab.condition(WLAN1), Condition::Bad);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
}

#[test]
fn an_answer_that_no_probe_awaits_is_nothing() {
    let mut lab = lab6();
    for member in [WLAN0, WLAN1] {
        lab.paths.insert(member, Path::Dead);
    }
    // Not for long: then they are asked in the other way as well.
    lab.until("both suspect", 1_000, |lab| {
        [WLAN0, WLAN1].map(|member| lab.condition(member)) == [Condition::Suspect; 2]
    });
    let asking = |lab: &Lab, member| lab.world.engine.health(member).unwrap().is_asking();
    let mut ignored = 0;
    for _ in 0..250 {
        lab.wait(7);
        for member in [WLAN0, WLAN1] {
            assert!(
                !(asking(&lab, WLAN0) && asking(&lab, WLAN1)),
                "one at a time"
            );
            if !asking(&lab, member) {
                lab.answer_all(member, ROUTER, lab::MAC);
                assert_eq!(lab.condition(member), Condition::Suspect);
                ignored += 1;
            }
        }
    }
    assert!(ignored > 150, "{ignored}");
}

#[test]
fn a_slow_path_is_no_dead_path() {
    let mut lab = Lab::begin(&only_ipv6());
    for member in [WLAN0, WLAN1] {
        lab.paths.insert(member, Path::Answers(300));
        lab.world.join_only(member);
        lab.run();
    }
    lab.wait(60_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    assert_eq!(lab.world.recorded("bad: "), 0);
    // From one moment to the next, through both of them.
    for offset in 0..10 {
        let mut lab = lab6();
        lab.wait(offset * 110);
        for member in [WLAN0, WLAN1] {
            lab.paths.insert(member, Path::Answers(300));
        }
        lab.wait(30_000);
        assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0), "{offset}");
        assert_eq!(lab.world.recorded("bad: "), 0, "{offset}");
    }
}

#[test]
fn few_losses_are_an_accident() {
    let mut lab = lab6();
    lab.world.engine.checks_idle = false;
    for member in [WLAN0, WLAN1] {
        lab.paths.insert(member, Path::Loses(3, 10));
    }
    lab.wait(600_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
}

#[test]
fn a_router_that_dies_costs_no_member_its_place() {
    let mut lab = lab6();
    lab.hosts.clear();
    lab.wait(30_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    assert_eq!(
        lab.world.recorded("fd00:43::1 answers through no member"),
        1
    );
    lab.hosts.insert(ROUTER, lab::MAC);
    lab.wait(5_000);
    assert_eq!(lab.condition(WLAN0), Condition::Healthy);
    assert_eq!(lab.world.recorded("fd00:43::1 answers again"), 1);
}

#[test]
fn probes_are_as_many_as_the_interval_says() {
    let mut lab = lab6();
    lab.probes.clear();
    lab.wait(60_000);
    let (active, standby) = (lab.probes[&WLAN0], lab.probes[&WLAN1]);
    assert!((280..=302).contains(&active), "{active}");
    assert!((55..=62).contains(&standby), "{standby}");
}

#[test]
fn a_host_of_ipv4_is_preferred_unless_the_file_names_another() {
    let mut config = with_ipv6(lab::config());
    let mut lab = Lab::with(&config);
    assert_eq!(lab.world.engine.probed(), Some(GATEWAY));
    config.health.probe = Probe::Address(ROUTER);
    lab.world.handle(Event::Config(&config));
    lab.wait(1_000);
    assert_eq!(lab.world.engine.probed(), Some(ROUTER));
    assert_eq!(lab.condition(WLAN0), Condition::Healthy);
    assert!(lab.world.status().problems.is_empty());
}

#[test]
fn a_router_may_have_told_of_itself() {
    let mut config = only_ipv6();
    config.bond.ip.ipv6 = Default::default();
    let mut lab = Lab::begin(&config);
    let router: IpAddr = ROUTER_LOCAL.parse().unwrap();
    lab.hosts.insert(router, lab::MAC);
    lab.world.join_only(WLAN0);
    lab.wait(1_000);
    assert_eq!(lab.world.engine.probed(), None);
    let link = lab.world.bond().0;
    lab.world.tell(Event::Address(link_local(link)));
    lab.world.tell(Event::Route(KernelRoute {
        link,
        route: Route::new(net6("::", 0), Some(router), 100),
        protocol: 9, // RTPROT_RA
    }));
    lab.wait(1_000);
    assert_eq!(lab.world.engine.probed(), Some(router));
    assert_eq!(lab.condition(WLAN0), Condition::Healthy);
}
