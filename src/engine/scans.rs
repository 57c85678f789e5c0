//! Which channels an adapter without a network looks at, and when.
//!
//! wpa_supplicant by itself scans all channels, which takes ten seconds with three bands, waits for
//! five, and does so on each adapter. Its file has it scan the few channels where a network was
//! before (`scan_freq`), so that it joins at once where nothing has changed, also without us. All
//! else is asked for by `SCAN freq=`, a few channels at a time:
//!
//! - where a network of the file was before, again and again, at first twice a second;
//! - in between, in rounds, the others: those that most access points use, the rest, and last those
//!   on which an adapter may only listen. Members that seek share a round, each takes other channels;
//! - where another member has just found a network.
use super::Engine;
use super::contract::action::{Action, Store};
use super::journal::RecordKind;
use super::observed::{Index, Link};
use super::places::Place;
use super::supplicant::{Aim, MAX_SUPPLICANTS, Next, Phase, Radio, Supplicant, Work};
use super::supplicant_file::networks;
use super::time::{Day, Instant, Millis};
use crate::wire::wpa::{self, Channels, Request};
use heapless::Vec;

/// One in a network of higher priority carries the traffic when it has been in it for so long.
const PROVEN_AFTER: Millis = Millis(3_000);

impl Engine {
    /// What it looks for, if it takes our requests.
    fn aim(&self, supplicant: &Supplicant) -> Option<Aim> {
        let link = self.observed.link(supplicant.link);
        let link = link.filter(|link| self.wants_supplicant(link))?;
        let listens = supplicant.phase == Phase::Attached && !supplicant.wired;
        if !listens || self.stopping.is_some() {
            return None;
        }
        match supplicant.radio {
            Radio::Scanning | Radio::NotFound | Radio::Disconnected if !link.carrier => {
                Some(Aim::Join)
            }
            Radio::Authorised if self.may_leave(link, supplicant) => Some(Aim::Better),
            _ => None,
        }
    }

    /// There may be a network of higher priority, and no traffic suffers from a look for it: another
    /// member carries it, or, in the first round, there is no other.
    fn may_leave(&self, link: &Link, supplicant: &Supplicant) -> bool {
        let Some(priority) = self.network_priority(link) else {
            return false;
        };
        let higher = networks(&self.config, link).any(|network| network.priority > priority);
        // A link of its own has no other to carry its traffic.
        let member = self.is_present_member(link.index);
        let carries = !member || self.active_member() == Some(link.index);
        let mut others = self.usable().filter(|other| other.index != link.index);
        let alone = !member || others.next().is_none();
        higher && (!carries || (alone && !supplicant.scan.has_looked_everywhere()))
    }

    /// Of the network that it is in, where networks of the file differ in that; `None`: they do not,
    /// or it is in none.
    pub(super) fn network_priority(&self, link: &Link) -> Option<u8> {
        let (first, rest) = self.config.wifi.split_first()?;
        if rest.iter().all(|other| other.priority == first.priority) {
            return None;
        }
        let supplicant = self.supplicant(link.index)?;
        let joined = supplicant.radio == Radio::Authorised && !supplicant.ssid.is_empty();
        let ssid = joined.then(|| wpa::unescape(&supplicant.ssid))??;
        let its = networks(&self.config, link).filter(|network| network.ssid == ssid);
        its.map(|network| network.priority).max()
    }

    /// The same, once it has been in that network for a while: it may flap.
    pub(super) fn proven_priority(&self, now: Instant, link: &Link) -> Option<u8> {
        let proven = self.supplicant(link.index)?.since + PROVEN_AFTER;
        // The one that carries has been in it: the previous instance knew.
        let proven = now >= proven || self.active_member() == Some(link.index);
        let proven = proven && !self.is_held(now, link.index);
        self.network_priority(link).filter(|_| proven)
    }

    /// Where networks of this adapter were before, of those above this priority.
    fn known_channels(&self, link: &Link, above: Option<u8>) -> Channels {
        let of_its = |place: &Place| {
            let mut its = networks(&self.config, link);
            its.any(|network| {
                let bssids = network.bssid.zip(place.bssid);
                Some(network.priority) > above
                    && network.ssid == place.ssid
                    && bssids.is_none_or(|(wanted, there)| wanted == there)
            })
        };
        self.places.channels(of_its)
    }

    /// What wpa_supplicant scans by itself: where its networks were by this adapter, or at 2.4 GHz,
    /// which all have; else where most access points are. The kernel refuses a scan with a channel
    /// that the adapter does not have.
    pub(super) fn own_channels(&self, link: &Link) -> Channels {
        let own = |place: &Place| Some(place.adapter) == link.permanent_mac;
        let own = self.places.channels(own).or(Channels::BAND_2G);
        let known = self.known_channels(link, None).and(own);
        known.or(Channels::USUAL_2G)
    }

    pub(super) fn update_scans(&mut self, now: Instant) {
        let wireless = self.supplicants().filter(|s| !s.wired);
        let wireless: Vec<(Index, Option<Aim>), MAX_SUPPLICANTS> =
            wireless.map(|s| (s.link, self.aim(s))).collect();
        for (index, aim) in wireless {
            let Some(supplicant) = self.interfaces.supplicant_mut(index) else {
                continue;
            };
            let attached = supplicant.phase == Phase::Attached;
            if attached && supplicant.scan.asks_capability() {
                supplicant.ask(Request::Channels);
            }
            let scan = &mut supplicant.scan;
            if scan.is_seeking() && aim != scan.aim() {
                scan.end();
                supplicant.forget_scans();
            }
            if let Some(aim) = aim {
                if supplicant.scan.aim() != Some(aim) {
                    supplicant.scan.begin(now, aim);
                }
                self.look(now, index);
                // With the round a search may end.
                if self.supplicant(index).and_then(|s| self.aim(s)) != Some(aim) {
                    self.with(index, |s| s.scan.end());
                }
            }
        }
    }

    /// The next scan of an adapter that seeks, if it is due.
    fn look(&mut self, now: Instant, index: Index) {
        let Some(link) = self.observed.link(index) else {
            return;
        };
        let above = self.network_priority(link);
        let (known, name) = (self.known_channels(link, above), link.name.clone());
        let others = self.sharing(index).filter(|s| s.link != index);
        let others = others.fold(Work::default(), |all, s| all.and(s.scan.work(now)));
        let Some(supplicant) = self.interfaces.supplicant_mut(index) else {
            return;
        };
        match supplicant.scan.next(now, known, others) {
            Next::Wait => {}
            Next::RoundEnded => self.round_ended(now, index),
            Next::Look {
                channels,
                stage,
                first,
            } => {
                supplicant.forget_scans();
                supplicant.ask(Request::ScanChannels(channels));
                if first {
                    let text = format_args!("{stage} {channels}");
                    self.journal.write(now, RecordKind::Radio, &name, text);
                }
            }
        }
    }

    /// This one, and those that seek the same networks.
    fn sharing(&self, index: Index) -> impl Iterator<Item = &Supplicant> {
        let mut networks = self.config.wifi.iter();
        let all = networks.all(|network| network.members.is_empty());
        let aim = self.supplicant(index).and_then(|s| s.scan.aim());
        let shares = move |s: &&Supplicant| {
            s.link == index || (all && s.scan.is_seeking() && s.scan.aim() == aim)
        };
        self.supplicants().filter(shares)
    }

    /// No adapter has found a network on any channel.
    fn round_ended(&mut self, now: Instant, index: Index) {
        let seeking = self.sharing(index).map(|s| s.link);
        let seeking: Vec<Index, MAX_SUPPLICANTS> = seeking.collect();
        for index in seeking {
            let Some(supplicant) = self.interfaces.supplicant_mut(index) else {
                continue;
            };
            let sure = supplicant.scan.end_round(now);
            let name = supplicant.name.clone();
            let out = sure && supplicant.scan.aim() == Some(Aim::Join);
            if out && supplicant.found_nothing() {
                let text = format_args!("{}", Radio::NotFound);
                self.journal.write(now, RecordKind::Radio, &name, text);
            }
        }
    }

    /// An adapter begins to join a network there, or is in it: others that seek it look there next.
    pub(super) fn network_found(
        &mut self,
        now: Instant,
        by: Index,
        ssid: &str,
        mhz: u32,
        joined: bool,
    ) {
        let channel = Channels::one(mhz);
        let Some(ssid) = wpa::unescape(ssid).filter(|_| !channel.is_empty()) else {
            return;
        };
        let seek = |s: &&Supplicant| {
            let link = self.observed.link(s.link);
            let above = link.and_then(|link| self.network_priority(link));
            let its = |link| {
                let mut its = networks(&self.config, link);
                its.any(|network| Some(network.priority) > above && network.ssid == ssid)
            };
            s.link != by && s.scan.is_seeking() && link.is_some_and(its)
        };
        let seekers = self.supplicants().filter(seek).map(|s| s.link);
        let seekers: Vec<Index, MAX_SUPPLICANTS> = seekers.collect();
        for index in seekers {
            self.with(index, |s| s.scan.hint(now, channel, joined));
        }
    }

    /// It is in a network: that place is looked at first the next time.
    pub(super) fn learn_place(&mut self, now: Instant, index: Index) {
        let Some(supplicant) = self.interfaces.supplicant_mut(index) else {
            return;
        };
        let joined = supplicant.radio == Radio::Authorised && !supplicant.wired;
        if !joined || supplicant.frequency == 0 || !supplicant.scan.learn() {
            return;
        }
        let (name, frequency) = (supplicant.ssid.clone(), supplicant.frequency);
        let bssid = supplicant.bssid;
        let ssid = wpa::unescape(&name).filter(|ssid| !ssid.is_empty());
        let adapter = self
            .observed
            .link(index)
            .and_then(|link| link.permanent_mac);
        let mhz = u16::try_from(frequency).ok();
        if let ((Some(ssid), Some(adapter)), Some(mhz)) = ((ssid, adapter), mhz) {
            self.places.joined(Place {
                ssid,
                mhz,
                adapter,
                bssid,
            });
        }
        self.network_found(now, index, &name, frequency, true);
    }

    /// The places of all that are in a network are seen on this day too.
    pub(super) fn day_begins(&mut self, now: Instant, day: Day) -> bool {
        let new = self.places.begin_day(day);
        if new {
            let all: Vec<Index, MAX_SUPPLICANTS> = self.supplicants().map(|s| s.link).collect();
            for index in all {
                self.with(index, |s| s.scan.moved());
                self.learn_place(now, index);
            }
        }
        new
    }

    /// The places are written when they have changed.
    pub(super) fn next_places(&self, now: Instant) -> Option<Action> {
        let due = self.places.to_save(now);
        due.then(|| self.offer(now, Store::Places))?
    }

    pub(super) fn scans_poll_at(&self, now: Instant) -> Option<Instant> {
        let scans = self.supplicants().filter_map(|s| s.scan.poll_at());
        let proven = |link: &&Link| self.network_priority(link).is_some();
        let proven = self.usable().filter(proven);
        let proven =
            proven.filter_map(|link| Some(self.supplicant(link.index)?.since + PROVEN_AFTER));
        let all = scans.chain(proven.filter(|at| *at > now));
        all.chain(self.places.poll_at()).min()
    }
}
