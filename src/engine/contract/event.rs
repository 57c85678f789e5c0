//! What the daemon reports to the engine. The other half of the contract is
//! [`super::action`].
use super::action::{Action, Note, Scope};
use super::packet::Purpose;
use super::settings::{Restore, Switch};
use crate::config::Config;
use crate::engine::observed::{Address, Index, KernelRoute, Link, RouterFlags};
use crate::engine::time::{Day, Instant, Millis, Seconds};
use crate::wire::Family;
use crate::wire::control::Leases;
use heapless::String;

/// What happened. A link that an event names need not be known to the engine.
#[derive(Debug)]
pub enum Event<'a> {
    /// Time has passed; nothing else happened.
    Time,
    /// A link as it was read.
    Link(Link),
    /// A link as a notification has it: without its [`Facts`](crate::engine::observed::Facts),
    /// which rtnetlink does not carry.
    LinkNotified(Link),
    /// A link was removed, or has left this network namespace
    /// (`RTM_DELLINK`).
    LinkGone(Index),
    /// `RTM_NEWADDR`: an address that is new or has changed.
    Address(Address),
    /// `RTM_DELADDR`.
    AddressGone(Address),
    /// `RTM_NEWROUTE`: a route that is new or has changed.
    Route(KernelRoute),
    /// `RTM_DELROUTE`.
    RouteGone(KernelRoute),
    /// A dump begins: what it does not name by its end is gone.
    DumpBegins(Scope),
    /// The dump is complete.
    DumpEnds(Scope),
    /// Its access point has neither sent this station a frame, but for those to all, nor acknowledged
    /// one for so long.
    Inactive {
        /// The adapter.
        link: Index,
        /// Until now.
        time: Millis,
    },
    /// Notifications were lost, or a message could not be read.
    Lost,
    /// The kernel has been asked for this, and has not answered yet.
    Given(Action),
    /// This link may have changed without a notification: it has to be read.
    LinkUnread(Index),
    /// An earlier run noted this about the link.
    Noted {
        /// The link; it need not be there any more.
        link: Index,
        /// What its file says.
        note: Note,
    },
    /// An action was carried out, or was not.
    Done(Action, Result<(), Failure>),
    /// A wpa_supplicant runs on this link: in answer to `SupplicantStep::Start`, or one that was
    /// found at the start.
    SupplicantStarted {
        /// Its adapter.
        link: Index,
        /// Started or adopted.
        how: Start,
    },
    /// A wpa_supplicant process has ended, asked to or not.
    SupplicantExited {
        /// Its adapter.
        link: Index,
    },
    /// A message came in by the socket of this purpose.
    Received {
        /// On which it came in.
        link: Index,
        /// What the socket is for.
        purpose: Purpose,
        /// As [`SocketKind`](super::socket::SocketKind) says: the payload of UDP, or a packet from
        /// the network header on. Not checked yet.
        message: &'a [u8],
    },
    /// The kernel has processed a Router Advertisement and passes on options that it does not
    /// use itself (RFC 8106).
    Router {
        /// On which it came in.
        link: Index,
        /// The options as they were sent, not checked yet (`RTM_NEWNDUSEROPT`).
        options: &'a [u8],
    },
    /// What the routers of this link ask for changed.
    RouterFlags {
        /// On which they advertise.
        link: Index,
        /// The present flags, of the last advertisement.
        flags: RouterFlags,
    },
    /// A lease was found on disk: the server's message.
    LeaseFound {
        /// The protocol.
        family: Family,
        /// The link's name, from the file's; the link need not be there.
        name: &'a str,
        /// The ACK or Reply as it came, not checked yet.
        message: &'a [u8],
        /// Its age.
        kept: Kept,
    },
    /// The leases of all networks that a link was in, as [`Store::Lease`] was written with
    /// `lasting`. Comes before the links are read.
    ///
    /// [`Store::Lease`]: super::store::Store::Lease
    LeasesFound {
        /// As above.
        name: &'a str,
        /// The file, not checked yet.
        text: &'a str,
    },
    /// A file of ours cannot be read or written, and what follows from that.
    FileTrouble {
        /// In words.
        text: &'a str,
    },
    /// Its control socket was lost; the process may be alive.
    SupplicantDetached {
        /// Its adapter.
        link: Index,
    },
    /// The previous instance changed this on the link, and it is not given back yet.
    Changed {
        /// The link; it need not be there any more.
        link: Index,
        /// All that the ledger has of it.
        restore: Restore,
    },
    /// A switch was added or has changed (`RFKILL_OP_ADD`, `RFKILL_OP_CHANGE`).
    Rfkill(Switch),
    /// The switch of this number is gone (`RFKILL_OP_DEL`).
    RfkillGone(u32),
    /// The kernel says that a device is failing.
    Warning(Warning<'a>),
    /// This member is to be set down and left so, or to be used again.
    Rest {
        /// The member.
        link: Index,
        /// `true`: `wifibond member NAME down`; `false`: `up`.
        rest: bool,
    },
    /// One message of a member's wpa_supplicant: an event or a reply.
    Supplicant {
        /// Its adapter.
        link: Index,
        /// The datagram, which is one message; see [`crate::wire::wpa`].
        text: &'a str,
    },
    /// This configuration is in force from now on.
    Config(&'a Config),
    /// The same, and the one before is kept: it is put in force again where this one does not work
    /// ([`FileStep`](super::action::FileStep)).
    TryConfig {
        /// The new one.
        config: &'a Config,
        /// It was tried before, and set aside.
        again: bool,
        /// It has to be confirmed within this time once it works.
        confirm: Option<Seconds>,
    },
    /// About the configuration on trial.
    Trial(TrialEvent),
    /// What became of the configuration file.
    File(FileEvent<'a>),
    /// The DUID and host name sent to DHCP servers.
    Identity {
        /// RFC 8415, 11; at most [`MAX_DUID`](crate::config::MAX_DUID) octets.
        duid: &'a [u8],
        /// The kernel's; empty: none is sent.
        host_name: &'a str,
    },
    /// When the program began.
    Began(Instant),
    /// `wifibond switch`.
    Switch(Index),
    /// `wifibond member NAME reassociate`.
    Rejoin(Index),
    /// The day, as the wall clock has it: before anything else that depends on it, and when it has
    /// become another. It may be wrong.
    Today(Day),
    /// Where networks were joined before, as [`Store::Places`] was written. Comes before any
    /// wpa_supplicant is started.
    ///
    /// [`Store::Places`]: super::store::Store::Places
    PlacesFound {
        /// The file, not checked yet.
        text: &'a str,
    },
    /// Keys that were derived before, as [`Store::Keys`] was written. Comes before any wpa_supplicant
    /// is started.
    ///
    /// [`Store::Keys`]: super::store::Store::Keys
    KeysFound {
        /// The file, not checked yet.
        text: &'a str,
    },
    /// An earlier boot has asked for a restart of the system: see [`Store::Reboot`]. Comes before
    /// the links are read.
    ///
    /// [`Store::Reboot`]: super::store::Store::Reboot
    Rebooted,
    /// `wifibond member NAME repair`.
    Repair(Index),
    /// `wifibond renew`.
    Renew(Leases<'a>),
    /// `wifibond release`.
    Release(Leases<'a>),
    /// A client of the control socket asks for the status: the signals are to be read.
    AskSignals,
    /// All is to be taken down; the last action is [`Action::Exit`].
    Stop,
}

/// A message of the kernel that an adapter, or its power, is failing.
#[derive(Debug, Clone, Copy)]
pub struct Warning<'a> {
    /// The message.
    pub text: &'a str,
    /// The device that its driver named (`DEVICE=` of /dev/kmsg): `+usb:1-1.2:1.0`, or `n5` with an
    /// interface's number.
    pub device: Option<&'a str>,
    /// The interface of the radio that the text names; empty: it names none.
    pub radio_of: &'a str,
}

/// What happened to the configuration on trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialEvent {
    /// The one of the start may be taken back.
    Starts,
    /// The one of the start is in place of another one, which was set aside in this boot.
    IsAside,
    /// The one in force stays, whatever comes of it.
    Ends,
    /// `wifibond confirm`.
    Confirmed,
}

/// What became of the configuration file. `in_force`: what runs in its place, as text;
/// `fault`: what is wrong with it.
#[derive(Debug, Clone, Copy)]
pub enum FileEvent<'a> {
    /// At the start; without a fault it is in force.
    Start {
        /// Of this program.
        version: &'a str,
        /// Of the configuration file.
        path: &'a str,
        /// What runs in place of a file with a fault.
        in_force: &'a str,
        /// `None`: the file is in force.
        fault: Option<&'a str>,
    },
    /// One that was waited for is there, and in force.
    Taken {
        /// Of the configuration file.
        path: &'a str,
    },
    /// One that was waited for is of no use, or has gone again.
    Unusable {
        /// Of the configuration file.
        path: &'a str,
        /// `false`: it has gone again.
        is_there: bool,
        /// What stays in force.
        in_force: &'a str,
        /// In one line.
        fault: &'a str,
    },
    /// A reload changed nothing.
    Refused {
        /// What is wrong with the file, in one line.
        fault: &'a str,
    },
}

/// What is known of a lease on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Obtained in this boot, at that time.
    OfThisBoot(Instant),
    /// Of an earlier boot, at an unknown time.
    OfBefore,
    /// It was released; the server may not know it any more.
    GivenBack,
}

/// How a wpa_supplicant came to be ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// This process started it.
    Spawned,
    /// It was running already; `current`: with the very configuration we want.
    Adopted {
        /// Its file is the wanted one, octet for octet.
        current: bool,
    },
}

/// Why an action failed: the error number and its text, the kernel's own where it gave one
/// (`NLMSGERR_ATTR_MSG`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Positive; 0 where it is no system call's.
    pub errno: i32,
    /// For people; cut where it does not fit.
    pub text: String<104>,
}
