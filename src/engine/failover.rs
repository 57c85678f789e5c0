//! The outage record: which member carries the bond's traffic, since when, and what a change
//! of it cost.
//!
//! A member carries traffic when it is the bond's active one, the bonding driver counts its
//! link as up, and it is authorised. The outage is the time without such a member, from the
//! kernel's first notification of the loss to the one that ends it.
use super::Engine;
use super::contract::action::{Action, ReadRequest};
use super::health::Health;
use super::journal::{RecordKind, SwitchRecord, Text, clip};
use super::observed::{Attachment, Index};
use super::select::{self, Why};
use super::time::{Instant, Millis};
use crate::config::IfName;

/// Between the notification that an adapter is set down and the one that it is gone.
const UNPLUGGED_WITHIN: Millis = Millis(2_000);

#[derive(Debug, Default)]
pub struct Failover {
    /// The member that carries now, or carried last.
    last: Option<(Index, IfName)>,
    /// Since when none does.
    lost_at: Option<Instant>,
    /// How long it took to find that.
    detected: Millis,
    /// A switch to this member after which the probed host has not answered yet: the number of its
    /// record, and when the outage began.
    unconfirmed: Option<(Index, u32, Instant)>,
    /// The member that was lost, as a probe showed, and when one was last answered through it.
    left: Option<(Index, Instant)>,
    /// A switch whose outage may have begun earlier than the first probe that was not answered.
    inexact: Option<Inexact>,
    /// Why the last one ceased to.
    cause: Text,
    /// Why the present member took over from another one; `None`: it did not.
    reason: Option<Reason>,
    /// When the present member took over.
    since: Instant,
    switches: u32,
}

/// Between the last probe that was answered and the first that was not, the last frame that the
/// access point sent or acknowledged shows the beginning of an outage: out of its range exactly, and
/// not at all where it still acknowledges what is lost behind it.
#[derive(Debug)]
struct Inexact {
    /// The member that was lost.
    member: Index,
    /// Of the switch's record.
    number: u32,
    answered: Instant,
    unanswered: Instant,
}

/// Why a member took over from another one.
#[derive(Debug)]
pub struct Reason {
    /// As the journal has it.
    pub cause: Text,
    /// The other one could carry no traffic any more, which `cause` is about; otherwise this one is
    /// preferred to it.
    pub lost: bool,
    /// When it was lost, or when this one took over.
    pub at: Instant,
}

impl Failover {
    /// The member that carries now, and since when.
    pub fn now(&self) -> Option<(Index, Instant)> {
        match (&self.last, self.lost_at) {
            (Some((index, _)), None) => Some((*index, self.since)),
            _ => None,
        }
    }
    /// Why the member that carries now, or carried last, took over from another one; `None`: it was
    /// the first, or has come back.
    pub fn reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }
    /// This adapter is gone. The kernel sets one down before it takes it away, so what was lost as set
    /// down just now was unplugged.
    pub(super) fn unplugged(&mut self, now: Instant, name: &IfName) {
        let cause = || clip(format_args!("{name} {}", Why::Unplugged.past()));
        let is_its = |cause: &Text, at: Instant| {
            let after = cause
                .strip_prefix(name.as_str())
                .and_then(|rest| rest.strip_prefix(' '));
            now < at + UNPLUGGED_WITHIN && after == Some(Why::Down.past())
        };
        if self.lost_at.is_some_and(|at| is_its(&self.cause, at)) {
            self.cause = cause();
        }
        let its = self.reason.as_mut();
        if let Some(reason) = its.filter(|reason| is_its(&reason.cause, reason.at)) {
            reason.cause = cause();
        }
    }
    pub fn switches(&self) -> u32 {
        self.switches
    }
    /// Why and since when no member carries; `None` before the first one did.
    pub fn outage(&self) -> Option<(&str, Instant)> {
        self.lost_at.map(|at| (self.cause.as_str(), at))
    }
}

impl Engine {
    /// This adapter, in the network that it is in now.
    pub(super) fn attachment(&self, adapter: Index) -> Option<Attachment> {
        self.observed.link(adapter)?;
        let interface = self.interfaces.get(adapter);
        let join = interface.map_or(0, |interface| interface.joins);
        Some(Attachment { adapter, join })
    }

    /// An adapter's wpa_supplicant reported that it is in a network; `connected`: newly so. The
    /// kernel's notification comes a moment earlier or later, or, after a gap that was too
    /// short for it, not at all: then this report alone shows the join.
    pub(super) fn joined_by_supplicant(&mut self, index: Index, connected: bool) {
        let Some(link) = self.observed.link(index) else {
            return;
        };
        let authorised = self.authorised(link);
        let Some(interface) = self.interfaces.get_mut(index) else {
            return;
        };
        let Some(supplicant) = &mut interface.supplicant else {
            return;
        };
        if !authorised {
            supplicant.joins = interface.joins + 1;
        } else {
            let unseen = connected && supplicant.joins == interface.joins;
            interface.joins += u32::from(unseen);
            supplicant.joins = interface.joins;
        }
    }

    /// Compares what was with what is.
    pub(super) fn update_failover(&mut self, now: Instant) {
        let active = self.active_member().and_then(|of| self.observed.link(of));
        let active = active
            .filter(|link| self.passes(link).is_ok())
            .map(|l| l.index);
        match active {
            Some(index) if self.failover.now().is_some_and(|(last, _)| last == index) => {}
            Some(index) => self.gained(now, index),
            None => self.lost(now),
        }
    }

    fn gained(&mut self, now: Instant, index: Index) {
        let Some(link) = self.observed.link(index) else {
            return;
        };
        let to = link.name.clone();
        let last = self.failover.now().map(|(last, _)| last);
        let left = last.filter(|last| self.why_lost(*last).is_none());
        let (from, outage_ms, cause) = match (&self.failover.last, self.failover.lost_at) {
            (None, _) => (IfName::new(), None, clip(format_args!("first member"))),
            (Some((_, name)), Some(at)) => (
                name.clone(),
                Some((now - at).0),
                self.failover.cause.clone(),
            ),
            (Some((last, name)), None) => {
                let cause = match self.why_lost(*last) {
                    Some(why) => clip(format_args!("{name} {}", why.past())),
                    None => select::reason(self, now, link),
                };
                (name.clone(), Some(0), cause)
            }
        };
        if left.is_some() {
            self.note_left(now, index);
        }
        let other = |(_, name): &(Index, IfName)| *name != to;
        let is_other = self.failover.last.as_ref().is_some_and(other);
        self.failover.switches += u32::from(is_other);
        self.failover.reason = is_other.then(|| Reason {
            cause: cause.clone(),
            // Without an outage it could carry on, unless that is why it was left.
            lost: left.is_none(),
            at: self.failover.lost_at.unwrap_or(now),
        });
        self.failover.last = Some((index, to.clone()));
        self.failover.since = now;
        let lost_at = self.failover.lost_at.take();
        self.failover.unconfirmed =
            Some((index, self.journal.written() + 1, lost_at.unwrap_or(now)));
        let left = self.failover.left.take();
        self.failover.inexact = left
            .zip(lost_at)
            .map(|((member, answered), unanswered)| Inexact {
                member,
                number: self.journal.written() + 1,
                answered,
                unanswered,
            });
        let switch = SwitchRecord {
            from,
            to,
            outage_ms,
            detected_ms: lost_at.map(|_| self.failover.detected.0),
            answered_ms: None,
        };
        self.journal
            .write_switch(now, switch, format_args!("{cause}"));
    }

    fn lost(&mut self, now: Instant) {
        let (Some((index, name)), None) = (&self.failover.last, self.failover.lost_at) else {
            return;
        };
        let (index, name) = (*index, name.clone());
        let why = match self.why_lost(index) {
            _ if self.usable_bond().is_none() => "lost its bond",
            Some(why) => why.past(),
            None => "ceased to be active",
        };
        let cause: Text = clip(format_args!("{name} {why}"));
        let mut others = self.observed.links().filter(|l| l.index != index);
        let other = others.any(|l| self.in_bond(l) && self.passes(l).is_ok());
        if !other {
            let text = format_args!("no member carries traffic: {cause}");
            self.journal.write(now, RecordKind::Outage, &name, text);
        }
        self.failover.cause = cause;
        // Probes, too, show it later than it began.
        let silent = self.health(index).and_then(Health::silent_since);
        let answered = self.health(index).and_then(Health::answered);
        self.failover.left = silent.and(answered).map(|at| (index, at));
        let lost_at = silent.map_or(now, |since| since.min(now));
        self.failover.detected = now - lost_at;
        self.failover.lost_at = Some(lost_at);
    }

    /// The question since when the access point of the member that was lost is silent. It is no part
    /// of the switch: the driver may be what has failed.
    pub(super) fn next_inactive(&self, now: Instant) -> Option<Action> {
        let link = self.failover.inexact.as_ref()?.member;
        let wifi = self.observed.link(link)?.facts.is_wifi();
        wifi.then(|| self.offer(now, ReadRequest::Inactive { link }))?
    }

    /// It has been silent for so long.
    pub(super) fn outage_began(&mut self, now: Instant, link: Index, inactive: Millis) {
        let inexact = self.failover.inexact.as_ref();
        let Some(inexact) = inexact.filter(|inexact| inexact.member == link) else {
            return;
        };
        let last_frame = (now - inactive).max(inexact.answered);
        let by = inexact.unanswered - last_frame;
        self.journal.switch_began_earlier(inexact.number, by);
        if let Some((_, number, since)) = &mut self.failover.unconfirmed
            && *number == inexact.number
        {
            *since = *since - by;
        }
    }

    /// The question was answered, or cannot be.
    pub(super) fn inactive_read(&mut self, link: Index) {
        let of = |inexact: &mut Inexact| inexact.member == link;
        self.failover.inexact.take_if(of);
    }

    /// The probed host answers through this member.
    pub(super) fn confirm_switch(&mut self, now: Instant, index: Index) {
        let switch = self.failover.unconfirmed.filter(|(to, ..)| *to == index);
        if let Some((_, number, since)) = switch {
            self.failover.unconfirmed = None;
            self.journal.switch_answered(number, (now - since).0);
        }
    }

    /// Why a member that carried does so no longer, or shall not; `None`: it could.
    fn why_lost(&self, index: Index) -> Option<Why> {
        match self.observed.link(index) {
            Some(link) => self.eligible(link).err(),
            None => Some(Why::Unplugged),
        }
    }
}
