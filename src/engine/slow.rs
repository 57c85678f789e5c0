//! What the kernel has been asked for, and what happens when it does not answer.
//!
//! Nearly every request takes the rtnl lock (net/core/rtnetlink.c), so a driver that hangs in
//! its `ndo_open()` delays the requests of every program. The request cannot be taken back. It
//! is reported, and its adapter is taken last the next time: after the others, and after a
//! time that doubles each time, also across a restart.
use super::Engine;
use super::action::{Action, KernelAction};
use super::journal::{RecordKind, Text, clip};
use super::observed::Index;
use super::supplicant::Supplicant;
use super::words::{Spoken, Words};

/// Links that wait to be read; with one more, everything is.
pub const MAX_UNREAD: usize = 16;
/// A request without an answer for so long is said.
pub const LATE_MS: u64 = 2_000;
/// An adapter whose driver took that long is left alone for 30 s, doubled up to 8 min.
const FIRST_REST_MS: u64 = 30_000;
const DOUBLINGS: u8 = 4;
/// A link is read so long before a wpa_supplicant counts as hung: while the rtnl lock is held,
/// neither is answered.
const DOUBT_MS: u64 = 3_000;

#[derive(Debug)]
pub struct UnderWay {
    action: Action,
    since: u64,
    late: bool,
}

/// An adapter whose driver did not answer in time.
#[derive(Debug)]
pub struct Slow {
    link: Index,
    times: u8,
    /// Not touched before.
    until: u64,
    /// What the mark for the next start says.
    noted: u8,
}

fn rest_ms(times: u8) -> u64 {
    FIRST_REST_MS << times.saturating_sub(1).min(DOUBLINGS)
}

/// The adapter whose driver this action goes to.
fn driver(action: &Action) -> Option<Index> {
    match action {
        Action::Kernel(KernelAction::SetUp { link, .. } | KernelAction::SetMaster { link, .. })
        | Action::SetRadio { link, .. }
        | Action::RestoreRadio { link }
        | Action::Unblock { link, .. } => Some(*link),
        _ => None,
    }
}

/// Its driver's `ndo_open()` runs: the one that hangs, and whose success ends the matter.
fn opens(action: &Action) -> bool {
    matches!(
        action,
        Action::Kernel(
            KernelAction::SetUp { up: true, .. }
                | KernelAction::SetMaster {
                    master: Some(_),
                    ..
                }
        )
    )
}

impl Engine {
    pub(super) fn kernel_given(&mut self, now: u64, action: Action) {
        if let Action::ReadLink { link } = action {
            self.unread_links.retain(|unread| *unread != link);
        }
        self.under_way = Some(UnderWay {
            action,
            since: now,
            late: false,
        });
    }

    pub(super) fn kernel_answered(&mut self, now: u64, action: &Action, ok: bool) {
        // Where nobody announced it.
        if let Action::ReadLink { link } = action {
            self.unread_links.retain(|unread| unread != link);
        }
        let Some(done) = self.under_way.take_if(|given| given.action == *action) else {
            return;
        };
        let link = driver(action);
        let slow = self.slow.iter_mut().find(|s| Some(s.link) == link);
        if done.late {
            let took = now.saturating_sub(done.since) / 1000;
            let text = format_args!("the kernel answered after {took} s");
            self.journal.write(now, RecordKind::Resync, "", text);
            if let Some(slow) = slow {
                slow.until = now + rest_ms(slow.times);
            }
        } else if let Some(slow) = slow
            && ok
            && opens(action)
        {
            slow.times = 0;
        }
    }

    /// For a plan: nothing has to wait for the kernel, nor for a driver.
    pub(super) fn answer_for_kernel(&mut self) {
        self.under_way = None;
        self.slow.clear();
    }

    /// One that is ordered: it waits while the kernel is at work, and what is restored or set
    /// before it must not be overtaken.
    pub(super) fn has_to_wait(&self, action: &Action, now: u64) -> bool {
        let ordered = action.is_for_kernel() || matches!(action, Action::NoteUp { .. });
        if ordered && self.under_way.is_some() {
            return true;
        }
        let slow = |link: Index| {
            let mut slow = self.slow.iter();
            slow.any(|s| s.link == link && now < s.until)
        };
        self.stopping.is_none() && driver(action).is_some_and(slow)
    }

    /// Reports a request that takes too long, and gives wpa_supplicants, which wait for the
    /// same lock, more time.
    pub(super) fn watch_kernel(&mut self, now: u64) {
        self.doubt(now);
        let Some(given) = &mut self.under_way else {
            return;
        };
        if now < given.since + LATE_MS {
            return;
        }
        for supplicant in &mut self.supplicants {
            supplicant.give_time(now);
        }
        if given.late {
            return;
        }
        given.late = true;
        let action = given.action.clone();
        let text = clip::<90>(format_args!("{}", Words(&action, &self.observed)));
        self.trouble(
            now,
            &action,
            format_args!("the kernel does not answer: {text}"),
        );
        if let Some(link) = driver(&action) {
            let place = self.slow.iter().position(|s| s.link == link);
            if place.is_none() {
                self.was_slow(now, link, 0);
            }
            if let Some(slow) = self.slow.iter_mut().find(|s| s.link == link) {
                slow.times = slow.times.saturating_add(1);
                slow.until = now + rest_ms(slow.times);
            }
        }
    }

    /// A wpa_supplicant that does not answer may wait for the rtnl lock.
    fn doubt(&mut self, now: u64) {
        let due = self.supplicants.iter().filter_map(Supplicant::doubtful);
        let due = due.filter(|(_, at)| now + DOUBT_MS >= *at && *at > self.doubted);
        if let Some((link, at)) = due.min_by_key(|(_, at)| *at) {
            self.doubted = at;
            if self.under_way.is_none() {
                self.want_link(link);
            }
        }
    }

    pub(super) fn kernel_poll_at(&self, now: u64) -> Option<u64> {
        let late = self.under_way.as_ref().filter(|given| !given.late);
        let late = late.map(|given| given.since + LATE_MS);
        let slow = self.slow.iter().map(|s| s.until).filter(|at| *at > now);
        let doubtful = self.supplicants.iter().filter_map(Supplicant::doubtful);
        let doubtful = doubtful.filter(|(_, at)| *at > self.doubted);
        let doubtful = doubtful.map(|(_, at)| at.saturating_sub(DOUBT_MS));
        late.into_iter()
            .chain(slow)
            .chain(doubtful.filter(|at| *at > now))
            .min()
    }

    /// A link of which there is news. Before the first read everything is read anyway.
    pub(super) fn want_link(&mut self, link: Index) {
        if !self.observed.is_complete() || self.unread_links.contains(&link) {
            return;
        }
        if self.unread_links.push(link).is_err() {
            self.unread_links.clear();
            self.want_read(super::action::Scope::All);
        }
    }

    pub(super) fn next_link(&self, now: u64) -> Option<Action> {
        let link = *self.unread_links.first()?;
        self.offer_any(now, Action::ReadLink { link })
    }

    pub(super) fn was_slow(&mut self, now: u64, link: Index, times: u8) {
        let _ = self.slow.push(Slow {
            link,
            times,
            until: now + rest_ms(times),
            noted: times,
        });
    }

    pub(super) fn next_slow_note(&self, now: u64) -> Option<Action> {
        let slow = self.slow.iter().find(|s| s.times != s.noted)?;
        let (link, times) = (slow.link, slow.times);
        self.offer_any(now, Action::NoteSlow { link, times })
    }

    pub(super) fn slow_noted(&mut self, link: Index, times: u8) {
        for slow in self.slow.iter_mut().filter(|s| s.link == link) {
            slow.noted = times;
        }
        self.slow.retain(|s| s.times != 0 || s.noted != 0);
    }

    pub(super) fn forget_slow(&mut self, link: Index) {
        self.slow.retain(|s| s.link != link);
        self.unread_links.retain(|unread| *unread != link);
    }

    /// What waits for the kernel, and which adapters are put off, each with its link.
    pub(super) fn each_delay(&self, now: u64, each: &mut dyn FnMut(Option<Index>, Text)) {
        if let Some(given) = self.under_way.as_ref().filter(|given| given.late) {
            let seconds = now.saturating_sub(given.since) / 1000;
            let words = Spoken(&given.action, &self.observed);
            let text = clip(format_args!(
                "the kernel has not answered for {seconds} s ({words}): a driver holds it up"
            ));
            each(None, text);
        }
        for slow in self.slow.iter().filter(|s| now < s.until) {
            let seconds = (slow.until - now).div_ceil(1000);
            let text = clip(format_args!(
                "its driver did not answer in time: left alone for {seconds} s"
            ));
            each(Some(slow.link), text);
        }
    }

    /// At the end of a stop.
    pub(super) fn say_what_is_left(&mut self, now: u64) {
        if let Some(given) = &self.under_way {
            let seconds = now.saturating_sub(given.since) / 1000;
            let words = clip::<90>(format_args!("{}", Spoken(&given.action, &self.observed)));
            let text = format_args!(
                "the kernel has not answered for {seconds} s ({words}): addresses, members and bond are left as they are"
            );
            self.journal.write(now, RecordKind::Trouble, "", text);
        }
    }
}
