//! Where to look next.
use super::{A_CHANNEL, A_SCAN, Asked, EARLY, FOR_THE_OTHER, Scan};
use crate::engine::supplicant::stages::{self, Aim, Next, Stage, Work};
use crate::engine::time::Instant;
use crate::wire::wpa::{Capability, Channels};

impl Scan {
    /// What comes next; a scan counts as asked for. `known`: where networks were before.
    pub fn next(&mut self, now: Instant, known: Channels, others: Work) -> Next {
        if self.asked.is_some_and(|asked| now >= asked.until) {
            self.give_up(now);
        }
        let Some(capability) = self.capability.filter(|_| !self.is_busy(now)) else {
            return Next::Wait;
        };
        match self.choose(now, capability, known, others.covered) {
            Some((channels, stage)) => self.ask(now, channels, stage),
            None if now < self.round_at => Next::Wait,
            None if others.busy || !others.open(self.looked).is_empty() => {
                self.round_at = now + FOR_THE_OTHER;
                Next::Wait
            }
            None => Next::RoundEnded,
        }
    }

    fn ask(&mut self, now: Instant, channels: Channels, stage: Stage) -> Next {
        let count = u64::try_from(channels.count()).unwrap_or(u64::MAX);
        self.asked = Some(Asked {
            channels,
            stage,
            at: now,
            accepted: false,
            ended: false,
            until: now + A_SCAN + A_CHANNEL * count,
        });
        let first = self.told & stage.bit() == 0;
        self.told |= stage.bit();
        Next::Look {
            channels,
            stage,
            first,
        }
    }

    /// Where to look now; `None`: nowhere, or not yet.
    fn choose(
        &mut self,
        now: Instant,
        capability: Capability,
        known: Channels,
        by_others: Channels,
    ) -> Option<(Channels, Stage)> {
        let found = core::mem::take(&mut self.found_by_other).and(capability.all);
        if !found.is_empty() {
            return Some((found, Stage::FoundByOther));
        }
        // Of a search for a better network it is not known whether one was there.
        let recent = match self.aim() {
            Some(Aim::Join) => self.recent,
            Some(Aim::Better) | None => Channels::NONE,
        };
        let known = known.or(recent).and(capability.all);
        let open = capability.all.without(self.looked).without(self.skipped);
        let open = open.without(by_others);
        let of_round = match now >= self.round_at {
            true => stages::next(capability, open, self.looked_before),
            false => None,
        };
        // By turns, however long each takes: a little early rather than late by a part of the round.
        let due = match of_round {
            Some(_) => now + EARLY >= self.known_at && !self.was_known,
            None => now >= self.known_at,
        };
        if due && !known.is_empty() {
            return Some((known, Stage::Known));
        }
        if known.is_empty() {
            // Until another member finds one.
            self.known_at = Instant::NEVER;
        }
        of_round
    }
}
