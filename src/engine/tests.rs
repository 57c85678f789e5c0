//! The engine on a pretended kernel, with an invented clock.
use super::action::{Action, BondOption, KernelAction, Scope};
use super::event::{Event, Failure};
use super::journal::RecordKind;
use super::observed::*;
use super::pretend::{self, Effect, join, plain};
use super::{Engine, status};
use crate::config::*;
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
    Route {
        to: net(0, 0, 0, 0, 0),
        via,
        metric,
    }
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
        let mut world = World {
            engine: Engine::new(config),
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
            if let Effect::Exit = pretend::perform(&mut self.engine, self.now, action) {
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
        pretend::edit(&mut self.engine, self.now, index, |link| {
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

    fn link(&self, index: Index) -> &super::observed::Link {
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

#[test]
fn members_are_taken_in_in_the_right_order() {
    let mut config = config();
    config.links.clear();
    let mut world = World::start(&config, &[]);
    world.take();
    let mut adapter = plain(WLAN0, "wlan0", true);
    adapter.up = true;
    world.engine.handle(world.now, Event::Link(adapter));
    let address = Address {
        link: WLAN0,
        net: net(10, 0, 0, 1, 8),
        protocol: 0,
        tentative: false,
        duplicate: false,
    };
    world.engine.handle(world.now, Event::Address(address));
    world.run();
    let done = world.take();
    let down = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::SetUp { up: false, .. }))
    });
    let flush = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::DeleteAddress { .. }))
    });
    let ipv6 = place_of(&done, |a| {
        matches!(a, Action::SetIpv6 { enabled: false, .. })
    });
    let master = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::SetMaster { .. }))
    });
    let supplicant = place_of(&done, |a| matches!(a, Action::StartSupplicant { .. }));
    assert!(
        down < flush && flush < ipv6 && ipv6 < master && master < supplicant,
        "{done:?}"
    );
}

#[test]
fn the_usual_start_brings_both_up_and_the_cable_beside_them() {
    let mut world = World::usual();
    let (bond, options) = world.bond();
    assert_eq!(
        (options.mode, options.miimon_ms, options.fail_over_mac),
        (1, 100, 1)
    );
    assert_eq!(world.link(WLAN0).master, Some(bond));
    assert_eq!(world.link(WLAN1).master, Some(bond));
    assert_eq!(world.link(ETH0).master, None);
    assert!(world.link(bond).ours && world.link(bond).up);
    // No member is authorised: no address yet, on either.
    assert_eq!(world.engine.observed().addresses().count(), 0);
    world.join(WLAN1);
    assert!(world.has_default(bond) && !world.has_default(ETH0));
    world.join(ETH0);
    assert!(world.has_default(ETH0));
    let status = status::status(&world.engine, world.now);
    assert!(status.online);
    assert_eq!(status.uplink.map(|n| n.as_str()), Some("eth0"));
    assert_eq!(status.bond.unwrap().active.unwrap(), "wlan1");
}

#[test]
fn a_second_run_over_a_finished_machine_changes_nothing() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.join(WLAN1);
    world.join(ETH0);
    world.take();
    world.engine.handle(world.now, Event::Lost);
    world.run();
    assert_eq!(world.take(), vec![Action::Resync(Scope::All)]);
}

#[test]
fn the_cable_takes_its_route_with_it_at_once() {
    let mut world = World::usual();
    world.join(WLAN0);
    for _ in 0..20 {
        world.join(ETH0);
        assert!(world.has_default(ETH0));
        world.lose(ETH0);
        assert!(!world.has_default(ETH0));
        assert_eq!(world.engine.observed().addresses_of(ETH0).count(), 0);
        world.wait(150);
    }
    assert!(world.has_default(world.bond().0));
}

#[test]
fn carrier_without_keys_never_takes_the_traffic() {
    let mut world = World::usual();
    world.join(WLAN1);
    let (bond, options) = world.bond();
    assert_eq!((options.active, options.primary), (Some(WLAN1), None));
    // The primary associates with a wrong passphrase: carrier, dormant, mii up.
    pretend::edit(&mut world.engine, world.now, WLAN0, |link| {
        link.carrier = true;
        link.oper = Oper::Dormant;
        link.port.as_mut().unwrap().mii = Mii::Up;
    });
    world.run();
    let (_, options) = world.bond();
    assert_eq!((options.active, options.primary), (Some(WLAN1), None));
    // With the right one it is preferred, and the kernel is told so.
    world.join(WLAN0);
    let (_, options) = world.bond();
    assert_eq!(
        (options.active, options.primary),
        (Some(WLAN0), Some(WLAN0))
    );
    // It loses its keys: the kernel must not come back to it by itself.
    world.lose(WLAN0);
    let (_, options) = world.bond();
    assert_eq!((options.active, options.primary), (Some(WLAN1), None));
    assert!(world.has_default(bond));
}

#[test]
fn a_bond_with_carrier_but_no_keys_gets_no_address() {
    let mut world = World::usual();
    let (bond, _) = world.bond();
    pretend::edit(&mut world.engine, world.now, bond, |link| {
        link.carrier = true
    });
    world.run();
    assert_eq!(world.engine.observed().addresses_of(bond).count(), 0);
}

#[test]
fn a_switch_is_recorded_with_cause_and_outage() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.join(WLAN1);
    pretend::edit(&mut world.engine, world.now, WLAN0, |link| {
        link.carrier = false
    });
    world.now += 14;
    world.run();
    let switch = |world: &World| {
        let records = world.engine.journal().since(0);
        let last = records.filter(|r| r.kind == RecordKind::Switch).last();
        last.expect("a switch").clone()
    };
    let record = switch(&world);
    let change = record.switch.unwrap();
    assert_eq!(
        (change.from.as_str(), change.to.as_str()),
        ("wlan0", "wlan1")
    );
    assert_eq!(change.outage_ms, Some(14));
    assert_eq!(record.text, "wlan0 lost its carrier");
    world.join(WLAN0);
    let record = switch(&world);
    assert_eq!(record.switch.unwrap().outage_ms, Some(0));
    assert_eq!(record.text, "the primary wlan0 can carry traffic again");
}

#[test]
fn a_pulled_adapter_takes_its_supplicant_with_it_and_returns_under_another_name() {
    let mut config = config();
    let mac = plain(WLAN0, "wlan0", true).mac.unwrap();
    config.bond.members[0] = Matcher::Mac(mac);
    config.bond.primary = Some(Matcher::Mac(mac));
    let mut world = World::start(&config, &[(WLAN0, "wlan0", true), (WLAN1, "wlan1", true)]);
    world.join(WLAN0);
    world.join(WLAN1);
    world.take();
    world.pull(WLAN0);
    let done = world.take();
    assert!(
        done.contains(&Action::StopSupplicant {
            link: WLAN0,
            force: true
        }),
        "{done:?}"
    );
    assert!(world.engine.supplicant(WLAN0).is_none());
    assert_eq!(world.bond().1.active, Some(WLAN1));
    let mut back = plain(9, "wlx9", true);
    back.permanent_mac = Some(mac);
    world.engine.handle(world.now, Event::Link(back));
    world.run();
    assert_eq!(world.link(9).master, Some(world.bond().0));
    let done = world.take();
    let others = |a: &Action| super::words::subject(a) == Some(WLAN1);
    assert!(
        !done.iter().any(others),
        "the other member was touched: {done:?}"
    );
}

#[test]
fn both_gone_and_back() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.join(WLAN1);
    world.pull(WLAN0);
    world.pull(WLAN1);
    let (bond, _) = world.bond();
    pretend::edit(&mut world.engine, world.now, bond, |link| {
        link.carrier = false;
        if let Kind::Bond(options) = &mut link.kind {
            options.active = None;
        }
    });
    world.run();
    assert!(!world.has_default(bond));
    let outage = status::status(&world.engine, world.now)
        .bond
        .unwrap()
        .outage_cause;
    assert_eq!(outage, Some("wlan1 was unplugged"));
    world.plug(7, "wlan1");
    world.join(7);
    assert!(world.has_default(bond));
    assert_eq!(world.bond().1.active, Some(7));
}

#[test]
fn a_dead_supplicant_is_restarted_with_growing_waits() {
    let mut world = World::usual();
    let mut waits = vec![];
    for _ in 0..9 {
        world
            .engine
            .handle(world.now, Event::SupplicantExited { link: WLAN0 });
        world.take();
        let until = world.engine.poll_at(world.now).expect("a restart");
        waits.push(until - world.now);
        world.wait(until - world.now);
        assert!(
            world
                .take()
                .iter()
                .any(|a| matches!(a, Action::StartSupplicant { .. }))
        );
    }
    assert_eq!(
        waits,
        [200, 1000, 2000, 4000, 8000, 15000, 30000, 60000, 60000]
    );
    world.wait(61_000);
    world
        .engine
        .handle(world.now, Event::SupplicantExited { link: WLAN0 });
    assert_eq!(world.engine.poll_at(world.now), Some(world.now + 200));
}

#[test]
fn a_failed_step_waits_longer_each_time_and_is_shown() {
    let mut world = World::usual();
    world.join(WLAN0);
    let (bond, _) = world.bond();
    let action = Action::Kernel(KernelAction::AddRoute {
        link: bond,
        route: default_route(43, 7),
    });
    let failure = Failure {
        errno: 101,
        text: "network is unreachable".try_into().unwrap(),
    };
    let mut waits = vec![];
    for _ in 0..9 {
        world
            .engine
            .handle(world.now, Event::Done(action.clone(), Err(failure.clone())));
        let until = world.engine.poll_at(world.now).unwrap();
        waits.push(until - world.now);
        world.now = until;
    }
    assert_eq!(
        waits,
        [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]
    );
    let status = status::status(&world.engine, world.now);
    assert_eq!(
        status.problems[0].text,
        "cannot add the route default via 192.168.43.1 metric 7: network is unreachable"
    );
    let said = world
        .engine
        .journal()
        .since(0)
        .filter(|r| r.kind == RecordKind::Trouble)
        .count();
    assert_eq!(said, 1, "the same failure is said once");
}

#[test]
fn an_action_without_effect_does_not_spin() {
    let mut world = World::usual();
    let action = world.engine.next(world.now);
    assert_eq!(action, None);
    pretend::edit(&mut world.engine, world.now, ETH0, |link| link.up = false);
    for round in 0.. {
        assert!(round < 20, "asked for {round} times in no time");
        let Some(action) = world.engine.next(world.now) else {
            break;
        };
        world.engine.handle(world.now, Event::Done(action, Ok(())));
    }
}

fn foreign_bond(mode: u8) -> super::observed::Link {
    let mut link = plain(20, "bond0", false);
    let mut options = super::bond::desired_options(&config());
    options.mode = mode;
    link.kind = Kind::Bond(options);
    link.up = true;
    link
}

fn start_with(config: &Config, links: &[super::observed::Link]) -> World {
    let mut world = World {
        engine: Engine::new(config),
        now: 1_000,
        done: vec![],
        exited: false,
    };
    world
        .engine
        .handle(world.now, Event::DumpBegins(Scope::All));
    for link in links {
        world.engine.handle(world.now, Event::Link(link.clone()));
    }
    world.engine.handle(world.now, Event::DumpEnds(Scope::All));
    world
        .engine
        .handle(world.now, Event::Done(Action::Resync(Scope::All), Ok(())));
    world.run();
    world
}

#[test]
fn a_stray_empty_bond_is_taken_over() {
    let world = start_with(&config(), &[foreign_bond(0), plain(WLAN0, "wlan0", true)]);
    let (bond, options) = world.bond();
    assert_eq!((bond, options.mode), (20, 1));
    assert_eq!(world.link(WLAN0).master, Some(20));
    assert!(
        !world.link(20).ours,
        "what another made is not marked as ours"
    );
}

#[test]
fn a_foreign_bond_with_strangers_is_left_alone() {
    let mut stranger = plain(30, "eth7", false);
    stranger.master = Some(20);
    let mut config = config();
    // eth7 has to be of interest to be seen at all: as a link of the file.
    config.links[0].name = Matcher::Name(name("eth7"));
    let world = start_with(
        &config,
        &[foreign_bond(1), stranger, plain(WLAN0, "wlan0", true)],
    );
    assert_eq!(world.link(WLAN0).master, None);
    let refusals = world.engine.refusals();
    assert!(
        refusals
            .iter()
            .any(|r| r.link == "bond0" && r.text.contains("eth7")),
        "{refusals:?}"
    );
}

#[test]
fn a_member_of_another_bond_is_not_stolen() {
    let mut other = foreign_bond(1);
    other.index = 21;
    other.name = name("team7");
    let mut taken = plain(WLAN0, "wlan0", true);
    taken.master = Some(21);
    let world = start_with(&config(), &[other, taken, plain(WLAN1, "wlan1", true)]);
    assert_eq!(world.link(WLAN0).master, Some(21));
    assert_eq!(world.link(WLAN1).master, Some(world.bond().0));
    let refusals = world.engine.refusals();
    assert!(
        refusals
            .iter()
            .any(|r| r.link == "wlan0" && r.text.contains("team7")),
        "{refusals:?}"
    );
}

#[test]
fn an_interface_that_is_no_bond_is_refused() {
    let mut bridge = plain(20, "bond0", false);
    bridge.kind = Kind::Bridge;
    let world = start_with(&config(), &[bridge, plain(WLAN0, "wlan0", true)]);
    assert_eq!(world.link(WLAN0).master, None);
    assert!(world.engine.refusals()[0].text.contains("no bond"));
}

#[test]
fn a_changed_metric_touches_only_its_route() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.join(WLAN1);
    world.take();
    let mut changed = config();
    changed.bond.ip = static_block(43, 150, 50);
    world.engine.handle(world.now, Event::Config(&changed));
    world.run();
    let (bond, _) = world.bond();
    let route = |metric| default_route(43, metric);
    assert_eq!(
        world.take(),
        vec![
            Action::Resync(Scope::All),
            Action::Kernel(KernelAction::AddRoute {
                link: bond,
                route: route(50)
            }),
            Action::Kernel(KernelAction::DeleteRoute {
                link: bond,
                route: route(100)
            }),
        ]
    );
}

#[test]
fn a_changed_network_is_given_to_one_member_after_the_other() {
    let mut world = World::usual();
    for link in [WLAN0, WLAN1] {
        world.join(link);
        world.engine.handle(
            world.now,
            Event::Supplicant {
                link,
                text: "wpa_state=COMPLETED\nssid=Hotspot\n",
            },
        );
    }
    world.take();
    let mut changed = config();
    changed.wifi[0].priority = 9;
    world.engine.handle(world.now, Event::Config(&changed));
    world.run();
    let reconfigured = |world: &mut World| -> Vec<Index> {
        let done = world.take();
        let mine = done.iter().filter_map(|action| match action {
            Action::ReconfigureSupplicant { link } => Some(*link),
            _ => None,
        });
        mine.collect()
    };
    let connected = |world: &mut World, link| {
        let text = "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:05:00 completed";
        world
            .engine
            .handle(world.now, Event::Supplicant { link, text });
        world.run();
    };
    // The standby first, and the traffic stays where it is until that is done.
    assert_eq!(reconfigured(&mut world), [WLAN1]);
    assert_eq!(world.bond().1.active, Some(WLAN0));
    world.lose(WLAN1);
    world.join(WLAN1);
    assert_eq!(reconfigured(&mut world), []);
    connected(&mut world, WLAN1);
    // Then the other, after it has stepped aside.
    assert_eq!(reconfigured(&mut world), [WLAN0]);
    assert_eq!(world.bond().1.active, Some(WLAN1));
    world.lose(WLAN0);
    world.join(WLAN0);
    connected(&mut world, WLAN0);
    assert_eq!(world.bond().1.active, Some(WLAN0));
}

#[test]
fn switch_pins_a_member_until_it_fails() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.join(WLAN1);
    world.engine.handle(world.now, Event::Switch(WLAN1));
    world.run();
    let (_, options) = world.bond();
    assert_eq!((options.active, options.primary), (Some(WLAN1), None));
    world.lose(WLAN1);
    assert_eq!(world.bond().1.active, Some(WLAN0));
    world.join(WLAN1);
    assert_eq!(world.bond().1.active, Some(WLAN0));
}

#[test]
fn reselect_failure_stays_where_it_is() {
    let mut config = config();
    config.bond.primary_reselect = PrimaryReselect::Failure;
    let mut world = World::start(&config, &[(WLAN0, "wlan0", true), (WLAN1, "wlan1", true)]);
    world.join(WLAN1);
    world.join(WLAN0);
    assert_eq!(world.bond().1.active, Some(WLAN1));
    assert_eq!(world.bond().1.primary, None);
    world.lose(WLAN1);
    assert_eq!(world.bond().1.active, Some(WLAN0));
}

#[test]
fn a_removed_member_is_freed_and_gets_its_ipv6_back() {
    let mut world = World::usual();
    world.join(WLAN0);
    let mut changed = config();
    changed.bond.members.pop();
    world.take();
    world.engine.handle(world.now, Event::Config(&changed));
    world.run();
    assert!(
        world
            .engine
            .observed()
            .link(WLAN1)
            .is_none_or(|l| l.master.is_none())
    );
    let done = world.take();
    let stop = place_of(&done, |a| {
        matches!(a, Action::StopSupplicant { link: WLAN1, .. })
    });
    let free = place_of(&done, |a| {
        matches!(
            a,
            Action::Kernel(KernelAction::SetMaster {
                link: WLAN1,
                master: None
            })
        )
    });
    let ipv6 = place_of(&done, |a| {
        matches!(
            a,
            Action::SetIpv6 {
                link: WLAN1,
                enabled: true,
                ..
            }
        )
    });
    assert!(stop < free && free < ipv6);
    assert!(!done.iter().any(|a| super::words::subject(a) == Some(WLAN0)));
}

#[test]
fn the_way_down_is_ordered_and_ends() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.join(ETH0);
    world.take();
    world.engine.handle(world.now, Event::Stop);
    world.run();
    assert!(world.exited);
    let done = world.take();
    let address = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::DeleteAddress { .. }))
    });
    let supplicant = place_of(&done, |a| matches!(a, Action::StopSupplicant { .. }));
    let member = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::SetMaster { .. }))
    });
    let bond = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::DeleteLink { .. }))
    });
    assert!(
        address < supplicant && supplicant < member && member < bond,
        "{done:?}"
    );
}

#[test]
fn a_stage_of_the_way_down_that_hangs_is_passed_over() {
    let mut world = World::usual();
    world.engine.handle(world.now, Event::Stop);
    // Every step fails for ever.
    for _ in 0..2_000 {
        match world.engine.next(world.now) {
            Some(Action::Exit) => {
                assert!(
                    world.now < 1_000 + 4 * super::stop::STAGE_MS + 100,
                    "took {}",
                    world.now
                );
                return;
            }
            Some(action) => {
                let failure = Failure {
                    errno: 16,
                    text: "busy".try_into().unwrap(),
                };
                world
                    .engine
                    .handle(world.now, Event::Done(action, Err(failure)));
            }
            None => {
                world.now = world
                    .engine
                    .poll_at(world.now)
                    .expect("a deadline")
                    .max(world.now + 1);
                world.engine.tick(world.now);
            }
        }
    }
    panic!("never left");
}

#[test]
fn nothing_to_do_means_no_deadline() {
    let mut world = World::usual();
    for link in [WLAN0, WLAN1] {
        world.join(link);
        world.engine.handle(
            world.now,
            Event::Supplicant {
                link,
                text: "wpa_state=COMPLETED\nssid=x\n",
            },
        );
    }
    world.join(ETH0);
    world.now += 60_000;
    world.engine.tick(world.now);
    world.run();
    assert_eq!(world.engine.poll_at(world.now), None);
}

#[test]
fn a_new_mode_frees_the_members_first() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.take();
    let mut changed = config();
    changed.bond.fail_over_mac = FailOverMac::Follow;
    world.engine.handle(world.now, Event::Config(&changed));
    world.run();
    let done = world.take();
    let set = |a: &Action| {
        matches!(
            a,
            Action::Kernel(KernelAction::SetBond {
                option: BondOption::FailOverMac(2),
                ..
            })
        )
    };
    let set = place_of(&done, set);
    let free = |a: &Action| {
        matches!(
            a,
            Action::Kernel(KernelAction::SetMaster { master: None, .. })
        )
    };
    let last_free = done.iter().rposition(free).unwrap();
    assert!(last_free < set, "{done:?}");
    assert_eq!(world.link(WLAN0).master, Some(world.bond().0));
}
