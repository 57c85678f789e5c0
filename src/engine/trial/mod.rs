//! A new file is on trial until the box has been seen to be online with it. Where it is not, the
//! file before is put in force again, and the new one is tried anew seldom.
//!
//! - New Wi-Fi settings go to the members that stand by first ([`members`]); the last one that is in
//!   its network by the settings before keeps them until another one has proved the new ones.
//! - The bond's addresses and routes follow when a network of the new file has let a member in.
//! - What else has changed is in force at once; afterwards a link that may carry traffic has to have an
//!   address, and its gateway has to answer ([`gateways`]).
//! - At a start there is nothing to lose: the file is given two minutes, where another one is kept
//!   that was online.
mod gateways;
mod members;
mod state;

use super::Engine;
use super::contract::action::{Action, FileStep};
use super::contract::event::{Failure, TrialEvent};
use super::journal::{RecordKind, Text, clip};
use super::supplicant::Fault;
use super::supplicant_file::networks;
use super::time::{Instant, Millis, Seconds};
use crate::config::Config;
pub use members::Turn;
use state::{Before, State};
pub use state::{Progress, Trial};

/// The time that a new file has, where the box was online before.
const WITHIN: Millis = Millis(30_000);
/// The same for one that changes nothing about Wi-Fi or IEEE 802.1X.
const WITHIN_OF_ADDRESSES: Millis = Millis(15_000);
/// A server that pings an address before it offers it takes 3 s.
const LEASE_WITHIN: Millis = Millis(15_000);
/// The time that a file has where nothing was online before; doubled each time it was in vain.
const START_WITHIN: Millis = Millis(120_000);
/// The other one may be the one that works by now.
const LONGEST_START: Millis = Millis(300_000);
/// At a start an access point has refused it: another network of the file may follow.
const REFUSED_WITHIN: Millis = Millis(10_000);
/// The file before does not get online either: then the new one is tried again after this.
const OFFLINE_FOR: Millis = Millis(60_000);
/// While the file before works the new one is tried again after this; doubled each time.
const AGAIN_AFTER: Millis = Millis(600_000);
const LONGEST_PAUSE: Millis = Millis(21_600_000);

impl Engine {
    /// What becomes of the newest file.
    pub fn trial(&self) -> &Trial {
        &self.trial
    }

    /// [`Event::TryConfig`](super::contract::event::Event::TryConfig): the configuration before is
    /// still in force.
    pub(super) fn begin_trial(
        &mut self,
        now: Instant,
        config: &Config,
        again: bool,
        confirm: Option<Seconds>,
    ) {
        // One that follows another one on trial is held against the same one before.
        if !self.trial.is_on() {
            self.trial.before = self.before();
        }
        self.trial.before.confirm = confirm;
        if !again {
            self.trial.times = 0;
        }
        // Another one on trial may hold them back already.
        let staged = self.trial.staged.take();
        self.put_on_trial(now);
        if self.trial.before.online && self.config.bond.name == config.bond.name {
            let ip = staged.unwrap_or_else(|| self.config.bond.ip.clone());
            self.trial.staged = (ip != config.bond.ip).then_some(ip);
        }
    }

    /// [`Event::Trial`](super::contract::event::Event::Trial).
    pub(super) fn trial_event(&mut self, now: Instant, event: TrialEvent) {
        match event {
            TrialEvent::Starts => {
                self.trial.before = Before::default();
                self.put_on_trial(now);
            }
            TrialEvent::IsAside => {
                // What it costs is not known.
                self.trial.networks_only = false;
                self.trial.why = clip(format_args!(
                    "it did not work before the program was started again"
                ));
                self.put_aside(now);
            }
            TrialEvent::Ends => self.end_trial(State::Over),
            TrialEvent::Confirmed => {
                if let State::Unconfirmed { .. } = self.trial.state {
                    self.end_trial(State::Worked);
                }
            }
        }
    }

    fn put_on_trial(&mut self, now: Instant) {
        let start = !self.trial.before.online;
        let doubled = START_WITHIN * (1 << self.trial.times.min(6));
        let within = match start {
            true => doubled.min(LONGEST_START),
            false => WITHIN,
        };
        self.end_trial(State::On {
            since: now,
            until: now + within,
            start,
        });
    }

    fn end_trial(&mut self, state: State) {
        self.trial.state = state;
        self.trial.verified = None;
        self.trial.staged = None;
        self.trial.released = false;
        self.trial.asked.clear();
        self.trial.offline_since = None;
        self.trial.rested = None;
    }

    fn before(&self) -> Before {
        Before {
            online: self.is_online(),
            way: self.way_out(),
            answered: self.way_answers(),
            joined: self.joined_adapters(),
            confirm: None,
        }
    }

    /// Comes to a verdict, where there is reason for one.
    pub(super) fn update_trial(&mut self, now: Instant) {
        match self.trial.state {
            State::Over | State::Failed | State::Again | State::Worked => {}
            State::On {
                since,
                until,
                start,
            } => self.judge_file(now, since, until, start),
            State::Unconfirmed { until, within } if now >= until => {
                self.trial.why = clip(format_args!("not confirmed within {} s", within.0));
                self.trial.state = State::Failed;
            }
            State::Unconfirmed { .. } => {}
            State::Aside { again } => self.try_again(now, again),
        }
    }

    fn judge_file(&mut self, now: Instant, since: Instant, until: Instant, start: bool) {
        self.update_asked(now);
        self.verify(now, until);
        self.release_addresses(now);
        // Who is still given its settings then decides nothing.
        if self.works(now >= until) {
            return self.file_works(now);
        }
        let State::On { until, .. } = self.trial.state else {
            return;
        };
        let until = match (start, self.refusal_of_file(start)) {
            (false, Some(_)) => now,
            (true, Some(_)) => until.min(now + REFUSED_WITHIN),
            // Nothing about networks has changed, or all has been shown.
            (false, None) if self.members_prove() && self.is_settled_for_trial() => {
                until.min(self.proved_at(since) + WITHIN_OF_ADDRESSES)
            }
            (_, None) => until,
        };
        self.trial.state = State::On {
            since,
            until,
            start,
        };
        let until = until.max(self.awaited_until(since, start));
        if now >= until {
            self.trial.why = self.failure(now - since, start);
            self.trial.state = State::Failed;
        }
    }

    fn file_works(&mut self, now: Instant) {
        let state = match self.trial.before.confirm {
            None => State::Worked,
            Some(within) => State::Unconfirmed {
                until: now + Millis::from(within),
                within,
            },
        };
        self.end_trial(state);
        self.trial.times = 0;
    }

    /// It is online as before, with these settings.
    fn works(&self, late: bool) -> bool {
        let rested = self.trial.rested;
        let rested = rested.filter(|_| self.trial.staged.is_none());
        let rested = rested.filter(|_| late || self.is_settled_for_trial());
        rested.is_some_and(|rested| self.members_prove() && self.has_a_way_out(rested))
    }

    /// Why the file is of no use, in words.
    fn failure(&self, took: Millis, start: bool) -> Text {
        if let Some((name, fault)) = self.refusal_of_file(start) {
            return clip(format_args!("{name}: {fault}"));
        }
        let seconds = took.0 / 1000;
        if !self.members_prove() && !self.is_any_in() {
            return clip(format_args!(
                "no adapter was let into a network of the file within {seconds} s"
            ));
        }
        if let Some(gateway) = self
            .trial
            .rested
            .and_then(|rested| self.silent_gateway(rested))
        {
            return clip(format_args!("its gateway {gateway} does not answer"));
        }
        match self.is_online() {
            true => clip(format_args!("no default route was had within {seconds} s")),
            false => clip(format_args!("not online within {seconds} s")),
        }
    }

    fn try_again(&mut self, now: Instant, again: Option<Instant>) {
        if self.is_online() {
            self.trial.offline_since = None;
        } else if self.trial.offline_since.is_none() {
            self.trial.offline_since = Some(now);
        }
        let long = |since: Instant| now >= since + OFFLINE_FOR;
        let offline = self.trial.offline_since.is_some_and(long);
        let due = again.is_some_and(|at| now >= at) && self.attempt_costs_no_traffic();
        if offline || due {
            self.trial.state = State::Again;
        }
    }

    /// The configuration in force is about to give way to the one before.
    pub(super) fn note_taken_back(&mut self, before: &Config) {
        if self.trial.state == State::Failed {
            let new = &self.config;
            self.trial.networks_only = new.bond == before.bond
                && new.links == before.links
                && new.bridges == before.bridges
                && new.health == before.health
                && new.radio == before.radio;
        }
    }

    fn put_aside(&mut self, now: Instant) {
        let pause = AGAIN_AFTER * (1 << self.trial.times.min(6));
        let pause = pause.min(LONGEST_PAUSE);
        // Addresses are in force at once, and another network had the traffic: each attempt would
        // cost an outage.
        let free = self.trial.networks_only && self.trial.verified.is_none();
        let again = free && self.trial.before.confirm.is_none();
        self.trial.times = self.trial.times.saturating_add(1);
        self.end_trial(State::Aside {
            again: again.then(|| now + pause),
        });
    }

    /// What the daemon has to do with the files.
    pub(super) fn next_file_step(&self, now: Instant) -> Option<Action> {
        let step = match self.trial.state {
            State::Failed => FileStep::TakeBack,
            State::Again => FileStep::TryAgain,
            State::Worked => FileStep::Accept,
            State::Over | State::On { .. } | State::Unconfirmed { .. } | State::Aside { .. } => {
                return None;
            }
        };
        self.offer(now, Action::File(step))
    }

    /// The daemon has done it, or cannot: then the file in force stays.
    pub(super) fn file_step_done(
        &mut self,
        now: Instant,
        step: FileStep,
        result: &Result<(), Failure>,
    ) {
        match (step, result) {
            (FileStep::TakeBack, Ok(())) => {
                let text = format_args!(
                    "the new file is set aside, the one before is in force: {}",
                    self.trial.why
                );
                self.journal.write(now, RecordKind::Trouble, "", text);
                self.put_aside(now);
            }
            (FileStep::Accept, Ok(())) => self.end_trial(State::Over),
            // Its trial has begun.
            (FileStep::TryAgain, Ok(())) => {}
            (_, Err(_)) => self.end_trial(State::Over),
        }
    }

    pub(super) fn trial_poll_at(&self, now: Instant) -> Option<Instant> {
        let times = [self.trial.poll_at(now), self.members_poll_at(now)];
        times.into_iter().flatten().min()
    }

    /// An access point, or a server behind it, has refused the new settings, and no other network of
    /// the file is left to that adapter.
    fn refusal_of_file(&self, start: bool) -> Option<(&str, &Fault)> {
        if start && self.is_online() {
            return None;
        }
        self.supplicants().find_map(|s| {
            let fault = s.fault.as_ref().filter(|fault| fault.is_final())?;
            let link = self.observed.link(s.link)?;
            let several = networks(&self.config, link).count() > 1;
            // One of before says nothing of the new settings.
            let new = start || s.is_settling();
            (new && !s.is_outdated() && !several).then_some((s.name.as_str(), fault))
        })
    }
}
