//! Addresses, routes and how an interface gets them.
use crate::config::choice::{Choice, choice};
use core::fmt;
use core::net::IpAddr;
use heapless::{String, Vec};

/// Entries of `addresses` in one block.
pub const MAX_ADDRESSES: usize = 8;
/// Entries of `routes` in one block, and of routes from one lease.
pub const MAX_ROUTES: usize = 8;
/// Entries of `dns` and of `search`.
pub const MAX_DNS: usize = 4;

/// A DNS name: letters, digits, `-` and `.` only.
pub type DnsName = String<253>;

/// Addresses, routes and name servers of one interface.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IpBlock {
    /// `ipv4`.
    pub ipv4: Ipv4,
    /// `ipv6`.
    pub ipv6: Ipv6,
    /// Name servers of the file, in order of preference: before those from DHCP.
    pub dns: Vec<IpAddr, MAX_DNS>,
    /// Search domains of the file, in order.
    pub search: Vec<DnsName, MAX_DNS>,
}

/// IPv4 of one interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Ipv4 {
    /// Ask for a lease (RFC 2131).
    pub dhcp: bool,
    /// Part of the DHCP client identifier (RFC 4361, 6.1). `None`: follows from the interface's
    /// name.
    pub iaid: Option<u32>,
    /// Of the routes that name none; lower is preferred.
    pub metric: u32,
    /// IPv4 only; no two are the same.
    pub addresses: Vec<IpNet, MAX_ADDRESSES>,
    /// IPv4 only.
    pub routes: Vec<Route, MAX_ROUTES>,
    /// Without a lease, and where the file gives no address: one of RFC 3927.
    pub link_local: bool,
    /// Only with `dhcp`.
    pub fallback: Option<Fallback>,
}

impl Default for Ipv4 {
    fn default() -> Self {
        Ipv4 {
            dhcp: true,
            iaid: None,
            metric: 100,
            addresses: Vec::new(),
            routes: Vec::new(),
            link_local: false,
            fallback: None,
        }
    }
}

/// What an interface uses while it has no lease. IPv4 only.
#[derive(Debug, Clone, PartialEq)]
pub struct Fallback {
    /// The address with its prefix length.
    pub address: IpNet,
    /// Next hop of the default route, in the network of `address`; `None`: no default route.
    pub gateway: Option<IpAddr>,
    /// Seconds without a lease until it is used, 1 to 3600.
    pub after_s: u32,
}

/// IPv6 of one interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Ipv6 {
    /// Where addresses come from. `Off`: `addresses` and `routes` are empty.
    pub mode: Ipv6Mode,
    /// Identifier of the DHCPv6 association (RFC 8415, 12). `None`: follows from the interface's
    /// name.
    pub iaid: Option<u32>,
    /// Of the routes that name none; lower is preferred; never 0, which the kernel takes as 1024.
    pub metric: u32,
    /// IPv6 only; no two are the same.
    pub addresses: Vec<IpNet, MAX_ADDRESSES>,
    /// IPv6 only.
    pub routes: Vec<Route, MAX_ROUTES>,
}

impl Default for Ipv6 {
    fn default() -> Self {
        Ipv6 {
            mode: Ipv6Mode::Auto,
            iaid: None,
            metric: 100,
            addresses: Vec::new(),
            routes: Vec::new(),
        }
    }
}

choice! {
    /// Where IPv6 addresses come from, beside those of the file.
    pub enum Ipv6Mode {
        /// From router advertisements, and DHCPv6 by their flags M and O (RFC 4861, 4.2).
        Auto = "auto",
        /// As `Auto`, but DHCPv6 for addresses whatever the flags are.
        Dhcp = "dhcp",
        /// No IPv6 on the interface at all.
        Off = "off",
    }
}

/// An address with its prefix length, host bits kept: `192.168.43.150/24`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IpNet {
    /// All bits, those of the host too.
    pub address: IpAddr,
    /// Length in bits: at most 32 or 128.
    pub prefix: u8,
}

impl IpNet {
    /// Whether the address is in this network; `false` for one of the other family.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(other)) => {
                let differ = net.to_bits() ^ other.to_bits();
                differ.leading_zeros() >= self.prefix.into()
            }
            (IpAddr::V6(net), IpAddr::V6(other)) => {
                let differ = net.to_bits() ^ other.to_bits();
                differ.leading_zeros() >= self.prefix.into()
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl fmt::Display for IpNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl fmt::Debug for IpNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A route of the main table. `to` and `via` are of one family; the host bits of
/// `to` are zero; the default route is `0.0.0.0/0` or `::/0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Route {
    /// The destination.
    pub to: IpNet,
    /// The next hop; `None`: on the link itself.
    pub via: Option<IpAddr>,
    /// Lower is preferred; the block's `metric` where the route names none.
    pub metric: u32,
    /// The source address of packets on this route; `None`: the kernel chooses.
    pub src: Option<IpAddr>,
    /// The gateway is on the link itself, also where no address of the link is in its network.
    pub onlink: bool,
    /// Octets of the longest packet; `None`: the link's.
    pub mtu: Option<u32>,
    /// IPv4 only.
    pub scope: RouteScope,
}

/// `rtm_scope` (include/uapi/linux/rtnetlink.h): how far away the destination is. Of IPv4
/// alone; the kernel ignores it for IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RouteScope(pub u8);

impl RouteScope {
    /// `RT_SCOPE_UNIVERSE`: behind a gateway.
    pub const GLOBAL: Self = RouteScope(0);
    /// `RT_SCOPE_LINK`: on the link itself.
    pub const LINK: Self = RouteScope(253);
    /// `RT_SCOPE_HOST`: an address of this machine.
    pub const HOST: Self = RouteScope(254);

    /// The scope of a route where the file names none.
    pub fn usual(via: Option<IpAddr>, to: IpAddr) -> Self {
        match (via, to) {
            (None, IpAddr::V4(_)) => RouteScope::LINK,
            _ => RouteScope::GLOBAL,
        }
    }

    /// The name in iproute2; `None`: it has none.
    pub fn name(self) -> Option<&'static str> {
        let mut words = Self::WORDS.iter();
        words.find(|word| word.1 == self).map(|word| word.0)
    }
}

impl Choice for RouteScope {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("global", RouteScope::GLOBAL),
        ("link", RouteScope::LINK),
        ("host", RouteScope::HOST),
    ];
}

impl Route {
    /// A route with the defaults of all other fields.
    pub fn new(to: IpNet, via: Option<IpAddr>, metric: u32) -> Self {
        Route {
            to,
            via,
            metric,
            src: None,
            onlink: false,
            mtu: None,
            scope: RouteScope::usual(via, to.address),
        }
    }

    /// Whether both are the same route to the kernel, on one link: same destination, next hop and
    /// metric.
    pub fn is_twin(&self, other: &Route) -> bool {
        (self.to, self.via, self.metric) == (other.to, other.via, other.metric)
    }
}
