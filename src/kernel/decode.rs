//! rtnetlink messages → events.
use super::DecodeError;
use super::attributes::{attributes, byte, number, text};
use super::names::{ifa, ifla, rta};
use crate::config::{IfName, IpNet, Mac, Route, RouteScope};
use crate::engine::contract::event::Event;
use crate::engine::observed::{
    Address, BondOptions, Facts, KernelRoute, Kind, Link, Mii, OUR_ALIAS, Oper, Port, RouterFlags,
};
use core::net::IpAddr;
use heapless::String;
use libc::{
    IFA_F_DADFAILED, IFA_F_TENTATIVE, RT_TABLE_MAIN, RTM_DELADDR, RTM_DELLINK, RTM_DELROUTE,
    RTM_F_CLONED, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWNDUSEROPT, RTM_NEWROUTE, RTN_UNICAST,
};
use netlink_packet_core::{NlaBuffer, NlasIterator, Parseable};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::link::{
    BondPortState, InfoBond, InfoBondPort, LinkFlags, LinkHeader, MiiStatus, State,
};

/// include/uapi/linux/if_arp.h.
const ARPHRD_ETHER: u16 = 1;
/// Octets of `struct ifinfomsg`.
const IFINFOMSG: usize = 16;
const AF_INET: u8 = libc::AF_INET as u8;
const AF_INET6: u8 = libc::AF_INET6 as u8;
/// include/net/if_inet6.h.
const IF_RA_MANAGED: u32 = 0x40;
const IF_RA_OTHERCONF: u32 = 0x80;
/// The kind of an advertisement (RFC 4861, 4.2).
const ADVERTISEMENT: u8 = 134;
/// Of a route with a single next hop, in the flags of the route itself.
const RTNH_F_ONLINK: u32 = 4;

/// One message of a notification or of a dump. `None`: nothing that concerns us.
/// A link's `facts` are left empty: rtnetlink does not know them.
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
    real(header.index)?;
    Ok((header, payload.get(IFINFOMSG..).unwrap_or(&[])))
}

/// An interface's number. The kernel's is an int; 0 stands for none.
fn real(index: u32) -> Result<u32, DecodeError> {
    match index {
        1..=0x7fff_ffff => Ok(index),
        _ => Err(DecodeError::Field("interface number")),
    }
}

/// A `DELLINK` of another family than none, as of a bridge, only means that something
/// of that family has gone: a port left its bridge.
fn link_gone(payload: &[u8]) -> Result<Option<u32>, DecodeError> {
    let (header, _) = link_header(payload)?;
    Ok((header.interface_family == AddressFamily::Unspec).then_some(header.index))
}

/// include/uapi/linux/if_link.h.
fn link(payload: &[u8]) -> Result<Option<Link>, DecodeError> {
    let (header, rest) = link_header(payload)?;
    // Of another family, as of a bridge's port: a few fields only.
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
    // The kernel takes names that are no text. No configuration can name them.
    let Some(name) = text(name) else {
        return Ok(None);
    };
    link.name = IfName::try_from(name)
        .ok()
        .filter(|name| !name.is_empty())
        .ok_or(DecodeError::Field("interface name"))?;
    // The type of the header: ARPHRD_ETHER; monitors and cellular modems have others.
    let ethernet = payload.get(2..4) == Some(&ARPHRD_ETHER.to_ne_bytes()[..]);
    link.hardware = ethernet && !device.is_empty();
    if bus == "usb" {
        let port = device.split_once(':').map_or(device, |(port, _)| port);
        link.usb_port = String::try_from(port).ok().filter(|port| !port.is_empty());
    }
    Ok(Some(link))
}

/// `IFLA_INET6_FLAGS`, the first kind of attribute of a link's IPv6.
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
        .split_first_chunk::<16>()
        .ok_or(DecodeError::Truncated)?;
    let [family, _, l, m, a, b, c, d, kind, ..] = *header;
    if family != AF_INET6 || kind != ADVERTISEMENT {
        return Ok(None);
    }
    let length = usize::from(u16::from_ne_bytes([l, m]));
    let options = rest.get(..length).ok_or(DecodeError::Length)?;
    let link = real(u32::from_ne_bytes([a, b, c, d]))?;
    Ok(Some(Event::Router { link, options }))
}

fn mac(value: &[u8]) -> Option<Mac> {
    let mac = Mac(value.try_into().ok()?);
    (mac != Mac::default()).then_some(mac)
}

/// RFC 2863.
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

/// `IFLA_LINKINFO`. The kinds come before the data in every message, but nobody
/// promises that: they are looked for first.
fn info(value: &[u8], link: &mut Link) {
    let find = |wanted: u16| {
        attributes(value)
            .find(|(kind, _)| *kind == wanted)
            .map(|(_, v)| v)
    };
    let name = |wanted| find(wanted).and_then(text);
    match name(ifla::INFO_KIND) {
        None => {}
        Some("bond") => link.kind = Kind::Bond(bond(find(ifla::INFO_DATA).unwrap_or(&[]))),
        Some("bridge") => link.kind = Kind::Bridge,
        // A name too long for us is told by nothing: that it has a kind is what counts.
        Some(other) => link.kind = Kind::Other(String::try_from(other).unwrap_or_default()),
    }
    if name(ifla::INFO_SLAVE_KIND) == Some("bond") {
        link.port = Some(port(find(ifla::INFO_SLAVE_DATA).unwrap_or(&[])));
    }
}

/// Attributes in the crate's own types; one that it cannot read is passed over.
fn each<'v, T: Parseable<NlaBuffer<&'v [u8]>>>(value: &'v [u8]) -> impl Iterator<Item = T> {
    NlasIterator::new(value)
        .map_while(Result::ok)
        .filter_map(|attribute| T::parse(&attribute).ok())
}

/// `IFLA_BOND_*`.
fn bond(value: &[u8]) -> BondOptions {
    let mut options = BondOptions {
        mode: 0,
        miimon_ms: 0,
        updelay_ms: 0,
        downdelay_ms: 0,
        primary: None,
        primary_reselect: 0,
        fail_over_mac: 0,
        peer_notifications: 0,
        active: None,
        arp_interval_ms: 0,
    };
    let index = |index: u32| (index != 0).then_some(index);
    for option in each(value) {
        match option {
            InfoBond::Mode(mode) => options.mode = mode.into(),
            InfoBond::ActivePort(port) => options.active = index(port),
            InfoBond::MiiMon(ms) => options.miimon_ms = ms,
            InfoBond::UpDelay(ms) => options.updelay_ms = ms,
            InfoBond::DownDelay(ms) => options.downdelay_ms = ms,
            InfoBond::ArpInterval(ms) => options.arp_interval_ms = ms,
            InfoBond::Primary(port) => options.primary = index(port),
            InfoBond::PrimaryReselect(word) => options.primary_reselect = word.into(),
            InfoBond::FailOverMac(word) => options.fail_over_mac = word.into(),
            InfoBond::NumPeerNotif(count) => options.peer_notifications = count,
            _ => {}
        }
    }
    options
}

/// `IFLA_BOND_SLAVE_*`.
fn port(value: &[u8]) -> Port {
    let mut port = Port {
        active: false,
        mii: Mii::Down,
        failures: 0,
        permanent_mac: None,
    };
    for field in each(value) {
        match field {
            InfoBondPort::BondPortState(state) => port.active = state == BondPortState::Active,
            InfoBondPort::MiiStatus(status) => {
                port.mii = match status {
                    MiiStatus::Up => Mii::Up,
                    MiiStatus::GoingDown => Mii::Fail,
                    MiiStatus::GoingBack => Mii::Back,
                    _ => Mii::Down,
                }
            }
            InfoBondPort::LinkFailureCount(count) => port.failures = count,
            InfoBondPort::PermHwaddr(address) => port.permanent_mac = mac(&address),
            _ => {}
        }
    }
    port
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
        .split_first_chunk::<8>()
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
    // On a point-to-point link the other end stands in IFA_ADDRESS.
    let address = local.or(peer).ok_or(DecodeError::Field("address"))?;
    Ok(Some(Address {
        link: real(u32::from_ne_bytes([a, b, c, d]))?,
        net: net(address, prefix)?,
        protocol,
        metric,
        tentative: flags & IFA_F_TENTATIVE != 0,
        duplicate: flags & IFA_F_DADFAILED != 0,
    }))
}

/// `struct rtmsg`: family, dst_len, src_len, tos, table, protocol, scope, type, flags (4).
///
/// `None`: no plain unicast route of the main table. A route that is chosen by more than
/// its destination (source, type of service) never stands in the way of ours.
fn route(payload: &[u8]) -> Result<Option<KernelRoute>, DecodeError> {
    let (header, rest) = payload
        .split_first_chunk::<12>()
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
    let nowhere = match family {
        AF_INET => IpAddr::from([0; 4]),
        AF_INET6 => IpAddr::from([0; 16]),
        _ => return Ok(None),
    };
    let mut table = u32::from(table);
    let (mut to, mut via, mut link, mut metric) = (None, None, None, 0);
    let (mut src, mut mtu) = (None, None);
    // Several next hops, or one of the other family.
    let mut strange = false;
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
            rta::MULTIPATH | rta::VIA => strange = true,
            // Numbers above 255 stand here alone.
            rta::TABLE => table = number(value).unwrap_or(table),
            _ => {}
        }
    }
    let plain = kind == RTN_UNICAST && flags & RTM_F_CLONED == 0 && from == 0 && tos == 0;
    let Some(link) = link.filter(|_| plain && !strange && table == u32::from(RT_TABLE_MAIN)) else {
        return Ok(None);
    };
    let to = match to {
        // The default route has no destination.
        None if prefix != 0 => return Err(DecodeError::Field("destination")),
        other => other.unwrap_or(nowhere),
    };
    Ok(Some(KernelRoute {
        link: real(link)?,
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
