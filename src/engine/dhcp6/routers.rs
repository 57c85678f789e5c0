//! What the routers of one link told, while it holds; and the question for more.
//!
//! Addresses and routes out of advertisements are the kernel's. It asks for them when a
//! link comes up, and at no fail-over; and what it hands on to programs it tells once.
//! So we ask again whenever another adapter carries, or after a gap.
use crate::config::{DnsName, MAX_DNS};
use crate::engine::observed::Attachment;
use crate::wire::router::options;
use core::net::Ipv6Addr;
use heapless::Vec;

/// `MAX_RTR_SOLICITATIONS` and `RTR_SOLICITATION_INTERVAL` (RFC 4861, 10).
const QUESTIONS: u32 = 3;
const BETWEEN_MS: u64 = 4_000;

#[derive(Debug, Default)]
pub struct Routers {
    /// With the time at which each ceases to hold.
    servers: Vec<(Ipv6Addr, u64), MAX_DNS>,
    search: Vec<(DnsName, u64), MAX_DNS>,
    /// Questions that are left, and when the next one goes.
    asking: Option<(u32, u64)>,
    /// What carried when they were last asked.
    carrier: Option<Attachment>,
}

impl Routers {
    pub fn servers(&self) -> impl Iterator<Item = Ipv6Addr> {
        self.servers.iter().map(|(server, _)| *server)
    }
    pub fn search(&self) -> impl Iterator<Item = &DnsName> {
        self.search.iter().map(|(name, _)| name)
    }

    /// The options of an advertisement.
    pub fn hear(&mut self, now: u64, bytes: &[u8]) {
        self.asking = None;
        for told in options(bytes) {
            let until = match told.seconds {
                u32::MAX => u64::MAX,
                seconds => now + u64::from(seconds) * 1000,
            };
            // The last goes in front of those of before first.
            for server in told.servers.into_iter().rev() {
                keep(&mut self.servers, server, until);
            }
            for name in told.search.into_iter().rev() {
                keep(&mut self.search, name, until);
            }
        }
        self.tick(now);
    }

    /// What is over is forgotten.
    pub fn tick(&mut self, now: u64) {
        self.servers.retain(|(_, until)| *until > now);
        self.search.retain(|(_, until)| *until > now);
    }

    /// The link can be asked on, or not; a new adapter asks a few times, until somebody
    /// answers.
    pub fn set_ready(&mut self, now: u64, ready: bool, carrier: Option<Attachment>) {
        if !ready {
            // It may come back in another network; then its routers are asked anew.
            *self = Routers::default();
        } else if carrier.is_some() && carrier != self.carrier {
            self.carrier = carrier;
            self.asking = Some((QUESTIONS, now));
        }
    }

    /// What was told before may not hold any more.
    pub fn ask_again(&mut self, now: u64) {
        if self.carrier.is_some() {
            self.asking = Some((QUESTIONS, now));
        }
    }

    pub fn due(&self, now: u64) -> bool {
        self.asking.is_some_and(|(_, at)| now >= at)
    }

    pub fn asked(&mut self, now: u64) {
        self.asking = match self.asking {
            Some((left, _)) if left > 1 => Some((left - 1, now + BETWEEN_MS)),
            _ => None,
        };
    }

    pub fn poll_at(&self) -> Option<u64> {
        let servers = self.servers.iter().map(|(_, until)| *until);
        let search = self.search.iter().map(|(_, until)| *until);
        let ends = servers.chain(search).filter(|until| *until != u64::MAX);
        ends.chain(self.asking.map(|(_, at)| at)).min()
    }
}

/// A lifetime of 0 ends what was told before (RFC 8106, 5.1). What is new goes in front;
/// where there is no room, what ends first goes (6.2).
fn keep<T: PartialEq>(list: &mut Vec<(T, u64), MAX_DNS>, value: T, until: u64) {
    match list.iter_mut().find(|(old, _)| *old == value) {
        Some(entry) => entry.1 = until,
        None => {
            if list.is_full() {
                let ends = list.iter().map(|(_, until)| *until);
                let first = ends.enumerate().min_by_key(|(_, until)| *until);
                list.remove(first.map_or(0, |(place, _)| place));
            }
            let _ = list.insert(0, (value, until));
        }
    }
}
