//! IPv6 within the engine: which links have it, what they hear and send.
use super::client::{Change, Client, Need, State};
use super::lease::{Held, Lease};
use super::{Inet6, Routers};
use crate::config::{IfName, IpNet, Ipv6Mode};
use crate::engine::contract::action::{Action, KernelAction};
use crate::engine::dhcp4::{MAX_CLIENTS, iaid, span};
use crate::engine::journal::{RecordKind, clip};
use crate::engine::observed::{Address, Attachment, Index, Link};
use crate::engine::{Engine, address};
use crate::wire::dhcp6::{self, Ask, Association, Kind, MAX_ASK};
use core::net::IpAddr;
use heapless::Vec;

/// A link that IPv6 is wanted on.
struct Wanted {
    name: IfName,
    /// It can carry, and has an address of its own to speak from.
    ready: bool,
    need: Need,
    carrier: Option<Attachment>,
}

impl Engine {
    /// This link's IPv6, if it is wanted.
    pub fn inet6(&self, name: &str) -> Option<&Inet6> {
        self.inet6.iter().find(|inet6| inet6.name == name)
    }

    /// What tells this link's lease of DHCPv6 from those of the others.
    pub fn iaid6(&self, name: &str) -> u32 {
        let block = address::block_of_name(self, name);
        block
            .and_then(|block| block.ipv6.iaid)
            .unwrap_or_else(|| iaid(name))
    }

    fn inet6_of(&mut self, index: Index) -> Option<&mut Inet6> {
        let name = &self.observed.link(index)?.name;
        self.inet6.iter_mut().find(|inet6| inet6.name == *name)
    }

    pub(in crate::engine) fn update_inet6(&mut self, now: u64) {
        let mut wanted: Vec<Wanted, MAX_CLIENTS> = Vec::new();
        for part in address::all(self) {
            let need = match (part.block.ipv6.mode, part.link.router) {
                (Ipv6Mode::Off, _) => continue,
                (Ipv6Mode::Dhcp, _) => Need::Address,
                (Ipv6Mode::Auto, flags) if flags.managed => Need::Address,
                (Ipv6Mode::Auto, flags) if flags.other => Need::OtherConfig,
                (Ipv6Mode::Auto, _) => Need::Nothing,
            };
            let _ = wanted.push(Wanted {
                name: part.link.name.clone(),
                ready: part.ready && self.speaks_ipv6(part.link.index),
                need,
                carrier: part.carrier,
            });
        }
        let keep = |inet6: &Inet6| {
            wanted.iter().any(|w| w.name == inet6.name) || self.unwanted(inet6).is_some()
        };
        let kept: Vec<bool, MAX_CLIENTS> = self.inet6.iter().map(keep).collect();
        let mut kept = kept.iter();
        self.inet6.retain(|_| kept.next() == Some(&true));
        for want in wanted {
            let place = match self.inet6.iter().position(|i| i.name == want.name) {
                Some(place) => place,
                None if self.inet6.push(Inet6::new(want.name.clone())).is_ok() => {
                    self.inet6.len() - 1
                }
                None => continue,
            };
            let Inet6 {
                client, routers, ..
            } = &mut self.inet6[place];
            routers.set_ready(now, want.ready, want.carrier);
            routers.tick(now);
            client.set_ready(now, want.ready, want.need, want.carrier, &mut self.random);
            let news = client.tick(now, &mut self.random);
            self.tell_lease6(now, place, news);
        }
    }

    /// Its own address of the link is there, and nobody else has it.
    fn speaks_ipv6(&self, link: Index) -> bool {
        let usable = |a: &Address| match a.net.address {
            IpAddr::V6(v6) => v6.is_unicast_link_local() && !a.tentative && !a.duplicate,
            IpAddr::V4(_) => false,
        };
        self.observed.addresses_of(link).any(usable)
    }

    /// The kernel asks around for each new address (RFC 4862, 5.4). If it is another's, one
    /// with an end is removed at once (net/ipv6/addrconf.c, `addrconf_dad_stop`): the last
    /// word about it says why.
    pub(in crate::engine) fn dhcp6_taken(&mut self, now: u64, taken: &Address) {
        let IpAddr::V6(address) = taken.net.address else {
            return;
        };
        let Some(link) = self.observed.link(taken.link) else {
            return;
        };
        let Some(place) = self.inet6.iter().position(|i| i.name == link.name) else {
            return;
        };
        let client = &mut self.inet6[place].client;
        if client.lease.as_ref().is_some_and(|l| l.has(taken.net)) {
            let news = client.declined(now, address, &mut self.random);
            self.tell_lease6(now, place, news);
        }
    }

    fn tell_lease6(&mut self, now: u64, place: usize, news: Change) {
        let Inet6 { name, client, .. } = &self.inet6[place];
        let held = client.lease.as_ref().and_then(|lease| lease.held.first());
        let text = match (news, held) {
            (Change::Nothing | Change::Confirmed, _) => return,
            (Change::Bound, None) => clip::<100>(format_args!("a DHCPv6 server told name servers")),
            (Change::Bound, Some(held)) if held.until == u64::MAX => {
                clip(format_args!("{} from DHCPv6, for ever", held.address))
            }
            (Change::Bound, Some(held)) => {
                let obtained = client.lease.as_ref().map_or(now, |l| l.obtained);
                let seconds = held.until.saturating_sub(obtained) / 1000;
                let (address, span) = (held.address, span(seconds));
                clip(format_args!("{address} from DHCPv6 for {span}"))
            }
            (Change::Refused, _) => clip(format_args!(
                "a DHCPv6 server refuses the address it had: asking for another"
            )),
            (Change::NoneLeft, _) => clip(format_args!("the DHCPv6 server has no address to lend")),
            (Change::Expired, _) => clip(format_args!("the lease from DHCPv6 has ended")),
            (Change::Declined, _) => clip(format_args!(
                "another machine has the address from DHCPv6: declined, asking for another"
            )),
        };
        let name = name.clone();
        self.journal
            .write(now, RecordKind::Lease, &name, format_args!("{text}"));
    }

    /// A datagram for DHCPv6's client port on this link.
    pub(in crate::engine) fn dhcp6_heard(&mut self, now: u64, index: Index, message: &[u8]) {
        let Some(link) = self.observed.link(index) else {
            return;
        };
        let Some(place) = self.inet6.iter().position(|i| i.name == link.name) else {
            return;
        };
        let Ok(reply) = dhcp6::parse(message, self.iaid6(&link.name)) else {
            return;
        };
        if reply.client != self.duid() {
            return;
        }
        let client = &mut self.inet6[place].client;
        let news = client.hear(now, &reply, message, &mut self.random);
        self.tell_lease6(now, place, news);
    }

    /// Options of an advertisement that the kernel hands on.
    pub(in crate::engine) fn router_heard(&mut self, now: u64, index: Index, options: &[u8]) {
        if let Some(inet6) = self.inet6_of(index) {
            inet6.routers.hear(now, options);
        }
    }

    /// A lease of this boot, found on disk.
    pub(in crate::engine) fn lease6_found(&mut self, name: &str, bytes: &[u8], obtained: u64) {
        let iaid = self.iaid6(name);
        let (Ok(name), Ok(reply)) = (IfName::try_from(name), dhcp6::parse(bytes, iaid)) else {
            return;
        };
        let lease = Lease::new(&reply, bytes, obtained);
        let lease = lease.unwrap_or_else(|| Lease::told(&reply, bytes, obtained));
        let mut inet6 = Inet6::new(name);
        inet6.client.restore(lease);
        let _ = self.inet6.push(inet6);
    }

    /// The message that is due, or a release: its length.
    pub fn dhcp6_message(
        &self,
        now: u64,
        name: &str,
        release: bool,
        out: &mut [u8; MAX_ASK],
    ) -> Option<usize> {
        let client = &self.inet6(name)?.client;
        let host_name = self.config.hostname.as_deref();
        let host_name = host_name.unwrap_or(&self.identity.host_name);
        let plain = Ask {
            kind: Kind::Release,
            xid: client.xid,
            elapsed: u16::try_from(now.saturating_sub(client.began) / 10).unwrap_or(u16::MAX),
            client: self.duid(),
            server: None,
            association: None,
            host_name: Some(host_name).filter(|name| !name.is_empty()),
            rapid_commit: false,
        };
        let association = |addresses| Association {
            iaid: self.iaid6(name),
            addresses,
        };
        if release {
            let lease = client.lease.as_ref()?;
            let addresses = lease.addresses();
            let ask = Ask {
                server: Some(&lease.server),
                association: Some(association(&addresses)),
                ..plain
            };
            return Some(ask.write(out));
        }
        let due = client.due(now)?;
        let ask = Ask {
            kind: due.kind,
            server: due.server.as_deref(),
            association: due.addresses.as_deref().map(association),
            rapid_commit: due.rapid_commit,
            ..plain
        };
        Some(ask.write(out))
    }

    pub(in crate::engine) fn solicited(&mut self, now: u64, link: Index) {
        if let Some(inet6) = self.inet6_of(link) {
            inet6.routers.asked(now);
        }
    }

    pub(in crate::engine) fn dhcp6_sent(&mut self, now: u64, link: Index) {
        let name = self.observed.link(link).map(|link| &link.name);
        let found = self.inet6.iter_mut().find(|i| Some(&i.name) == name);
        if let Some(inet6) = found {
            inet6.client.sent(now, &mut self.random);
        }
    }

    pub(in crate::engine) fn dhcp6_released(&mut self, now: u64, link: Index) {
        let Some(inet6) = self.inet6_of(link) else {
            return;
        };
        inet6.client.released(now);
        let name = inet6.name.clone();
        let text = format_args!("the lease from DHCPv6 was given back");
        self.journal.write(now, RecordKind::Lease, &name, text);
    }

    pub(in crate::engine) fn lease6_stored(&mut self, link: Index) {
        if let Some(inet6) = self.inet6_of(link) {
            inet6.client.unstored = false;
        }
    }

    /// The kernel has this address until then.
    pub(in crate::engine) fn lease6_told(&mut self, link: Index, net: IpNet, until: u64) {
        if let (Some(inet6), IpAddr::V6(address)) = (self.inet6_of(link), net.address) {
            inet6.client.told(address, until);
        }
    }

    pub(in crate::engine) fn ask_routers(&mut self, now: u64, link: Index) {
        if let Some(inet6) = self.inet6_of(link) {
            inet6.routers.ask_again(now);
        }
    }

    /// `wifibond renew`: how many links ask now.
    pub(in crate::engine) fn renew6(&mut self, now: u64, only: Option<&str>) -> usize {
        let random = &mut self.random;
        let meant = |i: &&mut Inet6| {
            i.client.state != State::Idle && only.is_none_or(|name| i.name == name)
        };
        let mut count = 0;
        for inet6 in self.inet6.iter_mut().filter(meant) {
            inet6.client.renew_now(now, random);
            count += 1;
        }
        count
    }

    /// Links whose lease of addresses can be given back.
    pub fn releasable6(&self, only: Option<&str>) -> Option<Index> {
        let meant = |i: &&Inet6| only.is_none_or(|name| i.name == name);
        let mut inet6 = self.inet6.iter().filter(meant);
        inet6.find_map(|inet6| self.lent6_on(inet6))
    }

    /// The link that a lease to be given back is in use on.
    fn lent6_on(&self, inet6: &Inet6) -> Option<Index> {
        let held = &inet6.client.lease.as_ref()?.held;
        let link = self.observed.by_name(&inet6.name)?;
        let there = |held: &Held| self.observed.has_address(link.index, held.net());
        (held.iter().any(there) && self.speaks_ipv6(link.index)).then_some(link.index)
    }

    /// The same, if the file wants none any more.
    fn unwanted(&self, inet6: &Inet6) -> Option<Index> {
        let link = self.observed.by_name(&inet6.name)?;
        let block = address::block(self, link);
        let bond = &self.config.bond;
        let given_up = link.name == bond.name && bond.members.is_empty();
        let wanted = block.is_some_and(|b| b.ipv6.mode != Ipv6Mode::Off) && !given_up;
        self.lent6_on(inet6).filter(|_| !wanted)
    }

    pub(in crate::engine) fn inet6_poll_at(&self, now: u64) -> Option<u64> {
        let clients = self.inet6.iter().filter_map(|i| i.client.poll_at());
        let routers = self.inet6.iter().filter_map(|i| i.routers.poll_at());
        clients.chain(routers).filter(|at| *at > now).min()
    }
}

/// The first link that is there, of those that this holds for.
fn link_of(engine: &Engine, holds: impl Fn(&Inet6) -> bool) -> Option<&Link> {
    let mut inet6 = engine.inet6.iter().filter(|inet6| holds(inet6));
    inet6.find_map(|inet6| engine.observed.by_name(&inet6.name))
}

/// The next message to send, once we have a DUID.
pub fn next(engine: &Engine, now: u64) -> Option<Action> {
    if engine.is_anonymous() {
        return None;
    }
    let due = |client: &Client| client.due(now).is_some();
    let link = link_of(engine, |i| due(&i.client))?.index;
    Some(Action::SendDhcp6 { link })
}

pub fn next_solicitation(engine: &Engine, now: u64) -> Option<Action> {
    let due = |routers: &Routers| routers.due(now);
    let link = link_of(engine, |i| due(&i.routers))?.index;
    engine.offer_any(now, Action::SolicitRouter { link })
}

/// The next address of a lease that the kernel lacks, or of which it knows another end.
pub fn next_address(engine: &Engine, now: u64) -> Option<Action> {
    for part in address::all(engine).filter(|part| part.ready) {
        let Some(inet6) = engine.inet6(&part.link.name) else {
            continue;
        };
        let client = &inet6.client;
        let link = part.link.index;
        for held in client.lease.iter().flat_map(|lease| &lease.held) {
            let told = client.told_kernel.contains(&(held.address, held.until));
            if told && engine.observed.has_address(link, held.net()) {
                continue;
            }
            let add = KernelAction::AddAddress6 {
                link,
                net: held.net(),
                preferred: held.preferred,
                until: held.until,
            };
            if let Some(step) = engine.offer(now, add) {
                return Some(step);
            }
        }
    }
    None
}

/// Is this address of a lease that is in use?
pub fn wants_address(engine: &Engine, link: &Link, net: IpNet) -> bool {
    let lease = engine
        .inet6(&link.name)
        .and_then(|i| i.client.lease.as_ref());
    lease.is_some_and(|lease| lease.has(net))
}

/// The next lease to put on disk.
pub fn next_store(engine: &Engine, now: u64) -> Option<Action> {
    let settled = |c: &Client| c.state == State::Bound || c.lease.is_none();
    let link = link_of(engine, |i| i.client.unstored && settled(&i.client))?.index;
    engine.offer_any(now, Action::StoreLease6 { link })
}

/// The next lease to give back because the file wants none any more.
pub fn next_unwanted(engine: &Engine, now: u64) -> Option<Action> {
    let mut inet6 = engine.inet6.iter();
    let link = inet6.find_map(|inet6| engine.unwanted(inet6))?;
    engine.offer_any(now, Action::ReleaseDhcp6 { link })
}

/// On the way down: the next lease to give back.
pub fn next_release(engine: &Engine, now: u64) -> Option<Action> {
    let link = engine.releasable6(None)?;
    engine.offer_any(now, Action::ReleaseDhcp6 { link })
}
