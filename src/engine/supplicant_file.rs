//! wpa_supplicant's configuration for one adapter, made from ours.
//!
//! The file is made of lines, so a value that could hold a line's end could inject
//! one. SSIDs and WPA3's passwords are written in hexadecimal, which leaves no doubt.
//! WPA2's passphrases have no such form; the configuration's checks keep control
//! characters out of them and what wpa_supplicant would take for a comment, and it takes
//! everything between the first and the last quote of a line as it is
//! (wpa_supplicant/config.c, `wpa_config_parse_psk()`).
use super::observed::Link;
use super::roles::network_applies;
use crate::config::{Config, Key, Network, Security};
use core::fmt::{self, Write};

/// Where the control sockets are.
pub const CONTROL_DIR: &str = "/run/wifibond/wpa";

/// Networks of the file that this adapter may join and that we can carry out.
pub fn networks<'a>(config: &'a Config, link: &'a Link) -> impl Iterator<Item = &'a Network> {
    let usable = |network: &&Network| network.security != Security::Eap;
    config
        .wifi
        .iter()
        .filter(usable)
        .filter(move |network| network_applies(network, link))
}

pub fn write(config: &Config, link: &Link, out: &mut dyn Write) -> fmt::Result {
    out.write_str("# Made by wifibond from its own configuration; changes here are lost.\n")?;
    writeln!(out, "ctrl_interface=DIR={CONTROL_DIR}")?;
    if let Some([a, b]) = config.country {
        writeln!(out, "country={}{}", char::from(a), char::from(b))?;
    }
    // 2: both ways of deriving the WPA3 password element; access points on 6 GHz
    // want the new one, older ones know only the first.
    out.write_str("sae_pwe=2\np2p_disabled=1\n")?;
    for network in networks(config, link) {
        write_network(network, out)?;
    }
    Ok(())
}

fn write_network(network: &Network, out: &mut dyn Write) -> fmt::Result {
    out.write_str("network={\n\tssid=")?;
    for octet in &network.ssid {
        write!(out, "{octet:02x}")?;
    }
    writeln!(out, "\n\tpriority={}", network.priority)?;
    if network.hidden {
        out.write_str("\tscan_ssid=1\n")?;
    }
    if let Some(bssid) = network.bssid {
        writeln!(out, "\tbssid={bssid}")?;
    }
    out.write_str(match network.security {
        Security::Open => "\tkey_mgmt=NONE\n",
        Security::Wpa2 => "\tkey_mgmt=WPA-PSK\n\tproto=RSN\n",
        Security::Wpa3 => "\tkey_mgmt=SAE\n\tieee80211w=2\n",
        Security::Wpa2Wpa3 => "\tkey_mgmt=WPA-PSK SAE\n\tproto=RSN\n\tieee80211w=1\n",
        // Filtered out by `networks`.
        Security::Eap => "\tdisabled=1\n",
    })?;
    match &network.key {
        Key::None | Key::Eap(_) => {}
        Key::Passphrase(secret) if network.security == Security::Wpa3 => {
            out.write_str("\tsae_password=")?;
            for octet in secret.reveal().bytes() {
                write!(out, "{octet:02x}")?;
            }
            out.write_str("\n")?;
        }
        // Beside WPA2, this is WPA3's password too.
        Key::Passphrase(secret) => writeln!(out, "\tpsk=\"{}\"", secret.reveal())?,
        Key::Psk(secret) => writeln!(out, "\tpsk={}", secret.reveal())?,
    }
    out.write_str("}\n")
}

/// A fingerprint of the file (FNV-1a), to see whether a change concerns an adapter
/// without keeping secrets about.
pub fn fingerprint(config: &Config, link: &Link) -> u64 {
    struct Fnv(u64);
    impl Write for Fnv {
        fn write_str(&mut self, s: &str) -> fmt::Result {
            for byte in s.bytes() {
                self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
            Ok(())
        }
    }
    let mut sink = Fnv(0xcbf2_9ce4_8422_2325);
    let _ = write(config, link, &mut sink);
    sink.0
}
