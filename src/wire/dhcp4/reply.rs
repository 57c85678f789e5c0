//! Messages of servers.
use super::options::Options;
use super::{MessageType, REPLY, code, field};
use crate::config::{DnsName, IpNet, MAX_DNS, MAX_ROUTES, Mac, dns_name};
use crate::wire::names;
use core::net::{IpAddr, Ipv4Addr};
use heapless::{String, Vec};

/// Why a message is refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Shorter than the fixed part and the magic cookie, or with another cookie.
    Frame,
    /// Not a server's answer over Ethernet: no BOOTREPLY, no option 53, or a kind that clients
    /// send.
    Kind,
}

/// An OFFER, an ACK or a NAK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// [`MessageType::Offer`], [`MessageType::Ack`] or [`MessageType::Nak`].
    pub kind: MessageType,
    /// That of the request which it answers.
    pub xid: u32,
    /// The hardware address of the client that it is for (`chaddr`).
    pub mac: Mac,
    /// The client's address (`yiaddr`); `None`: not one that a host can have.
    pub address: Option<Ipv4Addr>,
    /// Option 54: the server's identifier, an address of it.
    pub server: Option<Ipv4Addr>,
    /// Option 1 as a prefix length, 1 to 32; `None`: missing, or its ones are not contiguous.
    pub prefix: Option<u8>,
    /// Option 3, in the server's order of preference.
    pub routers: Vec<Ipv4Addr, 2>,
    /// Options 121, 249 or 33: destination and next hop; the next hop 0.0.0.0 means on the link.
    pub routes: Routes,
    /// Number of routes that there was no room for; 255: that many or more.
    pub routes_dropped: u8,
    /// There were classless routes: routers and static routes do not count (RFC 3442).
    pub classless: bool,
    /// Option 6, in the server's order of preference.
    pub dns: Vec<Ipv4Addr, MAX_DNS>,
    /// Option 119, or else the domain name (option 15).
    pub search: Vec<DnsName, MAX_DNS>,
    /// Option 42: NTP servers.
    pub time_servers: Vec<Ipv4Addr, MAX_DNS>,
    /// Option 26, in octets; not checked against its least value, 68 (RFC 2132, 5.1).
    pub mtu: Option<u16>,
    /// Option 51: seconds from now; `u32::MAX`: without an end (RFC 2131, 3.3).
    pub lease_s: Option<u32>,
    /// Option 58, T1: seconds from now until the client renews.
    pub renew_s: Option<u32>,
    /// Option 59, T2: seconds from now until the client rebinds.
    pub rebind_s: Option<u32>,
    /// Option 66: the TFTP server's name (RFC 2132, 9.4). Printable ASCII.
    pub tftp_server: Option<String<128>>,
    /// Option 80: an ACK to a DISCOVER (RFC 4039).
    pub rapid_commit: bool,
}

/// Reads a message; whether it answers a request of this client is for the caller to check.
pub fn parse(message: &[u8]) -> Result<Reply, Malformed> {
    let options = Options::of(message).ok_or(Malformed::Frame)?;
    if message[..REPLY.len()] != REPLY {
        return Err(Malformed::Kind);
    }
    let value = options.get(code::KIND);
    let is_kind = |kind: &MessageType| value.as_deref() == Some(&[*kind as u8][..]);
    let mut kinds = [MessageType::Offer, MessageType::Ack, MessageType::Nak].into_iter();
    let kind = kinds.find(is_kind).ok_or(Malformed::Kind)?;
    let four = |at: usize| [0, 1, 2, 3].map(|n| message[at + n]);
    let classless = options
        .get(code::CLASSLESS_ROUTES)
        .or_else(|| options.get(code::CLASSLESS_ROUTES_MS))
        .and_then(|value| classless_routes(&value));
    let (routes, routes_dropped) = match &classless {
        Some((routes, dropped)) => (routes.clone(), *dropped),
        None => (static_routes(&options), 0),
    };
    let mut reply = Reply {
        kind,
        xid: u32::from_be_bytes(four(field::XID)),
        mac: Mac([0, 1, 2, 3, 4, 5].map(|n| message[field::CHADDR + n])),
        address: Some(Ipv4Addr::from(four(field::YIADDR))).filter(is_host),
        server: one(&options, code::SERVER).filter(is_host),
        prefix: one(&options, code::SUBNET_MASK).and_then(prefix),
        routers: several(&options, code::ROUTERS),
        classless: classless.is_some(),
        routes,
        routes_dropped,
        dns: several(&options, code::NAME_SERVERS),
        search: options
            .get(code::SEARCH)
            .map_or_else(Vec::new, |value| names::search(&value)),
        time_servers: several(&options, code::TIME_SERVERS),
        mtu: options
            .get(code::MTU)
            .and_then(|value| Some(u16::from_be_bytes(value.as_slice().try_into().ok()?))),
        lease_s: number(&options, code::LEASE_TIME),
        renew_s: number(&options, code::RENEWAL_TIME),
        rebind_s: number(&options, code::REBINDING_TIME),
        tftp_server: printable(&options, code::TFTP_SERVER),
        rapid_commit: options.has(code::RAPID_COMMIT),
    };
    if reply.search.is_empty()
        && let Some(value) = options.get(code::DOMAIN_NAME)
    {
        // Some servers put several names into it, with blanks between.
        let words = || text(&value).split(' ').map(dns_name);
        if words().all(|name| name.is_some()) {
            for name in words().flatten() {
                let _ = reply.search.push(name);
            }
        }
    }
    Ok(reply)
}

/// An address that one host can have.
fn is_host(address: &Ipv4Addr) -> bool {
    let never = address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || address.is_broadcast();
    !never
}

/// The length of a mask whose ones are contiguous; never 0.
fn prefix(mask: Ipv4Addr) -> Option<u8> {
    let bits = mask.to_bits();
    let length = bits.leading_ones();
    let whole = length > 0 && bits.count_ones() == length;
    whole.then_some(length as u8)
}

fn addresses(value: &[u8]) -> impl Iterator<Item = Ipv4Addr> {
    value.as_chunks::<4>().0.iter().copied().map(Ipv4Addr::from)
}

fn one(options: &Options<'_>, code: u8) -> Option<Ipv4Addr> {
    let value = options.get(code)?;
    let octets: [u8; 4] = value.as_slice().try_into().ok()?;
    Some(octets.into())
}

fn several<const N: usize>(options: &Options<'_>, code: u8) -> Vec<Ipv4Addr, N> {
    let value = options.get(code).unwrap_or_default();
    let mut list = Vec::new();
    for address in addresses(&value).filter(is_host) {
        if !list.contains(&address) {
            let _ = list.push(address);
        }
    }
    list
}

fn number(options: &Options<'_>, code: u8) -> Option<u32> {
    let value = options.get(code)?;
    Some(u32::from_be_bytes(value.as_slice().try_into().ok()?))
}

/// Text up to a NUL, which some servers send with it.
fn text(value: &[u8]) -> &str {
    let text = value.split(|byte| *byte == 0).next().unwrap_or(&[]);
    core::str::from_utf8(text).unwrap_or("").trim()
}

/// A text that a terminal can be shown; `None`: it is none, or too long.
fn printable<const N: usize>(options: &Options<'_>, code: u8) -> Option<String<N>> {
    let value = options.get(code)?;
    let text = Some(text(&value)).filter(|text| !text.is_empty())?;
    let good = text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    String::try_from(text).ok().filter(|_| good)
}

type Routes = Vec<(IpNet, Ipv4Addr), MAX_ROUTES>;

/// RFC 3442: length of the mask, as many octets of the network as it needs, router; repeated.
/// `None`: one is invalid, so the start of the next is unknown. The second value counts those
/// without room; the default route always has room.
fn classless_routes(mut value: &[u8]) -> Option<(Routes, u8)> {
    let (mut list, mut dropped) = (Routes::new(), 0_u8);
    while let Some((&prefix, rest)) = value.split_first() {
        if prefix > 32 {
            return None;
        }
        let (network, rest) = rest.split_at_checked(usize::from(prefix.div_ceil(8)))?;
        let (router, rest) = rest.split_first_chunk::<4>()?;
        let mut octets = [0; 4];
        octets[..network.len()].copy_from_slice(network);
        // Host bits that are set are cleared, as others do.
        let to = net(octets.into(), prefix);
        value = rest;
        if list.iter().any(|(old, _)| *old == to) {
            continue;
        }
        let route = (to, Ipv4Addr::from(*router));
        if list.push(route).is_err() {
            dropped = dropped.saturating_add(1);
            // There is one default route at most, so the replaced route is another.
            if let (0, Some(last)) = (prefix, list.last_mut()) {
                *last = route;
            }
        }
    }
    Some((list, dropped))
}

/// Destination and router, with the mask of the address class; no default route here
/// (RFC 2132, 5.8).
fn static_routes(options: &Options<'_>) -> Routes {
    let value = options.get(code::STATIC_ROUTES).unwrap_or_default();
    let mut list = Routes::new();
    for pair in value.as_chunks::<8>().0 {
        let (to, via) = pair.split_at(4);
        let to = Ipv4Addr::new(to[0], to[1], to[2], to[3]);
        let via = Ipv4Addr::new(via[0], via[1], via[2], via[3]);
        if is_host(&to) && is_host(&via) {
            let _ = list.push((net(to, class_prefix(to)), via));
        }
    }
    list
}

/// The prefix length of the address class (RFC 791, 3.2), for an address that comes without a
/// mask.
pub fn class_prefix(address: Ipv4Addr) -> u8 {
    match address.octets()[0] {
        0..128 => 8,
        128..192 => 16,
        _ => 24,
    }
}

fn net(address: Ipv4Addr, prefix: u8) -> IpNet {
    let hosts = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
    IpNet {
        address: IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & !hosts)),
        prefix,
    }
}
