//! What the kernel has, as far as it concerns us: links, addresses, routes.
//!
//! The tables are filled by dumps and by notifications alone, never by what we
//! think an action did. Bounded: what does not fit is left out, and that is reported.
use crate::config::{IfName, IpNet, Mac, Route};
use core::net::IpAddr;
use heapless::String;

/// Links kept: the bond, its members, other bonds and bridges, configured links.
pub const MAX_LINKS: usize = 40;
/// Links that do not concern us of which something is kept. Of more the oldest are forgotten; they
/// are read again at their next notification.
pub const MAX_OTHERS: usize = 64;
/// Addresses kept, of all kept links.
pub const MAX_ADDRESSES: usize = 64;
/// Routes kept.
pub const MAX_ROUTES: usize = 64;

/// The mark on every address and route that we make: `ifa_proto` and
/// `rtm_protocol`. Not in use by others (iproute2's rt_protos ends at 192; 119
/// is free) and above RTPROT_STATIC, so that the kernel leaves it alone.
pub const OUR_PROTOCOL: u8 = 119;
/// The mark on a bond that we make: its interface alias.
pub const OUR_ALIAS: &str = "wifibond";

/// The kernel's number of an interface (`ifindex`), never 0.
pub type Index = u32;

/// One interface, as an `RTM_NEWLINK` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its key: names may change.
    pub index: Index,
    /// `IFLA_IFNAME`.
    pub name: IfName,
    /// The present hardware address; a bond lends its own to members in some modes.
    pub mac: Option<Mac>,
    /// `IFLA_PERM_ADDRESS`: the adapter's own address, from its hardware.
    pub permanent_mac: Option<Mac>,
    /// `IFF_UP`: administratively up.
    pub up: bool,
    /// `IFF_LOWER_UP`. For Wi-Fi: associated, which is not authorised.
    pub carrier: bool,
    /// See [`Link::is_operational`].
    pub oper: Oper,
    /// `IFLA_MASTER`: the bond or bridge it belongs to.
    pub master: Option<Index>,
    /// What it is made of.
    pub kind: Kind,
    /// What the bonding driver reports of it, where its master is a bond.
    pub port: Option<Port>,
    /// `IFLA_IFALIAS` is [`OUR_ALIAS`].
    pub ours: bool,
    /// `IFLA_PARENT_DEV_BUS_NAME` is "usb": the port, `1-1.2` of `1-1.2:1.0`.
    pub usb_port: Option<String<31>>,
    /// An adapter of hardware: it has a device (`IFLA_PARENT_DEV_NAME`), and its frames are
    /// those of Ethernet (`ARPHRD_ETHER`).
    pub hardware: bool,
    /// What the advertisements received on it ask for.
    pub router: RouterFlags,
    /// What rtnetlink does not carry.
    pub facts: Facts,
}

impl Link {
    /// May traffic pass, as far as the kernel knows? Wi-Fi raises carrier when it is
    /// associated; only the operational state shows that the keys are installed (`IF_OPER_UP`,
    /// net/mac80211). Some wired drivers never report more than "unknown". A bridge does before
    /// its first port, and has carrier all the while (br_port_state_selection() in
    /// net/bridge/br_stp.c looks at it when a port comes or goes): nothing would pass.
    pub fn is_operational(&self) -> bool {
        let oper = match self.oper {
            Oper::Up => true,
            Oper::Unknown => !self.facts.is_wifi() && self.kind != Kind::Bridge,
            Oper::NotPresent
            | Oper::Down
            | Oper::LowerLayerDown
            | Oper::Testing
            | Oper::Dormant => false,
        };
        self.up && self.carrier && oper
    }
}

/// What is kept of a link that does not concern us, or that finds no room among those that do.
#[derive(Debug, PartialEq, Eq)]
pub struct Other {
    /// Its key.
    pub index: Index,
    /// `IFLA_IFNAME`.
    pub name: IfName,
    /// The present hardware address.
    pub mac: Option<Mac>,
    /// What was read of it.
    pub facts: Facts,
}

impl From<&Link> for Other {
    fn from(link: &Link) -> Self {
        Other {
            index: link.index,
            name: link.name.clone(),
            mac: link.mac,
            facts: link.facts.clone(),
        }
    }
}

/// The adapter that carries a link's traffic, and which of its joins it carries since: with
/// another of either it may be in another network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attachment {
    /// The adapter.
    pub adapter: Index,
    /// Counts the adapter's joins since it was plugged in.
    pub join: u32,
}

/// A host of a network that an adapter is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// Its address.
    pub address: IpAddr,
    /// Where it answers from.
    pub mac: Mac,
}

/// What rtnetlink does not carry; read when a link is first seen, and again where it may have
/// changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The kernel driver (ethtool's `drvinfo`); empty where there is none.
    pub driver: String<31>,
    /// Wi-Fi or not.
    pub medium: Medium,
    /// Mbit/s (ethtool); `None`: the driver does not report it.
    pub speed: Option<u32>,
    /// `None`: the driver does not report it.
    pub full_duplex: Option<bool>,
    /// The number of the radio's switch (rfkill).
    pub rfkill: Option<u32>,
}

impl Facts {
    /// `false` also while it is not known.
    pub fn is_wifi(&self) -> bool {
        matches!(self.medium, Medium::Wifi(_))
    }
}

/// Whether it is Wi-Fi: by the kernel (nl80211), never by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Medium {
    /// The kernel has not answered: used neither as a cable nor as Wi-Fi until it has.
    #[default]
    Unknown,
    /// nl80211 does not know it.
    Wired,
    /// nl80211 knows it; its present interface type.
    Wifi(Mode),
}

/// `enum nl80211_iftype` (include/uapi/linux/nl80211.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `NL80211_IFTYPE_STATION`: the only one that is used.
    Station,
    /// `NL80211_IFTYPE_ADHOC`.
    AdHoc,
    /// `NL80211_IFTYPE_AP`.
    AccessPoint,
    /// `NL80211_IFTYPE_MONITOR`.
    Monitor,
    /// `NL80211_IFTYPE_MESH_POINT`.
    Mesh,
    /// Any other, by its number.
    Other(u32),
}

impl core::fmt::Display for Mode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Mode::Station => f.write_str("station mode"),
            Mode::AdHoc => f.write_str("ad-hoc (IBSS) mode"),
            Mode::AccessPoint => f.write_str("access point mode"),
            Mode::Monitor => f.write_str("monitor mode"),
            Mode::Mesh => f.write_str("mesh mode"),
            Mode::Other(number) => write!(f, "nl80211 interface type {number}"),
        }
    }
}

/// What advertisements on a link ask for (`IFLA_INET6_FLAGS`; RFC 4861, 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RouterFlags {
    /// M: addresses by DHCPv6.
    pub managed: bool,
    /// O: name servers and the like by DHCPv6.
    pub other: bool,
}

/// `IFLA_OPERSTATE` (RFC 2863).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oper {
    /// The driver does not report one: usual for some wired drivers.
    Unknown,
    /// A component is missing.
    NotPresent,
    /// The link is down.
    Down,
    /// The interface below it is down.
    LowerLayerDown,
    /// In a test mode.
    Testing,
    /// Wi-Fi: associated, not yet authorised.
    Dormant,
    /// Wi-Fi: authorised.
    Up,
}

/// `IFLA_INFO_KIND`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A real or simulated adapter: no kind.
    Plain,
    /// "bond", with its options (`IFLA_INFO_DATA`).
    Bond(BondOptions),
    /// "bridge".
    Bridge,
    /// Another virtual kind (vlan, veth, dummy…).
    Other(String<15>),
}

/// The options of a bond that are used here (drivers/net/bonding/bond_netlink.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BondOptions {
    /// 1 is active-backup.
    pub mode: u8,
    /// Milliseconds between two looks at the members' links; 0: no MII monitoring.
    pub miimon_ms: u32,
    /// Milliseconds until a link that came up is used.
    pub updelay_ms: u32,
    /// Milliseconds until a link that went down is given up.
    pub downdelay_ms: u32,
    /// `IFLA_BOND_PRIMARY`.
    pub primary: Option<Index>,
    /// 0 always, 1 better, 2 failure.
    pub primary_reselect: u8,
    /// 0 none, 1 active, 2 follow.
    pub fail_over_mac: u8,
    /// Gratuitous ARPs and neighbour advertisements after a fail-over.
    pub peer_notifications: u8,
    /// `IFLA_BOND_ACTIVE_SLAVE`.
    pub active: Option<Index>,
    /// Milliseconds; 0: no ARP monitoring, which excludes miimon.
    pub arp_interval_ms: u32,
}

/// `IFLA_INFO_SLAVE_DATA` of a bond's member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// `BOND_STATE_ACTIVE`; not a backup.
    pub active: bool,
    /// The link monitor's view.
    pub mii: Mii,
    /// Link failures since it became a member.
    pub failures: u32,
    /// The hardware address that it gets back when it leaves.
    pub permanent_mac: Option<Mac>,
}

/// The member's link as the bonding driver's monitor has it (`BOND_LINK_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mii {
    /// `BOND_LINK_UP`.
    Up,
    /// Going down, within `downdelay`.
    Fail,
    /// `BOND_LINK_DOWN`.
    Down,
    /// Coming up, within `updelay`.
    Back,
}

/// An address, by `RTM_NEWADDR`. Its link and net are its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// Which has it.
    pub link: Index,
    /// With the length of its prefix.
    pub net: IpNet,
    /// `IFA_PROTO`, 0 where the kernel or the maker gave none.
    pub protocol: u8,
    /// `IFA_RT_PRIORITY`: of the route to its network, which the kernel makes.
    pub metric: u32,
    /// IPv6: duplicate address detection under way, not usable yet (`IFA_F_TENTATIVE`).
    pub tentative: bool,
    /// IPv6: another host has it (`IFA_F_DADFAILED`).
    pub duplicate: bool,
}

/// A unicast route of the main table with one next hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KernelRoute {
    /// Through which it leads.
    pub link: Index,
    /// Destination, gateway, metric and options.
    pub route: Route,
    /// `rtm_protocol`.
    pub protocol: u8,
}
