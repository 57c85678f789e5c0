//! Is the address ours alone? (RFC 5227) Found out beside its use, which it never holds up.
//!
//! A new address is announced and probed for; one that moved to another adapter is
//! announced. Whoever else claims it within the time of the probes has it: the lease is
//! declined. Later it is defended, once in ten seconds; a second claim within that time
//! ends it too.
use crate::wire::arp::Word;

/// Since the first word: what is said when.
const NEW: &[(u64, Word)] = &[
    (0, Word::Announce),
    (100, Word::Probe),
    (1_100, Word::Probe),
    (2_100, Word::Probe),
    (2_600, Word::Announce),
];
const MOVED: &[(u64, Word)] = &[(0, Word::Announce), (1_000, Word::Announce)];
/// `DEFEND_INTERVAL` (RFC 5227, 1.1).
const DEFEND_MS: u64 = 10_000;
/// A claim so soon after the first word decides against us: the other was there before.
const PROBED_MS: u64 = 4_000;

#[derive(Debug, Clone, Copy)]
pub struct Guard {
    began: u64,
    /// A new address, not one that moved.
    new: bool,
    said: usize,
    defended: Option<u64>,
    defend: bool,
}

/// What a claim of another's means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// We say once more that it is ours.
    Defended,
    /// It is another's: decline.
    Lost,
}

impl Guard {
    pub fn new(now: u64, new: bool) -> Self {
        Guard {
            began: now,
            new,
            said: 0,
            defended: None,
            defend: false,
        }
    }

    /// The same address on another adapter: announced anew.
    pub fn moved(&mut self, now: u64) {
        *self = Guard {
            defended: self.defended,
            ..Guard::new(now, false)
        };
    }

    fn schedule(&self) -> &'static [(u64, Word)] {
        if self.new { NEW } else { MOVED }
    }

    /// When something is to be said, and what.
    pub fn next(&self) -> Option<(u64, Word)> {
        if self.defend {
            return Some((self.began, Word::Announce));
        }
        let (after, word) = self.schedule().get(self.said)?;
        Some((self.began + after, *word))
    }

    pub fn said(&mut self) {
        match self.defend {
            true => self.defend = false,
            false => self.said += 1,
        }
    }

    pub fn claimed(&mut self, now: u64) -> Claim {
        let again = self.defended.is_some_and(|at| now < at + DEFEND_MS);
        if again || (self.new && now < self.began + PROBED_MS) {
            return Claim::Lost;
        }
        self.defended = Some(now);
        self.defend = true;
        Claim::Defended
    }
}
