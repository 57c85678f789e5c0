//! How strong the access point is received: smoothed, as one reading may be 6 dB off.
use crate::engine::time::{Instant, Millis};
use crate::wire::wpa::MONITORED;

/// A reading counts as much as the one before when so long lies between them.
const SMOOTHED_OVER: Millis = Millis(10_000);
/// One that comes sooner is left out: where the status is watched they are many.
const APART: Millis = Millis(2_500);
/// So much above [`MONITORED`] a signal is not faint any more.
const CLEAR: Level = Level::of(4);

/// In sixteenths of a decibel: a signal (of 1 mW), or a difference of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(i32);

impl Level {
    const UNIT: i32 = 16;

    /// From decibels.
    pub const fn of(db: i16) -> Self {
        Level(db as i32 * Self::UNIT)
    }

    /// To whole decibels.
    pub fn db(self) -> i32 {
        (self.0 + Self::UNIT / 2).div_euclid(Self::UNIT)
    }

    const fn plus(self, other: Level) -> Level {
        Level(self.0 + other.0)
    }

    /// How much stronger than the other one; negative: weaker.
    pub fn above(self, other: Level) -> Level {
        Level(self.0 - other.0)
    }
}

/// The signal in one join.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signal {
    smoothed: Option<(Level, Instant)>,
    faint: bool,
}

impl Signal {
    /// Smoothed; `None`: unknown.
    pub fn level(&self) -> Option<Level> {
        self.smoothed.map(|(level, _)| level)
    }

    /// It has fallen below what wpa_supplicant was asked to watch for, and has not risen clearly
    /// above it: it is asked for regularly.
    pub fn is_faint(&self) -> bool {
        self.faint
    }

    /// A reading in dBm.
    pub fn read(&mut self, now: Instant, dbm: i16) {
        let read = Level::of(dbm);
        let level = match self.smoothed {
            None => read,
            Some((_, at)) if now < at + APART => return,
            Some((old, at)) => {
                let passed = now - at;
                let weight = |step: i64| step * passed.0 as i64 / (passed + SMOOTHED_OVER).0 as i64;
                Level(old.0 + weight((read.0 - old.0).into()) as i32)
            }
        };
        self.smoothed = Some((level, now));
        let monitored = Level::of(MONITORED);
        self.faint = match self.faint {
            true => level < monitored.plus(CLEAR),
            false => level < monitored,
        };
    }

    /// The driver reported that it fell below [`MONITORED`], to this: an average of its own.
    pub fn fell(&mut self, now: Instant, dbm: i16) {
        self.smoothed = Some((Level::of(dbm), now));
        self.faint = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_ms(seconds * 1000)
    }

    #[test]
    fn a_reading_counts_by_the_time_that_has_passed() {
        let mut signal = Signal::default();
        assert_eq!(signal.level(), None);
        signal.read(at(0), -50);
        signal.read(at(0), -90);
        assert_eq!(signal.level(), Some(Level::of(-50)));
        signal.read(at(10), -70);
        assert_eq!(signal.level(), Some(Level::of(-60)));
        signal.read(at(100_000), -70);
        assert_eq!(signal.level().map(Level::db), Some(-70));
        assert!(!signal.is_faint());
    }

    #[test]
    fn a_faint_signal_has_to_rise_clearly() {
        let mut signal = Signal::default();
        signal.read(at(0), -71);
        assert!(signal.is_faint());
        signal.read(at(1_000_000), -67);
        assert!(signal.is_faint());
        signal.read(at(2_000_000), -65);
        assert!(!signal.is_faint());
        signal.fell(at(2_000_000), -71);
        assert!(signal.is_faint());
        assert_eq!(signal.level(), Some(Level::of(-71)));
    }

    /// Each alone would be too small a step.
    #[test]
    fn many_readings_are_as_good_as_few() {
        let mut signal = Signal::default();
        signal.read(at(0), -70);
        for now in (0..60_000).step_by(50) {
            signal.read(Instant::from_ms(now), -80);
        }
        assert_eq!(signal.level().map(Level::db), Some(-80));
    }

    #[test]
    fn levels_in_whole_decibels() {
        assert_eq!(Level::of(-50).db(), -50);
        assert_eq!(Level::of(-48).above(Level::of(-74)).db(), 26);
        assert_eq!(Level(-50 * 16 - 9).db(), -51);
        assert_eq!(Level(-50 * 16 - 7).db(), -50);
    }
}
