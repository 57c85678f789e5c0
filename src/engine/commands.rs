//! Commands of the control socket, and events that are not the network's.
use super::Engine;
use super::contract::action::Action;
use super::contract::event::FileEvent;
use super::dhcp::{self, Identity, MAX_CLIENTS};
use super::journal::RecordKind;
use super::observed::Index;
use super::supplicant::Phase;
use super::time::Instant;
use crate::wire::Family;
use crate::wire::control::Leases;
use crate::wire::wpa::Request;
use core::fmt::Arguments;
use heapless::Vec;

/// Leases to be given back by `wifibond release`.
pub(super) type Releasing = Vec<(Index, Family), { 2 * MAX_CLIENTS }>;

impl Engine {
    pub(super) fn identify(&mut self, duid: &[u8], host_name: &str) {
        self.identity = Identity {
            duid: Vec::from_slice(duid).unwrap_or_default(),
            host_name: host_name.try_into().unwrap_or_default(),
        };
    }

    /// Asks each running supplicant for its signal; see [`Engine::signals_awaited`].
    pub(super) fn ask_signals(&mut self) {
        for supplicant in self.interfaces.supplicants_mut() {
            if supplicant.phase == Phase::Attached {
                supplicant.ask(Request::SignalPoll);
            }
        }
    }

    /// A signal was asked for and is not known yet.
    pub fn signals_awaited(&self) -> bool {
        self.supplicants().any(|s| s.is_asking(Request::SignalPoll))
    }

    /// Has a member's wpa_supplicant read its file again and join anew, when it is its
    /// turn.
    pub(super) fn rejoin(&mut self, link: Index) {
        if let Some(supplicant) = self.interfaces.supplicant_mut(link) {
            supplicant.want_again();
        }
    }

    /// Whether this member may join anew, and if not, why.
    pub fn may_rejoin(&self, link: Index) -> Result<(), &'static str> {
        let supplicant = self.supplicant(link);
        supplicant.map_or(Err("no wpa_supplicant runs on it"), |_| Ok(()))
    }

    /// The leases of those that are meant that could be given back now.
    pub fn releasable(&self, leases: Leases<'_>) -> usize {
        self.each_releasable(leases).count()
    }

    /// Beside those that were ordered before and are not given back yet. An order does not wait
    /// for the end of a pause after a failure.
    pub(super) fn release(&mut self, leases: Leases<'_>) {
        let ordered: Releasing = self.each_releasable(leases).collect();
        for (link, family) in ordered {
            if let Some(action) = dhcp::release_action(self, link, family) {
                self.retry.forget(&action);
            }
            if !self.releasing.contains(&(link, family)) {
                // There is room for one of each client.
                let _ = self.releasing.push((link, family));
            }
        }
    }

    /// Takes those off the list that have been given back or have ended.
    pub(super) fn forget_released(&mut self) {
        if self.releasing.is_empty() {
            return;
        }
        let there: Releasing = self.each_releasable(Leases::default()).collect();
        self.releasing.retain(|lease| there.contains(lease));
    }

    /// The next lease to give back by `wifibond release`.
    pub(super) fn next_ordered_release(&self, now: Instant) -> Option<Action> {
        let mut leases = self.releasing.iter();
        leases.find_map(|(link, family)| dhcp::release(self, now, *link, *family))
    }

    /// What became of the configuration file, for the journal.
    pub(super) fn note_file(&mut self, now: Instant, event: FileEvent<'_>) {
        let mut trouble =
            |text: Arguments<'_>| self.journal.write(now, RecordKind::Trouble, "", text);
        match event {
            FileEvent::Start {
                version,
                in_force,
                fault: Some(fault),
                ..
            } => {
                trouble(format_args!(
                    "wifibond {version} runs on {in_force}, because:"
                ));
                trouble(format_args!("{fault}"));
            }
            FileEvent::Start { version, path, .. } => {
                let text = format_args!("wifibond {version} runs on {path}");
                self.journal.write(now, RecordKind::Program, "", text);
            }
            FileEvent::Taken { path } => {
                let text = format_args!("{path} is there now, and in force");
                self.journal.write(now, RecordKind::Program, "", text);
            }
            FileEvent::Unusable {
                path,
                is_there,
                in_force,
                fault,
            } => {
                let what = match is_there {
                    true => "is there now, and wrong",
                    false => "has gone again",
                };
                trouble(format_args!("{path} {what}; {in_force} stays in force"));
                trouble(format_args!("{fault}"));
            }
            FileEvent::Refused { fault } => {
                trouble(format_args!("reload refused, nothing changed: {fault}"));
            }
        }
    }
}
