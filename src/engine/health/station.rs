//! Which station answers for the probed host: its hardware address as the answers have it, whether
//! it answers what is sent to it alone, and whose answers count.
use super::evidence::MOST;
use crate::config::Mac;
use crate::engine::time::{Instant, Millis};

/// Broadcast copies answered in a row where the unicast probe was not: the host answers
/// broadcasts alone, and unicast is not tried any more.
const ONLY_BROADCASTS_AFTER: u8 = 3;
/// While the host does not answer, all stations are asked so often: it may have a new hardware
/// address.
const ALL_EVERY: Millis = Millis(3_000);
/// The replies of a station that sent one unasked do not count for so long.
const DISTRUST: Millis = Millis(10_000);

/// Where a probe goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// The host's hardware address, as it last answered.
    Station(Mac),
    /// All stations: it is not known yet, or may be another.
    All,
}

/// The station that answers.
#[derive(Debug, Default)]
pub struct Station {
    mac: Option<Mac>,
    since: Instant,
    in_a_row: u32,
    only_broadcasts: u8,
    /// When all stations were last asked.
    asked_all: Option<Instant>,
    /// The station that last sent a reply unasked, and when.
    unasked: Option<(Mac, Instant)>,
}

impl Station {
    /// The hardware address that answered last.
    pub fn mac(&self) -> Option<Mac> {
        self.mac
    }
    /// Since when the answers have come from there.
    pub fn since(&self) -> Instant {
        self.since
    }
    /// Answers from there in a row.
    pub fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// Where the first probe of an attempt goes, with no answer since then.
    pub fn first(&self, now: Instant, unanswered: Option<Instant>) -> To {
        let silent = unanswered.is_some_and(|since| now >= since + ALL_EVERY);
        let again = silent && self.asked_all.is_none_or(|at| now >= at + ALL_EVERY);
        let unicast = self.only_broadcasts < ONLY_BROADCASTS_AFTER;
        match self.mac {
            Some(mac) if unicast && !again => To::Station(mac),
            _ => To::All,
        }
    }

    /// All stations were asked.
    pub fn all_asked(&mut self, now: Instant) {
        self.asked_all = Some(now);
    }

    /// What was sent to all stations before this time is over.
    pub fn all_answered_before(&mut self, begun: Instant) {
        if self.asked_all < Some(begun) {
            self.asked_all = None;
        }
    }

    /// Whether an answer from this hardware address is one to our probe. Another station than the
    /// one that is asked answers what went to all stations, and does not matter while that one
    /// answers: `missing`.
    pub fn was_asked(&mut self, now: Instant, mac: Mac, missing: bool) -> bool {
        if self.mac.is_none_or(|known| known == mac) {
            return true;
        }
        if self.asked_all.is_none_or(|at| now >= at + MOST) {
            self.not_asked(now, mac);
            return false;
        }
        missing && !self.is_distrusted(now, mac)
    }

    /// A reply came from there that no probe asked for.
    pub fn not_asked(&mut self, now: Instant, mac: Mac) {
        self.unasked = Some((mac, now));
    }

    /// It lately sent a reply that no probe asked for.
    pub fn is_distrusted(&self, now: Instant, mac: Mac) -> bool {
        let unasked = self.unasked.filter(|(_, at)| now < *at + DISTRUST);
        unasked.is_some_and(|(station, _)| station == mac)
    }

    /// The answer counts; `copied`: it may be one to a copy, which all stations receive. Whether it
    /// comes from another hardware address than before.
    pub fn answered(&mut self, now: Instant, mac: Mac, copied: bool) -> bool {
        let another = self.mac != Some(mac);
        if another {
            self.mac = Some(mac);
            self.since = now;
            self.in_a_row = 0;
        } else {
            self.only_broadcasts = match self.only_broadcasts {
                // Only a change of the network ends it.
                n if n >= ONLY_BROADCASTS_AFTER => n,
                n if copied => n + 1,
                _ => 0,
            };
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        another
    }
}
