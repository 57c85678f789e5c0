//! Notices on a valid file: what is allowed, and unwise or of no effect. To refuse it would cut off
//! boxes that work.
use super::countries;
use super::document::Node;
use super::types::{Config, Eap, FailOverMac, IpBlock, Key, Matcher};
use core::fmt;
use heapless::String;

/// Without `ca_cert` an access point of the same name gets the password, or its hash.
const NOT_VERIFIED: &str =
    "without `ca_cert` nobody knows who asks for the password: anyone may pretend to be the server";

/// Notes them all. `config` was made of `file`, which has no errors.
pub fn check(file: Node<'_>, config: &Config) {
    country(file, config);
    networks(file, config);
    adapters(file, config);
    bond(file, config);
    let blocks = |key, n| file.items(key).nth(n);
    for (n, bridge) in config.bridges.iter().enumerate() {
        gateways(blocks("bridges", n), &bridge.ip);
    }
    for (n, link) in config.links.iter().enumerate() {
        let node = blocks("links", n);
        gateways(node, &link.ip);
        verified(node.and_then(|node| node.get("wired_auth")));
    }
    if let Some(node) = file.get("health").and_then(|node| node.get("repair"))
        && !config.health.repair
        && (config.health.port_power || config.health.reboot)
    {
        let what = format_args!("false, so `port_power` and `reboot` have no effect");
        node.notice(what, "");
    }
}

fn country(file: Node<'_>, config: &Config) {
    let (Some(node), Some(code)) = (file.get("country"), config.country) else {
        return;
    };
    match countries::find(code) {
        Some(country) if country.has_rules => {}
        Some(country) => node.notice(
            format_args!(
                "Linux has no rules for the radios of {}, and keeps to what is allowed everywhere",
                country.name
            ),
            "",
        ),
        None => node.notice(format_args!("no country has this code"), ""),
    }
}

fn networks(file: Node<'_>, config: &Config) {
    for (network, node) in config.wifi.iter().zip(file.items("wifi")) {
        verified(node.get("eap"));
        if let (Key::Passphrase(key), Some(node)) = (&network.key, node.get("passphrase")) {
            odd_text(node, key.reveal(), true);
        }
        if let (Some(node), Ok(name)) = (node.get("ssid"), core::str::from_utf8(&network.ssid)) {
            odd_text(node, name, false);
        }
        for node in node.items("members").filter(|node| node.raw() == "wired:*") {
            let what = format_args!("a cable has no network: this has no effect");
            node.notice(what, "take it out");
        }
    }
}

/// What people did not mean to write, mostly. Apostrophes of phones are in names of networks.
fn odd_text(node: Node<'_>, text: &str, secret: bool) {
    let (what, cure) = if text.trim() != text {
        (
            "a space at the beginning or the end",
            "take it out, unless it belongs to it",
        )
    } else if text.is_ascii() {
        return;
    } else if text.chars().any(is_typographic) {
        (
            "a typographic character: word processors put them in place of others",
            "if the access point has another one, type it again in a plain text editor",
        )
    } else if secret {
        (
            "letters beyond ASCII: access points do not agree on their octets",
            "if it is refused, choose a passphrase of plain letters and digits",
        )
    } else {
        return;
    };
    node.notice(format_args!("{what}"), cure);
}

/// What word processors put in place of quotes, hyphens, dots and spaces.
fn is_typographic(c: char) -> bool {
    matches!(c, '“' | '”' | '„' | '–' | '—' | '…' | '\u{a0}')
}

/// Networks without an adapter, and adapters without a network.
fn adapters(file: Node<'_>, config: &Config) {
    let names = config.links.iter().map(|link| &link.name);
    let mut all = config.bond.members.iter().chain(names);
    let radios = config.bond.members.contains(&Matcher::WifiAny);
    if config.wifi.is_empty() {
        let members = file.get("bond").and_then(|bond| bond.get("members"));
        if let Some(node) = members.filter(|_| radios) {
            let what = format_args!("Wi-Fi adapters, and there is no network for them");
            node.notice(what, "add one to `wifi`, or leave Wi-Fi out here");
        }
    } else if all.all(|name| *name == Matcher::WiredAny)
        && let Some(node) = file.get("wifi")
    {
        let what = format_args!("no adapter uses these networks: the bond has no Wi-Fi member");
        node.notice(what, "add one to `bond.members`, as in \"wifi:*\"");
    }
}

fn bond(file: Node<'_>, config: &Config) {
    let Some(node) = file.get("bond") else {
        return;
    };
    gateways(Some(node), &config.bond.ip);
    verified(node.get("wired_auth"));
    if let Some(node) = node.get("fail_over_mac")
        && !config.bond.members.is_empty()
        && !config.wifi.is_empty()
        && config.bond.fail_over_mac != FailOverMac::Active
    {
        let what = format_args!(
            "for wired members alone: as soon as one is Wi-Fi, \"active\" is used, because access points drop frames with another adapter's address"
        );
        node.notice(what, "");
    }
}

/// Gateways that can only be reached if the lease has their network.
fn gateways(interface: Option<Node<'_>>, ip: &IpBlock) {
    let routes = interface.and_then(|node| node.get("ipv4"));
    let Some(routes) = routes.filter(|_| ip.ipv4.dhcp && !ip.ipv4.addresses.is_empty()) else {
        return;
    };
    for (route, node) in ip.ipv4.routes.iter().zip(routes.items("routes")) {
        let Some(via) = route.via.filter(|_| !route.onlink) else {
            continue;
        };
        let reached = ip.ipv4.addresses.iter().any(|net| net.contains(via));
        if let Some(node) = node.get("via").filter(|_| !reached) {
            let what = format_args!(
                "in no network of `addresses`: it can only be reached if the lease has its network"
            );
            node.notice(what, "");
        }
    }
}

/// An `eap` or `wired_auth` object.
fn verified(eap: Option<Node<'_>>) {
    if let Some(node) = eap.filter(|node| !node.has("ca_cert")) {
        node.notice(format_args!("{NOT_VERIFIED}"), "");
    }
}

/// Calls `each` with every `eap` and `wired_auth` of the file, and its path.
pub fn each_eap<'c>(config: &'c Config, each: &mut dyn FnMut(String<128>, &'c Eap)) {
    for (n, network) in config.wifi.iter().enumerate() {
        if let Key::Eap(eap) = &network.key {
            each(place(format_args!("wifi[{n}].eap")), eap);
        }
    }
    if let Some(eap) = &config.bond.wired_auth {
        each(place(format_args!("bond.wired_auth")), eap);
    }
    for (n, link) in config.links.iter().enumerate() {
        if let Some(eap) = &link.wired_auth {
            each(place(format_args!("links[{n}].wired_auth")), eap);
        }
    }
}

fn place(path: fmt::Arguments<'_>) -> String<128> {
    let mut place = String::new();
    let _ = fmt::write(&mut place, path);
    place
}
