//! The search of one adapter for a network: what has been asked for, what was looked at, when it goes
//! on. Which channels are known and what others look at comes from the engine (`scans.rs`).
mod choose;

use super::rhythm::{self, Rhythm};
use super::stages::{self, Aim, Stage, Work};
use crate::engine::time::{Instant, Millis};
use crate::wire::wpa::{self, Capability, Channels};

/// What was looked at so lately need not be looked at again.
const FRESH: Millis = Millis(10_000);
/// wpa_supplicant says within this whether a scan found a network; it does not where it has put all
/// of them off.
const VERDICT_WITHIN: Millis = Millis(50);
/// The driver takes this long for a channel, and for a scan, at most.
const A_CHANNEL: Millis = Millis(300);
const A_SCAN: Millis = Millis(3_000);
/// After a scan that could not begin: another one is under way.
const BUSY: Millis = Millis(200);
/// A look at known channels comes so much before its time when the next channels of a round would
/// delay it.
const EARLY: Millis = Millis(200);
/// Scans in a row that fail before others are asked for.
const MOST_FAILURES: u8 = 3;
/// For one whose turn comes when another has looked.
const FOR_THE_OTHER: Millis = Millis(100);

/// A scan that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    channels: Channels,
    stage: Stage,
    at: Instant,
    /// wpa_supplicant has said that it scans: what ends is this scan.
    accepted: bool,
    /// It has ended.
    ended: bool,
    /// Without an end by then it is given up; once it has ended: without a verdict.
    until: Instant,
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
    /// In this round it was asked to look at these, and its driver did not: others may.
    skipped: Channels,
    /// In the round before.
    looked_before: Channels,
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
    learned: bool,
    /// Since it joined its network all channels were looked at for a better one.
    complete: bool,
    /// The last look was at known channels.
    was_known: bool,
    /// Attempts in a row to change to a better network that refused it.
    refusals: u8,
    /// Scans in a row that the driver did not carry out.
    failures: u8,
    /// In this round wpa_supplicant did not say of each scan that it found nothing.
    unsure: bool,
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
            self.failed(now);
        }
    }

    /// The scan was not carried out. What fails again and again is passed over: others may work.
    pub fn failed(&mut self, now: Instant) {
        self.failures += 1;
        if self.failures < MOST_FAILURES {
            return self.put_off(now);
        }
        self.busy_until = Some(now + BUSY);
        self.give_up(now);
    }

    /// What was asked for is passed over in this round.
    fn give_up(&mut self, now: Instant) {
        self.unsure = true;
        if let Some(asked) = self.asked {
            // Those that a verdict is lacking of were looked at.
            if !asked.ended {
                self.skipped = self.skipped.or(asked.channels);
            }
        }
        self.over(now);
        self.looked = self.looked.without(self.skipped);
    }

    /// What was asked for counts as looked at.
    fn over(&mut self, now: Instant) {
        self.failures = 0;
        self.looked_at = now;
        if let Some(asked) = self.asked.take() {
            self.looked = self.looked.or(asked.channels);
            self.was_known = asked.stage == Stage::Known;
            if self.was_known {
                self.known_at = now.max(asked.at + self.rhythm(now).known);
            }
        }
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
                asked.ended = true;
            }
            Some(_) => {}
            None => {
                // The first one is its own.
                self.looked = self.looked.or(core::mem::take(&mut self.own));
                self.busy_until = Some(now + VERDICT_WITHIN);
            }
        }
    }

    /// It found no network, or one.
    pub fn judged(&mut self, now: Instant, found: Channels) {
        if self.asked.is_some_and(|asked| asked.accepted) {
            self.over(now);
        }
        self.busy_until = None;
        self.recent = self.recent.or(found);
    }

    /// It has the band at 2.4 GHz alone.
    pub fn lacks_5_ghz(&self) -> bool {
        let all = self.capability.map(|known| known.all);
        all.is_some_and(|all| all.without(Channels::BAND_2G).is_empty())
    }

    /// A network is sought.
    pub fn is_seeking(&self) -> bool {
        self.since.is_some()
    }

    /// All channels were looked at for a better network than the present one.
    pub fn has_looked_everywhere(&self) -> bool {
        self.complete
    }

    /// A scan was asked for, and what came of it is not known yet.
    pub fn is_under_way(&self) -> bool {
        self.asked.is_some()
    }

    /// The place of the present network is noted; `true` once.
    pub fn learn(&mut self) -> bool {
        !core::mem::replace(&mut self.learned, true)
    }

    /// Its access point is on another channel by now.
    pub fn moved(&mut self) {
        self.learned = false;
    }

    /// A better network has not let it in.
    pub fn refused(&mut self) {
        self.refusals = self.refusals.saturating_add(1);
    }

    /// It is in another network than before, or a better one is seen to be open.
    pub fn let_in(&mut self) {
        self.refusals = 0;
    }

    /// It is in no network, or in another one.
    pub fn unjoined(&mut self) {
        self.learned = false;
        self.complete = false;
    }

    /// It is in a network: the next search is told of from its beginning.
    pub fn joined(&mut self) {
        self.told = 0;
    }

    /// The file is another, with these channels: what is sought is sought anew.
    pub fn renewed(&mut self, own: Channels) {
        self.end();
        self.own = own;
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
    pub fn work(&self, now: Instant) -> Work {
        let asked = self.asked.map_or(Channels::NONE, |asked| asked.channels);
        Work {
            covered: self.looked.or(asked),
            skipped: self.skipped,
            wanted: self.capability.map_or(Channels::NONE, |known| known.all),
            busy: self.is_busy(now),
        }
    }

    /// A scan is under way.
    fn is_busy(&self, now: Instant) -> bool {
        self.asked.is_some() || self.busy_until.is_some_and(|until| now < until)
    }

    /// Another member has found a network on this channel, or is in it: it is looked at next.
    pub fn hint(&mut self, now: Instant, channel: Channels, joined: bool) {
        if joined {
            self.let_in();
        }
        // What refused this one may refuse the other.
        if self.put_off_for() > Millis(0) {
            return;
        }
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
        self.skipped = Channels::NONE;
        self.looked_before = Channels::NONE;
        self.was_known = false;
        self.unsure = false;
        let at = now + self.put_off_for();
        (self.known_at, self.round_at) = (at, at);
    }

    fn put_off_for(&self) -> Millis {
        rhythm::put_off_for(self.aim(), self.refusals)
    }

    /// The search ends.
    pub fn end(&mut self) {
        self.since = None;
        self.asked = None;
        self.found_by_other = Channels::NONE;
    }

    /// All channels were looked at. `false`: it is not sure that there is no network.
    pub fn end_round(&mut self, now: Instant) -> bool {
        self.complete |= self.aim() == Some(Aim::Better);
        self.looked_before = self.looked.or(self.skipped);
        (self.looked, self.skipped) = (Channels::NONE, Channels::NONE);
        self.round_at = now + self.rhythm(now).pause;
        !core::mem::take(&mut self.unsure)
    }

    fn rhythm(&self, now: Instant) -> Rhythm {
        rhythm::rhythm(self.since.map(|(aim, since)| (aim, now - since)))
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
