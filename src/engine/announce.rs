//! When another adapter carries a link's traffic, its addresses are announced to the neighbours
//! from here: the kernel does so when the bond next checks its members, and not at all after a
//! time without any member (field measurement: up to 8.8 s of silence).
//!
//! Addresses of DHCPv4 leases have announcements of their own: see [`super::dhcp`].
use super::contract::action::{Action, Packet};
use super::dhcp::MAX_CLIENTS;
use super::observed::{Attachment, Index, OUR_PROTOCOL};
use super::time::{Instant, Millis};
use super::{Engine, address};
use core::net::IpAddr;
use heapless::Vec;

/// At once, and once more: the first may be lost while the access point learns.
const TIMES: u32 = 2;
const BETWEEN: Millis = Millis(1_000);
/// Addresses that come later than this are not announced: no neighbour knew them elsewhere.
const BEGUN_WITHIN: Millis = Millis(2_000);

/// What is still to be sent for one link.
#[derive(Debug)]
pub struct Announcement {
    /// The adapter that carries the link's traffic since, and its join.
    attachment: Attachment,
    left: u32,
    at: Instant,
    /// Addresses of this round that have been announced.
    announced: usize,
}

impl Announcement {
    /// So many addresses are to be announced: the round ends with the last one.
    fn end_round(&mut self, now: Instant, addresses: usize) {
        if self.announced > 0 && self.announced >= addresses {
            self.announced = 0;
            self.left = self.left.saturating_sub(1);
            self.at = now + BETWEEN;
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        let begun = self.left < TIMES || self.announced > 0;
        self.left > 0 && now >= self.at && (begun || now < self.at + BEGUN_WITHIN)
    }
}

impl Engine {
    pub(super) fn update_announcements(&mut self, now: Instant) {
        let mut carried: Vec<(Index, Option<Attachment>), MAX_CLIENTS> = Vec::new();
        for part in address::all(self).filter(|part| part.ready) {
            let _ = carried.push((part.link.index, part.attachment));
        }
        for interface in self.interfaces.iter_mut() {
            if !carried.iter().any(|(link, _)| *link == interface.index) {
                interface.announcement = None;
            }
        }
        for (link, attachment) in carried {
            // During a fail-over no adapter carries the traffic.
            let (Some(attachment), Some(interface)) = (attachment, self.interfaces.entry(link))
            else {
                continue;
            };
            let known = interface.announcement.as_ref();
            if known.is_none_or(|known| known.attachment != attachment) {
                interface.announcement = Some(Announcement {
                    attachment,
                    left: TIMES,
                    at: now,
                    announced: 0,
                });
            }
            // One of them may have gone in the middle of a round.
            self.end_round(now, link);
        }
    }

    fn end_round(&mut self, now: Instant, link: Index) {
        let addresses = self.announced_addresses(link).count();
        let interface = self.interfaces.get_mut(link);
        if let Some(known) = interface.and_then(|i| i.announcement.as_mut()) {
            known.end_round(now, addresses);
        }
    }

    pub(super) fn announcements_poll_at(&self, now: Instant) -> Option<Instant> {
        let known = self
            .interfaces
            .iter()
            .filter_map(|i| i.announcement.as_ref());
        let due = known.filter(|known| known.left > 0).map(|known| known.at);
        due.filter(|at| *at > now).min()
    }

    /// The next address, or the next round.
    pub(super) fn announced(&mut self, now: Instant, link: Index) {
        let interface = self.interfaces.get_mut(link);
        if let Some(known) = interface.and_then(|i| i.announcement.as_mut()) {
            known.announced += 1;
        }
        self.end_round(now, link);
    }

    /// The addresses of a link that are announced to the neighbours.
    pub(super) fn announced_addresses(&self, link: Index) -> impl Iterator<Item = IpAddr> {
        let name = self.observed.link(link).map(|link| &link.name);
        let lease = name.and_then(|name| self.dhcp4(name)?.lease());
        let addresses = self.observed.addresses_of(link);
        let usable = addresses.filter(move |a| match a.net.address {
            IpAddr::V4(_) => {
                a.protocol == OUR_PROTOCOL && lease.is_none_or(|lease| lease.net != a.net)
            }
            IpAddr::V6(_) => !a.tentative && !a.duplicate,
        });
        usable.map(|a| a.net.address)
    }
}

pub(super) fn next(engine: &Engine, now: Instant) -> Option<Action> {
    let mut interfaces = engine.interfaces.iter();
    interfaces.find_map(|one| {
        let known = one
            .announcement
            .as_ref()
            .filter(|known| known.is_due(now))?;
        let mut addresses = engine.announced_addresses(one.index);
        let address = addresses.nth(known.announced)?;
        let packet = Packet::Announcement { address };
        engine.offer(now, engine.packet(one.index, packet)?)
    })
}
