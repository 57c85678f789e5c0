//! How long to wait before a question is asked again.
use crate::engine::random::Random;
use crate::engine::time::{Instant, Millis};

/// Waits for an answer: quick ones first, as servers answer in milliseconds, then as RFC
/// 2131, 4.1 has it: 4, 8, 16, 32, 64 s.
const WAITS: [Millis; 9] = [
    Millis(200),
    Millis(300),
    Millis(500),
    Millis(1_000),
    Millis(4_000),
    Millis(8_000),
    Millis(16_000),
    Millis(32_000),
    Millis(64_000),
];
/// The last one is repeated; each longer than a second is moved by up to one (4.1).
const JITTER: Millis = Millis(1_000);
/// Between attempts to renew, at least (4.4.5 has 60 s, too long for short leases).
const RENEW_EVERY: Millis = Millis(60_000);

/// A question that is repeated until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Times that it was sent.
    pub tries: usize,
    /// When it is sent the next time.
    pub next: Instant,
}

impl Retry {
    /// The first one is due at `next`.
    pub fn new(next: Instant) -> Self {
        Retry { tries: 0, next }
    }

    /// The last one of `tries` has been waited for long enough.
    pub fn is_over(&self, now: Instant, tries: usize) -> bool {
        now >= self.next && self.tries >= tries
    }

    /// The question has left: when it is asked the next time.
    pub fn sent(&mut self, now: Instant, random: &mut Random) {
        let wait = WAITS[self.tries.min(WAITS.len() - 1)];
        let wait = match wait > JITTER {
            true => wait - JITTER + random.below(JITTER * 2),
            false => wait,
        };
        self.next = now + wait;
        self.tries += 1;
    }
}

/// RFC 2131, 4.4.5: half of the time that is left, and no less than a minute; with a
/// short lease a quarter of what it leaves.
pub fn half(now: Instant, end: Instant) -> Millis {
    let left = end - now;
    (left / 2).max(RENEW_EVERY.min(left / 4)).max(Millis(1_000))
}
