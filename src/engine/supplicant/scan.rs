//! The search of one adapter for a network: what has been asked for, what was looked at, when it goes
//! on. Which channels are known and what others look at comes from the engine (`scans.rs`).
use super::stages::{self, Stage};
use crate::engine::time::{Instant, Millis};
use crate::wire::wpa::{self, Capability, Channels};

/// From one look at the channels where a network was to the next: by how long it has been sought.
const KNOWN_EVERY: [(Millis, Millis); 4] = [
    (Millis(15_000), Millis(500)),
    (Millis(60_000), Millis(1_000)),
    (Millis(300_000), Millis(2_000)),
    (Millis(1_800_000), Millis(5_000)),
];
const KNOWN_SELDOM: Millis = Millis(10_000);
/// The same while it is in a network of lower priority: each look takes it off its channel.
const BETTER_EVERY: Millis = Millis(30_000);
const BETTER_PAUSE: Millis = Millis(600_000);
/// What was looked at so lately need not be looked at again.
const FRESH: Millis = Millis(10_000);
/// From the end of a round that found nothing to the next one; doubled each time.
const PAUSE: Millis = Millis(1_000);
const LONGEST_PAUSE: Millis = Millis(30_000);
/// wpa_supplicant says within this whether a scan found a network; it does not where it has put all
/// of them off.
const VERDICT_WITHIN: Millis = Millis(50);
/// The driver takes this long for a channel, and for a scan, at most.
const A_CHANNEL: Millis = Millis(300);
const A_SCAN: Millis = Millis(3_000);
/// After a scan that could not begin: another one is under way.
const BUSY: Millis = Millis(200);
/// For one whose turn comes when another has looked.
const FOR_THE_OTHER: Millis = Millis(100);

/// A scan that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    channels: Channels,
    stage: Stage,
    /// wpa_supplicant has said that it scans: what ends is this scan.
    accepted: bool,
    /// Without an end by then it is given up; once it has ended: without a verdict.
    until: Instant,
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
    /// One of them is looking.
    pub busy: bool,
}

impl Work {
    /// Of both.
    pub fn and(self, other: Work) -> Work {
        Work {
            covered: self.covered.or(other.covered),
            busy: self.busy || other.busy,
        }
    }
}

/// The search of one adapter.
#[derive(Debug, Default)]
pub struct Scan {
    /// Which channels the adapter may use; `None`: not told yet.
    capability: Option<Capability>,
    /// What it seeks, and since when.
    since: Option<(Aim, Instant)>,
    /// The last scan of this search ended then.
    looked_at: Instant,
    asked: Option<Asked>,
    /// Where a network was seen by this process.
    recent: Channels,
    /// Where another member has just found one.
    found_by_other: Channels,
    /// In this round.
    looked: Channels,
    /// In the round before.
    looked_before: Channels,
    rounds: u32,
    /// What wpa_supplicant scans by itself.
    own: Channels,
    /// It has been asked which channels the adapter may use.
    capability_asked: bool,
    /// Another scan is under way: not before it has ended, or this time.
    busy_until: Option<Instant>,
    /// The next look at known channels.
    known_at: Instant,
    /// The next channels of the round.
    round_at: Instant,
    /// The stages that are in the journal already.
    told: u8,
    /// The present network is among the places.
    pub learned: bool,
}

impl Scan {
    /// What the adapter may use has to be asked for; `true` once.
    pub fn asks_capability(&mut self) -> bool {
        !core::mem::replace(&mut self.capability_asked, true)
    }

    /// What wpa_supplicant scans by itself, by the file that it was started with.
    pub fn started(&mut self, own: Channels) {
        *self = Scan {
            own,
            ..Scan::default()
        };
    }

    /// The reply to [`Request::Channels`]. Where it is an error all channels are tried.
    pub fn told_channels(&mut self, reply: &str) {
        let known = wpa::parse_capability(reply);
        let refused = !reply.starts_with("OK");
        self.capability = known.or_else(|| refused.then(stages::unknown));
    }

    /// The regulatory domain is another.
    pub fn forget_channels(&mut self) {
        self.capability_asked = false;
    }

    /// wpa_supplicant by itself says when it finds nothing: no search of ours goes on.
    pub fn is_idle(&self) -> bool {
        self.since.is_none() || self.capability.is_none()
    }

    /// Its control socket is lost.
    pub fn stop(&mut self) {
        self.started(self.own);
    }

    /// The reply to [`Request::ScanChannels`](wpa::Request::ScanChannels).
    pub fn replied(&mut self, now: Instant, reply: &str) {
        let Some(asked) = &mut self.asked else {
            return;
        };
        if !reply.starts_with("FAIL") {
            asked.accepted = true;
        } else if reply.starts_with("FAIL-BUSY") {
            self.put_off(now);
        } else {
            // None of them is a channel of this adapter.
            self.looked = self.looked.or(asked.channels);
            self.asked = None;
        }
    }

    /// The driver did not begin the scan.
    pub fn failed(&mut self, now: Instant) {
        self.put_off(now);
    }

    /// What was asked for has its turn again when the scan that is under way has ended.
    fn put_off(&mut self, now: Instant) {
        self.busy_until = Some(now + BUSY);
        match self.asked.take() {
            Some(asked) if asked.stage == Stage::FoundByOther => {
                self.found_by_other = asked.channels;
            }
            Some(asked) if asked.stage == Stage::Known => self.known_at = now,
            _ => {}
        }
    }

    /// A scan has ended: this one, or another of this adapter. Its verdict follows.
    pub fn ended(&mut self, now: Instant) {
        match &mut self.asked {
            Some(asked) if asked.accepted => {
                asked.until = asked.until.min(now + VERDICT_WITHIN);
            }
            Some(_) => {}
            None => {
                self.looked = self.looked.or(self.own);
                self.busy_until = Some(now + VERDICT_WITHIN);
            }
        }
    }

    /// It found no network, or one.
    pub fn judged(&mut self, now: Instant, found: Channels) {
        self.looked_at = now;
        if let Some(asked) = self.asked.filter(|asked| asked.accepted) {
            self.looked = self.looked.or(asked.channels);
            self.asked = None;
        }
        self.busy_until = None;
        self.recent = self.recent.or(found);
    }

    /// A network is sought.
    pub fn is_seeking(&self) -> bool {
        self.since.is_some()
    }

    /// A round of this search has ended.
    pub fn has_looked_everywhere(&self) -> bool {
        self.aim() == Some(Aim::Better) && self.rounds > 0
    }

    /// How long it has been out of any network.
    pub fn sought_for(&self, now: Instant) -> Option<Millis> {
        let (aim, since) = self.since?;
        (aim == Aim::Join).then_some(now - since)
    }

    /// Which network is sought.
    pub fn aim(&self) -> Option<Aim> {
        self.since.map(|(aim, _)| aim)
    }

    /// What another one need not look at in this round.
    pub fn work(&self) -> Work {
        let asked = self.asked.map_or(Channels::NONE, |asked| asked.channels);
        Work {
            covered: self.looked.or(asked),
            busy: self.asked.is_some(),
        }
    }

    /// Another member has found a network on this channel: it is looked at next.
    pub fn hint(&mut self, now: Instant, channel: Channels) {
        self.found_by_other = self.found_by_other.or(channel);
        self.known_at = now;
    }

    /// The search begins.
    pub fn begin(&mut self, now: Instant, aim: Aim) {
        self.since = Some((aim, now));
        // The rest of a round that ended with a network of lower priority.
        if aim == Aim::Join || now >= self.looked_at + FRESH {
            self.looked = Channels::NONE;
        }
        self.looked_before = Channels::NONE;
        self.rounds = 0;
        self.told = 0;
        (self.known_at, self.round_at) = (now, now);
    }

    /// The search ends.
    pub fn end(&mut self) {
        self.since = None;
        self.asked = None;
        self.found_by_other = Channels::NONE;
    }

    /// Nobody has found a network on any channel.
    pub fn end_round(&mut self, now: Instant) {
        self.looked_before = self.looked;
        self.looked = Channels::NONE;
        let pause = PAUSE * (1 << self.rounds.min(10));
        self.round_at = match self.aim() {
            Some(Aim::Better) => now + BETTER_PAUSE,
            _ => now + pause.min(LONGEST_PAUSE),
        };
        self.rounds += 1;
    }

    fn known_every(&self, now: Instant) -> Millis {
        let sought = match self.since {
            Some((Aim::Better, _)) => return BETTER_EVERY,
            Some((Aim::Join, since)) => now - since,
            None => Millis(0),
        };
        let of_age = KNOWN_EVERY.iter().find(|(age, _)| sought < *age);
        of_age.map_or(KNOWN_SELDOM, |(_, every)| *every)
    }

    /// When it goes on though nothing happens.
    pub fn poll_at(&self) -> Option<Instant> {
        self.since?;
        match self.asked {
            Some(asked) => Some(asked.until),
            None if self.capability.is_none() => None,
            None => {
                let next = self.known_at.min(self.round_at);
                Some(self.busy_until.map_or(next, |until| until.max(next)))
            }
        }
    }
}

impl Scan {
    /// What comes next; a scan counts as asked for. `known`: where networks were before.
    pub fn next(&mut self, now: Instant, known: Channels, others: Work) -> Next {
        if let Some(asked) = self.asked.filter(|asked| now >= asked.until) {
            self.looked = self.looked.or(asked.channels);
            (self.asked, self.looked_at) = (None, now);
        }
        if self.busy_until.is_some_and(|until| now >= until) {
            self.busy_until = None;
        }
        let waits = self.asked.is_some() || self.busy_until.is_some();
        let Some(capability) = self.capability.filter(|_| !waits) else {
            return Next::Wait;
        };
        match self.choose(now, capability, known, others.covered) {
            Some((channels, stage)) => self.ask(now, channels, stage),
            None if now < self.round_at => Next::Wait,
            None if others.busy => {
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
            accepted: false,
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
        let known = known.or(self.recent).and(capability.all);
        if now >= self.known_at {
            if !known.is_empty() {
                self.known_at = now + self.known_every(now);
                return Some((known, Stage::Known));
            }
            // Until another member finds one.
            self.known_at = Instant::NEVER;
        }
        if now < self.round_at {
            return None;
        }
        let open = capability.all.without(self.looked).without(by_others);
        stages::next(capability, open, self.looked_before)
    }
}
