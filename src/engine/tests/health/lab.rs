//! A network behind the members: what becomes of each probe is decided member by member.
use super::*;
use crate::engine::contract::packet::Purpose;
use crate::engine::random::Random;
use crate::engine::time::Instant;
use crate::wire::arp::{self, Kind};
use crate::wire::neighbour;
use crate::wire::wpa::Request;
use std::collections::BTreeMap;

pub const GATEWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 43, 1));
/// By IPv6.
pub const ROUTER: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0x43, 0, 0, 0, 0, 0, 1));
pub const MAC: Mac = Mac([2, 0, 0, 0, 0, 0x99]);

/// What becomes of a probe.
#[derive(Debug, Clone, Copy)]
pub enum Path {
    /// Answered after so many milliseconds.
    Answers(u64),
    /// The same, and of a hundred so many are lost.
    Loses(u64, u64),
    /// Its probes are lost. What is sent to all hosts arrives.
    Dead,
}

pub struct Lab {
    pub world: World,
    pub paths: BTreeMap<Index, Path>,
    /// Hosts that answer, and from which hardware address.
    pub hosts: BTreeMap<IpAddr, Mac>,
    /// In the network behind this member they are others, with the same addresses.
    pub elsewhere: BTreeMap<Index, Mac>,
    /// No probe of this member can be sent.
    pub stuck: Option<Index>,
    /// Of the members whose radios count their frames: sent, and of these not acknowledged.
    pub packets: BTreeMap<Index, (u32, u32)>,
    /// Their access point acknowledges what is lost behind it.
    pub acknowledges: bool,
    /// The question for how long a station has received nothing is held here, in place of no
    /// answer.
    pub hold_inactive: bool,
    pub inactive: Option<Action>,
    /// They answer what is sent to all, and nothing else.
    pub only_broadcasts: bool,
    /// What is asked from an address of a member's own is dropped on the way.
    pub only_unspecified: bool,
    /// To be delivered: when, through whom, who answers, and whether it is for all hosts.
    due: Vec<(u64, Index, IpAddr, Mac, bool)>,
    pub random: Random,
    /// All that was done, but for probes.
    pub done: Vec<Action>,
    /// Probes sent, by member.
    pub probes: BTreeMap<Index, usize>,
    /// Of these to one station.
    pub unicast: usize,
    /// What each adapter receives, in dBm, and how far a reading may be off.
    pub signals: BTreeMap<Index, i16>,
    pub noise: i16,
    /// What the wpa_supplicants were asked, and when.
    pub asked: Vec<(u64, Index, Request)>,
}

/// The configuration of the tests, with health as the program has it by default.
pub fn config() -> Config {
    Config {
        health: Health {
            repair: false,
            ..Health::default()
        },
        ..super::super::config()
    }
}

impl Lab {
    /// Both members have joined, and both get answers.
    pub fn new() -> Lab {
        Lab::with(&config())
    }

    pub fn with(config: &Config) -> Lab {
        let mut lab = Lab::begin(config);
        lab.world.join_only(WLAN0);
        lab.run();
        lab.world.join_only(WLAN1);
        lab.wait(5_000);
        assert_eq!(lab.active(), Some(WLAN0));
        assert_eq!(lab.condition(WLAN0), Condition::Healthy);
        assert_eq!(lab.condition(WLAN1), Condition::Healthy);
        lab
    }

    /// No member has joined.
    pub fn begin(config: &Config) -> Lab {
        Lab::of(config, &BOTH_ADAPTERS)
    }

    pub fn of(config: &Config, adapters: &[(Index, &str, bool)]) -> Lab {
        let path = Path::Answers(3);
        Lab {
            world: World::start(config, adapters),
            paths: BTreeMap::from([(WLAN0, path), (WLAN1, path)]),
            hosts: BTreeMap::from([(GATEWAY, MAC), (ROUTER, MAC)]),
            elsewhere: BTreeMap::new(),
            stuck: None,
            packets: BTreeMap::new(),
            acknowledges: false,
            hold_inactive: false,
            inactive: None,
            only_broadcasts: false,
            only_unspecified: false,
            due: vec![],
            random: Random::new(11),
            done: vec![],
            probes: BTreeMap::new(),
            unicast: 0,
            signals: BTreeMap::new(),
            noise: 0,
            asked: vec![],
        }
    }

    /// Does what is to be done; probes go on their way.
    pub fn run(&mut self) {
        loop {
            let before = self.asked.len();
            self.run_until_asked();
            if self.asked.len() == before {
                return;
            }
            for number in before..self.asked.len() {
                let (_, link, request) = self.asked[number];
                let text = match self.signals.get(&link) {
                    Some(signal) if request == Request::SignalPoll => {
                        let spread = 2 * u64::from(self.noise.unsigned_abs()) + 1;
                        let off = (self.random.draw() % spread) as i16 - self.noise;
                        format!("RSSI=-1\nAVG_RSSI={}\n", signal + off)
                    }
                    Some(_) | None => "OK\n".to_owned(),
                };
                let text = &text;
                self.world.handle(Event::Supplicant { link, text });
            }
        }
    }

    fn run_until_asked(&mut self) {
        let (asked, now) = (&mut self.asked, self.world.now);
        let (paths, hosts) = (&self.paths, &self.hosts);
        let (due, random, probes) = (&mut self.due, &mut self.random, &mut self.probes);
        let elsewhere = &self.elsewhere;
        let (unicast, only_broadcasts) = (&mut self.unicast, self.only_broadcasts);
        let only_unspecified = self.only_unspecified;
        let (stuck, hold_inactive) = (self.stuck, self.hold_inactive);
        let (packets, acknowledges) = (&mut self.packets, self.acknowledges);
        let mut counted = vec![];
        let held = self.world.run_with(|action| {
            if let Action::Supplicant(link, SupplicantStep::Ask(Request::PacketCounts)) = action
                && packets.contains_key(link)
            {
                counted.push(*link);
                return Outcome::NoEffect;
            }
            let inactive = matches!(
                action,
                Action::Kernel(KernelRequest::Read(ReadRequest::Inactive { .. }))
            );
            if inactive && hold_inactive {
                return Outcome::Held;
            }
            if let Action::Supplicant(link, SupplicantStep::Ask(request)) = action {
                asked.push((now, *link, *request));
                return Outcome::NoEffect;
            }
            let Action::Send {
                link,
                packet: Packet::Probe { target, to, shared },
                ..
            } = action
            else {
                return Outcome::Works;
            };
            if stuck == Some(*link) {
                return Outcome::Fails(failure(105, "No buffer space available"));
            }
            *probes.entry(*link).or_default() += 1;
            *unicast += usize::from(to.is_some());
            if let Some((sent, failed)) = packets.get_mut(link) {
                *sent += 1;
                *failed += u32::from(!acknowledges && matches!(paths[link], Path::Dead));
            }
            let host = hosts.get(target);
            let host = host.map(|mac| elsewhere.get(link).unwrap_or(mac));
            let answers = match (host, to) {
                (None, _) => None,
                (Some(_), Some(_)) if only_broadcasts => None,
                _ if target.is_ipv6() && only_unspecified && !shared => None,
                (Some(mac), Some(to)) if mac != to => None,
                (Some(mac), _) => Some(*mac),
            };
            let delay = match paths[link] {
                Path::Answers(delay) => Some(delay),
                Path::Loses(delay, percent) => (random.draw() % 100 >= percent).then_some(delay),
                Path::Dead => None,
            };
            if let (Some(delay), Some(mac)) = (delay, answers) {
                due.push((now + delay, *link, *target, mac, *shared));
                if *shared {
                    // The other one hears it as well, some at the next beacon.
                    let other = if *link == WLAN0 { WLAN1 } else { WLAN0 };
                    let later = random.draw() % 100 * (random.draw() % 2);
                    due.push((now + delay + later, other, *target, mac, true));
                }
            }
            Outcome::NoEffect
        });
        self.inactive = held.or(self.inactive.take());
        for link in counted {
            let (sent, failed) = self.packets[&link];
            let text = &format!("TXGOOD={sent}\nTXBAD={failed}\nRXGOOD=0\n");
            self.world.handle(Event::Supplicant { link, text });
            self.run();
        }
        let done = self.world.take();
        let probe = |action: &Action| matches!(action.packet(), Some(Packet::Probe { .. }));
        self.done
            .extend(done.into_iter().filter(|action| !probe(action)));
    }

    fn deliver(&mut self) {
        let now = self.world.now;
        for one in core::mem::take(&mut self.due) {
            match one {
                (at, ..) if at > now => self.due.push(one),
                (_, link, host, mac, true) => self.answer_all(link, host, mac),
                (_, link, host, mac, false) => self.answer(link, link, host, mac),
            }
        }
    }

    /// An advertisement for all hosts arrives on a member.
    pub fn answer_all(&mut self, on: Index, host: IpAddr, mac: Mac) {
        let IpAddr::V6(v6) = host else {
            panic!("{host} answers by ARP");
        };
        self.deliver_to(on, host, &neighbour::answer(v6, mac, None));
    }

    /// An answer arrives on a member, for the station of another or the same one: an ARP reply, or an
    /// advertisement.
    pub fn answer(&mut self, on: Index, to: Index, host: IpAddr, mac: Mac) {
        let link = self.world.engine.observed().link(to);
        let Some(station) = link.and_then(|link| link.mac) else {
            return; // Unplugged meanwhile.
        };
        let message = match host {
            IpAddr::V4(host) => {
                let mut message = arp::write(Kind::Announce, mac, host);
                message[7] = 2;
                message[18..24].copy_from_slice(&station.0);
                message.to_vec()
            }
            IpAddr::V6(host) => neighbour::answer(host, mac, Some(station)).to_vec(),
        };
        self.deliver_to(on, host, &message);
    }

    fn deliver_to(&mut self, on: Index, host: IpAddr, message: &[u8]) {
        let purpose = Purpose::Probe(host);
        self.world.handle(Event::Received {
            link: on,
            purpose,
            message,
        });
        self.run();
    }

    /// To the next time at which something happens, or to the end.
    fn step(&mut self, end: u64) {
        let next = self.world.engine.poll_at(self.world.at());
        let next = next.map_or(u64::MAX, Instant::as_ms);
        let next = next.max(self.world.now + 1);
        let due = self.due.iter().map(|(at, ..)| *at).min();
        self.world.now = next.min(due.unwrap_or(u64::MAX)).min(end);
        self.world.engine.tick(self.world.at());
        self.deliver();
        self.run();
    }

    pub fn wait(&mut self, ms: u64) {
        self.run();
        let end = self.world.now + ms;
        while self.world.now < end {
            self.step(end);
        }
    }

    /// Waits for this, and says how long it took.
    #[track_caller]
    pub fn until(&mut self, what: &str, limit: u64, holds: impl Fn(&Lab) -> bool) -> u64 {
        self.run();
        let begun = self.world.now;
        while !holds(self) {
            assert!(
                self.world.now < begun + limit,
                "{what}: not within {limit} ms"
            );
            self.step(begun + limit);
        }
        self.world.now - begun
    }

    pub fn active(&self) -> Option<Index> {
        self.world.bond().1.active
    }

    pub fn condition(&self, index: Index) -> Condition {
        let health = self.world.engine.health(index);
        health.map_or(Condition::Unknown, |health| health.condition())
    }

    pub fn switches(&self) -> u32 {
        self.world.engine.failover().switches()
    }

    /// The last switch: its outage and its cause.
    pub fn last_switch(&self) -> (u64, String) {
        let records = self.world.engine.journal().since(0);
        let last = records.filter(|r| r.kind == RecordKind::Switch).last();
        let last = last.expect("a switch");
        let outage = last.switch.as_ref().unwrap().outage_ms;
        (outage.unwrap_or_default(), last.text.to_string())
    }
}
