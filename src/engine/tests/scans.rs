//! Searching for a network, channel by channel, on radios that take their time.
use super::*;
use crate::engine::supplicant::Radio as State;
use crate::wire::wpa::{Channels, Request};

/// What a scan of a channel takes, and a passive one, in milliseconds.
const ASKING: u64 = 60;
const LISTENING: u64 = 111;

/// 2.4 GHz, 5 GHz with radar, 6 GHz.
fn three_bands() -> String {
    let mut text = String::from("Mode[G] Channels:\n");
    for (number, mhz) in Channels::ALL.iter() {
        let radar = (5260..5745).contains(&mhz);
        let quiet = radar || mhz > 5900 || mhz == 2484;
        let quiet = if quiet { " (NO_IR)" } else { "" };
        text.push_str(&format!(" {number} = {mhz} MHz{quiet}\n"));
    }
    text
}

fn one_band() -> String {
    let text = three_bands();
    let lines = text.lines().take(14).map(|line| format!("{line}\n"));
    lines.collect()
}

/// Adapters that scan what they are asked to.
struct Air {
    world: World,
    /// Where access points of "Hotspot" are, and of "Home".
    on: Channels,
    home: Channels,
    capability: [(Index, String); 2],
    /// What is scanned, and when that ends.
    scans: Vec<(Index, Channels, u64)>,
    /// All that was asked for, and when.
    asked: Vec<(u64, Index, Channels)>,
    /// It answers so to a request to scan, so many times.
    refuses: Option<(&'static str, usize)>,
    /// Scans do not end.
    hangs: bool,
    /// All networks are put off: a scan has results, and no verdict.
    puts_off: bool,
    /// The driver carries out no scan of these.
    fails: Channels,
    /// Every so many requests of WLAN1 are refused, as another scan is under way.
    busy_every: Option<usize>,
}

impl Air {
    fn new(config: &Config, adapters: &[(Index, &str, bool)], places: &str) -> Air {
        let mut engine = Engine::new(config, 7);
        // These tests are long, and the rest of the engine is at rest in them.
        engine.checks_idle = places.is_empty() && adapters.len() == 1;
        let text = places;
        engine.handle(
            crate::engine::time::Instant::ZERO,
            Event::PlacesFound { text },
        );
        let links = adapters
            .iter()
            .map(|(i, name, wifi)| plain(*i, name, *wifi));
        let mut air = Air {
            world: World::read(engine, links),
            on: Channels::NONE,
            home: Channels::NONE,
            capability: [(WLAN0, three_bands()), (WLAN1, three_bands())],
            scans: vec![],
            asked: vec![],
            refuses: None,
            hangs: false,
            puts_off: false,
            fails: Channels::NONE,
            busy_every: None,
        };
        air.act();
        air
    }

    fn says(&mut self, link: Index, text: &str) {
        self.world.handle(Event::Supplicant { link, text });
    }

    /// Does what is to be done.
    fn act(&mut self) {
        for _ in 0..200 {
            let Some(action) = self.world.next() else {
                return;
            };
            self.world.done.push(action.clone());
            if self.world.exited {
                return;
            }
            match action {
                Action::Supplicant(link, SupplicantStep::Ask(request)) => {
                    self.world.succeed(action);
                    self.answer(link, request);
                }
                action => self.world.perform(action),
            }
        }
        panic!("never comes to rest");
    }

    fn answer(&mut self, link: Index, request: Request) {
        let now = self.world.now;
        match request {
            Request::Status => self.says(link, "wpa_state=DISCONNECTED\n"),
            Request::Channels => {
                let known = self.capability.iter().find(|(index, _)| *index == link);
                let text = known.map_or("FAIL\n".to_owned(), |(_, text)| text.clone());
                self.says(link, &text);
            }
            Request::ScanChannels(channels) => {
                self.asked.push((now, link, channels));
                if let Some((answer, times)) = self.refuses.filter(|(_, times)| *times > 0) {
                    self.refuses = Some((answer, times - 1));
                    return self.says(link, answer);
                }
                let count = self.of(link).len();
                if link == WLAN1 && self.busy_every.is_some_and(|n| count.is_multiple_of(n)) {
                    return self.says(link, "FAIL-BUSY\n");
                }
                self.says(link, "OK\n");
                if !channels.and(self.fails).is_empty() {
                    return self.says(link, "<3>CTRL-EVENT-SCAN-FAILED ret=-22");
                }
                let quiet = |mhz: u16| self.capability[0].1.contains(&format!("{mhz} MHz ("));
                let each = channels.iter().map(|(_, mhz)| match quiet(mhz) {
                    true => LISTENING,
                    false => ASKING,
                });
                let ends = now + each.sum::<u64>();
                if !self.hangs {
                    self.scans.push((link, channels, ends));
                }
            }
            _ => self.says(link, "OK\n"),
        }
    }

    fn scan_ends(&mut self, link: Index, channels: Channels) {
        self.says(link, "<3>CTRL-EVENT-SCAN-RESULTS ");
        if self.puts_off {
            return self.act();
        }
        let home = channels.and(self.home).iter().next();
        match home.or(channels.and(self.on).iter().next()) {
            None if self.has_joined(link) => {}
            None => self.says(link, "<3>CTRL-EVENT-NETWORK-NOT-FOUND "),
            Some(_) if self.ssid(link) == "Home" => {}
            Some(_) if home.is_none() && self.has_joined(link) => {}
            Some((_, mhz)) if home.is_some() => self.joins(link, "Home", mhz),
            Some((_, mhz)) => self.joins(link, "Hotspot", mhz),
        }
        self.act();
    }

    fn ssid(&self, link: Index) -> &str {
        let supplicant = self.world.engine.supplicant(link);
        supplicant.map_or("", |s| s.ssid.as_str())
    }

    fn joins(&mut self, link: Index, name: &str, mhz: u16) {
        if self.has_joined(link) {
            self.says(
                link,
                "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=3 locally_generated=1",
            );
        }
        let tries = format!(
            "<3>SME: Trying to authenticate with 02:00:00:00:05:00 (SSID='{name}' freq={mhz} MHz)"
        );
        self.says(link, &tries);
        self.says(
            link,
            "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:05:00 completed",
        );
        self.world.join_only(link);
        let status = format!("wpa_state=COMPLETED\nssid={name}\nfreq={mhz}\n");
        // As the answer to the STATUS that follows.
        self.act_with_status(link, &status);
    }

    fn act_with_status(&mut self, link: Index, status: &str) {
        while let Some(action) = self.world.next() {
            self.world.done.push(action.clone());
            match action {
                Action::Supplicant(of, SupplicantStep::Ask(Request::Status)) if of == link => {
                    self.world.succeed(action);
                    self.says(link, status);
                }
                Action::Supplicant(of, SupplicantStep::Ask(request)) => {
                    self.world.succeed(action);
                    self.answer(of, request);
                }
                action => self.world.perform(action),
            }
        }
    }

    /// The access point is gone.
    fn loses(&mut self, link: Index) {
        self.world.cut(link);
        let text = "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=4";
        self.says(link, text);
        self.act();
    }

    /// Time passes until this holds, or so long.
    fn until(&mut self, ms: u64, done: impl Fn(&Air) -> bool) -> bool {
        let end = self.world.now + ms;
        while !done(self) {
            let due = self.scans.iter().map(|(_, _, at)| *at).min();
            let next = self.world.poll_at().unwrap_or(u64::MAX);
            let at = next.min(due.unwrap_or(u64::MAX)).min(end);
            self.world.tick_at(at.max(self.world.now + 1).min(end));
            let now = self.world.now;
            let over = self.scans.iter().position(|(_, _, at)| *at <= now);
            if let Some(over) = over {
                let (link, channels, _) = self.scans.remove(over);
                self.scan_ends(link, channels);
            }
            self.act();
            if now >= end {
                return done(self);
            }
        }
        true
    }

    fn wait(&mut self, ms: u64) {
        self.until(ms, |_| false);
    }

    fn has_joined(&self, link: Index) -> bool {
        let supplicant = self.world.engine.supplicant(link);
        supplicant.is_some_and(|s| s.radio == State::Authorised)
    }

    /// All that this adapter was asked to look at.
    fn of(&self, link: Index) -> Vec<Channels> {
        let of = self.asked.iter().filter(|(_, index, _)| *index == link);
        of.map(|(_, _, channels)| *channels).collect()
    }
}

fn pair() -> Air {
    Air::new(&config(), &BOTH_ADAPTERS, "")
}

fn alone() -> Air {
    Air::new(&config(), &BOTH_ADAPTERS[..1], "")
}

const KNOWN: &str = "wifibond places 1\n486f7473706f74 5745 02:00:00:00:00:02\n";

/// How long until this one has joined.
fn time_to_join(air: &mut Air, link: Index) -> u64 {
    let begun = air.world.now;
    assert!(
        air.until(60_000, |air| air.has_joined(link)),
        "{:?}",
        air.asked
    );
    air.world.now - begun
}

#[test]
fn what_is_known_comes_first_and_stands_in_the_file() {
    let mut air = Air::new(&config(), &BOTH_ADAPTERS, KNOWN);
    air.on = Channels::one(5745);
    assert!(time_to_join(&mut air, WLAN0) <= ASKING + 50);
    assert_eq!(air.of(WLAN0), [Channels::one(5745)]);
    // The other has it from there.
    assert!(time_to_join(&mut air, WLAN1) <= 2 * ASKING);
    let file = |link: Index| {
        let engine = &air.world.engine;
        let link = engine.observed().link(link).unwrap();
        engine.own_channels(link).to_string()
    };
    assert_eq!(file(WLAN0), "1, 6, 11, 149");
    assert_eq!(file(WLAN1), "1, 6, 11, 149", "learned");
    let fresh = Air::new(&config(), &BOTH_ADAPTERS, KNOWN);
    let link = fresh.world.engine.observed().link(WLAN1).unwrap();
    let own = fresh.world.engine.own_channels(link);
    assert_eq!(own, Channels::USUAL_2G, "it may not have that band");
}

#[test]
fn two_adapters_share_the_work_of_a_round() {
    for mhz in [2472, 5180, 5320, 5700, 5885, 5955, 7115] {
        let mut single = alone();
        single.on = Channels::one(mhz);
        let one = time_to_join(&mut single, WLAN0);
        let mut both = pair();
        both.on = Channels::one(mhz);
        let begun = both.world.now;
        let joined = |air: &Air| air.has_joined(WLAN0) && air.has_joined(WLAN1);
        assert!(both.until(60_000, joined), "{mhz}");
        let two = both.world.now - begun;
        // The one that did not find it looks at that channel, too.
        let after = LISTENING + 2 * 50 + 4 * LISTENING;
        assert!(
            two <= one / 2 + after,
            "{mhz}: {two} ms, one alone {one} ms"
        );
    }
}

#[test]
fn no_channel_is_looked_at_twice_in_a_round_and_none_is_left_out() {
    let mut air = pair();
    let ended = |air: &Air| air.world.recorded("no known network in range") == 2;
    assert!(air.until(20_000, ended), "{:?}", air.asked);
    let mut all = Channels::NONE;
    for (_, _, channels) in &air.asked {
        assert!(all.and(*channels).is_empty(), "{channels} again");
        all = all.or(*channels);
    }
    assert_eq!(all, Channels::ALL);
    let (one, two) = (air.of(WLAN0), air.of(WLAN1));
    assert!(
        one.len().abs_diff(two.len()) <= 4,
        "{} {}",
        one.len(),
        two.len()
    );
    // In the next round each looks where the other has.
    let before: Channels = one.iter().fold(Channels::NONE, |all, one| all.or(*one));
    air.asked.clear();
    air.wait(1_500);
    let first = air.of(WLAN0)[0];
    assert!(first.and(before).is_empty(), "{first} was its own");
}

#[test]
fn the_usual_channels_come_first_and_those_for_listening_last() {
    let mut air = alone();
    air.wait(20_000);
    let mut asked = air.of(WLAN0);
    let round = asked.iter().skip(1).position(|c| *c == asked[0]);
    asked.truncate(1 + round.expect("another round"));
    assert_eq!(asked[0].to_string(), "1, 6, 11, 36");
    assert_eq!(asked[1].to_string(), "40, 44, 48");
    let radar = asked
        .iter()
        .position(|c| !c.and(Channels::one(5500)).is_empty());
    let plain = asked
        .iter()
        .rposition(|c| !c.and(Channels::one(5825)).is_empty());
    assert!(plain < radar, "{asked:?}");
    for words in [
        "most access points",
        "the other channels",
        "listening alone",
    ] {
        assert_eq!(air.world.recorded(words), 1, "{words}");
    }
}

#[test]
fn an_adapter_of_one_band_is_asked_for_no_other() {
    let mut air = pair();
    air.capability[1].1 = one_band();
    air = {
        let mut fresh = Air::new(&config(), &[], "");
        fresh.capability = air.capability;
        for (index, name, _) in BOTH_ADAPTERS {
            fresh.world.handle(Event::Link(plain(index, name, true)));
        }
        fresh.act();
        fresh
    };
    air.on = Channels::one(5885);
    assert!(time_to_join(&mut air, WLAN0) > 0);
    air.wait(5_000);
    assert!(!air.has_joined(WLAN1));
    let other = air.of(WLAN1);
    assert!(!other.is_empty());
    assert!(
        other
            .iter()
            .all(|c| c.without(Channels::BAND_2G).is_empty()),
        "{other:?}"
    );
}

#[test]
fn networks_bound_to_members_are_sought_by_those_alone() {
    let mut config = config();
    let only = Matcher::Name(name("wlan1"));
    config.wifi[0].members.push(only).unwrap();
    let mut network = config.wifi[0].clone();
    network.ssid = Ssid::from_slice(b"Barn").unwrap();
    network.members = core::iter::once(Matcher::Name(name("wlan0"))).collect();
    config.wifi.push(network).unwrap();
    let mut air = Air::new(&config, &BOTH_ADAPTERS, "");
    air.wait(20_000);
    for link in [WLAN0, WLAN1] {
        let all = air
            .of(link)
            .iter()
            .fold(Channels::NONE, |all, one| all.or(*one));
        assert_eq!(all, Channels::ALL, "each by itself");
    }
}

#[test]
fn one_that_was_lost_is_looked_for_often_and_then_seldom() {
    let mut air = pair();
    air.on = Channels::one(2437);
    time_to_join(&mut air, WLAN0);
    time_to_join(&mut air, WLAN1);
    air.on = Channels::NONE;
    air.loses(WLAN0);
    let looks = |air: &mut Air, ms: u64| {
        air.asked.clear();
        air.wait(ms);
        let known = air
            .of(WLAN0)
            .iter()
            .filter(|c| **c == Channels::one(2437))
            .count();
        (known, air.of(WLAN0).len())
    };
    let (known, _) = looks(&mut air, 10_000);
    assert!((15..=21).contains(&known), "{known}");
    air.wait(3_600_000);
    let (known, all) = looks(&mut air, 600_000);
    assert!((55..=61).contains(&known), "{known}");
    // A round takes some 30 scans.
    assert!(all <= 61 + 20 * 30, "{all}");
    assert!(air.of(WLAN1).is_empty(), "the one that carries the traffic");
    let records = air.world.recorded("wlan0") + air.world.recorded("looks");
    assert!(records <= 12, "{records} records");
    // Back in range.
    air.on = Channels::one(2437);
    assert!(time_to_join(&mut air, WLAN0) <= 10_500);
    air.loses(WLAN0);
    assert!(time_to_join(&mut air, WLAN0) <= 600);
}

#[test]
fn on_another_channel_it_is_found_within_the_round() {
    let mut air = pair();
    air.on = Channels::one(2437);
    time_to_join(&mut air, WLAN0);
    time_to_join(&mut air, WLAN1);
    air.on = Channels::one(5500);
    air.loses(WLAN0);
    air.loses(WLAN1);
    let took = time_to_join(&mut air, WLAN0).max(time_to_join(&mut air, WLAN1));
    assert!(took <= 6_000, "{took} ms");
    // And that is what comes first the next time.
    air.loses(WLAN0);
    assert!(time_to_join(&mut air, WLAN0) <= 3 * LISTENING);
}

#[test]
fn a_busy_driver_is_asked_again_and_a_scan_without_an_end_is_given_up() {
    let mut air = alone();
    air.on = Channels::one(2412);
    air.refuses = Some(("FAIL-BUSY\n", 5));
    let mut fresh = Air::new(&config(), &[], "");
    std::mem::swap(&mut fresh.refuses, &mut air.refuses);
    fresh.on = air.on;
    fresh.world.handle(Event::Link(plain(WLAN0, "wlan0", true)));
    fresh.act();
    let took = time_to_join(&mut fresh, WLAN0);
    assert!((800..=1_500).contains(&took), "{took} ms");
    let mut air = alone();
    air.hangs = true;
    air.wait(30_000);
    air.hangs = false;
    air.on = Channels::one(2412);
    assert!(time_to_join(&mut air, WLAN0) <= 20_000);
}

#[test]
fn without_a_list_of_channels_all_are_tried() {
    let mut air = Air::new(&config(), &[], "");
    air.capability[0].1 = "FAIL\n".to_owned();
    air.on = Channels::one(7115);
    air.world.handle(Event::Link(plain(WLAN0, "wlan0", true)));
    air.act();
    assert!(time_to_join(&mut air, WLAN0) > 0);
}

#[test]
fn another_regulatory_domain_has_other_channels() {
    let mut air = alone();
    air.capability[0].1 = one_band();
    let text = "<3>CTRL-EVENT-REGDOM-CHANGE init=USER type=COUNTRY alpha2=BE";
    air.says(WLAN0, text);
    air.act();
    air.wait(1_000);
    air.asked.clear();
    air.on = Channels::one(5180);
    air.wait(20_000);
    assert!(!air.has_joined(WLAN0));
    assert!(
        air.of(WLAN0)
            .iter()
            .skip(1)
            .all(|c| c.without(Channels::BAND_2G).is_empty())
    );
    air.capability[0].1 = three_bands();
    air.says(WLAN0, text);
    air.act();
    assert!(time_to_join(&mut air, WLAN0) <= 20_000);
}

#[test]
fn a_place_is_written_once_and_not_at_each_join() {
    let mut air = pair();
    air.on = Channels::one(2437);
    time_to_join(&mut air, WLAN0);
    time_to_join(&mut air, WLAN1);
    let writes = |air: &mut Air| {
        let done = air.world.take();
        let is = |a: &&Action| matches!(a, Action::Store(Store::Places));
        done.iter().filter(is).count()
    };
    assert!((1..=2).contains(&writes(&mut air)));
    for _ in 0..5 {
        air.loses(WLAN1);
        time_to_join(&mut air, WLAN1);
    }
    assert_eq!(writes(&mut air), 0);
}

#[test]
fn a_plan_and_a_stop_ask_for_no_scan() {
    let mut air = alone();
    air.world.handle(Event::Stop);
    air.act();
    air.asked.clear();
    air.wait(3_000);
    assert!(air.asked.is_empty(), "{:?}", air.asked);
}

fn two_networks() -> Config {
    let mut config = config();
    let mut home = config.wifi[0].clone();
    home.ssid = Ssid::from_slice(b"Home").unwrap();
    home.priority = 9;
    config.wifi.push(home).unwrap();
    config
}

#[test]
fn the_network_of_higher_priority_wins_within_ten_seconds() {
    let mut air = Air::new(&two_networks(), &BOTH_ADAPTERS, "");
    (air.on, air.home) = (Channels::one(2412), Channels::one(5700));
    let at_home = |air: &Air| air.ssid(WLAN0) == "Home" && air.ssid(WLAN1) == "Home";
    assert!(air.until(10_000, at_home), "{:?}", air.asked);
    assert_eq!(air.world.recorded("is in a network of higher priority"), 1);
}

#[test]
fn one_adapter_alone_finishes_the_round_and_moves() {
    let mut air = Air::new(&two_networks(), &BOTH_ADAPTERS[..1], "");
    (air.on, air.home) = (Channels::one(2412), Channels::one(5700));
    let at_home = |air: &Air| air.ssid(WLAN0) == "Home";
    assert!(air.until(10_000, at_home), "{:?}", air.asked);
    air.asked.clear();
    air.wait(600_000);
    assert!(air.asked.is_empty(), "{:?}", air.asked);
}

/// Each look takes it off its channel: the one that carries the traffic is not asked to.
#[test]
fn while_it_is_away_the_standby_looks_for_it_and_the_active_one_does_not() {
    let mut air = Air::new(&two_networks(), &BOTH_ADAPTERS, "");
    air.on = Channels::one(2412);
    time_to_join(&mut air, WLAN0);
    time_to_join(&mut air, WLAN1);
    air.wait(20_000);
    air.asked.clear();
    air.wait(1_800_000);
    let active = air.world.bond().1.active.unwrap();
    let standby = WLAN0 + WLAN1 - active;
    assert_eq!(air.of(active), []);
    let looks = air.of(standby).len();
    assert!((20..=200).contains(&looks), "{looks}");
    air.home = Channels::one(5700);
    let both = |air: &Air| air.ssid(WLAN0) == "Home" && air.ssid(WLAN1) == "Home";
    assert!(air.until(660_000, both));
    assert_eq!(air.world.recorded("is in a network of higher priority"), 1);
}

#[test]
fn without_priorities_nobody_leaves_its_network() {
    let mut config = two_networks();
    config.wifi[1].priority = 0;
    let mut air = Air::new(&config, &BOTH_ADAPTERS, "");
    air.on = Channels::one(2412);
    time_to_join(&mut air, WLAN0);
    time_to_join(&mut air, WLAN1);
    air.asked.clear();
    air.wait(3_600_000);
    assert!(air.asked.is_empty(), "{:?}", air.asked);
}

/// With a wrong passphrase wpa_supplicant does not say what it finds.
#[test]
fn a_network_that_is_put_off_is_not_out_of_range() {
    let mut air = alone();
    air.puts_off = true;
    air.wait(60_000);
    assert_eq!(air.world.recorded("no known network in range"), 0);
    air.puts_off = false;
    air.wait(60_000);
    assert_eq!(air.world.recorded("no known network in range"), 1);
}

#[test]
fn the_status_says_what_a_join_took() {
    let mut air = alone();
    air.on = Channels::one(5180);
    time_to_join(&mut air, WLAN0);
    let status = air.world.status();
    let member = &status.bond.as_ref().unwrap().members[0];
    assert_eq!(member.search_ms, Some(4 * ASKING));
    assert!(member.association_ms.is_some());
    let page = status::text::page(&air.world.engine, None, air.world.at()).to_string();
    assert!(page.contains("found in 240 ms, joined in 0 ms"), "{page}");
    drop(status);
    air.world.cut(WLAN0);
    air.says(
        WLAN0,
        "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=4",
    );
    let status = air.world.status();
    assert_eq!(status.bond.unwrap().members[0].search_ms, None);
}

/// The adapters come when the radio is as the test wants it.
fn plugged(places: &str, adapters: &[(Index, &str, bool)], set: impl Fn(&mut Air)) -> Air {
    let mut air = Air::new(&config(), &[], places);
    air.world.engine.checks_idle = false;
    set(&mut air);
    for (index, name, _) in adapters {
        air.world.handle(Event::Link(plain(*index, name, true)));
    }
    air.act();
    air
}

#[test]
fn one_alone_looks_once_for_a_better_network_and_then_leaves_the_traffic_in_peace() {
    let mut air = Air::new(&two_networks(), &BOTH_ADAPTERS[..1], "");
    air.on = Channels::one(2412);
    time_to_join(&mut air, WLAN0);
    air.wait(60_000);
    air.asked.clear();
    air.wait(600_000);
    assert!(air.asked.is_empty(), "{:?}", air.asked);
}

/// It is in no bond.
#[test]
fn a_link_of_its_own_looks_once_for_a_better_network_too() {
    let mut config = two_networks();
    config.bond.members = core::iter::once(Matcher::Name(name("wlan1"))).collect();
    config.links[0].name = Matcher::Name(name("wlan0"));
    let mut air = Air::new(&config, &BOTH_ADAPTERS[..1], "");
    air.on = Channels::one(2412);
    time_to_join(&mut air, WLAN0);
    air.asked.clear();
    air.wait(60_000);
    assert!(!air.asked.is_empty());
    air.asked.clear();
    air.wait(1_800_000);
    assert!(air.asked.is_empty(), "{:?}", air.asked);
}

#[test]
fn a_new_network_is_looked_for_at_once() {
    let mut air = pair();
    air.wait(600_000);
    air.home = Channels::one(5700);
    air.world.handle(Event::Config(&two_networks()));
    air.act();
    let joined = |air: &Air| air.has_joined(WLAN0) || air.has_joined(WLAN1);
    assert!(air.until(10_000, joined), "{:?}", air.asked.last());
}

/// A scan without an end shows an adapter that is dead, not a network that is away: it is repaired.
#[test]
fn scans_without_an_end_say_nothing_of_networks() {
    let mut air = alone();
    air.hangs = true;
    air.wait(300_000);
    let supplicant = air.world.engine.supplicant(WLAN0).unwrap();
    assert!(!supplicant.finds_none());
    assert_eq!(air.world.recorded("no known network in range"), 0);
}

#[test]
fn channels_that_cannot_be_scanned_do_not_hold_up_the_others() {
    let wlan0 = &BOTH_ADAPTERS[..1];
    for (places, fails, on) in [(KNOWN, 5745, 2437), ("", 5180, 2472)] {
        let mut air = plugged(places, wlan0, |air| {
            air.fails = Channels::one(fails);
            air.on = Channels::one(on);
        });
        let took = time_to_join(&mut air, WLAN0);
        assert!(took <= 5_000, "{took} ms");
    }
}

#[test]
fn many_known_channels_do_not_hold_up_the_round() {
    let mut places = "wifibond places 1\n".to_owned();
    let others = Channels::ALL.without(Channels::BAND_2G);
    for (_, mhz) in others.iter().take(22) {
        places.push_str(&format!("486f7473706f74 {mhz} 02:00:00:00:00:02\n"));
    }
    let mut air = plugged(&places, &BOTH_ADAPTERS[..1], |air| {
        air.on = Channels::one(2437)
    });
    let took = time_to_join(&mut air, WLAN0);
    assert!(took <= 3_000, "{took} ms");
}

#[test]
fn one_that_waits_for_its_turn_keeps_the_round_open() {
    for every in [3, 4, 5] {
        let mut air = plugged("", &BOTH_ADAPTERS, |air| {
            air.capability[0].1 = one_band();
            air.busy_every = Some(every);
            air.on = Channels::one(5700);
        });
        let took = time_to_join(&mut air, WLAN1);
        assert!(took <= 15_000, "{every}: {took} ms");
        assert_eq!(air.world.recorded("no known network in range"), 0);
    }
}

#[test]
fn failed_attempts_do_not_fill_the_journal() {
    let mut air = alone();
    air.puts_off = true;
    for _ in 0..10 {
        for text in [
            "<3>SME: Trying to authenticate with 02:00:00:00:05:00 (SSID='Hotspot' freq=2412 MHz)",
            "<3>Associated with 02:00:00:00:05:00",
            "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=15",
        ] {
            air.says(WLAN0, text);
        }
        air.act();
        air.wait(30_000);
    }
    let looks = air.world.recorded("looks");
    assert!(looks <= 4, "{looks}");
}
