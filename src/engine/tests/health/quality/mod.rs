//! Members that are received well and badly: which carries the traffic, and who looks for a stronger
//! access point.
mod search;

use super::*;
use crate::wire::wpa::Request;

const CONNECTED: &str = "<3>CTRL-EVENT-CONNECTED - Connection to 02:aa completed [id=0 id_str=]";
const HOUR: u64 = 3_600_000;

fn config(reselect: PrimaryReselect) -> Config {
    let mut config = lab::config();
    config.bond.primary_reselect = reselect;
    config
}

impl Lab {
    /// Both members have joined and are received like this; wlan0 carries the traffic.
    fn received(reselect: PrimaryReselect, signals: [i16; 2]) -> Lab {
        let mut lab = Lab::with(&config(reselect));
        for (link, signal) in [WLAN0, WLAN1].into_iter().zip(signals) {
            lab.signals.insert(link, signal);
            lab.says(link, CONNECTED);
        }
        lab.wait(31_000);
        assert_eq!(lab.active(), Some(WLAN0));
        lab.asked.clear();
        lab
    }

    fn says(&mut self, link: Index, text: &str) {
        self.world.handle(Event::Supplicant { link, text });
        self.run();
    }

    /// A long time.
    fn pass_time(&mut self, ms: u64) {
        self.world.engine.checks_idle = false;
        self.wait(ms);
        self.world.engine.checks_idle = true;
    }

    /// From now on it receives its access point like this; the driver reports it as it was asked to.
    fn receives(&mut self, link: Index, dbm: i16) {
        let above = u8::from(dbm > -70);
        self.signals.insert(link, dbm);
        let text = format!("<3>CTRL-EVENT-SIGNAL-CHANGE above={above} signal={dbm} noise=-95");
        self.says(link, &text);
    }

    /// It scans and changes its access point.
    fn roams(&mut self, link: Index, dbm: i16) {
        self.says(link, "<3>CTRL-EVENT-SCAN-STARTED ");
        self.wait(3_000);
        self.says(link, "<3>CTRL-EVENT-SCAN-RESULTS ");
        self.says(
            link,
            "<3>SME: Trying to authenticate with 02:bb (SSID='Hotspot' freq=2437 MHz)",
        );
        self.world.cut(link);
        self.wait(100);
        self.world.join_only(link);
        self.says(link, CONNECTED);
        self.receives(link, dbm);
    }

    /// The times of such requests to one member.
    fn times(&self, request: Request, link: Index) -> Vec<u64> {
        let asked = self.asked.iter();
        let asked = asked.filter(|(_, of, what)| *of == link && *what == request);
        asked.map(|(at, ..)| *at).collect()
    }

    fn count(&self, request: Request) -> usize {
        let asked = self.asked.iter();
        asked.filter(|(.., what)| *what == request).count()
    }
}

#[test]
fn the_traffic_follows_the_better_signal() {
    let mut lab = Lab::received(PrimaryReselect::Better, [-60, -60]);
    lab.signals.insert(WLAN0, -74);
    lab.signals.insert(WLAN1, -48);
    let took = lab.until("the better one", 60_000, |lab| lab.active() == Some(WLAN1));
    assert!((10_000..30_000).contains(&took), "{took}");
    let (outage, cause) = lab.last_switch();
    assert_eq!(outage, 0);
    // Smoothed, they are not there yet.
    assert!(cause.starts_with("wlan1 has -5"), "{cause}");
    assert!(cause.contains(" dBm, wlan0 -"), "{cause}");
    // A little better is not enough to return, and more is.
    lab.signals.insert(WLAN0, -41);
    lab.pass_time(600_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN1), 1));
    lab.signals.insert(WLAN0, -39);
    lab.until("the better one", 90_000, |lab| lab.active() == Some(WLAN0));
}

/// As soon as it is not that much better, the time begins anew.
#[test]
fn a_moment_of_a_better_signal_moves_nothing() {
    let mut lab = Lab::received(PrimaryReselect::Better, [-60, -60]);
    for _ in 0..30 {
        lab.signals.insert(WLAN1, -40);
        lab.wait(10_000);
        lab.signals.insert(WLAN1, -75);
        lab.wait(15_000);
    }
    assert_eq!(lab.switches(), 0);
}

#[test]
fn readings_that_vary_move_nothing() {
    for signals in [[-60, -60], [-62, -60], [-76, -76]] {
        let mut lab = Lab::received(PrimaryReselect::Better, signals);
        lab.noise = 6;
        lab.pass_time(HOUR);
        assert_eq!(lab.switches(), 0, "{signals:?}");
        let read = lab.times(Request::SignalPoll, WLAN1).len();
        assert!((715..=721).contains(&read), "{read}");
    }
    // Where the difference is nearly as much as it takes, there is one move and no way back.
    let mut lab = Lab::received(PrimaryReselect::Better, [-60, -53]);
    lab.noise = 6;
    lab.pass_time(HOUR);
    assert_eq!((lab.switches(), lab.active()), (1, Some(WLAN1)));
}

#[test]
fn the_traffic_does_not_move_twice_within_the_hold() {
    let mut config = config(PrimaryReselect::Better);
    config.health.hold_s = 300;
    let mut lab = Lab::with(&config);
    lab.world.engine.checks_idle = false;
    for link in [WLAN0, WLAN1] {
        lab.signals.insert(link, -60);
        lab.says(link, CONNECTED);
    }
    lab.pass_time(300_000);
    lab.signals.insert(WLAN1, -40);
    lab.until("a move", 60_000, |lab| lab.active() == Some(WLAN1));
    lab.signals.insert(WLAN1, -75);
    let took = lab.until("a move", 400_000, |lab| lab.active() == Some(WLAN0));
    assert!((300_000..306_000).contains(&took), "{took}");
}

#[test]
fn the_traffic_follows_the_path_that_loses_less() {
    let mut lab = Lab::received(PrimaryReselect::Better, [-50, -60]);
    lab.paths.insert(WLAN0, Path::Loses(3, 10));
    lab.pass_time(600_000);
    assert_eq!(lab.switches(), 0);
    // Not enough to count as bad.
    lab.paths.insert(WLAN0, Path::Loses(3, 30));
    lab.until("a move", 120_000, |lab| lab.active() == Some(WLAN1));
    let (_, cause) = lab.last_switch();
    assert!(
        cause.starts_with("probes lost through wlan1: 0 %, through wlan0: "),
        "{cause}"
    );
}

/// A member whose probes are lost is not better, whatever its signal is.
#[test]
fn a_strong_signal_that_passes_nothing_is_not_better() {
    let mut lab = Lab::received(PrimaryReselect::Better, [-70, -70]);
    lab.paths.insert(WLAN1, Path::Dead);
    lab.signals.insert(WLAN1, -40);
    lab.pass_time(300_000);
    assert_eq!(lab.switches(), 0);
}

#[test]
fn a_cable_is_better_than_wifi_and_wifi_never_better_than_a_cable() {
    let mut config = config(PrimaryReselect::Better);
    config.links = Default::default();
    config.bond.members = [Matcher::Name(name("wlan0")), Matcher::Name(name("eth0"))]
        .into_iter()
        .collect();
    let mut lab = Lab::of(&config, &[BOTH_ADAPTERS[0], (ETH0, "eth0", false)]);
    lab.world.engine.checks_idle = false;
    lab.paths.insert(ETH0, Path::Answers(1));
    lab.world.join_only(WLAN0);
    lab.signals.insert(WLAN0, -30);
    lab.says(WLAN0, CONNECTED);
    lab.wait(10_000);
    assert_eq!(lab.active(), Some(WLAN0));
    // It tells no speed.
    lab.world.join_only(ETH0);
    lab.until("the cable", 2_000, |lab| lab.active() == Some(ETH0));
    lab.pass_time(HOUR);
    assert_eq!(lab.active(), Some(ETH0));
    assert_eq!(lab.count(Request::SignalPoll), 0, "nothing to compare");
    // Also not as the primary.
    assert_eq!(config.bond.primary, Some(Matcher::Name(name("wlan0"))));
}

/// The primary is preferred again when it is received well, and has been for the hold.
#[test]
fn a_weak_primary_is_left_and_returned_to_calmly() {
    let mut lab = Lab::received(PrimaryReselect::Always, [-60, -60]);
    lab.receives(WLAN0, -85);
    lab.until("the other one", 60_000, |lab| lab.active() == Some(WLAN1));
    lab.noise = 6;
    lab.pass_time(HOUR);
    assert_eq!((lab.switches(), lab.active()), (1, Some(WLAN1)));
    lab.signals.insert(WLAN0, -55);
    let took = lab.until("the primary", 90_000, |lab| lab.active() == Some(WLAN0));
    assert!((30_000..60_000).contains(&took), "{took}");
}

/// What a search does to a member is no failure of it.
#[test]
fn a_change_of_the_access_point_is_no_loss() {
    let mut lab = Lab::received(PrimaryReselect::Better, [-60, -60]);
    lab.receives(WLAN1, -75);
    assert_eq!(lab.count(Request::Scan), 1);
    lab.roams(WLAN1, -45);
    lab.wait(1_000);
    let members = lab.world.status().bond.unwrap().members;
    assert_eq!(members[1].hold_ms, None);
    let took = lab.until("the better one", 30_000, |lab| lab.active() == Some(WLAN1));
    assert!(took < 16_000, "{took}");
}

/// How it is received after that is to be seen.
#[test]
fn a_weak_primary_that_is_lost_is_no_longer_weak() {
    let mut lab = Lab::received(PrimaryReselect::Always, [-60, -60]);
    lab.receives(WLAN0, -85);
    lab.until("the other one", 60_000, |lab| lab.active() == Some(WLAN1));
    assert!(lab.world.engine.weakness(WLAN0).is_some());
    lab.world.lose(WLAN0);
    assert!(lab.world.engine.weakness(WLAN0).is_none());
    lab.wait(30_000);
    assert_eq!((lab.switches(), lab.active()), (1, Some(WLAN1)));
}

/// The status says why the traffic stays away from it, and so do the events where no switch does.
#[test]
fn what_a_weak_primary_waits_for_is_shown() {
    let mut lab = Lab::received(PrimaryReselect::Always, [-60, -60]);
    lab.receives(WLAN0, -85);
    lab.until("the other one", 60_000, |lab| lab.active() == Some(WLAN1));
    let waits = "waits: -85 dBm, another member has -60 dBm";
    let shown = |place: usize| {
        let members = lab.world.status().bond.unwrap().members;
        members[place].waits.as_ref().map(|why| why.0.to_string())
    };
    assert_eq!((shown(0).as_deref(), shown(1)), (Some(waits), None));
    let page = status::text::page(&lab.world.engine, None, lab.world.at()).to_string();
    assert!(page.contains("waits: -85 dBm"), "{page}");
    assert_eq!(lab.world.recorded("waits: "), 0, "the switch says it");
    // It is lost, and returns as weak as before.
    lab.world.lose(WLAN0);
    lab.wait(1_000);
    lab.world.join_only(WLAN0);
    lab.says(WLAN0, CONNECTED);
    lab.receives(WLAN0, -84);
    lab.wait(10_000);
    assert_eq!(
        lab.world
            .recorded("waits: -84 dBm, another member has -60 dBm"),
        1
    );
    lab.signals.insert(WLAN0, -55);
    lab.until("the primary", 120_000, |lab| lab.active() == Some(WLAN0));
    assert!(lab.world.status().bond.unwrap().members[0].waits.is_none());
}

/// The other one is the better one, and has to prove its health first: the primary is not left, and
/// so has lost nothing.
#[test]
fn a_primary_that_is_not_left_has_not_been_lost() {
    let mut lab = Lab::received(PrimaryReselect::Always, [-60, -60]);
    // Lost twice: it is held for 60 s.
    for _ in 0..2 {
        lab.world.lose(WLAN1);
        lab.wait(500);
        lab.world.join_only(WLAN1);
        lab.says(WLAN1, CONNECTED);
        lab.wait(500);
    }
    lab.receives(WLAN1, -60);
    lab.receives(WLAN0, -85);
    lab.wait(20_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    lab.receives(WLAN0, -60);
    lab.wait(10_000);
    // Its first loss: for 30 s, not for twice as long.
    lab.world.lose(WLAN0);
    lab.until("the other one", 1_000, |lab| lab.active() == Some(WLAN1));
    lab.wait(500);
    lab.world.join_only(WLAN0);
    lab.says(WLAN0, CONNECTED);
    let took = lab.until("the primary", 70_000, |lab| lab.active() == Some(WLAN0));
    assert!((29_000..32_000).contains(&took), "{took}");
}
