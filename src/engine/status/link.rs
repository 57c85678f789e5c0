//! What `wifibond status` shows of one link.
use super::model::{
    AddressStatus, Lease6Status, LeaseStatus, LinkStatus, MAX_SHOWN, PortStatus, RouteStatus,
    Shown, State,
};
use crate::config::IfName;
use crate::engine::contract::describe::Destination;
use crate::engine::dhcp6::State as State6;
use crate::engine::observed::{Kind, Link, OUR_PROTOCOL};
use crate::engine::supplicant::Radio;
use crate::engine::{Engine, dhcp4, roles};
use core::net::IpAddr;
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
        Some(_) => State::Unguarded,
        None => State::NoSupplicant,
    })
}

pub fn link_status<'a>(engine: &'a Engine, now: u64, name: &'a IfName) -> LinkStatus<'a> {
    let link = engine.observed.by_name(name);
    let index = link.map_or(0, |l| l.index);
    let client = engine.dhcp4(name);
    let lease = client.and_then(|client| client.lease.as_ref());
    let client6 = engine.inet6(name).map(|inet6| &inet6.client);
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
                    OUR_PROTOCOL => link.map_or("static", |l| dhcp4::source(engine, l, a.net)),
                    // IFAPROT_KERNEL_LO, _RA, _LL of include/uapi/linux/if_addr.h.
                    2 => "router",
                    1 | 3 => "kernel",
                    _ if is_link_local(&a.net.address) => "kernel",
                    _ => "other",
                },
            })
            .take(MAX_SHOWN)
            .collect(),
        routes: engine
            .observed
            .routes()
            // The kernel's own subnet routes say nothing new.
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
        iaid: client.map(|_| engine.iaid(name)),
        iaid6: client6
            .filter(|client| client.state != State6::Idle)
            .map(|_| engine.iaid6(name)),
        lease: lease.map(|lease| LeaseStatus {
            server: lease.server.map(Shown),
            expires_s: (lease.until != u64::MAX).then(|| lease.until.saturating_sub(now) / 1000),
        }),
        lease6: client6
            .and_then(|c| c.lease.as_ref())
            .map(|lease| Lease6Status {
                address: lease.held.first().map(|held| Shown(held.address)),
                expires_s: (lease.until != u64::MAX)
                    .then(|| lease.until.saturating_sub(now) / 1000),
            }),
        asking6_ms: client6
            .and_then(|client| client.waiting_since)
            .map(|since| now.saturating_sub(since)),
        asking_ms: client
            .and_then(|client| client.waiting_since)
            .map(|since| now.saturating_sub(since)),
    }
}

pub fn is_link_local(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}
