//! A lease: what a Reply gives us, checked, and how long it is ours.
use crate::config::{DnsName, IpNet, MAX_DNS};
use crate::wire::dhcp6::{Leased, MAX_LEASED, Reply, ServerId};
use core::net::{IpAddr, Ipv6Addr};
use heapless::Vec;

/// A Reply that is kept to be stored; longer ones are used, but forgotten at a restart.
pub const MAX_REPLY: usize = 768;
/// No end (RFC 8415, 7.7).
const INFINITE: u32 = u32::MAX;
/// Without an association, by default and at least (RFC 8415, 21.23).
const REFRESH_S: u32 = 86_400;
const LEAST_REFRESH_S: u32 = 600;
/// Renewals of leases shorter than this would be all we do.
const SHORTEST_S: u32 = 10;
/// Nobody is asked to renew earlier than this, whatever a server says.
const SOONEST_S: u32 = 5;

/// An address that is ours for a while. Times are milliseconds since boot; `u64::MAX`: never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub address: Ipv6Addr,
    /// Until then new connections may use it.
    pub preferred: u64,
    pub until: u64,
}

impl Held {
    /// No more than the address itself: which neighbours share its network only routers
    /// say (RFC 5942, 4).
    pub fn net(&self) -> IpNet {
        IpNet {
            address: IpAddr::V6(self.address),
            prefix: 128,
        }
    }
}

/// What a server told, with an association or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub server: ServerId,
    /// Empty: it told and lent nothing.
    pub held: Vec<Held, MAX_LEASED>,
    pub dns: Vec<Ipv6Addr, MAX_DNS>,
    pub search: Vec<DnsName, MAX_DNS>,
    pub time_servers: Vec<Ipv6Addr, MAX_DNS>,
    pub obtained: u64,
    /// When to ask again: the server, and any.
    pub renew: u64,
    pub rebind: u64,
    /// The end of the last address; never, where there is none.
    pub until: u64,
    /// The Reply itself, to be stored.
    pub reply: Vec<u8, MAX_REPLY>,
}

fn at(obtained: u64, seconds: u32) -> u64 {
    match seconds {
        INFINITE => u64::MAX,
        seconds => obtained.saturating_add(u64::from(seconds) * 1000),
    }
}

impl Lease {
    /// `None`: it lends no address.
    pub fn new(reply: &Reply, bytes: &[u8], obtained: u64) -> Option<Self> {
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
            ..Lease::told(reply, bytes, obtained)
        })
    }

    /// What a server told without an association.
    pub fn told(reply: &Reply, bytes: &[u8], obtained: u64) -> Self {
        let refresh = reply.refresh_s.unwrap_or(REFRESH_S).max(LEAST_REFRESH_S);
        Lease {
            server: reply.server.clone(),
            held: Vec::new(),
            dns: reply.dns.clone(),
            search: reply.search.clone(),
            time_servers: reply.time_servers.clone(),
            obtained,
            renew: at(obtained, refresh),
            rebind: u64::MAX,
            until: u64::MAX,
            reply: Vec::from_slice(bytes).unwrap_or_default(),
        }
    }

    pub fn addresses(&self) -> Vec<Ipv6Addr, MAX_LEASED> {
        self.held.iter().map(|held| held.address).collect()
    }

    pub fn has(&self, net: IpNet) -> bool {
        self.held.iter().any(|held| held.net() == net)
    }
}
