//! Address conflict detection (RFC 5227) beside the use of the address, which it never delays.
//!
//! A new address is announced and probed for; one that moved to another adapter is announced.
//! A conflict within the time of the probes declines the lease. Later the address is defended,
//! once in ten seconds; a second conflict within that time ends the lease too.
use crate::engine::time::{Instant, Millis};
use crate::wire::arp::Kind;

/// The time since the first packet, and what is sent then.
const NEW: &[(Millis, Kind)] = &[
    (Millis(0), Kind::Announce),
    (Millis(100), Kind::Probe),
    (Millis(1_100), Kind::Probe),
    (Millis(2_100), Kind::Probe),
    (Millis(2_600), Kind::Announce),
];
const MOVED: &[(Millis, Kind)] = &[(Millis(0), Kind::Announce), (Millis(1_000), Kind::Announce)];
/// `DEFEND_INTERVAL` (RFC 5227, 1.1).
const DEFEND: Millis = Millis(10_000);
/// A conflict so soon after the first packet: the other host had the address before.
const PROBED: Millis = Millis(4_000);

/// One address, since it is in use on this adapter.
#[derive(Debug, Clone, Copy)]
pub struct Acd {
    began: Instant,
    /// A new address, not one that moved.
    new: bool,
    sent: usize,
    defended: Option<Instant>,
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
    /// The address is in use since now; `new`: it was not before, and is probed for first.
    pub fn new(now: Instant, new: bool) -> Self {
        Acd {
            began: now,
            new,
            sent: 0,
            defended: None,
            defend: false,
        }
    }

    /// The same address on another adapter: announced anew.
    pub fn moved(&mut self, now: Instant) {
        *self = Acd {
            defended: self.defended,
            ..Acd::new(now, false)
        };
    }

    fn schedule(&self) -> &'static [(Millis, Kind)] {
        if self.new { NEW } else { MOVED }
    }

    /// When the next packet is due, and its kind.
    pub fn next(&self) -> Option<(Instant, Kind)> {
        if self.defend {
            return Some((self.began, Kind::Announce));
        }
        let (after, kind) = self.schedule().get(self.sent)?;
        Some((self.began + *after, *kind))
    }

    /// What was due has been sent.
    pub fn sent(&mut self) {
        match self.defend {
            true => self.defend = false,
            false => self.sent += 1,
        }
    }

    /// Another host claims the address.
    pub fn claimed(&mut self, now: Instant) -> Claim {
        let again = self.defended.is_some_and(|at| now < at + DEFEND);
        if again || (self.new && now < self.began + PROBED) {
            return Claim::Lost;
        }
        self.defended = Some(now);
        self.defend = true;
        Claim::Defended
    }
}
