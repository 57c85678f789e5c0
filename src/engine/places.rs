//! Where networks were joined before: kept for the next boot.
//!
//! A file is one line, then one line a place, the newest first:
//!
//! ```text
//! wifibond places 1
//! NAME-IN-HEXADECIMAL MHZ MAC-OF-THE-ADAPTER
//! ```
//!
//! What cannot be read is left out: it is a hint, and the worst that a wrong one costs is a scan of
//! one channel.
use crate::config::{self, Mac, Ssid};
use crate::engine::time::{Instant, Millis};
use crate::wire::wpa::Channels;
use core::fmt::{self, Write};
use heapless::Vec;

/// Of all networks and adapters. When there are more, the one that was joined longest ago is left out.
pub const MAX_PLACES: usize = 24;
/// Octets of the longest file.
pub const FILE_BYTES: usize = FIRST_LINE.len() + 1 + MAX_PLACES * LINE_BYTES;
const LINE_BYTES: usize = 64 + 1 + 4 + 1 + 17 + 1;
const FIRST_LINE: &str = "wifibond places 1";

/// Known channels that are looked at in one scan; the others have their turn in the rounds.
const MOST_CHANNELS: usize = 8;
/// Writes to the card: so many at once, and another one every so often.
const MOST: u64 = 4;
const ONE_IN: Millis = Millis(6 * 3_600_000);

/// A channel on which an adapter was in a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Of the network.
    pub ssid: Ssid,
    /// Centre frequency of the access point's primary channel, in MHz.
    pub mhz: u16,
    /// The adapter's permanent address.
    pub adapter: Mac,
}

/// How many writes are allowed: `MOST` at once, and another one in each `ONE_IN`.
#[derive(Debug)]
struct Allowance {
    left: u64,
    since: Instant,
}

impl Allowance {
    fn at(&self, now: Instant) -> u64 {
        MOST.min(self.left + (now - self.since).0 / ONE_IN.0)
    }

    fn take(&mut self, now: Instant) {
        let more = (now - self.since).0 / ONE_IN.0;
        self.left = self.at(now).saturating_sub(1);
        self.since += ONE_IN * more;
    }
}

/// The places, the newest first.
#[derive(Debug)]
pub struct Places {
    list: Vec<Place, MAX_PLACES>,
    /// The file on the card lacks something.
    unsaved: bool,
    writes: Allowance,
}

impl Default for Places {
    fn default() -> Self {
        Places {
            list: Vec::new(),
            unsaved: false,
            writes: Allowance {
                left: MOST,
                since: Instant::ZERO,
            },
        }
    }
}

impl Places {
    /// Takes in a file, which is older than all that is known.
    pub fn read(&mut self, text: &str) {
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return;
        }
        for place in lines.filter_map(parse) {
            if !self.list.contains(&place) {
                // Of a file that is too long the rest is left out.
                let _ = self.list.push(place);
            }
        }
    }

    /// An adapter is in a network there.
    pub fn joined(&mut self, place: Place) {
        let known = self.list.contains(&place);
        // A new order alone is not worth a write.
        self.unsaved |= !known;
        self.list.retain(|other| *other != place);
        if self.list.is_full() {
            self.list.pop();
        }
        // There is room now.
        let _ = self.list.insert(0, place);
    }

    /// Some adapter was in this network.
    pub fn know(&self, ssid: &Ssid) -> bool {
        self.list.iter().any(|place| place.ssid == *ssid)
    }

    /// The channels of the newest of those for which `of` holds.
    pub fn channels(&self, of: impl Fn(&Place) -> bool) -> Channels {
        let of = self.list.iter().filter(|place| of(place));
        of.fold(Channels::NONE, |all, place| {
            match all.count() < MOST_CHANNELS {
                true => all.or(Channels::one(place.mhz.into())),
                false => all,
            }
        })
    }

    /// The file is to be written.
    pub fn to_save(&self, now: Instant) -> bool {
        self.unsaved && self.writes.at(now) > 0
    }

    /// When the file may be written, though not yet.
    pub fn poll_at(&self) -> Option<Instant> {
        let none = self.unsaved && self.writes.left == 0;
        none.then_some(self.writes.since + ONE_IN)
    }

    /// It is being written.
    pub fn saved(&mut self, now: Instant) {
        self.unsaved = false;
        self.writes.take(now);
    }

    /// Writes the file. An error is that of `out`: no room.
    pub fn write(&self, out: &mut dyn Write) -> fmt::Result {
        writeln!(out, "{FIRST_LINE}")?;
        for place in &self.list {
            for octet in &place.ssid {
                write!(out, "{octet:02x}")?;
            }
            writeln!(out, " {} {}", place.mhz, place.adapter)?;
        }
        Ok(())
    }
}

fn parse(line: &str) -> Option<Place> {
    let mut words = line.split(' ');
    let (name, mhz, adapter) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    let mhz = mhz.parse().ok()?;
    Some(Place {
        ssid: config::hex_ssid(name)?,
        mhz: (!Channels::one(u32::from(mhz)).is_empty()).then_some(mhz)?,
        adapter: config::mac(adapter)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str, mhz: u16, last: u8) -> Place {
        Place {
            ssid: Ssid::from_slice(name.as_bytes()).unwrap(),
            mhz,
            adapter: Mac([2, 0, 0, 0, 0, last]),
        }
    }

    fn text(places: &Places) -> String {
        let mut text = String::new();
        places.write(&mut text).unwrap();
        text
    }

    fn read(file: &str) -> Places {
        let mut places = Places::default();
        places.read(file);
        places
    }

    #[test]
    fn what_was_written_is_read_and_the_newest_is_first() {
        let mut places = Places::default();
        places.joined(place("Hotspot", 2437, 1));
        places.joined(place("b\0\n", 5180, 2));
        places.joined(place("Hotspot", 2437, 1));
        let file = text(&places);
        let wanted = "wifibond places 1\n\
                      486f7473706f74 2437 02:00:00:00:00:01\n\
                      62000a 5180 02:00:00:00:00:02\n";
        assert_eq!(file, wanted);
        assert_eq!(text(&read(&file)), file);
        assert!(!read(&file).to_save(Instant::ZERO));
    }

    #[test]
    fn what_is_broken_is_left_out() {
        for broken in ["", "wifibond places 2\n6161 2437 02:00:00:00:00:01\n", "\0"] {
            assert_eq!(text(&read(broken)), "wifibond places 1\n");
        }
        let lines = [
            " 2437 02:00:00:00:00:01",
            "616 2437 02:00:00:00:00:01",
            "6161 2438 02:00:00:00:00:01",
            "6161 70000 02:00:00:00:00:01",
            "6161 2437",
            "6161 2437 02:00:00:00:00",
            "6161 2437 02:00:00:00:00:01 x",
            "zz 2437 02:00:00:00:00:01",
            "ää 2437 02:00:00:00:00:01",
        ];
        for line in lines {
            let file = format!("wifibond places 1\n{line}\n6162 2412 02:00:00:00:00:02\n");
            let places = read(&file);
            assert_eq!(places.channels(|_| true), Channels::one(2412), "{line}");
        }
    }

    #[test]
    fn the_oldest_makes_room() {
        let mut places = Places::default();
        for last in 0..=24 {
            places.joined(place("a", 2437, last));
        }
        assert!(places.list.is_full());
        assert!(!places.list.contains(&place("a", 2437, 0)));
        assert_eq!(places.list.first(), Some(&place("a", 2437, 24)));
        let mut long = text(&places);
        long.push_str("6162 2412 02:00:00:00:00:02\n");
        assert_eq!(read(&long).list.len(), MAX_PLACES);
        let longest = place(&"x".repeat(32), 2437, 1);
        let mut one = Places::default();
        one.joined(longest);
        assert_eq!(text(&one).len(), FIRST_LINE.len() + 1 + LINE_BYTES);
    }

    #[test]
    fn a_few_writes_a_day_and_none_for_what_is_known() {
        let mut places = Places::default();
        let hours = |hours: u64| Instant::from_ms(hours * 3_600_000);
        let mut written = vec![];
        for hour in 0..48 {
            places.joined(place("a", 2437, hour));
            if places.to_save(hours(hour.into())) {
                places.saved(hours(hour.into()));
                written.push(hour);
            }
        }
        assert_eq!(written[..4], [0, 1, 2, 3]);
        let later = &written[4..];
        assert!(later.windows(2).all(|w| w[1] - w[0] >= 6), "{written:?}");
        assert!(later.len() >= 6, "{written:?}");
        places.saved(hours(48));
        places.joined(place("a", 2437, 47));
        assert!(!places.to_save(hours(1000)));
    }
}
