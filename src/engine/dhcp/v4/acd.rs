//! Address conflict detection (RFC 5227) beside the use of the address, which it never delays; only
//! one that nobody has given (RFC 3927) is probed for first.
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
/// RFC 3927, 9: `PROBE_NUM`, `PROBE_MIN`, `ANNOUNCE_WAIT`, `ANNOUNCE_INTERVAL`.
const UNUSED: &[(Millis, Kind)] = &[
    (Millis(0), Kind::Probe),
    (Millis(1_000), Kind::Probe),
    (Millis(2_000), Kind::Probe),
    (Millis(4_000), Kind::Announce),
    (Millis(6_000), Kind::Announce),
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
    course: Course,
    sent: usize,
    defended: Option<Instant>,
    defend: bool,
}

/// What the address was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// Not in use: it is now, and is probed for.
    New,
    /// In use on another adapter.
    Moved,
    /// Not in use: it is once it has been probed for.
    Unused,
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
    /// From now on.
    pub fn new(now: Instant, course: Course) -> Self {
        Acd {
            began: now,
            course,
            sent: 0,
            defended: None,
            defend: false,
        }
    }

    /// The same address on another adapter: announced anew.
    pub fn moved(&mut self, now: Instant) {
        *self = Acd {
            defended: self.defended,
            ..Acd::new(now, Course::Moved)
        };
    }

    fn schedule(&self) -> &'static [(Millis, Kind)] {
        match self.course {
            Course::New => NEW,
            Course::Moved => MOVED,
            Course::Unused => UNUSED,
        }
    }

    /// All probes have been sent, and no other host has answered.
    pub fn is_probed(&self, now: Instant) -> bool {
        let probes = self.schedule().iter().take(self.sent);
        let probes = probes.filter(|(_, kind)| *kind == Kind::Probe);
        probes.count() >= 3 && now >= self.began + PROBED
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
        let probed = self.course == Course::Moved || now >= self.began + PROBED;
        if again || !probed {
            return Claim::Lost;
        }
        self.defended = Some(now);
        self.defend = true;
        Claim::Defended
    }
}
