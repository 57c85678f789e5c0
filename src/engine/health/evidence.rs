//! What the answers of the past say: how long one is waited for, and how many misses in a row are
//! no accident on this path.
use crate::engine::time::Millis;

/// No limit is shorter: a station that is off its channel, or asleep until the next beacon's
/// traffic map at an access point that buffers, answers later than this as well.
const LEAST: Millis = Millis(45);
/// The same for answers to a group: once a station of an access point sleeps they wait for the next
/// beacon, 102.4 ms at most where each announces them (IEEE 802.11, 11.2.3: DTIM period 1).
const LEAST_TO_ALL: Millis = Millis(120);
/// No limit is longer.
pub const MOST: Millis = Millis(1_000);
/// A limit is at least so much longer than the smoothed round trip.
const MARGIN: Millis = Millis(40);
/// Before anything was measured.
pub const FIRST: Millis = Millis(200);

/// The round trip, smoothed as TCP does (RFC 6298, 2), in eighths of a millisecond.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoundTrip {
    /// Smoothed; `None`: nothing was measured.
    smoothed: Option<u64>,
    variation: u64,
    /// It may be as long as this: one of several probes was answered, and which is not known.
    /// Until it has been measured.
    possible: Millis,
    /// Answers since then that came as soon as those before.
    typical: u32,
}

/// So many answers that came as soon as ever, and the path is not slower: with several probes under
/// way one of them would have come late.
const TYPICAL: u32 = 3;

const UNIT: u64 = 8;

impl RoundTrip {
    /// One of several probes was answered (ARP has no numbers), the oldest of them after so long.
    pub fn may_have_taken(&mut self, took: Millis) {
        self.possible = self.possible.max(took);
    }

    /// The only probe of an attempt was answered, or one before it.
    fn seems_to_have_taken(&mut self, took: Millis) {
        self.typical = match took <= self.usual() {
            true => self.typical + 1,
            false => 0,
        };
        if self.typical >= TYPICAL {
            self.possible = Millis(0);
            self.typical = 0;
        }
    }

    /// Most answers come within this.
    fn usual(&self) -> Millis {
        self.smoothed.map_or(FIRST, |smoothed| {
            Millis(smoothed / UNIT) + Millis((4 * self.variation / UNIT).max(MARGIN.0))
        })
    }

    /// One round trip took so long, or longer: it may be the answer to an earlier probe.
    pub fn measured_at_least(&mut self, took: Millis) {
        self.seems_to_have_taken(took);
        if self
            .smoothed
            .is_none_or(|smoothed| took.0 * UNIT > smoothed)
        {
            self.smooth(took);
        }
    }

    /// One round trip took so long.
    pub fn measured(&mut self, took: Millis) {
        self.possible = Millis(0);
        self.smooth(took);
    }

    fn smooth(&mut self, took: Millis) {
        let took = took.0.saturating_mul(UNIT);
        match &mut self.smoothed {
            None => {
                self.smoothed = Some(took);
                self.variation = took / 2;
            }
            Some(smoothed) => {
                self.variation = (3 * self.variation + smoothed.abs_diff(took)) / 4;
                *smoothed = (7 * *smoothed + took) / 8;
            }
        }
    }

    /// How long an answer that goes to all hosts is waited for; `None`: nothing was measured.
    pub fn limit_to_all(&self) -> Option<Millis> {
        self.smoothed?;
        Some(self.limit(false).max(LEAST_TO_ALL))
    }

    /// How long an answer is waited for. Of a quick attempt half of it: the answers to those before
    /// it are still awaited, and each clears them all.
    pub fn limit(&self, quick: bool) -> Millis {
        let possible = match self.possible {
            Millis(0) => Millis(0),
            possible => possible + MARGIN,
        };
        let limit = self.usual().max(possible);
        let limit = if quick { limit / 2 } else { limit };
        Millis(limit.0.clamp(LEAST.0, MOST.0))
    }
}

/// The last attempts at the interval, answered or not; quick ones are not in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct History {
    /// The newest is the lowest bit; 1: lost.
    bits: u64,
    count: u32,
}

/// Attempts that are remembered.
pub const REMEMBERED: u32 = u64::BITS;

/// Lost of the newest ones, and of how many: more attempts are made.
const DOUBTFUL: (u32, u32) = (4, 8);

/// Lost of [`REMEMBERED`] that are an accident.
const CLEAN: u32 = 1;

/// Lost of [`REMEMBERED`] at most, and the misses in a row that are needed then. With p of the
/// probes lost, the first attempt of a run fails with p and each quick one, of three probes, with
/// p³: a run of n with p³ⁿ⁻².
const NEEDED: [(u32, u32); 5] = [
    (6, 4),  // 10 %
    (13, 6), // 20 %
    (20, 8), // 31 %
    (32, 12),
    (REMEMBERED, 24),
];

impl History {
    pub fn push(&mut self, answered: bool) {
        self.bits = self.bits << 1 | u64::from(!answered);
        self.count = (self.count + 1).min(REMEMBERED);
    }

    /// How many are remembered.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Lost ones of those that are remembered, in percent.
    pub fn lost_percent(&self) -> u32 {
        match self.count {
            0 => 0,
            count => self.bits.count_ones() * 100 / count,
        }
    }

    /// Lost ones of the newest `of`, which is at most [`REMEMBERED`]. `None`: there are not so many
    /// yet.
    pub fn lost_of_newest(&self, of: u32) -> Option<u32> {
        let newest = self.bits & (u64::MAX >> (REMEMBERED - of));
        (self.count >= of).then(|| newest.count_ones())
    }

    /// So many of the newest are lost that the next attempts are worth their cost: about one in 200
    /// times where one probe in ten is lost, most of the time where more than half are.
    pub fn is_doubtful(&self) -> bool {
        let (lost, of) = DOUBTFUL;
        self.lost_of_newest(of).is_some_and(|newest| newest >= lost)
    }

    /// Misses in a row that are no accident, `fail_after` or more.
    pub fn misses_needed(&self, fail_after: u32) -> u32 {
        let lost = self.bits.count_ones();
        if lost <= CLEAN {
            return fail_after;
        }
        let needed = NEEDED.iter().find(|(most, _)| lost <= *most);
        needed.map_or(fail_after, |(_, needed)| (*needed).max(fail_after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_follows_the_round_trip() {
        let mut trip = RoundTrip::default();
        assert_eq!(trip.limit(false), FIRST);
        for _ in 0..50 {
            trip.measured(Millis(3));
        }
        assert_eq!((trip.limit(false), trip.limit(true)), (LEAST, LEAST));
        for _ in 0..50 {
            trip.measured(Millis(300));
        }
        let limit = trip.limit(false);
        assert!((300..350).contains(&limit.0), "{limit:?}");
        assert!(trip.limit(true) < limit);
        trip.measured(Millis(100_000));
        assert_eq!(trip.limit(false), MOST);
    }

    #[test]
    fn what_is_possible_counts_until_it_is_measured() {
        let mut trip = RoundTrip::default();
        trip.measured(Millis(3));
        trip.may_have_taken(Millis(500));
        trip.may_have_taken(Millis(100));
        assert_eq!(trip.limit(false), Millis(500) + MARGIN);
        trip.measured_at_least(Millis(3));
        assert_eq!(trip.limit(false), Millis(500) + MARGIN);
        trip.measured(Millis(3));
        assert_eq!(trip.limit(false), LEAST);
        trip.measured_at_least(Millis(300));
        assert!(trip.limit(false) > Millis(300));
    }

    #[test]
    fn what_is_possible_ends_with_answers_as_soon_as_ever() {
        let mut trip = RoundTrip::default();
        for _ in 0..50 {
            trip.measured(Millis(3));
        }
        trip.may_have_taken(Millis(300));
        for took in [3, 3, 200, 3, 3] {
            trip.measured_at_least(Millis(took));
            assert_eq!(trip.limit(false), Millis(300) + MARGIN, "{took}");
        }
        trip.measured_at_least(Millis(3));
        assert!(trip.limit(false) < Millis(300));
    }

    #[test]
    fn what_is_doubtful_is_asked_more_often() {
        let mut history = History::default();
        for lost in [1, 1, 1] {
            history.push(lost == 0);
        }
        assert!(!history.is_doubtful(), "too few");
        for answered in [true, true, false, true, true] {
            history.push(answered);
        }
        assert!(history.is_doubtful());
        history.push(true);
        assert!(!history.is_doubtful());
    }

    #[test]
    fn a_lossy_path_needs_more_misses_in_a_row() {
        let mut history = History::default();
        assert_eq!((history.misses_needed(3), history.lost_percent()), (3, 0));
        for attempt in 0..64 {
            history.push(attempt % 10 != 0);
        }
        assert_eq!(history.lost_percent(), 10);
        assert!(history.misses_needed(3) > 3);
        assert_eq!(history.misses_needed(50), 50);
        for _ in 0..64 {
            history.push(false);
        }
        assert_eq!(history.lost_percent(), 100);
        assert_eq!(history.misses_needed(3), 24);
        for _ in 0..64 {
            history.push(true);
        }
        assert_eq!((history.misses_needed(3), history.count()), (3, REMEMBERED));
        history.push(false);
        assert_eq!(history.lost_of_newest(16), Some(1));
        assert_eq!(history.lost_of_newest(REMEMBERED), Some(1));
        assert_eq!(History::default().lost_of_newest(16), None);
    }
}
