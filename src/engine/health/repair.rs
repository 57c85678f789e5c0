//! Repairing a bad member: a ladder of measures, each tried when the one before did not help, the
//! gentlest first. Then a rest that grows, and from the first again: it never ends. The other
//! members are not touched, nor is the one that carries the traffic, unless that is none.
use super::ladder::{JOINS_WITHIN, LADDER, Measure, Phase, Repair, SHOWS_WITHIN};
use super::ladder::{WITHOUT_POWER, WITHOUT_USB};
use super::{Bad, Prober};
use crate::config::IfName;
use crate::engine::Engine;
use crate::engine::contract::action::Action;
use crate::engine::member;
use crate::engine::observed::{Index, Link};
use crate::engine::select::Why;
use crate::engine::sort::sort;
use crate::engine::supplicant::{Phase as Process, Radio};
use crate::engine::time::{Instant, Millis};

/// A member that passes nothing is left alone for so long: most of the time the network, not the
/// adapter, is at fault, and is back by then.
const AFTER: Millis = Millis(5_000);
/// What of a member decides on its repair.
#[derive(Debug, Clone, Copy)]
struct Seen {
    bad: Option<Bad>,
    /// Its probes are answered, enough of them in a row to be sure.
    answered: bool,
    sure: bool,
    /// It has missed enough since it joined, and another one gets answers meanwhile.
    dead: bool,
    /// Since when it misses them.
    silent: Option<Instant>,
    /// How long a measure may take to show.
    shows_within: Millis,
    /// The interface and its join.
    of: (Index, u32),
    joined: bool,
    active: bool,
    /// No other member works.
    alone: bool,
    left_alone: bool,
    /// Its scans find no network of the file, nor is another member in its network: its access point
    /// is not there.
    out_of_range: bool,
    measures: usize,
}

impl Engine {
    fn seen(&self, link: &Link) -> Seen {
        let health = self.health(link.index);
        let prober = health.and_then(|health| health.prober.as_ref());
        let joins = self.interfaces.get(link.index).map_or(0, |one| one.joins);
        let enough = |prober: &Prober| {
            let mut others = self.others(link.index);
            let compared = others.any(|other| other.answers_unlike(prober));
            compared && self.misses_enough(link.index)
        };
        let alone = self.is_alone(link.index);
        let recovered = self.config.health.recover_after;
        Seen {
            bad: health.and_then(|health| health.bad),
            answered: prober.is_some_and(|p| p.answered().is_some() && p.missed() == 0),
            sure: prober.is_some_and(|p| p.answers() >= recovered),
            // Where no other works, none can be compared with.
            dead: prober.is_some_and(enough) || (alone && self.misses_enough(link.index)),
            silent: prober.and_then(Prober::unanswered_since),
            // Whether its frames are acknowledged now is counted before the next measure.
            shows_within: match prober.and_then(Prober::acknowledged) {
                None if self.found_bad(link.index) == Some(Why::NoAcknowledgement) => JOINS_WITHIN,
                _ => SHOWS_WITHIN,
            },
            of: (link.index, joins),
            joined: self.carries(link).is_ok(),
            active: self.active_member() == Some(link.index),
            alone,
            left_alone: self.is_left_alone(link),
            out_of_range: self.is_out_of_range(link.index),
            measures: match link.usb_port {
                Some(_) if self.shares_usb(link) => WITHOUT_USB,
                // Others may lose their power too.
                Some(_) if alone && self.config.health.port_power => LADDER.len(),
                Some(_) => WITHOUT_POWER,
                None => WITHOUT_USB,
            },
        }
    }

    /// Another interface is of the same USB device, and would go with it.
    fn shares_usb(&self, link: &Link) -> bool {
        let mut links = self.observed.links();
        links.any(|other| other.index != link.index && other.usb_port == link.usb_port)
    }

    fn is_out_of_range(&self, index: Index) -> bool {
        let Some(own) = self.supplicant(index) else {
            return false;
        };
        let mut others = self.supplicants().filter(|other| other.link != index);
        let same =
            others.any(|other| other.radio == Radio::Authorised && other.tried() == own.tried());
        own.finds_none() && !same
    }

    fn is_alone(&self, index: Index) -> bool {
        let members = self.present_members();
        let mut others = members.iter().filter(|other| other.index != index);
        others.all(|other| self.is_out(other))
    }

    /// Which measures are due, and what became of those that were carried out.
    pub(super) fn update_repairs(&mut self, now: Instant) {
        // Where none works: the active one last.
        let active = self.active_member();
        let mut members = self.present();
        sort(&mut members, &mut |_, index| active == Some(*index));
        for index in members {
            let Some(link) = self.observed.link(index) else {
                continue;
            };
            let (name, seen) = (link.name.clone(), self.seen(link));
            if seen.bad.is_some() || self.repairs.get(&name).is_some() {
                self.update_repair(now, index, &name, seen);
                // One that needs no step of its own is carried out here.
                let due = |repair: &Repair| repair.phase == Phase::Due;
                if self.repairs.get(&name).is_some_and(due) {
                    self.update_repair(now, index, &name, seen);
                }
            }
        }
    }

    fn update_repair(&mut self, now: Instant, index: Index, name: &IfName, seen: Seen) {
        let enabled = self.config.health.repair && !self.is_stopping() && !seen.left_alone;
        let is_done = self.is_done(index, name);
        let resting = self.is_resting(index);
        let carried = self.failover.now().is_some();
        // Never are all of them taken out of their networks at once.
        let waits = !carried && self.repairs.has_other(name);
        let Some(repair) = self.repairs.entry(name) else {
            return;
        };
        repair.limit(seen.measures);
        let returns = repair.away && !seen.out_of_range;
        repair.away = seen.out_of_range;
        if let Phase::Watching { since } = &mut repair.phase
            && returns
        {
            *since = now;
        }
        // One that carries the traffic because all are bad passes nothing that could be lost.
        let free = !seen.active || (seen.bad.is_some() && seen.alone) || repair.gentle;
        let wanted = (enabled || repair.by_hand) && free && !resting;
        let late = |since: Instant, limit: Millis| now >= since + limit;
        match repair.phase {
            // Also where it carries the traffic by now, and would not be repaired.
            Phase::Watching { .. } if seen.bad.is_none() && seen.sure => {
                repair.end(now, &mut self.journal);
            }
            _ if !wanted => repair.leave(),
            Phase::Idle if waits => {}
            Phase::Idle => {
                let no_answer = |bad: Bad| bad.why.passes_nothing();
                let due = seen.silent.is_some_and(|since| late(since, AFTER));
                let bad = seen.bad.is_some_and(no_answer) && seen.dead;
                if due && bad && seen.joined && (carried || seen.alone) {
                    repair.begin(now);
                }
            }
            Phase::Due if is_done => {
                let by_hand = repair.by_hand;
                repair.of = seen.of;
                repair.carried_out(now, &mut self.journal);
                if seen.bad.is_none() && (by_hand || seen.joined) && !repair.gentle {
                    repair.phase = Phase::Idle;
                }
            }
            Phase::Due => {}
            // Answers come: enough of them make it good.
            Phase::Watching { .. } if seen.answered => {}
            // It is another interface, or in its network again: the times begin anew.
            Phase::Watching { .. } if repair.of != seen.of => {
                repair.of = seen.of;
                repair.phase = Phase::Watching { since: now };
            }
            Phase::Watching { since } if seen.bad.is_some() => {
                let dead = seen.joined && seen.dead && late(since, seen.shows_within);
                let absent = !seen.joined && !seen.out_of_range && late(since, JOINS_WITHIN);
                if dead || absent {
                    repair.climb(now);
                }
            }
            // All miss alike, and its frames are acknowledged: it is not at fault.
            Phase::Watching { since }
                if seen.bad.is_none() && seen.joined && late(since, JOINS_WITHIN) =>
            {
                repair.leave();
            }
            // One that came back as another interface: whether it is bad is to be seen, and joining
            // its network comes before that.
            Phase::Watching { since }
                if !seen.joined && !seen.out_of_range && late(since, JOINS_WITHIN) =>
            {
                repair.climb(now);
            }
            Phase::Watching { .. } => {}
            Phase::Resting { .. } if seen.bad.is_none() && seen.sure => repair.phase = Phase::Idle,
            Phase::Resting { until } if now >= until => match seen.joined {
                true => repair.phase = Phase::Idle,
                // It never came back from the last measures.
                false if (carried || seen.alone) && !waits && !seen.out_of_range => {
                    repair.begin(now);
                }
                false => {}
            },
            Phase::Resting { .. } => {}
        }
    }

    /// Whether a measure may be carried out on this member by hand.
    pub fn may_repair(&self, index: Index) -> Result<(), &'static str> {
        if self.active_member() == Some(index) {
            return Err(
                "carries the traffic: make another member active before, with `wifibond switch`",
            );
        }
        match self.is_resting(index) {
            true => Err("is set down: `wifibond member NAME up` first"),
            false => Ok(()),
        }
    }

    /// The first measure, or the one after the last that was carried out on it by hand.
    pub(in crate::engine) fn repair_by_hand(&mut self, index: Index) {
        let Some(link) = self.observed.link(index) else {
            return;
        };
        let name = link.name.clone();
        self.storms.end(link);
        if let Some(repair) = self.repairs.entry(&name) {
            let next = match repair.phase {
                Phase::Idle => repair.count > 0,
                Phase::Watching { .. } => true,
                Phase::Due | Phase::Resting { .. } => false,
            };
            repair.place = match next {
                true => (repair.place + 1) % repair.measures,
                false => 0,
            };
            repair.phase = Phase::Due;
            repair.given = false;
            repair.by_hand = true;
        }
    }

    /// The measure under way on a member, or the last one.
    pub fn last_repair(&self, name: &str) -> Option<Measure> {
        self.repairs.get(name).map(Repair::measure)
    }

    /// The measure that is due has been carried out.
    fn is_done(&mut self, index: Index, name: &IfName) -> bool {
        let repair = self.repairs.get(name);
        let Some(repair) = repair.filter(|repair| repair.phase == Phase::Due) else {
            return false;
        };
        match repair.measure() {
            Measure::Join => {
                self.rejoin(index);
                true
            }
            Measure::Supplicant => self.supplicant(index).is_none_or(|s| match s.phase {
                Process::Stopping { .. } | Process::Waiting { .. } => true,
                Process::Starting { .. } | Process::Attached => false,
            }),
            Measure::Bond => {
                let link = self.observed.link(index);
                link.is_none_or(|link| !self.in_bond(link))
            }
            // Its end is an event.
            Measure::Usb(_) => false,
        }
    }

    /// The next step of a measure that is due.
    pub(in crate::engine) fn next_repair(&self, now: Instant) -> Option<Action> {
        let due = self.repairs.due();
        // At a start it may be what the box needs to get online.
        let due = due.filter(|_| !self.trial().replaces_one_that_worked());
        due.filter_map(|repair| Some((repair, self.observed.by_name(&repair.name)?)))
            .filter(|(_, link)| self.is_present_member(link.index))
            .find_map(|(repair, link)| match repair.measure() {
                Measure::Join => None,
                Measure::Supplicant => self.supplicant_must_go(now, link.index)?,
                Measure::Bond => member::free(self, now, link),
                Measure::Usb(measure) if !repair.given => Some(Action::Repair {
                    link: link.index,
                    name: link.name.clone(),
                    port: link.usb_port.clone()?,
                    measure,
                }),
                Measure::Usb(_) => None,
            })
    }

    /// This measure was given to another process.
    pub(in crate::engine) fn repair_given(&mut self, name: &str) {
        if let Some(repair) = self.repairs.get_mut(name) {
            repair.given = true;
        }
    }

    /// It has ended, whatever came of it: the probes show whether it has helped. Its interface may
    /// be gone meanwhile, or another one have its name.
    pub(in crate::engine) fn repair_ended(&mut self, now: Instant, name: &str, done: bool) {
        let Some(repair) = self.repairs.get_mut(name) else {
            return;
        };
        let given = core::mem::take(&mut repair.given);
        if given && repair.phase == Phase::Due && !done {
            // The reason is recorded with the action.
            repair.climb(now);
        } else if given && repair.phase == Phase::Due {
            repair.carried_out(now, &mut self.journal);
        }
    }
}
