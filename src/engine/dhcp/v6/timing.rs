//! How long to wait before a question is asked again (RFC 8415, 15 and 7.6).
use crate::engine::random::Random;
use crate::engine::time::{Instant, Millis, Seconds};

/// The first wait and the longest.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub first: Millis,
    pub most: Millis,
}

/// `SOL_TIMEOUT` and `SOL_MAX_RT` (RFC 8415, 7.6; so the others).
pub const SOLICIT: Pace = pace(Seconds(1), Seconds(3_600));
/// `REQ_TIMEOUT` and `REQ_MAX_RT`.
pub const REQUEST: Pace = pace(Seconds(1), Seconds(30));
/// `CNF_TIMEOUT` and `CNF_MAX_RT`.
pub const CONFIRM: Pace = pace(Seconds(1), Seconds(4));
/// `REN_TIMEOUT` and `REN_MAX_RT`, which are `REB_TIMEOUT` and `REB_MAX_RT`, too.
pub const RENEW: Pace = pace(Seconds(10), Seconds(600));
/// `INF_TIMEOUT` and `INF_MAX_RT`.
pub const INFORM: Pace = pace(Seconds(1), Seconds(3_600));

const fn pace(first: Seconds, most: Seconds) -> Pace {
    Pace {
        first: first.millis(),
        most: most.millis(),
    }
}

/// A question that is repeated until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Times that it was sent.
    pub tries: u32,
    wait: Millis,
    /// When it is sent the next time.
    pub next: Instant,
}

impl Retry {
    /// The first one goes at once. The RFC requires a wait of up to a second before a
    /// Solicit, a Confirm and an Information-request, for the sake of a thousand hosts
    /// that come back with the power; a box that joins a hotspot joins it alone.
    pub fn new(now: Instant) -> Self {
        Retry {
            tries: 0,
            wait: Millis(0),
            next: now,
        }
    }

    /// The question has left: when it is asked the next time.
    pub fn sent(&mut self, now: Instant, pace: Pace, random: &mut Random) {
        // Twice the last, and no more than the most, moved by up to a tenth.
        let wait = match self.tries {
            0 => pace.first,
            _ => (self.wait * 2).min(pace.most),
        };
        let tenth = wait / 10;
        self.wait = wait - tenth + random.below(tenth * 2);
        self.tries = self.tries.saturating_add(1);
        self.next = now + self.wait;
    }
}
