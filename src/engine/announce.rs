//! When another adapter carries a link's traffic, its addresses are announced to the neighbours
//! from here: the kernel does so at the bond's next look at its members, and not at all after a
//! time without any member (field measurement: up to 8.8 s of silence).
//!
//! Addresses of DHCPv4 leases have announcements of their own: see [`super::dhcp4`].
use super::contract::action::Action;
use super::dhcp4::MAX_CLIENTS;
use super::observed::{Attachment, Index, OUR_PROTOCOL};
use super::{Engine, address};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use heapless::Vec;

/// At once, and once more: the first may be lost while the access point learns.
const TIMES: u32 = 2;
const BETWEEN_MS: u64 = 1_000;

/// What is still to be sent for one link.
#[derive(Debug)]
pub struct Announcement {
    /// What carries the link's traffic since.
    carrier: Attachment,
    left: u32,
    at: u64,
}

impl Engine {
    pub(super) fn update_announcements(&mut self, now: u64) {
        let mut carried: Vec<(Index, Option<Attachment>), MAX_CLIENTS> = Vec::new();
        for part in address::all(self).filter(|part| part.ready) {
            let _ = carried.push((part.link.index, part.carrier));
        }
        for interface in self.interfaces.iter_mut() {
            if !carried.iter().any(|(link, _)| *link == interface.index) {
                interface.announcement = None;
            }
        }
        for (link, carrier) in carried {
            // In the middle of a fail-over nobody carries.
            let (Some(carrier), Some(interface)) = (carrier, self.interfaces.entry(link)) else {
                continue;
            };
            let known = interface.announcement.as_ref();
            if known.is_none_or(|known| known.carrier != carrier) {
                interface.announcement = Some(Announcement {
                    carrier,
                    left: TIMES,
                    at: now,
                });
            }
        }
    }

    pub(super) fn announcements_poll_at(&self, now: u64) -> Option<u64> {
        let known = self
            .interfaces
            .iter()
            .filter_map(|i| i.announcement.as_ref());
        let due = known.filter(|known| known.left > 0).map(|known| known.at);
        due.filter(|at| *at > now).min()
    }

    pub(super) fn announced(&mut self, now: u64, link: Index) {
        let interface = self.interfaces.get_mut(link);
        if let Some(known) = interface.and_then(|i| i.announcement.as_mut()) {
            known.left = known.left.saturating_sub(1);
            known.at = now + BETWEEN_MS;
        }
    }

    /// The addresses of a link that the neighbours are told of.
    pub fn announced_addresses(&self, link: Index) -> impl Iterator<Item = IpAddr> {
        let name = self.observed.link(link).map(|link| &link.name);
        let lease = name.and_then(|name| self.dhcp4(name)?.lease.as_ref());
        let addresses = self.observed.addresses_of(link);
        let usable = addresses.filter(move |a| match a.net.address {
            IpAddr::V4(_) => {
                a.protocol == OUR_PROTOCOL && lease.is_none_or(|lease| lease.net != a.net)
            }
            IpAddr::V6(_) => !a.tentative && !a.duplicate,
        });
        usable.map(|a| a.net.address)
    }

    pub fn announced4(&self, link: Index) -> impl Iterator<Item = Ipv4Addr> {
        self.announced_addresses(link)
            .filter_map(|address| match address {
                IpAddr::V4(v4) => Some(v4),
                IpAddr::V6(_) => None,
            })
    }

    pub fn announced6(&self, link: Index) -> impl Iterator<Item = Ipv6Addr> {
        self.announced_addresses(link)
            .filter_map(|address| match address {
                IpAddr::V4(_) => None,
                IpAddr::V6(v6) => Some(v6),
            })
    }
}

pub(super) fn next(engine: &Engine, now: u64) -> Option<Action> {
    let due = |known: &Announcement| known.left > 0 && now >= known.at;
    let mut interfaces = engine.interfaces.iter();
    let link = interfaces
        .find(|one| one.announcement.as_ref().is_some_and(due))?
        .index;
    engine.offer_any(now, Action::AnnounceAddresses { link })
}
