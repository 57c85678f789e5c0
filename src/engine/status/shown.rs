//! Values as `wifibond status` shows them.
use crate::engine::journal::clip;
use core::fmt::{self, Display, Formatter};
use serde::{Serialize, Serializer};

/// A value that is shown by its `Display` form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown<T>(pub T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// `00:03:00:01:…`
#[derive(Debug, Clone, Copy)]
pub struct Octets<'a>(pub &'a [u8]);

impl Display for Octets<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (place, octet) in self.0.iter().enumerate() {
            let colon = if place == 0 { "" } else { ":" };
            write!(f, "{colon}{octet:02x}")?;
        }
        Ok(())
    }
}

/// A span of time in milliseconds, in its two largest units: `850 ms`, `12 s`, `3 min 5 s`,
/// `2 d 4 h`.
pub struct Span(pub u64);

impl Display for Span {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (seconds, minutes) = (self.0 / 1000, self.0 / 60_000);
        let (hours, days) = (minutes / 60, minutes / 1440);
        let text: heapless::String<24> = match (days, hours, minutes, seconds) {
            (0, 0, 0, 0) => clip(format_args!("{} ms", self.0)),
            (0, 0, 0, s) => clip(format_args!("{s} s")),
            (0, 0, m, s) => clip(format_args!("{m} min {} s", s % 60)),
            (0, h, m, _) => clip(format_args!("{h} h {} min", m % 60)),
            (d, h, _, _) => clip(format_args!("{d} d {} h", h % 24)),
        };
        f.pad(&text)
    }
}

/// An age or a span of time in milliseconds, no finer than a person needs it, so that a page that is
/// drawn again and again seldom changes: `12 s`, `3 min`, `2 h 5 min`, `2 d 4 h`.
pub struct Age(pub u64);

impl Display for Age {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1000;
        match seconds / 60 {
            0 => f.pad(&clip::<24>(format_args!("{seconds} s"))),
            minutes if minutes < 60 => f.pad(&clip::<24>(format_args!("{minutes} min"))),
            minutes => Span(minutes * 60_000).fmt(f),
        }
    }
}
