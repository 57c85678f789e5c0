//! wpa_supplicant's configuration for one adapter, made from ours.
//!
//! The file is made of lines, so a value that could hold a line's end could inject
//! one. SSIDs, WPA3's passwords and everything of EAP are written in hexadecimal, which
//! cannot. WPA2's passphrases have no such form; the configuration's checks keep
//! control characters out of them and what wpa_supplicant would take for a comment, and it
//! takes everything between the first and the last quote of a line as it is
//! (wpa_supplicant/config.c, `wpa_config_parse_psk()`).
use super::fingerprint::Fingerprint;
use super::keys::Keys;
use super::observed::Link;
use super::roles::{network_applies, wired_auth};
use crate::config::{Config, Eap, EapInner, EapMethod, Key, Network, Security};
use crate::wire::wpa::Channels;
use core::fmt::{self, Write};

/// Where the control sockets are.
pub const CONTROL_DIR: &str = "/run/wifibond/wpa";

/// What the wpa_supplicant of this machine supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// OWE (RFC 8110). A wpa_supplicant without it refuses the whole file.
    pub owe: bool,
}

/// The line of the channels, which differ from start to start.
const SCAN_FREQ: &str = "\tscan_freq=";

/// Networks of the file that this adapter may join.
pub fn networks<'a>(
    config: &'a Config,
    link: &'a Link,
) -> impl Iterator<Item = &'a Network> + Clone {
    config
        .wifi
        .iter()
        .filter(move |network| network_applies(network, link))
}

/// Writes the file; by itself wpa_supplicant is to scan `channels`, or all where there are none. An
/// error is that of `out`: no room.
pub fn write(
    config: &Config,
    link: &Link,
    dialect: Dialect,
    channels: Channels,
    keys: &Keys,
    out: &mut dyn Write,
) -> fmt::Result {
    out.write_str("# Made by wifibond from its own configuration; changes here are lost.\n")?;
    writeln!(out, "ctrl_interface=DIR={CONTROL_DIR}")?;
    if !link.facts.is_wifi() {
        return wired_auth(config, link).map_or(Ok(()), |eap| write_wired(eap, out));
    }
    if let Some([a, b]) = config.country {
        writeln!(out, "country={}{}", char::from(a), char::from(b))?;
    }
    let known = |network: &&Network| dialect.owe || network.security != Security::Owe;
    let networks = || networks(config, link).filter(known);
    // 2: both ways of deriving the WPA3 password element; access points on 6 GHz
    // want the new one, older ones know only the first. It takes half a second at the start.
    let sae = |network: &Network| matches!(network.security, Security::Wpa3 | Security::Wpa2Wpa3);
    if networks().any(sae) {
        out.write_str("sae_pwe=2\n")?;
    }
    // pmf=1: management frames are protected wherever adapter and access point can (IEEE 802.11w).
    out.write_str("pmf=1\np2p_disabled=1\n")?;
    for network in networks() {
        write_network(network, channels, keys, out)?;
    }
    Ok(())
}

fn write_network(
    network: &Network,
    channels: Channels,
    keys: &Keys,
    out: &mut dyn Write,
) -> fmt::Result {
    out.write_str("network={\n")?;
    hex("ssid", &network.ssid, out)?;
    writeln!(out, "\tpriority={}", network.priority)?;
    if network.hidden {
        out.write_str("\tscan_ssid=1\n")?;
    }
    if !channels.is_empty() {
        writeln!(out, "{SCAN_FREQ}{}", channels.frequencies(" "))?;
    }
    if let Some(bssid) = network.bssid {
        writeln!(out, "\tbssid={bssid}")?;
    }
    // The forms with SHA-256 are for access points that insist on protected management
    // frames.
    out.write_str(match network.security {
        Security::Open => "\tkey_mgmt=NONE\n",
        Security::Owe => "\tkey_mgmt=OWE\n\tieee80211w=2\n",
        Security::Wpa2 => "\tkey_mgmt=WPA-PSK WPA-PSK-SHA256\n\tproto=RSN\n",
        Security::Wpa3 => "\tkey_mgmt=SAE\n\tieee80211w=2\n",
        Security::Wpa2Wpa3 => {
            "\tkey_mgmt=WPA-PSK WPA-PSK-SHA256 SAE\n\tproto=RSN\n\tieee80211w=1\n"
        }
        Security::Eap => "\tkey_mgmt=WPA-EAP WPA-EAP-SHA256\n\tproto=RSN\n",
    })?;
    match &network.key {
        Key::None => {}
        Key::Eap(eap) => write_eap(eap, out)?,
        Key::Passphrase(secret) if network.security == Security::Wpa3 => {
            hex("sae_password", secret.reveal().as_bytes(), out)?;
        }
        Key::Passphrase(secret)
            if network.security == Security::Wpa2
                && let Some(key) = keys.of(&network.ssid, secret.reveal()) =>
        {
            hex("psk", key, out)?;
        }
        // Beside WPA2, this is WPA3's password too.
        Key::Passphrase(secret) => writeln!(out, "\tpsk=\"{}\"", secret.reveal())?,
        Key::Psk(secret) => writeln!(out, "\tpsk={}", secret.reveal())?,
    }
    out.write_str("}\n")
}

/// A cable has one network, there is nothing to scan for, and no keys follow.
fn write_wired(eap: &Eap, out: &mut dyn Write) -> fmt::Result {
    out.write_str("ap_scan=0\nnetwork={\n\tkey_mgmt=IEEE8021X\n\teapol_flags=0\n")?;
    write_eap(eap, out)?;
    out.write_str("}\n")
}

fn write_eap(eap: &Eap, out: &mut dyn Write) -> fmt::Result {
    out.write_str(match eap.method {
        EapMethod::Peap => "\teap=PEAP\n",
        EapMethod::Ttls => "\teap=TTLS\n",
        EapMethod::Tls => "\teap=TLS\n",
    })?;
    // Inside TTLS an attribute of RADIUS, inside PEAP another EAP (RFC 5281, 11).
    match (eap.method, eap.inner) {
        (EapMethod::Tls, _) => {}
        (_, EapInner::Pap) => out.write_str("\tphase2=\"auth=PAP\"\n")?,
        (_, EapInner::MsChapV2) => out.write_str("\tphase2=\"auth=MSCHAPV2\"\n")?,
        (EapMethod::Peap, EapInner::Gtc) => out.write_str("\tphase2=\"auth=GTC\"\n")?,
        (EapMethod::Ttls, EapInner::Gtc) => out.write_str("\tphase2=\"autheap=GTC\"\n")?,
    }
    let password = match eap.method {
        EapMethod::Peap | EapMethod::Ttls => "password",
        EapMethod::Tls => "private_key_passwd",
    };
    hex("identity", eap.identity.as_bytes(), out)?;
    let values = [
        ("anonymous_identity", eap.anonymous_identity.as_deref()),
        (
            password,
            eap.password.as_ref().map(|secret| secret.reveal()),
        ),
        ("ca_cert", eap.ca_cert.as_deref()),
        ("domain_suffix_match", eap.domain.as_deref()),
        ("client_cert", eap.client_cert.as_deref()),
        ("private_key", eap.private_key.as_deref()),
    ];
    for (key, value) in values {
        if let Some(value) = value {
            hex(key, value.as_bytes(), out)?;
        }
    }
    Ok(())
}

fn hex(key: &str, octets: &[u8], out: &mut dyn Write) -> fmt::Result {
    write!(out, "\t{key}=")?;
    for octet in octets {
        write!(out, "{octet:02x}")?;
    }
    out.write_str("\n")
}

/// Whether `file` is one that [`write()`] makes, octet for octet but for the channels, with keys or
/// before they were known; compared without a copy.
pub fn is(config: &Config, link: &Link, dialect: Dialect, keys: &Keys, file: &[u8]) -> bool {
    struct Rest<I>(I);
    impl<'a, I: Iterator<Item = &'a u8>> Write for Rest<I> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let same = text.bytes().all(|octet| self.0.next() == Some(&octet));
            same.then_some(()).ok_or(fmt::Error)
        }
    }
    [keys, &Keys::NONE].into_iter().any(|keys| {
        let lines = file.split_inclusive(|octet| *octet == b'\n');
        let lines = lines.filter(|line| !line.starts_with(SCAN_FREQ.as_bytes()));
        let mut rest = Rest(lines.flatten());
        let all = write(config, link, dialect, Channels::NONE, keys, &mut rest);
        all.is_ok() && rest.0.next().is_none()
    })
}

/// A fingerprint of the file without its channels and derived keys, to see whether a change concerns
/// an adapter without keeping secrets in memory.
pub fn fingerprint(config: &Config, link: &Link, dialect: Dialect) -> u64 {
    let mut sink = Fingerprint::default();
    let _ = write(
        config,
        link,
        dialect,
        Channels::NONE,
        &Keys::NONE,
        &mut sink,
    );
    sink.0
}
