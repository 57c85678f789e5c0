//! A member that was lost is preferred again when its health has been proven.
use super::*;

impl Lab {
    /// The primary goes and comes back; says how long the traffic stayed away from then on.
    fn lose_and_return(&mut self) -> u64 {
        self.world.cut(WLAN0);
        self.until("a switch", 1_000, |lab| lab.active() == Some(WLAN1));
        self.wait(2_000);
        self.world.join_only(WLAN0);
        self.until("the return", 700_000, |lab| lab.active() == Some(WLAN0))
    }
}

#[test]
fn the_traffic_returns_after_the_hold() {
    let mut lab = Lab::new();
    lab.world.engine.checks_idle = false;
    let took = lab.lose_and_return();
    assert!((30_000..30_100).contains(&took), "{took}");
    let (outage, cause) = lab.last_switch();
    assert_eq!(
        (outage, cause.as_str()),
        (0, "the primary wlan0 can carry traffic again")
    );
    // Lost again within an hour: twice as long, and so on to ten minutes.
    for longer in [60_000, 120_000, 240_000, 480_000, 600_000, 600_000] {
        let took = lab.lose_and_return();
        assert!((longer..longer + 100).contains(&took), "{took}");
    }
}

#[test]
fn an_hour_of_calm_halves_the_hold() {
    let mut config = lab::config();
    config.health.interval_ms = 60_000;
    let mut lab = Lab::with(&config);
    lab.world.engine.checks_idle = false;
    for hold in [30_000, 60_000, 120_000] {
        let took = lab.lose_and_return();
        assert!((hold..hold + 100).contains(&took), "{took}");
    }
    lab.wait(3_700_000);
    let took = lab.lose_and_return();
    assert!(
        (120_000..120_100).contains(&took),
        "two doublings, less one, plus one: {took}"
    );
    lab.wait(4 * 3_600_000);
    let took = lab.lose_and_return();
    assert!((30_000..30_100).contains(&took), "{took}");
}

#[test]
fn a_held_member_is_there_when_it_is_needed() {
    let mut lab = Lab::new();
    lab.world.cut(WLAN0);
    lab.wait(500);
    lab.world.join_only(WLAN0);
    lab.wait(1_000);
    assert_eq!(lab.active(), Some(WLAN1));
    let hold = lab.world.status().bond.unwrap().members[0].hold_ms.unwrap();
    assert!((28_000..30_000).contains(&hold), "{hold}");
    lab.world.cut(WLAN1);
    lab.until("a switch", 100, |lab| lab.active() == Some(WLAN0));
}

#[test]
fn a_person_ends_the_hold() {
    let mut lab = Lab::new();
    lab.world.cut(WLAN0);
    lab.wait(500);
    lab.world.join_only(WLAN0);
    lab.wait(1_000);
    lab.world.tell(Event::Rest {
        link: WLAN0,
        rest: false,
    });
    lab.wait(100);
    assert_eq!(lab.active(), Some(WLAN0));
}

#[test]
fn the_first_time_there_is_nothing_to_wait_for() {
    let mut lab = Lab::begin(&lab::config());
    lab.world.join_only(WLAN1);
    lab.wait(1_000);
    assert_eq!(lab.active(), Some(WLAN1));
    lab.world.join_only(WLAN0);
    let took = lab.until("the primary", 100, |lab| lab.active() == Some(WLAN0));
    // Its first probe is answered before it is trusted.
    assert!((3..20).contains(&took), "{took}");
}

#[test]
fn an_adapter_that_is_plugged_in_again_is_held_as_well() {
    let mut lab = Lab::new();
    // As the kernel does it: down first, then gone.
    lab.world.edit(WLAN0, |link| {
        link.up = false;
        link.carrier = false;
        link.oper = Oper::Down;
    });
    lab.run();
    lab.world.handle(Event::LinkGone(WLAN0));
    lab.wait(1_000);
    assert_eq!(lab.active(), Some(WLAN1));
    lab.paths.insert(9, Path::Answers(3));
    lab.world.handle(Event::Link(plain(9, "wlan0", true)));
    lab.wait(1_000);
    lab.world.join_only(9);
    lab.wait(5_000);
    assert_eq!(lab.active(), Some(WLAN1));
    lab.until("the return", 30_000, |lab| lab.active() == Some(9));
}

#[test]
fn a_flapping_primary_is_left_alone() {
    let mut lab = Lab::new();
    let before = lab.switches();
    for _ in 0..50 {
        lab.world.cut(WLAN0);
        lab.wait(3_000);
        lab.world.join_only(WLAN0);
        lab.wait(3_000);
    }
    assert_eq!(lab.switches() - before, 1);
    assert_eq!(lab.active(), Some(WLAN1));
}

/// Members with one hardware address are probed while they are active: of the other nothing is known.
#[test]
fn a_primary_that_is_not_probed_is_preferred_again() {
    let mut config = lab::config();
    config.bond.fail_over_mac = FailOverMac::None;
    config.wifi = Default::default();
    config.bond.members = [Matcher::Name(name("eth1")), Matcher::Name(name("eth2"))]
        .into_iter()
        .collect();
    config.bond.primary = Some(Matcher::Name(name("eth1")));
    let mut lab = Lab::of(&config, &[(WLAN0, "eth1", false), (WLAN1, "eth2", false)]);
    lab.world.join_only(WLAN0);
    lab.run();
    lab.world.join_only(WLAN1);
    lab.wait(5_000);
    assert_eq!(lab.active(), Some(WLAN0));
    let took = lab.lose_and_return();
    assert!((30_000..30_100).contains(&took), "{took}");
}
