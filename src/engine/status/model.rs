//! The status and its JSON. Fields may be added; none is renamed or removed (the contract is in
//! the README).
use super::lease::{Lease6Status, LeaseStatus};
use super::shown::{Octets, Shown};
use crate::config::{Bounded, IfName, IpNet, MAX_MEMBERS, Mac, Matcher};
use crate::engine::contract::describe::Destination;
use crate::engine::health::Measure;
use crate::engine::journal::Text;
use crate::engine::roles::MAX_PORTS;
use crate::engine::select::Why;
use crate::engine::supplicant::{Radio, Supplicant};
use core::fmt::Display;
use core::net::IpAddr;
use heapless::Vec;
use serde::Serialize;

/// Links in one status: the bond, links of their own, bridges.
pub const MAX_SHOWN_LINKS: usize = 12;
/// Addresses and routes shown of one link.
pub const MAX_SHOWN: usize = 12;
/// Problems shown.
pub const MAX_PROBLEMS: usize = 12;

/// What `wifibond status --json` prints.
#[derive(Debug, Serialize)]
pub struct Status<'a> {
    /// Of this format: 1. Another one only where a field would have to change its meaning.
    pub version: u32,
    /// Some link may carry traffic and has an address.
    pub online: bool,
    /// The link of the best default route that is in force.
    pub uplink: Option<&'a IfName>,
    /// `null`: the file has no `bond.members`.
    pub bond: Option<BondStatus<'a>>,
    /// The bond, the bridges and the links of their own, also those that are missing.
    pub links: Bounded<LinkStatus<'a>, MAX_SHOWN_LINKS>,
    /// What the start took; `null`: it took over a network that was up.
    pub start: Option<StartStatus>,
    /// Who we are to DHCP servers, in hexadecimal octets; `null`: not known yet.
    pub duid: Option<Shown<Octets<'a>>>,
    /// As in resolv.conf.
    pub dns: Vec<Shown<crate::engine::dns::Server>, { crate::engine::dns::MAX_SERVERS }>,
    /// Why the file is not in force; `null`: it is. The engine does not know: the caller adds it.
    pub file_fault: Option<&'a str>,
    /// "works", "tried", "unconfirmed" or "set aside": how far the newest file is.
    pub file_state: &'static str,
    /// Milliseconds until it is taken back, or tried again; `null`: at no set time.
    pub file_until_ms: Option<u64>,
    /// Refusals and failures at present.
    pub problems: Bounded<Problem, MAX_PROBLEMS>,
}

/// How long each stage of the start took, in milliseconds, of the first adapter that got there. `null`:
/// not reached yet, or not before there was an address.
#[derive(Debug, Serialize)]
pub struct StartStatus {
    /// Until the kernel's tables were read.
    pub program_ms: Option<u64>,
    /// Until a Wi-Fi adapter was up.
    pub adapter_ms: Option<u64>,
    /// Until it had found a network of the file.
    pub search_ms: Option<u64>,
    /// Until it was authorised.
    pub association_ms: Option<u64>,
    /// Until some link that may carry traffic had an address.
    pub address_ms: Option<u64>,
    /// All of it.
    pub online_ms: Option<u64>,
}

/// The bond and its members.
#[derive(Debug, Serialize)]
pub struct BondStatus<'a> {
    /// `bond.name`.
    pub name: &'a IfName,
    /// The kernel's name of the mode. `null`, as all that the kernel has, while there is no bond.
    pub mode: Option<&'static str>,
    /// Milliseconds between two looks at the members' links.
    pub miimon_ms: Option<u32>,
    /// Milliseconds until a link that came up is used.
    pub updelay_ms: Option<u32>,
    /// Milliseconds until a link that went down is given up.
    pub downdelay_ms: Option<u32>,
    /// "none", "active" or "follow".
    pub fail_over_mac: Option<&'static str>,
    /// The file's, which wifibond keeps; in the kernel it is always "failure".
    pub primary_reselect: &'static str,
    /// The kernel's.
    pub kernel_primary_reselect: Option<&'static str>,
    /// The member that carries the traffic; `null` if none can.
    pub active: Option<&'a IfName>,
    /// Milliseconds since it became active.
    pub since_ms: Option<u64>,
    /// Changes of the active member since the start.
    pub switches: u32,
    /// The host that the members are probed with; `null`: none.
    pub probed: Option<Shown<IpAddr>>,
    /// Those that are plugged in, best first.
    pub members: Bounded<MemberStatus<'a>, MAX_PORTS>,
    /// Entries of `bond.members` that no adapter matches.
    pub missing: Vec<Shown<&'a Matcher>, MAX_MEMBERS>,
    /// Milliseconds since no member carries traffic; `null` while one does.
    pub outage_ms: Option<u64>,
    /// Why no member carries traffic; `null` while one does.
    pub outage_cause: Option<&'a str>,
}

/// One adapter of `bond.members` that is plugged in.
#[derive(Debug, Serialize)]
pub struct MemberStatus<'a> {
    /// The adapter's name.
    pub name: &'a IfName,
    /// The USB port; `null` for what is at none.
    pub port: Option<&'a str>,
    /// Its own hardware address, not the bond's.
    pub mac: Option<Shown<Mac>>,
    /// `IFF_LOWER_UP`; Wi-Fi: associated.
    pub carrier: bool,
    /// In the bond, and traffic may pass: keys installed (Wi-Fi), or the controlled port open (IEEE
    /// 802.1X).
    pub authorized: bool,
    /// wpa_supplicant's escapes are kept: `\xc3\xa9`.
    pub ssid: Option<&'a str>,
    /// dBm, when it was last asked for; `null` if unknown.
    pub signal_dbm: Option<i16>,
    /// Milliseconds that it looked for its network; `null`: it is in none, or did not look.
    pub search_ms: Option<u64>,
    /// Milliseconds from the beginning of the association to the keys.
    pub association_ms: Option<u64>,
    /// `false`: the host that is probed does not answer through it, and does through another
    /// member. `null`: not known.
    pub healthy: Option<bool>,
    /// "healthy", "suspect", "bad" or "unknown".
    pub health: &'static str,
    /// The measure under way; `null`: none.
    pub repair: Option<Shown<Measure>>,
    /// Probes without an answer in a row; `null`: it is not probed.
    pub probes_lost: Option<u32>,
    /// The hardware address that answers its probes; `null`: none does.
    pub gateway_mac: Option<Shown<Mac>>,
    /// Milliseconds until it is preferred again; `null`: it is.
    pub hold_ms: Option<u64>,
    /// Why another member is preferred to it though it may carry; `null`: none is, or
    /// `hold_ms` says it.
    pub waits: Option<Shown<Why>>,
    /// Milliseconds until measures are tried again, after all were in vain; `null`: no such rest.
    pub repair_rest_ms: Option<u64>,
    /// Milliseconds for which its USB device, which came and went, is left alone; `null`: it is
    /// not.
    pub left_alone_ms: Option<u64>,
    /// Measures of repair that were carried out on it since the start.
    pub repairs: Option<u32>,
    /// It is the one that `bond.primary` means.
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
    /// Mbit/s; `null` where the driver does not report it, or without carrier.
    pub speed_mbps: Option<u32>,
    /// As `speed_mbps`.
    pub full_duplex: Option<bool>,
    /// Starts of its wpa_supplicant after it ended by itself.
    pub supplicant_restarts: u32,
    /// The driver, where it is known.
    pub driver: Option<&'a str>,
}

/// What a member is doing.
#[derive(Debug, Clone, Copy)]
pub enum State<'a> {
    /// Blocked, not in the bond, set down or without carrier.
    Ineligible(Why),
    /// What its wpa_supplicant reports.
    Radio(&'a Supplicant),
    /// Its USB device comes and goes.
    LeftAlone,
    /// No authenticator has sent a request on this cable.
    NoAuthenticator,
    /// IEEE 802.1X is asked for, and no wpa_supplicant runs.
    NoSupplicant,
    /// No network of the file is meant for this adapter.
    NoNetwork,
    /// A cable that is in.
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
            State::NoAuthenticator => f.write_str("the port does not ask for 802.1X"),
            State::NoSupplicant => f.write_str("not authenticated: no wpa_supplicant runs"),
            State::LeftAlone => f.write_str("its USB device comes and goes"),
            State::NoNetwork => f.write_str("no network for it in the file"),
            State::Carrier => f.write_str("has carrier"),
        }
    }
}

/// A link that gets addresses: the bond, a bridge, or a link of its own.
#[derive(Debug, Serialize)]
pub struct LinkStatus<'a> {
    /// The interface's name.
    pub name: Shown<&'a str>,
    /// The USB port; `null` for what is at none.
    pub port: Option<&'a str>,
    /// The interface exists.
    pub present: bool,
    /// Of the bond: with an authorised member; of a cable: also before it is authenticated.
    pub carrier: bool,
    /// Of a bridge: its ports. `null` for all others.
    pub members: Option<Vec<PortStatus<'a>, MAX_SHOWN>>,
    /// A cable with IEEE 802.1X: "authorised", or what it waits for.
    pub auth: Option<Shown<State<'a>>>,
    /// All that the kernel has, whoever made them.
    pub addresses: Vec<AddressStatus, MAX_SHOWN>,
    /// The main table's, without the kernel's subnet routes.
    pub routes: Vec<RouteStatus, MAX_SHOWN>,
    /// The IAID of DHCPv4 (RFC 4361, 6.1); `null`: none is asked for.
    pub iaid: Option<u32>,
    /// DHCPv6's; `null`: none is asked for.
    pub iaid6: Option<u32>,
    /// `null` without one.
    pub lease: Option<LeaseStatus<'a>>,
    /// Milliseconds since it asks for a lease and has none.
    pub asking_ms: Option<u64>,
    /// DHCPv6's; `null` without one.
    pub lease6: Option<Lease6Status>,
    /// Milliseconds since it asks DHCPv6 and has no answer.
    pub asking6_ms: Option<u64>,
}

/// A port of a bridge.
#[derive(Debug, Serialize)]
pub struct PortStatus<'a> {
    /// The port's name.
    pub name: &'a IfName,
    /// `IFF_LOWER_UP`.
    pub carrier: bool,
}

/// An address of a link.
#[derive(Debug, Serialize)]
pub struct AddressStatus {
    /// With the length of its prefix.
    pub address: Shown<IpNet>,
    /// "static": from the file; "dhcp", also DHCPv6; "fallback"; "link-local": chosen here
    /// (RFC 3927); "router": the kernel made
    /// it from an advertisement; "kernel": the kernel's own; "other": another program's.
    pub from: &'static str,
}

/// A route through a link.
#[derive(Debug, Serialize)]
pub struct RouteStatus {
    /// "default", or the network.
    pub to: Shown<Destination>,
    /// The gateway; `null`: on the link.
    pub via: Option<Shown<IpAddr>>,
    /// The lowest wins.
    pub metric: u32,
    /// The source address preferred (`RTA_PREFSRC`).
    pub src: Option<Shown<IpAddr>>,
    /// The gateway is on the link, whatever its address (`RTNH_F_ONLINK`).
    pub onlink: bool,
    /// Octets (`RTAX_MTU`); `null`: the link's.
    pub mtu: Option<u32>,
    /// "global", "link", "host"; `null`: another one, or IPv6, which has none.
    pub scope: Option<&'static str>,
}

/// Something that is refused or fails at present.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// Which interface; empty: none in particular.
    pub link: IfName,
    /// What is wrong, and where it is known, the cure.
    pub text: Text,
}
