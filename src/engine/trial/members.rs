//! New settings of networks, member by member.
use super::state::State;
use super::{LEASE_WITHIN, WITHIN_OF_ADDRESSES};
use crate::engine::Engine;
use crate::engine::address;
use crate::engine::health::Health;
use crate::engine::observed::{Index, Link};
use crate::engine::supplicant::{MAX_SUPPLICANTS, Radio, Supplicant};
use crate::engine::time::{Instant, Millis};
use heapless::Vec;

/// Through one that has joined by the new settings the gateway answers within this, where it is in
/// the network of before.
const ANSWER_WITHIN: Millis = Millis(3_000);
/// One that was in no network before has so long to prove the new settings before the last member
/// that is in one tries them itself.
const OTHERS_WITHIN: Millis = Millis(8_000);

/// What becomes of new settings for a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is given them in its turn.
    Usual,
    /// It is the last one that is in a network by those before, and nobody has proved the new ones.
    Keeps,
    /// The same, and nobody else can: it tries them itself.
    Tries,
}

fn is_authorised(supplicant: &Supplicant) -> bool {
    match supplicant.wired {
        true => supplicant.controlled_port().is_open(),
        false => supplicant.radio == Radio::Authorised,
    }
}

/// It runs on the new settings, and its network has let it in.
fn is_in(supplicant: &Supplicant) -> bool {
    !supplicant.is_outdated() && !supplicant.is_settling() && is_authorised(supplicant)
}

impl Engine {
    /// Adapters that are in a network now.
    pub(super) fn joined_adapters(&self) -> Vec<(Index, u64), MAX_SUPPLICANTS> {
        let joined = self.supplicants().filter(|s| is_authorised(s));
        let joined = joined.map(|s| (s.link, s.file()));
        joined.take(MAX_SUPPLICANTS).collect()
    }

    /// New settings of networks cost no traffic: a member stands by, and no adapter of its own is in
    /// a network.
    pub(super) fn attempt_costs_no_traffic(&self) -> bool {
        let members = self.present_members();
        let joined = members.iter().filter(|link| self.carries(link).is_ok());
        let own = |s: &Supplicant| !s.wired && !self.is_present_member(s.link);
        joined.count() > 1 && !self.supplicants().any(own)
    }

    /// An adapter is in a network of the file, or none of those here means to be. Being online by a
    /// cable says nothing of the file's networks.
    pub fn has_shown_networks(&self) -> bool {
        let mut seeking = self.supplicants().filter(|s| !s.wired).peekable();
        seeking.peek().is_none() || seeking.any(is_authorised)
    }

    fn was_joined(&self, index: Index) -> bool {
        let mut joined = self.trial.before.joined.iter();
        joined.any(|(link, _)| *link == index)
    }

    /// Its settings are those of before.
    fn is_unchanged(&self, index: Index) -> bool {
        let supplicant = self.supplicant(index);
        supplicant.is_some_and(|s| {
            let now = (index, s.file());
            !s.is_outdated() && self.trial.before.joined.contains(&now)
        })
    }

    /// No member is about to be given its new settings, but for those that wait for a verdict.
    pub(super) fn is_settled_for_trial(&self) -> bool {
        !self.supplicants().any(Supplicant::is_settling)
    }

    /// The new settings let this one in, and its gateway answers through it, where one did before.
    fn is_proved(&self, index: Index) -> bool {
        let in_network = self.supplicant(index).is_some_and(is_in);
        let since = match self.trial.released {
            false => Some(Instant::ZERO),
            // Until all that follows from the addresses is done there is another gateway, or none.
            true => self.trial.rested,
        };
        let answered = self.health(index).and_then(Health::answered);
        let shown = since.is_some_and(|since| {
            answered >= Some(since) || self.probed().is_none() || !self.is_present_member(index)
        });
        self.is_unchanged(index) || (in_network && shown)
    }

    /// Another member may give up the settings before. One that has kept its own, and has lost its
    /// network meanwhile, shows nothing.
    fn may_be_followed(&self, link: &Link) -> bool {
        self.is_proved(link.index) && self.carries(link).is_ok()
    }

    /// Where an adapter was in a network, it or another one of its bond is in one by the new settings.
    pub(super) fn members_prove(&self) -> bool {
        let members = self.present_members();
        let is_member = |index| members.iter().any(|link| link.index == index);
        let mut joined = self.trial.before.joined.iter().map(|(index, _)| *index);
        let any_member = members.iter().any(|link| self.may_be_followed(link))
            || joined.all(|index| self.is_unchanged(index) || !is_member(index));
        self.trial.before.joined.iter().all(|(index, _)| {
            let Some(link) = self.observed.link(*index) else {
                return true;
            };
            match is_member(*index) {
                true => any_member || !self.any_wants_network(&members),
                false => self.is_proved(*index) || !self.wants_supplicant(link),
            }
        })
    }

    fn any_wants_network(&self, members: &[&Link]) -> bool {
        members.iter().any(|link| self.wants_supplicant(link))
    }

    /// When the last adapter came into its network, or since the trial began.
    pub(super) fn proved_at(&self, since: Instant) -> Instant {
        let joined = self.supplicants().filter(|s| is_in(s)).map(|s| s.since);
        joined.max().unwrap_or(since).max(since)
    }

    /// What becomes of new settings for a member that is in a network by those before.
    pub(in crate::engine) fn turn(&self, now: Instant, index: Index) -> Turn {
        let since = match self.trial.state {
            State::On {
                since,
                start: false,
                ..
            } => since,
            // It is about to have the ones before again.
            State::Failed if self.was_joined(index) => return Turn::Keeps,
            _ => return Turn::Usual,
        };
        let outdated = |index| self.supplicant(index).is_some_and(Supplicant::is_outdated);
        if !outdated(index) || !self.was_joined(index) {
            return Turn::Usual;
        }
        let mut others = self.present_members();
        others.retain(|link| link.index != index);
        let is_in_by_old = |link: &&Link| outdated(link.index) && self.carries(link).is_ok();
        let is_last = !others.iter().any(is_in_by_old);
        let followed = || others.iter().any(|link| self.may_be_followed(link));
        if !is_last || (self.trial.staged.is_none() && followed()) {
            return Turn::Usual;
        }
        let mut others = others.iter().filter(|link| self.wants_supplicant(link));
        let early = now < since + OTHERS_WITHIN;
        match others.any(|link| early || self.was_joined(link.index)) {
            true => Turn::Keeps,
            false => Turn::Tries,
        }
    }

    /// This member keeps the settings before.
    pub(in crate::engine) fn keeps_old_settings(&self, now: Instant, index: Index) -> bool {
        self.turn(now, index) == Turn::Keeps
    }

    /// Whether the network of a member gives an address is seen with the traffic alone: it is moved
    /// there where the gateway of before does not answer.
    pub(super) fn verify(&mut self, now: Instant, until: Instant) {
        let State::On { since, start, .. } = self.trial.state else {
            return;
        };
        // An address of the file is there in any network: its gateway's silence says all.
        let block = self.addressed().and_then(|link| address::block(self, link));
        let fixed = block.is_some_and(|ip| !ip.ipv4.dhcp && !ip.ipv4.addresses.is_empty());
        let fixed = fixed && self.trial.staged.is_none();
        if start || fixed || self.trial.verified.is_some() {
            return;
        }
        let waits = |link: &&Link| {
            let supplicant = self.supplicant(link.index).filter(|s| is_in(s));
            let long = supplicant.is_some_and(|s| now >= s.since.max(since) + ANSWER_WITHIN);
            long && !self.is_proved(link.index) && self.carries(link).is_ok()
        };
        let members = self.present_members();
        let kept = members
            .iter()
            .any(|link| self.keeps_old_settings(now, link.index));
        let found = members.into_iter().filter(|_| kept).find(waits);
        if let Some(index) = found.map(|link| link.index) {
            self.trial.verified = Some(index);
            self.trial.state = State::On {
                since,
                until: until.max(now + LEASE_WITHIN),
                start,
            };
        }
    }

    /// A member is in a network of the new file, or no other one keeps the settings before.
    fn a_network_has_let_in(&self) -> bool {
        let members = self.present_members();
        let keeps = |link: &&Link| {
            let supplicant = self.supplicant(link.index);
            let outdated = supplicant.is_some_and(Supplicant::is_outdated);
            outdated && self.was_joined(link.index) && self.carries(link).is_ok()
        };
        self.trial.verified.is_some()
            || !members.iter().any(keeps)
            || members.iter().any(|link| self.may_be_followed(link))
    }

    /// An adapter is in its network by the new settings, which had to be shown.
    pub(super) fn is_any_in(&self) -> bool {
        self.trial.released && self.supplicants().any(is_in)
    }

    /// A member has just joined by the new settings: its gateway is given time to answer.
    pub(super) fn awaited_until(&self, since: Instant, start: bool) -> Instant {
        let waits = |s: &&Supplicant| !start && is_in(s) && !self.is_proved(s.link);
        let joined = self.supplicants().filter(waits);
        let until = joined.map(|s| s.since.max(since) + ANSWER_WITHIN);
        until.max().unwrap_or(since)
    }

    /// The bond's new addresses come into force then.
    pub(super) fn release_addresses(&mut self, now: Instant) {
        if let State::On {
            since,
            until,
            start,
        } = self.trial.state
            && self.trial.staged.is_some()
            && self.a_network_has_let_in()
        {
            let enough = now + WITHIN_OF_ADDRESSES;
            let until = match self.supplicants().any(is_in) {
                true => enough,
                // It has to join first.
                false => until.max(enough),
            };
            self.trial.staged = None;
            self.trial.released = true;
            // What follows from them is not done yet.
            self.trial.rested = None;
            self.trial.state = State::On {
                since,
                until,
                start,
            };
        }
    }

    /// It has the traffic for the trial of the new settings, whatever its probes say.
    pub(in crate::engine) fn is_verified(&self, index: Index) -> bool {
        self.trial.verified == Some(index)
    }

    /// When a member is to be looked at again.
    pub(super) fn members_poll_at(&self, now: Instant) -> Option<Instant> {
        let State::On {
            since,
            start: false,
            ..
        } = self.trial.state
        else {
            return None;
        };
        let joined = self.supplicants().filter(|s| is_in(s));
        let answers = joined.map(|s| s.since.max(since) + ANSWER_WITHIN);
        let others = [since + OTHERS_WITHIN];
        answers.chain(others).filter(|at| *at > now).min()
    }
}
