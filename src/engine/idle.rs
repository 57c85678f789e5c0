//! When there is nothing to do, a wake-up costs next to nothing.
//!
//! What the engine does follows from its state and the time alone. A look that found no step
//! holds until something changes or the next deadline: until then nothing is worked out again.
use super::Engine;
use super::contract::action::Action;
use super::contract::content::Content;
use super::time::Instant;

/// How far the engine is with the events that it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// What follows from a change has not been worked out.
    Changed,
    /// It was at this time, and there may be steps to take.
    Settled(Instant),
    /// There was no step, and before this time there is none.
    Idle(Instant),
}

impl Engine {
    /// Another number than before: the state may be another. With the same one a status shows
    /// the same, but for the time that has passed.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// Something that decisions follow from is another than before.
    pub(super) fn note_change(&mut self) {
        self.progress = Progress::Changed;
    }

    /// Works out what follows, unless nothing can.
    pub(super) fn settle_if_due(&mut self, now: Instant) {
        if self.is_idle(now) {
            #[cfg(test)]
            if self.checks_idle {
                self.check_idle(now);
            }
            return;
        }
        self.settle(now);
        self.revision = self.revision.wrapping_add(1);
        self.progress = Progress::Settled(now);
    }

    /// The next step with what it carries, or `None`: all is as wanted, or has to wait.
    pub fn next(&mut self, now: Instant, content: &mut Content) -> Option<Action> {
        let step = match self.is_idle(now) {
            true => None,
            false => self.next_decided(now),
        };
        // Probes are sent whatever is going on: they follow their own times.
        let step = step.or_else(|| self.next_probe(now));
        if let Some(step) = &step {
            self.fill(now, step, content);
        }
        if let Some(Action::Repair { name, .. }) = &step {
            self.repair_given(name);
        }
        step
    }

    fn next_decided(&mut self, now: Instant) -> Option<Action> {
        let step = self.next_step(now);
        // While the kernel has not answered, and during a stop, nothing is idle: time limits
        // pass meanwhile.
        let waits = self.under_way.is_some() || self.is_stopping();
        let settled = self.progress == Progress::Settled(now);
        if step.is_none() && settled && !waits {
            self.trial.came_to_rest(now);
            let until = self.deadline(now).unwrap_or(Instant::NEVER);
            self.progress = Progress::Idle(until);
        }
        step
    }

    /// When to give [`Event::Time`](super::contract::event::Event::Time) and to call
    /// [`Engine::next`] again though nothing happened; `None`: never.
    pub fn poll_at(&self, now: Instant) -> Option<Instant> {
        let probes = self.probes_poll_at(now);
        let decisions = self.decisions_poll_at(now);
        [probes, decisions].into_iter().flatten().min()
    }

    fn decisions_poll_at(&self, now: Instant) -> Option<Instant> {
        match self.progress {
            Progress::Idle(until) if self.is_idle(now) => until.finite(),
            _ => self.deadline(now),
        }
    }

    /// Before the next change or deadline [`Engine::next`] has nothing but probes.
    pub fn is_idle(&self, now: Instant) -> bool {
        matches!(self.progress, Progress::Idle(until) if now < until)
    }

    /// Nothing would have come of it.
    #[cfg(test)]
    fn check_idle(&mut self, now: Instant) {
        let before = self.state();
        self.settle(now);
        assert_eq!(self.state(), before, "worked out at {now:?}");
        assert_eq!(self.next_step(now), None, "at {now:?}");
        assert_eq!(
            self.deadline(now),
            self.decisions_poll_at(now),
            "at {now:?}"
        );
    }

    /// All that it knows; of its journal how much was written, for that is long.
    #[cfg(test)]
    fn state(&mut self) -> (u32, String) {
        let journal = core::mem::take(&mut self.journal);
        let state = format!("{self:?}");
        self.journal = journal;
        (self.journal.written(), state)
    }
}
