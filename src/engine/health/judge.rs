//! Which members are bad: by comparison, never by one member's misses alone; where all miss alike, by
//! what their radios count.
use super::{Bad, Health, Prober};
use crate::engine::Engine;
use crate::engine::journal::RecordKind;
use crate::engine::observed::{Index, Link};
use crate::engine::roles::MAX_PORTS;
use crate::engine::select::Why;
use crate::engine::time::{Instant, Millis};
use heapless::Vec;

/// Lost in percent of the last attempts, and of another member's at most, from where on a member
/// is bad though it passes some.
const LOSSY: (u32, u32) = (40, 10);
/// Attempts before that is judged, and of the other member.
const LOSSY_AFTER: (u32, u32) = (32, 10);
/// So many of the newest attempts lost are enough at once: 10 of 16 are an accident of 4 in 10⁷
/// where one probe in ten is lost, of 1 in 10⁴ where it is one in five.
const VERY_LOSSY: (u32, u32) = (10, 16);
/// An answer through another bad member is worth a switch when it comes so long after the last
/// one through the active member.
const MUCH_LATER: Millis = Millis(1_500);

impl Engine {
    /// The members that are plugged in, best first.
    pub(super) fn present(&self) -> Vec<Index, MAX_PORTS> {
        let members = self.present_members();
        members.iter().map(|link| link.index).collect()
    }

    pub(super) fn prober(&self, index: Index) -> Option<&Prober> {
        self.health(index)?.prober.as_ref()
    }

    /// The probers of all other members.
    pub(super) fn others(&self, index: Index) -> impl Iterator<Item = &Prober> {
        let others = self.interfaces.iter();
        let others = others.filter(move |other| other.index != index);
        others.filter_map(|other| other.health.prober.as_ref())
    }

    /// A probe was missed. `false`: nothing that decisions follow from has changed.
    ///
    /// Who has missed enough while another got answers is bad; who may soon be
    /// is compared with the others at once.
    pub(super) fn judge(&mut self, now: Instant) -> bool {
        let (mut alike, mut changed) = (true, false);
        for index in self.present() {
            let Some(prober) = self.prober(index) else {
                continue;
            };
            let enough = prober.missed() >= prober.enough(self.pace(index));
            alike &= enough;
            let Some(since) = prober.unanswered_since() else {
                continue;
            };
            let target = prober.target;
            let why = match self.others(index).any(|other| other.answers_unlike(prober)) {
                true if enough => Some(Why::NoAnswer(target)),
                true if self.is_lossy(index) => Some(Why::Lossy(target)),
                true | false => None,
            };
            match why {
                Some(why) => {
                    let at = now;
                    changed |= self.found(index, Bad { at, since, why });
                }
                None => self.compare(now, index, since),
            }
        }
        if alike {
            changed |= self.judge_radios(now);
            changed |= self.rejoin_in_silence(now);
            changed |= self.all_miss_alike(now);
        }
        changed
    }

    /// All miss alike. One of whose frames none is acknowledged is at fault itself; one that has
    /// some acknowledged is not.
    fn judge_radios(&mut self, now: Instant) -> bool {
        let mut changed = false;
        for index in self.present() {
            let prober = self.prober(index);
            let prober = prober.and_then(|p| Some((p.acknowledged()?, p.unanswered_since()?)));
            match prober {
                Some((false, since)) => {
                    let (at, why) = (now, Why::NoAcknowledgement);
                    changed |= self.found(index, Bad { at, since, why });
                }
                Some((true, _)) if self.found_bad(index) == Some(Why::NoAcknowledgement) => {
                    if let Some(interface) = self.interfaces.get_mut(index) {
                        interface.health.bad = None;
                    }
                    let text = format_args!("its frames are acknowledged again");
                    self.note_health(now, index, text);
                    changed = true;
                }
                Some(_) | None => {}
            }
        }
        changed
    }

    fn is_lossy(&self, index: Index) -> bool {
        let Some(own) = self.prober(index).map(Prober::history) else {
            return false;
        };
        let (lost, of) = VERY_LOSSY;
        let very = own.lost_of_newest(of).is_some_and(|newest| newest >= lost);
        let long = own.count() >= LOSSY_AFTER.0 && own.lost_percent() >= LOSSY.0;
        let better = |other: &Prober| {
            let history = other.history();
            history.count() >= LOSSY_AFTER.1 && history.lost_percent() <= LOSSY.1
        };
        (very || long) && self.others(index).any(better)
    }

    /// The others are asked at once: only what one of them gets shows that this one is at fault.
    fn compare(&mut self, now: Instant, index: Index, since: Instant) {
        for other in self.interfaces.iter_mut().filter(|one| one.index != index) {
            if let Some(prober) = &mut other.health.prober
                && prober.answered().is_none_or(|at| at < since)
            {
                prober.hurry(now);
            }
        }
    }

    fn found(&mut self, index: Index, bad: Bad) -> bool {
        let Some(interface) = self.interfaces.get_mut(index) else {
            return false;
        };
        let health = &mut interface.health;
        let lossy = |old: Bad| matches!(old.why, Why::Lossy(_));
        let worse = bad.why.passes_nothing() && health.bad.is_some_and(lossy);
        if health.bad.is_some() && !worse {
            return false;
        }
        let since = health.bad.map_or(bad.since, |old| old.since);
        let bad = Bad { since, ..bad };
        health.bad = Some(bad);
        let missed = health.missed().unwrap_or_default();
        let (why, after) = (bad.why, (bad.at - bad.since).0);
        let text = format_args!("{why}; probes lost in a row: {missed}, in {after} ms");
        self.note_health(bad.at, index, text);
        true
    }

    pub(super) fn note_health(
        &mut self,
        now: Instant,
        index: Index,
        text: core::fmt::Arguments<'_>,
    ) {
        if let Some(link) = self.observed.link(index) {
            self.journal
                .write(now, RecordKind::Health, &link.name, text);
        }
    }

    /// Whether a bad member got enough answers; it is good again then.
    pub(super) fn recovered(&mut self, now: Instant, index: Index) -> bool {
        let enough = self.config.health.recover_after;
        let Some(interface) = self.interfaces.get_mut(index) else {
            return false;
        };
        let Health { prober, bad, .. } = &mut interface.health;
        let answers = prober.as_ref().map_or(0, Prober::answers);
        let recovered = bad.is_some() && answers >= enough;
        if recovered {
            *bad = None;
            let text = format_args!("good again: probes answered in a row: {answers}");
            self.note_health(now, index, text);
        }
        recovered
    }

    /// Of members that are all bad the one that got the last answer carries the traffic: never
    /// none. The active one stays unless another got one much later than it.
    pub(in crate::engine) fn least_bad(&self, active: Option<Index>) -> Option<Index> {
        let members = self.present_members().into_iter();
        let bad = |why: Why| why.passes_nothing() || matches!(why, Why::Lossy(_));
        let possible = |link: &&Link| self.eligible(link).is_err_and(bad);
        let answered = |link: &&Link| {
            let at = self.prober(link.index).and_then(Prober::answered)?;
            let ahead = if active == Some(link.index) {
                MUCH_LATER
            } else {
                Millis(0)
            };
            Some(at + ahead)
        };
        // Of two alike the first one: the order is that of preference.
        let mut best: Option<&Link> = None;
        for link in members.filter(possible) {
            if best.is_none_or(|best| answered(&link) > answered(&best)) {
                best = Some(link);
            }
        }
        best.map(|link| link.index)
    }
}
