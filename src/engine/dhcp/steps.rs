//! The next step for a lease: a message, a file, an address.
use super::Protocol;
use super::driver::{is_named, releasable_on};
use crate::config::{IpNet, Ipv6Mode};
use crate::engine::contract::action::{Action, KernelAction, Packet, Store};
use crate::engine::observed::{Index, Link};
use crate::engine::time::Instant;
use crate::engine::{Engine, address};
use crate::wire::Family;

/// The next message to send, once we have a DUID.
pub fn next(engine: &Engine, now: Instant) -> Option<Action> {
    if engine.lacks_identity() {
        return None;
    }
    let mut due = engine.dhcp.iter().filter(|client| client.is_due(now));
    due.find_map(|client| send(engine, client, false))
}

/// Sends the message that is due, or a release.
fn send(engine: &Engine, client: &dyn Protocol, release: bool) -> Option<Action> {
    let link = engine.observed.by_name(client.name())?.index;
    let family = client.family();
    let packet = Packet::Dhcp {
        family,
        release,
        transport: client.transport(release)?,
        own: match family {
            Family::V4 => engine.leased_address(link),
            Family::V6 => None,
        },
    };
    engine.packet(link, packet)
}

/// The step that gives the lease of this link back.
pub fn release_action(engine: &Engine, link: Index, family: Family) -> Option<Action> {
    send(engine, engine.dhcp(link, family)?, true)
}

/// Gives the lease of this link back, unless that failed lately.
pub fn release(engine: &Engine, now: Instant, link: Index, family: Family) -> Option<Action> {
    engine.offer(now, release_action(engine, link, family)?)
}

/// The next lease to give back because the file wants none any more.
pub fn next_unwanted(engine: &Engine, now: Instant) -> Option<Action> {
    next_release_of(engine, now, &|client| is_unwanted(engine, client))
}

/// On stop: the next lease to give back.
pub fn next_release(engine: &Engine, now: Instant) -> Option<Action> {
    next_release_of(engine, now, &|_| true)
}

fn next_release_of(
    engine: &Engine,
    now: Instant,
    meant: &dyn Fn(&dyn Protocol) -> bool,
) -> Option<Action> {
    let mut clients = engine.dhcp.iter().filter(|client| meant(*client));
    clients.find_map(|client| {
        let link = releasable_on(client, &engine.observed)?;
        release(engine, now, link, client.family())
    })
}

/// The file wants no lease of this protocol on the client's link any more.
fn is_unwanted(engine: &Engine, client: &dyn Protocol) -> bool {
    let bond = &engine.config.bond;
    match client.family() {
        Family::V4 => !is_named(&engine.config, client.name()),
        Family::V6 if *client.name() == bond.name && bond.members.is_empty() => true,
        Family::V6 => {
            let link = engine.observed.by_name(client.name());
            let block = link.and_then(|link| address::block(engine, link));
            block.is_none_or(|block| block.ipv6.mode == Ipv6Mode::Off)
        }
    }
}

/// The next lease to put on disk, when all that is urgent is done.
pub fn next_store(engine: &Engine, now: Instant) -> Option<Action> {
    engine.dhcp.iter().find_map(|client| {
        let store = Store::Lease {
            lasting: client.to_store(now)?,
            link: engine.observed.by_name(client.name())?.index,
            name: client.name().clone(),
            family: client.family(),
            obtained: client.stored_form().map(|(obtained, _)| obtained),
        };
        engine.offer(now, store)
    })
}

/// The next IPv6 address of a lease that the kernel lacks, or has with another end.
pub fn next_address(engine: &Engine, now: Instant) -> Option<Action> {
    for part in address::all(engine).filter(|part| part.ready) {
        let link = part.link.index;
        let Some(client) = engine.dhcp6(&part.link.name) else {
            continue;
        };
        for held in client.lease.iter().flat_map(|lease| &lease.held) {
            if client.is_in_kernel(held) && engine.observed.has_address(link, held.net()) {
                continue;
            }
            let add = KernelAction::AddAddress6 {
                link,
                net: held.net(),
                preferred: held.preferred,
                until: held.until,
            };
            if let Some(step) = engine.offer(now, add) {
                return Some(step);
            }
        }
    }
    None
}

/// Is this address of a lease of DHCPv6 that is in use?
pub fn wants_address(engine: &Engine, link: &Link, net: IpNet) -> bool {
    let lease = engine.dhcp6(&link.name).and_then(|c| c.lease.as_ref());
    lease.is_some_and(|lease| lease.has(net))
}
