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

/// Something that a router told.
#[derive(Debug)]
struct Told<T> {
    value: T,
    /// When it ceases to hold.
    until: u64,
    /// Told since the last change of the attachment; before, perhaps in another network.
    here: bool,
}

#[derive(Debug, Default)]
pub struct Routers {
    /// What was told here comes first.
    servers: Vec<Told<Ipv6Addr>, MAX_DNS>,
    search: Vec<Told<DnsName>, MAX_DNS>,
    /// Questions that are left, and when the next one goes.
    asking: Option<(u32, u64)>,
    /// What carried when they were last asked.
    carrier: Option<Attachment>,
}

impl Routers {
    pub fn servers(&self) -> impl Iterator<Item = Ipv6Addr> {
        self.servers.iter().map(|told| told.value)
    }
    pub fn search(&self) -> impl Iterator<Item = &DnsName> {
        self.search.iter().map(|told| &told.value)
    }

    /// The options of an advertisement.
    pub fn hear(&mut self, now: u64, bytes: &[u8]) {
        self.asking = None;
        for told in options(bytes) {
            let until = match told.seconds {
                u32::MAX => u64::MAX,
                seconds => now + u64::from(seconds) * 1000,
            };
            for server in told.servers {
                keep(&mut self.servers, server, until, now);
            }
            for name in told.search {
                keep(&mut self.search, name, until, now);
            }
        }
        self.tick(now);
    }

    /// What is over is forgotten.
    pub fn tick(&mut self, now: u64) {
        self.servers.retain(|told| told.until > now);
        self.search.retain(|told| told.until > now);
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
            for told in &mut self.servers {
                told.here = false;
            }
            for told in &mut self.search {
                told.here = false;
            }
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
        let servers = self.servers.iter().map(|told| told.until);
        let search = self.search.iter().map(|told| told.until);
        let ends = servers.chain(search).filter(|until| *until != u64::MAX);
        ends.chain(self.asking.map(|(_, at)| at)).min()
    }
}

/// A lifetime of 0 ends what was told before (RFC 8106, 5.1). What is new goes behind what
/// holds already, and where there is no room it is passed over, which differs from 6.2: any
/// neighbour can advertise, and must not be able to replace the servers of others again and
/// again. What was told before the last change of the attachment gives way.
fn keep<T: PartialEq>(list: &mut Vec<Told<T>, MAX_DNS>, value: T, until: u64, now: u64) {
    let known = list.iter().position(|told| told.value == value);
    if let Some(place) = known {
        if list[place].here || until <= now {
            list[place].until = until;
            return;
        }
        list.remove(place);
    }
    if until <= now {
        return;
    }
    if list.is_full() && list.last().is_some_and(|told| !told.here) {
        list.pop();
    }
    let behind = list.iter().take_while(|told| told.here).count();
    let here = true;
    let _ = list.insert(behind, Told { value, until, here });
}
