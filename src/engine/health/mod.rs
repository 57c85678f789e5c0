//! Whether traffic passes a member, beyond what the kernel knows.
//!
//! Carrier and keys do not show that: an adapter may stay associated and pass nothing. So a host
//! behind the members is asked through each of them, the one in use and the others ([`prober`]).
//! A member is *bad* when it misses what another member gets in the same time; while all miss it
//! alike, the host is at fault and another is asked ([`target`]), but for a member whose radio
//! counts that nothing is acknowledged; what is tried when that lasts is in [`silence`]. A member that was lost returns to
//! its preferred place only after a time of proven health ([`hold`]). One whose network gives no
//! lease is chosen last ([`lease`]), one that is bad is repaired ([`repair`]). One that receives its
//! access point much better than the active one is preferred to it ([`quality`]), and one that
//! receives it badly looks for another ([`search`]).
//!
//! Probes are no decisions: sending one and having its answer changes nothing that the rest of the
//! engine looks at, and costs no look at it.
mod evidence;
mod hold;
mod judge;
mod ladder;
mod lease;
mod networks;
mod on_air;
mod prober;
mod quality;
mod reboot;
mod repair;
mod search;
mod silence;
mod station;
mod storm;
mod target;
mod warning;
mod way;

pub use hold::Losses;
pub use ladder::{Measure, Repairs};
pub use quality::Quality;
pub use reboot::{ONE_IN, Reboot};
pub use storm::Storms;
pub use target::Asked;

use super::Engine;
use super::contract::action::{Action, Packet};
use super::observed::{Index, Link};
use super::select::Why;
use super::supplicant::Supplicant;
use super::time::{Instant, Millis};
use crate::config::Mac;
use crate::wire::arp::Reply;
use crate::wire::neighbour::Advertisement;
use core::net::IpAddr;
use prober::{Changed, Pace, Prober};
use station::To;

/// Between two probes of a member that does not carry the traffic, at least: a dead one is known
/// in less than twice that.
const STANDBY_EVERY: Millis = Millis(1_000);

/// The part of an interval by which it is shorter or longer.
const JITTER: u64 = 10;

/// What is known of one member's health.
#[derive(Debug, Default)]
pub struct Health {
    prober: Option<Prober>,
    /// It misses what another member gets.
    bad: Option<Bad>,
    /// It could have been chosen when it was last looked at.
    was_eligible: bool,
    /// Its network gave no lease.
    no_lease: Option<lease::NoLease>,
    /// When a message of the kernel that it is failing last counted.
    warned: Option<warning::Warned>,
    /// The primary is not preferred before this time.
    held_until: Option<Instant>,
    /// How well the network is received, compared with the other members.
    reception: quality::Reception,
    search: search::Search,
}

/// Why and since when a member is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bad {
    /// When it was found.
    pub at: Instant,
    /// Since when it has passed nothing: the first probe that was not answered.
    pub since: Instant,
    /// [`Why::NoAnswer`], [`Why::NoAcknowledgement`] or [`Why::Lossy`].
    pub why: Why,
}

/// What answers a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The station that answers.
    from: Mac,
    /// The address that it says it has.
    address: IpAddr,
    /// The station that asked; `None`: the answer goes to all.
    to: Option<Mac>,
}

impl Answer {
    /// The address that it says it has.
    pub fn address(&self) -> IpAddr {
        self.address
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Answer {
            from: reply.from,
            address: reply.address.into(),
            to: Some(reply.to),
        }
    }
}

impl From<Advertisement> for Answer {
    fn from(advertisement: Advertisement) -> Self {
        Answer {
            from: advertisement.from,
            address: advertisement.address.into(),
            to: advertisement.to,
        }
    }
}

/// One word on a member's health, for the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It is not probed, or nothing that was asked ever answered through it.
    Unknown,
    /// Its last probe was answered.
    Healthy,
    /// Its last probe was not answered.
    Suspect,
    /// It misses what another member gets.
    Bad,
}

impl Condition {
    /// As the status has it.
    pub fn word(self) -> &'static str {
        match self {
            Condition::Unknown => "unknown",
            Condition::Healthy => "healthy",
            Condition::Suspect => "suspect",
            Condition::Bad => "bad",
        }
    }
}

impl Health {
    /// What the last probes showed.
    pub fn condition(&self) -> Condition {
        match &self.prober {
            _ if self.bad.is_some() => Condition::Bad,
            Some(prober) if prober.missed() > 0 => Condition::Suspect,
            Some(prober) if prober.answered().is_some() => Condition::Healthy,
            _ => Condition::Unknown,
        }
    }

    /// It is probed, and answers have come.
    fn is_proven(&self) -> bool {
        let answered = self.prober.as_ref().and_then(Prober::answered);
        self.bad.is_none() && answered.is_some()
    }

    /// A probe is under way.
    #[cfg(test)]
    pub fn is_asking(&self) -> bool {
        self.prober.as_ref().is_some_and(Prober::is_asking)
    }

    /// Probes without an answer in a row; `None`: it is not probed.
    pub fn missed(&self) -> Option<u32> {
        self.prober.as_ref().map(Prober::missed)
    }

    /// The hardware address of the host that answers its probes.
    pub fn target_mac(&self) -> Option<Mac> {
        self.prober.as_ref()?.station().mac()
    }

    /// Since when nothing has come back, while that is so.
    pub fn silent_since(&self) -> Option<Instant> {
        let unanswered = self.prober.as_ref().and_then(Prober::unanswered_since);
        self.bad.map(|bad| bad.since).or(unanswered)
    }

    /// When a probe was last answered through it.
    pub fn answered(&self) -> Option<Instant> {
        self.prober.as_ref().and_then(Prober::answered)
    }

    /// Why it is bad, and since when.
    pub fn bad(&self) -> Option<Bad> {
        self.bad
    }

    fn forget_lease(&mut self) {
        self.no_lease = None;
    }

    /// Until when it is not preferred; `None`: it is at once.
    pub fn held_until(&self, now: Instant) -> Option<Instant> {
        self.held_until.filter(|until| *until > now)
    }
}

impl Engine {
    /// What is known of this adapter's health; `None`: nothing yet.
    pub fn health(&self, index: Index) -> Option<&Health> {
        self.interfaces.get(index).map(|one| &one.health)
    }

    /// Why traffic does not pass, by the probes.
    pub(super) fn found_bad(&self, index: Index) -> Option<Why> {
        if self.is_verified(index) {
            return None;
        }
        Some(self.health(index)?.bad?.why)
    }

    /// The host that is probed at present; `None`: none.
    pub fn probed(&self) -> Option<IpAddr> {
        self.asked.target()
    }

    fn pace(&self, index: Index) -> Pace {
        let settings = &self.config.health;
        let every = Millis(settings.interval_ms.into());
        Pace {
            every: match self.active_member() == Some(index) {
                true => every,
                false => every.max(STANDBY_EVERY),
            },
            fail_after: settings.fail_after,
            scanning: self.supplicant(index).is_some_and(Supplicant::is_scanning),
        }
    }

    /// A member of the bond through which frames can be sent, whatever its probes say.
    fn can_be_probed(&self, link: &Link) -> bool {
        let Some((bond, have)) = self.usable_bond() else {
            return false;
        };
        // With one hardware address for all, a switch would learn it where the probe came from,
        // and send the traffic of the active member there.
        let own_address = have.fail_over_mac != 0 || have.active == Some(link.index);
        link.master == Some(bond.index) && own_address && self.carries(link).is_ok()
    }

    /// Starts and ends probing where that is due, and keeps the record of losses.
    pub(super) fn update_health(&mut self, now: Instant) {
        self.update_target(now);
        let target = self.asked.target().filter(|_| !self.is_stopping());
        // No address any more, or `probe` is "off": what was found would never be found otherwise.
        let nothing = self.asked.target().is_none();
        let active = self.active_member();
        let became_active = active.filter(|_| active != self.asked.active);
        self.asked.active = active;
        let present = self.present();
        for one in self.interfaces.iter_mut() {
            // No member any more: it has a health no more.
            if !present.contains(&one.index) {
                one.health = Health::default();
            }
        }
        for index in present {
            let probed = self.observed.link(index).map(|l| self.can_be_probed(l));
            let target = target.filter(|_| probed == Some(true));
            let Some(interface) = self.interfaces.entry(index) else {
                continue;
            };
            // It could not receive the answer.
            let target = target.filter(|host| host.is_ipv4() || interface.all_hosts);
            let (join, health) = (interface.joins, &mut interface.health);
            if nothing {
                health.bad = None;
            }
            match (target, &mut health.prober) {
                (None, prober) => *prober = None,
                (Some(target), Some(now_asked))
                    if now_asked.target == target && now_asked.join == join =>
                {
                    if became_active == Some(index) {
                        // The first answer through it ends the outage for certain.
                        now_asked.bring_forward(now);
                    }
                }
                (Some(target), prober) => *prober = Some(Prober::new(now, target, join)),
            }
        }
        self.forget_silence();
        self.update_holds(now);
        self.update_leases(now);
        self.update_signals(now);
        self.update_repairs(now);
        self.update_reboot(now);
    }

    /// The next probe that is due.
    pub(super) fn next_probe(&self, now: Instant) -> Option<Action> {
        let due = self.probers().filter_map(|(index, prober)| {
            let to = prober.due(now)?;
            let waits = self.waits_for(now, index, prober).is_some();
            (!waits).then_some((index, prober, to))
        });
        let (index, prober, to) = due.min_by_key(|(_, prober, _)| prober.rank())?;
        let to = match to {
            To::Station(mac) => Some(mac),
            To::All => None,
        };
        let (target, shared) = (prober.target, prober.answers_all());
        self.packet(index, Packet::Probe { target, to, shared })
    }

    fn probers(&self) -> impl Iterator<Item = (Index, &Prober)> {
        let probers = self.interfaces.iter();
        probers.filter_map(|one| Some((one.index, one.health.prober.as_ref()?)))
    }

    /// Until when this member may not be asked, as another one is and the answer goes to all.
    fn waits_for(&self, now: Instant, index: Index, prober: &Prober) -> Option<Instant> {
        if !prober.answers_all() {
            return None;
        }
        let others = self.probers().filter(|(other, _)| *other != index);
        others
            .filter_map(|(_, other)| other.claims_answers(now))
            .max()
    }

    /// When a probe is to be sent, or an answer is late.
    pub(super) fn probes_poll_at(&self, now: Instant) -> Option<Instant> {
        let at = |(index, prober): (Index, &Prober)| {
            let waits = self.waits_for(now, index, prober);
            prober.poll_at().max(waits.unwrap_or(Instant::ZERO))
        };
        self.probers().map(at).min()
    }

    /// Answers of this host are awaited on this member.
    pub(super) fn probes(&self, index: Index, host: IpAddr) -> bool {
        let prober = self.health(index).and_then(|health| health.prober.as_ref());
        prober.is_some_and(|prober| prober.target == host)
    }

    fn with_prober(
        &mut self,
        index: Index,
        change: impl FnOnce(&mut Prober, Pace) -> Changed,
    ) -> bool {
        let mut pace = self.pace(index);
        // Up to a tenth more or less: boxes that were switched on together ask apart.
        let spread = (pace.every / JITTER * 2).0.max(1);
        pace.every = pace.every - pace.every / JITTER + Millis(self.random.draw() % spread);
        let prober = self.interfaces.get_mut(index);
        let prober = prober.and_then(|one| one.health.prober.as_mut());
        prober.is_some_and(|prober| change(prober, pace).0)
    }

    /// The probe has left, or could not. `false`: nothing that decisions follow from has changed.
    pub(super) fn probe_sent(&mut self, now: Instant, index: Index, sent: bool) -> bool {
        let limits = self.probers().map(|(_, prober)| prober.limit_to_all());
        let limit_to_all = limits.max().flatten();
        self.with_prober(index, |prober, pace| match sent {
            true => {
                prober.sent(now, limit_to_all);
                Changed(false)
            }
            false => prober.not_sent(now, pace),
        })
    }

    /// The host has answered through this member. `false` as in [`Engine::probe_sent`].
    pub(super) fn probe_answered(&mut self, now: Instant, index: Index, reply: Answer) -> bool {
        let own = self.observed.link(index).and_then(|link| link.mac);
        let prober = self.health(index).and_then(|health| health.prober.as_ref());
        // What answers another station, or claims the address unasked, says nothing of this path.
        let ours = match reply.to {
            Some(to) => own == Some(to),
            None => prober.is_some_and(|prober| prober.answers_all() && prober.is_asking()),
        };
        let changed =
            self.with_prober(index, |prober, pace| match prober.target == reply.address {
                true if ours => prober.answer(now, reply, pace),
                true | false => Changed(false),
            });
        if ours && self.probes(index, reply.address) {
            self.confirm_switch(now, index);
        }
        if self.health(index).and_then(Health::answered) == Some(now) {
            self.asked.rejoins.end();
        }
        // What another member misses just now is no fault of the host.
        let answered = self.prober(index).and_then(Prober::answered) == Some(now);
        let compared = self.others(index).any(|other| other.missed() > 0);
        let worse = answered && compared && self.judge(now);
        let better = self.recovered(now, index);
        let differ = self.different_networks().is_some();
        let other = core::mem::replace(&mut self.asked.networks_differ, differ) != differ;
        changed || worse || better || other
    }

    /// Looks for answers that are late. `false` as in [`Engine::probe_sent`].
    pub(super) fn probes_late(&mut self, now: Instant) -> bool {
        let due = self.probes_poll_at(now).is_some_and(|at| now >= at);
        if !due {
            return false;
        }
        let (mut missed, mut changed) = (false, false);
        for index in self.present() {
            let mut late = None;
            changed |= self.with_prober(index, |prober, pace| {
                late = prober.tick(now, pace);
                late.unwrap_or(Changed(false))
            });
            missed |= late.is_some();
            changed |= late.is_some() && self.count_packets(now, index);
            // Its repair depends on what it misses.
            changed |= late.is_some() && self.found_bad(index).is_some();
        }
        if missed {
            changed |= self.judge(now);
        }
        changed
    }
}
