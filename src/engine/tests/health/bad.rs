//! A member that stays authorised and passes nothing.
use super::*;
use crate::engine::random::Random;

#[test]
fn the_traffic_leaves_a_dead_member_in_little_more_than_an_interval() {
    let mut times = vec![];
    for offset in 0..20 {
        let mut lab = Lab::new();
        lab.wait(offset * 10);
        lab.paths.insert(WLAN0, Path::Dead);
        let took = lab.until("a switch", 600, |lab| lab.active() == Some(WLAN1));
        times.push(took);
        assert_eq!(lab.condition(WLAN0), Condition::Bad);
        let (outage, cause) = lab.last_switch();
        assert_eq!(cause, "wlan0 passed nothing");
        assert!(
            outage <= took && outage + 210 > took,
            "{outage} of {took} ms"
        );
        lab.wait(20);
        let records = lab.world.engine.journal().since(0);
        let ledger = records.filter_map(|r| r.switch.clone()).last().unwrap();
        let (detected, answered) = (ledger.detected_ms.unwrap(), ledger.answered_ms.unwrap());
        assert!(detected <= outage && outage <= answered, "{ledger:?}");
        assert!(answered <= outage + 10, "{ledger:?}");
        let status = lab.world.status();
        let bond = status.bond.unwrap();
        assert_eq!(bond.members[0].healthy, Some(false));
        let state = bond.members[0].state.0.to_string();
        assert_eq!(state, "bad: 192.168.43.1 does not answer through it");
        assert_eq!(
            (bond.members[1].healthy, bond.members[1].health),
            (Some(true), "healthy")
        );
    }
    times.sort_unstable();
    assert!(times[10] <= 300 && times[19] <= 400, "{times:?}");
}

/// A radio that counts shows whether its frames reach the access point.
#[test]
fn counters_of_the_radio_shorten_or_lengthen_the_wait() {
    let took = |counts: bool, acknowledges: bool| {
        let mut lab = Lab::new();
        if counts {
            lab.packets = [(WLAN0, (7, 1)), (WLAN1, (7, 1))].into();
        }
        lab.acknowledges = acknowledges;
        lab.wait(30);
        lab.paths.insert(WLAN0, Path::Dead);
        lab.until("a switch", 600, |lab| lab.active() == Some(WLAN1))
    };
    let without = took(false, false);
    let (failing, acknowledged) = (took(true, false), took(true, true));
    assert!(failing + 30 <= without, "{failing} {without}");
    assert!(
        (without + 30..=without + 60).contains(&acknowledged),
        "{without} {acknowledged}"
    );
}

/// What was not answered while it was dead says nothing of how long answers take.
#[test]
fn a_member_that_was_dead_is_found_dead_as_quickly_again() {
    for dead_for in [300, 700, 1_500, 11_000, 60_000] {
        let mut lab = Lab::new();
        for _ in 0..3 {
            lab.paths.insert(WLAN0, Path::Dead);
            let took = lab.until("a switch", 2_000, |lab| lab.active() == Some(WLAN1));
            assert!(took <= 450, "dead for {dead_for} ms: {took} ms");
            lab.wait(dead_for);
            lab.paths.insert(WLAN0, Path::Answers(3));
            lab.until("good", 20_000, |lab| {
                lab.condition(WLAN0) == Condition::Healthy
            });
            lab.world.tell(Event::Switch(WLAN0));
            lab.wait(300);
            assert_eq!(lab.active(), Some(WLAN0));
        }
    }
}

#[test]
fn a_standby_that_dies_is_known_and_costs_nothing() {
    let mut lab = Lab::new();
    lab.paths.insert(WLAN1, Path::Dead);
    lab.until("bad", 3_000, |lab| lab.condition(WLAN1) == Condition::Bad);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    // It is probed on, and good again after ten answers in a row.
    lab.wait(5_000);
    lab.paths.insert(WLAN1, Path::Answers(3));
    let took = lab.until("good", 20_000, |lab| {
        lab.condition(WLAN1) == Condition::Healthy
    });
    assert!(took >= 9_000, "{took}");
    assert_eq!(lab.world.recorded("good again"), 1);
}

#[test]
fn a_newcomer_that_passes_nothing_never_carries() {
    let mut lab = Lab::begin(&lab::config());
    lab.world.join_only(WLAN1);
    lab.wait(2_000);
    assert_eq!(lab.active(), Some(WLAN1));
    lab.paths.insert(WLAN0, Path::Dead);
    lab.world.join_only(WLAN0);
    lab.wait(5_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN1), 0));
    assert_eq!(lab.condition(WLAN0), Condition::Bad);
}

#[test]
fn of_two_bad_members_the_last_to_answer_carries() {
    let mut lab = Lab::new();
    lab.paths.insert(WLAN0, Path::Dead);
    lab.until("a switch", 600, |lab| lab.active() == Some(WLAN1));
    // The other one dies too: nothing to compare with, nothing better to be had.
    lab.paths.insert(WLAN1, Path::Dead);
    lab.wait(10_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN1), 1));
    // The first one passes traffic again, long before it counts as good.
    lab.paths.insert(WLAN0, Path::Answers(3));
    let took = lab.until("a switch back", 3_000, |lab| lab.active() == Some(WLAN0));
    assert!(took <= 2_500, "{took}");
}

#[test]
fn losses_that_are_no_accident() {
    // Ten of a hundred: no switch, whatever the order.
    let mut lab = Lab::new();
    lab.world.engine.checks_idle = false;
    lab.paths.insert(WLAN0, Path::Loses(3, 10));
    lab.wait(600_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    // More than half: the other one is better.
    lab.paths.insert(WLAN0, Path::Loses(3, 60));
    lab.until("a switch", 10_000, |lab| lab.active() == Some(WLAN1));
    let (_, cause) = lab.last_switch();
    assert!(
        cause == "wlan0 lost many probes" || cause == "wlan0 passed nothing",
        "{cause}"
    );
    // Where both lose as many, nothing is better.
    let mut lab = Lab::new();
    lab.world.engine.checks_idle = false;
    lab.paths.insert(WLAN0, Path::Loses(3, 20));
    lab.paths.insert(WLAN1, Path::Loses(3, 20));
    lab.wait(600_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
}

/// However the losses fall: more attempts are made meanwhile, and none of them is waited for longer
/// than the path takes.
#[test]
fn heavy_losses_are_found_in_time() {
    let mut took: Vec<u64> = vec![];
    for seed in 0..200 {
        let mut lab = Lab::new();
        lab.world.engine.checks_idle = false;
        lab.random = Random::new(seed);
        lab.wait(60_000);
        lab.paths.insert(WLAN0, Path::Loses(3, 60));
        took.push(lab.until("a switch", 60_000, |lab| lab.active() == Some(WLAN1)));
    }
    took.sort();
    assert!(took[100] <= 6_000 && took[199] <= 15_000, "{took:?}");
}

#[test]
fn a_slow_path_is_no_dead_path() {
    let mut lab = Lab::begin(&lab::config());
    for member in [WLAN0, WLAN1] {
        lab.paths.insert(member, Path::Answers(300));
        lab.world.join_only(member);
        lab.run();
    }
    lab.wait(60_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    assert_eq!(lab.world.recorded("does not answer"), 0);
    // From one moment to the next, through both of them.
    let mut lab = Lab::new();
    lab.paths.insert(WLAN0, Path::Answers(300));
    lab.paths.insert(WLAN1, Path::Answers(300));
    lab.wait(60_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
}

#[test]
fn a_scan_needs_more_misses() {
    let mut lab = Lab::new();
    lab.world.engine.handle(
        lab.world.at(),
        Event::SupplicantStarted {
            link: WLAN0,
            how: crate::engine::contract::event::Start::Spawned,
        },
    );
    lab.run();
    lab.world.supplicant_says(WLAN0, "OK");
    lab.world.supplicant_says(
        WLAN0,
        "<3>CTRL-EVENT-CONNECTED - Connection to 02:00 completed",
    );
    lab.world
        .supplicant_says(WLAN0, "<3>CTRL-EVENT-SCAN-STARTED ");
    // Away for longer than three misses take.
    lab.wait(1_000);
    lab.paths.insert(WLAN0, Path::Dead);
    lab.until("a miss", 300, |lab| {
        lab.condition(WLAN0) == Condition::Suspect
    });
    lab.wait(150);
    lab.paths.insert(WLAN0, Path::Answers(3));
    lab.wait(5_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    lab.world
        .supplicant_says(WLAN0, "<3>CTRL-EVENT-SCAN-RESULTS ");
    lab.paths.insert(WLAN0, Path::Dead);
    lab.until("a switch", 600, |lab| lab.active() == Some(WLAN1));
}

#[test]
fn probing_that_is_off_trusts_the_keys() {
    let mut config = lab::config();
    config.health.probe = Probe::Off;
    let mut lab = Lab::begin(&config);
    for member in [WLAN0, WLAN1] {
        lab.world.join_only(member);
        lab.run();
    }
    lab.paths.insert(WLAN0, Path::Dead);
    lab.wait(5_000);
    assert!(lab.probes.is_empty());
    assert_eq!(
        (lab.active(), lab.condition(WLAN0)),
        (Some(WLAN0), Condition::Unknown)
    );
    let status = lab.world.status();
    let bond = status.bond.unwrap();
    assert_eq!(
        (bond.members[0].healthy, bond.members[0].probes_lost),
        (None, None)
    );
    assert!(bond.probed.is_none());
}

#[test]
fn probes_are_as_many_as_the_interval_says() {
    let mut lab = Lab::new();
    lab.probes.clear();
    lab.wait(60_000);
    assert!(
        (293..=307).contains(&lab.probes[&WLAN0]),
        "{:?}",
        lab.probes
    );
    assert!((58..=62).contains(&lab.probes[&WLAN1]), "{:?}", lab.probes);
}

/// Its prober would have to find it good again, and there is none.
#[test]
fn without_a_host_to_ask_nothing_is_held_against_a_member() {
    let mut lab = Lab::new();
    lab.paths.insert(WLAN0, Path::Dead);
    lab.until("bad", 600, |lab| lab.condition(WLAN0) == Condition::Bad);
    let mut config = lab::config();
    config.bond.ip.ipv4.addresses.clear();
    config.bond.ip.ipv4.routes.clear();
    lab.world.handle(Event::Config(&config));
    lab.wait(1_000);
    assert_eq!(lab.world.engine.probed(), None);
    assert_eq!(lab.condition(WLAN0), Condition::Unknown);
    lab.world.cut(WLAN1);
    lab.until("the other", 100, |lab| lab.active() == Some(WLAN0));
}

/// A link of its own is no member: its last probe is not waited for.
#[test]
fn a_member_that_becomes_a_link_of_its_own_is_probed_no_more() {
    let mut lab = Lab::new();
    lab.paths.insert(WLAN1, Path::Dead);
    lab.until("a probe", 2_000, |lab| {
        lab.condition(WLAN1) == Condition::Suspect
    });
    let mut config = lab::config();
    config.bond.members.truncate(1);
    let own = Link {
        name: Matcher::Name(name("wlan1")),
        wired_auth: None,
        ip: static_block(44, 150, 20),
    };
    config.links.push(own).ok().unwrap();
    lab.world.handle(Event::Config(&config));
    lab.wait(2_000);
    lab.probes.clear();
    lab.wait(60_000);
    assert_eq!(lab.probes.get(&WLAN1), None);
    assert_eq!(lab.active(), Some(WLAN0));
}

/// What is bad by its losses may die altogether.
#[test]
fn a_lossy_member_that_dies_is_dead() {
    let mut lab = Lab::new();
    lab.wait(20_000);
    lab.paths.insert(WLAN0, Path::Loses(3, 70));
    lab.until("bad", 30_000, |lab| lab.condition(WLAN0) == Condition::Bad);
    lab.paths.insert(WLAN0, Path::Dead);
    lab.wait(60_000);
    let state = lab.world.status().bond.unwrap().members[0]
        .state
        .0
        .to_string();
    assert_eq!(state, "bad: 192.168.43.1 does not answer through it");
}

/// Both pass some: the traffic does not go back and forth with each answer.
#[test]
fn of_two_bad_members_one_carries_for_a_while() {
    let mut lab = Lab::new();
    lab.world.engine.checks_idle = false;
    lab.paths.insert(WLAN0, Path::Dead);
    lab.until("a switch", 600, |lab| lab.active() == Some(WLAN1));
    lab.paths = [(WLAN0, Path::Loses(3, 50)), (WLAN1, Path::Dead)].into();
    lab.until("the other", 10_000, |lab| lab.active() == Some(WLAN0));
    lab.paths = [(WLAN0, Path::Loses(3, 50)), (WLAN1, Path::Loses(3, 50))].into();
    lab.done.clear();
    lab.wait(60_000);
    let activates = |action: &&Action| {
        matches!(
            action.change(),
            Some(KernelAction::SetBond(_, BondOption::Active(Some(_))))
        )
    };
    let moves = lab.done.iter().filter(activates);
    let moves = moves.count();
    assert!(moves <= 20, "{moves} in a minute");
}

/// Its queue never empties: what cannot be sent is not answered.
#[test]
fn a_member_that_sends_nothing_is_dead() {
    let mut lab = Lab::new();
    lab.stuck = Some(WLAN0);
    let took = lab.until("a switch", 3_000, |lab| lab.active() == Some(WLAN1));
    assert!(took >= 1_000, "for a moment it says nothing: {took}");
}
