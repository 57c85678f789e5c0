//! Notices on a valid file: parts that this version does not carry out yet, and what is allowed
//! but unwise.
//!
//! Whoever implements a part removes its line from the table below.
use super::types::{Config, Eap, FailOverMac, Key, MAX_LINKS, MAX_NETWORKS};
use core::fmt;
use heapless::{String, Vec};

/// A notice on one part of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The part's path in the file.
    pub place: String<128>,
    /// The text, in plain English.
    pub what: &'static str,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Whether a part of the file uses something.
type Asks<Part> = fn(&Part) -> bool;

/// Settings of the file: the path, whether the file uses them, the notice.
const FILE: &[(&str, Asks<Config>, &str)] = &[
    (
        "bond.fail_over_mac",
        |config| {
            has_bond(config)
                && !config.wifi.is_empty()
                && config.bond.fail_over_mac != FailOverMac::Active
        },
        "for wired members alone: as soon as one is Wi-Fi, \"active\" is used, because access points drop frames with another adapter's address",
    ),
    (
        "health.repair",
        |config| !config.health.repair && (config.health.port_power || config.health.reboot),
        "false, so `port_power` and `reboot` have no effect",
    ),
];

/// Notices on one file at most: every line of the table, and every part with EAP.
pub const MAX_NOTICES: usize = FILE.len() + MAX_NETWORKS + 1 + MAX_LINKS;

/// Without `ca_cert` an access point of the same name gets the password, or its hash.
const NOT_VERIFIED: &str =
    "without `ca_cert` nobody knows who asks for the password: anyone may pretend to be the server";

/// The notices on `config`.
pub fn notices(config: &Config) -> Vec<Notice, MAX_NOTICES> {
    let mut notices = Vec::new();
    for (path, asks, what) in FILE {
        if asks(config) {
            let place = String::try_from(*path).unwrap_or_default();
            let _ = notices.push(Notice { place, what });
        }
    }
    each_eap(config, &mut |place, eap| {
        if eap.ca_cert.is_none() {
            let what = NOT_VERIFIED;
            let _ = notices.push(Notice { place, what });
        }
    });
    notices
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

fn has_bond(config: &Config) -> bool {
    !config.bond.members.is_empty()
}
