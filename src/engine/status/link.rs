//! What `wifibond status` shows of one link.
use super::lease::{Lease6Status, LeaseStatus};
use super::model::{AddressStatus, LinkStatus, MAX_SHOWN, PortStatus, RouteStatus, State};
use super::shown::Shown;
use crate::config::{IfName, IpNet};
use crate::engine::contract::describe::Destination;
use crate::engine::dhcp::Protocol;
use crate::engine::dhcp::v4::Client;
use crate::engine::observed::{Kind, Link, OUR_PROTOCOL};
use crate::engine::supplicant::Radio;
use crate::engine::time::Instant;
use crate::engine::{Engine, address, dhcp, roles};
use crate::wire::Family;
use heapless::Vec;

fn ports<'a>(engine: &'a Engine, bridge: &Link) -> Option<Vec<PortStatus<'a>, MAX_SHOWN>> {
    (bridge.kind == Kind::Bridge).then(|| {
        let links = engine.observed.links();
        let ports = links.filter(|port| port.master == Some(bridge.index));
        let shown = ports.map(|port| PortStatus {
            name: &port.name,
            carrier: port.carrier,
        });
        shown.take(MAX_SHOWN).collect()
    })
}

fn auth<'a>(engine: &'a Engine, link: &Link) -> Option<State<'a>> {
    roles::wired_auth(&engine.config, link).filter(|_| link.carrier)?;
    Some(match engine.supplicant(link.index) {
        Some(supplicant)
            if engine.is_unauthorised(link.index) || supplicant.radio == Radio::Authorised =>
        {
            State::Radio(supplicant)
        }
        Some(_) => State::NoAuthenticator,
        None => State::NoSupplicant,
    })
}

pub fn link_status<'a>(engine: &'a Engine, now: Instant, name: &'a IfName) -> LinkStatus<'a> {
    let link = engine.observed.by_name(name);
    let index = link.map_or(0, |l| l.index);
    let client = engine.dhcp4(name);
    let client6 = engine.dhcp6(name);
    let asking = |since: Instant| (now - since).0;
    LinkStatus {
        name: Shown(name),
        port: link.and_then(|l| l.usb_port.as_deref()),
        present: link.is_some(),
        carrier: link.is_some_and(|l| match l.kind {
            Kind::Bond(_) => l.carrier && engine.bond_ready,
            Kind::Plain | Kind::Bridge | Kind::Other(_) => {
                engine.authorised(l) || engine.is_unauthorised(l.index)
            }
        }),
        members: link.and_then(|l| ports(engine, l)),
        auth: link.and_then(|l| auth(engine, l)).map(Shown),
        addresses: engine
            .observed
            .addresses_of(index)
            .map(|a| AddressStatus {
                address: Shown(a.net),
                from: match a.protocol {
                    OUR_PROTOCOL => link.map_or("static", |l| source(engine, l, a.net)),
                    // IFAPROT_KERNEL_LO, _RA, _LL of include/uapi/linux/if_addr.h.
                    2 => "router",
                    1 | 3 => "kernel",
                    _ if address::is_link_local(&a.net.address) => "kernel",
                    _ => "other",
                },
            })
            .take(MAX_SHOWN)
            .collect(),
        routes: engine
            .observed
            .routes()
            // The kernel's own subnet routes follow from the addresses.
            .filter(|r| r.link == index && r.protocol != 2)
            .map(|r| RouteStatus {
                to: Shown(Destination(r.route.to)),
                via: r.route.via.map(Shown),
                metric: r.route.metric,
                src: r.route.src.map(Shown),
                onlink: r.route.onlink,
                mtu: r.route.mtu,
                scope: Some(r.route)
                    .filter(|route| route.to.address.is_ipv4())
                    .and_then(|route| route.scope.name()),
            })
            .take(MAX_SHOWN)
            .collect(),
        iaid: client.map(|_| engine.iaid(name, Family::V4)),
        iaid6: client6
            .filter(|client| client.is_active())
            .map(|_| engine.iaid(name, Family::V6)),
        lease: client
            .and_then(Client::lease)
            .map(|lease| LeaseStatus::new(lease, now)),
        lease6: client6
            .and_then(|client| client.lease.as_ref())
            .map(|lease| Lease6Status::new(lease, now)),
        asking6_ms: client6.and_then(|c| c.waiting_since).map(asking),
        asking_ms: client.and_then(|c| c.waiting_since).map(asking),
    }
}

/// What an address of ours comes from.
fn source(engine: &Engine, link: &Link, net: IpNet) -> &'static str {
    let lease = engine.dhcp4(&link.name).and_then(Client::lease);
    let Some(block) = address::block(engine, link) else {
        return "static";
    };
    let fallback = block.ipv4.fallback.as_ref();
    match () {
        () if block.ipv4.addresses.contains(&net) => "static",
        () if lease.is_some_and(|lease| lease.net == net) => "dhcp",
        () if dhcp::wants_address(engine, link, net) => "dhcp",
        () if net.address.is_ipv4() && address::is_link_local(&net.address) => "link-local",
        () if fallback.is_some_and(|fallback| fallback.address == net) => "fallback",
        () => "static",
    }
}
