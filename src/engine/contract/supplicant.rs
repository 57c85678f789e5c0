//! What is done with the wpa_supplicant of an adapter.
use crate::config::IfName;
use crate::wire::wpa::Request;

/// One step with a wpa_supplicant. It fails where none runs, but for `Start`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SupplicantStep {
    /// Start it; the content is its file. `Event::SupplicantStarted` comes before `Event::Done`.
    Start {
        /// The adapter's name, which names its files.
        name: IfName,
        /// The driver is `wired` (IEEE 802.1X on a cable), not `nl80211`.
        wired: bool,
    },
    /// Connect to its control socket and subscribe to its events.
    Attach,
    /// Send one request; the reply comes as `Event::Supplicant`.
    Ask(Request),
    /// Write the configuration file, which is the content, afresh, then `RECONFIGURE`.
    Reconfigure,
    /// Send it a signal: SIGTERM, or SIGKILL. `Event::SupplicantExited` follows.
    Stop {
        /// SIGKILL.
        force: bool,
    },
}

impl SupplicantStep {
    pub(super) fn is_a_change(&self) -> bool {
        match self {
            SupplicantStep::Start { .. }
            | SupplicantStep::Reconfigure
            | SupplicantStep::Stop { .. } => true,
            SupplicantStep::Attach | SupplicantStep::Ask(_) => false,
        }
    }

    /// The content is the configuration file.
    pub fn has_file(&self) -> bool {
        matches!(
            self,
            SupplicantStep::Start { .. } | SupplicantStep::Reconfigure
        )
    }

    pub(super) fn words(&self) -> &'static str {
        match self {
            SupplicantStep::Start { .. } => "start wpa_supplicant",
            SupplicantStep::Attach => "connect to wpa_supplicant",
            SupplicantStep::Ask(_) => "ask wpa_supplicant",
            SupplicantStep::Reconfigure => "give wpa_supplicant its new file",
            SupplicantStep::Stop { force: false } => "stop wpa_supplicant",
            SupplicantStep::Stop { force: true } => "kill wpa_supplicant",
        }
    }
}
