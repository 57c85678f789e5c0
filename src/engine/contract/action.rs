//! What the engine asks of the daemon. The other half of the contract is [`super::event`].
//!
//! Each group of actions answers for its own variants: the link, the description, whether `plan`
//! shows it.
use super::names::Names;
pub use super::packet::{Packet, Transport};
pub use super::repair::UsbMeasure;
pub use super::request::{KernelRequest, RadioRequest, ReadRequest, Scope, SettingRequest};
pub use super::rtnetlink::{BondOption, KernelAction};
pub use super::store::{Note, Store};
pub use super::supplicant::SupplicantStep;
use crate::config::IfName;
use crate::engine::observed::Index;
use core::fmt;
use heapless::String;

/// One step. What it carries beside its fields, a packet's bytes or a file's text, is in the
/// [`Content`](super::content::Content) that comes with it. The daemon performs it at once, or announces with
/// [`Event::Given`](super::event::Event::Given) that the kernel is carrying it out, and answers
/// with [`Event::Done`](super::event::Event::Done); what it changed in the kernel comes
/// back as notifications, like any other program's change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// A request that the helper process carries out.
    Kernel(KernelRequest),
    /// Send one packet.
    Send {
        /// By which it leaves.
        link: Index,
        /// The link's name: a socket is bound to it.
        name: IfName,
        /// What is sent; its bytes are the content.
        packet: Packet,
    },
    /// Write or remove one of our own files.
    Store(Store),
    /// Do this with the wpa_supplicant of this adapter.
    Supplicant(Index, SupplicantStep),
    /// Repair an adapter by its USB device, in a process beside the loop: nothing waits for it,
    /// and there is no `Event::Given`. `Event::Done` comes when it has ended, or with ETIMEDOUT
    /// when it has not in time; EBUSY: one of this device, or too many, have not ended.
    Repair {
        /// The adapter.
        link: Index,
        /// Its name.
        name: IfName,
        /// The kernel's name of its USB device: `1-1.2`.
        port: String<31>,
        /// What is done.
        measure: UsbMeasure,
    },
    /// Put another configuration file in force. Before `Event::Done` comes the configuration, as
    /// [`Event::Config`](super::event::Event::Config) or `TryConfig`.
    File(FileStep),
    /// All is taken down: the daemon exits.
    Exit,
}

/// What is done with the files of configurations. The daemon keeps the one that was online before,
/// and the one that is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileStep {
    /// The one in force is set aside, the one before is put in force.
    TakeBack,
    /// The one that was set aside is tried again.
    TryAgain,
    /// The one in force works: the others are forgotten.
    Accept,
}

impl FileStep {
    fn words(self) -> &'static str {
        match self {
            FileStep::TakeBack => "put the file before in force",
            FileStep::TryAgain => "try the file that was set aside",
            FileStep::Accept => "keep the new file",
        }
    }
}

impl From<KernelRequest> for Action {
    fn from(request: KernelRequest) -> Self {
        Action::Kernel(request)
    }
}

impl From<KernelAction> for Action {
    fn from(change: KernelAction) -> Self {
        Action::Kernel(KernelRequest::Change(change))
    }
}

impl From<RadioRequest> for Action {
    fn from(request: RadioRequest) -> Self {
        Action::Kernel(KernelRequest::Radio(request))
    }
}

impl From<ReadRequest> for Action {
    fn from(request: ReadRequest) -> Self {
        Action::Kernel(KernelRequest::Read(request))
    }
}

impl From<SettingRequest> for Action {
    fn from(request: SettingRequest) -> Self {
        Action::Kernel(KernelRequest::Setting(request))
    }
}

impl From<Store> for Action {
    fn from(store: Store) -> Self {
        Action::Store(store)
    }
}

impl Action {
    /// The link it is about; `None` where it is about none.
    pub fn link(&self) -> Option<Index> {
        match self {
            Action::Kernel(request) => request.link(),
            Action::Send { link, .. }
            | Action::Supplicant(link, _)
            | Action::Repair { link, .. } => Some(*link),
            Action::Store(store) => store.link(),
            Action::File(_) | Action::Exit => None,
        }
    }

    /// The change over rtnetlink that it is, if it is one.
    pub fn change(&self) -> Option<&KernelAction> {
        match self {
            Action::Kernel(KernelRequest::Change(change)) => Some(change),
            _ => None,
        }
    }

    /// The packet that it sends, if it sends one.
    pub fn packet(&self) -> Option<Packet> {
        match self {
            Action::Send { packet, .. } => Some(*packet),
            _ => None,
        }
    }

    /// It waits until the request under way has been answered: it must not overtake a request
    /// that was given before it.
    pub fn is_ordered(&self) -> bool {
        match self {
            Action::Kernel(_) => true,
            Action::Store(store) => store.is_ordered(),
            Action::Send { .. }
            | Action::Supplicant(..)
            | Action::Repair { .. }
            | Action::File(_)
            | Action::Exit => false,
        }
    }

    /// It changes the machine: `plan` shows it.
    pub fn is_a_change(&self) -> bool {
        match self {
            Action::Kernel(request) => !request.is_question(),
            Action::Store(store) => store.is_a_change(),
            Action::Supplicant(_, step) => step.is_a_change(),
            Action::Repair { .. } => true,
            Action::Send { .. } | Action::File(_) | Action::Exit => false,
        }
    }

    pub(super) fn words(&self, names: &dyn Names, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Kernel(request) => request.words(names, f),
            Action::Send { packet, .. } => f.write_str(packet.words()),
            Action::Store(store) => f.write_str(store.words()),
            Action::Supplicant(_, step) => f.write_str(step.words()),
            Action::Repair { port, measure, .. } => {
                let (before, after) = measure.words();
                write!(f, "{before} {port}{after}")
            }
            Action::File(step) => f.write_str(step.words()),
            Action::Exit => f.write_str("leave"),
        }
    }
}
