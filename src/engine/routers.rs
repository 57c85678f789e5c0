//! The options that the routers of each link advertise, while they are valid, and Router
//! Solicitations (RFC 8106; RFC 4861, 6.3.7).
//!
//! Addresses and routes out of advertisements are the kernel's. It solicits them when a
//! link comes up, and at no fail-over; and it passes each option on to programs once. So we
//! solicit again whenever another adapter carries the traffic, or after a gap.
use super::contract::action::{Action, Packet};
use super::observed::{Attachment, Index};
use super::time::{Instant, Millis, Seconds};
use super::{Engine, address, dhcp};
use crate::config::{DnsName, Ipv6Mode, MAX_DNS};
use crate::wire::router::options;
use core::net::Ipv6Addr;
use heapless::Vec;

/// `MAX_RTR_SOLICITATIONS` and `RTR_SOLICITATION_INTERVAL` (RFC 4861, 10).
const QUESTIONS: u32 = 3;
const BETWEEN: Millis = Millis(4_000);

/// An option that a router advertised.
#[derive(Debug)]
struct Advertised<T> {
    value: T,
    /// The end of its lifetime.
    until: Instant,
    /// Received since the last change of the attachment; before, perhaps in another network.
    here: bool,
}

/// The routers of one link.
#[derive(Debug, Default)]
pub struct Routers {
    /// Those of the present attachment come first.
    servers: Vec<Advertised<Ipv6Addr>, MAX_DNS>,
    search: Vec<Advertised<DnsName>, MAX_DNS>,
    /// Solicitations that are left, and when the next one is sent.
    asking: Option<(u32, Instant)>,
    /// The attachment when they were last solicited.
    attachment: Option<Attachment>,
}

impl Routers {
    /// The name servers that they advertised (RDNSS).
    pub fn servers(&self) -> impl Iterator<Item = Ipv6Addr> {
        self.servers.iter().map(|option| option.value)
    }

    /// The search domains that they advertised (DNSSL).
    pub fn search(&self) -> impl Iterator<Item = &DnsName> {
        self.search.iter().map(|option| &option.value)
    }

    /// The options of an advertisement.
    pub fn receive(&mut self, now: Instant, bytes: &[u8]) {
        self.asking = None;
        for option in options(bytes) {
            let until = match option.seconds {
                u32::MAX => Instant::NEVER,
                seconds => now + Seconds(seconds.into()),
            };
            for server in option.servers {
                keep(&mut self.servers, server, until, now);
            }
            for name in option.search {
                keep(&mut self.search, name, until, now);
            }
        }
        self.tick(now);
    }

    /// What is over is forgotten.
    pub fn tick(&mut self, now: Instant) {
        self.servers.retain(|option| option.until > now);
        self.search.retain(|option| option.until > now);
    }

    /// Whether the link can be solicited on; through a new adapter a few times, until a router
    /// answers.
    pub fn set_ready(&mut self, now: Instant, ready: bool, attachment: Option<Attachment>) {
        if !ready {
            // It may come back in another network; then its routers are asked anew.
            *self = Routers::default();
        } else if attachment.is_some() && attachment != self.attachment {
            self.attachment = attachment;
            self.asking = Some((QUESTIONS, now));
            for option in &mut self.servers {
                option.here = false;
            }
            for option in &mut self.search {
                option.here = false;
            }
        }
    }

    /// What was advertised may be out of date.
    pub fn ask_again(&mut self, now: Instant) {
        if self.attachment.is_some() {
            self.asking = Some((QUESTIONS, now));
        }
    }

    /// A solicitation is to be sent now.
    pub fn due(&self, now: Instant) -> bool {
        self.asking.is_some_and(|(_, at)| now >= at)
    }

    /// It was sent, or could not be.
    pub fn asked(&mut self, now: Instant) {
        self.asking = match self.asking {
            Some((left, _)) if left > 1 => Some((left - 1, now + BETWEEN)),
            _ => None,
        };
    }

    /// When something ends, or is due by itself.
    pub fn poll_at(&self) -> Option<Instant> {
        let servers = self.servers.iter().map(|option| option.until);
        let search = self.search.iter().map(|option| option.until);
        let ends = servers.chain(search).filter_map(Instant::finite);
        ends.chain(self.asking.map(|(_, at)| at)).min()
    }
}

/// A lifetime of 0 ends an option (RFC 8106, 5.1). A new one is put behind those that are valid,
/// and where there is no room it is ignored, which differs from 6.2: any neighbour can advertise,
/// and must not be able to replace the servers of others again and again. Options of before the
/// last change of the attachment are replaced.
fn keep<T: PartialEq>(
    list: &mut Vec<Advertised<T>, MAX_DNS>,
    value: T,
    until: Instant,
    now: Instant,
) {
    let known = list.iter().position(|option| option.value == value);
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
    if list.is_full() && list.last().is_some_and(|option| !option.here) {
        list.pop();
    }
    let behind = list.iter().take_while(|option| option.here).count();
    let here = true;
    let _ = list.insert(behind, Advertised { value, until, here });
}

impl Engine {
    /// What the routers of this link advertised.
    pub fn routers(&self, link: Index) -> Option<&Routers> {
        self.interfaces.get(link)?.routers.as_deref()
    }

    fn routers_mut(&mut self, link: Index) -> Option<&mut Routers> {
        self.interfaces.get_mut(link)?.routers.as_deref_mut()
    }

    /// Keeps those of links with IPv6, and solicits where another adapter carries the traffic.
    pub(super) fn update_routers(&mut self, now: Instant) {
        let mut wanted: Vec<(Index, bool, Option<Attachment>), { dhcp::MAX_CLIENTS }> = Vec::new();
        for part in address::all(self).filter(|part| part.block.ipv6.mode != Ipv6Mode::Off) {
            let ready = part.ready && self.observed.can_send_ipv6(part.link.index);
            let _ = wanted.push((part.link.index, ready, part.attachment));
        }
        for one in self.interfaces.iter_mut() {
            if !wanted.iter().any(|(link, ..)| *link == one.index) {
                one.routers = None;
            }
        }
        for (link, ready, attachment) in wanted {
            if let Some(one) = self.interfaces.entry(link) {
                let routers = one.routers.get_or_insert_default();
                routers.set_ready(now, ready, attachment);
                routers.tick(now);
            }
        }
    }

    /// Options of an advertisement that the kernel passes on.
    pub(super) fn router_advertised(&mut self, now: Instant, link: Index, options: &[u8]) {
        if let Some(routers) = self.routers_mut(link) {
            routers.receive(now, options);
        }
    }

    /// A Router Solicitation has left, or could not.
    pub(super) fn solicited(&mut self, now: Instant, link: Index) {
        if let Some(routers) = self.routers_mut(link) {
            routers.asked(now);
        }
    }

    /// What they advertised may be out of date.
    pub(super) fn ask_routers(&mut self, now: Instant, link: Index) {
        if let Some(routers) = self.routers_mut(link) {
            routers.ask_again(now);
        }
    }

    /// When an option ends, or a solicitation is due.
    pub(super) fn routers_poll_at(&self, now: Instant) -> Option<Instant> {
        let all = self.interfaces.iter();
        let times = all.filter_map(|one| one.routers.as_ref()?.poll_at());
        times.filter(|at| *at > now).min()
    }
}

/// The next Router Solicitation.
pub(super) fn next(engine: &Engine, now: Instant) -> Option<Action> {
    let mut all = engine.interfaces.iter();
    let due = all.find(|one| one.routers.as_ref().is_some_and(|r| r.due(now)))?;
    engine.offer(now, engine.packet(due.index, Packet::RouterSolicitation)?)
}
