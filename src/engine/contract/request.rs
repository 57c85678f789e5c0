//! Requests to the kernel and its drivers: what the helper process carries out, one at a time,
//! as none has an upper limit of time. Each group is carried out, and its outcomes taken in, in one
//! place.
use super::names::Names;
use super::rtnetlink::KernelAction;
use super::settings::{RadioSetting, Sysctls};
use crate::config::IfName;
use crate::engine::observed::Index;
use core::fmt;

/// Numbers and texts of bounded length, all inline: it is copied to the helper as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KernelRequest {
    /// A change over rtnetlink.
    Change(KernelAction),
    /// Read something afresh.
    Read(ReadRequest),
    /// Change settings of a link that rtnetlink does not have.
    Setting(SettingRequest),
    /// A request to nl80211 or rfkill.
    Radio(RadioRequest),
}

/// What is read afresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReadRequest {
    /// Links, addresses and routes.
    Tables(Scope),
    /// One link, with its [`Facts`](crate::engine::observed::Facts).
    Link {
        /// Which.
        link: Index,
    },
    /// Whether a link is Wi-Fi.
    Medium {
        /// Which.
        link: Index,
    },
    /// For how long a station's access point has neither sent to it nor acknowledged its frames.
    Inactive {
        /// The adapter.
        link: Index,
    },
}

/// Which tables are read afresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Links, addresses and routes.
    All,
    /// Routes alone.
    Routes,
}

/// Settings of a link under /proc/sys, and the group that it receives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SettingRequest {
    /// Turn IPv6 on a member off, or back on.
    Ipv6 {
        /// The link.
        link: Index,
        /// Its name, under which /proc/sys has it.
        name: IfName,
        /// `false` writes 1 to `disable_ipv6` (ip-sysctl.rst).
        enabled: bool,
    },
    /// `None` gives back what was set before.
    Sysctls {
        /// The link.
        link: Index,
        /// Its name, under which /proc/sys has it.
        name: IfName,
        /// The values wanted.
        values: Option<Sysctls>,
    },
    /// Have a link receive what is sent to all IPv6 hosts (ff02::1), or no longer. It ends with the
    /// helper process.
    AllHosts {
        /// The link.
        link: Index,
        /// `false`: no longer.
        received: bool,
    },
}

/// A request to nl80211 or rfkill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RadioRequest {
    /// Change a setting of a radio.
    Set {
        /// The adapter.
        link: Index,
        /// The setting and its value.
        setting: RadioSetting,
    },
    /// Restore the settings that a radio had before.
    Restore {
        /// The adapter.
        link: Index,
    },
    /// `NL80211_CMD_REQ_SET_REG`: the kernel acknowledges at once and looks the country up later.
    SetCountry {
        /// ISO 3166-1 alpha-2, in capitals.
        code: [u8; 2],
    },
    /// Whether the kernel's rules are those of the country; fails if not.
    CheckCountry {
        /// As in `SetCountry`.
        code: [u8; 2],
    },
    /// End a soft block.
    Unblock {
        /// The adapter.
        link: Index,
        /// Its switch's number (rfkill).
        switch: u32,
    },
}

impl KernelRequest {
    /// The link it is about; `None` where it is about none.
    pub fn link(&self) -> Option<Index> {
        match self {
            KernelRequest::Change(change) => change.link(),
            KernelRequest::Read(request) => request.link(),
            KernelRequest::Setting(
                SettingRequest::Ipv6 { link, .. }
                | SettingRequest::Sysctls { link, .. }
                | SettingRequest::AllHosts { link, .. },
            ) => Some(*link),
            KernelRequest::Radio(request) => request.link(),
        }
    }

    /// The adapter whose driver it goes to.
    pub fn driver(&self) -> Option<Index> {
        match self {
            KernelRequest::Change(
                KernelAction::SetUp { link, .. } | KernelAction::SetMaster(link, _),
            ) => Some(*link),
            KernelRequest::Read(ReadRequest::Inactive { link }) => Some(*link),
            KernelRequest::Radio(request) => request.link(),
            KernelRequest::Change(_) | KernelRequest::Read(_) | KernelRequest::Setting(_) => None,
        }
    }

    /// The driver's `ndo_open()` runs: the call that may hang. Its success shows that the driver
    /// answers again.
    pub fn opens(&self) -> bool {
        match self {
            KernelRequest::Change(change) => change.opens(),
            KernelRequest::Read(_) | KernelRequest::Setting(_) | KernelRequest::Radio(_) => false,
        }
    }

    /// Put off while the adapter's driver does not answer. To set it down, to free it and to
    /// restore it need no `ndo_open()`.
    pub fn waits_for_driver(&self) -> bool {
        let asks = matches!(
            self,
            KernelRequest::Radio(RadioRequest::Set { .. } | RadioRequest::Unblock { .. })
                | KernelRequest::Read(ReadRequest::Inactive { .. })
        );
        asks || self.opens()
    }

    /// It changes nothing.
    pub fn is_question(&self) -> bool {
        match self {
            KernelRequest::Read(_) | KernelRequest::Radio(RadioRequest::CheckCountry { .. }) => {
                true
            }
            KernelRequest::Change(_) | KernelRequest::Setting(_) | KernelRequest::Radio(_) => false,
        }
    }

    /// While it is under way, notifications may be newer than what it has read.
    pub fn reads(&self) -> bool {
        match self {
            // No table.
            KernelRequest::Read(ReadRequest::Inactive { .. }) => false,
            KernelRequest::Read(_) => true,
            KernelRequest::Change(_) | KernelRequest::Setting(_) | KernelRequest::Radio(_) => false,
        }
    }

    pub(super) fn words(&self, names: &dyn Names, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KernelRequest::Change(change) => change.words(names, f),
            KernelRequest::Read(request) => f.write_str(request.words()),
            KernelRequest::Setting(request) => request.words(f),
            KernelRequest::Radio(request) => request.words(f),
        }
    }
}

impl ReadRequest {
    fn link(&self) -> Option<Index> {
        match self {
            ReadRequest::Link { link }
            | ReadRequest::Medium { link }
            | ReadRequest::Inactive { link } => Some(*link),
            ReadRequest::Tables(_) => None,
        }
    }

    fn words(&self) -> &'static str {
        match self {
            ReadRequest::Tables(Scope::All) => "read links, addresses and routes",
            ReadRequest::Tables(Scope::Routes) => "read routes",
            ReadRequest::Link { .. } => "read its state",
            ReadRequest::Medium { .. } => "find out whether it is Wi-Fi",
            ReadRequest::Inactive { .. } => "ask since when its access point is silent",
        }
    }
}

impl SettingRequest {
    fn words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SettingRequest::Ipv6 { enabled: true, .. } => f.write_str("turn IPv6 on"),
            SettingRequest::Ipv6 { enabled: false, .. } => f.write_str("turn IPv6 off"),
            SettingRequest::Sysctls { values, .. } => match values {
                Some(Sysctls {
                    routers: Some(metric),
                }) => write!(
                    f,
                    "set the kernel's settings (advertised routes: metric {metric})"
                ),
                Some(Sysctls { routers: None }) => f.write_str("set the kernel's settings"),
                None => f.write_str("give the kernel's settings back"),
            },
            SettingRequest::AllHosts { received: true, .. } => {
                f.write_str("receive what is sent to all IPv6 hosts")
            }
            SettingRequest::AllHosts {
                received: false, ..
            } => f.write_str("receive no longer what is sent to all IPv6 hosts"),
        }
    }
}

impl RadioRequest {
    fn link(&self) -> Option<Index> {
        match self {
            RadioRequest::Set { link, .. }
            | RadioRequest::Restore { link }
            | RadioRequest::Unblock { link, .. } => Some(*link),
            RadioRequest::SetCountry { .. } | RadioRequest::CheckCountry { .. } => None,
        }
    }

    fn words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RadioRequest::Set { setting, .. } => fmt::Display::fmt(setting, f),
            RadioRequest::Restore { .. } => f.write_str("give the radio's settings back"),
            RadioRequest::SetCountry { code: [a, b] } => {
                write!(f, "set the country {}{}", char::from(*a), char::from(*b))
            }
            RadioRequest::CheckCountry { .. } => f.write_str("see whether the country is set"),
            RadioRequest::Unblock { .. } => f.write_str("unblock the radio (rfkill)"),
        }
    }
}
