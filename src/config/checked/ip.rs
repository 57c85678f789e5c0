//! `ipv4` and `ipv6` blocks, `dns` and `search` of one interface.
use super::address::{cidr, host, ip, neighbour};
use super::value::{self, Buffer, plain};
use crate::config::document::Node;
use crate::config::error::{Checked, ConfigError};
use crate::config::types::{
    DnsName, Fallback, IpBlock, IpNet, Ipv4, Ipv6, Ipv6Mode, MAX_ADDRESSES, MAX_ROUTES, Route,
    RouteScope,
};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use heapless::Vec;

/// Reads the blocks of `interface` into `out`, which has the defaults.
pub fn block(interface: Node<'_>, out: &mut IpBlock) {
    if let Some(node) = interface.get("ipv4") {
        ipv4(node, &mut out.ipv4);
    }
    if let Some(node) = interface.get("ipv6") {
        ipv6(node, &mut out.ipv6);
    }
    for node in interface.items("dns") {
        let server = node.keep(server(node, &out.dns));
        if let Some(server) = server {
            let _ = out.dns.push(server);
        }
    }
    for node in interface.items("search") {
        let name = node.keep(search(node, &out.search));
        if let Some(name) = name {
            let _ = out.search.push(name);
        }
    }
}

fn ipv4(node: Node<'_>, out: &mut Ipv4) {
    out.dhcp = node.flag("dhcp").unwrap_or(out.dhcp);
    out.iaid = node.number("iaid");
    out.metric = node.number("metric").unwrap_or(out.metric);
    out.link_local = node.flag("link_local").unwrap_or(out.link_local);
    if let Some(part) = node
        .get("link_local")
        .filter(|_| out.link_local && !out.dhcp)
    {
        node.error(part.plain(
            "a link-local address is for the time without a DHCP lease, and \"dhcp\" is false",
            "put an address into `addresses`, or leave \"link_local\" out",
        ));
    }
    addresses(node, false, &mut out.addresses);
    if let Some(part) = node.get("fallback") {
        if !out.dhcp {
            node.error(part.plain(
                "a fallback is for the time without a DHCP lease, and \"dhcp\" is false",
                "put the address into `addresses`",
            ));
        }
        out.fallback = fallback(part);
    }
    let reach = Reach {
        v6: false,
        metric: out.metric,
        learns: out.dhcp,
        addresses: &out.addresses,
    };
    routes(node, &reach, &mut out.routes);
}

fn ipv6(node: Node<'_>, out: &mut Ipv6) {
    out.mode = node.choice("mode").unwrap_or(out.mode);
    out.iaid = node.number("iaid");
    out.metric = node.number("metric").unwrap_or(out.metric);
    addresses(node, true, &mut out.addresses);
    let reach = Reach {
        v6: true,
        metric: out.metric,
        learns: out.mode != Ipv6Mode::Off,
        addresses: &out.addresses,
    };
    routes(node, &reach, &mut out.routes);
    if out.mode == Ipv6Mode::Off && (!out.addresses.is_empty() || !out.routes.is_empty()) {
        node.error(node.plain_in(
            "mode",
            "\"off\" beside addresses or routes",
            "\"off\" means no IPv6 at all: write \"auto\", or take the addresses and routes out",
        ));
    }
}

fn addresses(block: Node<'_>, v6: bool, out: &mut Vec<IpNet, MAX_ADDRESSES>) {
    for node in block.items("addresses") {
        let net = host(node, v6).and_then(|net| {
            match out.iter().any(|other| other.address == net.address) {
                true => Err(twice(node, "this address stands here twice")),
                false => Ok(net),
            }
        });
        if let Some(net) = node.keep(net) {
            let _ = out.push(net);
        }
    }
}

fn twice(node: Node<'_>, what: &str) -> ConfigError {
    node.plain(what, "keep one of the two")
}

/// `None`: it is wrong.
fn fallback(node: Node<'_>) -> Option<Fallback> {
    let address = node.keep(match node.get("address") {
        Some(node) => host(node, false),
        None => Err(node.missing("address", "as in \"address\": \"192.168.43.150/24\"")),
    })?;
    let gateway = node.get("gateway");
    let gateway = gateway.map(|node| node.keep(self::gateway(node, false, &[address], false)));
    Some(Fallback {
        address,
        gateway: gateway.flatten(),
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

/// Gateways are judged by the block's addresses, where these are right.
fn routes(block: Node<'_>, reach: &Reach<'_>, out: &mut Vec<Route, MAX_ROUTES>) {
    let addresses = block.get("addresses");
    let unsure = addresses.is_some_and(Node::has_errors) || block.is_wrong("dhcp");
    let reach = Reach {
        learns: reach.learns || unsure,
        ..*reach
    };
    for node in block.items("routes") {
        if let Some(route) = route(node, &reach) {
            let _ = out.push(route);
        }
    }
}

/// `None`: it is wrong.
fn route(node: Node<'_>, reach: &Reach<'_>) -> Option<Route> {
    let to = node.keep(match node.get("to") {
        Some(to) => destination(to, reach.v6),
        None => Err(node.missing("to", "\"default\", or a network as in \"10.1.0.0/16\"")),
    });
    let onlink = node.flag("onlink").unwrap_or(false);
    let via = node.get("via").map(|via| {
        let learns = reach.learns || onlink;
        node.keep(gateway(via, reach.v6, reach.addresses, learns))
    });
    if via.is_none() && onlink {
        node.error(node.plain_in(
            "onlink",
            "it says how the gateway is reached, and there is no `via`",
            "add the gateway, or take \"onlink\" out",
        ));
    }
    let metric = node.number("metric").unwrap_or(reach.metric);
    let mtu = node.number("mtu");
    let too_small = [
        (
            "metric",
            metric == 0,
            "1 or more: the kernel takes 0 as 1024",
        ),
        (
            "mtu",
            mtu.is_some_and(|mtu| mtu < LEAST_MTU6),
            "1280 or more: IPv6 needs it, RFC 8200",
        ),
    ];
    for (key, wrong, cure) in too_small {
        if reach.v6 && wrong {
            node.error(node.plain_in(key, "out of range", cure));
        }
    }
    let src = node.get("src").map(|src| node.keep(source(src, reach)));
    let scope = node.choice("scope");
    node.keep(is_scope(node, reach, scope));
    let (to, via) = (to?, via.flatten());
    Some(Route {
        src: src.flatten(),
        onlink,
        mtu,
        scope: scope.unwrap_or(RouteScope::usual(via, to.address)),
        ..Route::new(to, via, metric)
    })
}

/// Octets that every link of IPv6 must carry whole (RFC 8200, 5).
const LEAST_MTU6: u32 = 1280;

/// An address of this machine: the kernel refuses any other (EINVAL).
fn source(node: Node<'_>, reach: &Reach<'_>) -> Checked<IpAddr> {
    let buffer = &mut Buffer::new();
    let src = ip(node, plain(node.raw(), buffer), reach.v6)?;
    let own = reach.addresses.iter().any(|net| net.address == src);
    match own || (reach.learns && !src.is_unspecified() && !src.is_multicast()) {
        true => Ok(src),
        false => Err(node.plain(
            "this is no address of the block, and the kernel refuses any other",
            "write one of `addresses`, without the prefix length",
        )),
    }
}

/// Whether the route may have this scope.
fn is_scope(route: Node<'_>, reach: &Reach<'_>, scope: Option<RouteScope>) -> Checked<()> {
    let Some(scope) = scope else { return Ok(()) };
    if reach.v6 {
        return Err(route.plain_in("scope", "routes of IPv6 have none", "take \"scope\" out"));
    }
    // fib_check_nh_v4_gw() in net/ipv4/fib_semantics.c.
    if route.has("via") && scope != RouteScope::GLOBAL {
        return Err(route.plain_in(
            "scope",
            "what lies behind a gateway is neither on the link nor on the box",
            "write \"global\", or take \"scope\" or `via` out",
        ));
    }
    Ok(())
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

/// A name server that is not among `others`.
fn server(node: Node<'_>, others: &[IpAddr]) -> Checked<IpAddr> {
    let buffer = &mut Buffer::new();
    match plain(node.raw(), buffer).parse::<IpAddr>() {
        Ok(server) if others.contains(&server) => Err(twice(node, "this server stands here twice")),
        Ok(server) if !server.is_unspecified() && !server.is_multicast() => Ok(server),
        _ => Err(node.plain("not the address of a name server", "as in \"192.168.43.1\"")),
    }
}

/// A search domain that is not among `others`.
fn search(node: Node<'_>, others: &[DnsName]) -> Checked<DnsName> {
    let buffer = &mut Buffer::new();
    match value::dns_name(plain(node.raw(), buffer)) {
        Some(name) if others.contains(&name) => Err(twice(node, "this domain stands here twice")),
        Some(name) => Ok(name),
        None => Err(node.plain(
            "not a domain's name",
            "letters, digits, - and single dots, as in \"lan.example.org\"",
        )),
    }
}
