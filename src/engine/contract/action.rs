//! What the engine asks of the daemon. Half of the contract with the outside; the
//! other half is [`super::event`].
use super::settings::{RadioSetting, Sysctls};
use crate::config::{IfName, IpNet, Route};
use crate::engine::observed::{BondOptions, Index};
use crate::wire::wpa::Request;

/// One step. The daemon performs it at once, or announces with
/// [`Event::Given`](super::event::Event::Given) that the kernel is carrying it out, and answers
/// with [`Event::Done`](super::event::Event::Done); what it changed in the kernel comes
/// back as notifications, like anybody else's change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    Kernel(KernelAction),
    /// Turn IPv6 on a member off, or back on.
    SetIpv6 {
        link: Index,
        name: IfName,
        enabled: bool,
    },
    /// Send the message of DHCP that is due; its contents are asked for when it leaves.
    SendDhcp4 {
        link: Index,
    },
    /// Send the next ARP probe or announcement for the leased address.
    SendArp {
        link: Index,
    },
    /// Give the lease back.
    ReleaseDhcp4 {
        link: Index,
    },
    /// Keep the lease on disk; `lasting`: for the next boot too.
    StoreLease {
        link: Index,
        lasting: bool,
    },
    /// Send the message of DHCPv6 that is due.
    SendDhcp6 {
        link: Index,
    },
    ReleaseDhcp6 {
        link: Index,
    },
    /// Keep it for a restart in this boot, or forget it.
    StoreLease6 {
        link: Index,
    },
    /// Tell the neighbours which adapter has the link's addresses now.
    AnnounceAddresses {
        link: Index,
    },
    /// Ask the routers of this link to advertise.
    SolicitRouter {
        link: Index,
    },
    /// Change settings of a link; `None` gives back what was set before.
    SetSysctls {
        link: Index,
        name: IfName,
        values: Option<Sysctls>,
    },
    /// Ask the kernel again whether a link is Wi-Fi.
    Inspect {
        link: Index,
    },
    /// Change a setting of a radio.
    SetRadio {
        link: Index,
        setting: RadioSetting,
    },
    /// Give a radio its settings of before back.
    RestoreRadio {
        link: Index,
    },
    /// Tell the kernel the country, which it looks up in its own time.
    SetCountry {
        code: [u8; 2],
    },
    /// Did it take the country?
    CheckCountry {
        code: [u8; 2],
    },
    /// End a block by software.
    Unblock {
        link: Index,
        switch: u32,
    },
    /// A link was up before we took it; or is so again.
    NoteUp {
        link: Index,
        was_up: bool,
    },
    /// Write resolv.conf.
    WriteResolver,
    /// Read links, addresses and routes afresh.
    Resync(Scope),
    /// Read one link afresh, with all that rtnetlink does not tell of it.
    ReadLink {
        link: Index,
    },
    /// Keep in mind for the next start that a driver did not answer so many times; 0: no
    /// longer.
    NoteSlow {
        link: Index,
        times: u8,
    },
    /// Start wpa_supplicant, or adopt the one a crashed daemon left. Answered by
    /// `Event::SupplicantStarted` in place of a plain success.
    StartSupplicant {
        link: Index,
        name: IfName,
    },
    /// Connect to its control socket and subscribe to its events.
    AttachSupplicant {
        link: Index,
    },
    AskSupplicant {
        link: Index,
        request: Request,
    },
    /// Write the configuration file afresh, then `RECONFIGURE`.
    ReconfigureSupplicant {
        link: Index,
    },
    /// SIGTERM, or SIGKILL when `force`.
    StopSupplicant {
        link: Index,
        force: bool,
    },
    /// All is taken down: leave.
    Exit,
}

impl Action {
    /// A request to the kernel or a driver, which may take as long as it likes: one at a time.
    pub fn is_for_kernel(&self) -> bool {
        match self {
            Action::Kernel(_)
            | Action::SetIpv6 { .. }
            | Action::SetSysctls { .. }
            | Action::SetRadio { .. }
            | Action::RestoreRadio { .. }
            | Action::SetCountry { .. }
            | Action::CheckCountry { .. }
            | Action::Unblock { .. }
            | Action::Resync(_)
            | Action::Inspect { .. }
            | Action::ReadLink { .. } => true,
            Action::SendDhcp4 { .. }
            | Action::SendArp { .. }
            | Action::ReleaseDhcp4 { .. }
            | Action::StoreLease { .. }
            | Action::SendDhcp6 { .. }
            | Action::ReleaseDhcp6 { .. }
            | Action::StoreLease6 { .. }
            | Action::AnnounceAddresses { .. }
            | Action::SolicitRouter { .. }
            | Action::NoteUp { .. }
            | Action::NoteSlow { .. }
            | Action::WriteResolver
            | Action::StartSupplicant { .. }
            | Action::AttachSupplicant { .. }
            | Action::AskSupplicant { .. }
            | Action::ReconfigureSupplicant { .. }
            | Action::StopSupplicant { .. }
            | Action::Exit => false,
        }
    }
}

/// What is read afresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    All,
    Routes,
}

/// A change over rtnetlink: one request, one acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KernelAction {
    /// `RTM_NEWLINK` with `NLM_F_EXCL`, kind bond, with these options (`primary` and
    /// `active` left out).
    CreateBond {
        name: IfName,
        options: BondOptions,
    },
    /// The same, kind bridge.
    CreateBridge {
        name: IfName,
    },
    SetBond {
        bond: Index,
        option: BondOption,
    },
    /// Mark as ours: `IFLA_IFALIAS`.
    SetAlias {
        link: Index,
    },
    DeleteLink {
        link: Index,
    },
    SetUp {
        link: Index,
        up: bool,
    },
    /// `None` frees it.
    SetMaster {
        link: Index,
        master: Option<Index>,
    },
    /// Marked [`OUR_PROTOCOL`](super::observed::OUR_PROTOCOL). With an end (milliseconds
    /// since boot) the kernel removes it then.
    AddAddress {
        link: Index,
        net: IpNet,
        until: Option<u64>,
        /// Of the route to its network, which the kernel makes.
        metric: u32,
        /// It is there, as ours or with the end it had: changed, and not added.
        again: bool,
    },
    /// An IPv6 address of a lease, without a route to its network; it may be there
    /// already. Milliseconds since boot.
    AddAddress6 {
        link: Index,
        net: IpNet,
        preferred: u64,
        until: u64,
    },
    DeleteAddress {
        link: Index,
        net: IpNet,
    },
    /// Marked, main table, `NLM_F_EXCL`: never replaces another's route.
    AddRoute {
        link: Index,
        route: Route,
    },
    /// Only with our mark.
    DeleteRoute {
        link: Index,
        route: Route,
    },
}

/// One option of a bond, by the kernel's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BondOption {
    Mode(u8),
    Miimon(u32),
    Updelay(u32),
    Downdelay(u32),
    /// `None` sends 0: no primary.
    Primary(Option<Index>),
    PrimaryReselect(u8),
    FailOverMac(u8),
    PeerNotifications(u8),
    /// `IFLA_BOND_ACTIVE_SLAVE`; `None` lets the kernel choose.
    Active(Option<Index>),
}
