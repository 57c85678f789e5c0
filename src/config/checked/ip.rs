//! `ipv4` and `ipv6` blocks, `dns` and `search` of one interface.
use super::address::{cidr, host, ip, neighbour};
use super::value::{self, Buffer, plain};
use crate::config::document::Node;
use crate::config::error::Checked;
use crate::config::types::{
    Fallback, IpBlock, IpNet, Ipv4, Ipv6, Ipv6Mode, MAX_ADDRESSES, MAX_ROUTES, Route, RouteScope,
};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use heapless::Vec;

/// Reads the blocks of `interface` into `out`, which has the defaults.
pub fn block(interface: Node<'_>, out: &mut IpBlock) -> Checked<()> {
    if let Some(node) = interface.get("ipv4") {
        ipv4(node, &mut out.ipv4)?;
    }
    if let Some(node) = interface.get("ipv6") {
        ipv6(node, &mut out.ipv6)?;
    }
    dns(interface, out)?;
    search(interface, out)
}

fn ipv4(node: Node<'_>, out: &mut Ipv4) -> Checked<()> {
    out.dhcp = node.flag("dhcp").unwrap_or(out.dhcp);
    out.iaid = node.number("iaid");
    out.metric = node.number("metric").unwrap_or(out.metric);
    addresses(node, false, &mut out.addresses)?;
    if let Some(fallback_node) = node.get("fallback") {
        if !out.dhcp {
            return Err(fallback_node.plain(
                "a fallback is for the time without a DHCP lease, and \"dhcp\" is false",
                "put the address into `addresses`",
            ));
        }
        out.fallback = Some(fallback(fallback_node)?);
    }
    let reach = Reach {
        v6: false,
        metric: out.metric,
        learns: out.dhcp,
        addresses: &out.addresses,
    };
    routes(node, &reach, &mut out.routes)
}

fn ipv6(node: Node<'_>, out: &mut Ipv6) -> Checked<()> {
    out.mode = node.choice("mode").unwrap_or(out.mode);
    out.iaid = node.number("iaid");
    out.metric = node.number("metric").unwrap_or(out.metric);
    addresses(node, true, &mut out.addresses)?;
    let reach = Reach {
        v6: true,
        metric: out.metric,
        learns: out.mode != Ipv6Mode::Off,
        addresses: &out.addresses,
    };
    routes(node, &reach, &mut out.routes)?;
    if out.mode == Ipv6Mode::Off && (!out.addresses.is_empty() || !out.routes.is_empty()) {
        return Err(node.plain_in(
            "mode",
            "\"off\" beside addresses or routes",
            "\"off\" means no IPv6 at all: write \"auto\", or take the addresses and routes out",
        ));
    }
    Ok(())
}

fn addresses(block: Node<'_>, v6: bool, out: &mut Vec<IpNet, MAX_ADDRESSES>) -> Checked<()> {
    for node in block.items("addresses") {
        let net = host(node, v6)?;
        if out.iter().any(|other| other.address == net.address) {
            return Err(node.plain("this address stands here twice", "keep one of the two"));
        }
        let _ = out.push(net);
    }
    Ok(())
}

fn fallback(node: Node<'_>) -> Checked<Fallback> {
    let Some(address) = node.get("address") else {
        return Err(node.missing("address", "as in \"address\": \"192.168.43.150/24\""));
    };
    let address = host(address, false)?;
    let gateway = match node.get("gateway") {
        Some(node) => Some(gateway(node, false, &[address], false)?),
        None => None,
    };
    Ok(Fallback {
        address,
        gateway,
        after_s: node.number("after_s").unwrap_or(10),
    })
}

fn gateway(node: Node<'_>, v6: bool, own: &[IpNet], learns: bool) -> Checked<IpAddr> {
    let buffer = &mut Buffer::new();
    let via = ip(node, plain(node.raw(), buffer), v6)?;
    neighbour(node, via, own, learns)?;
    Ok(via)
}

/// What the checks of a block's routes need.
struct Reach<'b> {
    v6: bool,
    metric: u32,
    /// Further addresses come from DHCP or router advertisements.
    learns: bool,
    addresses: &'b [IpNet],
}

fn routes(block: Node<'_>, reach: &Reach<'_>, out: &mut Vec<Route, MAX_ROUTES>) -> Checked<()> {
    for node in block.items("routes") {
        let _ = out.push(route(node, reach)?);
    }
    Ok(())
}

fn route(node: Node<'_>, reach: &Reach<'_>) -> Checked<Route> {
    let Some(to) = node.get("to") else {
        return Err(node.missing("to", "\"default\", or a network as in \"10.1.0.0/16\""));
    };
    let to = destination(to, reach.v6)?;
    let onlink = node.flag("onlink").unwrap_or(false);
    let via = match node.get("via") {
        Some(node) => Some(gateway(
            node,
            reach.v6,
            reach.addresses,
            reach.learns || onlink,
        )?),
        None if onlink => {
            return Err(node.plain_in(
                "onlink",
                "it says how the gateway is reached, and there is no `via`",
                "add the gateway, or take \"onlink\" out",
            ));
        }
        None => None,
    };
    let metric = node.number("metric").unwrap_or(reach.metric);
    if reach.v6 && metric == 0 {
        let cure = "1 or more: the kernel takes 0 as 1024";
        return Err(node.plain_in("metric", "out of range", cure));
    }
    let mtu = node.number("mtu");
    if reach.v6 && mtu.is_some_and(|mtu| mtu < LEAST_MTU6) {
        let cure = "1280 or more: IPv6 needs it, RFC 8200";
        return Err(node.plain_in("mtu", "out of range", cure));
    }
    Ok(Route {
        src: source(node, reach)?,
        onlink,
        mtu,
        scope: scope(node, reach, via, to)?,
        ..Route::new(to, via, metric)
    })
}

/// Octets that every link of IPv6 must carry whole (RFC 8200, 5).
const LEAST_MTU6: u32 = 1280;

/// An address of this machine: the kernel refuses any other (EINVAL).
fn source(route: Node<'_>, reach: &Reach<'_>) -> Checked<Option<IpAddr>> {
    let Some(node) = route.get("src") else {
        return Ok(None);
    };
    let buffer = &mut Buffer::new();
    let src = ip(node, plain(node.raw(), buffer), reach.v6)?;
    let own = reach.addresses.iter().any(|net| net.address == src);
    match own || (reach.learns && !src.is_unspecified() && !src.is_multicast()) {
        true => Ok(Some(src)),
        false => Err(node.plain(
            "this is no address of the block, and the kernel refuses any other",
            "write one of `addresses`, without the prefix length",
        )),
    }
}

fn scope(
    route: Node<'_>,
    reach: &Reach<'_>,
    via: Option<IpAddr>,
    to: IpNet,
) -> Checked<RouteScope> {
    let Some(scope) = route.choice("scope") else {
        return Ok(RouteScope::usual(via, to.address));
    };
    if reach.v6 {
        return Err(route.plain_in("scope", "routes of IPv6 have none", "take \"scope\" out"));
    }
    // fib_check_nh_v4_gw() in net/ipv4/fib_semantics.c.
    if via.is_some() && scope != RouteScope::GLOBAL {
        return Err(route.plain_in(
            "scope",
            "what lies behind a gateway is neither on the link nor on the box",
            "write \"global\", or take \"scope\" or `via` out",
        ));
    }
    Ok(scope)
}

fn destination(node: Node<'_>, v6: bool) -> Checked<IpNet> {
    if node.raw() == "default" {
        let address = if v6 {
            IpAddr::V6(Ipv6Addr::UNSPECIFIED)
        } else {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED)
        };
        return Ok(IpNet { address, prefix: 0 });
    }
    let net = cidr(node, v6)?;
    let right = value::network(&net);
    if right == net {
        return Ok(net);
    }
    Err(node.wrong(
        format_args!("this is an address inside a network, not the network itself"),
        format_args!(
            "write \"{right}\", or \"{}/{}\" for this one host",
            net.address,
            value::width(net.address)
        ),
    ))
}

fn dns(interface: Node<'_>, out: &mut IpBlock) -> Checked<()> {
    for node in interface.items("dns") {
        let buffer = &mut Buffer::new();
        let server = match plain(node.raw(), buffer).parse::<IpAddr>() {
            Ok(server) if !server.is_unspecified() && !server.is_multicast() => server,
            _ => {
                return Err(
                    node.plain("not the address of a name server", "as in \"192.168.43.1\"")
                );
            }
        };
        if out.dns.contains(&server) {
            return Err(node.plain("this server stands here twice", "keep one of the two"));
        }
        let _ = out.dns.push(server);
    }
    Ok(())
}

fn search(interface: Node<'_>, out: &mut IpBlock) -> Checked<()> {
    for node in interface.items("search") {
        let buffer = &mut Buffer::new();
        let Some(name) = value::dns_name(plain(node.raw(), buffer)) else {
            return Err(node.plain(
                "not a domain's name",
                "letters, digits, - and single dots, as in \"lan.example.org\"",
            ));
        };
        if out.search.contains(&name) {
            return Err(node.plain("this domain stands here twice", "keep one of the two"));
        }
        let _ = out.search.push(name);
    }
    Ok(())
}
