//! rtnetlink messages → events.
use super::DecodeError;
use super::attributes::{attributes, byte, mac, number, text};
use super::link_info::info;
use super::names::{ifa, ifla, rta};
use crate::config::{IfName, IpNet, Route, RouteScope};
use crate::engine::contract::event::Event;
use crate::engine::observed::{
    Address, Facts, KernelRoute, Kind, Link, OUR_ALIAS, Oper, RouterFlags,
};
use core::net::IpAddr;
use heapless::String;
use libc::{
    IFA_F_DADFAILED, IFA_F_TENTATIVE, RT_TABLE_MAIN, RTM_DELADDR, RTM_DELLINK, RTM_DELROUTE,
    RTM_F_CLONED, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWNDUSEROPT, RTM_NEWROUTE, RTN_UNICAST,
};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::link::{LinkFlags, LinkHeader, State};

/// include/uapi/linux/if_arp.h.
const ARPHRD_ETHER: u16 = 1;
/// Octets of `struct ifinfomsg`, and where its `ifi_type` is.
const IFINFOMSG: usize = 16;
const IFI_TYPE: core::ops::Range<usize> = 2..4;
/// Octets of `struct nduseroptmsg`, `struct ifaddrmsg` and `struct rtmsg`.
const NDUSEROPTMSG: usize = 16;
const IFADDRMSG: usize = 8;
const RTMSG: usize = 12;
/// An interface's index is a positive `int` in the kernel.
const MAX_INDEX: u32 = i32::MAX as u32;
const AF_INET: u8 = libc::AF_INET as u8;
const AF_INET6: u8 = libc::AF_INET6 as u8;
/// include/net/if_inet6.h.
const IF_RA_MANAGED: u32 = 0x40;
const IF_RA_OTHERCONF: u32 = 0x80;
/// ICMPv6 type (RFC 4861, 4.2).
const ROUTER_ADVERTISEMENT: u8 = 134;
/// include/uapi/linux/rtnetlink.h. Where a route has one next hop, its flag is among those of the
/// route itself.
const RTNH_F_ONLINK: u32 = 4;

/// One message of a notification or of a dump; `kind` is its `RTM_*`. `None`: of no interest
/// here. A link's `facts` are left empty: rtnetlink does not have them.
///
/// An error means that the message breaks the kernel's interface; the next one may be good.
pub fn decode(kind: u16, payload: &[u8]) -> Result<Option<Event<'_>>, DecodeError> {
    match kind {
        RTM_NEWLINK if payload.first() == Some(&AF_INET6) => router_flags(payload),
        RTM_NEWLINK => Ok(link(payload)?.map(Event::Link)),
        RTM_NEWNDUSEROPT => router(payload),
        RTM_DELLINK => Ok(link_gone(payload)?.map(Event::LinkGone)),
        RTM_NEWADDR => Ok(address(payload)?.map(Event::Address)),
        RTM_DELADDR => Ok(address(payload)?.map(Event::AddressGone)),
        RTM_NEWROUTE => Ok(route(payload)?.map(Event::Route)),
        RTM_DELROUTE => Ok(route(payload)?.map(Event::RouteGone)),
        _ => Ok(None),
    }
}

/// `struct ifinfomsg`, and the attributes behind it.
fn link_header(payload: &[u8]) -> Result<(LinkHeader, &[u8]), DecodeError> {
    let header = LinkHeader::parse(payload).map_err(|_| DecodeError::Truncated)?;
    index(header.index)?;
    Ok((header, payload.get(IFINFOMSG..).unwrap_or(&[])))
}

/// An interface's index; 0 stands for none.
fn index(index: u32) -> Result<u32, DecodeError> {
    match index {
        1..=MAX_INDEX => Ok(index),
        _ => Err(DecodeError::Field("interface number")),
    }
}

/// A `DELLINK` of another family than `AF_UNSPEC`, as of `AF_BRIDGE`, only means that the part of
/// that family was removed: a port left its bridge.
fn link_gone(payload: &[u8]) -> Result<Option<u32>, DecodeError> {
    let (header, _) = link_header(payload)?;
    Ok((header.interface_family == AddressFamily::Unspec).then_some(header.index))
}

/// include/uapi/linux/if_link.h.
fn link(payload: &[u8]) -> Result<Option<Link>, DecodeError> {
    let (header, rest) = link_header(payload)?;
    // Another family, as `AF_BRIDGE` of a bridge's port: a few fields only.
    if header.interface_family != AddressFamily::Unspec {
        return Ok(None);
    }
    let mut link = Link {
        index: header.index,
        name: IfName::new(),
        mac: None,
        permanent_mac: None,
        up: header.flags.contains(LinkFlags::Up),
        carrier: header.flags.contains(LinkFlags::LowerUp),
        oper: Oper::Unknown,
        master: None,
        kind: Kind::Plain,
        port: None,
        ours: false,
        usb_port: None,
        hardware: false,
        router: RouterFlags::default(),
        facts: Facts::default(),
    };
    let (mut name, mut bus, mut device): (&[u8], _, _) = (&[], "", "");
    let mut has_state = false;
    for (kind, value) in attributes(rest) {
        match kind {
            ifla::ADDRESS => link.mac = mac(value),
            ifla::IFNAME => name = value,
            ifla::MASTER => link.master = number(value).filter(|master| *master != 0),
            ifla::OPERSTATE => {
                has_state = true;
                link.oper = oper(byte(value).unwrap_or(0));
            }
            ifla::LINKINFO => info(value, &mut link),
            ifla::IFALIAS => link.ours = text(value) == Some(OUR_ALIAS),
            ifla::AF_SPEC => {
                let inet6 = attributes(value).find(|(family, _)| *family == u16::from(AF_INET6));
                link.router = inet6.and_then(|(_, v)| inet6_flags(v)).unwrap_or_default();
            }
            ifla::PERM_ADDRESS => link.permanent_mac = mac(value),
            ifla::PARENT_DEV_NAME => device = text(value).unwrap_or(""),
            ifla::PARENT_DEV_BUS_NAME => bus = text(value).unwrap_or(""),
            _ => {}
        }
    }
    // Wireless events come as NEWLINK too, without any state in them.
    if !has_state {
        return Ok(None);
    }
    // The kernel accepts names that are not UTF-8. No configuration can name them.
    let Some(name) = text(name) else {
        return Ok(None);
    };
    link.name = IfName::try_from(name)
        .ok()
        .filter(|name| !name.is_empty())
        .ok_or(DecodeError::Field("interface name"))?;
    // Monitor interfaces and cellular modems have other types.
    let ethernet = payload.get(IFI_TYPE) == Some(&ARPHRD_ETHER.to_ne_bytes()[..]);
    link.hardware = ethernet && !device.is_empty();
    if bus == "usb" {
        let port = device.split_once(':').map_or(device, |(port, _)| port);
        link.usb_port = String::try_from(port).ok().filter(|port| !port.is_empty());
    }
    Ok(Some(link))
}

/// `IFLA_INET6_FLAGS`: M and O of the last router advertisement (RFC 4861, 4.2).
fn inet6_flags(value: &[u8]) -> Option<RouterFlags> {
    let (_, flags) = attributes(value).find(|(kind, _)| *kind == ifla::INET6_FLAGS)?;
    let flags = number(flags)?;
    Some(RouterFlags {
        managed: flags & IF_RA_MANAGED != 0,
        other: flags & IF_RA_OTHERCONF != 0,
    })
}

/// A link's IPv6 alone: `IFLA_PROTINFO` (net/ipv6/addrconf.c, `inet6_fill_ifinfo`).
fn router_flags(payload: &[u8]) -> Result<Option<Event<'_>>, DecodeError> {
    let (header, rest) = link_header(payload)?;
    let (_, value) = match attributes(rest).find(|(kind, _)| *kind == ifla::PROTINFO) {
        Some(found) => found,
        None => return Ok(None),
    };
    let link = header.index;
    Ok(inet6_flags(value).map(|flags| Event::RouterFlags { link, flags }))
}

/// `struct nduseroptmsg`: family, padding, length of the options (2), index (4), type and
/// code of the ICMP message, padding (6); then the options (include/uapi/linux/rtnetlink.h).
fn router(payload: &[u8]) -> Result<Option<Event<'_>>, DecodeError> {
    let (header, rest) = payload
        .split_first_chunk::<NDUSEROPTMSG>()
        .ok_or(DecodeError::Truncated)?;
    let [family, _, l, m, a, b, c, d, kind, ..] = *header;
    if family != AF_INET6 || kind != ROUTER_ADVERTISEMENT {
        return Ok(None);
    }
    let length = usize::from(u16::from_ne_bytes([l, m]));
    let options = rest.get(..length).ok_or(DecodeError::Length)?;
    let link = index(u32::from_ne_bytes([a, b, c, d]))?;
    Ok(Some(Event::Router { link, options }))
}

/// `IFLA_OPERSTATE` (RFC 2863, ifOperStatus; Documentation/networking/operstates.rst).
fn oper(state: u8) -> Oper {
    match State::from(state) {
        State::NotPresent => Oper::NotPresent,
        State::Down => Oper::Down,
        State::LowerLayerDown => Oper::LowerLayerDown,
        State::Testing => Oper::Testing,
        State::Dormant => Oper::Dormant,
        State::Up => Oper::Up,
        _ => Oper::Unknown,
    }
}

/// An address of this family; `None` for another family or a wrong length.
fn ip(family: u8, value: &[u8]) -> Option<IpAddr> {
    match family {
        AF_INET => <[u8; 4]>::try_from(value).ok().map(IpAddr::from),
        AF_INET6 => <[u8; 16]>::try_from(value).ok().map(IpAddr::from),
        _ => None,
    }
}

fn net(address: IpAddr, prefix: u8) -> Result<IpNet, DecodeError> {
    match prefix <= if address.is_ipv4() { 32 } else { 128 } {
        true => Ok(IpNet { address, prefix }),
        false => Err(DecodeError::Field("prefix length")),
    }
}

/// `struct ifaddrmsg`: family, prefix, flags, scope, index (4).
fn address(payload: &[u8]) -> Result<Option<Address>, DecodeError> {
    let (header, rest) = payload
        .split_first_chunk::<IFADDRMSG>()
        .ok_or(DecodeError::Truncated)?;
    let [family, prefix, flags, _, a, b, c, d] = *header;
    if family != AF_INET && family != AF_INET6 {
        return Ok(None);
    }
    let mut flags = u32::from(flags);
    let (mut local, mut peer, mut protocol, mut metric) = (None, None, 0, 0);
    for (kind, value) in attributes(rest) {
        match kind {
            ifa::ADDRESS => peer = ip(family, value),
            ifa::LOCAL => local = ip(family, value),
            ifa::FLAGS => flags = number(value).unwrap_or(flags),
            ifa::RT_PRIORITY => metric = number(value).unwrap_or(0),
            ifa::PROTO => protocol = byte(value).unwrap_or(0),
            _ => {}
        }
    }
    // On a point-to-point link IFA_ADDRESS is the peer's.
    let address = local.or(peer).ok_or(DecodeError::Field("address"))?;
    Ok(Some(Address {
        link: index(u32::from_ne_bytes([a, b, c, d]))?,
        net: net(address, prefix)?,
        protocol,
        metric,
        tentative: flags & IFA_F_TENTATIVE != 0,
        duplicate: flags & IFA_F_DADFAILED != 0,
    }))
}

/// `struct rtmsg`: family, dst_len, src_len, tos, table, protocol, scope, type, flags (4).
///
/// `None`: not a plain unicast route of the main table. A route that is selected by more than
/// its destination (source, type of service) never conflicts with one of the engine's.
fn route(payload: &[u8]) -> Result<Option<KernelRoute>, DecodeError> {
    let (header, rest) = payload
        .split_first_chunk::<RTMSG>()
        .ok_or(DecodeError::Truncated)?;
    let [
        family,
        prefix,
        from,
        tos,
        table,
        protocol,
        scope,
        kind,
        a,
        b,
        c,
        d,
    ] = *header;
    let flags = u32::from_ne_bytes([a, b, c, d]);
    let unspecified = match family {
        AF_INET => IpAddr::from([0; 4]),
        AF_INET6 => IpAddr::from([0; 16]),
        _ => return Ok(None),
    };
    let mut table = u32::from(table);
    let (mut to, mut via, mut link, mut metric) = (None, None, None, 0);
    let (mut src, mut mtu) = (None, None);
    // Several next hops, or one of the other family.
    let mut unsupported = false;
    for (kind, value) in attributes(rest) {
        match kind {
            rta::DST => to = Some(ip(family, value).ok_or(DecodeError::Field("destination"))?),
            rta::OIF => link = number(value),
            rta::GATEWAY => via = ip(family, value),
            rta::PRIORITY => metric = number(value).unwrap_or(0),
            rta::PREFSRC => src = ip(family, value),
            rta::METRICS => {
                let mut metrics = attributes(value);
                mtu = metrics.find_map(|(kind, mtu)| number(mtu).filter(|_| kind == rta::RTAX_MTU));
            }
            rta::MULTIPATH | rta::VIA => unsupported = true,
            // Tables above 255 are in this attribute alone.
            rta::TABLE => table = number(value).unwrap_or(table),
            _ => {}
        }
    }
    let plain = kind == RTN_UNICAST && flags & RTM_F_CLONED == 0 && from == 0 && tos == 0;
    let Some(link) = link.filter(|_| plain && !unsupported && table == u32::from(RT_TABLE_MAIN))
    else {
        return Ok(None);
    };
    let to = match to {
        // The default route has no destination.
        None if prefix != 0 => return Err(DecodeError::Field("destination")),
        other => other.unwrap_or(unspecified),
    };
    Ok(Some(KernelRoute {
        link: index(link)?,
        route: Route {
            to: net(to, prefix)?,
            via,
            metric,
            src,
            onlink: flags & RTNH_F_ONLINK != 0,
            mtu,
            scope: RouteScope(scope),
        },
        protocol,
    }))
}
