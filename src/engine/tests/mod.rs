//! The engine on a fake kernel, with an invented clock.

/// Where the first change of this pattern is among the actions.
macro_rules! place_of_change {
    ($done:expr, $name:ident $($fields:tt)*) => {
        place_of(&$done, |a| matches!(a.change(), Some(KernelAction::$name $($fields)*)))
    };
}

mod active;
mod bridges;
mod carried;
mod crowded;
mod dhcp4;
mod dhcp6;
mod faults;
mod foreign;
mod health;
mod idle;
mod members;
mod page;
mod plan;
mod put_off;
mod radio;
mod reads;
mod reload;
mod report;
mod rfkill;
mod scans;
mod server;
mod slow;
mod start_up;
mod stopping;
mod supplicants;
mod trial;
mod which;
mod wired;
mod world;

use super::time::Instant;
use crate::config::*;
use crate::engine::contract::action::KernelRequest::Change;
use crate::engine::contract::action::{
    Action, BondOption, FileStep, KernelAction, KernelRequest, Note, Packet, RadioRequest,
    ReadRequest, Scope, SettingRequest, Store, SupplicantStep,
};
use crate::engine::contract::event::{Event, Failure};
use crate::engine::fake_kernel::{self, Effect, join, plain};
use crate::engine::journal::RecordKind;
use crate::engine::observed::*;
use crate::engine::{Engine, status};
use core::net::{IpAddr, Ipv4Addr};
use world::{BOTH_ADAPTERS, Outcome, World};

const WLAN0: Index = 2;
const WLAN1: Index = 3;
const ETH0: Index = 4;

/// An earlier run noted that this adapter's driver did not answer so many times.
fn was_slow(link: Index, times: u8) -> Event<'static> {
    let note = Note::Slow { times };
    Event::Noted { link, note }
}

/// It is noted for the next run.
fn notes_slow(link: Index, times: u8) -> Action {
    let note = Note::Slow { times };
    Action::Store(Store::Note { link, note })
}

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

fn failure(errno: i32, text: &str) -> Failure {
    Failure {
        errno,
        text: text.try_into().unwrap(),
    }
}

/// The link's own link-local address, given by the kernel.
fn link_local(link: Index) -> Address {
    Address {
        link,
        net: IpNet {
            address: "fe80::1".parse().unwrap(),
            prefix: 64,
        },
        protocol: 3,
        metric: 0,
        tentative: false,
        duplicate: false,
    }
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
        log_level: crate::config::LogLevel::Info,
        led: None,
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
        // Members are probed in the tests of that: elsewhere a primary returns at once.
        health: Health {
            probe: Probe::Off,
            hold_s: 0,
            ..Health::default()
        },
    }
}

use crate::config::Link;

/// Where this action is among them.
fn place(done: &[Action], action: impl Into<Action>) -> usize {
    let action = action.into();
    place_of(done, |a| *a == action)
}

fn place_of(done: &[Action], wanted: impl Fn(&Action) -> bool) -> usize {
    done.iter()
        .position(wanted)
        .expect("an action that was never asked for")
}
