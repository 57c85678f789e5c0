//! Leases: on an invented clock, with an invented server.
mod acd;
mod kept;
mod messages;
mod offers;
mod rejoin;
mod restart;

use super::*;
use crate::engine::dhcp4::{Identity, Transport};
use crate::wire::dhcp4::MAX_ASK;

const SERVER: [u8; 4] = [192, 168, 43, 1];
const LEASE: [u8; 4] = [192, 168, 43, 101];

/// What a question held.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    at: u64,
    kind: u8,
    mac: [u8; 6],
    transport: Transport,
    requested: Option<[u8; 4]>,
    client: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq)]
enum ServerBehaviour {
    Answers,
    /// At once, without an offer.
    Rapid,
    Silent,
    Refuses,
    /// Refuses under another server's name.
    Interferes,
    /// Another server acknowledges, with an address of its own, what was asked of SERVER.
    Usurps,
    /// Silent about addresses that it did not give (RFC 2131, 4.3.2): no authority.
    Modest,
}

struct Net {
    world: World,
    behaviour: ServerBehaviour,
    lease_s: u32,
    gives: [u8; 4],
    asked: Vec<Asked>,
    /// More options of each answer.
    more: Vec<u8>,
}

fn config() -> Config {
    let mut config = super::config();
    config.links.clear();
    config.bond.ip = IpBlock::default();
    config
}

fn with_fallback() -> Config {
    let mut config = config();
    config.bond.ip.ipv4.fallback = Some(Fallback {
        address: net(192, 168, 43, 150, 24),
        gateway: Some(IpAddr::from([192, 168, 43, 1])),
        after_s: 10,
    });
    config
}

fn option(message: &[u8], wanted: u8) -> Option<Vec<u8>> {
    let mut at = 240;
    while message[at] != 255 {
        let length = usize::from(message[at + 1]);
        if message[at] == wanted {
            return Some(message[at + 2..at + 2 + length].to_vec());
        }
        at += 2 + length;
    }
    None
}

impl Net {
    fn start(config: &Config, behaviour: ServerBehaviour) -> Net {
        Net::begin(Engine::new(config), behaviour)
    }

    fn begin(mut engine: Engine, behaviour: ServerBehaviour) -> Net {
        let identity = Identity {
            duid: heapless::Vec::from_slice(&[0, 3, 0, 1, 2, 0, 0, 0, 0, 0x1f]).unwrap(),
            host_name: "wall".try_into().unwrap(),
        };
        engine.set_identity(identity);
        engine.set_seed(7);
        let adapters = [(WLAN0, "wlan0", true), (WLAN1, "wlan1", true)];
        let mut net = Net {
            world: World::begin(engine, &adapters),
            behaviour,
            lease_s: 3600,
            gives: LEASE,
            asked: vec![],
            more: vec![],
        };
        net.run();
        net
    }

    fn reply(&self, question: &[u8]) -> Option<Vec<u8>> {
        let kind = option(question, 53).unwrap()[0];
        let (answer, server) = match (self.behaviour, kind) {
            (ServerBehaviour::Silent, _) => return None,
            (ServerBehaviour::Answers, 1) => (2, SERVER),
            (ServerBehaviour::Answers | ServerBehaviour::Rapid, 1 | 3) => (5, SERVER),
            (ServerBehaviour::Refuses, 3) => (6, SERVER),
            (ServerBehaviour::Interferes, 3) => (6, [192, 168, 43, 9]),
            (ServerBehaviour::Usurps, 3) => (5, [192, 168, 43, 9]),
            (
                ServerBehaviour::Refuses | ServerBehaviour::Interferes | ServerBehaviour::Modest,
                1,
            ) => (2, SERVER),
            // To an offer of its own.
            (ServerBehaviour::Modest, 3) if option(question, 54).is_some() => (5, SERVER),
            _ => return None,
        };
        let mut message = vec![0; 236];
        message[..3].copy_from_slice(&[2, 1, 6]);
        message[4..8].copy_from_slice(&question[4..8]);
        message[16..20].copy_from_slice(&self.gives);
        message[28..34].copy_from_slice(&question[28..34]);
        message.extend([99, 130, 83, 99, 53, 1, answer, 54, 4]);
        message.extend(server);
        message.extend([1, 4, 255, 255, 255, 0, 3, 4]);
        message.extend(SERVER);
        message.extend([51, 4]);
        message.extend(self.lease_s.to_be_bytes());
        message.extend(&self.more);
        if self.behaviour == ServerBehaviour::Rapid {
            message.extend([80, 0]);
        }
        message.push(255);
        Some(message)
    }

    /// Every step, with the server's answers.
    fn run(&mut self) {
        for _ in 0..500 {
            let now = self.world.now;
            let Some(action) = self.world.engine.next(now) else {
                return;
            };
            let mut answer = None;
            if let Action::SendDhcp4 { link } | Action::ReleaseDhcp4 { link } = action {
                let release = matches!(action, Action::ReleaseDhcp4 { .. });
                let mut out = [0; MAX_ASK];
                let engine = &self.world.engine;
                let name = self.world.link(link).name.clone();
                let (length, transport) =
                    engine.dhcp4_message(now, &name, release, &mut out).unwrap();
                let question = &out[..length];
                self.asked.push(Asked {
                    at: now,
                    kind: option(question, 53).unwrap()[0],
                    mac: question[28..34].try_into().unwrap(),
                    transport,
                    requested: option(question, 50).map(|o| o.try_into().unwrap()),
                    client: option(question, 61).unwrap(),
                });
                answer = self.reply(question).map(|message| (link, message));
            }
            self.world.done.push(action.clone());
            if let Effect::Exit = fake_kernel::perform(&mut self.world.engine, now, action) {
                self.world.exited = true;
                return;
            }
            if let Some((link, message)) = answer {
                let message = &message[..];
                self.world
                    .engine
                    .handle(now, Event::Dhcp4 { link, message });
            }
        }
        panic!("never comes to rest: {:?}", self.world.done.last());
    }

    fn join(&mut self, index: Index) {
        join(&mut self.world.engine, self.world.now, index);
        self.run();
    }

    fn lose(&mut self, index: Index) {
        let lost = |link: &mut crate::engine::observed::Link| {
            link.carrier = false;
            link.oper = Oper::Down;
        };
        fake_kernel::edit(&mut self.world.engine, self.world.now, index, lost);
        self.run();
    }

    /// Time passes, as the daemon would sleep through it.
    fn wait(&mut self, ms: u64) {
        let end = self.world.now + ms;
        for _ in 0..10_000 {
            let next = self
                .world
                .engine
                .poll_at(self.world.now)
                .unwrap_or(u64::MAX);
            self.world.now = next.clamp(self.world.now, end);
            self.world.engine.tick(self.world.now);
            self.run();
            if self.world.now == end {
                return;
            }
        }
        panic!("wakes up again and again");
    }

    fn bond_has(&self, address: [u8; 4]) -> bool {
        let (bond, _) = self.world.bond();
        let [a, b, c, d] = address;
        self.world
            .engine
            .observed()
            .has_address(bond, net(a, b, c, d, 24))
    }

    fn has_default(&self) -> bool {
        self.world.has_default(self.world.bond().0)
    }

    fn take(&mut self) -> Vec<Asked> {
        core::mem::take(&mut self.asked)
    }

    fn kinds(&mut self) -> Vec<u8> {
        self.take().iter().map(|asked| asked.kind).collect()
    }
}

#[test]
fn nothing_is_asked_before_a_member_is_authorised() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    fake_kernel::edit(&mut net.world.engine, 1_000, WLAN0, |link| {
        link.carrier = true;
        link.oper = Oper::Dormant;
    });
    net.wait(60_000);
    assert_eq!(net.kinds(), []);
    net.join(WLAN0);
    assert_eq!(net.kinds(), [1, 3]);
    assert!(net.bond_has(LEASE) && net.has_default());
}

#[test]
fn a_rapid_server_needs_one_question() {
    let mut net = Net::start(&config(), ServerBehaviour::Rapid);
    net.join(WLAN0);
    let asked = net.take();
    assert_eq!(asked.len(), 1);
    assert!(net.bond_has(LEASE) && net.has_default());
    // RFC 4361: IAID and DUID, whoever carries.
    assert_eq!(asked[0].client[0], 255);
    assert_eq!(asked[0].client[5..], [0, 3, 0, 1, 2, 0, 0, 0, 0, 0x1f]);
}

#[test]
fn a_silent_server_is_asked_quickly_at_first_and_then_seldom() {
    let mut net = Net::start(&config(), ServerBehaviour::Silent);
    net.join(WLAN0);
    net.wait(300_000);
    let asked = net.take();
    let mut waits = asked.windows(2).map(|two| two[1].at - two[0].at);
    let first: Vec<u64> = waits.by_ref().take(4).collect();
    assert_eq!(first, [200, 300, 500, 1_000]);
    for (wait, base) in waits.zip([4, 8, 16, 32, 64, 64, 64]) {
        let base = base * 1_000;
        assert!(
            (base - 1_000..base + 1_000).contains(&wait),
            "{wait} {base}"
        );
    }
    assert!(asked.iter().all(|a| a.kind == 1));
    assert!(!net.has_default());
}

#[test]
fn a_fail_over_keeps_the_address_and_confirms_it_under_the_new_mac() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.join(WLAN1);
    net.take();
    net.world.take();
    let bond = net.world.bond().0;
    // As the kernel does with fail_over_mac=active.
    let mac = net.world.link(WLAN1).mac;
    net.lose(WLAN0);
    assert!(net.bond_has(LEASE) && net.has_default());
    let asked = net.take();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!((asked[0].kind, asked[0].transport), (3, Transport::Raw));
    assert_eq!(asked[0].requested, Some(LEASE));
    let done = net.world.take();
    let address = |a: &Action| matches!(a, Action::Kernel(KernelAction::DeleteAddress { .. }));
    assert!(!done.iter().any(address), "{done:?}");
    fake_kernel::edit(&mut net.world.engine, net.world.now, bond, |link| {
        link.mac = mac
    });
    // A hundred more: never another address.
    for _ in 0..100 {
        net.join(WLAN0);
        net.lose(WLAN1);
        net.join(WLAN1);
        net.lose(WLAN0);
        net.wait(1_000);
        assert!(net.bond_has(LEASE) && net.has_default());
    }
    let done = net.world.take();
    assert!(!done.iter().any(address));
    assert!(net.take().iter().all(|asked| asked.kind == 3));
}

#[test]
fn a_server_that_is_silent_after_a_fail_over_changes_nothing() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.join(WLAN1);
    net.take();
    net.behaviour = ServerBehaviour::Silent;
    net.lose(WLAN0);
    net.wait(60_000);
    // Asked to confirm it, and whether another server offers one.
    assert_eq!(net.kinds(), [3, 3, 3, 3, 1, 1, 1, 1, 1]);
    assert!(net.bond_has(LEASE));
}

#[test]
fn a_refusal_after_a_gap_brings_another_address() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.lose(WLAN0);
    let bond = net.world.bond().0;
    let set = |net: &mut Net, up: bool| {
        fake_kernel::edit(&mut net.world.engine, net.world.now, bond, |link| {
            link.carrier = up
        });
        net.run();
    };
    set(&mut net, false);
    assert!(
        !net.bond_has(LEASE),
        "an address is there while the link is"
    );
    net.take();
    net.behaviour = ServerBehaviour::Refuses;
    net.gives = [192, 168, 43, 77];
    net.join(WLAN0);
    assert_eq!(net.kinds(), [3]);
    assert!(!net.bond_has(LEASE) && !net.has_default());
    net.behaviour = ServerBehaviour::Answers;
    net.wait(200);
    assert_eq!(net.kinds(), [1, 3]);
    assert!(net.bond_has([192, 168, 43, 77]) && net.has_default());
}

#[test]
fn a_stranger_s_refusal_counts_only_when_nobody_else_answers() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.join(WLAN1);
    net.take();
    net.behaviour = ServerBehaviour::Interferes;
    net.lose(WLAN0);
    assert!(net.bond_has(LEASE));
    net.behaviour = ServerBehaviour::Answers;
    net.wait(199);
    assert!(net.bond_has(LEASE));
    net.wait(500);
    assert_eq!(net.kinds()[..], [3, 1, 3]);
    assert!(net.bond_has(LEASE));
}
