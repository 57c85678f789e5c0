//! A lease: what a Reply gives us, checked, and how long it is ours.
use super::Addresses;
use crate::config::IpNet;
use crate::engine::dhcp::MAX_KEPT;
use crate::engine::time::{Instant, Seconds};
use crate::wire::dhcp6::{Leased, MAX_LEASED, Reply};
use core::net::{IpAddr, Ipv6Addr};
use heapless::Vec;

/// No end (RFC 8415, 7.7).
const INFINITE: u32 = u32::MAX;
/// Without an association, by default and at least (RFC 8415, 21.23).
const REFRESH_S: u32 = 86_400;
const LEAST_REFRESH_S: u32 = 600;
/// Renewals of leases shorter than this would be all we do.
const SHORTEST_S: u32 = 10;
/// The lowest T1 and T2 that are taken from a server, in seconds.
const SOONEST_S: u32 = 5;

/// An address that is ours for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// As it was lent.
    pub address: Ipv6Addr,
    /// Until then new connections may use it.
    pub preferred: Instant,
    /// Its end.
    pub until: Instant,
}

impl Held {
    /// No more than the address itself: which prefixes are on the link only routers
    /// advertise (RFC 5942, 4).
    pub fn net(&self) -> IpNet {
        IpNet {
            address: IpAddr::V6(self.address),
            prefix: 128,
        }
    }
}

/// What a server's Reply gives, with an association or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The Reply: every option that it holds.
    pub reply: Reply,
    /// Empty: options alone.
    pub held: Vec<Held, MAX_LEASED>,
    /// When it was asked for, or, where nothing was lent, when it was received.
    pub obtained: Instant,
    /// T1: when its server is asked again.
    pub renew: Instant,
    /// T2: when any server is.
    pub rebind: Instant,
    /// The end of the last address; never, where there is none.
    pub until: Instant,
    /// The Reply's octets, to be stored; empty: more than [`MAX_KEPT`].
    pub message: Vec<u8, MAX_KEPT>,
}

fn at(obtained: Instant, seconds: u32) -> Instant {
    match seconds {
        INFINITE => Instant::NEVER,
        seconds => obtained + Seconds(seconds.into()),
    }
}

impl Lease {
    /// `None`: it lends no address.
    pub fn new(reply: &Reply, message: &[u8], obtained: Instant) -> Option<Self> {
        let offered = reply.association.as_ref()?;
        let lent = |leased: &&Leased| leased.valid_s > 0;
        let held = offered.addresses.iter().filter(lent).map(|leased| Held {
            address: leased.address,
            preferred: at(obtained, leased.preferred_s),
            until: at(obtained, leased.valid_s.max(SHORTEST_S)),
        });
        let held: Vec<Held, MAX_LEASED> = held.collect();
        let shortest = offered.addresses.iter().filter(lent).map(|leased| {
            match leased.preferred_s {
                0 => leased.valid_s,
                preferred => preferred,
            }
            .max(SHORTEST_S)
        });
        let shortest = shortest.min()?;
        let until = held.iter().map(|held| held.until).max()?;
        let (renew, rebind) = match (offered.renew_s, offered.rebind_s, shortest) {
            (0, 0, INFINITE) => (INFINITE, INFINITE),
            // RFC 8415, 21.4: half and four fifths, where the server leaves it to us; T1 no
            // later than T2, T2 before the end.
            (renew, rebind, shortest) => {
                let part = |n: u32| (u64::from(shortest) * u64::from(n) / 10) as u32;
                let rebind = Some(rebind).filter(|s| (SOONEST_S..=shortest).contains(s));
                let rebind = rebind.unwrap_or(part(8));
                let renew = Some(renew).filter(|s| (SOONEST_S..=rebind).contains(s));
                (renew.unwrap_or(part(5).min(rebind)), rebind)
            }
        };
        Some(Lease {
            held,
            renew: at(obtained, renew),
            rebind: at(obtained, rebind),
            until,
            ..Lease::stateless(reply, message, obtained)
        })
    }

    /// Options without an association (RFC 8415, 18.2.6).
    pub fn stateless(reply: &Reply, message: &[u8], obtained: Instant) -> Self {
        let refresh = reply.refresh_s.unwrap_or(REFRESH_S).max(LEAST_REFRESH_S);
        Lease {
            reply: reply.clone(),
            held: Vec::new(),
            obtained,
            renew: at(obtained, refresh),
            rebind: Instant::NEVER,
            until: Instant::NEVER,
            message: Vec::from_slice(message).unwrap_or_default(),
        }
    }

    /// The addresses lent.
    pub fn addresses(&self) -> Addresses {
        self.held.iter().map(|held| held.address).collect()
    }

    /// Is this an address lent?
    pub fn has(&self, net: IpNet) -> bool {
        self.held.iter().any(|held| held.net() == net)
    }
}
