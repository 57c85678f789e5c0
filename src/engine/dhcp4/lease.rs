//! A lease: what an ACK gives us, checked, and how long it is ours.
use crate::config::{DnsName, IpNet, MAX_DNS, MAX_ROUTES, Route};
use crate::wire::dhcp4::{Reply, class_prefix};
use core::net::{IpAddr, Ipv4Addr};
use heapless::Vec;

/// An ACK that is kept to be stored; longer ones are used, but forgotten at a restart.
pub const MAX_ACK: usize = 1024;
/// Without a word about it. Servers must send it (RFC 2131, table 3); some do not.
const UNSAID_S: u32 = 3600;
/// Shorter leases than this are taken for so long, or we would do nothing but ask.
const SHORTEST_S: u32 = 10;
/// Sizes of packets that are believed: what every host must take (RFC 791, 3.1), up to what
/// Ethernet and Wi-Fi carry.
const MTU: core::ops::RangeInclusive<u16> = 576..=1500;
/// Nobody is asked to renew earlier than this, whatever a server says.
const SOONEST_S: u64 = 5;
/// No end (RFC 2131, 3.3).
const INFINITE: u32 = u32::MAX;

/// Routes that follow from a lease: its own and the default, each with the way to a router
/// outside.
pub const MAX_LEASE_ROUTES: usize = 2 * (MAX_ROUTES + 1);

/// Times are milliseconds since boot; `u64::MAX`: never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub net: IpNet,
    pub server: Option<Ipv4Addr>,
    routers: Vec<Ipv4Addr, 2>,
    routes: Vec<(IpNet, Ipv4Addr), MAX_ROUTES>,
    /// Routes that the server gave beyond what there is room for.
    pub routes_dropped: u8,
    classless: bool,
    pub dns: Vec<Ipv4Addr, MAX_DNS>,
    pub search: Vec<DnsName, MAX_DNS>,
    pub time_servers: Vec<Ipv4Addr, MAX_DNS>,
    pub mtu: Option<u16>,
    /// When it was asked for: its time counts from then (RFC 2131, 4.4.1).
    pub obtained: u64,
    pub renew: u64,
    pub rebind: u64,
    pub until: u64,
    /// The ACK itself, to be stored.
    pub ack: Vec<u8, MAX_ACK>,
}

impl Lease {
    /// `None`: it gives no address.
    pub fn new(reply: &Reply, ack: &[u8], obtained: u64) -> Option<Self> {
        let address = reply.address?;
        let seconds = reply.lease_s.unwrap_or(UNSAID_S).max(SHORTEST_S);
        let at = |seconds: u64| obtained.saturating_add(seconds.saturating_mul(1000));
        let (renew, rebind, until) = match seconds {
            INFINITE => (u64::MAX, u64::MAX, u64::MAX),
            seconds => {
                let whole = u64::from(seconds);
                // RFC 2131, 4.4.5; and T1 < T2 < the end, whatever a server says.
                let rebind = reply.rebind_s.map(u64::from);
                let rebind = rebind.filter(|s| (SOONEST_S..whole).contains(s));
                let rebind = rebind.unwrap_or(whole * 7 / 8);
                let renew = reply.renew_s.map(u64::from);
                let renew = renew
                    .filter(|s| (SOONEST_S..rebind).contains(s))
                    .unwrap_or((whole / 2).min(rebind));
                (at(renew), at(rebind), at(whole))
            }
        };
        Some(Lease {
            net: IpNet {
                address: IpAddr::V4(address),
                prefix: reply.prefix.unwrap_or(class_prefix(address)),
            },
            server: reply.server,
            routers: reply.routers.clone(),
            routes: reply.routes.clone(),
            routes_dropped: reply.routes_dropped,
            classless: reply.classless,
            dns: reply.dns.clone(),
            search: reply.search.clone(),
            time_servers: reply.time_servers.clone(),
            mtu: reply.mtu.filter(|mtu| MTU.contains(mtu)),
            obtained,
            renew,
            rebind,
            until,
            ack: Vec::from_slice(ack).unwrap_or_default(),
        })
    }

    pub fn address(&self) -> Ipv4Addr {
        match self.net.address {
            IpAddr::V4(v4) => v4,
            // Never made so.
            IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
        }
    }

    /// The same address from the same server, however long: nothing to write to a card.
    pub fn is_like(&self, other: &Lease) -> bool {
        self.net == other.net && self.server == other.server
    }

    /// RFC 3442: with classless routes neither routers nor static routes count.
    pub fn routes(&self, metric: u32) -> Vec<Route, MAX_LEASE_ROUTES> {
        let mut list = Vec::new();
        // It goes with the routes: nothing of the link itself is changed.
        let mtu = self.mtu.map(u32::from);
        let default = IpNet {
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            prefix: 0,
        };
        let router = self.routers.first().filter(|_| !self.classless);
        let router = router.map(|router| (default, *router));
        for (to, via) in self.routes.iter().copied().chain(router) {
            if list.iter().any(|r: &Route| r.to == to) {
                continue;
            }
            let via = Some(via).filter(|via| !via.is_unspecified());
            if let Some(via) = via
                && !self.is_near(via)
                && !list.iter().any(|r: &Route| r.to == host(via))
            {
                let _ = list.push(Route {
                    mtu,
                    ..Route::new(host(via), None, metric)
                });
            }
            let _ = list.push(Route {
                mtu,
                ..Route::new(to, via.map(IpAddr::V4), metric)
            });
        }
        list
    }

    /// On the lease's own subnet, or reached by an on-link route of it.
    fn is_near(&self, via: Ipv4Addr) -> bool {
        let within = |net: &IpNet| match net.address {
            IpAddr::V4(v4) => {
                let hosts = u32::MAX.checked_shr(u32::from(net.prefix)).unwrap_or(0);
                (v4.to_bits() ^ via.to_bits()) & !hosts == 0
            }
            IpAddr::V6(_) => false,
        };
        let on_link = |(to, router): &(IpNet, Ipv4Addr)| router.is_unspecified() && within(to);
        within(&self.net) || self.routes.iter().any(on_link)
    }
}

fn host(address: Ipv4Addr) -> IpNet {
    IpNet {
        address: IpAddr::V4(address),
        prefix: 32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Mac;
    use crate::wire::dhcp4::Kind;

    fn times(lease_s: u32, renew_s: Option<u32>, rebind_s: Option<u32>) -> (u64, u64, u64) {
        let reply = Reply {
            kind: Kind::Ack,
            xid: 1,
            mac: Mac::default(),
            address: Some(Ipv4Addr::new(10, 0, 0, 5)),
            server: None,
            prefix: None,
            routers: Vec::new(),
            routes: Vec::new(),
            routes_dropped: 0,
            classless: false,
            dns: Vec::new(),
            search: Vec::new(),
            time_servers: Vec::new(),
            mtu: None,
            lease_s: Some(lease_s),
            renew_s,
            rebind_s,
            rapid_commit: false,
        };
        let lease = Lease::new(&reply, &[], 0).expect("a lease");
        (lease.renew / 1000, lease.rebind / 1000, lease.until / 1000)
    }

    /// Half, seven eighths, the end (RFC 2131, 4.4.5), unless the server says what makes
    /// sense; never a storm.
    #[test]
    fn times_of_a_lease() {
        assert_eq!(times(3600, None, None), (1800, 3150, 3600));
        assert_eq!(times(3600, Some(600), Some(3000)), (600, 3000, 3600));
        for odd in [0, 1, 3600, u32::MAX] {
            assert_eq!(
                times(3600, Some(odd), Some(odd)),
                (1800, 3150, 3600),
                "{odd}"
            );
        }
        assert_eq!(times(3600, None, Some(1000)), (1000, 1000, 3600));
        assert_eq!(times(0, Some(0), Some(0)), (5, 8, 10));
        let never = u64::MAX / 1000;
        assert_eq!(times(u32::MAX, Some(5), Some(9)), (never, never, never));
    }
}
