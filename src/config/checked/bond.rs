//! `bond`, `bridges` and `links`: which interface does what.
use super::ip::{self, RawBlock};
use super::value::{self, Buffer, plain};
use super::wifi;
use crate::config::error::ConfigError;
use crate::config::grammar::{FAIL_OVER_MAC, RESELECT, RawBond, RawBridge, RawLink, Text, Texts};
use crate::config::place::{At, Source};
use crate::config::types::{
    Bond, Bridge, FailOverMac, IfName, IpBlock, Link, MAX_MEMBERS, Matcher, PrimaryReselect,
};
use heapless::Vec;

type Checked<T> = Result<T, ConfigError>;

/// What a bond's blocks have without a metric of their own.
pub const BOND_METRIC: u32 = 100;
/// The same for a wired interface: a cable is preferred to the bond.
pub const WIRED_METRIC: u32 = 10;

/// What `bond` is where the file says nothing.
pub fn standard() -> Bond {
    let name = |text| Matcher::Name(IfName::try_from(text).unwrap_or_default());
    let members = Vec::from_iter([name("wlan0"), name("wlan1")]);
    Bond {
        name: IfName::try_from("bond0").unwrap_or_default(),
        primary: members.first().cloned(),
        members,
        primary_reselect: PrimaryReselect::Always,
        fail_over_mac: FailOverMac::Active,
        miimon_ms: 100,
        updelay_ms: 0,
        downdelay_ms: 0,
        ip: IpBlock::default(),
    }
}

/// `out` holds the standard values.
pub fn bond(source: Source<'_>, raw: &RawBond<'_>, out: &mut Bond) -> Checked<()> {
    let at = &At::ROOT.key("bond");
    if let Some(text) = raw.name {
        out.name = name(source, &at.key("name"), text)?;
    }
    if let Some(texts) = &raw.members {
        out.members.clear();
        matchers(source, &at.key("members"), texts, &mut out.members)?;
    }
    out.primary = match raw.primary {
        Some(text) => Some(primary(source, &at.key("primary"), text, &out.members)?),
        None => out.members.first().cloned(),
    };
    out.primary_reselect = match raw.primary_reselect.map(|word| position(RESELECT, word)) {
        Some(1) => PrimaryReselect::Better,
        Some(2) => PrimaryReselect::Failure,
        _ => PrimaryReselect::Always,
    };
    out.fail_over_mac = match raw.fail_over_mac.map(|word| position(FAIL_OVER_MAC, word)) {
        Some(0) => FailOverMac::None,
        Some(2) => FailOverMac::Follow,
        _ => FailOverMac::Active,
    };
    own_macs(source, &at.key("fail_over_mac"), out)?;
    out.miimon_ms = raw.miimon_ms.unwrap_or(out.miimon_ms);
    out.updelay_ms = delay(source, &at.key("updelay_ms"), raw.updelay_ms, out.miimon_ms)?;
    out.downdelay_ms = delay(
        source,
        &at.key("downdelay_ms"),
        raw.downdelay_ms,
        out.miimon_ms,
    )?;
    let raw = RawBlock {
        ipv4: &raw.ipv4,
        ipv6: &raw.ipv6,
        dns: &raw.dns,
        search: &raw.search,
    };
    ip::block(source, at, raw, BOND_METRIC, &mut out.ip)
}

fn position(words: &[&str], word: Text<'_>) -> usize {
    words
        .iter()
        .position(|known| *known == word.0)
        .unwrap_or(words.len())
}

/// A bridge or bond of this name is made.
fn name(source: Source<'_>, at: &At<'_>, raw: Text<'_>) -> Checked<IfName> {
    let buffer = &mut Buffer::new();
    let text = plain(raw, buffer).unwrap_or_default();
    value::if_name(text).map_err(|why| source.plain(at, "not the name of an interface", why))
}

fn matcher(source: Source<'_>, at: &At<'_>, raw: Text<'_>) -> Checked<Matcher> {
    let buffer = &mut Buffer::new();
    let text = plain(raw, buffer).unwrap_or_default();
    value::matcher(text).map_err(|why| source.plain(at, "this names no adapter", why))
}

/// A list of adapters. Whether one is named twice is seen later, with all roles.
pub fn matchers(
    source: Source<'_>,
    at: &At<'_>,
    raw: &Texts<'_>,
    out: &mut Vec<Matcher, MAX_MEMBERS>,
) -> Checked<()> {
    for (n, text) in raw.iter().enumerate() {
        let _ = out.push(matcher(source, &at.index(n), *text)?);
    }
    Ok(())
}

/// The preferred member: one of the list, or a name that one of its patterns may turn
/// out to have.
fn primary(
    source: Source<'_>,
    at: &At<'_>,
    raw: Text<'_>,
    members: &[Matcher],
) -> Checked<Matcher> {
    let primary = matcher(source, at, raw)?;
    let only_names = members
        .iter()
        .all(|member| matches!(member, Matcher::Name(_)));
    let pattern = matches!(primary, Matcher::UsbAny | Matcher::Driver(_));
    if members.contains(&primary) || (!only_names && !pattern) {
        return Ok(primary);
    }
    let mut list: heapless::String<160> = heapless::String::new();
    for (n, member) in members.iter().enumerate() {
        let comma = if n > 0 { ", " } else { "" };
        let _ = core::fmt::write(&mut list, format_args!("{comma}{member}"));
    }
    Err(if members.is_empty() {
        source.plain(
            at,
            "a preferred member, and no members",
            "take this key out, or fill `members`",
        )
    } else {
        source.wrong(
            at,
            format_args!("{primary} is no member of the bond"),
            format_args!("its members are {list}"),
        )
    })
}

/// Wi-Fi members need each their own hardware address.
fn own_macs(source: Source<'_>, at: &At<'_>, bond: &Bond) -> Checked<()> {
    let wifi = |member: &&Matcher| matches!(member, Matcher::Name(name) if name.starts_with("wl"));
    let (Some(member), true) = (
        bond.members.iter().find(wifi),
        bond.fail_over_mac != FailOverMac::Active,
    ) else {
        return Ok(());
    };
    Err(source.wrong(
        at,
        format_args!("{member} is a Wi-Fi adapter, and these keep their own hardware address"),
        format_args!("write \"active\": access points drop every frame with another address"),
    ))
}

/// The kernel rounds a delay down to a multiple of miimon and says nothing.
fn delay(source: Source<'_>, at: &At<'_>, raw: Option<u32>, miimon: u32) -> Checked<u32> {
    let delay = raw.unwrap_or(0);
    let rest = delay % miimon.max(1);
    if rest == 0 {
        return Ok(delay);
    }
    let low = delay - rest;
    Err(source.wrong(
        at,
        format_args!("not a multiple of miimon_ms, which is {miimon}"),
        format_args!("write {low} or {}", low + miimon),
    ))
}

pub fn bridge(source: Source<'_>, at: &At<'_>, raw: &RawBridge<'_>) -> Checked<Bridge> {
    let Some(text) = raw.name else {
        return Err(source.plain(&at.key("name"), "missing", "as in \"name\": \"br0\""));
    };
    let mut bridge = Bridge {
        name: name(source, &at.key("name"), text)?,
        members: Vec::new(),
        ip: IpBlock::default(),
    };
    let members_at = at.key("members");
    let Some(texts) = raw.members.as_ref().filter(|texts| !texts.is_empty()) else {
        return Err(source.plain(
            &members_at,
            "missing or empty",
            "as in \"members\": [\"eth0\", \"eth1\"]",
        ));
    };
    matchers(source, &members_at, texts, &mut bridge.members)?;
    let wifi = |member: &Matcher| matches!(member, Matcher::Name(name) if name.starts_with("wl"));
    if let Some(n) = bridge.members.iter().position(wifi) {
        return Err(source.plain(
            &members_at.index(n),
            "a Wi-Fi adapter cannot be in a bridge: the kernel refuses it",
            "Wi-Fi adapters belong in `bond.members`",
        ));
    }
    let raw = RawBlock {
        ipv4: &raw.ipv4,
        ipv6: &raw.ipv6,
        dns: &raw.dns,
        search: &raw.search,
    };
    ip::block(source, at, raw, WIRED_METRIC, &mut bridge.ip)?;
    Ok(bridge)
}

pub fn link(source: Source<'_>, at: &At<'_>, raw: &RawLink<'_>) -> Checked<Link> {
    let name_at = at.key("name");
    let Some(text) = raw.name else {
        return Err(source.plain(&name_at, "missing", "as in \"name\": \"eth0\""));
    };
    let mut link = standard_link(matcher(source, &name_at, text)?);
    if matches!(link.name, Matcher::UsbAny | Matcher::Driver(_)) {
        return Err(source.plain(
            &name_at,
            "a pattern for several adapters, and a link is one",
            "write \"NAME\", \"mac:…\" or \"usb:1-1.2\"",
        ));
    }
    if let Some(raw) = &raw.wired_auth {
        link.wired_auth = Some(wifi::eap(source, &at.key("wired_auth"), raw)?);
    }
    let raw = RawBlock {
        ipv4: &raw.ipv4,
        ipv6: &raw.ipv6,
        dns: &raw.dns,
        search: &raw.search,
    };
    ip::block(source, at, raw, WIRED_METRIC, &mut link.ip)?;
    Ok(link)
}

/// An interface of its own with nothing said about it.
pub fn standard_link(name: Matcher) -> Link {
    let mut ip = IpBlock::default();
    ip.ipv4.metric = WIRED_METRIC;
    ip.ipv6.metric = WIRED_METRIC;
    Link {
        name,
        wired_auth: None,
        ip,
    }
}
