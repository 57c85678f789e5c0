//! Bridges: made, filled, emptied. The kernel's own settings are left as they are: no
//! spanning tree, so that a port passes frames at once.
use super::Engine;
use super::bond;
use super::contract::action::{Action, KernelAction};
use super::journal::{Text, clip};
use super::member;
use super::observed::{Index, Kind, Link};
use super::roles;
use crate::config::{Bridge, Config, Matcher};

/// What stands where a bridge of the file should be.
enum Place<'a> {
    Empty,
    Usable(&'a Link),
    /// Not ours to change, and why.
    Refused(Text),
}

fn place<'a>(engine: &'a Engine, bridge: &Bridge) -> Place<'a> {
    let Some(link) = engine.observed.by_name(&bridge.name) else {
        return Place::Empty;
    };
    if link.kind != Kind::Bridge {
        return Place::Refused(clip(format_args!(
            "exists already and is no bridge: rename it, or choose another name in `bridges`"
        )));
    }
    // One that somebody else made is taken over when nothing is lost by it.
    let foreign = |port: &&Link| {
        port.master == Some(link.index) && !is_member(engine, bridge, port) && !engine.is_ours(link)
    };
    match engine.observed.links().find(foreign) {
        Some(port) => Place::Refused(clip(format_args!(
            "is another program's (with the member {}): delete it, or choose another name in `bridges`",
            port.name
        ))),
        None => Place::Usable(link),
    }
}

/// The file's bridge that this link is, where it may be used.
pub fn of<'a>(engine: &'a Engine, link: &Link) -> Option<&'a Bridge> {
    let mut bridges = engine.config.bridges.iter();
    let bridge = bridges.find(|bridge| bridge.name == link.name)?;
    matches!(place(engine, bridge), Place::Usable(_)).then_some(bridge)
}

/// The adapter whose hardware address a bridge has: the lowest of its ports
/// (br_stp_recalculate_bridge_id() in net/bridge/br_stp_if.c). When that one leaves, the
/// bridge has another, and the kernel tells nobody: measured, 22 s of silence.
pub fn bearer(engine: &Engine, link: &Link) -> Option<Index> {
    let mac = link.mac.filter(|_| link.kind == Kind::Bridge)?;
    let mut links = engine.observed.links();
    let port = links.find(|l| l.master == Some(link.index) && l.mac == Some(mac))?;
    // The bond has the address of whoever carries there.
    let carries = engine
        .failover
        .now()
        .filter(|_| matches!(port.kind, Kind::Bond(_)));
    Some(carries.map_or(port.index, |(member, _)| member))
}

fn is_member(engine: &Engine, bridge: &Bridge, link: &Link) -> bool {
    roles::bridge_of(&engine.config, link).is_some_and(|other| other.name == bridge.name)
}

/// Is the bond a bridge's member, by the file?
pub fn has_bond(config: &Config) -> bool {
    let bond =
        |matcher: &Matcher| matches!(matcher, Matcher::Name(name) if *name == config.bond.name);
    let mut bridges = config.bridges.iter();
    !config.bond.members.is_empty() && bridges.any(|bridge| bridge.members.iter().any(bond))
}

/// The next step for any bridge.
pub fn next(engine: &Engine, now: u64) -> Option<Action> {
    let bridges = engine.config.bridges.iter();
    let mut steps = bridges.filter_map(|bridge| match place(engine, bridge) {
        Place::Refused(_) => None,
        Place::Empty => {
            let name = bridge.name.clone();
            engine.offer(now, KernelAction::CreateBridge { name })
        }
        Place::Usable(link) => next_of(engine, now, bridge, link),
    });
    steps.next()
}

fn next_of(engine: &Engine, now: u64, bridge: &Bridge, link: &Link) -> Option<Action> {
    let index = link.index;
    if engine.was_made(index)
        && !link.ours
        && let Some(mark) = engine.offer(now, KernelAction::SetAlias { link: index })
    {
        return Some(mark);
    }
    if !link.up {
        let up = KernelAction::SetUp {
            link: index,
            up: true,
        };
        if let Some(step) = engine.offer(now, up) {
            return Some(step);
        }
    }
    let links = || engine.observed.links();
    links()
        .filter(|port| port.master == Some(index) && !is_member(engine, bridge, port))
        .find_map(|port| member::free(engine, now, port))
        .or_else(|| {
            links()
                .filter(|port| is_member(engine, bridge, port))
                .find_map(|port| take_in(engine, now, link, port))
        })
}

/// Addresses off → IPv6 off → member → up. A port need not be down for it.
fn take_in(engine: &Engine, now: u64, bridge: &Link, port: &Link) -> Option<Action> {
    let link = port.index;
    if port.master == Some(bridge.index) {
        // The bond sets itself up.
        let up = KernelAction::SetUp { link, up: true };
        return (!port.up).then(|| engine.offer(now, up)).flatten();
    }
    if port.master.is_some() || refusal(engine, port).is_some() {
        return None;
    }
    if let Some(address) = engine.observed.addresses_of(link).next() {
        let net = address.net;
        return engine.offer(now, KernelAction::DeleteAddress { link, net });
    }
    if let Some(step) = engine.ipv6_step(now, port, false) {
        return Some(step);
    }
    let master = Some(bridge.index);
    engine.offer(now, KernelAction::SetMaster { link, master })
}

/// Why a bridge cannot be, or a link cannot be in it.
pub fn refusal(engine: &Engine, link: &Link) -> Option<Text> {
    if let Some(bridge) = engine.config.bridges.iter().find(|b| b.name == link.name) {
        return match place(engine, bridge) {
            Place::Refused(text) => Some(text),
            Place::Empty | Place::Usable(_) => None,
        };
    }
    let bridge = roles::bridge_of(&engine.config, link)?;
    if link.facts.is_wifi() {
        return Some(clip(format_args!(
            "is Wi-Fi, which cannot be in a bridge: access points drop frames with another station's address"
        )));
    }
    if link.name == engine.config.bond.name
        && let bond::Place::Refused(text) = bond::place(engine)
    {
        return Some(text);
    }
    let master = engine.observed.link(link.master?);
    let ours = master.is_some_and(|l| engine.is_ours(l) || l.name == bridge.name);
    let name = master.map_or("another interface", |l| &l.name);
    (!ours).then(|| {
        clip(format_args!(
            "belongs to {name} already, which is not ours: free it there, or leave it out of `bridges`"
        ))
    })
}
