//! What the daemon tells the engine. Half of the contract with the outside; the
//! other half is [`super::action`].
use super::action::{Action, Scope};
use super::settings::{Restore, Switch};
use crate::config::{Config, Mac};
use crate::engine::observed::{Address, Index, KernelRoute, Link, RouterFlags};
use core::net::Ipv4Addr;
use heapless::String;

#[derive(Debug)]
pub enum Event<'a> {
    Link(Link),
    LinkGone(Index),
    Address(Address),
    AddressGone(Address),
    Route(KernelRoute),
    RouteGone(KernelRoute),
    /// A dump begins: what it does not name by its end is gone.
    DumpBegins(Scope),
    DumpEnds(Scope),
    /// Notifications were lost, or a message could not be read.
    Lost,
    /// The kernel has been asked for this, and has not answered yet.
    Given(Action),
    /// There is news of this link, which has to be read.
    LinkUnread(Index),
    /// In an earlier run, this link's driver did not answer so many times.
    WasSlow {
        link: Index,
        times: u8,
    },
    /// An action was carried out, or was not.
    Done(Action, Result<(), Failure>),
    SupplicantStarted {
        link: Index,
        how: Start,
    },
    SupplicantExited {
        link: Index,
    },
    /// A datagram for DHCP's client port came in on this link.
    Dhcp4 {
        link: Index,
        message: &'a [u8],
    },
    /// A datagram for DHCPv6's client port came in on this link.
    Dhcp6 {
        link: Index,
        message: &'a [u8],
    },
    /// The kernel took in an advertisement and hands on these options of it.
    Router {
        link: Index,
        options: &'a [u8],
    },
    /// What the routers of this link ask for changed.
    RouterFlags {
        link: Index,
        flags: RouterFlags,
    },
    /// On this link, somebody's ARP says that they have this address.
    Arp {
        link: Index,
        mac: Mac,
        address: Ipv4Addr,
    },
    /// A lease was found on disk.
    LeaseFound {
        name: &'a str,
        ack: &'a [u8],
        kept: Kept,
    },
    /// A lease of DHCPv6 was found on disk, obtained in this boot.
    Lease6Found {
        name: &'a str,
        reply: &'a [u8],
        obtained: u64,
    },
    /// Its control socket was lost; the process may be alive.
    SupplicantDetached {
        link: Index,
    },
    /// The previous instance changed this on the link, and it is not given back yet.
    Changed {
        link: Index,
        restore: Restore,
    },
    Rfkill(Switch),
    RfkillGone(u32),
    /// This member is to rest, or to work again.
    Rest {
        link: Index,
        rest: bool,
    },
    /// One message of a member's wpa_supplicant: an event or a reply.
    Supplicant {
        link: Index,
        text: &'a str,
    },
    Config(&'a Config),
    Switch(Index),
    Stop,
}

/// What is known of a lease on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Obtained in this boot, at that time.
    OfThisBoot(u64),
    /// Of an earlier boot: who knows when.
    OfBefore,
    /// We gave it back.
    GivenBack,
}

/// How a wpa_supplicant came to be ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Spawned,
    /// It was running already; `current`: with the very configuration we want.
    Adopted {
        current: bool,
    },
}

/// Why an action failed: the errno and the kernel's own words, if it gave any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Positive; 0 where it is no system call's.
    pub errno: i32,
    pub text: String<104>,
}
