//! Restarting the system, where the file asks for it, when no member has worked for long: what is
//! left when an adapter, or the hub before it, does not recover from anything else.
use crate::engine::Engine;
use crate::engine::contract::action::{Action, Store};
use crate::engine::journal::RecordKind;
use crate::engine::observed::{Index, Link};
use crate::engine::select::Why;
use crate::engine::time::{Instant, Millis};

/// No member has worked for so long.
const AFTER: Millis = Millis(600_000);
/// At most once in so long. After a restart it counts from the boot: no clock is needed, which
/// such a box may not have.
pub const ONE_IN: Millis = Millis(6 * 3_600_000);

/// Whether the system is to be restarted.
#[derive(Debug, Default)]
pub struct Reboot {
    /// Since when no member works, where the file asks for a restart.
    dead_since: Option<Instant>,
    /// Not before.
    not_before: Instant,
}

impl Reboot {
    fn due_at(&self) -> Option<Instant> {
        let due = self.dead_since? + AFTER;
        Some(due.max(self.not_before))
    }

    /// When it is due.
    pub fn poll_at(&self) -> Option<Instant> {
        self.due_at()
    }
}

impl Engine {
    /// It passes nothing, or is not in its network. One that a person has set down, or switched off
    /// by rfkill, is not at fault.
    pub(super) fn is_out(&self, link: &Link) -> bool {
        match self.eligible(link) {
            Err(why) => match why {
                Why::Blocked(_) | Why::Resting | Why::Lossy(_) => false,
                Why::NoLease | Why::LeaseRefused | Why::Weak { .. } => false,
                Why::Unplugged
                | Why::NotAMember
                | Why::Down
                | Why::NoCarrier
                | Why::Unauthorised
                | Why::LinkMonitor
                | Why::NoAnswer(_)
                | Why::NoAcknowledgement => true,
            },
            Ok(()) => self.misses_enough(link.index),
        }
    }

    /// As many probes in a row as make a member bad while another one gets answers.
    pub(super) fn misses_enough(&self, index: Index) -> bool {
        let prober = self.prober(index);
        prober.is_some_and(|prober| prober.missed() >= prober.enough(self.pace(index)))
    }

    /// No member works. While all that are in their network miss the same answers, the host that is
    /// asked is at fault, unless one was bad before.
    fn is_without_members(&self) -> bool {
        let members = self.present_members();
        let bad = |link: &&Link| self.found_bad(link.index).is_some();
        let joined = |link: &&Link| self.carries(link).is_ok();
        members.iter().all(|link| self.is_out(link))
            && (members.iter().any(bad) || !members.iter().any(joined))
    }

    pub(super) fn update_reboot(&mut self, now: Instant) {
        let (health, bond) = (&self.config.health, &self.config.bond);
        let asked = health.repair && health.reboot && !bond.members.is_empty();
        let dead = asked && !self.is_stopping() && self.is_without_members();
        // A cable that works would be cut off for it.
        let dead = dead && !self.is_online_beside(&bond.name);
        let since = self.reboot.dead_since.unwrap_or(now);
        self.reboot.dead_since = dead.then_some(since);
    }

    pub(in crate::engine) fn next_reboot(&self, now: Instant) -> Option<Action> {
        let due = self.reboot.due_at().is_some_and(|at| now >= at);
        due.then(|| self.offer(now, Store::Reboot))?
    }

    /// It was asked for; if nothing comes of it, not again so soon.
    pub(in crate::engine) fn reboot_asked(&mut self, now: Instant) {
        self.reboot.not_before = now + ONE_IN;
        let minutes = AFTER.0 / 60_000;
        let text = format_args!("no member has worked for {minutes} min: the system is restarted");
        self.journal.write(now, RecordKind::Program, "", text);
    }

    /// In the boot before this one, or earlier.
    pub(in crate::engine) fn was_rebooted(&mut self, now: Instant) {
        self.reboot.not_before = Instant::ZERO + ONE_IN;
        if now < self.reboot.not_before {
            let text = format_args!("an earlier boot ended because no member worked");
            self.journal.write(now, RecordKind::Program, "", text);
        }
    }
}
