//! Changes over rtnetlink: links, addresses and routes.
use super::names::Names;
use crate::config::{IfName, IpNet, Route};
use crate::engine::observed::{BondOptions, Index, Kind, Link};
use crate::engine::time::Instant;
use core::fmt;

/// A change over rtnetlink: one request, one acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KernelAction {
    /// `RTM_NEWLINK` with `NLM_F_EXCL`, kind bond, with these options (`primary` and
    /// `active` left out).
    CreateBond {
        /// Of the new bond.
        name: IfName,
        /// The options that it is created with.
        options: BondOptions,
    },
    /// The same, kind bridge.
    CreateBridge {
        /// Of the new bridge.
        name: IfName,
    },
    /// Changes this option of this bond (`IFLA_INFO_DATA`).
    SetBond(Index, BondOption),
    /// Mark as ours: `IFLA_IFALIAS`.
    SetAlias {
        /// The bond or bridge.
        link: Index,
    },
    /// `RTM_DELLINK`, of a bond or bridge that is ours.
    DeleteLink {
        /// The bond or bridge.
        link: Index,
    },
    /// Sets or clears `IFF_UP`.
    SetUp {
        /// Any link.
        link: Index,
        /// `true` runs the driver's `ndo_open()`.
        up: bool,
    },
    /// Makes the link a member of this bond or bridge; `None` frees it.
    SetMaster(Index, Option<Index>),
    /// Marked [`OUR_PROTOCOL`](crate::engine::observed::OUR_PROTOCOL). With an end the kernel
    /// removes it then.
    AddAddress {
        /// Which gets it.
        link: Index,
        /// The address with its prefix length.
        net: IpNet,
        /// The end of its lease (`IFA_CACHEINFO`); `None`: without an end.
        until: Option<Instant>,
        /// Of the route to its network, which the kernel makes.
        metric: u32,
        /// It is there, as ours or with the end it had: changed, and not added.
        again: bool,
    },
    /// An IPv6 address of a lease, without a route to its network; it may be there
    /// already.
    AddAddress6 {
        /// Which gets it.
        link: Index,
        /// The address, with a prefix length of 128.
        net: IpNet,
        /// The end of its preferred lifetime (RFC 4862, 5.5.4).
        preferred: Instant,
        /// The end of its valid lifetime.
        until: Instant,
    },
    /// `RTM_DELADDR`.
    DeleteAddress {
        /// Which has it.
        link: Index,
        /// The address with its prefix length.
        net: IpNet,
    },
    /// Marked, main table, `NLM_F_EXCL`: never replaces another's route.
    AddRoute {
        /// Through which it leads.
        link: Index,
        /// Destination, gateway, metric and options.
        route: Route,
    },
    /// Only with our mark.
    DeleteRoute {
        /// Through which it leads.
        link: Index,
        /// Destination, gateway, metric and options.
        route: Route,
    },
}

/// What a change is a change of.
#[derive(Debug, PartialEq, Eq)]
enum Subject {
    /// The link, which is made or deleted.
    Existence,
    /// Properties of the link.
    Properties,
    /// Its addresses or routes.
    Entries,
}

/// One option of a bond, by the kernel's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BondOption {
    /// `IFLA_BOND_MODE`: 1 is active-backup.
    Mode(u8),
    /// Milliseconds between two looks at the members' links (`IFLA_BOND_MIIMON`).
    Miimon(u32),
    /// Milliseconds, a multiple of miimon (`IFLA_BOND_UPDELAY`).
    Updelay(u32),
    /// Milliseconds, a multiple of miimon (`IFLA_BOND_DOWNDELAY`).
    Downdelay(u32),
    /// `None` sends 0: no primary.
    Primary(Option<Index>),
    /// `IFLA_BOND_PRIMARY_RESELECT`; see [`primary_reselect`].
    PrimaryReselect(u8),
    /// `IFLA_BOND_FAIL_OVER_MAC`; see [`fail_over_mac`].
    FailOverMac(u8),
    /// Gratuitous ARPs after a fail-over (`IFLA_BOND_NUM_PEER_NOTIF`).
    PeerNotifications(u8),
    /// `IFLA_BOND_ACTIVE_SLAVE`; `None` lets the kernel choose.
    Active(Option<Index>),
}

impl KernelAction {
    /// Sets the link up.
    pub fn up(link: Index) -> Self {
        KernelAction::SetUp { link, up: true }
    }

    /// Sets the link down.
    pub fn down(link: Index) -> Self {
        KernelAction::SetUp { link, up: false }
    }

    /// The link it is about, and what of it changes.
    fn subject(&self) -> (Option<Index>, Subject) {
        match self {
            KernelAction::CreateBond { .. } | KernelAction::CreateBridge { .. } => {
                (None, Subject::Existence)
            }
            KernelAction::DeleteLink { link } => (Some(*link), Subject::Existence),
            KernelAction::SetBond(link, _)
            | KernelAction::SetAlias { link }
            | KernelAction::SetUp { link, .. }
            | KernelAction::SetMaster(link, _) => (Some(*link), Subject::Properties),
            KernelAction::AddAddress { link, .. }
            | KernelAction::AddAddress6 { link, .. }
            | KernelAction::DeleteAddress { link, .. }
            | KernelAction::AddRoute { link, .. }
            | KernelAction::DeleteRoute { link, .. } => (Some(*link), Subject::Entries),
        }
    }

    /// The link it is about; `None` for one that is yet to be made.
    pub fn link(&self) -> Option<Index> {
        self.subject().0
    }

    /// The link whose own properties it changes; `None` for addresses, routes and what is gone
    /// afterwards.
    pub fn changed_link(&self) -> Option<Index> {
        let (link, subject) = self.subject();
        link.filter(|_| subject == Subject::Properties)
    }

    /// There may be many of its kind, and no outage ends with one of them.
    pub fn is_one_of_many(&self) -> bool {
        self.subject().1 == Subject::Entries
    }

    /// What it changes on the link itself, as the kernel reports it afterwards.
    pub(in crate::engine) fn apply(&self, link: &mut Link) {
        match self {
            KernelAction::SetBond(_, option) => {
                if let Kind::Bond(options) = &mut link.kind {
                    option.apply(options);
                }
            }
            KernelAction::SetAlias { .. } => link.ours = true,
            KernelAction::SetUp { up, .. } => {
                link.up = *up;
                link.carrier &= *up;
            }
            // Of a member, what else changes depends on the bond or bridge. The others change no
            // property of a link.
            _ => {}
        }
    }

    /// It has the driver's `ndo_open()` run.
    pub(super) fn opens(&self) -> bool {
        matches!(
            self,
            KernelAction::SetUp { up: true, .. } | KernelAction::SetMaster(_, Some(_))
        )
    }

    pub(super) fn words(&self, names: &dyn Names, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KernelAction::CreateBond { name, .. } => write!(f, "create the bond {name}"),
            KernelAction::CreateBridge { name } => write!(f, "create the bridge {name}"),
            KernelAction::SetBond(_, option) => option.words(names, f),
            KernelAction::SetAlias { .. } => f.write_str("mark it as ours"),
            KernelAction::DeleteLink { .. } => f.write_str("delete it"),
            KernelAction::SetUp { up: true, .. } => f.write_str("set it up"),
            KernelAction::SetUp { up: false, .. } => f.write_str("set it down"),
            KernelAction::SetMaster(_, master) => match master {
                Some(master) => write!(f, "make it a member of {}", names.name_of(*master)),
                None => f.write_str("free it from its bond or bridge"),
            },
            KernelAction::AddAddress { net, .. } | KernelAction::AddAddress6 { net, .. } => {
                write!(f, "add {net}")
            }
            KernelAction::DeleteAddress { net, .. } => write!(f, "remove {net}"),
            KernelAction::AddRoute { route, .. } => write!(f, "add the route {}", Via(route)),
            KernelAction::DeleteRoute { route, .. } => {
                write!(f, "remove the route {}", Via(route))
            }
        }
    }
}

impl BondOption {
    fn apply(self, options: &mut BondOptions) {
        match self {
            BondOption::Mode(mode) => options.mode = mode,
            BondOption::Miimon(ms) => {
                options.miimon_ms = ms;
                options.arp_interval_ms = 0;
            }
            BondOption::Updelay(ms) => options.updelay_ms = ms,
            BondOption::Downdelay(ms) => options.downdelay_ms = ms,
            BondOption::Primary(primary) => options.primary = primary,
            BondOption::PrimaryReselect(word) => options.primary_reselect = word,
            BondOption::FailOverMac(word) => options.fail_over_mac = word,
            BondOption::PeerNotifications(count) => options.peer_notifications = count,
            BondOption::Active(active) => options.active = active,
        }
    }

    fn words(&self, names: &dyn Names, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BondOption::Mode(1) => f.write_str("set mode active-backup"),
            BondOption::Mode(mode) => write!(f, "set mode {mode}"),
            BondOption::Miimon(ms) => write!(f, "set miimon {ms} ms"),
            BondOption::Updelay(ms) => write!(f, "set updelay {ms} ms"),
            BondOption::Downdelay(ms) => write!(f, "set downdelay {ms} ms"),
            BondOption::Primary(Some(i)) => write!(f, "set primary {}", names.name_of(*i)),
            BondOption::Primary(None) => f.write_str("set primary none"),
            BondOption::PrimaryReselect(n) => {
                write!(f, "set primary_reselect {}", primary_reselect(*n))
            }
            BondOption::FailOverMac(n) => {
                write!(f, "set fail_over_mac {}", fail_over_mac(*n))
            }
            BondOption::PeerNotifications(n) => write!(f, "set num_grat_arp {n}"),
            BondOption::Active(Some(i)) => write!(f, "make {} active", names.name_of(*i)),
            BondOption::Active(None) => f.write_str("let the kernel choose the active member"),
        }
    }
}

/// The kernel's words (`bond_primary_reselect_tbl` in drivers/net/bonding/bond_options.c).
pub fn primary_reselect(number: u8) -> &'static str {
    let words = ["always", "better", "failure"];
    words.get(usize::from(number)).unwrap_or(&"?")
}

/// `bond_fail_over_mac_tbl` there.
pub fn fail_over_mac(number: u8) -> &'static str {
    let words = ["none", "active", "follow"];
    words.get(usize::from(number)).unwrap_or(&"?")
}

/// A route as iproute2 writes it: `default via 192.168.43.1 metric 100`.
pub struct Via<'a>(pub &'a Route);

impl fmt::Display for Via<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Destination(self.0.to), f)?;
        if let Some(via) = self.0.via {
            write!(f, " via {via}")?;
        }
        write!(f, " metric {}", self.0.metric)
    }
}

/// `default`, or the network.
#[derive(Debug)]
pub struct Destination(pub IpNet);

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.prefix {
            0 => f.write_str("default"),
            _ => write!(f, "{}", self.0),
        }
    }
}
