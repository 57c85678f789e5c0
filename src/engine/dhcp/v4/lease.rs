//! A lease: what an ACK gives us, checked, and how long it is ours.
use crate::config::{IpNet, MAX_ROUTES, Route};
use crate::engine::dhcp::MAX_KEPT;
use crate::engine::time::{Instant, Seconds};
use crate::wire::dhcp4::{Reply, class_prefix};
use core::net::{IpAddr, Ipv4Addr};
use heapless::Vec;

/// The lease time where option 51 is missing. Servers must send it (RFC 2131, table 3); some do not.
const DEFAULT_S: u32 = 3600;
/// Shorter leases than this are taken for so long, or we would do nothing but ask.
const SHORTEST_S: u32 = 10;
/// MTUs that are accepted: what every host must take (RFC 791, 3.1), up to that of
/// Ethernet and Wi-Fi.
const MTU: core::ops::RangeInclusive<u16> = 576..=1500;
/// The lowest T1 and T2 that are taken from a server, in seconds.
const SOONEST_S: u64 = 5;
/// No end (RFC 2131, 3.3).
const INFINITE: u32 = u32::MAX;

/// Routes that follow from a lease: its own and the default, each with the way to a router
/// outside.
pub const MAX_LEASE_ROUTES: usize = 2 * (MAX_ROUTES + 1);

/// An address that is leased, and all options that came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The address, with the length of its subnet's prefix.
    pub net: IpNet,
    /// The ACK: every option that it holds.
    pub reply: Reply,
    /// When it was asked for: its time counts from then (RFC 2131, 4.4.1).
    pub obtained: Instant,
    /// T1: when its server is asked to extend it.
    pub renew: Instant,
    /// T2: when any server is.
    pub rebind: Instant,
    /// Its end.
    pub until: Instant,
    /// The ACK's octets, to be stored; empty: more than [`MAX_KEPT`].
    pub message: Vec<u8, MAX_KEPT>,
}

/// T1, T2 and the end (RFC 2131, 4.4.5); T1 <= T2 < the end, whatever the server sent.
fn deadlines(
    obtained: Instant,
    lease_s: Option<u32>,
    renew_s: Option<u32>,
    rebind_s: Option<u32>,
) -> [Instant; 3] {
    let whole = lease_s.unwrap_or(DEFAULT_S).max(SHORTEST_S);
    if whole == INFINITE {
        return [Instant::NEVER; 3];
    }
    let whole = u64::from(whole);
    let within = |sent: Option<u32>, end| {
        let sent = sent.map(u64::from);
        sent.filter(|seconds| (SOONEST_S..end).contains(seconds))
    };
    let rebind = within(rebind_s, whole).unwrap_or(whole * 7 / 8);
    let renew = within(renew_s, rebind).unwrap_or((whole / 2).min(rebind));
    [renew, rebind, whole].map(|seconds| obtained + Seconds(seconds))
}

impl Lease {
    /// `None`: it gives no address.
    pub fn new(reply: &Reply, message: &[u8], obtained: Instant) -> Option<Self> {
        let address = reply.address?;
        let [renew, rebind, until] =
            deadlines(obtained, reply.lease_s, reply.renew_s, reply.rebind_s);
        Some(Lease {
            net: IpNet {
                address: IpAddr::V4(address),
                prefix: reply.prefix.unwrap_or(class_prefix(address)),
            },
            reply: reply.clone(),
            obtained,
            renew,
            rebind,
            until,
            message: Vec::from_slice(message).unwrap_or_default(),
        })
    }

    /// The address alone.
    pub fn address(&self) -> Ipv4Addr {
        match self.net.address {
            IpAddr::V4(v4) => v4,
            // Never made so.
            IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
        }
    }

    /// RFC 3442: with classless routes neither routers nor static routes count.
    pub fn routes(&self, metric: u32) -> Vec<Route, MAX_LEASE_ROUTES> {
        let mut list = Vec::new();
        // It goes with the routes: nothing of the link itself is changed.
        let mtu = self
            .reply
            .mtu
            .filter(|mtu| MTU.contains(mtu))
            .map(u32::from);
        let default = IpNet {
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            prefix: 0,
        };
        let router = self.reply.routers.first().filter(|_| !self.reply.classless);
        let router = router.map(|router| (default, *router));
        for (to, via) in self.reply.routes.iter().copied().chain(router) {
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
        within(&self.net) || self.reply.routes.iter().any(on_link)
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

    fn times(lease_s: u32, renew_s: Option<u32>, rebind_s: Option<u32>) -> (u64, u64, u64) {
        let times = deadlines(Instant::ZERO, Some(lease_s), renew_s, rebind_s);
        times.map(|at| at.as_ms() / 1000).into()
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
