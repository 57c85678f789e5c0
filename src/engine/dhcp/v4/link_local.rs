//! An IPv4 address that nobody has given (RFC 3927), for a link on which no server gives one: a
//! laptop at the other end of the cable then reaches this machine.
use super::acd::{Acd, Claim, Course};
use crate::config::{IpNet, Mac};
use crate::engine::dhcp::Change;
use crate::engine::random::Random;
use crate::engine::time::{Instant, Millis};
use core::net::Ipv4Addr;

/// 169.254.0.0/16 (RFC 3927, 2.1).
const PREFIX: u8 = 16;
/// `PROBE_WAIT` (RFC 3927, 9): at most so long before the first probe.
const WAIT: u64 = 1_000;
/// `MAX_CONFLICTS` and `RATE_LIMIT_INTERVAL` (RFC 3927, 9).
const MAX_CONFLICTS: u64 = 10;
const RATE_LIMIT: Millis = Millis(60_000);

/// The address, and how far its claim is.
#[derive(Debug)]
pub struct LinkLocal {
    /// In 169.254.1.0 to 169.254.254.255.
    pub address: Ipv4Addr,
    pub(super) acd: Acd,
    mac: Mac,
    conflicts: u64,
    in_use: bool,
}

/// The choice of a station after so many conflicts: the same each time (RFC 3927, 2.1).
fn choice(mac: Mac, conflicts: u64) -> Ipv4Addr {
    let [a, b, c, d, e, f] = mac.0;
    let mac = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    // The first and the last 256 addresses are reserved.
    let host = Random::new(mac).draw().wrapping_add(conflicts * 7_919) % (254 * 256) + 256;
    Ipv4Addr::from_bits(0xa9fe_0000 | host as u32)
}

impl LinkLocal {
    /// For the station of this address. One that the kernel has already, `is_there`, stays in use.
    pub fn new(
        now: Instant,
        mac: Mac,
        is_there: &dyn Fn(IpNet) -> bool,
        random: &mut Random,
    ) -> Self {
        let address = choice(mac, 0);
        let mut own = LinkLocal {
            address,
            acd: Acd::new(now + Millis(random.draw() % WAIT), Course::Unused),
            mac,
            conflicts: 0,
            in_use: false,
        };
        if is_there(own.as_net()) {
            own.in_use = true;
            own.acd = Acd::new(now, Course::Moved);
        }
        own
    }

    fn as_net(&self) -> IpNet {
        IpNet {
            address: self.address.into(),
            prefix: PREFIX,
        }
    }

    /// The address with its prefix, once it may be used.
    pub fn net(&self) -> Option<IpNet> {
        self.in_use.then(|| self.as_net())
    }

    /// `true`: it may be used from now on.
    pub fn tick(&mut self, now: Instant) -> bool {
        let begins = !self.in_use && self.acd.is_probed(now);
        self.in_use |= begins;
        begins
    }

    /// When [`tick`](Self::tick) has something to do that no packet announces.
    pub fn poll_at(&self) -> Option<Instant> {
        let announces = self.acd.next().filter(|_| !self.in_use);
        announces.map(|(at, _)| at)
    }

    /// Another host has this address.
    pub(super) fn claimed(&mut self, now: Instant, address: Ipv4Addr) -> Change {
        if address != self.address {
            return Change::Nothing;
        }
        match self.acd.claimed(now) {
            Claim::Defended => Change::Defended,
            Claim::Lost => {
                self.conflicts += 1;
                let pause = match self.conflicts < MAX_CONFLICTS {
                    true => Millis(0),
                    false => RATE_LIMIT,
                };
                self.in_use = false;
                self.address = choice(self.mac, self.conflicts);
                self.acd = Acd::new(now + pause, Course::Unused);
                Change::Nothing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_in_the_range_and_differ() {
        let mut seen = std::collections::BTreeSet::new();
        for mac in 0..50 {
            for conflicts in 0..50 {
                let address = choice(Mac([2, 0, 0, 0, 0, mac]), conflicts);
                let [a, b, c, _] = address.octets();
                assert!((a, b) == (169, 254) && (1..=254).contains(&c), "{address}");
                seen.insert(address);
            }
        }
        assert!(seen.len() > 2_300, "{}", seen.len());
    }

    /// `Random` is seeded by the hardware address alone.
    #[test]
    fn a_station_chooses_the_same_again() {
        let mac = Mac([0xb8, 0x27, 0xeb, 0x12, 0x34, 0x56]);
        assert_eq!(choice(mac, 0), choice(mac, 0));
        assert_ne!(choice(mac, 0), choice(mac, 1));
    }
}
