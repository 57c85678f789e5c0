//! `wifi`. No message here repeats a value: it may be a secret in the wrong field.
use super::value::{self, Buffer, plain, unescape};
use crate::config::bounded::Bounded;
use crate::config::document::Node;
use crate::config::error::Checked;
use crate::config::types::{
    Key, MAX_MEMBERS, MAX_NETWORKS, Mac, Matcher, Network, Secret, Security, Ssid,
};
use heapless::{String, Vec};

/// Reads `wifi` into `out`.
pub fn networks(file: Node<'_>, out: &mut Bounded<Network, MAX_NETWORKS>) {
    // Where each of `out` stands: wrong ones are left out.
    let mut places: Vec<usize, MAX_NETWORKS> = Vec::new();
    for (n, node) in file.items("wifi").enumerate() {
        let Some(network) = network(node) else {
            continue;
        };
        let first = out.iter().position(|other| same(other, &network));
        if let Some(first) = first.and_then(|first| places.get(first)) {
            node.error(node.wrong(
                format_args!("the same network as wifi[{first}]"),
                format_args!("keep one of the two, or tell them apart by `bssid` or `members`"),
            ));
        }
        let _ = (out.push(network), places.push(n));
    }
}

/// Two entries that a member could not choose between.
fn same(a: &Network, b: &Network) -> bool {
    a.ssid == b.ssid
        && a.bssid == b.bssid
        && a.members.len() == b.members.len()
        && a.members.iter().all(|member| b.members.contains(member))
}

/// `None`: it is wrong.
fn network(node: Node<'_>) -> Option<Network> {
    let ssid = node.keep(ssid(node));
    let (mut security, mut key) = (Security::Open, None);
    if node.is_wrong("security") {
        // Which keys belong to it is not known.
        node.get("eap").map(super::eap::eap);
    } else if let Some(found) = node.keep(self::security(node)) {
        security = found;
        key = self::key(node, found);
    }
    let bssid = node.get("bssid").map(|part| part.keep(bssid(part)));
    let members = members(node);
    if node.has_errors() {
        return None;
    }
    Some(Network {
        ssid: ssid?,
        key: key?,
        security,
        // The grammar's table keeps it under 256.
        priority: node.number("priority").unwrap_or(0) as u8,
        hidden: node.flag("hidden").unwrap_or(false),
        bssid: bssid.flatten(),
        members,
    })
}

fn bssid(node: Node<'_>) -> Checked<Mac> {
    let buffer = &mut Buffer::new();
    let mac = value::mac(plain(node.raw(), buffer)).filter(value::is_one_adapter);
    mac.ok_or_else(|| {
        node.plain(
            "not the address of an access point",
            "six pairs of hexadecimal digits with colons, as in \"02:00:5E:10:20:30\"",
        )
    })
}

fn members(network: Node<'_>) -> Vec<Matcher, MAX_MEMBERS> {
    let mut members = Vec::new();
    for node in network.items("members") {
        let member =
            super::bond::matcher(node).and_then(|member| match members.contains(&member) {
                true => Err(node.plain("this member stands here twice", "keep one of the two")),
                false => Ok(member),
            });
        if let Some(member) = node.keep(member) {
            let _ = members.push(member);
        }
    }
    if let Some(list) = network.get("members")
        && list.parts().next().is_none()
    {
        list.error(list.plain("an empty list", "for all members leave the key out"));
    }
    members
}

fn ssid(node: Node<'_>) -> Checked<Ssid> {
    let mut octets = Ssid::new();
    let (given, fits) = match (node.get("ssid"), node.get("ssid_hex")) {
        (Some(_), Some(hex)) => {
            return Err(hex.plain("both `ssid` and `ssid_hex`", "keep one of the two"));
        }
        (None, None) => {
            return Err(node.missing(
                "ssid",
                "write the network's name, as in \"ssid\": \"Hotspot\"",
            ));
        }
        (Some(text), None) => {
            let mut name: String<32> = String::new();
            let fits = unescape(text.raw(), &mut name);
            let _ = octets.extend_from_slice(name.as_bytes());
            (text, fits)
        }
        (None, Some(hex)) => match unhex(hex.raw(), &mut octets) {
            Some(fits) => (hex, fits),
            None => {
                return Err(hex.plain(
                    "not pairs of hexadecimal digits",
                    "as in \"486f7473706f74\"",
                ));
            }
        },
    };
    let what = match (fits, octets.is_empty()) {
        (true, false) => return Ok(octets),
        (true, true) => "empty",
        (false, _) => "too long",
    };
    Err(given.plain(what, "a network's name has 1 to 32 octets"))
}

/// `None`: no hexadecimal digits; `Some(false)`: too many.
fn unhex(text: &str, octets: &mut Ssid) -> Option<bool> {
    let mut fits = true;
    for pair in text.as_bytes().chunks(2) {
        let octet = value::hex_octet(core::str::from_utf8(pair).ok()?)?;
        fits &= octets.push(octet).is_ok();
    }
    Some(fits)
}

/// The file's `security`; by default the one that the key allows.
fn security(node: Node<'_>) -> Checked<Security> {
    let security = match node.choice("security") {
        Some(security) => security,
        None if node.has("eap") => Security::Eap,
        None if node.has("passphrase") || node.has("psk") => Security::Wpa2,
        None => Security::Open,
    };
    let eap = security == Security::Eap;
    if eap && !node.has("eap") {
        return Err(node.missing("eap", "\"security\": \"eap\" needs an `eap` block"));
    }
    if !eap && node.has("eap") {
        return Err(node.plain_in(
            "security",
            "an `eap` block beside another kind of security",
            "write \"eap\" here, or take the `eap` block out",
        ));
    }
    Ok(security)
}

/// The key, fitting `security`; `None`: it is wrong.
fn key(node: Node<'_>, security: Security) -> Option<Key> {
    if security == Security::Eap {
        let text = node.get("passphrase").or(node.get("psk"));
        if let Some(key) = text {
            key.error(key.plain(
                "a key for all beside `eap`",
                "with `eap` each user has a password of their own: it stands in the `eap` block",
            ));
        }
        return super::eap::eap(node.get("eap")?).map(Key::Eap);
    }
    node.keep(shared_key(node, security))
}

/// The key that all users of the network have.
fn shared_key(node: Node<'_>, security: Security) -> Checked<Key> {
    let (passphrase, psk) = (node.get("passphrase"), node.get("psk"));
    match (security, passphrase.or(psk), psk) {
        (_, _, Some(psk)) if passphrase.is_some() => Err(psk.plain(
            "both `passphrase` and `psk`",
            "keep the passphrase: it also serves WPA3",
        )),
        (Security::Open, Some(_), _) => Err(node.plain_in(
            "security",
            "\"open\" beside a key",
            "an open network has none: take out the key, or this word",
        )),
        (Security::Owe, Some(_), _) => Err(node.plain_in(
            "security",
            "\"owe\" beside a key",
            "a network with OWE has none: take out the key, or this word",
        )),
        (Security::Open | Security::Owe | Security::Eap, _, _) => Ok(Key::None),
        (Security::Wpa3 | Security::Wpa2Wpa3, _, Some(psk)) => Err(psk.plain(
            "a stored PSK cannot do WPA3-SAE",
            "use the passphrase, or \"security\": \"wpa2\"",
        )),
        (Security::Wpa2, _, Some(psk)) => stored_key(psk),
        (Security::Wpa2 | Security::Wpa3 | Security::Wpa2Wpa3, Some(text), None) => {
            self::passphrase(text, security)
        }
        (Security::Wpa2 | Security::Wpa3 | Security::Wpa2Wpa3, None, None) => Err(node.missing(
            "passphrase",
            "this security needs one; for a network without one write \"security\": \"open\"",
        )),
    }
}

fn passphrase(node: Node<'_>, security: Security) -> Checked<Key> {
    let buffer = &mut Buffer::new();
    let text = plain(node.raw(), buffer);
    if is_psk(text) {
        return Err(node.plain(
            "64 hexadecimal digits are a stored key, not a passphrase",
            "write it as \"psk\", or use the passphrase itself",
        ));
    }
    if text.contains(char::is_control) {
        let what = "a control character (a tab or line end, for example)";
        return Err(node.plain(what, "take it out"));
    }
    if security != Security::Wpa3 && is_cut(text) {
        return Err(node.plain(
            "a `#` after an odd number of `\"`, which wpa_supplicant cannot read",
            match security {
                Security::Wpa2 => {
                    "write the \"psk\" instead, which `wpa_passphrase` makes of it, or change it"
                }
                _ => "use \"security\": \"wpa3\" where the network has it, or change it",
            },
        ));
    }
    if text.is_empty() && !node.raw().is_empty() {
        return Err(node.plain("too long", "a passphrase has 8 to 63 octets"));
    }
    let octets = text.len();
    let what = match octets {
        8..64 => {
            return Ok(Key::Passphrase(Secret::new(
                String::try_from(text).unwrap_or_default(),
            )));
        }
        0..8 => "too short",
        _ => "too long",
    };
    let s = if octets == 1 { "" } else { "s" };
    Err(node.wrong(
        format_args!("{what}: {octets} octet{s}"),
        format_args!("a passphrase has 8 to 63"),
    ))
}

/// wpa_supplicant treats the rest of a line as a comment from a `#` on that is not between two
/// quotes (measured with 2.10), and the quotes around the value count.
fn is_cut(passphrase: &str) -> bool {
    let mut between = true;
    passphrase.chars().any(|c| {
        between ^= c == '"';
        c == '#' && !between
    })
}

fn is_psk(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|c| c.is_ascii_hexdigit())
}

fn stored_key(node: Node<'_>) -> Checked<Key> {
    let text = node.raw();
    if !is_psk(text) {
        return Err(node.plain(
            "not 64 hexadecimal digits",
            "the words that people type are the `passphrase`",
        ));
    }
    Ok(Key::Psk(Secret::new(
        String::try_from(text).unwrap_or_default(),
    )))
}
