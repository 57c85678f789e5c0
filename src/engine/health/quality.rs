//! How well the members receive their networks, by what their wpa_supplicants report: the driver
//! itself is not asked, as one that does not answer would delay a switch.
//!
//! With `primary_reselect` `better` the traffic moves to a member that is received better; with the
//! others only where the signal of the active one is about to be lost. A member in use that changes
//! its access point costs an outage, so another one looks for a stronger access point first.
//!
//! All is worked out when a signal is read: with good signals and another setting than `better`
//! that is once a join, when wpa_supplicant is asked to report a weak one.
use crate::config::PrimaryReselect;
use crate::engine::Engine;
use crate::engine::journal::{Text, clip};
use crate::engine::observed::{Index, Link};
use crate::engine::roles::MAX_PORTS;
use crate::engine::select::{self, Why};
use crate::engine::supplicant::{Level, Phase, Radio, Supplicant};
use crate::engine::time::{Instant, Millis, Seconds};
use crate::wire::wpa::Request;
use core::cmp::Reverse;
use heapless::Vec;

/// Between two readings: with `better`, and while a signal is faint. All in one wake-up.
const READ_EVERY: Millis = Millis(5_000);
/// A signal that is so much stronger, or losses in percent that are so much less, make a member
/// better.
pub const AHEAD: Level = Level::of(8);
const FEWER: u32 = 20;
/// Attempts before losses are compared.
const COMPARED_AFTER: u32 = 32;
/// It has to be better for so long without interruption.
const AHEAD_FOR: Millis = Millis(10_000);
/// With less than this the active member is left, whatever `primary_reselect` is.
const WEAK: Level = Level::of(-78);
/// A weak primary is preferred again from here on, or when no other is so much ahead.
const STRONG: Level = Level::of(-72);
const NEAR: Level = Level::of(4);

/// When the signals were last asked for.
#[derive(Debug, Default)]
pub struct Quality {
    read: Instant,
}

/// How one member is received.
#[derive(Debug, Default)]
pub struct Reception {
    /// Better than the member that carries the traffic.
    lead: Option<Lead>,
    /// It is not preferred, though the primary: its signal, and that of another member.
    weak: Option<(Level, Level)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lead {
    over: Index,
    since: Instant,
    by: By,
    /// For long enough.
    proven: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Signal,
    Losses,
}

impl Engine {
    fn reception(&self, index: Index) -> Option<&Reception> {
        self.health(index).map(|health| &health.reception)
    }

    /// The members through which traffic may pass.
    pub(in crate::engine) fn usable(&self) -> impl Iterator<Item = &Link> {
        let links = self.present_members().into_iter();
        links.filter(|link| self.eligible(link).is_ok())
    }

    /// The wpa_supplicant of a Wi-Fi member that is in a network.
    pub(super) fn receiver(&self, link: &Link) -> Option<&Supplicant> {
        let supplicant = self.supplicant(link.index)?;
        let joined = supplicant.phase == Phase::Attached && supplicant.radio == Radio::Authorised;
        (joined && link.facts.is_wifi()).then_some(supplicant)
    }

    pub(super) fn level(&self, link: &Link) -> Option<Level> {
        self.receiver(link)?.signal.level()
    }

    /// There are members to compare, and a reason to.
    fn wants_signals(&self) -> bool {
        let better = self.config.bond.primary_reselect == PrimaryReselect::Better;
        if !better && !self.supplicants().any(|s| s.signal.is_faint()) {
            return false;
        }
        let several = |count: usize| count >= 2 && !self.is_stopping();
        let receivers = || self.usable().filter_map(|link| self.receiver(link));
        (better && several(receivers().count()))
            || (receivers().any(|s| s.signal.is_faint()) && several(self.usable().count()))
    }

    /// When the signals are to be read.
    pub(in crate::engine) fn signals_poll_at(&self) -> Option<Instant> {
        let at = self.quality.read.next_multiple_of(READ_EVERY);
        self.wants_signals().then_some(at)
    }

    /// Asks for them. What was found of a member that is lost is over.
    pub(super) fn update_signals(&mut self, now: Instant) {
        let usable: Vec<Index, MAX_PORTS> = self.usable().map(|link| link.index).collect();
        for interface in self.interfaces.iter_mut() {
            let reception = &mut interface.health.reception;
            if !usable.contains(&interface.index) {
                *reception = Reception::default();
            }
            reception.lead = reception.lead.filter(|lead| usable.contains(&lead.over));
        }
        if self.signals_poll_at().is_none_or(|at| now < at) {
            return;
        }
        self.quality.read = now;
        for index in self.present() {
            let link = self.observed.link(index).filter(|link| self.in_bond(link));
            if link.and_then(|link| self.receiver(link)).is_some() {
                self.with(index, |s| s.ask(Request::SignalPoll));
            }
        }
    }

    /// A member has joined: a weak signal is to be reported.
    pub(in crate::engine) fn monitor_signal(&mut self, index: Index) {
        let link = self.observed.link(index);
        if link.is_some_and(|link| self.in_bond(link)) {
            self.with(index, |s| s.ask(Request::SignalMonitor));
        }
    }

    /// A signal was read, or could not be.
    pub(in crate::engine) fn signal_read(&mut self, now: Instant, index: Index) {
        // Readings of one time are compared.
        if !self.signals_awaited() {
            self.compare_members(now);
            self.update_weak(now);
        }
        self.search(now, index);
    }

    /// In what this member is better than the one that carries the traffic.
    fn ahead(&self, link: &Link, current: &Link) -> Option<By> {
        let better = self.config.bond.primary_reselect == PrimaryReselect::Better;
        let loses_more = |more: &Link, less: &Link| {
            let lost = |link: &Link| {
                let history = self.prober(link.index)?.history();
                (history.count() >= COMPARED_AFTER).then(|| history.lost_percent())
            };
            let both = lost(more).zip(lost(less));
            both.is_some_and(|(more, less)| more >= less + FEWER)
        };
        let (own, other) = (self.level(link), self.level(current));
        let stronger = own.zip(other).filter(|(own, other)| {
            let due = better || *other < WEAK;
            due && own.above(*other) >= AHEAD
        });
        match stronger {
            _ if !link.facts.is_wifi() || !current.facts.is_wifi() => None,
            _ if loses_more(link, current) => None,
            _ if better && loses_more(current, link) => Some(By::Losses),
            Some(_) => Some(By::Signal),
            None => None,
        }
    }

    /// Which members are better than the one that carries the traffic, and for how long.
    fn compare_members(&mut self, now: Instant) {
        let carries = self.failover.now();
        let hold: Millis = Seconds(self.config.health.hold_s.into()).into();
        for index in self.present() {
            let link = self.observed.link(index);
            let link = link.filter(|link| self.eligible(link).is_ok());
            let ahead = link.zip(carries).and_then(|(link, (over, carries_since))| {
                let current = self.observed.link(over).filter(|_| over != index)?;
                Some((over, carries_since, self.ahead(link, current)?))
            });
            let Some(interface) = self.interfaces.get_mut(index) else {
                continue;
            };
            let lead = &mut interface.health.reception.lead;
            *lead = ahead.map(|(over, carries_since, by)| {
                let since = lead.filter(|lead| lead.over == over).map(|lead| lead.since);
                let since = since.unwrap_or(now);
                // The traffic has not moved for as long as a member has to prove its health.
                let proven = now >= since + AHEAD_FOR && now >= carries_since + hold;
                Lead {
                    over,
                    since,
                    by,
                    proven,
                }
            });
        }
    }

    /// The primary, which the traffic returns to whatever its signal is, unless that is weak.
    fn may_be_weak(&self, index: Index) -> bool {
        let bond = &self.config.bond;
        let link = self.observed.link(index);
        bond.primary_reselect == PrimaryReselect::Always
            && link.is_some_and(|link| select::is_primary(bond, link))
    }

    /// Whether the primary is too weak to be preferred to another member.
    fn update_weak(&mut self, now: Instant) {
        for index in self.present() {
            let own = self.observed.link(index).and_then(|link| self.level(link));
            let others = self.usable().filter(|link| link.index != index);
            let best = others.filter_map(|link| self.level(link)).max();
            let was = self.weakness(index).is_some();
            let weak = own.zip(best).filter(|(own, best)| match was {
                _ if !self.may_be_weak(index) => false,
                true => *own < STRONG && best.above(*own) >= NEAR,
                false => *own < WEAK && best.above(*own) >= AHEAD,
            });
            if let Some(interface) = self.interfaces.get_mut(index) {
                interface.health.reception.weak = weak;
            }
            if was && weak.is_none() {
                self.begin_hold(now, index);
            }
            // Of one that is left the switch says it.
            let waits = self.observed.link(index).filter(|_| !was);
            if let Some(why @ Why::Weak { .. }) = waits.and_then(|link| self.waits(now, link)) {
                self.note_health(now, index, format_args!("{why}"));
            }
        }
    }

    /// Why it is not preferred, where its signal is weak and another member's is not.
    pub(in crate::engine) fn weakness(&self, index: Index) -> Option<Why> {
        let (own, other) = self.reception(index)?.weak?;
        let (own, other) = (own.db(), other.db());
        Some(Why::Weak { own, other })
    }

    /// The member to which the traffic moves though the current one works: one that is received
    /// much better, or with `better` a cable in place of Wi-Fi.
    pub(in crate::engine) fn much_better(
        &self,
        now: Instant,
        current: &Link,
        eligible: &[&Link],
    ) -> Option<Index> {
        let better = self.config.bond.primary_reselect == PrimaryReselect::Better;
        let cables = better && current.facts.is_wifi();
        let leads = |link: &Link| {
            let lead = self.reception(link.index).and_then(|one| one.lead);
            lead.is_some_and(|lead| lead.proven && lead.over == current.index)
        };
        let scans = |link: &Link| {
            let supplicant = self.supplicant(link.index);
            supplicant.is_some_and(|s| s.is_scanning() || s.is_seeking())
        };
        let candidates = eligible.iter().filter(|link| link.index != current.index);
        candidates
            .filter(|link| (cables && !link.facts.is_wifi()) || (leads(link) && !scans(link)))
            .filter(|link| self.may_return(now, current, link))
            .min_by_key(|link| Reverse((!link.facts.is_wifi(), self.level(link))))
            .map(|link| link.index)
    }

    /// The traffic moves to this member, and the one before could carry it: where that was the
    /// primary, left for its signal, it returns there after a hold.
    pub(in crate::engine) fn note_left(&mut self, now: Instant, to: Index) {
        let lead = self.reception(to).and_then(|reception| reception.lead);
        let lead = lead.filter(|lead| lead.proven && self.pinned != Some(to));
        let carried = self.failover.now().map(|(last, _)| last);
        if let Some(lead) = lead.filter(|lead| carried == Some(lead.over))
            && self.may_be_weak(lead.over)
        {
            self.record_loss(now, lead.over);
        }
    }

    /// Why the traffic has moved to it, where that was its reception.
    pub(in crate::engine) fn reception_reason(&self, link: &Link) -> Option<Text> {
        let lead = self
            .reception(link.index)?
            .lead
            .filter(|lead| lead.proven)?;
        let (last, _) = self.failover.now()?;
        let other = self.observed.link(lead.over).filter(|l| l.index == last)?;
        let (name, other_name) = (&link.name, &other.name);
        Some(match lead.by {
            By::Signal => {
                let (own, other) = (self.level(link)?.db(), self.level(other)?.db());
                clip(format_args!(
                    "{name} has {own} dBm, {other_name} {other} dBm"
                ))
            }
            By::Losses => {
                let lost = |link: &Link| Some(self.prober(link.index)?.history().lost_percent());
                let (own, other) = (lost(link)?, lost(other)?);
                clip(format_args!(
                    "probes lost through {name}: {own} %, through {other_name}: {other} %"
                ))
            }
        })
    }
}
