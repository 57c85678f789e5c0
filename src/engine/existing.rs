//! What stands where the file wants a bond or a bridge, and whether it may be used.
use super::Engine;
use super::journal::{Text, clip};
use super::observed::{BondOptions, Index, Kind, Link};
use super::roles::{self, member_rank};
use crate::config::{Bridge, Config, FailOverMac, Matcher};

/// The kernel's number of mode active-backup (BOND_MODE_ACTIVEBACKUP).
const ACTIVE_BACKUP: u8 = 1;
/// Gratuitous ARPs after a fail-over. One is lost where no member was active before:
/// the bond's carrier is not up yet when it is due.
const PEER_NOTIFICATIONS: u8 = 5;

/// The interface with a wanted name.
pub enum Existing<T> {
    /// The file asks for none.
    Unwanted,
    Absent,
    Usable(T),
    /// Not ours to change, and why.
    Refused(Text),
}

/// The interface with the bond's name, and its options.
pub fn bond(engine: &Engine) -> Existing<(&Link, &BondOptions)> {
    let wanted = &engine.config.bond;
    if wanted.members.is_empty() {
        return Existing::Unwanted;
    }
    let Some(link) = engine.observed.by_name(&wanted.name) else {
        return Existing::Absent;
    };
    let Kind::Bond(options) = &link.kind else {
        return Existing::Refused(clip(format_args!(
            "exists already and is no bond: rename it, or choose another bond.name"
        )));
    };
    match foreign_reason(engine, link, options) {
        Some(reason) => Existing::Refused(reason),
        None => Existing::Usable((link, options)),
    }
}

impl Engine {
    /// The bond, where there is one that may be used.
    pub(super) fn usable_bond(&self) -> Option<(&Link, &BondOptions)> {
        match bond(self) {
            Existing::Usable(bond) => Some(bond),
            Existing::Unwanted | Existing::Absent | Existing::Refused(_) => None,
        }
    }

    /// The bond may be used, and this link is a member of it.
    pub(super) fn in_bond(&self, link: &Link) -> bool {
        let is_it = |(bond, _): (&Link, _)| link.master == Some(bond.index);
        self.usable_bond().is_some_and(is_it)
    }

    /// The bond's active member.
    pub(super) fn active_member(&self) -> Option<Index> {
        self.usable_bond()?.1.active
    }
}

/// The interface with the name of this bridge.
pub fn bridge<'a>(engine: &'a Engine, bridge: &Bridge) -> Existing<&'a Link> {
    let Some(link) = engine.observed.by_name(&bridge.name) else {
        return Existing::Absent;
    };
    if link.kind != Kind::Bridge {
        return Existing::Refused(clip(format_args!(
            "exists already and is no bridge: rename it, or choose another name in `bridges`"
        )));
    }
    // One that another program made is taken over when nothing is lost by it.
    let foreign = |port: &&Link| {
        let member = is_bridge_member(engine, bridge, port);
        port.master == Some(link.index) && !member && !engine.is_ours(link)
    };
    match engine.observed.links().find(foreign) {
        Some(port) => Existing::Refused(clip(format_args!(
            "is another program's (with the member {}): delete it, or choose another name in `bridges`",
            port.name
        ))),
        None => Existing::Usable(link),
    }
}

/// A bond that another program made is taken over when nothing is lost by it: when it
/// is empty, or already as wanted with no other members than ours.
fn foreign_reason(engine: &Engine, bond: &Link, options: &BondOptions) -> Option<Text> {
    if engine.is_ours(bond) {
        return None;
    }
    let members = || {
        let observed = &engine.observed;
        observed.links().filter(|l| l.master == Some(bond.index))
    };
    let mode = mode_name(options.mode);
    if let Some(other) = members().find(|l| member_rank(&engine.config, l).is_none()) {
        return Some(clip(format_args!(
            "is another program's ({mode}, with the member {}): delete it, or choose another bond.name",
            other.name
        )));
    }
    if members().next().is_some() && !mode_fits(options, &desired_options(engine)) {
        return Some(clip(format_args!(
            "is another program's ({mode}, other options than ours): delete it, or choose another bond.name"
        )));
    }
    None
}

/// The kernel's names (`bond_mode_tbl` in drivers/net/bonding/bond_options.c).
pub fn mode_name(mode: u8) -> &'static str {
    const NAMES: [&str; 7] = [
        "balance-rr",
        "active-backup",
        "balance-xor",
        "broadcast",
        "802.3ad",
        "balance-tlb",
        "balance-alb",
    ];
    NAMES.get(usize::from(mode)).unwrap_or(&"unknown mode")
}

pub fn mode_fits(have: &BondOptions, want: &BondOptions) -> bool {
    have.mode == want.mode && have.fail_over_mac == want.fail_over_mac
}

/// The options as the file wants them; `primary` and `active` are decided later.
pub fn desired_options(engine: &Engine) -> BondOptions {
    let bond = &engine.config.bond;
    BondOptions {
        mode: ACTIVE_BACKUP,
        miimon_ms: bond.miimon_ms,
        updelay_ms: bond.updelay_ms,
        downdelay_ms: bond.downdelay_ms,
        primary: None,
        // Always "failure", whatever the file has: with "always" any re-selection moves
        // the traffic to the first member that has carrier, authorised or not. The
        // file's meaning is kept by `choose`.
        primary_reselect: 2,
        fail_over_mac: match bond.fail_over_mac {
            _ if engine.own_macs => 1,
            FailOverMac::None => 0,
            FailOverMac::Active => 1,
            FailOverMac::Follow => 2,
        },
        peer_notifications: PEER_NOTIFICATIONS,
        active: None,
        arp_interval_ms: 0,
    }
}

/// Is a member that is there Wi-Fi?
pub fn has_wifi(engine: &Engine) -> bool {
    let members = engine.present_members();
    members.iter().any(|link| link.facts.is_wifi())
}

/// The file's bridge that this link is, where it may be used.
pub fn usable_bridge<'a>(engine: &'a Engine, link: &Link) -> Option<&'a Bridge> {
    let mut bridges = engine.config.bridges.iter();
    let bridge = bridges.find(|bridge| bridge.name == link.name)?;
    matches!(self::bridge(engine, bridge), Existing::Usable(_)).then_some(bridge)
}

/// The adapter whose hardware address a bridge has: the lowest of its ports
/// (br_stp_recalculate_bridge_id() in net/bridge/br_stp_if.c). When that one leaves, the
/// bridge has another, and the kernel does not announce it: measured, 22 s of silence.
pub fn bearer_of_bridge(engine: &Engine, link: &Link) -> Option<Index> {
    let mac = link.mac.filter(|_| link.kind == Kind::Bridge)?;
    let mut links = engine.observed.links();
    let port = links.find(|l| l.master == Some(link.index) && l.mac == Some(mac))?;
    // The bond has the address of its active member.
    let carries = engine
        .failover
        .now()
        .filter(|_| matches!(port.kind, Kind::Bond(_)));
    Some(carries.map_or(port.index, |(member, _)| member))
}

pub fn is_bridge_member(engine: &Engine, bridge: &Bridge, link: &Link) -> bool {
    roles::bridge_of(&engine.config, link).is_some_and(|other| other.name == bridge.name)
}

/// Is the bond a bridge's member, by the file?
pub fn is_bond_in_bridge(config: &Config) -> bool {
    let bond =
        |matcher: &Matcher| matches!(matcher, Matcher::Name(name) if *name == config.bond.name);
    let mut bridges = config.bridges.iter();
    !config.bond.members.is_empty() && bridges.any(|bridge| bridge.members.iter().any(bond))
}
