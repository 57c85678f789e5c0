//! IPv6 on an invented clock, with an invented server and router.
mod identity;
mod kept;
mod offers;
mod routers;

use super::*;
use crate::engine::dhcp4::{Identity, iaid};
use crate::engine::dhcp6::State;
use crate::wire::dhcp6::MAX_ASK;
use core::net::Ipv6Addr;

const DUID: [u8; 10] = [0, 3, 0, 1, 2, 0, 0, 0, 0, 0x1f];
const SERVER: [u8; 4] = [0, 2, 9, 9];
const SOLICIT: u8 = 1;
const REQUEST: u8 = 3;
const CONFIRM: u8 = 4;
const RENEW: u8 = 5;
const REBIND: u8 = 6;
const RELEASE: u8 = 8;
const DECLINE: u8 = 9;
const INFORM: u8 = 11;

fn lent(last: u16) -> Ipv6Addr {
    Ipv6Addr::new(0xfd00, 0x43, 0, 0, 0, 0, 0, last)
}

fn config(mode: Ipv6Mode) -> Config {
    let mut config = super::config();
    config.links.clear();
    config.bond.ip = IpBlock::default();
    config.bond.ip.ipv4.dhcp = false;
    config.bond.ip.ipv6.mode = mode;
    config
}

fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let length = value.len() as u16;
    [&code.to_be_bytes()[..], &length.to_be_bytes(), value].concat()
}

/// How the server answers.
#[derive(Clone, Copy, PartialEq)]
enum ServerBehaviour {
    Answers,
    Rapid,
    Silent,
    /// "Not on link", and another address than before.
    Moved,
    /// Has forgotten us.
    NoBinding,
    /// Offers, and knows nothing of it.
    Forgets,
    /// Offers, and never acknowledges.
    Offers,
    NoneLeft,
}

struct Net {
    world: World,
    behaviour: ServerBehaviour,
    gives: Ipv6Addr,
    valid_s: u32,
    asked: Vec<(u64, u8)>,
}

impl Net {
    fn start(mode: Ipv6Mode, behaviour: ServerBehaviour) -> Net {
        let mut engine = Engine::new(&config(mode));
        engine.set_identity(Identity {
            duid: heapless::Vec::from_slice(&DUID).unwrap(),
            host_name: "wall".try_into().unwrap(),
        });
        engine.set_seed(7);
        let adapters = [(WLAN0, "wlan0", true), (WLAN1, "wlan1", true)];
        let mut net = Net {
            world: World::begin(engine, &adapters),
            behaviour,
            gives: lent(0x101),
            valid_s: 3600,
            asked: vec![],
        };
        let bond = net.bond();
        let own = Address {
            link: bond,
            net: IpNet {
                address: "fe80::1".parse().unwrap(),
                prefix: 64,
            },
            protocol: 3,
            metric: 0,
            tentative: false,
            duplicate: false,
        };
        net.world.engine.handle(1_000, Event::Address(own));
        net.run();
        net
    }

    /// It runs, wlan0 carries, and the server has answered.
    fn bound() -> Net {
        let mut net = Net::start(Ipv6Mode::Dhcp, ServerBehaviour::Rapid);
        net.join(WLAN0);
        assert!(net.has(net.gives));
        net.kinds();
        net
    }

    fn bond(&self) -> Index {
        self.world.bond().0
    }

    fn reply(&self, question: &[u8]) -> Option<Vec<u8>> {
        let kind = match (question[0], self.behaviour) {
            (_, ServerBehaviour::Silent)
            | (REQUEST, ServerBehaviour::Offers)
            | (RELEASE | DECLINE, _) => return None,
            (SOLICIT, ServerBehaviour::Rapid) => 7,
            (SOLICIT, _) => 2,
            _ => 7,
        };
        let mut message = vec![kind];
        message.extend(&question[1..4]);
        message.extend(option(2, &SERVER));
        message.extend(option(1, &DUID));
        let status = |code: u8| option(13, &[0, code]);
        let times = [self.valid_s, self.valid_s].map(u32::to_be_bytes).concat();
        let address = option(5, &[&self.gives.octets()[..], &times].concat());
        let inside = match (self.behaviour, question[0]) {
            (ServerBehaviour::NoneLeft, _) => status(2),
            (ServerBehaviour::NoBinding, RENEW | REBIND) | (ServerBehaviour::Forgets, REQUEST) => {
                status(3)
            }
            _ => address,
        };
        let head = [iaid("bond0"), 0, 0].map(u32::to_be_bytes).concat();
        match (question[0], self.behaviour) {
            (CONFIRM, ServerBehaviour::Moved) => message.extend(status(4)),
            (CONFIRM, _) => message.extend(status(0)),
            (INFORM, _) => {}
            _ => message.extend(option(3, &[head, inside].concat())),
        }
        message.extend(option(23, &lent(0x53).octets()));
        if self.behaviour == ServerBehaviour::Rapid {
            message.extend(option(14, &[]));
        }
        Some(message)
    }

    fn run(&mut self) {
        for _ in 0..500 {
            let now = self.world.now;
            let Some(action) = self.world.engine.next(now) else {
                return;
            };
            let mut answer = None;
            if let Action::SendDhcp6 { link } | Action::ReleaseDhcp6 { link } = action {
                let release = matches!(action, Action::ReleaseDhcp6 { .. });
                let mut out = [0; MAX_ASK];
                let name = self.world.link(link).name.clone();
                let engine = &self.world.engine;
                let length = engine.dhcp6_message(now, &name, release, &mut out).unwrap();
                self.asked.push((now, out[0]));
                answer = self.reply(&out[..length]).map(|message| (link, message));
            }
            self.world.done.push(action.clone());
            if let Effect::Exit = fake_kernel::perform(&mut self.world.engine, now, action) {
                self.world.exited = true;
                return;
            }
            if let Some((link, message)) = answer {
                let message = &message[..];
                self.handle(Event::Dhcp6 { link, message });
            }
        }
        panic!("never comes to rest: {:?}", self.world.done.last());
    }

    fn handle(&mut self, event: Event<'_>) {
        self.world.engine.handle(self.world.now, event);
    }

    fn join(&mut self, index: Index) {
        join(&mut self.world.engine, self.world.now, index);
        self.run();
    }

    fn lose(&mut self, index: Index) {
        fake_kernel::edit(&mut self.world.engine, self.world.now, index, |link| {
            link.carrier = false;
            link.oper = Oper::Down;
        });
        self.run();
    }

    fn wait(&mut self, ms: u64) {
        let end = self.world.now + ms;
        for _ in 0..20_000 {
            let next = self.world.engine.poll_at(self.world.now);
            self.world.now = next.unwrap_or(u64::MAX).clamp(self.world.now, end);
            self.world.engine.tick(self.world.now);
            self.run();
            if self.world.now == end {
                return;
            }
        }
        panic!("wakes up again and again");
    }

    fn has(&self, address: Ipv6Addr) -> bool {
        let net = IpNet {
            address: address.into(),
            prefix: 128,
        };
        self.world.engine.observed().has_address(self.bond(), net)
    }

    fn flags(&mut self, managed: bool, other: bool) {
        let flags = RouterFlags { managed, other };
        let link = self.bond();
        self.handle(Event::RouterFlags { link, flags });
        self.run();
    }

    fn kinds(&mut self) -> Vec<u8> {
        let asked = core::mem::take(&mut self.asked);
        asked.into_iter().map(|(_, kind)| kind).collect()
    }

    fn state(&self) -> State {
        self.world.engine.inet6("bond0").expect("IPv6").client.state
    }
}

#[test]
fn routers_decide_what_is_asked_for() {
    let mut net = Net::start(Ipv6Mode::Auto, ServerBehaviour::Answers);
    net.join(WLAN0);
    net.wait(60_000);
    assert!(net.kinds().is_empty());
    net.flags(false, true);
    assert_eq!(net.kinds(), [INFORM]);
    let servers = |net: &Net| {
        crate::engine::dns::resolver(&net.world.engine)
            .servers
            .len()
    };
    assert_eq!((servers(&net), net.has(lent(0x101))), (1, false));
    net.flags(true, true);
    net.wait(1_000);
    assert_eq!(net.kinds(), [SOLICIT, REQUEST]);
    assert!(net.has(lent(0x101)));
    // A router that no longer asks for it takes nothing back.
    net.flags(false, false);
    net.wait(60_000);
    assert!(net.has(lent(0x101)));
    assert!(net.kinds().is_empty());
}

#[test]
fn nothing_is_asked_without_an_address_to_speak_from() {
    let mut net = Net::start(Ipv6Mode::Dhcp, ServerBehaviour::Rapid);
    let own = *net
        .world
        .engine
        .observed()
        .addresses_of(net.bond())
        .next()
        .expect("its own");
    let tentative = Address {
        tentative: true,
        ..own
    };
    net.handle(Event::Address(tentative));
    net.join(WLAN0);
    net.wait(60_000);
    assert!(net.kinds().is_empty());
    net.handle(Event::Address(own));
    net.run();
    assert_eq!(net.kinds(), [SOLICIT]);
    assert!(net.has(lent(0x101)));
}

#[test]
fn the_best_offer_of_a_tenth_of_a_second_is_taken() {
    let mut net = Net::start(Ipv6Mode::Dhcp, ServerBehaviour::Answers);
    net.join(WLAN0);
    let began = net.world.now;
    assert!(net.world.engine.poll_at(began).unwrap() <= began + 100);
    net.wait(100);
    assert_eq!(net.asked, [(began, SOLICIT), (began + 100, REQUEST)]);
    assert!(net.has(lent(0x101)));
}

#[test]
fn a_silent_server_is_asked_as_the_rfc_has_it() {
    let mut net = Net::start(Ipv6Mode::Dhcp, ServerBehaviour::Silent);
    net.join(WLAN0);
    net.wait(4 * 3_600_000);
    let waits = net.asked.windows(2).map(|two| two[1].0 - two[0].0);
    let mut expected = 1_000;
    for wait in waits {
        // Each is twice the last, moved by a tenth of itself; an hour at most.
        let (low, high) = (expected * 8 / 10, expected * 12 / 10);
        assert!((low..=high).contains(&wait), "{wait} after {expected}");
        expected = (wait * 2).min(3_600_000);
    }
    assert!((12..20).contains(&net.asked.len()), "{:?}", net.asked);
}

#[test]
fn a_fail_over_keeps_the_address_and_confirms_it() {
    let mut net = Net::bound();
    net.join(WLAN1);
    net.world.take();
    for _ in 0..100 {
        net.lose(WLAN0);
        assert!(net.has(lent(0x101)));
        net.join(WLAN0);
        net.lose(WLAN1);
        net.join(WLAN1);
        net.wait(20_000);
    }
    let kinds = net.kinds();
    assert!(kinds.len() >= 100, "{kinds:?}");
    // Half an hour passes: a renewal is among them.
    assert!(kinds.iter().all(|kind| [CONFIRM, RENEW].contains(kind)));
    let gone = |a: &Action| matches!(a, Action::Kernel(KernelAction::DeleteAddress { .. }));
    assert!(!net.world.take().iter().any(gone));
    // And routers are asked who they are.
    assert_eq!(net.state(), State::Bound);
}

#[test]
fn a_server_that_is_silent_after_a_fail_over_changes_nothing() {
    let mut net = Net::bound();
    net.join(WLAN1);
    net.behaviour = ServerBehaviour::Silent;
    net.lose(WLAN0);
    net.wait(60_000);
    let kinds = net.kinds();
    assert!((3..=6).contains(&kinds.len()), "{kinds:?}");
    assert!(kinds.iter().all(|kind| *kind == CONFIRM));
    assert!(net.has(lent(0x101)));
}

#[test]
fn another_network_gives_another_address() {
    let mut net = Net::bound();
    net.join(WLAN1);
    net.behaviour = ServerBehaviour::Moved;
    net.gives = lent(0x202);
    net.lose(WLAN0);
    net.wait(2_000);
    assert!(net.has(lent(0x202)) && !net.has(lent(0x101)));
    assert_eq!(net.kinds(), [CONFIRM, SOLICIT, REQUEST]);
}

/// The bond keeps its carrier all the while, and the adapter is the same.
#[test]
fn the_same_adapter_in_another_network_confirms_its_address() {
    let mut net = Net::bound();
    net.lose(WLAN0);
    net.wait(50);
    let bond = net.bond();
    assert!(net.world.link(bond).carrier && net.has(lent(0x101)));
    net.kinds();
    net.behaviour = ServerBehaviour::Moved;
    net.gives = lent(0x202);
    net.join(WLAN0);
    net.wait(2_000);
    assert!(net.has(lent(0x202)) && !net.has(lent(0x101)));
    assert_eq!(net.kinds(), [CONFIRM, SOLICIT, REQUEST]);
}

/// Two leases of before leave nothing behind that the kernel would be told of for ever.
#[test]
fn three_addresses_one_after_the_other() {
    let mut net = Net::bound();
    for last in [0x102, 0x103, 0x104] {
        net.gives = lent(last);
        net.wait(1_801_000);
        net.world.take();
        net.wait(60_000);
        assert!(net.has(lent(last)) && !net.has(lent(last - 1)));
        let adds = |a: &Action| matches!(a, Action::Kernel(KernelAction::AddAddress6 { .. }));
        assert!(!net.world.take().iter().any(adds));
    }
}

/// Whatever it is asked.
#[test]
fn a_server_that_always_forgets_is_no_storm() {
    let mut net = Net::start(Ipv6Mode::Dhcp, ServerBehaviour::Forgets);
    net.join(WLAN0);
    net.wait(600_000);
    assert!((5..100).contains(&net.asked.len()), "{}", net.asked.len());
}

#[test]
fn a_server_without_addresses_is_said_once() {
    let mut net = Net::start(Ipv6Mode::Dhcp, ServerBehaviour::NoneLeft);
    net.join(WLAN0);
    net.wait(600_000);
    let journal = net.world.engine.journal();
    let said = journal
        .since(0)
        .filter(|r| r.text.contains("no address to lend"));
    assert_eq!(said.count(), 1);
    net.behaviour = ServerBehaviour::Answers;
    net.wait(1_300_000);
    assert!(net.has(lent(0x101)));
}
