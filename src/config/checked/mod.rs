//! The document → the checked [`Config`]: rules of single values and between fields.
//!
//! `reader.rs` has checked before that keys, types, ranges and words are those of the grammar.
//! Each function here takes the node that it checks, which has the position for an error. One that
//! reads several parts notes the errors of each ([`Node::keep`]) and goes on.
mod address;
mod bond;
mod country;
mod cross_checks;
mod eap;
mod ip;
pub mod value;
mod wifi;

use super::bounded::Bounded;
use super::document::{Document, Node};
use super::error::Checked;
use super::notice;
use super::types::{
    Bridge, Config, Duid, Health, LedName, Link, LogLevel, MAX_DUID, MIN_DUID, Matcher, Probe,
    Radio,
};
use core::net::IpAddr;
use heapless::String;
use value::{Buffer, plain};

/// The defaults of a file without any key, but for the default link.
pub fn defaults() -> Config {
    Config {
        country: None,
        hostname: None,
        duid: None,
        log_level: LogLevel::Info,
        led: None,
        wifi: Bounded::new(),
        bond: bond::standard(),
        bridges: Bounded::new(),
        links: Bounded::new(),
        radio: Radio::default(),
        health: Health::default(),
    }
}

/// The configuration where no file has ever worked: DHCP on every cable, no bond.
pub fn built_in() -> Config {
    let mut config = defaults();
    config.bond.members.clear();
    config.bond.primary = None;
    add_default_link(&mut config);
    config
}

/// Checks the file and writes it over `out`, which is [`defaults`]. Where it is wrong, the document
/// has the errors, and `out` is of no use.
pub fn file(document: &Document<'_>, out: &mut Config) {
    let file = document.root();
    let get = |key| file.get(key);
    out.country = get("country").and_then(|node| node.keep(country::country(node)));
    out.hostname = get("hostname").and_then(|node| node.keep(hostname(node)));
    out.duid = get("duid").and_then(|node| node.keep(duid(node))).flatten();
    out.log_level = file.choice("log_level").unwrap_or(out.log_level);
    out.led = get("led").and_then(|node| node.keep(led(node)));
    wifi::networks(file, &mut out.wifi);
    if file.items("wifi").next().is_some() && !file.has("country") {
        document.error(file.missing(
            "country",
            "Wi-Fi needs the country the box stands in, as in \"country\": \"BE\"",
        ));
    }
    if let Some(node) = get("bond") {
        bond::bond(node, &mut out.bond);
    }
    for node in file.items("bridges") {
        let _ = out.bridges.push(bond::bridge(node));
    }
    for node in file.items("links") {
        if let Some(link) = bond::link(node) {
            let _ = out.links.push(link);
        }
    }
    let default_link = !file.has("links") && add_default_link(out);
    if let Some(node) = get("radio") {
        radio(node, &mut out.radio);
    }
    if let Some(node) = get("health") {
        health(node, &mut out.health);
    }
    let is_sound = |key| get(key).is_none_or(|node| !node.has_errors());
    // What depends on several parts is judged where these are right.
    if !document.has_faults && ["bond", "bridges", "links"].into_iter().all(is_sound) {
        cross_checks::check(file, out, default_link, is_sound("wifi"));
    }
    if document.is_good() {
        notice::check(file, out);
    }
}

/// Every cable is a link of its own unless the file gives it another role.
fn add_default_link(config: &mut Config) -> bool {
    let bridged = |bridge: &Bridge| bridge.members.contains(&Matcher::WiredAny);
    let bonded = config.bond.members.contains(&Matcher::WiredAny);
    if bonded || config.bridges.iter().any(bridged) {
        return false;
    }
    let link = Link {
        name: Matcher::WiredAny,
        wired_auth: None,
        ip: bond::wired(),
    };
    config.links.push(link).is_ok()
}

fn hostname(node: Node<'_>) -> Checked<String<63>> {
    let name = value::is_label(node.raw()).then(|| String::try_from(node.raw()).ok());
    name.flatten().ok_or_else(|| {
        node.plain(
            "not a host's name",
            "1 to 63 letters, digits and -, no dots, no - at either end",
        )
    })
}

fn led(node: Node<'_>) -> Checked<LedName> {
    let name = node.raw();
    let sound = |b: u8| b.is_ascii_alphanumeric() || b":._-".contains(&b);
    let sound = !name.is_empty() && !name.starts_with('.') && name.bytes().all(sound);
    let name = LedName::try_from(name).ok().filter(|_| sound);
    name.ok_or_else(|| {
        node.plain(
            "no name of an LED",
            "one of those in /sys/class/leds, 31 characters at most, as in \"ACT\"",
        )
    })
}

fn duid(node: Node<'_>) -> Checked<Option<Duid>> {
    if node.raw() == "auto" {
        return Ok(None);
    }
    let wrong = || {
        node.plain(
            "no DUID",
            "\"auto\", or hexadecimal octets as in \"00:03:00:01:b8:27:eb:12:34:56\"",
        )
    };
    let text = node.raw().as_bytes();
    // Octets with a colon between each two, or none at all.
    let step = if text.get(2) == Some(&b':') { 3 } else { 2 };
    let mut duid = Duid::new();
    for group in text.chunks(step) {
        let (digits, rest) = group.split_at_checked(2).ok_or_else(wrong)?;
        let digit = |c: u8| char::from(c).to_digit(16);
        let octet = digit(digits[0]).zip(digit(digits[1])).ok_or_else(wrong)?;
        if !rest.is_empty() && rest != b":" {
            return Err(wrong());
        }
        if duid.push((octet.0 * 16 + octet.1) as u8).is_err() {
            break;
        }
    }
    let octets = text.len().div_ceil(step);
    if text.ends_with(b":") {
        return Err(wrong());
    }
    if !(MIN_DUID..=MAX_DUID).contains(&octets) {
        return Err(node.wrong(
            format_args!("{octets} octets are no DUID"),
            format_args!(
                "{MIN_DUID} to {MAX_DUID}: the type is the first two, and 1 to 128 follow"
            ),
        ));
    }
    Ok(Some(duid))
}

fn radio(node: Node<'_>, out: &mut Radio) {
    out.power_save = node.flag("power_save").unwrap_or(out.power_save);
    out.legacy_rates = node.flag("legacy_rates").unwrap_or(out.legacy_rates);
    out.distance_m = node.number("distance_m");
    out.unblock = node.flag("unblock").unwrap_or(out.unblock);
}

fn health(node: Node<'_>, out: &mut Health) {
    if let Some(probe) = node.get("probe").and_then(|node| node.keep(probe(node))) {
        out.probe = probe;
    }
    out.interval_ms = node.number("interval_ms").unwrap_or(out.interval_ms);
    out.fail_after = node.number("fail_after").unwrap_or(out.fail_after);
    out.recover_after = node.number("recover_after").unwrap_or(out.recover_after);
    out.hold_s = node.number("hold_s").unwrap_or(out.hold_s);
    out.repair = node.flag("repair").unwrap_or(out.repair);
    out.port_power = node.flag("port_power").unwrap_or(out.port_power);
    out.reboot = node.flag("reboot").unwrap_or(out.reboot);
}

fn probe(node: Node<'_>) -> Checked<Probe> {
    match node.raw() {
        "gateway" => return Ok(Probe::Gateway),
        "off" => return Ok(Probe::Off),
        _ => {}
    }
    let buffer = &mut Buffer::new();
    let odd = |ip: &IpAddr| ip.is_unspecified() || ip.is_loopback() || ip.is_multicast();
    match plain(node.raw(), buffer).parse::<IpAddr>() {
        Ok(address) if !odd(&address) => Ok(Probe::Address(address)),
        _ => Err(node.plain(
            "nothing that can be probed",
            "\"gateway\", \"off\" or the address of a host, as in \"192.168.43.1\"",
        )),
    }
}
