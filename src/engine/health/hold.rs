//! When a member that was lost is preferred again: after a time of proven health, which doubles for
//! one that is lost again and again.
use super::Prober;
use crate::config::IfName;
use crate::engine::observed::{Index, Link};
use crate::engine::select::Why;
use crate::engine::supplicant::Supplicant;
use crate::engine::time::{Instant, Millis, Seconds};
use crate::engine::{Engine, roles};
use heapless::Vec;

/// A hold is never longer, unless `hold_s` itself is.
const LONGEST: Millis = Millis(600_000);
/// Each of these without a loss halves the hold.
const CALM: Millis = Millis(3_600_000);
/// Doublings that reach [`LONGEST`] from one second.
const MOST_DOUBLINGS: u32 = 10;

/// How often members were lost, by name: an adapter that is plugged in again is the same one.
/// Of more than there is room for, the one that was lost longest ago is forgotten.
#[derive(Debug, Default)]
pub struct Losses(Vec<Loss, { 2 * roles::MAX_PORTS }>);

#[derive(Debug)]
struct Loss {
    name: IfName,
    at: Instant,
    doublings: u32,
}

impl Loss {
    /// What is left of the doublings by now.
    fn doublings(&self, now: Instant) -> u32 {
        let calm = (now - self.at).0 / CALM.0;
        self.doublings
            .saturating_sub(calm.try_into().unwrap_or(u32::MAX))
    }
}

impl Losses {
    fn record(&mut self, now: Instant, name: &IfName) {
        if let Some(loss) = self.0.iter_mut().find(|loss| loss.name == *name) {
            // One within the last hours doubles the hold; the first one does not.
            let again = now - loss.at < CALM || loss.doublings(now) > 0;
            loss.doublings = match again {
                true => (loss.doublings(now) + 1).min(MOST_DOUBLINGS),
                false => 0,
            };
            loss.at = now;
            return;
        }
        if self.0.is_full() {
            let oldest = self.0.iter().enumerate().min_by_key(|(_, loss)| loss.at);
            if let Some((place, _)) = oldest {
                self.0.swap_remove(place);
            }
        }
        let name = name.clone();
        let _ = self.0.push(Loss {
            name,
            at: now,
            doublings: 0,
        });
    }

    /// How long its health is to be proven before it is preferred; `None`: it was never lost.
    fn hold(&self, now: Instant, name: &IfName, base: Millis) -> Option<Millis> {
        let loss = self.0.iter().find(|loss| loss.name == *name)?;
        let doubled = base * (1 << loss.doublings(now));
        Some(doubled.min(LONGEST.max(base)))
    }

    fn forget(&mut self, name: &str) {
        self.0.retain(|loss| loss.name != name);
    }
}

/// Whether a member that could be chosen and cannot any more has failed, or was taken out of use.
fn is_loss(why: Why) -> bool {
    match why {
        // The kernel sets an adapter down before it takes it away.
        Why::Unplugged
        | Why::Down
        | Why::NoCarrier
        | Why::Unauthorised
        | Why::LinkMonitor
        | Why::NoAnswer(_)
        | Why::NoAcknowledgement
        | Why::Lossy(_) => true,
        Why::Blocked(_) | Why::NotAMember | Why::Resting => false,
        Why::NoLease | Why::LeaseRefused | Why::Weak { .. } => false,
    }
}

impl Engine {
    /// Compares which members can be chosen with the last look.
    pub(super) fn update_holds(&mut self, now: Instant) {
        let base: Millis = Seconds(self.config.health.hold_s.into()).into();
        for index in self.present() {
            let Some(link) = self.observed.link(index) else {
                continue;
            };
            let (eligible, name) = (self.eligible(link), link.name.clone());
            // While it changes its access point it has no carrier or no keys for a moment.
            let away = matches!(eligible, Err(Why::NoCarrier | Why::Unauthorised));
            let expected = |s: &Supplicant| s.is_settling() || (s.is_seeking() && away);
            let expected = self.supplicant(index).is_some_and(expected);
            let Some(interface) = self.interfaces.get_mut(index) else {
                continue;
            };
            let health = &mut interface.health;
            match (health.was_eligible, eligible) {
                (true, Err(why)) if is_loss(why) && !expected => self.losses.record(now, &name),
                (false, Ok(())) => {
                    let hold = self.losses.hold(now, &name, base);
                    health.held_until = hold.map(|hold| now + hold);
                }
                _ => {}
            }
            health.was_eligible = eligible.is_ok();
            if health.held_until.is_some_and(|until| now >= until) {
                health.held_until = None;
            }
        }
    }

    /// The traffic leaves it, as another one is received much better: that counts as a loss.
    pub(super) fn record_loss(&mut self, now: Instant, index: Index) {
        if let Some(link) = self.observed.link(index) {
            let name = link.name.clone();
            self.losses.record(now, &name);
        }
    }

    /// It may be preferred again after a hold, if it was lost before.
    pub(super) fn begin_hold(&mut self, now: Instant, index: Index) {
        let base: Millis = Seconds(self.config.health.hold_s.into()).into();
        let name = self.observed.link(index).map(|link| &link.name);
        let hold = name.and_then(|name| self.losses.hold(now, name, base));
        if let (Some(hold), Some(interface)) = (hold, self.interfaces.get_mut(index)) {
            interface.health.held_until = Some(now + hold);
        }
    }

    /// It has to prove its health before it is preferred.
    pub(in crate::engine) fn is_held(&self, now: Instant, index: Index) -> bool {
        let health = self.health(index);
        health.is_some_and(|health| health.held_until(now).is_some())
    }

    /// A person has put it in order.
    pub(in crate::engine) fn end_hold(&mut self, index: Index) {
        if let Some(link) = self.observed.link(index) {
            self.losses.forget(&link.name);
        }
        if let Some(interface) = self.interfaces.get_mut(index) {
            interface.health.held_until = None;
            interface.health.forget_lease();
        }
    }

    /// An adapter goes; its record still is there.
    pub(in crate::engine) fn note_loss_of(&mut self, now: Instant, index: Index) {
        let was = self.health(index).is_some_and(|health| health.was_eligible);
        if let (true, Some(link)) = (was, self.observed.link(index)) {
            let name = link.name.clone();
            self.losses.record(now, &name);
        }
    }

    /// When a member may be preferred again.
    pub(in crate::engine) fn holds_poll_at(&self, now: Instant) -> Option<Instant> {
        let held = self.interfaces.iter();
        held.filter_map(|one| one.health.held_until(now)).min()
    }

    /// Whether the traffic may move from a member that works to this preferred one.
    pub(in crate::engine) fn may_return(&self, now: Instant, from: &Link, to: &Link) -> bool {
        let health = |link: &Link| self.health(link.index);
        let held = health(to).is_some_and(|health| health.held_until(now).is_some());
        let proven = |link: &Link| health(link).is_some_and(super::Health::is_proven);
        // Where probes are answered at all, both have to get answers.
        let misses =
            health(to).is_some_and(|h| h.prober.as_ref().is_some_and(|p: &Prober| p.missed() > 0));
        let known = proven(to) || !proven(from) || !self.can_be_probed(to);
        !held && !misses && known
    }
}
