//! Where networks were joined before: kept for the next boot.
//!
//! A file is one line, then one line a place, the newest first:
//!
//! ```text
//! wifibond places 2
//! NAME-IN-HEXADECIMAL MHZ MAC-OF-THE-ADAPTER BSSID DAY
//! ```
//!
//! BSSID is `-` where it is not known, DAY the day on which the place was last seen, to within a week, in
//! days since 1970. Version 1 had neither; it is still read. What cannot be read is left out: it is a
//! hint, and the worst that a wrong one costs is a scan of one channel.
//!
//! A place ages out when its network is joined elsewhere and it was not seen for [`AGES_OUT`] days. The
//! days are those of the wall clock, which a Pi without a real-time clock has wrong until it has heard
//! from a time server: a clock that is behind counts as the newest day of the file, so that nothing
//! that is new looks old. One that was ahead makes all other places of the network that was joined
//! meanwhile look old; they are learned again.
use crate::config::{self, Mac, Ssid};
use crate::engine::allowance::Allowance;
use crate::engine::time::{Day, Instant, Millis};
use crate::wire::wpa::Channels;
use core::fmt::{self, Write};
use heapless::Vec;

/// Of all networks and adapters. When there are more, the one that was joined longest ago is left out.
pub const MAX_PLACES: usize = 32;
/// Of one network: a large one leaves room for the others.
const MOST_OF_ONE: usize = 12;
/// Days; see above.
const AGES_OUT: u32 = 90;
/// The day of a place is renewed after so many, as each renewal is a write.
const RENEWED_AFTER: u32 = 7;
/// Octets of the longest file.
pub const FILE_BYTES: usize = FIRST_LINE.len() + 1 + MAX_PLACES * LINE_BYTES;
const LINE_BYTES: usize = 64 + 1 + 4 + 1 + 17 + 1 + 17 + 1 + 5 + 1;
const FIRST_LINE: &str = "wifibond places 2";
const FIRST_LINE_1: &str = "wifibond places 1";
/// The last day of five digits, in 2243.
const LAST_DAY: Day = Day(99_999);

/// Known channels that are looked at in one scan; the others have their turn in the rounds.
const MOST_CHANNELS: usize = 8;
/// Writes to the card: so many at once, and another one every so often.
const MOST: u64 = 4;
const ONE_IN: Millis = Millis(6 * 3_600_000);
/// So many of them are kept for a new channel: another access point on a known one, or another day, has
/// to wait.
const FOR_CHANNELS: u64 = 2;

/// A channel on which an adapter was in a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Of the network.
    pub ssid: Ssid,
    /// Centre frequency of the access point's primary channel, in MHz.
    pub mhz: u16,
    /// The adapter's permanent address.
    pub adapter: Mac,
    /// Of the access point.
    pub bssid: Option<Mac>,
}

impl Place {
    fn is_channel_of(&self, other: &Place) -> bool {
        self.ssid == other.ssid && self.mhz == other.mhz && self.adapter == other.adapter
    }

    /// The same, as far as is known.
    fn is(&self, other: &Place) -> bool {
        let bssids = self.bssid.zip(other.bssid);
        self.is_channel_of(other) && bssids.is_none_or(|(one, other)| one == other)
    }
}

/// What the file on the card lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Lacks {
    #[default]
    Nothing,
    /// An access point on a known channel, or a later day.
    Detail,
    Channel,
}

/// The places, the newest first.
#[derive(Debug)]
pub struct Places {
    /// Each with the day on which it was last seen.
    list: Vec<(Place, Day), MAX_PLACES>,
    /// Never before any of the list.
    today: Day,
    lacks: Lacks,
    writes: Allowance,
}

impl Default for Places {
    fn default() -> Self {
        Places {
            list: Vec::new(),
            today: Day(0),
            lacks: Lacks::Nothing,
            writes: Allowance::new(MOST, ONE_IN),
        }
    }
}

impl Places {
    /// The day, as the wall clock has it. `false`: that is not new, or the clock is behind.
    pub fn begin_day(&mut self, day: Day) -> bool {
        let later = day > self.today && day <= LAST_DAY;
        if later {
            self.today = day;
        }
        later
    }

    /// Takes in a file, which is older than all that is known. The places of version 1 were seen today.
    pub fn read(&mut self, text: &str) {
        let mut lines = text.lines();
        let dated = match lines.next() {
            Some(FIRST_LINE) => true,
            Some(FIRST_LINE_1) => false,
            _ => return,
        };
        let today = self.today;
        let parse = |line| match dated {
            true => parse_dated(line),
            false => Some((parse(&mut line.split(' '), None)?, today)),
        };
        for (place, day) in lines.filter_map(parse) {
            self.begin_day(day);
            if !self.list.iter().any(|(known, _)| known.is(&place)) {
                // Of a file that is too long the rest is left out.
                let _ = self.list.push((place, day));
            }
        }
    }

    /// An adapter is in a network there.
    pub fn joined(&mut self, place: Place) {
        let today = self.today;
        let known = self.list.iter().position(|(known, _)| known.is(&place));
        let known = known.map(|at| self.list.remove(at));
        let mut channels = self.list.iter();
        let lacks = match &known {
            // A new order alone is not worth a write.
            Some((known, day)) if known.bssid.is_some() && today < *day + RENEWED_AFTER => {
                Lacks::Nothing
            }
            None if !channels.any(|(other, _)| other.is_channel_of(&place)) => Lacks::Channel,
            Some(_) | None => Lacks::Detail,
        };
        self.lacks = self.lacks.max(lacks);
        let day = match known {
            Some((_, day)) if lacks == Lacks::Nothing => day,
            Some(_) | None => today,
        };
        let its = |other: &Place| other.ssid == place.ssid;
        self.list
            .retain(|(other, day)| !its(other) || today < *day + AGES_OUT);
        if self.list.iter().filter(|(other, _)| its(other)).count() >= MOST_OF_ONE
            && let Some(oldest) = self.list.iter().rposition(|(other, _)| its(other))
        {
            self.list.remove(oldest);
        }
        if self.list.is_full() {
            self.list.pop();
        }
        // There is room now.
        let _ = self.list.insert(0, (place, day));
    }

    /// Some adapter was in this network.
    pub fn know(&self, ssid: &Ssid) -> bool {
        self.list.iter().any(|(place, _)| place.ssid == *ssid)
    }

    /// The channels of the newest of those for which `of` holds.
    pub fn channels(&self, of: impl Fn(&Place) -> bool) -> Channels {
        let of = self.list.iter().filter(|(place, _)| of(place));
        of.fold(Channels::NONE, |all, (place, _)| {
            match all.count() < MOST_CHANNELS {
                true => all.or(Channels::one(place.mhz.into())),
                false => all,
            }
        })
    }

    /// When the file may be written, in the past too; `None`: it lacks nothing.
    fn due(&self) -> Option<Instant> {
        let kept = match self.lacks {
            Lacks::Nothing => return None,
            Lacks::Detail => FOR_CHANNELS,
            Lacks::Channel => 0,
        };
        Some(self.writes.above(kept))
    }

    /// The file is to be written.
    pub fn to_save(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| now >= due)
    }

    /// When the file may be written, though not yet.
    pub fn poll_at(&self) -> Option<Instant> {
        self.due().filter(|due| *due > Instant::ZERO)
    }

    /// It is being written.
    pub fn saved(&mut self, now: Instant) {
        self.lacks = Lacks::Nothing;
        self.writes.take(now);
    }

    /// Writes the file. An error is that of `out`: no room.
    pub fn write(&self, out: &mut dyn Write) -> fmt::Result {
        writeln!(out, "{FIRST_LINE}")?;
        for (place, day) in &self.list {
            for octet in &place.ssid {
                write!(out, "{octet:02x}")?;
            }
            write!(out, " {} {} ", place.mhz, place.adapter)?;
            match place.bssid {
                Some(bssid) => write!(out, "{bssid}")?,
                None => out.write_str(UNKNOWN)?,
            }
            writeln!(out, " {}", day.0)?;
        }
        Ok(())
    }
}

/// A BSSID.
const UNKNOWN: &str = "-";

/// A line of version 2.
fn parse_dated(line: &str) -> Option<(Place, Day)> {
    let (place, day) = line.rsplit_once(' ')?;
    let (place, bssid) = place.rsplit_once(' ')?;
    let bssid = match bssid {
        UNKNOWN => None,
        mac => Some(config::mac(mac)?),
    };
    let day = Day(day.parse().ok()?);
    let place = parse(&mut place.split(' '), bssid)?;
    (day <= LAST_DAY).then_some((place, day))
}

/// Name, frequency and adapter.
fn parse(words: &mut core::str::Split<'_, char>, bssid: Option<Mac>) -> Option<Place> {
    let (name, mhz, adapter) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    let mhz = mhz.parse().ok()?;
    Some(Place {
        ssid: config::hex_ssid(name)?,
        mhz: (!Channels::one(u32::from(mhz)).is_empty()).then_some(mhz)?,
        adapter: config::mac(adapter)?,
        bssid,
    })
}

#[cfg(test)]
mod tests;
