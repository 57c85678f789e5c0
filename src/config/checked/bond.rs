//! `bond`, `bridges` and `links`: the roles of interfaces.
use super::eap;
use super::ip;
use super::value::{self, Buffer, plain};
use crate::config::document::Node;
use crate::config::error::Checked;
use crate::config::path::Step;
use crate::config::types::{
    Bond, Bridge, FailOverMac, IfName, IpBlock, Link, MAX_MEMBERS, Matcher, PrimaryReselect,
};
use heapless::{String, Vec};

/// The defaults of `bond`.
pub fn standard() -> Bond {
    let members = Vec::from_iter([Matcher::WifiAny]);
    Bond {
        name: IfName::try_from("bond0").unwrap_or_default(),
        primary: members.first().cloned(),
        members,
        primary_reselect: PrimaryReselect::Always,
        fail_over_mac: FailOverMac::Active,
        miimon_ms: 100,
        updelay_ms: 0,
        downdelay_ms: 0,
        wired_auth: None,
        ip: IpBlock::default(),
    }
}

/// The defaults of a wired interface's block: its metric is lower than the bond's.
pub fn wired() -> IpBlock {
    let mut ip = IpBlock::default();
    ip.ipv4.metric = 10;
    ip.ipv6.metric = 10;
    ip.ipv4.link_local = true;
    ip
}

/// Reads `bond` into `out`, which is [`standard`].
pub fn bond(node: Node<'_>, out: &mut Bond) {
    if let Some(name) = node.get("name").and_then(|node| node.keep(name(node))) {
        out.name = name;
    }
    let members = node.get("members");
    if let Some(node) = members {
        out.members.clear();
        matchers(node, &mut out.members);
    }
    // A member that could not be read may be the one that is meant.
    let is_sound = members.is_none_or(|members| !members.has_errors());
    out.primary = match node.get("primary").filter(|_| is_sound) {
        Some(node) => node.keep(primary(node, &out.members)),
        None => out.members.first().cloned(),
    };
    let reselect = node.choice("primary_reselect");
    out.primary_reselect = reselect.unwrap_or(out.primary_reselect);
    out.fail_over_mac = node.choice("fail_over_mac").unwrap_or(out.fail_over_mac);
    node.keep(own_macs(node, out));
    out.miimon_ms = node.number("miimon_ms").unwrap_or(out.miimon_ms);
    if !node.is_wrong("miimon_ms") {
        let delay = |key| node.keep(delay(node, key, out.miimon_ms)).unwrap_or(0);
        (out.updelay_ms, out.downdelay_ms) = (delay("updelay_ms"), delay("downdelay_ms"));
    }
    if let Some(auth) = node.get("wired_auth") {
        if is_sound && !out.members.is_empty() && out.members.iter().all(is_wifi) {
            let what = "all members are Wi-Fi, and these have no wired authentication";
            node.error(auth.plain(what, "their networks stand in `wifi`"));
        }
        out.wired_auth = eap::eap(auth);
    }
    ip::block(node, &mut out.ip);
}

/// The name of a bridge or bond that is made.
fn name(node: Node<'_>) -> Checked<IfName> {
    let buffer = &mut Buffer::new();
    let name = value::if_name(plain(node.raw(), buffer));
    name.map_err(|why| node.plain("not the name of an interface", why))
}

/// An adapter, by any of the kinds of [`Matcher`].
pub fn matcher(node: Node<'_>) -> Checked<Matcher> {
    let buffer = &mut Buffer::new();
    let matcher = value::matcher(plain(node.raw(), buffer));
    matcher.map_err(|why| node.plain("this names no adapter", why))
}

/// A list of adapters. Whether one is named twice is checked later, with all roles.
fn matchers(list: Node<'_>, out: &mut Vec<Matcher, MAX_MEMBERS>) {
    for node in list.parts() {
        if let Some(member) = node.keep(matcher(node)) {
            let _ = out.push(member);
        }
    }
}

/// Whether it is certainly Wi-Fi. What the others match is known on the machine only.
pub(super) fn is_wifi(matcher: &Matcher) -> bool {
    matches!(matcher, Matcher::WifiAny)
}

/// The preferred member: one of the list, or a name that one of its patterns may turn
/// out to have.
fn primary(node: Node<'_>, members: &[Matcher]) -> Checked<Matcher> {
    let primary = matcher(node)?;
    let only_names = members
        .iter()
        .all(|member| matches!(member, Matcher::Name(_)));
    if members.contains(&primary) || (!only_names && !primary.is_pattern()) {
        return Ok(primary);
    }
    if members.is_empty() {
        let what = "a preferred member, and no members";
        return Err(node.plain(what, "take this key out, or fill `members`"));
    }
    let mut list: String<160> = String::new();
    for (n, member) in members.iter().enumerate() {
        let comma = if n > 0 { ", " } else { "" };
        let _ = core::fmt::write(&mut list, format_args!("{comma}{member}"));
    }
    Err(node.wrong(
        format_args!("{primary} is no member of the bond"),
        format_args!("its members are {list}"),
    ))
}

/// Wi-Fi members must keep their own hardware addresses.
fn own_macs(node: Node<'_>, bond: &Bond) -> Checked<()> {
    let wifi = bond.members.iter().find(|member| is_wifi(member));
    let (Some(member), Some(node), false) = (
        wifi,
        node.get("fail_over_mac"),
        bond.fail_over_mac == FailOverMac::Active,
    ) else {
        return Ok(());
    };
    Err(node.wrong(
        format_args!("{member} is Wi-Fi, and such adapters keep their own hardware address"),
        format_args!("write \"active\": access points drop every frame with another address"),
    ))
}

/// The kernel silently rounds a delay down to a multiple of miimon.
fn delay(node: Node<'_>, key: &'static str, miimon: u32) -> Checked<u32> {
    let Some(delay) = node.number(key) else {
        return Ok(0);
    };
    let rest = delay % miimon.max(1);
    if rest == 0 {
        return Ok(delay);
    }
    let low = delay - rest;
    Err(node.wrong_in(
        &[Step::Key(key)],
        format_args!("not a multiple of miimon_ms, which is {miimon}"),
        format_args!("write {low} or {}", low + miimon),
    ))
}

/// An entry of `bridges`.
pub fn bridge(node: Node<'_>) -> Bridge {
    let name = node.keep(match node.get("name") {
        Some(node) => name(node),
        None => Err(node.missing("name", "as in \"name\": \"br0\"")),
    });
    let mut bridge = Bridge {
        name: name.unwrap_or_default(),
        members: Vec::new(),
        ip: wired(),
    };
    for node in node.items("members") {
        if let Some(member) = node.keep(bridged(node)) {
            let _ = bridge.members.push(member);
        }
    }
    if node.items("members").next().is_none() {
        let cure = "as in \"members\": [\"eth0\", \"eth1\"]";
        node.error(node.plain_in("members", "missing or empty", cure));
    }
    ip::block(node, &mut bridge.ip);
    bridge
}

/// A member of a bridge.
fn bridged(node: Node<'_>) -> Checked<Matcher> {
    let member = matcher(node)?;
    if is_wifi(&member) {
        return Err(node.plain(
            "Wi-Fi cannot be in a bridge: the kernel refuses it",
            "Wi-Fi adapters belong in `bond.members`",
        ));
    }
    Ok(member)
}

/// An entry of `links`.
pub fn link(node: Node<'_>) -> Option<Link> {
    let name = node.keep(match node.get("name") {
        Some(node) => matcher(node),
        None => Err(node.missing("name", "as in \"name\": \"eth0\"")),
    });
    let mut ip = wired();
    let mut wired_auth = None;
    if let Some(auth) = node.get("wired_auth") {
        if name.as_ref().is_some_and(is_wifi) {
            let what = "a Wi-Fi adapter has no wired authentication";
            node.error(auth.plain(what, "its networks stand in `wifi`"));
        }
        wired_auth = eap::eap(auth);
    }
    ip::block(node, &mut ip);
    Some(Link {
        name: name?,
        wired_auth,
        ip,
    })
}
