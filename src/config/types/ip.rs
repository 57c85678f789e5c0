//! Addresses, routes and how an interface gets them.
use crate::config::choice::{Choice, choice};
use core::fmt;
use core::net::IpAddr;
use heapless::{String, Vec};

/// Entries of `addresses`, per block.
pub const MAX_ADDRESSES: usize = 8;
/// Entries of `routes`, per block.
pub const MAX_ROUTES: usize = 8;
/// Entries of `dns` and of `search`.
pub const MAX_DNS: usize = 4;

/// A DNS name: letters, digits, `-` and `.` only.
pub type DnsName = String<253>;

/// Addresses, routes and name servers of one interface.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IpBlock {
    pub ipv4: Ipv4,
    pub ipv6: Ipv6,
    pub dns: Vec<IpAddr, MAX_DNS>,
    pub search: Vec<DnsName, MAX_DNS>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Ipv4 {
    pub dhcp: bool,
    /// `None`: follows from the interface's name.
    pub iaid: Option<u32>,
    pub metric: u32,
    /// IPv4 only.
    pub addresses: Vec<IpNet, MAX_ADDRESSES>,
    /// IPv4 only.
    pub routes: Vec<Route, MAX_ROUTES>,
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
            fallback: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Fallback {
    pub address: IpNet,
    pub gateway: Option<IpAddr>,
    pub after_s: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Ipv6 {
    pub mode: Ipv6Mode,
    /// `None`: follows from the interface's name.
    pub iaid: Option<u32>,
    pub metric: u32,
    /// IPv6 only.
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
    pub enum Ipv6Mode {
        Auto = "auto",
        Dhcp = "dhcp",
        Off = "off",
    }
}

/// An address with its prefix length, host bits kept: `192.168.43.150/24`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IpNet {
    pub address: IpAddr,
    pub prefix: u8,
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
    pub to: IpNet,
    /// `None`: on the link itself.
    pub via: Option<IpAddr>,
    /// The block's `metric` where the route names none.
    pub metric: u32,
    /// The address that the box speaks from on this route; `None`: the kernel chooses.
    pub src: Option<IpAddr>,
    /// The gateway is reached on the link itself, whatever the addresses say.
    pub onlink: bool,
    /// Octets of the longest packet; `None`: the link's.
    pub mtu: Option<u32>,
    pub scope: RouteScope,
}

/// `rtm_scope` (include/uapi/linux/rtnetlink.h): how far away the destination is. Of IPv4
/// alone; the kernel ignores it for IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RouteScope(pub u8);

impl RouteScope {
    pub const GLOBAL: Self = RouteScope(0);
    pub const LINK: Self = RouteScope(253);
    pub const HOST: Self = RouteScope(254);

    /// What goes without saying.
    pub fn usual(via: Option<IpAddr>, to: IpAddr) -> Self {
        match (via, to) {
            (None, IpAddr::V4(_)) => RouteScope::LINK,
            _ => RouteScope::GLOBAL,
        }
    }

    /// As iproute2 has it; `None`: it has no name.
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
    /// With nothing special.
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

    /// By what the kernel tells routes of one link apart.
    pub fn is_twin(&self, other: &Route) -> bool {
        (self.to, self.via, self.metric) == (other.to, other.via, other.metric)
    }
}
