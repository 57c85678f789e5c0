//! How long to wait before a question is asked again (RFC 8415, 15 and 7.6).
use crate::engine::random::Random;

/// The first wait and the longest.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub first: u64,
    pub most: u64,
}

pub const SOLICIT: Pace = pace(1_000, 3_600_000);
pub const REQUEST: Pace = pace(1_000, 30_000);
pub const CONFIRM: Pace = pace(1_000, 4_000);
pub const RENEW: Pace = pace(10_000, 600_000);
pub const INFORM: Pace = pace(1_000, 3_600_000);

const fn pace(first: u64, most: u64) -> Pace {
    Pace { first, most }
}

/// A question that is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    pub tries: u32,
    wait: u64,
    pub next: u64,
}

impl Retry {
    /// The first one goes at once. The RFC wants a wait of up to a second before a
    /// Solicit, a Confirm and an Information-request, for the sake of a thousand hosts
    /// that come back with the power; a box that joins a hotspot joins it alone.
    pub fn new(now: u64) -> Self {
        Retry {
            tries: 0,
            wait: 0,
            next: now,
        }
    }

    pub fn sent(&mut self, now: u64, pace: Pace, random: &mut Random) {
        // Twice the last, and no more than the most, moved by up to a tenth.
        let wait = match self.tries {
            0 => pace.first,
            _ => (self.wait * 2).min(pace.most),
        };
        let tenth = wait / 10;
        self.wait = wait - tenth + random.draw() % (2 * tenth).max(1);
        self.tries = self.tries.saturating_add(1);
        self.next = now + self.wait;
    }
}
