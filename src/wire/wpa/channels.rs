//! Channels of the bands at 2.4, 5 and 6 GHz, as a set; and which ones an adapter may use, as
//! wpa_supplicant answers to `GET_CAPABILITY freq` (`ctrl_iface_get_capability_freq()` in its
//! ctrl_iface.c).
use core::fmt;

/// A run of channels: the first one's number and centre frequency in MHz, how many there are, and
/// from one to the next in numbers of channels (5 MHz each).
struct Run {
    number: u8,
    mhz: u16,
    count: u8,
    step: u8,
}

/// IEEE 802.11-2020, annex E: 20 MHz channels. 6 GHz: IEEE 802.11ax-2021, 27.3.23.2.
const RUNS: [Run; 6] = [
    Run::of(1, 2412, 13, 1),
    Run::of(14, 2484, 1, 1),
    Run::of(36, 5180, 8, 4),
    Run::of(100, 5500, 12, 4),
    Run::of(149, 5745, 8, 4),
    Run::of(1, 5955, 59, 4),
];

impl Run {
    const fn of(number: u8, mhz: u16, count: u8, step: u8) -> Run {
        Run {
            number,
            mhz,
            count,
            step,
        }
    }
}

const COUNT: u8 = {
    let (mut count, mut run) = (0, 0);
    while run < RUNS.len() {
        count += RUNS[run].count;
        run += 1;
    }
    count
};
const _: () = assert!(COUNT as u32 <= u128::BITS);

/// Where the channel of this centre frequency stands in the set.
const fn place(mhz: u16) -> Option<u8> {
    let (mut before, mut at) = (0, 0);
    while at < RUNS.len() {
        let run = &RUNS[at];
        let width = run.step as u16 * 5;
        if mhz >= run.mhz && (mhz - run.mhz).is_multiple_of(width) {
            let nth = (mhz - run.mhz) / width;
            if nth < run.count as u16 {
                return Some(before + nth as u8);
            }
        }
        before += run.count;
        at += 1;
    }
    None
}

/// Number and centre frequency in MHz of the channel at this place.
fn at(mut place: u8) -> Option<(u8, u16)> {
    for run in &RUNS {
        if place < run.count {
            let number = run.number + place * run.step;
            return Some((number, run.mhz + u16::from(place * run.step) * 5));
        }
        place -= run.count;
    }
    None
}

/// A set of channels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Channels(u128);

impl Channels {
    /// None.
    pub const NONE: Channels = Channels(0);
    /// All of the three bands.
    pub const ALL: Channels = Channels((1 << COUNT) - 1);
    /// Those that access points at 2.4 GHz use where they do not overlap: 1, 6 and 11.
    pub const USUAL_2G: Channels = Channels::of(&[2412, 2437, 2462]);
    /// At 5 GHz without radar, and free for use indoors in all countries that have the band: 36 to 48.
    pub const USUAL_5G: Channels = Channels::of(&[5180, 5200, 5220, 5240]);
    /// All at 2.4 GHz: every adapter has this band.
    pub const BAND_2G: Channels = Channels((1 << (RUNS[0].count + RUNS[1].count)) - 1);
    /// All at 6 GHz.
    pub const BAND_6G: Channels = Channels(((1 << RUNS[5].count) - 1) << (COUNT - RUNS[5].count));
    /// The preferred scanning channels of 6 GHz: 5, 21, 37 … 229, where access points of wide channels
    /// have their primary one (IEEE 802.11ax-2021, 26.17.2.3.3).
    pub const PREFERRED_6G: Channels = {
        let (mut set, mut nth) = (0, 1);
        while nth < RUNS[5].count {
            set |= 1 << (COUNT - RUNS[5].count + nth);
            nth += 4;
        }
        Channels(set)
    };

    /// Of these centre frequencies in MHz; others than of a channel are left out.
    pub const fn of(mhz: &[u16]) -> Channels {
        let (mut set, mut at) = (0, 0);
        while at < mhz.len() {
            if let Some(place) = place(mhz[at]) {
                set |= 1 << place;
            }
            at += 1;
        }
        Channels(set)
    }

    /// Of this centre frequency in MHz; none where it is not a channel's.
    pub fn one(mhz: u32) -> Channels {
        u16::try_from(mhz).map_or(Channels::NONE, |mhz| Channels::of(&[mhz]))
    }

    /// There are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many.
    pub const fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Those of both.
    pub const fn and(self, other: Channels) -> Channels {
        Channels(self.0 & other.0)
    }

    /// Those of either.
    pub const fn or(self, other: Channels) -> Channels {
        Channels(self.0 | other.0)
    }

    /// Without those of the other.
    pub const fn without(self, other: Channels) -> Channels {
        Channels(self.0 & !other.0)
    }

    /// The first ones, by frequency.
    pub fn first(self, count: usize) -> Channels {
        let mut rest = self.0;
        for _ in 0..count {
            // The lowest bit that is set.
            rest &= rest.wrapping_sub(1);
        }
        Channels(self.0 & !rest)
    }

    /// Number and centre frequency in MHz of each, by frequency.
    pub fn iter(self) -> impl Iterator<Item = (u8, u16)> {
        let places = (0..COUNT).filter(move |place| self.0 & (1 << place) != 0);
        places.filter_map(at)
    }

    /// The centre frequencies in MHz, with this between them.
    pub fn frequencies(self, between: &'static str) -> impl fmt::Display {
        Frequencies(self, between)
    }
}

struct Frequencies(Channels, &'static str);

impl fmt::Display for Frequencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (_, mhz)) in self.0.iter().enumerate() {
            let before = if nth == 0 { "" } else { self.1 };
            write!(f, "{before}{mhz}")?;
        }
        Ok(())
    }
}

/// Their numbers, with commas; those of 6 GHz with the band, as they begin at 1 again.
impl fmt::Display for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for (number, _) in self.without(Channels::BAND_6G).iter() {
            write!(f, "{comma}{number}")?;
            comma = ", ";
        }
        for (number, _) in self.and(Channels::BAND_6G).iter() {
            write!(f, "{comma}{number} (6 GHz)")?;
            comma = ", ";
        }
        Ok(())
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What an adapter may use in the regulatory domain that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capability {
    /// All on which it may receive.
    pub all: Channels,
    /// Of these, those on which it may not send before it has received an access point: radar may
    /// be there (DFS), or nobody is to begin (`NO_IR`). Listening takes twice as long as asking.
    pub quiet: Channels,
}

/// Reads a reply to `GET_CAPABILITY freq`; `None`: it is none.
pub fn parse_capability(reply: &str) -> Option<Capability> {
    let mut known = Capability::default();
    for line in reply.lines() {
        let Some((_, rest)) = line.split_once(" = ") else {
            continue;
        };
        let mut words = rest.split(' ');
        let mhz = words.next().and_then(|word| word.parse().ok());
        if words.next() != Some("MHz") {
            continue;
        }
        let channel = mhz.map_or(Channels::NONE, Channels::one);
        known.all = known.all.or(channel);
        if words.any(|word| matches!(word, "(NO_IR)" | "(DFS)")) {
            known.quiet = known.quiet.or(channel);
        }
    }
    (!known.all.is_empty()).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_has_its_place_number_and_frequency() {
        let all = Channels::ALL;
        assert_eq!(all.count(), 101);
        let known: Vec<(u8, u16)> = all.iter().collect();
        for wanted in [
            (1, 2412),
            (13, 2472),
            (14, 2484),
            (36, 5180),
            (64, 5320),
            (100, 5500),
            (144, 5720),
            (149, 5745),
            (177, 5885),
            (1, 5955),
            (233, 7115),
        ] {
            assert!(known.contains(&wanted), "{wanted:?}");
        }
        for (_, mhz) in known {
            assert_eq!(Channels::one(mhz.into()).count(), 1, "{mhz}");
        }
        for none in [
            0, 2407, 2413, 2477, 5170, 5185, 5340, 5950, 7120, 65_535, 70_000,
        ] {
            assert!(Channels::one(none).is_empty(), "{none}");
        }
        assert_eq!(Channels::BAND_2G.count(), 14);
        assert_eq!(Channels::BAND_6G.count(), 59);
        assert_eq!(Channels::PREFERRED_6G.count(), 15);
        let preferred: Vec<u8> = Channels::PREFERRED_6G.iter().map(|(n, _)| n).collect();
        assert_eq!((preferred[0], preferred[14]), (5, 229));
    }

    #[test]
    fn sets_are_joined_cut_and_written() {
        let usual = Channels::USUAL_2G;
        assert_eq!(usual.to_string(), "1, 6, 11");
        assert_eq!(usual.frequencies(",").to_string(), "2412,2437,2462");
        assert_eq!(usual.first(2).to_string(), "1, 6");
        assert_eq!(usual.first(9), usual);
        assert_eq!(Channels::NONE.first(3), Channels::NONE);
        assert_eq!(usual.without(Channels::one(2437)).to_string(), "1, 11");
        let six = Channels::of(&[5955, 5180]);
        assert_eq!(six.to_string(), "36, 1 (6 GHz)");
        assert_eq!(six.and(Channels::BAND_6G).count(), 1);
    }

    #[test]
    fn capabilities_of_an_adapter() {
        let reply = "Mode[G] Channels:\n 1 = 2412 MHz\n 13 = 2472 MHz (NO_IR)\n\n\
                     Mode[A] Channels:\n 36 = 5180 MHz\n 100 = 5500 MHz (NO_IR) (DFS)\n\n\
                     Mode[B] Channels:\n 1 = 2412 MHz\n\nMode[AD] Channels:\n 1 = 58320 MHz\n";
        let known = parse_capability(reply).unwrap();
        assert_eq!(known.all.to_string(), "1, 13, 36, 100");
        assert_eq!(known.quiet.to_string(), "13, 100");
        for other in [
            "",
            "FAIL\n",
            "OK",
            "UNKNOWN COMMAND\n",
            " 1 = x MHz\n",
            "1 = 2412",
        ] {
            assert_eq!(parse_capability(other), None, "{other:?}");
        }
    }
}
