//! Times with their units: a point in time and a span cannot be mixed up, nor milliseconds
//! and seconds.
//!
//! The engine never asks a clock. Its [`Instant`]s come from outside, from `CLOCK_BOOTTIME`,
//! which goes on while the machine is suspended. All arithmetic saturates, so that
//! [`Instant::NEVER`] stays what it is and an hour that has passed is a span of zero.
use core::fmt;
use core::ops::{Add, AddAssign, Div, Mul, Sub};

/// A point in time: milliseconds since boot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(u64);

/// A span of time in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub u64);

/// A span of time in seconds, as DHCP and the configuration have it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seconds(pub u64);

/// A day of the wall clock: days since 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub u32);

impl Day {
    /// On which this second since 1970 is.
    pub fn of(wall: Seconds) -> Self {
        Day(u32::try_from(wall.0 / 86_400).unwrap_or(u32::MAX))
    }
}

impl Add<u32> for Day {
    type Output = Day;
    fn add(self, days: u32) -> Day {
        Day(self.0.saturating_add(days))
    }
}

impl Instant {
    /// Boot.
    pub const ZERO: Instant = Instant(0);
    /// Later than all others: the end of a lease without an end.
    pub const NEVER: Instant = Instant(u64::MAX);

    /// From milliseconds since boot.
    pub const fn from_ms(ms: u64) -> Self {
        Instant(ms)
    }

    /// Milliseconds since boot.
    pub const fn as_ms(self) -> u64 {
        self.0
    }

    /// The next point on the grid of multiples of `every` since boot; later than `self`.
    pub const fn next_multiple_of(self, every: Millis) -> Self {
        Instant((self.0 / every.0 + 1).saturating_mul(every.0))
    }

    /// `self`, unless it is [`NEVER`](Instant::NEVER).
    pub fn finite(self) -> Option<Self> {
        (self != Instant::NEVER).then_some(self)
    }
}

impl Millis {
    /// Whole seconds; the rest is left out.
    pub const fn whole_seconds(self) -> Seconds {
        Seconds(self.0 / 1000)
    }

    /// Seconds, of which the last may have begun only.
    pub const fn seconds_begun(self) -> Seconds {
        Seconds(self.0.div_ceil(1000))
    }
}

impl Seconds {
    /// The same span in milliseconds.
    pub const fn millis(self) -> Millis {
        Millis(self.0.saturating_mul(1000))
    }
}

impl From<Seconds> for Millis {
    fn from(seconds: Seconds) -> Self {
        seconds.millis()
    }
}

impl<T: Into<Millis>> Add<T> for Instant {
    type Output = Instant;
    fn add(self, span: T) -> Instant {
        Instant(self.0.saturating_add(span.into().0))
    }
}

impl<T: Into<Millis>> AddAssign<T> for Instant {
    fn add_assign(&mut self, span: T) {
        *self = *self + span;
    }
}

/// The span since an earlier time; zero since a later one.
impl Sub for Instant {
    type Output = Millis;
    fn sub(self, earlier: Instant) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }
}

/// The time so long before.
impl Sub<Millis> for Instant {
    type Output = Instant;
    fn sub(self, span: Millis) -> Instant {
        Instant(self.0.saturating_sub(span.0))
    }
}

impl Add for Millis {
    type Output = Millis;
    fn add(self, other: Millis) -> Millis {
        Millis(self.0.saturating_add(other.0))
    }
}

impl Sub for Millis {
    type Output = Millis;
    fn sub(self, other: Millis) -> Millis {
        Millis(self.0.saturating_sub(other.0))
    }
}

impl Sub for Seconds {
    type Output = Seconds;
    fn sub(self, other: Seconds) -> Seconds {
        Seconds(self.0.saturating_sub(other.0))
    }
}

impl Mul<u64> for Millis {
    type Output = Millis;
    fn mul(self, times: u64) -> Millis {
        Millis(self.0.saturating_mul(times))
    }
}

impl Div<u64> for Millis {
    type Output = Millis;
    fn div(self, parts: u64) -> Millis {
        Millis(self.0 / parts)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.finite() {
            Some(_) => write!(f, "@{} ms", self.0),
            None => f.write_str("never"),
        }
    }
}

impl fmt::Debug for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

impl fmt::Debug for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_spans() {
        let start = Instant::from_ms(5_000);
        assert_eq!(start + Millis(250), Instant::from_ms(5_250));
        assert_eq!(start + Seconds(2), Instant::from_ms(7_000));
        assert_eq!(start + Seconds(2) - start, Millis(2_000));
        assert_eq!((start + Seconds(2) - start).whole_seconds(), Seconds(2));
        assert_eq!(Millis(2_001).seconds_begun(), Seconds(3));
        assert_eq!(
            start.next_multiple_of(Millis(2_500)),
            Instant::from_ms(7_500)
        );
        assert_eq!(start - Millis(1_000), Instant::from_ms(4_000));
        assert_eq!(Millis(300) * 2 + Millis(10) / 5 - Millis(2), Millis(600));
    }

    #[test]
    fn nothing_goes_beyond_its_ends() {
        assert_eq!(Instant::ZERO - Instant::from_ms(1), Millis(0));
        assert_eq!(Instant::ZERO - Millis(1), Instant::ZERO);
        assert_eq!(Instant::NEVER + Seconds(u64::MAX), Instant::NEVER);
        assert_eq!(Instant::NEVER.finite(), None);
        assert_eq!(Instant::ZERO.finite(), Some(Instant::ZERO));
        assert_eq!(Millis(1) - Millis(2), Millis(0));
        assert_eq!(Seconds(1) - Seconds(2), Seconds(0));
    }
}
