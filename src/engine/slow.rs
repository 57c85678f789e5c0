//! What the kernel has been asked for, and what happens when it does not answer.
//!
//! Nearly every request takes the rtnl lock (net/core/rtnetlink.c), so a driver that hangs in
//! its `ndo_open()` delays the requests of every program. The request cannot be taken back. It
//! is reported, and where it takes much longer its adapter is taken last the next time: after
//! the others, and after a time that doubles each time, also across a restart.
use super::Engine;
use super::contract::action::{Action, KernelAction};
use super::contract::describe::{Spoken, Words};
use super::journal::{RecordKind, Text, clip};
use super::observed::Index;
use super::roles;
use super::supplicant::Supplicant;

/// A request without an answer for so long is reported.
pub const LATE_MS: u64 = 2_000;
/// An adapter whose driver took that long is left alone for 30 s, doubled up to 8 min. An
/// `ndo_open()` that loads firmware takes 2 to 3 s, and succeeds.
pub const PUT_OFF_MS: u64 = 8_000;
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
    put_off: bool,
}

/// An adapter whose driver did not answer in time.
#[derive(Debug)]
pub struct Slow {
    times: u8,
    /// Not touched before.
    until: u64,
    /// What the mark for the next start says.
    noted: u8,
}

impl Slow {
    /// It answers again, and no mark is left.
    fn is_over(&mut self) -> bool {
        self.times == 0 && self.noted == 0
    }
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

/// Not done to an adapter that is left alone. To set it down and to free it need no
/// `ndo_open()`.
fn waits(action: &Action) -> bool {
    opens(action) || matches!(action, Action::SetRadio { .. } | Action::Unblock { .. })
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
            put_off: false,
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
        if done.late {
            let took = now.saturating_sub(done.since) / 1000;
            let text = format_args!("the kernel answered after {took} s");
            self.journal.write(now, RecordKind::Resync, "", text);
        }
        let Some(interface) = link.and_then(|link| self.interfaces.get_mut(link)) else {
            return;
        };
        let Some(slow) = &mut interface.slow else {
            return;
        };
        if ok && opens(action) {
            slow.until = now;
            if !done.put_off {
                slow.times = 0;
            }
        } else if done.put_off {
            slow.until = now + rest_ms(slow.times);
        }
        interface.slow.take_if(|slow| slow.is_over());
    }

    /// For a plan: nothing has to wait for the kernel, nor for a driver.
    pub(super) fn answer_for_kernel(&mut self) {
        self.under_way = None;
        for interface in self.interfaces.iter_mut() {
            interface.slow = None;
        }
    }

    /// One that is ordered: it waits while the kernel is at work, and what is restored or set
    /// before it must not be overtaken.
    pub(super) fn has_to_wait(&self, action: &Action, now: u64) -> bool {
        let ordered = action.is_for_kernel() || matches!(action, Action::NoteUp { .. });
        if ordered && self.under_way.is_some() {
            return true;
        }
        waits(action) && driver(action).is_some_and(|link| self.is_put_off(link, now))
    }

    /// Its driver did not answer in time, and it is left alone.
    pub(super) fn is_put_off(&self, link: Index, now: u64) -> bool {
        let slow = self.interfaces.get(link).and_then(|one| one.slow.as_ref());
        self.stopping.is_none() && slow.is_some_and(|slow| now < slow.until)
    }

    /// A person's order does not wait.
    pub(super) fn end_wait(&mut self, now: u64, link: Index) {
        if let Some(slow) = self.slow_mut(link) {
            slow.until = now;
        }
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
        for supplicant in self.interfaces.supplicants_mut() {
            supplicant.give_time(now);
        }
        let says = !core::mem::replace(&mut given.late, true);
        let puts_off = now >= given.since + PUT_OFF_MS && !given.put_off;
        given.put_off |= puts_off;
        let action = given.action.clone();
        if says {
            let text = clip::<90>(format_args!("{}", Words(&action, &self.observed)));
            self.trouble(
                now,
                &action,
                format_args!("the kernel does not answer: {text}"),
            );
        }
        if puts_off && let Some(link) = driver(&action) {
            self.put_off(now, link);
        }
    }

    fn put_off(&mut self, now: u64, link: Index) {
        if self.slow_mut(link).is_none() {
            self.was_slow(now, link, 0);
        }
        if let Some(slow) = self.slow_mut(link) {
            slow.times = slow.times.saturating_add(1);
            slow.until = now + rest_ms(slow.times);
        }
    }

    /// A wpa_supplicant that does not answer may wait for the rtnl lock.
    fn doubt(&mut self, now: u64) {
        let due = self
            .interfaces
            .supplicants()
            .filter_map(Supplicant::doubtful);
        let due = due.filter(|(_, at)| now + DOUBT_MS >= *at && *at > self.doubted);
        if let Some((link, at)) = due.min_by_key(|(_, at)| *at) {
            self.doubted = at;
            if self.under_way.is_none() {
                self.want_link(link);
            }
        }
    }

    pub(super) fn kernel_poll_at(&self, now: u64) -> Option<u64> {
        let late = self.under_way.as_ref().filter(|given| !given.put_off);
        let late = late.map(|given| match given.late {
            false => given.since + LATE_MS,
            true => given.since + PUT_OFF_MS,
        });
        let slow = self.interfaces.iter().filter_map(|one| one.slow.as_ref());
        let slow = slow.map(|s| s.until).filter(|at| *at > now);
        let doubtful = self
            .interfaces
            .supplicants()
            .filter_map(Supplicant::doubtful);
        let doubtful = doubtful.filter(|(_, at)| *at > self.doubted);
        let doubtful = doubtful.map(|(_, at)| at.saturating_sub(DOUBT_MS));
        late.into_iter()
            .chain(slow)
            .chain(doubtful.filter(|at| *at > now))
            .min()
    }

    pub(super) fn was_slow(&mut self, now: u64, link: Index, times: u8) {
        if let Some(interface) = self.interfaces.entry(link) {
            interface.slow = Some(Slow {
                times,
                until: now + rest_ms(times),
                noted: times,
            });
        }
    }

    fn slow_mut(&mut self, link: Index) -> Option<&mut Slow> {
        self.interfaces.get_mut(link)?.slow.as_mut()
    }

    pub(super) fn next_slow_note(&self, now: u64) -> Option<Action> {
        let (link, times) = self.interfaces.iter().find_map(|one| {
            let slow = one.slow.as_ref().filter(|slow| slow.times != slow.noted)?;
            Some((one.index, slow.times))
        })?;
        self.offer_any(now, Action::NoteSlow { link, times })
    }

    pub(super) fn slow_noted(&mut self, link: Index, times: u8) {
        if let Some(interface) = self.interfaces.get_mut(link) {
            if let Some(slow) = &mut interface.slow {
                slow.noted = times;
            }
            interface.slow.take_if(|slow| slow.is_over());
        }
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
        // What is up waits for nothing, but for an adapter that is to become a member.
        let waits = |index: Index, slow: &Slow| {
            let link = self.observed.link(index).filter(|link| link.up);
            let idle = link.is_some_and(|link| {
                link.master.is_some() || roles::member_rank(&self.config, link).is_none()
            });
            now < slow.until && !idle
        };
        for one in self.interfaces.iter() {
            let Some(slow) = one.slow.as_ref().filter(|slow| waits(one.index, slow)) else {
                continue;
            };
            let seconds = (slow.until - now).div_ceil(1000);
            let text = clip(format_args!(
                "its driver did not answer in time: left alone for {seconds} s"
            ));
            each(Some(one.index), text);
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
