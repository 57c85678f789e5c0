//! What the kernel has been asked for, and what happens when it does not answer.
//!
//! Nearly every request takes the rtnl lock (net/core/rtnetlink.c), so a driver that hangs in
//! its `ndo_open()` delays the requests of every program. The request cannot be taken back. It
//! is reported, and where it takes much longer its adapter is taken last the next time: after
//! the others, and after a time that doubles each time, also across a restart.
use super::Engine;
use super::contract::action::{Action, KernelRequest, Note, ReadRequest, Store};
use super::contract::describe::{Phrase, WithLink};
use super::journal::{RecordKind, Text, clip};
use super::observed::Index;
use super::roles;
use super::supplicant::Supplicant;
use super::time::{Instant, Millis};

/// A request without an answer for so long is reported.
pub const LATE: Millis = Millis(2_000);
/// An adapter whose driver took that long is left alone for 30 s, doubled up to 8 min. An
/// `ndo_open()` that loads firmware takes 2 to 3 s, and succeeds.
pub const PUT_OFF: Millis = Millis(8_000);
const FIRST_REST: Millis = Millis(30_000);
const DOUBLINGS: u8 = 4;
/// A link is read so long before a wpa_supplicant counts as hung: while the rtnl lock is held,
/// neither is answered.
const READ_BEFORE_HUNG: Millis = Millis(3_000);

#[derive(Debug)]
pub struct UnderWay {
    action: Action,
    since: Instant,
    late: bool,
    put_off: bool,
}

/// An adapter whose driver did not answer in time.
#[derive(Debug)]
pub struct Slow {
    times: u8,
    /// Not touched before.
    until: Instant,
    /// The count in the file for the next start.
    noted: u8,
}

impl Slow {
    /// It answers again, and no mark is left.
    fn is_over(&mut self) -> bool {
        self.times == 0 && self.noted == 0
    }
}

fn rest(times: u8) -> Millis {
    FIRST_REST * (1 << times.saturating_sub(1).min(DOUBLINGS))
}

/// The adapter whose driver this action goes to.
fn driver(action: &Action) -> Option<Index> {
    match action {
        Action::Kernel(request) => request.driver(),
        _ => None,
    }
}

impl Engine {
    pub(super) fn kernel_given(&mut self, now: Instant, action: Action) {
        if let Action::Kernel(KernelRequest::Read(ReadRequest::Link { link })) = action {
            self.unread_links.retain(|unread| *unread != link);
        }
        self.under_way = Some(UnderWay {
            action,
            since: now,
            late: false,
            put_off: false,
        });
    }

    pub(super) fn kernel_answered(&mut self, now: Instant, action: &Action, ok: bool) {
        // Where `Event::Given` did not come before.
        if let Action::Kernel(KernelRequest::Read(ReadRequest::Link { link })) = action {
            self.unread_links.retain(|unread| unread != link);
        }
        let Some(done) = self.under_way.take_if(|given| given.action == *action) else {
            return;
        };
        let link = driver(action);
        if done.late {
            let took = (now - done.since).whole_seconds().0;
            let text = format_args!("the kernel answered after {took} s");
            self.journal.write(now, RecordKind::Resync, "", text);
        }
        let Some(interface) = link.and_then(|link| self.interfaces.get_mut(link)) else {
            return;
        };
        let Some(slow) = &mut interface.slow else {
            return;
        };
        let opened = matches!(action, Action::Kernel(request) if request.opens());
        if ok && opened {
            slow.until = now;
            if !done.put_off {
                slow.times = 0;
            }
        } else if done.put_off {
            slow.until = now + rest(slow.times);
        }
        interface.slow.take_if(|slow| slow.is_over());
    }

    /// For a plan: nothing has to wait for the kernel, nor for a driver.
    pub(super) fn answer_for_kernel(&mut self) {
        self.under_way = None;
        for interface in self.interfaces.iter_mut() {
            interface.slow = None;
        }
        self.note_change();
    }

    /// For the kernel's answer to another, or for a driver.
    pub(super) fn has_to_wait(&self, action: &Action, now: Instant) -> bool {
        if action.is_ordered() && self.under_way.is_some() {
            return true;
        }
        let Action::Kernel(request) = action else {
            return false;
        };
        let driver = request.driver().filter(|_| request.waits_for_driver());
        driver.is_some_and(|link| self.is_put_off(link, now))
    }

    /// Its driver did not answer in time, and it is left alone.
    pub(super) fn is_put_off(&self, link: Index, now: Instant) -> bool {
        let slow = self.interfaces.get(link).and_then(|one| one.slow.as_ref());
        self.stopping.is_none() && slow.is_some_and(|slow| now < slow.until)
    }

    /// `wifibond member` does not wait.
    pub(super) fn end_wait(&mut self, now: Instant, link: Index) {
        if let Some(slow) = self.slow_mut(link) {
            slow.until = now;
        }
    }

    /// Reports a request that takes too long, and gives wpa_supplicants, which wait for the
    /// same lock, more time.
    pub(super) fn watch_kernel(&mut self, now: Instant) {
        self.read_before_hung(now);
        let Some(given) = &mut self.under_way else {
            return;
        };
        if now < given.since + LATE {
            return;
        }
        for supplicant in self.interfaces.supplicants_mut() {
            supplicant.give_time(now);
        }
        let says = !core::mem::replace(&mut given.late, true);
        let puts_off = now >= given.since + PUT_OFF && !given.put_off;
        given.put_off |= puts_off;
        let action = given.action.clone();
        if says {
            let text = clip::<90>(format_args!("{}", Phrase(&action, &self.observed)));
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

    fn put_off(&mut self, now: Instant, link: Index) {
        if self.slow_mut(link).is_none() {
            self.was_slow(now, link, 0);
        }
        if let Some(slow) = self.slow_mut(link) {
            slow.times = slow.times.saturating_add(1);
            slow.until = now + rest(slow.times);
        }
    }

    /// Reads the link of a wpa_supplicant that will soon count as hung: it may wait for the rtnl
    /// lock, which the read would show.
    fn read_before_hung(&mut self, now: Instant) {
        let due = self
            .interfaces
            .supplicants()
            .filter_map(Supplicant::hung_at);
        let due = due.filter(|(_, at)| now + READ_BEFORE_HUNG >= *at && *at > self.read_for);
        if let Some((link, at)) = due.min_by_key(|(_, at)| *at) {
            self.read_for = at;
            if self.under_way.is_none() {
                self.want_link(link);
            }
        }
    }

    pub(super) fn kernel_poll_at(&self, now: Instant) -> Option<Instant> {
        let late = self.under_way.as_ref().filter(|given| !given.put_off);
        let late = late.map(|given| match given.late {
            false => given.since + LATE,
            true => given.since + PUT_OFF,
        });
        let slow = self.interfaces.iter().filter_map(|one| one.slow.as_ref());
        let slow = slow.map(|s| s.until).filter(|at| *at > now);
        let hung = self
            .interfaces
            .supplicants()
            .filter_map(Supplicant::hung_at);
        let hung = hung.filter(|(_, at)| *at > self.read_for);
        let hung = hung.map(|(_, at)| at - READ_BEFORE_HUNG);
        late.into_iter()
            .chain(slow)
            .chain(hung.filter(|at| *at > now))
            .min()
    }

    pub(super) fn was_slow(&mut self, now: Instant, link: Index, times: u8) {
        if let Some(interface) = self.interfaces.entry(link) {
            interface.slow = Some(Slow {
                times,
                until: now + rest(times),
                noted: times,
            });
        }
    }

    fn slow_mut(&mut self, link: Index) -> Option<&mut Slow> {
        self.interfaces.get_mut(link)?.slow.as_mut()
    }

    pub(super) fn next_slow_note(&self, now: Instant) -> Option<Action> {
        let (link, times) = self.interfaces.iter().find_map(|one| {
            let slow = one.slow.as_ref().filter(|slow| slow.times != slow.noted)?;
            Some((one.index, slow.times))
        })?;
        let note = Note::Slow { times };
        self.offer(now, Store::Note { link, note })
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
    pub(super) fn each_delay(&self, now: Instant, each: &mut dyn FnMut(Option<Index>, Text)) {
        if let Some(given) = self.under_way.as_ref().filter(|given| given.late) {
            let seconds = (now - given.since).whole_seconds().0;
            let words = WithLink(&given.action, &self.observed);
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
            let seconds = (slow.until - now).seconds_begun().0;
            let text = clip(format_args!(
                "its driver did not answer in time: left alone for {seconds} s"
            ));
            each(Some(one.index), text);
        }
    }

    /// At the end of a stop: records the request that is still not answered.
    pub(super) fn report_unanswered(&mut self, now: Instant) {
        if let Some(given) = &self.under_way {
            let seconds = (now - given.since).whole_seconds().0;
            let words = clip::<90>(format_args!("{}", WithLink(&given.action, &self.observed)));
            let text = format_args!(
                "the kernel has not answered for {seconds} s ({words}): addresses, members and bond are left as they are"
            );
            self.journal.write(now, RecordKind::Trouble, "", text);
        }
    }
}
