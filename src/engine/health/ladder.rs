//! The measures for a bad member, the state of its repair, and its times.
use crate::config::IfName;
use crate::engine::contract::action::UsbMeasure;
use crate::engine::journal::{Journal, RecordKind};
use crate::engine::observed::Index;
use crate::engine::roles::MAX_PORTS;
use crate::engine::time::{Instant, Millis};
use core::fmt;
use heapless::Vec;

/// A measure is given so long to show in the probes once the member is in its network again.
pub const SHOWS_WITHIN: Millis = Millis(2_000);
/// And so long for the member to be in its network again.
pub const JOINS_WITHIN: Millis = Millis(10_000);
/// The rest after the last measure, doubled each time up to the longest.
const FIRST_REST: Millis = Millis(60_000);
const LONGEST_REST: Millis = Millis(3_600_000);
/// A member that was repaired and is good for so long begins anew: with the first measure, and the
/// first rest.
const CALM: Millis = Millis(600_000);
/// Repairs within that time until there is a rest: an adapter that works for a moment would
/// be reset without an end.
const MOST_REPAIRS: u32 = 3;

/// One measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// It joins its network anew.
    Join,
    /// Its wpa_supplicant is started anew.
    Supplicant,
    /// It leaves the bond, is set down, taken in and set up.
    Bond,
    /// Its USB device is reset, or taken out and in again. An adapter at no USB port has no such
    /// measure.
    Usb(UsbMeasure),
}

pub const LADDER: [Measure; 6] = [
    Measure::Join,
    Measure::Supplicant,
    Measure::Bond,
    Measure::Usb(UsbMeasure::Reset),
    Measure::Usb(UsbMeasure::Replug),
    Measure::Usb(UsbMeasure::Power),
];
/// Measures that an adapter at no USB port has.
pub const WITHOUT_USB: usize = 3;
/// Measures that one at a USB port has, without the last: it may concern others.
pub const WITHOUT_POWER: usize = 5;

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Measure::Join => "it joins its network anew",
            Measure::Supplicant => "its wpa_supplicant is started anew",
            Measure::Bond => "it is taken out of the bond, set down, and taken in again",
            Measure::Usb(UsbMeasure::Reset) => "its USB device is reset",
            Measure::Usb(UsbMeasure::Replug) => "its USB device is taken out and in again",
            Measure::Usb(UsbMeasure::Power) => "the power of its USB port is switched off and on",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is to be done.
    Idle,
    /// The measure is to be carried out.
    Due,
    /// It was; whether it helps is to be seen.
    Watching {
        since: Instant,
    },
    Resting {
        until: Instant,
    },
}

/// The repair of one member, by name: it survives that the adapter is enumerated anew.
#[derive(Debug)]
pub struct Repair {
    pub name: IfName,
    pub phase: Phase,
    /// The place of its measure in [`LADDER`].
    pub place: usize,
    rests: u32,
    /// When it was last good again, and how often since it was calm.
    repaired: Option<Instant>,
    repairs: u32,
    /// The interface and its join of the measure that is watched.
    pub of: (Index, u32),
    /// Measures carried out since the start.
    pub count: u32,
    /// The measure that is due was given to another process, and has not ended.
    pub given: bool,
    /// Measures that there are for this adapter.
    pub measures: usize,
    /// It is out of range of its access point.
    pub away: bool,
    /// By `wifibond member NAME repair`: also where it is not bad, or the file leaves repairing out.
    pub by_hand: bool,
    /// Nothing answers through any member: the first measure alone, also where it is not bad.
    pub gentle: bool,
}

impl Repair {
    pub fn measure(&self) -> Measure {
        LADDER[self.place.min(LADDER.len() - 1)]
    }

    /// So many measures there are for its adapter now. One that is under way stays one.
    pub fn limit(&mut self, measures: usize) {
        let under_way = self.given || matches!(self.phase, Phase::Watching { .. });
        self.measures = match under_way {
            true => measures.max(self.place + 1),
            false => measures,
        };
        self.place = self.place.min(self.measures - 1);
    }

    /// The next measure, or a rest after the last one.
    pub fn climb(&mut self, now: Instant) {
        self.place += 1;
        self.phase = Phase::Due;
        self.given = false;
        if self.place >= self.measures {
            self.rest(now);
        }
    }

    fn rest(&mut self, now: Instant) {
        let rest = FIRST_REST * (1 << self.rests.min(6));
        self.rests += 1;
        self.place = 0;
        self.repairs = 0;
        self.phase = Phase::Resting {
            until: now + rest.min(LONGEST_REST),
        };
    }

    /// It is bad, and may be repaired.
    pub fn begin(&mut self, now: Instant) {
        if self.repaired.is_some_and(|at| now >= at + CALM) {
            self.repaired = None;
            self.repairs = 0;
            self.rests = 0;
        }
        self.place = 0;
        self.given = false;
        self.phase = Phase::Due;
        if self.repairs >= MOST_REPAIRS {
            self.rest(now);
        }
    }

    /// The first measure, though nothing shows that it is at fault.
    pub fn begin_gently(&mut self) {
        self.place = 0;
        self.given = false;
        self.phase = Phase::Due;
        self.gentle = true;
    }

    /// Nothing is to be done any more.
    pub fn leave(&mut self) {
        self.phase = Phase::Idle;
        self.by_hand = false;
        self.gentle = false;
    }

    /// A measure is due, or was carried out and is watched: it may be out of its network.
    pub fn is_under_way(&self) -> bool {
        matches!(self.phase, Phase::Due | Phase::Watching { .. })
    }

    /// The measure was carried out: whether it has helped is to be seen.
    pub fn carried_out(&mut self, now: Instant, journal: &mut Journal) {
        self.count += 1;
        self.by_hand = false;
        self.phase = Phase::Watching { since: now };
        let (number, measure) = (self.place + 1, self.measure());
        let text = format_args!("repair {number} of {}: {measure}", self.measures);
        journal.write(now, RecordKind::Health, &self.name, text);
    }

    /// The measure has helped.
    pub fn end(&mut self, now: Instant, journal: &mut Journal) {
        let text = format_args!("repaired: {}", self.measure());
        journal.write(now, RecordKind::Health, &self.name, text);
        self.leave();
        self.repaired = Some(now);
        self.repairs += 1;
    }
}

/// The repairs of all members.
#[derive(Debug, Default)]
pub struct Repairs(Vec<Repair, { 2 * MAX_PORTS }>);

impl Repairs {
    /// The repair of this member; `None`: it never had one.
    pub fn get(&self, name: &str) -> Option<&Repair> {
        self.0.iter().find(|repair| repair.name == name)
    }

    /// As [`Repairs::get`].
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Repair> {
        self.0.iter_mut().find(|repair| repair.name == name)
    }

    /// Those with a measure to be carried out.
    pub fn due(&self) -> impl Iterator<Item = &Repair> {
        self.0.iter().filter(|repair| repair.phase == Phase::Due)
    }

    /// Where there is no room, one that has nothing to do makes it.
    pub fn entry(&mut self, name: &IfName) -> Option<&mut Repair> {
        if self.get(name).is_none() {
            if self.0.is_full() {
                let idle = self.0.iter().position(|r| r.phase == Phase::Idle)?;
                self.0.swap_remove(idle);
            }
            let fresh = Repair {
                name: name.clone(),
                phase: Phase::Idle,
                place: 0,
                rests: 0,
                repaired: None,
                repairs: 0,
                of: (0, 0),
                count: 0,
                by_hand: false,
                gentle: false,
                given: false,
                measures: WITHOUT_USB,
                away: false,
            };
            let _ = self.0.push(fresh);
        }
        self.get_mut(name)
    }

    /// When one of them is to be looked at.
    pub fn poll_at(&self, now: Instant) -> Option<Instant> {
        let times = self.0.iter().flat_map(|repair| match repair.phase {
            Phase::Idle | Phase::Due => [None, None],
            Phase::Watching { since } => [Some(since + SHOWS_WITHIN), Some(since + JOINS_WITHIN)],
            Phase::Resting { until } => [Some(until), None],
        });
        times.flatten().filter(|at| *at > now).min()
    }

    /// Measures carried out on this member.
    pub fn count(&self, name: &str) -> u32 {
        self.get(name).map_or(0, |repair| repair.count)
    }

    /// Until when no measure is tried on this member.
    pub fn rests_until(&self, name: &str) -> Option<Instant> {
        match self.get(name)?.phase {
            Phase::Resting { until } => Some(until),
            Phase::Idle | Phase::Due | Phase::Watching { .. } => None,
        }
    }

    /// The measure under way on this member.
    pub fn current(&self, name: &str) -> Option<Measure> {
        let repair = self.get(name)?;
        repair.is_under_way().then(|| repair.measure())
    }

    /// A measure is under way on another member than this one, which is not out of range.
    pub fn has_other(&self, name: &str) -> bool {
        let mut others = self.0.iter().filter(|other| other.name != name);
        others.any(|other| other.is_under_way() && !other.away)
    }
}
