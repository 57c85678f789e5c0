//! Searching for a network, channel by channel, on radios that take their time.
mod faults;
mod keys;
mod places;
mod priority;
mod rounds;

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
    /// Their scans do not end.
    hangs: &'static [Index],
    /// All networks are put off: a scan has results, and no verdict.
    puts_off: bool,
    /// The driver carries out no scan of these.
    fails: Channels,
    /// "Home" is heard and lets nobody in.
    home_refuses: bool,
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
            hangs: &[],
            puts_off: false,
            fails: Channels::NONE,
            home_refuses: false,
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
                if !self.hangs.contains(&link) {
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
            Some((_, mhz)) if home.is_some() && self.home_refuses => self.is_refused(link, mhz),
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
            self.world.cut(link);
            self.act();
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
        let bssid = "02:00:00:00:05:00";
        let status = format!("wpa_state=COMPLETED\nbssid={bssid}\nssid={name}\nfreq={mhz}\n");
        // As the answer to the STATUS that follows.
        self.act_with_status(link, &status);
    }

    /// It leaves its network for "Home" and is not let in.
    fn is_refused(&mut self, link: Index, mhz: u16) {
        let begins = format!(
            "<3>SME: Trying to authenticate with 02:00:00:00:06:00 (SSID='Home' freq={mhz} MHz)"
        );
        self.says(link, &begins);
        let left =
            "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=3 locally_generated=1";
        if self
            .world
            .engine
            .observed
            .link(link)
            .is_some_and(|link| link.carrier)
        {
            self.says(link, left);
            self.world.cut(link);
        }
        self.says(
            link,
            "<3>CTRL-EVENT-AUTH-REJECT 02:00:00:00:06:00 auth_type=0 status_code=17",
        );
        self.joins(link, "Hotspot", 2412);
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

fn two_networks() -> Config {
    let mut config = config();
    let mut home = config.wifi[0].clone();
    home.ssid = Ssid::from_slice(b"Home").unwrap();
    home.priority = 9;
    config.wifi.push(home).unwrap();
    config
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
