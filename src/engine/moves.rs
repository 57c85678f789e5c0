//! When another adapter carries a link's traffic, its neighbours are told by us: the kernel
//! does so at the bond's next look at its members, and not at all after a time without
//! any member (field measurement: up to 8.8 s of silence).
//!
//! Addresses of DHCPv4 leases have their own words: see [`super::dhcp4`].
use super::action::Action;
use super::dhcp4::MAX_CLIENTS;
use super::observed::{Attachment, Index, OUR_PROTOCOL};
use super::{Engine, address};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use heapless::Vec;

/// Said at once, and once more: the first may be lost while the access point learns.
const WORDS: u32 = 2;
const BETWEEN_MS: u64 = 1_000;

#[derive(Debug)]
pub(super) struct Move {
    link: Index,
    carrier: Attachment,
    left: u32,
    at: u64,
}

impl Engine {
    pub(super) fn update_moves(&mut self, now: u64) {
        let mut carried: Vec<(Index, Option<Attachment>), MAX_CLIENTS> = Vec::new();
        for part in address::all(self).filter(|part| part.ready) {
            let _ = carried.push((part.link.index, part.carrier));
        }
        self.moves
            .retain(|m| carried.iter().any(|(link, _)| *link == m.link));
        for (link, carrier) in carried {
            // In the middle of a fail-over nobody carries.
            let Some(carrier) = carrier else {
                continue;
            };
            let known = self.moves.iter().position(|m| m.link == link);
            if known.is_some_and(|place| self.moves[place].carrier == carrier) {
                continue;
            }
            self.moves.retain(|m| m.link != link);
            let _ = self.moves.push(Move {
                link,
                carrier,
                left: WORDS,
                at: now,
            });
        }
    }

    pub(super) fn moves_poll_at(&self, now: u64) -> Option<u64> {
        let due = self.moves.iter().filter(|m| m.left > 0).map(|m| m.at);
        due.filter(|at| *at > now).min()
    }

    pub(super) fn move_said(&mut self, now: u64, link: Index) {
        for m in self.moves.iter_mut().filter(|m| m.link == link) {
            m.left = m.left.saturating_sub(1);
            m.at = now + BETWEEN_MS;
        }
    }

    /// The addresses of a link that the neighbours are told of.
    pub fn moved(&self, link: Index) -> impl Iterator<Item = IpAddr> {
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

    pub fn moved4(&self, link: Index) -> impl Iterator<Item = Ipv4Addr> {
        self.moved(link).filter_map(|address| match address {
            IpAddr::V4(v4) => Some(v4),
            IpAddr::V6(_) => None,
        })
    }

    pub fn moved6(&self, link: Index) -> impl Iterator<Item = Ipv6Addr> {
        self.moved(link).filter_map(|address| match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => Some(v6),
        })
    }
}

pub(super) fn next(engine: &Engine, now: u64) -> Option<Action> {
    let due = |m: &&Move| m.left > 0 && now >= m.at;
    let link = engine.moves.iter().find(due)?.link;
    engine.offer_any(now, Action::SayMoved { link })
}
