//! In which order the channels of an adapter are looked at, and the words of a search.
use crate::wire::wpa::{Capability, Channels};
use core::fmt;

/// Channels of one scan: an access point is found, and another member told, between two.
const AT_ONCE: usize = 4;

/// Why these channels are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Another member has just found a network there.
    FoundByOther,
    /// A network of the file was there before.
    Known,
    /// Most access points are there.
    Usual,
    /// The others on which an adapter may ask.
    Others,
    /// It may only listen there, or most access points of that band are elsewhere.
    Last,
}

impl Stage {
    /// Of its own among the stages.
    pub fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// As it begins in the journal; the channels follow.
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::FoundByOther => "looks where another member has found a network: channel",
            Stage::Known => "looks where a network was before: channel",
            Stage::Usual => "looks where most access points are: channel",
            Stage::Others => "looks on the other channels, from",
            Stage::Last => "looks on channels for listening alone, and the rest of 6 GHz, from",
        })
    }
}

/// What is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// Any network of the file: it is in none.
    Join,
    /// One of higher priority than the one that it is in.
    Better,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing, or not yet.
    Wait,
    /// These channels are to be scanned.
    Look {
        /// At least one.
        channels: Channels,
        /// Why.
        stage: Stage,
        /// For the first time in this search.
        first: bool,
    },
    /// All channels were looked at, by this adapter or another one.
    RoundEnded,
}

/// What others that seek the same networks have done in this round.
#[derive(Debug, Clone, Copy, Default)]
pub struct Work {
    /// Looked at, or being looked at.
    pub covered: Channels,
    /// They were to look at these, and their drivers did not.
    pub skipped: Channels,
    /// All that they may look at.
    pub wanted: Channels,
    /// One of them is looking, or waits for its turn.
    pub busy: bool,
}

impl Work {
    /// What they may look at, and nobody has; `looked`: this one.
    pub fn open(self, looked: Channels) -> Channels {
        let open = self.wanted.without(self.covered).without(self.skipped);
        open.without(looked)
    }

    /// Of both.
    pub fn and(self, other: Work) -> Work {
        Work {
            covered: self.covered.or(other.covered),
            skipped: self.skipped.or(other.skipped),
            wanted: self.wanted.or(other.wanted),
            busy: self.busy || other.busy,
        }
    }
}

/// Of an adapter that does not say which channels it has: wpa_supplicant leaves out those that it
/// has not.
pub fn unknown() -> Capability {
    let all = Channels::ALL;
    let usual = Channels::USUAL_2G.or(Channels::USUAL_5G);
    Capability {
        all,
        quiet: all.without(Channels::BAND_2G).without(usual),
    }
}

/// The next of these, and their stage; `None`: none is left. Those that the adapter has looked at
/// in the round `before` come last within a stage: another one may hear there what it does not.
pub fn next(capability: Capability, open: Channels, before: Channels) -> Option<(Channels, Stage)> {
    let usual = Channels::USUAL_2G.or(Channels::USUAL_5G);
    let last = capability
        .quiet
        .or(Channels::BAND_6G.without(Channels::PREFERRED_6G));
    let stages = [
        (Stage::Usual, usual),
        (Stage::Others, Channels::ALL.without(last)),
        (
            Stage::Last,
            capability
                .quiet
                .without(Channels::BAND_6G)
                .or(Channels::PREFERRED_6G),
        ),
        (Stage::Last, Channels::ALL),
    ];
    let (stage, left) = stages
        .into_iter()
        .map(|(stage, of_stage)| (stage, open.and(of_stage)))
        .find(|(_, left)| !left.is_empty())?;
    let fresh = left.without(before);
    let from = if fresh.is_empty() { left } else { fresh };
    Some((from.first(AT_ONCE), stage))
}
