//! How often the card may be written: a few times at once, and another time every so often.
use super::time::{Instant, Millis};

/// Writes of one file.
#[derive(Debug)]
pub struct Allowance {
    left: u64,
    since: Instant,
    most: u64,
    one_in: Millis,
}

impl Allowance {
    /// `most` at once, and another one in each `one_in`.
    pub const fn new(most: u64, one_in: Millis) -> Self {
        Allowance {
            left: most,
            since: Instant::ZERO,
            most,
            one_in,
        }
    }

    /// When there are more than `kept`; `Instant::ZERO`: there are.
    pub fn above(&self, kept: u64) -> Instant {
        match (kept + 1).saturating_sub(self.left) {
            0 => Instant::ZERO,
            more => self.since + self.one_in * more,
        }
    }

    /// One is made.
    pub fn take(&mut self, now: Instant) {
        let more = (now - self.since).0 / self.one_in.0;
        self.left = self.most.min(self.left + more).saturating_sub(1);
        self.since += self.one_in * more;
    }
}
