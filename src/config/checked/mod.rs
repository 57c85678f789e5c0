//! Raw fields → the checked [`Config`]: rules of single values and between fields.
//!
//! `shape.rs` has seen before that keys, types, ranges and words are those of the
//! grammar. Each function here takes the path of what it checks, for its errors.
mod between;
mod bond;
mod ip;
mod value;
mod wifi;

use super::error::ConfigError;
use super::grammar::{RawFile, RawHealth, RawRadio, Text};
use super::place::{At, Source};
use super::types::{Config, Health, IfName, Matcher, Probe, Radio};
use core::net::IpAddr;
use heapless::{String, Vec};
use value::{Buffer, plain};

type Checked<T> = Result<T, ConfigError>;

/// What holds where a file says nothing at all; the default link is not in it.
pub fn nothing_said() -> Config {
    Config {
        country: None,
        hostname: None,
        wifi: Vec::new(),
        bond: bond::standard(),
        bridges: Vec::new(),
        links: Vec::new(),
        radio: Radio::default(),
        health: Health::default(),
    }
}

/// Checks the file and writes it over `out`, which is [`nothing_said`].
pub fn file(source: Source<'_>, raw: &RawFile<'_>, out: &mut Config) -> Checked<()> {
    out.country = country(source, raw.country)?;
    out.hostname = hostname(source, raw.hostname)?;
    wifi::networks(
        source,
        raw.wifi.as_deref().unwrap_or_default(),
        &mut out.wifi,
    )?;
    if !out.wifi.is_empty() && out.country.is_none() {
        return Err(source.plain(
            &At::ROOT.key("country"),
            "missing",
            "Wi-Fi needs the country the box stands in, as in \"country\": \"BE\"",
        ));
    }
    if let Some(raw) = &raw.bond {
        bond::bond(source, raw, &mut out.bond)?;
    }
    for (n, raw) in raw.bridges.iter().flatten().enumerate() {
        let _ = out.bridges.push(bond::bridge(
            source,
            &At::ROOT.key("bridges").index(n),
            raw,
        )?);
    }
    for (n, raw) in raw.links.iter().flatten().enumerate() {
        let _ = out
            .links
            .push(bond::link(source, &At::ROOT.key("links").index(n), raw)?);
    }
    let default_link = raw.links.is_none() && add_default_link(out);
    if let Some(raw) = &raw.radio {
        radio(raw, &mut out.radio);
    }
    if let Some(raw) = &raw.health {
        health(source, raw, &mut out.health)?;
    }
    between::check(source, out, default_link)
}

/// `eth0` is a link of its own unless the file gives it a role.
fn add_default_link(config: &mut Config) -> bool {
    let Ok(name) = IfName::try_from("eth0") else {
        return false;
    };
    let matcher = Matcher::Name(name.clone());
    let bridged =
        |bridge: &super::types::Bridge| bridge.name == name || bridge.members.contains(&matcher);
    if config.bond.members.contains(&matcher)
        || config.bond.name == name
        || config.bridges.iter().any(bridged)
    {
        return false;
    }
    config.links.push(bond::standard_link(matcher)).is_ok()
}

fn country(source: Source<'_>, raw: Option<Text<'_>>) -> Checked<Option<[u8; 2]>> {
    let at = At::ROOT.key("country");
    let Some(text) = raw else { return Ok(None) };
    let [a, b] = *text.0.as_bytes() else {
        return Err(source.plain(
            &at,
            "not the code of a country",
            "two letters, as in \"BE\"",
        ));
    };
    let code = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
    let cure = match &code {
        b"UK" => "the United Kingdom is \"GB\"",
        b"EU" => "write the country the box stands in: each has rules of its own",
        b"EN" => "\"GB\", \"US\", or wherever the box stands: this is no language",
        _ if code.iter().all(u8::is_ascii_uppercase) => return Ok(Some(code)),
        _ => "two letters, as in \"BE\"",
    };
    Err(source.plain(&at, "not the code of a country", cure))
}

fn hostname(source: Source<'_>, raw: Option<Text<'_>>) -> Checked<Option<String<63>>> {
    let Some(text) = raw else { return Ok(None) };
    if value::is_label(text.0) {
        return Ok(String::try_from(text.0).ok());
    }
    Err(source.plain(
        &At::ROOT.key("hostname"),
        "not a host's name",
        "1 to 63 letters, digits and -, no dots, no - at either end",
    ))
}

fn radio(raw: &RawRadio<'_>, out: &mut Radio) {
    out.power_save = raw.power_save.unwrap_or(out.power_save);
    out.legacy_rates = raw.legacy_rates.unwrap_or(out.legacy_rates);
    out.distance_m = raw.distance_m;
    out.unblock = raw.unblock.unwrap_or(out.unblock);
}

fn health(source: Source<'_>, raw: &RawHealth<'_>, out: &mut Health) -> Checked<()> {
    if let Some(text) = raw.probe {
        out.probe = probe(source, text)?;
    }
    out.interval_ms = raw.interval_ms.unwrap_or(out.interval_ms);
    out.fail_after = raw.fail_after.unwrap_or(out.fail_after);
    out.recover_after = raw.recover_after.unwrap_or(out.recover_after);
    out.hold_s = raw.hold_s.unwrap_or(out.hold_s);
    out.repair = raw.repair.unwrap_or(out.repair);
    Ok(())
}

fn probe(source: Source<'_>, raw: Text<'_>) -> Checked<Probe> {
    let buffer = &mut Buffer::new();
    let text = plain(raw, buffer).unwrap_or_default();
    match (text, text.parse::<IpAddr>()) {
        ("gateway", _) => return Ok(Probe::Gateway),
        ("off", _) => return Ok(Probe::Off),
        (_, Ok(address))
            if !address.is_unspecified() && !address.is_loopback() && !address.is_multicast() =>
        {
            return Ok(Probe::Address(address));
        }
        _ => {}
    }
    Err(source.plain(
        &At::ROOT.key("health").key("probe"),
        "nothing that can be probed",
        "\"gateway\", \"off\" or the address of a host, as in \"192.168.43.1\"",
    ))
}
