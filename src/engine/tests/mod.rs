//! The engine on a fake kernel, with an invented clock.
mod active;
mod bridges;
mod crowded;
mod dhcp4;
mod dhcp6;
mod faults;
mod foreign;
mod members;
mod plan;
mod put_off;
mod radio;
mod reads;
mod reload;
mod slow;
mod stopping;
mod supplicants;
mod which;
mod wired;

use crate::config::*;
use crate::engine::contract::action::{Action, BondOption, KernelAction, Scope};
use crate::engine::contract::event::{Event, Failure};
use crate::engine::fake_kernel::{self, Effect, join, plain};
use crate::engine::journal::RecordKind;
use crate::engine::observed::*;
use crate::engine::{Engine, status};
use core::net::{IpAddr, Ipv4Addr};

const WLAN0: Index = 2;
const WLAN1: Index = 3;
const ETH0: Index = 4;

fn net(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> IpNet {
    IpNet {
        address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        prefix,
    }
}

fn default_route(c: u8, metric: u32) -> Route {
    let via = Some(IpAddr::V4(Ipv4Addr::new(192, 168, c, 1)));
    Route::new(net(0, 0, 0, 0, 0), via, metric)
}

fn static_block(c: u8, host: u8, metric: u32) -> IpBlock {
    let mut block = IpBlock::default();
    block.ipv4.dhcp = false;
    block.ipv4.metric = metric;
    block
        .ipv4
        .addresses
        .push(net(192, 168, c, host, 24))
        .unwrap();
    block.ipv4.routes.push(default_route(c, metric)).unwrap();
    block
}

fn name(text: &str) -> IfName {
    IfName::try_from(text).unwrap()
}

/// Two adapters and a cable, all static.
fn config() -> Config {
    let members = [Matcher::Name(name("wlan0")), Matcher::Name(name("wlan1"))];
    let mut ssid = Ssid::new();
    ssid.extend_from_slice(b"Hotspot").unwrap();
    let network = Network {
        ssid,
        key: Key::None,
        security: Security::Open,
        priority: 0,
        hidden: false,
        bssid: None,
        members: Default::default(),
    };
    Config {
        country: Some(*b"BE"),
        hostname: None,
        duid: None,
        wifi: core::iter::once(network).collect(),
        bond: Bond {
            name: name("bond0"),
            primary: Some(members[0].clone()),
            members: members.into_iter().collect(),
            primary_reselect: PrimaryReselect::Always,
            fail_over_mac: FailOverMac::Active,
            miimon_ms: 100,
            updelay_ms: 0,
            downdelay_ms: 0,
            wired_auth: None,
            ip: static_block(43, 150, 100),
        },
        bridges: Default::default(),
        links: core::iter::once(Link {
            name: Matcher::Name(name("eth0")),
            wired_auth: None,
            ip: static_block(0, 106, 10),
        })
        .collect(),
        radio: Radio::default(),
        health: Health::default(),
    }
}

use crate::config::Link;

/// An engine, its clock, and all it did.
struct World {
    engine: Engine,
    now: u64,
    done: Vec<Action>,
    exited: bool,
}

impl World {
    /// Starts with these adapters plugged in, and runs until nothing is left to do.
    fn start(config: &Config, adapters: &[(Index, &str, bool)]) -> World {
        World::begin(Engine::new(config), adapters)
    }

    fn begin(engine: Engine, adapters: &[(Index, &str, bool)]) -> World {
        let mut world = World {
            engine,
            now: 1_000,
            done: vec![],
            exited: false,
        };
        assert_eq!(
            world.engine.next(world.now),
            Some(Action::Resync(Scope::All))
        );
        world
            .engine
            .handle(world.now, Event::DumpBegins(Scope::All));
        for (index, name, wifi) in adapters {
            world
                .engine
                .handle(world.now, Event::Link(plain(*index, name, *wifi)));
        }
        world.engine.handle(world.now, Event::DumpEnds(Scope::All));
        world
            .engine
            .handle(world.now, Event::Done(Action::Resync(Scope::All), Ok(())));
        world.run();
        world
    }

    fn usual() -> World {
        World::start(
            &config(),
            &[
                (WLAN0, "wlan0", true),
                (WLAN1, "wlan1", true),
                (ETH0, "eth0", false),
            ],
        )
    }

    fn run(&mut self) {
        for _ in 0..500 {
            let Some(action) = self.engine.next(self.now) else {
                return;
            };
            self.done.push(action.clone());
            if let Effect::Exit = fake_kernel::perform(&mut self.engine, self.now, action) {
                self.exited = true;
                return;
            }
        }
        panic!(
            "never comes to rest: {:?}",
            &self.done[self.done.len() - 10..]
        );
    }

    fn join(&mut self, index: Index) {
        join(&mut self.engine, self.now, index);
        self.run();
    }

    /// The access point sends it away.
    fn lose(&mut self, index: Index) {
        fake_kernel::edit(&mut self.engine, self.now, index, |link| {
            link.carrier = false;
            link.oper = Oper::Down;
        });
        self.run();
    }

    fn pull(&mut self, index: Index) {
        self.engine.handle(self.now, Event::LinkGone(index));
        self.run();
    }

    fn plug(&mut self, index: Index, name: &str) {
        self.engine
            .handle(self.now, Event::Link(plain(index, name, true)));
        self.run();
    }

    fn wait(&mut self, ms: u64) {
        self.now += ms;
        self.engine.tick(self.now);
        self.run();
    }

    fn bond(&self) -> (Index, BondOptions) {
        let link = self.engine.observed().by_name("bond0").expect("a bond");
        match &link.kind {
            Kind::Bond(options) => (link.index, *options),
            other => panic!("bond0 is {other:?}"),
        }
    }

    fn link(&self, index: Index) -> &crate::engine::observed::Link {
        self.engine.observed().link(index).expect("a link")
    }

    fn has_default(&self, index: Index) -> bool {
        let mut routes = self.engine.observed().routes();
        routes.any(|r| r.link == index && r.route.to.prefix == 0)
    }

    /// What was done since the last call.
    fn take(&mut self) -> Vec<Action> {
        core::mem::take(&mut self.done)
    }
}

fn place_of(done: &[Action], wanted: impl Fn(&Action) -> bool) -> usize {
    done.iter()
        .position(wanted)
        .expect("an action that was never asked for")
}
