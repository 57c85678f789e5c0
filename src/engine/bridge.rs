//! Bridges: made, filled, emptied. The kernel's own settings are left as they are: no
//! spanning tree, so that a port passes frames at once.
use super::Engine;
use super::contract::action::{Action, KernelAction};
use super::existing::{self, Existing, is_bridge_member};
use super::journal::{Text, clip};
use super::member;
use super::observed::Link;
use super::roles;
use super::time::Instant;
use crate::config::Bridge;

/// The next step for any bridge.
pub fn next(engine: &Engine, now: Instant) -> Option<Action> {
    let bridges = engine.config.bridges.iter();
    let mut steps = bridges.filter_map(|bridge| match existing::bridge(engine, bridge) {
        Existing::Unwanted | Existing::Refused(_) => None,
        Existing::Absent => {
            let name = bridge.name.clone();
            engine.offer(now, KernelAction::CreateBridge { name })
        }
        Existing::Usable(link) => next_of(engine, now, bridge, link),
    });
    steps.next()
}

fn next_of(engine: &Engine, now: Instant, bridge: &Bridge, link: &Link) -> Option<Action> {
    let index = link.index;
    if engine.was_made(index)
        && !link.ours
        && let Some(mark) = engine.offer(now, KernelAction::SetAlias { link: index })
    {
        return Some(mark);
    }
    if !link.up {
        let up = KernelAction::up(index);
        if let Some(step) = engine.offer(now, up) {
            return Some(step);
        }
    }
    let links = || engine.observed.links();
    links()
        .filter(|port| port.master == Some(index) && !is_bridge_member(engine, bridge, port))
        .find_map(|port| member::free(engine, now, port))
        .or_else(|| {
            links()
                .filter(|port| is_bridge_member(engine, bridge, port))
                .find_map(|port| take_in(engine, now, link, port))
        })
}

/// Addresses off → IPv6 off → member → up. A port need not be down for it.
fn take_in(engine: &Engine, now: Instant, bridge: &Link, port: &Link) -> Option<Action> {
    let link = port.index;
    if port.master == Some(bridge.index) {
        // The bond sets itself up.
        let up = KernelAction::up(link);
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
    engine.offer(now, KernelAction::SetMaster(link, master))
}

/// Why a bridge cannot be, or a link cannot be in it.
pub fn refusal(engine: &Engine, link: &Link) -> Option<Text> {
    if let Some(bridge) = engine.config.bridges.iter().find(|b| b.name == link.name) {
        return match existing::bridge(engine, bridge) {
            Existing::Refused(text) => Some(text),
            Existing::Unwanted | Existing::Absent | Existing::Usable(_) => None,
        };
    }
    let bridge = roles::bridge_of(&engine.config, link)?;
    if link.facts.is_wifi() {
        return Some(clip(format_args!(
            "is Wi-Fi, which cannot be in a bridge: access points drop frames with another station's address"
        )));
    }
    if link.name == engine.config.bond.name
        && let Existing::Refused(text) = existing::bond(engine)
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
