//! `ipv4` and `ipv6` blocks, `dns` and `search`: what one interface has.
use super::value::{self, Buffer, plain};
use crate::config::error::ConfigError;
use crate::config::grammar::{IPV6_MODE, RawFallback, RawIpv4, RawIpv6, RawRoute, Text, Texts};
use crate::config::place::{At, Source};
use crate::config::types::{
    Fallback, IpBlock, IpNet, Ipv4, Ipv6, Ipv6Mode, MAX_ADDRESSES, MAX_ROUTES, Route,
};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use heapless::Vec;

type Checked<T> = Result<T, ConfigError>;

/// The parts of an interface's block as they stand in the file.
pub struct RawBlock<'r, 'a> {
    pub ipv4: &'r Option<RawIpv4<'a>>,
    pub ipv6: &'r Option<RawIpv6<'a>>,
    pub dns: &'r Option<Texts<'a>>,
    pub search: &'r Option<Texts<'a>>,
}

/// `at`: the interface; `metric`: what its blocks have without one of their own.
pub fn block(
    source: Source<'_>,
    at: &At<'_>,
    raw: RawBlock<'_, '_>,
    metric: u32,
    out: &mut IpBlock,
) -> Checked<()> {
    out.ipv4.metric = metric;
    out.ipv6.metric = metric;
    if let Some(raw) = raw.ipv4 {
        ipv4(source, &at.key("ipv4"), raw, &mut out.ipv4)?;
    }
    if let Some(raw) = raw.ipv6 {
        ipv6(source, &at.key("ipv6"), raw, &mut out.ipv6)?;
    }
    dns(source, &at.key("dns"), raw.dns, out)?;
    search(source, &at.key("search"), raw.search, out)
}

fn ipv4(source: Source<'_>, at: &At<'_>, raw: &RawIpv4<'_>, out: &mut Ipv4) -> Checked<()> {
    out.dhcp = raw.dhcp.unwrap_or(out.dhcp);
    out.metric = raw.metric.unwrap_or(out.metric);
    addresses(source, at, &raw.addresses, false, &mut out.addresses)?;
    if let Some(raw) = &raw.fallback {
        let at = at.key("fallback");
        if !out.dhcp {
            return Err(source.plain(
                &at,
                "a fallback is for the time without a DHCP lease, and \"dhcp\" is false",
                "put the address into `addresses`",
            ));
        }
        out.fallback = Some(fallback(source, &at, raw)?);
    }
    let reach = Reach {
        v6: false,
        metric: out.metric,
        learns: out.dhcp,
        addresses: &out.addresses,
    };
    routes(source, at, &raw.routes, &reach, &mut out.routes)
}

fn ipv6(source: Source<'_>, at: &At<'_>, raw: &RawIpv6<'_>, out: &mut Ipv6) -> Checked<()> {
    out.mode = match raw
        .mode
        .map(|mode| IPV6_MODE.iter().position(|word| *word == mode.0))
    {
        Some(Some(1)) => Ipv6Mode::Dhcp,
        Some(Some(2)) => Ipv6Mode::Off,
        _ => Ipv6Mode::Auto,
    };
    out.metric = raw.metric.unwrap_or(out.metric);
    addresses(source, at, &raw.addresses, true, &mut out.addresses)?;
    let reach = Reach {
        v6: true,
        metric: out.metric,
        learns: out.mode != Ipv6Mode::Off,
        addresses: &out.addresses,
    };
    routes(source, at, &raw.routes, &reach, &mut out.routes)?;
    if out.mode == Ipv6Mode::Off && (!out.addresses.is_empty() || !out.routes.is_empty()) {
        return Err(source.plain(
            &at.key("mode"),
            "\"off\" beside addresses or routes",
            "\"off\" means no IPv6 at all: write \"auto\", or take the addresses and routes out",
        ));
    }
    Ok(())
}

fn addresses(
    source: Source<'_>,
    at: &At<'_>,
    raw: &Option<Texts<'_>>,
    v6: bool,
    out: &mut Vec<IpNet, MAX_ADDRESSES>,
) -> Checked<()> {
    let at = at.key("addresses");
    for (n, text) in raw.iter().flatten().enumerate() {
        let at = at.index(n);
        let net = host(source, &at, *text, v6)?;
        if out.iter().any(|other| other.address == net.address) {
            return Err(source.plain(&at, "this address stands here twice", "keep one of the two"));
        }
        let _ = out.push(net);
    }
    Ok(())
}

/// An address of this box with its prefix length.
fn host(source: Source<'_>, at: &At<'_>, raw: Text<'_>, v6: bool) -> Checked<IpNet> {
    let net = cidr(source, at, raw, v6)?;
    usable(source, at, net.address)?;
    let first = value::network(&net);
    let single = net.prefix + 1 >= value::width(net.address);
    if net.prefix == 0 {
        Err(source.plain(
            at,
            "a prefix length of 0 takes the whole world for the local network",
            "/24 is usual",
        ))
    } else if value::is_broadcast(&net) {
        Err(source.wrong(
            at,
            format_args!("this is the broadcast address of {first}"),
            format_args!("write an address between the first and the last of that network"),
        ))
    } else if first.address == net.address && !single {
        Err(source.wrong(
            at,
            format_args!("this is the address of the network {first} itself"),
            format_args!("write the address of one host in it"),
        ))
    } else {
        Ok(net)
    }
}

/// Not an address that no single host can have.
fn usable(source: Source<'_>, at: &At<'_>, address: IpAddr) -> Checked<()> {
    let broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
    let mapped = matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
    let what = if address.is_unspecified() {
        "the unspecified address"
    } else if address.is_loopback() {
        "a loopback address: it never leaves the box"
    } else if address.is_multicast() || broadcast {
        "a multicast or broadcast address: it belongs to many"
    } else if mapped {
        "an IPv4 address in IPv6 clothes"
    } else {
        return Ok(());
    };
    Err(source.plain(at, what, "write the address of one host"))
}

/// `ADDRESS/PREFIX` of the block's family, host bits kept.
fn cidr(source: Source<'_>, at: &At<'_>, raw: Text<'_>, v6: bool) -> Checked<IpNet> {
    let buffer = &mut Buffer::new();
    let text = plain(raw, buffer).unwrap_or_default();
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address = ip(source, at, address, v6)?;
    let width = value::width(address);
    let Some(prefix) = prefix else {
        let usual = if v6 { 64 } else { 24 };
        return Err(source.wrong(
            at,
            format_args!("the prefix length is missing"),
            format_args!("write it after the address: \"{address}/{usual}\" for the usual network, /{width} for one host"),
        ));
    };
    if let Some(prefix) = netmask(prefix) {
        return Err(source.wrong(
            at,
            format_args!("a netmask where a prefix length belongs"),
            format_args!("write \"{address}/{prefix}\""),
        ));
    }
    let digits = !prefix.is_empty() && prefix.bytes().all(|c| c.is_ascii_digit());
    match prefix.parse() {
        Ok(prefix) if digits && prefix <= width => Ok(IpNet { address, prefix }),
        _ => Err(source.wrong(
            at,
            format_args!("no prefix length after the /"),
            format_args!("0 to {width}"),
        )),
    }
}

/// `255.255.255.0` → 24.
fn netmask(text: &str) -> Option<u32> {
    let bits = text.parse::<Ipv4Addr>().ok()?.to_bits();
    (bits.leading_ones() + bits.trailing_zeros() == 32).then(|| bits.leading_ones())
}

/// An address of one family.
fn ip(source: Source<'_>, at: &At<'_>, text: &str, v6: bool) -> Checked<IpAddr> {
    match text.parse::<IpAddr>() {
        Ok(address) if address.is_ipv6() == v6 => Ok(address),
        Ok(_) if v6 => Err(source.plain(
            at,
            "an IPv4 address in an ipv6 block",
            "it belongs in `ipv4`",
        )),
        Ok(_) => Err(source.plain(
            at,
            "an IPv6 address in an ipv4 block",
            "it belongs in `ipv6`",
        )),
        Err(_) if v6 => Err(source.plain(at, "not an IPv6 address", "as in \"fd00::150\"")),
        Err(_) => Err(source.plain(
            at,
            "not an IPv4 address",
            "four numbers from 0 to 255 without leading zeros, as in \"192.168.43.150\"",
        )),
    }
}

fn fallback(source: Source<'_>, at: &At<'_>, raw: &RawFallback<'_>) -> Checked<Fallback> {
    let address_at = at.key("address");
    let Some(address) = raw.address else {
        return Err(source.plain(
            &address_at,
            "missing",
            "as in \"address\": \"192.168.43.150/24\"",
        ));
    };
    let net = host(source, &address_at, address, false)?;
    let mut gateway = None;
    if let Some(raw) = raw.gateway {
        let at = at.key("gateway");
        let buffer = &mut Buffer::new();
        let via = ip(source, &at, plain(raw, buffer).unwrap_or_default(), false)?;
        neighbour(source, &at, via, &[net], false)?;
        gateway = Some(via);
    }
    Ok(Fallback {
        address: net,
        gateway,
        after_s: raw.after_s.unwrap_or(10),
    })
}

/// What a route of the block may rest upon.
struct Reach<'b> {
    v6: bool,
    metric: u32,
    /// Further addresses come from DHCP or router advertisements.
    learns: bool,
    addresses: &'b [IpNet],
}

fn routes(
    source: Source<'_>,
    at: &At<'_>,
    raw: &Option<Vec<RawRoute<'_>, MAX_ROUTES>>,
    reach: &Reach<'_>,
    out: &mut Vec<Route, MAX_ROUTES>,
) -> Checked<()> {
    let at = at.key("routes");
    for (n, raw) in raw.iter().flatten().enumerate() {
        let _ = out.push(route(source, &at.index(n), raw, reach)?);
    }
    Ok(())
}

fn route(source: Source<'_>, at: &At<'_>, raw: &RawRoute<'_>, reach: &Reach<'_>) -> Checked<Route> {
    let to_at = at.key("to");
    let Some(to) = raw.to else {
        return Err(source.plain(
            &to_at,
            "missing",
            "\"default\", or a network as in \"10.1.0.0/16\"",
        ));
    };
    let to = destination(source, &to_at, to, reach.v6)?;
    let mut via = None;
    if let Some(raw) = raw.via {
        let at = at.key("via");
        let buffer = &mut Buffer::new();
        let address = ip(
            source,
            &at,
            plain(raw, buffer).unwrap_or_default(),
            reach.v6,
        )?;
        neighbour(source, &at, address, reach.addresses, reach.learns)?;
        via = Some(address);
    }
    let metric = raw.metric.unwrap_or(reach.metric);
    if reach.v6 && metric == 0 {
        return Err(source.plain(
            &at.key("metric"),
            "out of range",
            "1 or more: the kernel takes 0 as 1024",
        ));
    }
    Ok(Route { to, via, metric })
}

fn destination(source: Source<'_>, at: &At<'_>, raw: Text<'_>, v6: bool) -> Checked<IpNet> {
    if raw.0 == "default" {
        let address = if v6 {
            IpAddr::V6(Ipv6Addr::UNSPECIFIED)
        } else {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED)
        };
        return Ok(IpNet { address, prefix: 0 });
    }
    let net = cidr(source, at, raw, v6)?;
    let right = value::network(&net);
    if right == net {
        return Ok(net);
    }
    Err(source.wrong(
        at,
        format_args!("this is an address inside a network, not the network itself"),
        format_args!(
            "write \"{right}\", or \"{}/{}\" for this one host",
            net.address,
            value::width(net.address)
        ),
    ))
}

/// A gateway: a host other than this box, on a network that the block is on.
fn neighbour(
    source: Source<'_>,
    at: &At<'_>,
    via: IpAddr,
    own: &[IpNet],
    learns: bool,
) -> Checked<()> {
    usable(source, at, via)?;
    if own.iter().any(|net| net.address == via) {
        return Err(source.plain(
            at,
            "this is the box's own address",
            "write the router's address",
        ));
    }
    let Some(net) = own.iter().find(|net| value::contains(net, via)) else {
        let local = matches!(via, IpAddr::V6(v6) if v6.is_unicast_link_local());
        return if learns || local {
            Ok(())
        } else {
            Err(unreachable(source, at, own))
        };
    };
    let there = IpNet {
        address: via,
        ..*net
    };
    let single = net.prefix + 1 >= value::width(via);
    if value::is_broadcast(&there)
        || (via.is_ipv4() && !single && value::network(net).address == via)
    {
        return Err(source.wrong(
            at,
            format_args!(
                "this is the first or last address of {}, which no router has",
                value::network(net)
            ),
            format_args!("write the router's address"),
        ));
    }
    Ok(())
}

fn unreachable(source: Source<'_>, at: &At<'_>, own: &[IpNet]) -> ConfigError {
    let Some(net) = own.first() else {
        return source.plain(
            at,
            "this gateway cannot be reached: the block has no address",
            "give the block an address in the gateway's network",
        );
    };
    source.wrong(
        at,
        format_args!(
            "this gateway cannot be reached: it is not in {}",
            value::network(net)
        ),
        format_args!(
            "write a gateway in that network, or give the block an address in the gateway's"
        ),
    )
}

fn dns(source: Source<'_>, at: &At<'_>, raw: &Option<Texts<'_>>, out: &mut IpBlock) -> Checked<()> {
    for (n, text) in raw.iter().flatten().enumerate() {
        let at = at.index(n);
        let buffer = &mut Buffer::new();
        let text = plain(*text, buffer).unwrap_or_default();
        let server = match text.parse::<IpAddr>() {
            Ok(server) if !server.is_unspecified() && !server.is_multicast() => server,
            _ => {
                return Err(source.plain(
                    &at,
                    "not the address of a name server",
                    "as in \"192.168.43.1\"",
                ));
            }
        };
        if out.dns.contains(&server) {
            return Err(source.plain(&at, "this server stands here twice", "keep one of the two"));
        }
        let _ = out.dns.push(server);
    }
    Ok(())
}

fn search(
    source: Source<'_>,
    at: &At<'_>,
    raw: &Option<Texts<'_>>,
    out: &mut IpBlock,
) -> Checked<()> {
    for (n, text) in raw.iter().flatten().enumerate() {
        let at = at.index(n);
        let buffer = &mut Buffer::new();
        let Some(name) = plain(*text, buffer).and_then(value::dns_name) else {
            return Err(source.plain(
                &at,
                "not a domain's name",
                "letters, digits, - and single dots, as in \"lan.example.org\"",
            ));
        };
        if out.search.contains(&name) {
            return Err(source.plain(&at, "this domain stands here twice", "keep one of the two"));
        }
        let _ = out.search.push(name);
    }
    Ok(())
}
