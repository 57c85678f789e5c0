//! The status and its JSON. Fields may be added; none is renamed or removed (the contract is in
//! the README).
use crate::config::{Bounded, IfName, IpNet, MAX_MEMBERS, Mac, Matcher};
use crate::engine::contract::describe::Destination;
use crate::engine::journal::Text;
use crate::engine::roles::MAX_PORTS;
use crate::engine::select::Why;
use crate::engine::supplicant::{Radio, Supplicant};
use core::fmt::Display;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use heapless::Vec;
use serde::{Serialize, Serializer};

/// Links in one status: the bond, links of their own, bridges.
pub const MAX_SHOWN_LINKS: usize = 12;
/// Addresses and routes shown of one link.
pub const MAX_SHOWN: usize = 12;
/// Problems shown.
pub const MAX_PROBLEMS: usize = 12;

/// A value that is shown by its `Display` form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown<T>(pub T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// `00:03:00:01:…`
#[derive(Debug, Clone, Copy)]
pub struct Octets<'a>(pub &'a [u8]);

impl Display for Octets<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (place, octet) in self.0.iter().enumerate() {
            let colon = if place == 0 { "" } else { ":" };
            write!(f, "{colon}{octet:02x}")?;
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
pub struct Status<'a> {
    pub version: u32,
    /// Some link may carry traffic and has an address.
    pub online: bool,
    /// The link of the best default route that is in force.
    pub uplink: Option<&'a IfName>,
    pub bond: Option<BondStatus<'a>>,
    pub links: Bounded<LinkStatus<'a>, MAX_SHOWN_LINKS>,
    /// Who we are to DHCP servers, in hexadecimal octets; `null`: not known yet.
    pub duid: Option<Shown<Octets<'a>>>,
    /// As in resolv.conf.
    pub dns: Vec<Shown<crate::engine::dns::Server>, { crate::engine::dns::MAX_SERVERS }>,
    /// Why the file is not in force; `null`: it is. The engine does not know: the caller adds it.
    pub file_fault: Option<&'a str>,
    pub problems: Bounded<Problem, MAX_PROBLEMS>,
}

#[derive(Debug, Serialize)]
pub struct BondStatus<'a> {
    pub name: &'a IfName,
    /// These as the kernel has them, in its words; `null` while there is no bond.
    pub mode: Option<&'static str>,
    pub miimon_ms: Option<u32>,
    pub updelay_ms: Option<u32>,
    pub downdelay_ms: Option<u32>,
    pub fail_over_mac: Option<&'static str>,
    /// The file's, which wifibond keeps; in the kernel it is always "failure".
    pub primary_reselect: &'static str,
    pub kernel_primary_reselect: Option<&'static str>,
    /// The member that carries the traffic; `null` if none can.
    pub active: Option<&'a IfName>,
    /// Since so many milliseconds.
    pub since_ms: Option<u64>,
    pub switches: u32,
    pub members: Bounded<MemberStatus<'a>, MAX_PORTS>,
    /// Entries of `bond.members` that no adapter answers to.
    pub missing: Vec<Shown<&'a Matcher>, MAX_MEMBERS>,
    /// Nobody carries: since so many milliseconds, and why.
    pub outage_ms: Option<u64>,
    pub outage_cause: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub struct MemberStatus<'a> {
    pub name: &'a IfName,
    /// The USB port; `null` for what is at none.
    pub port: Option<&'a str>,
    pub mac: Option<Shown<Mac>>,
    pub carrier: bool,
    pub authorized: bool,
    /// wpa_supplicant's escapes are kept: `\xc3\xa9`.
    pub ssid: Option<&'a str>,
    pub signal_dbm: Option<i16>,
    /// Whether probes through this member are answered. `None`: members are not probed yet.
    pub healthy: Option<bool>,
    /// Probes without an answer in a row. `None`: members are not probed yet.
    pub probes_lost: Option<u32>,
    /// Attempts at repairing it. `None`: members are not repaired yet.
    pub repairs: Option<u32>,
    pub primary: bool,
    /// One phrase: "authorised", "scanning", "has carrier".
    pub state: Shown<State<'a>>,
    /// What keeps it from joining.
    pub fault: Option<Shown<&'a crate::engine::supplicant::Fault>>,
    /// MHz.
    pub frequency: Option<u32>,
    /// The link as the bonding driver's monitor has it: "up", "going down", "down", "going
    /// back"; `null` for what is no member.
    pub mii: Option<&'static str>,
    /// Link failures as the bonding driver counts them; `null` for what is no member.
    pub failures: Option<u32>,
    /// Megabit a second, where the driver knows.
    pub speed_mbps: Option<u32>,
    /// Where the driver knows.
    pub full_duplex: Option<bool>,
    pub supplicant_restarts: u32,
    /// The driver, where it is known.
    pub driver: Option<&'a str>,
}

/// What a member is doing.
#[derive(Debug, Clone, Copy)]
pub enum State<'a> {
    Ineligible(Why),
    Radio(&'a Supplicant),
    Unguarded,
    NoSupplicant,
    NoNetwork,
    Carrier,
}

impl Display for State<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            State::Ineligible(why) => why.fmt(f),
            State::Radio(supplicant) if supplicant.wired => match supplicant.radio {
                Radio::Authorised => supplicant.radio.fmt(f),
                _ => f.write_str("authenticating (802.1X)"),
            },
            State::Radio(supplicant) => supplicant.radio.fmt(f),
            State::Unguarded => f.write_str("the port does not ask for 802.1X"),
            State::NoSupplicant => f.write_str("not authenticated: no wpa_supplicant runs"),
            State::NoNetwork => f.write_str("no network for it in the file"),
            State::Carrier => f.write_str("has carrier"),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct LinkStatus<'a> {
    pub name: Shown<&'a str>,
    /// The USB port; `null` for what is at none.
    pub port: Option<&'a str>,
    pub present: bool,
    pub carrier: bool,
    /// Of a bridge: its ports. `null` for all others.
    pub members: Option<Vec<PortStatus<'a>, MAX_SHOWN>>,
    /// A cable with IEEE 802.1X: "authorised", or what it waits for.
    pub auth: Option<Shown<State<'a>>>,
    pub addresses: Vec<AddressStatus, MAX_SHOWN>,
    pub routes: Vec<RouteStatus, MAX_SHOWN>,
    /// Tells its leases of DHCPv4 and of DHCPv6 from those of other links; `null`: none is
    /// asked for.
    pub iaid: Option<u32>,
    pub iaid6: Option<u32>,
    /// `null` without one.
    pub lease: Option<LeaseStatus>,
    /// It asks for a lease and has none: since so many milliseconds.
    pub asking_ms: Option<u64>,
    /// DHCPv6's; `null` without one.
    pub lease6: Option<Lease6Status>,
    /// It asks DHCPv6 and has no answer: since so many milliseconds.
    pub asking6_ms: Option<u64>,
}

/// A port of a bridge.
#[derive(Debug, Serialize)]
pub struct PortStatus<'a> {
    pub name: &'a IfName,
    pub carrier: bool,
}

#[derive(Debug, Serialize)]
pub struct LeaseStatus {
    pub server: Option<Shown<Ipv4Addr>>,
    /// `null`: never.
    pub expires_s: Option<u64>,
}

#[derive(Debug, Serialize)]
pub struct Lease6Status {
    /// The first address lent; `null`: name servers and the like alone.
    pub address: Option<Shown<Ipv6Addr>>,
    /// `null`: never.
    pub expires_s: Option<u64>,
}

#[derive(Debug, Serialize)]
pub struct AddressStatus {
    pub address: Shown<IpNet>,
    /// "static": from the file; "dhcp", also DHCPv6; "fallback"; "router": the kernel made
    /// it from an advertisement; "kernel": the kernel's own; "other": somebody else's.
    pub from: &'static str,
}

#[derive(Debug, Serialize)]
pub struct RouteStatus {
    pub to: Shown<Destination>,
    pub via: Option<Shown<IpAddr>>,
    pub metric: u32,
    pub src: Option<Shown<IpAddr>>,
    pub onlink: bool,
    pub mtu: Option<u32>,
    /// "global", "link", "host"; `null`: another one, or IPv6, which has none.
    pub scope: Option<&'static str>,
}

/// Something that is refused or fails at present.
#[derive(Debug, Serialize)]
pub struct Problem {
    pub link: IfName,
    pub text: Text,
}
