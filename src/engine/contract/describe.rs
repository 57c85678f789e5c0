//! Actions in plain words: for `plan`, for errors, for the log.
use super::action::{Action, BondOption, KernelAction, Scope};
use super::settings::Sysctls;
use crate::config::{IpNet, Route};
use crate::engine::observed::Index;
use crate::engine::tables::Observed;
use core::fmt;

/// The link an action is about; `None` where it is about none.
pub fn subject(action: &Action) -> Option<Index> {
    match action {
        Action::Kernel(kernel) => kernel_subject(kernel),
        Action::SetIpv6 { link, .. }
        | Action::SetSysctls { link, .. }
        | Action::Inspect { link }
        | Action::SetRadio { link, .. }
        | Action::RestoreRadio { link }
        | Action::Unblock { link, .. }
        | Action::NoteUp { link, .. }
        | Action::NoteSlow { link, .. }
        | Action::ReadLink { link }
        | Action::SendDhcp6 { link }
        | Action::ReleaseDhcp6 { link }
        | Action::StoreLease6 { link }
        | Action::SolicitRouter { link }
        | Action::AnnounceAddresses { link }
        | Action::SendDhcp4 { link }
        | Action::SendArp { link }
        | Action::ReleaseDhcp4 { link }
        | Action::StoreLease { link, .. }
        | Action::StartSupplicant { link, .. }
        | Action::AttachSupplicant { link }
        | Action::AskSupplicant { link, .. }
        | Action::ReconfigureSupplicant { link }
        | Action::StopSupplicant { link, .. } => Some(*link),
        Action::SetCountry { .. }
        | Action::CheckCountry { .. }
        | Action::WriteResolver
        | Action::Resync(_)
        | Action::Exit => None,
    }
}

fn kernel_subject(action: &KernelAction) -> Option<Index> {
    match action {
        KernelAction::CreateBond { .. } | KernelAction::CreateBridge { .. } => None,
        KernelAction::SetBond { bond, .. } => Some(*bond),
        KernelAction::SetAlias { link }
        | KernelAction::DeleteLink { link }
        | KernelAction::SetUp { link, .. }
        | KernelAction::SetMaster { link, .. }
        | KernelAction::AddAddress { link, .. }
        | KernelAction::AddAddress6 { link, .. }
        | KernelAction::DeleteAddress { link, .. }
        | KernelAction::AddRoute { link, .. }
        | KernelAction::DeleteRoute { link, .. } => Some(*link),
    }
}

/// The link whose own properties an action changes; `None` for addresses, routes and
/// what is gone afterwards.
pub fn changed_link(action: &KernelAction) -> Option<Index> {
    match action {
        KernelAction::SetBond { bond: link, .. }
        | KernelAction::SetAlias { link }
        | KernelAction::SetUp { link, .. }
        | KernelAction::SetMaster { link, .. } => Some(*link),
        KernelAction::CreateBond { .. }
        | KernelAction::CreateBridge { .. }
        | KernelAction::DeleteLink { .. }
        | KernelAction::AddAddress { .. }
        | KernelAction::AddAddress6 { .. }
        | KernelAction::DeleteAddress { .. }
        | KernelAction::AddRoute { .. }
        | KernelAction::DeleteRoute { .. } => None,
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

/// An action with the names of its links, as a phrase: "add 192.168.1.2/24".
pub struct Words<'a>(pub &'a Action, pub &'a Observed);

impl Words<'_> {
    fn name(&self, index: Index) -> &str {
        self.1.link(index).map_or("?", |link| link.name.as_str())
    }

    fn kernel(&self, action: &KernelAction, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match action {
            KernelAction::CreateBond { name, .. } => write!(f, "create the bond {name}"),
            KernelAction::CreateBridge { name } => write!(f, "create the bridge {name}"),
            KernelAction::SetBond { option, .. } => self.option(option, f),
            KernelAction::SetAlias { .. } => f.write_str("mark it as ours"),
            KernelAction::DeleteLink { .. } => f.write_str("delete it"),
            KernelAction::SetUp { up: true, .. } => f.write_str("set it up"),
            KernelAction::SetUp { up: false, .. } => f.write_str("set it down"),
            KernelAction::SetMaster { master, .. } => match master {
                Some(master) => write!(f, "make it a member of {}", self.name(*master)),
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

    fn option(&self, option: &BondOption, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match option {
            BondOption::Mode(1) => f.write_str("set mode active-backup"),
            BondOption::Mode(mode) => write!(f, "set mode {mode}"),
            BondOption::Miimon(ms) => write!(f, "set miimon {ms} ms"),
            BondOption::Updelay(ms) => write!(f, "set updelay {ms} ms"),
            BondOption::Downdelay(ms) => write!(f, "set downdelay {ms} ms"),
            BondOption::Primary(Some(i)) => write!(f, "set primary {}", self.name(*i)),
            BondOption::Primary(None) => f.write_str("set primary none"),
            BondOption::PrimaryReselect(n) => {
                write!(f, "set primary_reselect {}", primary_reselect(*n))
            }
            BondOption::FailOverMac(n) => {
                write!(f, "set fail_over_mac {}", fail_over_mac(*n))
            }
            BondOption::PeerNotifications(n) => write!(f, "set num_grat_arp {n}"),
            BondOption::Active(Some(i)) => write!(f, "make {} active", self.name(*i)),
            BondOption::Active(None) => f.write_str("let the kernel choose the active member"),
        }
    }
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Action::Kernel(kernel) => self.kernel(kernel, f),
            Action::SetIpv6 { enabled: true, .. } => f.write_str("turn IPv6 on"),
            Action::SetIpv6 { enabled: false, .. } => f.write_str("turn IPv6 off"),
            Action::SetSysctls {
                values: Some(Sysctls {
                    routers: Some(metric),
                }),
                ..
            } => write!(
                f,
                "set the kernel's settings (advertised routes: metric {metric})"
            ),
            Action::SetSysctls {
                values: Some(_), ..
            } => f.write_str("set the kernel's settings"),
            Action::SetSysctls { values: None, .. } => {
                f.write_str("give the kernel's settings back")
            }
            Action::Inspect { .. } => f.write_str("find out whether it is Wi-Fi"),
            Action::SetRadio { setting, .. } => setting.fmt(f),
            Action::RestoreRadio { .. } => f.write_str("give the radio's settings back"),
            Action::SetCountry { code: [a, b] } => {
                write!(f, "set the country {}{}", char::from(*a), char::from(*b))
            }
            Action::CheckCountry { .. } => f.write_str("see whether the country is set"),
            Action::Unblock { .. } => f.write_str("unblock the radio (rfkill)"),
            Action::NoteUp { .. } => f.write_str("keep in mind that it was up"),
            Action::AnnounceAddresses { .. } => f.write_str("tell neighbours of its addresses"),
            Action::SendDhcp6 { .. } => f.write_str("ask a DHCPv6 server"),
            Action::ReleaseDhcp6 { .. } => f.write_str("give the lease of DHCPv6 back"),
            Action::StoreLease6 { .. } => f.write_str("keep the lease of DHCPv6 on disk"),
            Action::SolicitRouter { .. } => f.write_str("ask routers to advertise"),
            Action::SendDhcp4 { .. } => f.write_str("ask a DHCP server"),
            Action::SendArp { .. } => f.write_str("tell neighbours of the address"),
            Action::ReleaseDhcp4 { .. } => f.write_str("give the lease back"),
            Action::StoreLease { .. } => f.write_str("keep the lease on disk"),
            Action::WriteResolver => f.write_str("write resolv.conf"),
            Action::Resync(Scope::All) => f.write_str("read links, addresses and routes"),
            Action::Resync(Scope::Routes) => f.write_str("read routes"),
            Action::ReadLink { .. } => f.write_str("read its state"),
            Action::NoteSlow { .. } => f.write_str("note that its driver is slow"),
            Action::StartSupplicant { .. } => f.write_str("start wpa_supplicant"),
            Action::AttachSupplicant { .. } => f.write_str("connect to wpa_supplicant"),
            Action::AskSupplicant { .. } => f.write_str("ask wpa_supplicant"),
            Action::ReconfigureSupplicant { .. } => f.write_str("give wpa_supplicant its new file"),
            Action::StopSupplicant { force: false, .. } => f.write_str("stop wpa_supplicant"),
            Action::StopSupplicant { force: true, .. } => f.write_str("kill wpa_supplicant"),
            Action::Exit => f.write_str("leave"),
        }
    }
}

/// An action with the link it is about in front: "bond0: add 192.168.1.2/24".
pub struct Spoken<'a>(pub &'a Action, pub &'a Observed);

impl fmt::Display for Spoken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = subject(self.0).and_then(|index| self.1.link(index));
        if let Some(link) = link {
            write!(f, "{}: ", link.name)?;
        }
        Words(self.0, self.1).fmt(f)
    }
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
