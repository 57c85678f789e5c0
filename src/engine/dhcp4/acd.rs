//! Address conflict detection (RFC 5227) beside the use of the address, which it never delays.
//!
//! A new address is announced and probed for; one that moved to another adapter is announced.
//! A conflict within the time of the probes declines the lease. Later the address is defended,
//! once in ten seconds; a second conflict within that time ends the lease too.
use crate::wire::arp::Kind;

/// Milliseconds since the first packet, and what is sent then.
const NEW: &[(u64, Kind)] = &[
    (0, Kind::Announce),
    (100, Kind::Probe),
    (1_100, Kind::Probe),
    (2_100, Kind::Probe),
    (2_600, Kind::Announce),
];
const MOVED: &[(u64, Kind)] = &[(0, Kind::Announce), (1_000, Kind::Announce)];
/// `DEFEND_INTERVAL` (RFC 5227, 1.1).
const DEFEND_MS: u64 = 10_000;
/// A conflict so soon after the first packet: the other host had the address before.
const PROBED_MS: u64 = 4_000;

#[derive(Debug, Clone, Copy)]
pub struct Acd {
    began: u64,
    /// A new address, not one that moved.
    new: bool,
    said: usize,
    defended: Option<u64>,
    defend: bool,
}

/// What a conflict means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The address is announced once more.
    Defended,
    /// Another host has it: decline.
    Lost,
}

impl Acd {
    pub fn new(now: u64, new: bool) -> Self {
        Acd {
            began: now,
            new,
            said: 0,
            defended: None,
            defend: false,
        }
    }

    /// The same address on another adapter: announced anew.
    pub fn moved(&mut self, now: u64) {
        *self = Acd {
            defended: self.defended,
            ..Acd::new(now, false)
        };
    }

    fn schedule(&self) -> &'static [(u64, Kind)] {
        if self.new { NEW } else { MOVED }
    }

    /// When something is to be said, and what.
    pub fn next(&self) -> Option<(u64, Kind)> {
        if self.defend {
            return Some((self.began, Kind::Announce));
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
