//! `wifi`, `eap` and `wired_auth`. No message here repeats a value: secrets stand
//! close, and people mix the fields up.
use super::value::{self, Buffer, plain, unescape};
use crate::config::error::ConfigError;
use crate::config::grammar::{EAP_METHOD, RawEap, RawNetwork, SECURITY, Text};
use crate::config::place::{At, Source};
use crate::config::types::{
    Eap, EapMethod, Key, MAX_NETWORKS, Matcher, Network, Path, Secret, Security, Ssid,
};
use heapless::{String, Vec};

type Checked<T> = Result<T, ConfigError>;

pub fn networks(
    source: Source<'_>,
    raw: &[RawNetwork<'_>],
    out: &mut Vec<Network, MAX_NETWORKS>,
) -> Checked<()> {
    let wifi = At::ROOT.key("wifi");
    for (n, raw) in raw.iter().enumerate() {
        let at = wifi.index(n);
        let network = network(source, &at, raw)?;
        if let Some(first) = out.iter().position(|other| same(other, &network)) {
            return Err(source.wrong(
                &at,
                format_args!("the same network as wifi[{first}]"),
                format_args!("keep one of the two, or tell them apart by `bssid` or `members`"),
            ));
        }
        let _ = out.push(network);
    }
    Ok(())
}

/// Two entries that a member could not choose between.
fn same(a: &Network, b: &Network) -> bool {
    a.ssid == b.ssid
        && a.bssid == b.bssid
        && a.members.len() == b.members.len()
        && a.members.iter().all(|member| b.members.contains(member))
}

fn network(source: Source<'_>, at: &At<'_>, raw: &RawNetwork<'_>) -> Checked<Network> {
    let ssid = ssid(source, at, raw)?;
    let security = security(source, at, raw)?;
    let mut network = Network {
        ssid,
        key: key(source, at, raw, security)?,
        security,
        priority: raw.priority.unwrap_or(0) as u8,
        hidden: raw.hidden.unwrap_or(false),
        bssid: None,
        members: Vec::new(),
    };
    if let Some(text) = raw.bssid {
        let buffer = &mut Buffer::new();
        let mac = plain(text, buffer)
            .and_then(value::mac)
            .filter(value::is_one_adapter);
        if mac.is_none() {
            return Err(source.plain(
                &at.key("bssid"),
                "not the address of an access point",
                "six pairs of hexadecimal digits with colons, as in \"02:00:5E:10:20:30\"",
            ));
        }
        network.bssid = mac;
    }
    if let Some(texts) = &raw.members {
        let at = at.key("members");
        if texts.is_empty() {
            return Err(source.plain(&at, "an empty list", "for all members leave the key out"));
        }
        super::bond::matchers(source, &at, texts, &mut network.members)?;
        if let Some(n) = repeated(&network.members) {
            return Err(source.plain(
                &at.index(n),
                "this member stands here twice",
                "keep one of the two",
            ));
        }
    }
    Ok(network)
}

/// The second of two equal entries.
fn repeated(members: &[Matcher]) -> Option<usize> {
    (1..members.len()).find(|n| members[..*n].contains(&members[*n]))
}

fn ssid(source: Source<'_>, at: &At<'_>, raw: &RawNetwork<'_>) -> Checked<Ssid> {
    let text_at = at.key("ssid");
    let hex_at = at.key("ssid_hex");
    let octets = match (raw.ssid, raw.ssid_hex) {
        (Some(_), Some(_)) => {
            return Err(source.plain(&hex_at, "both `ssid` and `ssid_hex`", "keep one of the two"));
        }
        (None, None) => {
            return Err(source.plain(
                &text_at,
                "missing",
                "write the network's name, as in \"ssid\": \"Hotspot\"",
            ));
        }
        (Some(text), None) => {
            let mut name: String<32> = String::new();
            let fits = unescape(text.0, &mut name);
            fits.then(|| Ssid::from_slice(name.as_bytes()).unwrap_or_default())
        }
        (None, Some(hex)) => match hex_octets(hex.0) {
            Some(octets) => octets,
            None => {
                return Err(source.plain(
                    &hex_at,
                    "not pairs of hexadecimal digits",
                    "as in \"486f7473706f74\"",
                ));
            }
        },
    };
    let at = if raw.ssid.is_some() {
        &text_at
    } else {
        &hex_at
    };
    match octets {
        Some(octets) if !octets.is_empty() => Ok(octets),
        Some(_) => Err(source.plain(at, "empty", "a network's name has 1 to 32 octets")),
        None => Err(source.plain(at, "too long", "a network's name has 1 to 32 octets")),
    }
}

/// `None`: no hexadecimal digits; `Some(None)`: too many.
fn hex_octets(text: &str) -> Option<Option<Ssid>> {
    let mut octets = Ssid::new();
    let mut fits = true;
    for pair in text.as_bytes().chunks(2) {
        let octet = value::hex_octet(core::str::from_utf8(pair).ok()?)?;
        fits &= octets.push(octet).is_ok();
    }
    Some(fits.then_some(octets))
}

/// As the file says it; where it is silent, what the key allows.
fn security(source: Source<'_>, at: &At<'_>, raw: &RawNetwork<'_>) -> Checked<Security> {
    let Some(word) = raw.security else {
        let keyed = raw.passphrase.is_some() || raw.psk.is_some();
        return Ok(match (&raw.eap, keyed) {
            (Some(_), _) => Security::Eap,
            (None, true) => Security::Wpa2,
            (None, false) => Security::Open,
        });
    };
    let security = match SECURITY.iter().position(|known| *known == word.0) {
        Some(1) => Security::Wpa2,
        Some(2) => Security::Wpa3,
        Some(3) => Security::Wpa2Wpa3,
        Some(4) => Security::Eap,
        _ => Security::Open,
    };
    if security == Security::Eap && raw.eap.is_none() {
        return Err(source.plain(
            &at.key("eap"),
            "missing",
            "\"security\": \"eap\" needs an `eap` block",
        ));
    }
    if security != Security::Eap && raw.eap.is_some() {
        return Err(source.plain(
            &at.key("security"),
            "an `eap` block beside another kind of security",
            "write \"eap\" here, or take the `eap` block out",
        ));
    }
    Ok(security)
}

/// The key, fitting `security`.
fn key(source: Source<'_>, at: &At<'_>, raw: &RawNetwork<'_>, security: Security) -> Checked<Key> {
    let (passphrase_at, psk_at, security_at) =
        (at.key("passphrase"), at.key("psk"), at.key("security"));
    if raw.passphrase.is_some() && raw.psk.is_some() {
        return Err(source.plain(
            &psk_at,
            "both `passphrase` and `psk`",
            "keep the passphrase: it also serves WPA3",
        ));
    }
    let given = if raw.psk.is_some() {
        &psk_at
    } else {
        &passphrase_at
    };
    let keyed = raw.passphrase.is_some() || raw.psk.is_some();
    match security {
        Security::Open if keyed => Err(source.plain(
            &security_at,
            "\"open\" beside a key",
            "an open network has none: take out the key, or this word",
        )),
        Security::Open => Ok(Key::None),
        Security::Eap if keyed => Err(source.plain(
            given,
            "a key for all beside `eap`",
            "with `eap` each user has a password of their own: it stands in the `eap` block",
        )),
        Security::Eap => match &raw.eap {
            Some(raw) => Ok(Key::Eap(eap(source, &at.key("eap"), raw)?)),
            None => Ok(Key::None),
        },
        Security::Wpa3 | Security::Wpa2Wpa3 if raw.psk.is_some() => Err(source.plain(
            &psk_at,
            "a stored PSK cannot do WPA3-SAE",
            "use the passphrase, or \"security\": \"wpa2\"",
        )),
        Security::Wpa2 | Security::Wpa3 | Security::Wpa2Wpa3 => match (raw.passphrase, raw.psk) {
            (Some(text), _) => passphrase(source, &passphrase_at, text),
            (None, Some(text)) => psk(source, &psk_at, text),
            (None, None) => Err(source.plain(
                &passphrase_at,
                "missing",
                "this security needs a passphrase; for a network without one write \"security\": \"open\"",
            )),
        },
    }
}

fn passphrase(source: Source<'_>, at: &At<'_>, raw: Text<'_>) -> Checked<Key> {
    let buffer = &mut Buffer::new();
    let Some(text) = plain(raw, buffer) else {
        return Err(source.plain(at, "too long", "a passphrase has 8 to 63 octets"));
    };
    if is_psk(text) {
        return Err(source.plain(
            at,
            "64 hexadecimal digits are a stored key, not a passphrase",
            "write it as \"psk\", or use the passphrase itself",
        ));
    }
    if text.contains(char::is_control) {
        return Err(source.plain(
            at,
            "a control character (a tab or line end, for example)",
            "take it out",
        ));
    }
    let octets = text.len();
    let kind = match octets {
        0..8 => "too short",
        8..64 => {
            let text = String::try_from(text).unwrap_or_default();
            return Ok(Key::Passphrase(Secret::new(text)));
        }
        _ => "too long",
    };
    let s = if octets == 1 { "" } else { "s" };
    Err(source.wrong(
        at,
        format_args!("{kind}: {octets} octet{s}"),
        format_args!("a passphrase has 8 to 63"),
    ))
}

fn is_psk(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|c| c.is_ascii_hexdigit())
}

fn psk(source: Source<'_>, at: &At<'_>, raw: Text<'_>) -> Checked<Key> {
    if !is_psk(raw.0) {
        return Err(source.plain(
            at,
            "not 64 hexadecimal digits",
            "the words that people type are the `passphrase`",
        ));
    }
    Ok(Key::Psk(Secret::new(
        String::try_from(raw.0).unwrap_or_default(),
    )))
}

/// `eap` of a network, and `wired_auth` of a link.
pub fn eap(source: Source<'_>, at: &At<'_>, raw: &RawEap<'_>) -> Checked<Eap> {
    let method = match raw
        .method
        .map(|word| EAP_METHOD.iter().position(|known| *known == word.0))
    {
        Some(Some(1)) => EapMethod::Ttls,
        Some(Some(2)) => EapMethod::Tls,
        _ => EapMethod::Peap,
    };
    let tls = method == EapMethod::Tls;
    let needs = if tls {
        "\"tls\" needs it"
    } else {
        "\"peap\" (the default) and \"ttls\" need it"
    };
    let needed = [
        ("identity", raw.identity, true),
        ("password", raw.password, !tls),
        ("client_cert", raw.client_cert, tls),
        ("private_key", raw.private_key, tls),
    ];
    for (key, value, needed) in needed {
        if needed && value.is_none() {
            return Err(source.plain(&at.key(key), "missing", needs));
        }
        if !needed && value.is_some() && key != "password" {
            return Err(source.plain(
                &at.key(key),
                "of no use here",
                "only \"method\": \"tls\" has a certificate of its own",
            ));
        }
    }
    let identity = credential(source, &at.key("identity"), raw.identity)?.unwrap_or_default();
    Ok(Eap {
        method,
        identity,
        password: credential(source, &at.key("password"), raw.password)?.map(Secret::new),
        ca_cert: path(source, &at.key("ca_cert"), raw.ca_cert)?,
        client_cert: path(source, &at.key("client_cert"), raw.client_cert)?,
        private_key: path(source, &at.key("private_key"), raw.private_key)?,
    })
}

/// An identity or password: 1 to 128 octets, no control characters.
fn credential(
    source: Source<'_>,
    at: &At<'_>,
    raw: Option<Text<'_>>,
) -> Checked<Option<String<128>>> {
    let Some(raw) = raw else { return Ok(None) };
    let mut text = String::new();
    let fits = unescape(raw.0, &mut text);
    if !fits || text.is_empty() || text.contains(char::is_control) {
        let cure = "1 to 128 octets without control characters";
        let what = if fits && text.is_empty() {
            "empty"
        } else {
            "too long, or with control characters"
        };
        return Err(source.plain(at, what, cure));
    }
    Ok(Some(text))
}

/// A file on the appliance.
fn path(source: Source<'_>, at: &At<'_>, raw: Option<Text<'_>>) -> Checked<Option<Path>> {
    let Some(raw) = raw else { return Ok(None) };
    let mut text = Path::new();
    let fits = unescape(raw.0, &mut text);
    if !fits || !text.starts_with('/') || text.contains(char::is_control) {
        return Err(source.plain(
            at,
            "not the path of a file",
            "up to 128 octets that begin with /, as in \"/etc/ssl/certs/ca.pem\"",
        ));
    }
    Ok(Some(text))
}
