//! Does a host behind this member answer? One state machine for each member: when a probe is
//! sent, how long its answer is waited for, and what the answers and the misses say.
//!
//! An *attempt* is one probe and its time limit. While nothing is missed, attempts follow the
//! interval. After a miss they follow each other at once, each with copies of the probe sent
//! before the limit, so that a dead path is known in little more than one interval and a few lost
//! frames are not mistaken for it.
use super::Answer;
use super::evidence::{FIRST, History, MOST, RoundTrip};
use super::on_air::Counts;
use super::station::{Station, To};
use super::way::{WAY_MISSES, Way};
use crate::engine::time::{Instant, Millis};
use crate::wire::wpa::Packets;
use core::net::IpAddr;

/// Between a probe of a quick attempt and each of its copies. With p of the probes lost, a run of
/// three misses is an accident with p⁷.
const COPY_AFTER: Millis = Millis(15);
const COPIES: u8 = 2;
/// Attempts beyond those that were needed until they follow the interval again: there is no
/// other member to compare with, or the host is at fault.
const MORE_QUICK: u32 = 2;
/// When for so long no probe could be sent, they count as not answered.
const UNSENT_FOR: Millis = Millis(1_000);

/// What decides the times of a prober.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two attempts while nothing is missed.
    pub every: Millis,
    /// Misses in a row until the member may count as bad (`health.fail_after`).
    pub fail_after: u32,
    /// The member is scanning: twice as many.
    pub scanning: bool,
}

/// Something that decisions follow from has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed(pub bool);

/// An attempt under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Attempt {
    begun: Instant,
    ends: Instant,
    /// After a miss, or to learn at once whether traffic passes this member.
    quick: bool,
    copies: u8,
}

impl Attempt {
    /// When the next copy leaves; `None`: there is none.
    fn next_copy(&self) -> Option<Instant> {
        let left = self.quick && self.copies < COPIES;
        left.then(|| self.begun + COPY_AFTER * u64::from(self.copies + 1))
    }

    fn copied(&self) -> bool {
        self.copies > 0
    }
}

/// The prober of one member.
#[derive(Debug)]
pub struct Prober {
    /// The host that is asked.
    pub target: IpAddr,
    /// The member's join (`Interface::joins`) to which all this belongs.
    pub join: u32,
    station: Station,
    /// By IPv6, how it asks.
    way: Way,
    /// It has answered after a miss; the next attempt shows whether that was an answer.
    doubtful: bool,
    next: Instant,
    attempt: Option<Attempt>,
    /// When the newest attempt was begun.
    begun: Instant,
    /// The next attempt is a quick one.
    hurried: bool,
    missed: u32,
    /// It was scanning when it missed one of these.
    scanned: bool,
    /// What its radio counts while it misses.
    counts: Counts,
    unanswered: Option<Instant>,
    /// When the last attempt that was not answered was begun.
    last_missed: Instant,
    last_missed_shared: bool,
    answered: Option<Instant>,
    /// When the first answer came after a run of misses, or the first of all.
    back: Instant,
    answers: u32,
    /// Since when none could be sent.
    unsent: Option<Instant>,
    /// Answers to more than one probe may come until then.
    ambiguous_until: Instant,
    /// The answer to the last attempt, or to its copy, may come through another member until then:
    /// an access point may send it at its next beacon.
    shared_until: Instant,
    round_trip: RoundTrip,
    history: History,
}

impl Prober {
    /// The first probe is due at once.
    pub fn new(now: Instant, target: IpAddr, join: u32) -> Self {
        Prober {
            target,
            join,
            station: Station::default(),
            way: Way::default(),
            doubtful: false,
            next: now,
            attempt: None,
            begun: now,
            hurried: false,
            missed: 0,
            scanned: false,
            counts: Counts::default(),
            unanswered: None,
            last_missed: Instant::ZERO,
            last_missed_shared: false,
            answered: None,
            back: Instant::ZERO,
            answers: 0,
            unsent: None,
            ambiguous_until: Instant::ZERO,
            shared_until: Instant::ZERO,
            round_trip: RoundTrip::default(),
            history: History::default(),
        }
    }

    /// Attempts without an answer in a row.
    pub fn missed(&self) -> u32 {
        self.missed
    }
    /// When the first probe of these left; `None`: none is missed.
    pub fn unanswered_since(&self) -> Option<Instant> {
        self.unanswered
    }
    /// When the last answer came; `None`: none ever did in this join.
    pub fn answered(&self) -> Option<Instant> {
        self.answered
    }
    /// It got answers while this other one got none: after a silence of both, once an attempt of the
    /// other one has begun since the end of it.
    pub fn answers_unlike(&self, other: &Prober) -> bool {
        let Some(since) = other.unanswered else {
            return false;
        };
        // How it was asked last, too: one way may be answered, and the other one not.
        let same_way = self.way.shared == other.last_missed_shared;
        self.answered.is_some_and(|at| at >= since) && other.last_missed >= self.back && same_way
    }
    /// Attempts answered in a row.
    pub fn answers(&self) -> u32 {
        self.answers
    }
    /// Which station answers.
    pub fn station(&self) -> &Station {
        &self.station
    }
    /// Of the last attempts at the interval.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// An answer goes to all hosts, and so comes through all members: what shows through which of
    /// them the host was asked is the time alone. So one member is asked at a time, and only an
    /// answer during its attempt counts.
    pub fn answers_all(&self) -> bool {
        self.target.is_ipv6() && self.way.shared
    }

    /// By IPv6, in which way it answers is not known.
    fn is_unproven(&self) -> bool {
        self.target.is_ipv6() && !self.way.proven
    }

    /// Until when an answer may be for this member, whichever receives it; `None`: no more.
    pub fn claims_answers(&self, now: Instant) -> Option<Instant> {
        if !self.answers_all() {
            return None;
        }
        let ends = self.attempt.map(|attempt| attempt.ends);
        let ends = ends.or(Some(self.shared_until));
        ends.filter(|until| now < *until)
    }

    /// An attempt is under way.
    pub fn is_asking(&self) -> bool {
        self.attempt.is_some()
    }

    /// Of those that are due the first one is asked first, of two alike the one that missed less:
    /// it may be what another is compared with.
    pub fn rank(&self) -> (Instant, u32) {
        (self.poll_at(), self.missed)
    }

    /// How long an answer to all hosts is waited for.
    pub fn limit_to_all(&self) -> Option<Millis> {
        self.round_trip.limit_to_all()
    }

    /// Misses in a row that are no accident.
    pub fn enough(&self, pace: Pace) -> u32 {
        let scanning = match pace.scanning || self.scanned {
            true => 2,
            false => 1,
        };
        let mut needed = self.history.misses_needed(pace.fail_after) * scanning;
        if self.is_unproven() {
            needed += WAY_MISSES;
        }
        self.counts.on_air().misses_needed(needed)
    }

    /// The counters of its radio were read. Whether they tell anything new.
    pub fn counted(&mut self, now: Instant, packets: Packets) -> Changed {
        Changed(self.missed > 0 && self.counts.read(now, packets))
    }

    /// Whether some of its frames were acknowledged lately, while it misses all answers. `None`:
    /// unknown.
    pub fn acknowledged(&self) -> Option<bool> {
        self.counts.acknowledged()
    }

    /// Whether the counters of its radio are to be read: while they may hasten or put off a decision,
    /// and in a long silence now and then.
    pub fn wants_counts(&mut self, now: Instant, pace: Pace) -> bool {
        self.missed < self.enough(pace) || (self.missed > 0 && self.counts.is_due(now))
    }

    /// When something is to be sent or given up next.
    pub fn poll_at(&self) -> Instant {
        match &self.attempt {
            Some(attempt) => match attempt.next_copy() {
                Some(at) => attempt.ends.min(at),
                None => attempt.ends,
            },
            None => self.next,
        }
    }

    /// The probe that is due.
    pub fn due(&self, now: Instant) -> Option<To> {
        match &self.attempt {
            None => (now >= self.next).then(|| self.first(now)),
            // A host that has a new hardware address, or answers broadcasts alone, answers this one.
            Some(attempt) => {
                let due = attempt.next_copy().is_some_and(|at| now >= at);
                due.then_some(To::All)
            }
        }
    }

    /// Where the first probe of an attempt goes.
    fn first(&self, now: Instant) -> To {
        match self.answers_all() {
            true => To::All,
            false => self.station.first(now, self.unanswered),
        }
    }

    /// The probe that was due has left. Of a host that answers all, `limit_to_all` is what the
    /// slowest path of any member needs: what came after the attempt would count for another one.
    pub fn sent(&mut self, now: Instant, limit_to_all: Option<Millis>) {
        self.unsent = None;
        if self.attempt.is_some() || self.first(now) == To::All {
            self.station.all_asked(now);
        }
        match &mut self.attempt {
            Some(attempt) => {
                attempt.copies += 1;
                self.ambiguous_until = now + MOST;
            }
            None => {
                let quick = core::mem::take(&mut self.hurried);
                let limit = match self.answers_all() {
                    true => limit_to_all.unwrap_or(FIRST),
                    false => self.round_trip.limit(quick),
                };
                self.begun = now;
                self.attempt = Some(Attempt {
                    begun: now,
                    ends: now + limit,
                    quick,
                    copies: 0,
                });
            }
        }
    }

    /// It could not be sent: the interface is going down, or its queue is full. For a moment that
    /// says nothing of the path.
    pub fn not_sent(&mut self, now: Instant, pace: Pace) -> Changed {
        let since = *self.unsent.get_or_insert(now);
        if now >= since + UNSENT_FOR {
            // Its queue never empties: the adapter sends nothing, and what is not sent is not
            // answered.
            self.sent(now, None);
            self.unsent = Some(since);
            return Changed(false);
        }
        match &mut self.attempt {
            Some(attempt) => attempt.copies = COPIES,
            None => self.next = now + pace.every / 4,
        }
        Changed(false)
    }

    /// Time has passed. `None`: no answer is late.
    pub fn tick(&mut self, now: Instant, pace: Pace) -> Option<Changed> {
        let attempt = self.attempt.filter(|attempt| now >= attempt.ends)?;
        self.attempt = None;
        self.doubtful = false;
        // How it answers is to be found out before.
        if self.missed == 0 && !self.is_unproven() {
            self.history.push(false);
        }
        self.missed = self.missed.saturating_add(1);
        self.scanned |= pace.scanning;
        self.answers = 0;
        self.unanswered.get_or_insert(attempt.begun);
        self.last_missed = attempt.begun;
        self.last_missed_shared = self.way.shared;
        if self.target.is_ipv6() {
            self.way.missed(now, attempt.begun, self.answered);
        }
        self.ambiguous_until = now + MOST;
        self.hurried = self.missed < self.enough(pace) + MORE_QUICK;
        self.next = if self.hurried {
            now
        } else {
            attempt.begun + pace.every
        };
        // Later ones say nothing new.
        Some(Changed(self.missed <= self.enough(pace) + MORE_QUICK))
    }

    /// The host has answered.
    pub fn answer(&mut self, now: Instant, answer: Answer, pace: Pace) -> Changed {
        let mac = answer.from;
        // Another member's, which all receive.
        if self.answers_all() && !self.is_asking() {
            return Changed(false);
        }
        if !self.station.was_asked(now, mac, self.missed > 0) {
            return Changed(false);
        }
        if self.unanswered.is_none() && self.attempt.is_none() {
            // A second answer, to the copy or to none.
            if now >= self.ambiguous_until {
                self.station.not_asked(now, mac);
            }
            return Changed(false);
        }
        if self.missed > 0 && !self.doubtful && self.station.is_distrusted(now, mac) {
            self.doubtful = true;
            self.attempt = None;
            // With copies to all stations: it may answer nothing else.
            self.hurried = true;
            self.next = now;
            return Changed(false);
        }
        self.doubtful = false;
        let one = self.attempt.filter(|one| self.missed == 0 && !one.copied());
        if let Some(one) = one {
            self.station.all_answered_before(one.begun);
        }
        let took = now - self.begun;
        // Of several probes under way it may be the answer to the oldest, but to none for which an
        // answer is not waited for any more.
        let oldest = self.unanswered.map(|since| now - since);
        let oldest = oldest.filter(|took| *took <= MOST);
        match (oldest, now < self.ambiguous_until) {
            (_, false) => self.round_trip.measured(took),
            (Some(oldest), true) => self.round_trip.may_have_taken(oldest),
            (None, true) => self.round_trip.measured_at_least(took),
        }
        let copied = self.attempt.is_some_and(|attempt| attempt.copied());
        let another = self.station.answered(now, mac, copied);
        let changed = another || self.answered.is_none() || self.missed > 0;
        self.answered = Some(now);
        self.way.answered(answer.to.is_none());
        if self.missed > 0 || self.answers == 0 {
            self.back = now;
        }
        if self.missed == 0 && self.attempt.is_some() {
            self.history.push(true);
        }
        self.answers = self.answers.saturating_add(1);
        self.hurried = false;
        self.missed = 0;
        self.scanned = false;
        self.counts = Counts::default();
        self.unanswered = None;
        if let Some(attempt) = self.attempt.take() {
            self.next = (attempt.begun + self.interval(pace)).max(now);
            self.shared_until = attempt.ends;
        } else {
            self.next = now + self.interval(pace);
        }
        Changed(changed)
    }

    /// Until the next attempt after an answer: shorter while it is open whether much is lost.
    fn interval(&self, pace: Pace) -> Millis {
        match self.history.is_doubtful() {
            true => pace.every / 3,
            false => pace.every,
        }
    }

    /// The next attempt is not later than this: the member's part has changed.
    pub fn bring_forward(&mut self, at: Instant) {
        self.next = self.next.min(at);
    }

    /// Whether traffic passes this member is to be known at once.
    pub fn hurry(&mut self, now: Instant) {
        if self.attempt.is_none() && self.missed == 0 {
            self.hurried = true;
            self.next = self.next.min(now);
        }
    }
}
