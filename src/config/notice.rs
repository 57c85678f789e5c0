//! Parts of a good file that this version does not carry out yet.
//!
//! Each issue that brings one to life takes its line out of the table below.
use super::types::{Config, Key, Probe};
use core::fmt;
use heapless::{String, Vec};

/// One part of the file that nothing happens for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The part's path in the file.
    pub place: String<128>,
    pub what: &'static str,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not supported yet: {}", self.place, self.what)
    }
}

/// Whether a part of the file asks for something.
type Asks<Part> = fn(&Part) -> bool;

/// Settings of the file: where, whether they ask for something, what is not done.
const FILE: &[(&str, Asks<Config>, &str)] = &[
    (
        "wifi[].eap",
        |config| {
            config
                .wifi
                .iter()
                .any(|network| matches!(network.key, Key::Eap(_)))
        },
        "networks with a password for each user",
    ),
    ("bridges", |config| !config.bridges.is_empty(), "bridges"),
    (
        "links[].wired_auth",
        |config| config.links.iter().any(|link| link.wired_auth.is_some()),
        "authentication on a cable",
    ),
    (
        "radio.power_save",
        |config| has_wifi(config) && !config.radio.power_save,
        "switching power save off; adapters stay as their driver sets them",
    ),
    (
        "radio.legacy_rates",
        |config| config.radio.legacy_rates,
        "legacy rates",
    ),
    (
        "radio.distance_m",
        |config| config.radio.distance_m.is_some(),
        "long distances",
    ),
    (
        "radio.unblock",
        |config| has_wifi(config) && config.radio.unblock,
        "unblocking a radio (rfkill)",
    ),
    (
        "health",
        |config| has_bond(config) && (config.health.probe != Probe::Off || config.health.repair),
        "probing and repairing members; a member counts as good while it is authorised",
    ),
];

/// Room for every line of the table.
pub const MAX_NOTICES: usize = 16;
const _: () = assert!(FILE.len() <= MAX_NOTICES);

/// What `config` asks for and nothing happens for yet.
pub fn not_supported_yet(config: &Config) -> Vec<Notice, MAX_NOTICES> {
    let mut notices = Vec::new();
    for (path, asks, what) in FILE {
        if asks(config) {
            let place = String::try_from(*path).unwrap_or_default();
            let _ = notices.push(Notice { place, what });
        }
    }
    notices
}

fn has_wifi(config: &Config) -> bool {
    !config.wifi.is_empty()
}

fn has_bond(config: &Config) -> bool {
    !config.bond.members.is_empty()
}
