//! How far the trial of a file is.
use super::OFFLINE_FOR;
use super::gateways::{self, Asked};
use crate::config::IpBlock;
use crate::engine::journal::Text;
use crate::engine::observed::Index;
use crate::engine::supplicant::MAX_SUPPLICANTS;
use crate::engine::time::{Instant, Millis, Seconds};
use core::net::IpAddr;
use heapless::Vec;

/// What the verdict on the configuration in force depends on.
#[derive(Debug, Default)]
pub struct Trial {
    pub(super) state: State,
    pub(super) before: Before,
    /// The member that is in another network with the new settings: whether its network gives an
    /// address is seen with the traffic alone.
    pub(super) verified: Option<Index>,
    pub(super) asked: Vec<Asked, { gateways::MOST }>,
    /// Addresses and routes of the bond by the file before: in force until a network of the new one
    /// has let a member in.
    pub(super) staged: Option<IpBlock>,
    /// They were held back, and are those of the new file since: what was shown through the old ones
    /// counts no more.
    pub(super) released: bool,
    /// How often in a row this file was set aside.
    pub(super) times: u32,
    /// It differs from the one before in networks alone.
    pub(super) networks_only: bool,
    /// Why, the last time.
    pub(super) why: Text,
    /// All that follows from the file at once was done then.
    pub(super) rested: Option<Instant>,
    /// With the file before nothing has been online since then.
    pub(super) offline_since: Option<Instant>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum State {
    /// The file in force has worked, or there is none to go back to.
    #[default]
    Over,
    /// A new one is in force.
    On {
        since: Instant,
        until: Instant,
        /// Nothing was online before: nothing is at stake.
        start: bool,
    },
    /// It works, and is taken back at that time all the same where nobody confirms it.
    Unconfirmed { until: Instant, within: Seconds },
    /// The daemon is to put the file before in force.
    Failed,
    /// The one before is in force. `again`: when the new one is tried again.
    Aside { again: Option<Instant> },
    /// The daemon is to try it again.
    Again,
    /// The daemon is to forget the file before.
    Worked,
}

/// How things were with the file before.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// A link that could carry traffic had an address.
    pub(super) online: bool,
    /// The link and the gateway that IPv4 traffic took.
    pub(super) way: Option<(Index, IpAddr)>,
    /// That gateway answered, or was not asked.
    pub(super) answered: bool,
    /// Adapters with a wpa_supplicant that were authorised, with the fingerprint of its file.
    pub(super) joined: Vec<(Index, u64), MAX_SUPPLICANTS>,
    /// `wifibond reload --confirm`.
    pub(super) confirm: Option<Seconds>,
}

/// How far a new file is, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// It is in force, and has not shown yet that it works.
    Trying,
    /// It works, and waits for `wifibond confirm`.
    Unconfirmed {
        /// It is taken back then.
        until: Instant,
    },
    /// The file before is in force.
    SetAside {
        /// The reason.
        why: &'a str,
        /// When it is tried again; `None`: when nothing is online, at the next start, and by `reload`.
        again: Option<Instant>,
    },
}

impl Trial {
    /// It is asked for once more: it has no more time for that.
    pub(in crate::engine) fn confirm_within(&mut self, confirm: Option<Seconds>) {
        self.before.confirm = confirm;
    }

    /// How far the new file is; `None`: the one in force has worked, or there is no other.
    pub fn progress(&self) -> Option<Progress<'_>> {
        match self.state {
            State::Over | State::Worked => None,
            State::On { .. } | State::Again => Some(Progress::Trying),
            State::Unconfirmed { until, .. } => Some(Progress::Unconfirmed { until }),
            State::Failed => Some(Progress::SetAside {
                why: &self.why,
                again: None,
            }),
            State::Aside { again } => Some(Progress::SetAside {
                why: &self.why,
                again,
            }),
        }
    }

    /// As the status has it.
    pub fn word(&self) -> &'static str {
        match self.progress() {
            None => "works",
            Some(Progress::Trying) => "tried",
            Some(Progress::Unconfirmed { .. }) => "unconfirmed",
            Some(Progress::SetAside { .. }) => "set aside",
        }
    }

    /// When it is taken back, or tried again; `None`: at no set time.
    pub fn until(&self) -> Option<Instant> {
        match self.state {
            State::On { until, .. } | State::Unconfirmed { until, .. } => Some(until),
            State::Aside { again } => again,
            State::Over | State::Failed | State::Again | State::Worked => None,
        }
    }

    /// No verdict yet.
    pub fn is_on(&self) -> bool {
        matches!(self.state, State::On { .. })
    }

    /// No verdict yet, and with the file before the box was online.
    pub fn replaces_one_that_worked(&self) -> bool {
        matches!(self.state, State::On { start: false, .. })
    }

    /// The file in force is not settled on: it may be taken back, or another one is to be tried again.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, State::Over | State::Aside { .. })
    }

    /// It is not known yet what becomes of the new file.
    pub fn is_being_judged(&self) -> bool {
        matches!(self.state, State::On { .. } | State::Failed | State::Again)
    }

    /// The bond's addresses and routes where they are not yet those of the file in force.
    pub fn addresses_before(&self) -> Option<&IpBlock> {
        self.staged.as_ref()
    }

    /// Why the last file was set aside, in one line.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// No step is left; the first time, the verdict may depend on it.
    pub(in crate::engine) fn came_to_rest(&mut self, now: Instant) {
        if self.is_on() && self.rested.is_none() {
            self.rested = Some(now);
        }
    }

    pub(super) fn poll_at(&self, now: Instant) -> Option<Instant> {
        let at = match self.state {
            State::On { until, .. } | State::Unconfirmed { until, .. } => Some(until),
            State::Aside { again } => {
                let offline = self.offline_since.map(|since| since + OFFLINE_FOR);
                again.into_iter().chain(offline).min()
            }
            State::Over | State::Failed | State::Again | State::Worked => None,
        };
        let asked = self.asked.iter().filter_map(Asked::due_at);
        let rested = self.rested.map(|at| at + Millis(1));
        let times = asked.chain(at).chain(rested);
        times.filter(|at| *at > now).min()
    }
}
