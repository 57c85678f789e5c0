//! Addresses that this machine or its neighbours can have.
use super::value::{self, Buffer, plain};
use crate::config::document::Node;
use crate::config::error::{Checked, ConfigError};
use crate::config::types::IpNet;
use core::net::{IpAddr, Ipv4Addr};

/// An address of this machine with its prefix length: not that of the network or the broadcast.
pub fn host(node: Node<'_>, v6: bool) -> Checked<IpNet> {
    let net = cidr(node, v6)?;
    usable(node, net.address)?;
    let first = value::network(&net);
    let single = net.prefix + 1 >= value::width(net.address);
    if net.prefix == 0 {
        Err(node.plain(
            "a prefix length of 0 takes the whole world for the local network",
            "/24 is usual",
        ))
    } else if value::is_broadcast(&net) {
        Err(node.wrong(
            format_args!("this is the broadcast address of {first}"),
            format_args!("write an address between the first and the last of that network"),
        ))
    } else if first.address == net.address && !single {
        Err(node.wrong(
            format_args!("this is the address of the network {first} itself"),
            format_args!("write the address of one host in it"),
        ))
    } else {
        Ok(net)
    }
}

/// The error of an address that no single host can have.
fn usable(node: Node<'_>, address: IpAddr) -> Checked<()> {
    let broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
    let mapped = matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
    let what = if address.is_unspecified() {
        "the unspecified address"
    } else if address.is_loopback() {
        "a loopback address: it never leaves the box"
    } else if address.is_multicast() || broadcast {
        "a multicast or broadcast address: it belongs to many"
    } else if mapped {
        "an IPv4-mapped IPv6 address"
    } else {
        return Ok(());
    };
    Err(node.plain(what, "write the address of one host"))
}

/// `ADDRESS/PREFIX` of the block's family, host bits kept.
pub fn cidr(node: Node<'_>, v6: bool) -> Checked<IpNet> {
    let buffer = &mut Buffer::new();
    let text = plain(node.raw(), buffer);
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address = ip(node, address, v6)?;
    let width = value::width(address);
    let Some(prefix) = prefix else {
        let usual = if v6 { 64 } else { 24 };
        return Err(node.wrong(format_args!("the prefix length is missing"),
            format_args!("write it after the address: \"{address}/{usual}\" for the usual network, /{width} for one host"),
        ));
    };
    if let Some(prefix) = netmask(prefix) {
        return Err(node.wrong(
            format_args!("a netmask where a prefix length belongs"),
            format_args!("write \"{address}/{prefix}\""),
        ));
    }
    let digits = !prefix.is_empty() && prefix.bytes().all(|c| c.is_ascii_digit());
    match prefix.parse() {
        Ok(prefix) if digits && prefix <= width => Ok(IpNet { address, prefix }),
        _ => Err(node.wrong(
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
pub fn ip(node: Node<'_>, text: &str, v6: bool) -> Checked<IpAddr> {
    match text.parse::<IpAddr>() {
        Ok(address) if address.is_ipv6() == v6 => Ok(address),
        Ok(_) if v6 => Err(node.plain("an IPv4 address in an ipv6 block", "it belongs in `ipv4`")),
        Ok(_) => Err(node.plain("an IPv6 address in an ipv4 block", "it belongs in `ipv6`")),
        Err(_) if v6 => Err(node.plain("not an IPv6 address", "as in \"fd00::150\"")),
        Err(_) => Err(node.plain(
            "not an IPv4 address",
            "four numbers from 0 to 255 without leading zeros, as in \"192.168.43.150\"",
        )),
    }
}

/// A gateway: another host in a network of the block's addresses `own`, or in any where the block
/// also gets addresses from DHCP or router advertisements.
pub fn neighbour(node: Node<'_>, via: IpAddr, own: &[IpNet], learns: bool) -> Checked<()> {
    usable(node, via)?;
    if own.iter().any(|net| net.address == via) {
        return Err(node.plain(
            "this is the box's own address",
            "write the router's address",
        ));
    }
    let Some(net) = own.iter().find(|net| value::contains(net, via)) else {
        let local = matches!(via, IpAddr::V6(v6) if v6.is_unicast_link_local());
        return if learns || local {
            Ok(())
        } else {
            Err(unreachable(node, own))
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
        return Err(node.wrong(
            format_args!(
                "this is the first or last address of {}, which no router has",
                value::network(net)
            ),
            format_args!("write the router's address"),
        ));
    }
    Ok(())
}

fn unreachable(node: Node<'_>, own: &[IpNet]) -> ConfigError {
    let Some(net) = own.first() else {
        return node.plain(
            "this gateway cannot be reached: the block has no address",
            "give the block an address in the gateway's network",
        );
    };
    node.wrong(
        format_args!(
            "this gateway cannot be reached: it is not in {}",
            value::network(net)
        ),
        format_args!(
            "write a gateway in that network, or give the block an address in the gateway's"
        ),
    )
}
