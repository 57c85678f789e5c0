//! The clients within the engine: which there are, what they hear and send.
use super::client::Client;
use super::state::{Change, State, Transport};
use super::{Lease, MAX_CLIENTS, span};
use crate::config::{Bridge, Config, IfName, IpNet, Mac, Matcher};
use crate::engine::contract::action::Action;
use crate::engine::contract::event::Kept;
use crate::engine::journal::{RecordKind, clip};
use crate::engine::observed::{Attachment, Index, Link};
use crate::engine::tables::Observed;
use crate::engine::{Engine, address, dhcp6, existing, roles};
use crate::wire::arp;
use crate::wire::control::{Family, Leases};
use crate::wire::dhcp4::{self, Ask, Kind, MAX_ASK};
use core::net::Ipv4Addr;
use heapless::Vec;

impl Engine {
    /// This link's client, if it has one.
    pub fn dhcp4(&self, name: &str) -> Option<&Client> {
        self.clients.iter().find(|c| c.name == name)
    }

    /// Who we are to servers of both kinds (RFC 8415, 11); empty: not known yet.
    pub fn duid(&self) -> &[u8] {
        self.config.duid.as_ref().unwrap_or(&self.identity.duid)
    }

    /// What tells this link's lease of DHCPv4 from those of the others.
    pub fn iaid(&self, name: &str) -> u32 {
        let block = address::block_of_name(self, name);
        block
            .and_then(|block| block.ipv4.iaid)
            .unwrap_or_else(|| super::iaid(name))
    }

    fn client_of(&mut self, index: Index) -> Option<&mut Client> {
        let name = &self.observed.link(index)?.name;
        self.clients.iter_mut().find(|c| c.name == *name)
    }

    /// Sees to it that every link that wants one has a client, and tells it whether its
    /// link is ready.
    pub(in crate::engine) fn update_dhcp4(&mut self, now: u64) {
        let mut wanted: Vec<(IfName, bool, Option<Attachment>), MAX_CLIENTS> = Vec::new();
        for part in address::all(self).filter(|part| part.block.ipv4.dhcp) {
            let _ = wanted.push((part.link.name.clone(), part.ready, part.carrier));
        }
        let (config, observed) = (&self.config, &self.observed);
        self.clients.retain(|client| {
            wanted.iter().any(|(name, ..)| *name == client.name)
                || is_named(config, &client.name)
                || lent_on(client, observed).is_some()
        });
        for client in &mut self.clients {
            let found = wanted.iter().find(|(name, ..)| *name == client.name);
            let (ready, carrier) = found.map_or((false, None), |(_, r, c)| (*r, *c));
            client.set_ready(now, ready, carrier, &mut self.random);
        }
        for (name, ready, carrier) in wanted {
            if ready && self.dhcp4(&name).is_none() {
                let mut client = Client::new(name);
                client.set_ready(now, ready, carrier, &mut self.random);
                let _ = self.clients.push(client);
            }
        }
        for place in 0..self.clients.len() {
            let server = self.clients[place].lease.as_ref().and_then(|l| l.server);
            let news = self.clients[place].tick(now, &mut self.random);
            self.tell_lease(now, place, news, server);
            self.update_fallback(now, place);
        }
    }

    /// When a lease has been waited for long enough.
    fn update_fallback(&mut self, now: u64, place: usize) {
        let client = &self.clients[place];
        let link = self.observed.by_name(&client.name);
        let fallback = link.and_then(|link| address::block(self, link)?.ipv4.fallback.as_ref());
        // The previous instance may have come to it already.
        let is_there = |net| link.is_some_and(|l| self.observed.has_address(l.index, net));
        let due = fallback
            .zip(client.waiting_since)
            .filter(|(fallback, since)| {
                now >= since + u64::from(fallback.after_s) * 1000 || is_there(fallback.address)
            });
        let due = due.map(|(fallback, _)| fallback.address);
        if let Some(net) = due.filter(|_| !client.fallback) {
            let name = client.name.clone();
            let text = format_args!("no DHCP server gives a lease: fallback to {net}");
            self.journal.write(now, RecordKind::Lease, &name, text);
        }
        self.clients[place].fallback = due.is_some();
    }

    fn tell_lease(&mut self, now: u64, place: usize, news: Change, server: Option<Ipv4Addr>) {
        let client = &self.clients[place];
        let name = client.name.clone();
        let server = client.lease.as_ref().and_then(|l| l.server).or(server);
        let from = match server {
            Some(server) => clip::<24>(format_args!("{server}")),
            None => clip::<24>(format_args!("a server")),
        };
        if let (Change::Bound, Some(lease)) = (news, &client.lease)
            && lease.routes_dropped > 0
        {
            let text = format_args!(
                "{from} gives {} routes more than the {} that are taken: they are left out",
                lease.routes_dropped,
                crate::config::MAX_ROUTES
            );
            self.journal.write(now, RecordKind::Trouble, &name, text);
        }
        let text = match (news, &client.lease) {
            (Change::Nothing | Change::Confirmed, _) => return,
            (Change::Bound, Some(lease)) if lease.until == u64::MAX => {
                clip(format_args!("{} from {from}, for ever", lease.net))
            }
            (Change::Bound, Some(lease)) => {
                let seconds = (lease.until - lease.obtained) / 1000;
                clip(format_args!(
                    "{} from {from} for {}",
                    lease.net,
                    span(seconds)
                ))
            }
            (Change::Bound, None) => return,
            (Change::Refused, _) => clip::<100>(format_args!(
                "{from} refuses the address it had: asking for another"
            )),
            (Change::Defended, _) => clip(format_args!(
                "another machine claims the same address: it is kept for now"
            )),
            (Change::Declined, _) => clip(format_args!(
                "another machine has the address from {from}: declined, asking for another"
            )),
            (Change::Expired, _) => clip(format_args!("the lease from {from} has ended")),
        };
        self.journal
            .write(now, RecordKind::Lease, &name, format_args!("{text}"));
    }

    /// A datagram for DHCP's client port on this link.
    pub(in crate::engine) fn dhcp4_heard(&mut self, now: u64, index: Index, message: &[u8]) {
        let Ok(reply) = dhcp4::parse(message) else {
            return;
        };
        if !self.is_own_mac(reply.mac) {
            return;
        }
        let Some(link) = self.observed.link(index) else {
            return;
        };
        let Some(place) = self.clients.iter().position(|c| c.name == link.name) else {
            return;
        };
        let news = self.clients[place].hear(now, &reply, message, &mut self.random);
        self.tell_lease(now, place, news, reply.server);
    }

    /// Somebody on this link says that an address of ours is theirs.
    pub(in crate::engine) fn arp_heard(
        &mut self,
        now: u64,
        index: Index,
        mac: Mac,
        address: Ipv4Addr,
    ) {
        // Some access points echo what we say. And any interface of this machine in that
        // network answers for all its addresses (arp_ignore=0, ip-sysctl.rst in the kernel).
        if self.is_own_mac(mac) {
            return;
        }
        let Some(link) = self.observed.link(index) else {
            return;
        };
        let Some(place) = self.clients.iter().position(|c| c.name == link.name) else {
            return;
        };
        let server = self.clients[place].lease.as_ref().and_then(|l| l.server);
        let news = self.clients[place].claimed(now, address, &mut self.random);
        self.tell_lease(now, place, news, server);
    }

    /// What is to be said about this link's address now, and from which adapter.
    pub fn arp_due(&self, now: u64, name: &str) -> Option<(arp::Kind, Mac, Ipv4Addr)> {
        let (word, address) = self.dhcp4(name)?.arp_packet(now)?;
        Some((word, self.observed.by_name(name)?.mac?, address))
    }

    pub(in crate::engine) fn arp_sent(&mut self, link: Index) {
        if let Some(client) = self.client_of(link) {
            client.said();
        }
    }

    /// Of any interface here: an answer may come for the one that carried a moment ago.
    fn is_own_mac(&self, mac: Mac) -> bool {
        let has = |link: &Link| link.mac == Some(mac) || roles::own_mac(link) == Some(mac);
        self.macs.iter().any(|(_, own)| *own == mac) || self.observed.links().any(has)
    }

    /// A lease found on disk: of this boot, with the time it was obtained at, or of an
    /// earlier one. Before the links are read, so that no address is taken for surplus.
    pub(in crate::engine) fn lease_found(&mut self, name: &str, ack: &[u8], kept: Kept) {
        let (Ok(name), Ok(reply)) = (IfName::try_from(name), dhcp4::parse(ack)) else {
            return;
        };
        let obtained = match kept {
            Kept::OfThisBoot(obtained) => Some(obtained),
            Kept::OfBefore | Kept::GivenBack => None,
        };
        let Some(lease) = Lease::new(&reply, ack, obtained.unwrap_or(0)) else {
            return;
        };
        let place = match self.clients.iter().position(|c| c.name == name) {
            Some(place) => place,
            None if self.clients.push(Client::new(name)).is_ok() => self.clients.len() - 1,
            None => return,
        };
        let client = &mut self.clients[place];
        client.remembered = Some((lease.address(), lease.server));
        client.given_back = kept == Kept::GivenBack;
        // It was stored after the kernel was told.
        client.told_kernel = obtained.map(|_| lease.until);
        client.lease = obtained.map(|_| lease);
    }

    /// The message that is due, or a release: its length and how it leaves.
    pub fn dhcp4_message(
        &self,
        now: u64,
        name: &str,
        release: bool,
        out: &mut [u8; MAX_ASK],
    ) -> Option<(usize, Transport)> {
        let client = self.dhcp4(name)?;
        // The one look at the hardware address: the kernel's present one.
        let mac = self.observed.by_name(name)?.mac?;
        let id = super::client_id(self.iaid(&client.name), self.duid());
        let host_name = self.config.hostname.as_deref();
        let host_name = host_name.unwrap_or(&self.identity.host_name);
        let plain = Ask {
            kind: Kind::Release,
            xid: client.xid,
            secs: u16::try_from(now.saturating_sub(client.began) / 1000).unwrap_or(u16::MAX),
            mac,
            broadcast: false,
            ciaddr: None,
            requested: None,
            server: None,
            client: &id,
            host_name: Some(host_name).filter(|name| !name.is_empty()),
            rapid_commit: false,
        };
        if release {
            let lease = client.lease.as_ref()?;
            let (from, to) = (lease.address(), lease.server?);
            let ask = Ask {
                ciaddr: Some(from),
                server: Some(to),
                ..plain
            };
            return Some((ask.write(out), Transport::Udp { from, to }));
        }
        let due = client.due(now)?;
        let ask = Ask {
            kind: due.kind,
            broadcast: due.broadcast,
            ciaddr: due.ciaddr,
            requested: due.requested,
            server: due.server,
            rapid_commit: due.kind == Kind::Discover,
            ..plain
        };
        Some((ask.write(out), due.transport))
    }

    pub(in crate::engine) fn dhcp4_sent(&mut self, now: u64, link: Index) {
        let random = &mut self.random;
        let name = self.observed.link(link).map(|link| &link.name);
        let client = self.clients.iter_mut().find(|c| Some(&c.name) == name);
        if let Some(client) = client {
            client.sent(now, random);
        }
    }

    pub(in crate::engine) fn dhcp4_released(&mut self, now: u64, link: Index) {
        let Some(client) = self.client_of(link) else {
            return;
        };
        client.released(now);
        let name = client.name.clone();
        let text = format_args!("the lease was given back");
        self.journal.write(now, RecordKind::Lease, &name, text);
    }

    pub(in crate::engine) fn lease_stored(&mut self, now: u64, link: Index, lasting: bool) {
        if let Some(client) = self.client_of(link) {
            client.unstored = false;
            if lasting {
                client.unstored_lasting = false;
                client.lasting_at = Some(now);
            }
        }
    }

    /// The kernel has this address until then.
    pub(in crate::engine) fn lease_told(&mut self, link: Index, until: Option<u64>) {
        if let Some(client) = self.client_of(link) {
            client.told_kernel = until;
        }
    }

    /// `wifibond renew`: how many links ask now.
    pub fn renew(&mut self, now: u64, leases: Leases<'_>) -> usize {
        let random = &mut self.random;
        let only = leases.link;
        let meant = |c: &&mut Client| {
            let meant = leases.means(Family::V4) && only.is_none_or(|name| c.name == name);
            meant && c.state != State::Idle
        };
        let mut count = 0;
        for client in self.clients.iter_mut().filter(meant) {
            client.renew_now(now, random);
            count += 1;
        }
        match leases.means(Family::V6) {
            true => count + self.renew6(now, only),
            false => count,
        }
    }

    /// Links whose lease can be given back: its address is there to send from.
    pub fn releasable(&self, only: Option<&str>) -> Option<Index> {
        let meant = |c: &&Client| only.is_none_or(|name| c.name == name);
        let mut clients = self.clients.iter().filter(meant);
        clients.find_map(|client| lent_on(client, &self.observed))
    }

    /// When a client or a fallback is due by itself.
    pub(in crate::engine) fn dhcp4_poll_at(&self, now: u64) -> Option<u64> {
        let clients = self.clients.iter().filter_map(Client::poll_at);
        let fallbacks = self.clients.iter().filter_map(|client| {
            let link = self.observed.by_name(&client.name)?;
            let fallback = address::block(self, link)?.ipv4.fallback.as_ref()?;
            Some(client.waiting_since? + u64::from(fallback.after_s) * 1000)
        });
        // What was due at this time has been offered; if it had to wait, for something
        // else's sake, that has a time of its own.
        clients.chain(fallbacks).filter(|at| *at > now).min()
    }
}

/// The link that a lease to be given back is in use on.
fn lent_on(client: &Client, observed: &Observed) -> Option<Index> {
    let lease = client.lease.as_ref()?;
    let link = observed.by_name(&client.name)?;
    let there = lease.server.is_some() && observed.has_address(link.index, lease.net);
    there.then_some(link.index)
}

/// The next lease to give back because the file wants none any more.
pub fn next_unwanted(engine: &Engine, now: u64) -> Option<Action> {
    let unwanted = |c: &&Client| !is_named(&engine.config, &c.name);
    let mut clients = engine.clients.iter().filter(unwanted);
    let link = clients.find_map(|client| lent_on(client, &engine.observed))?;
    engine.offer_any(now, Action::ReleaseDhcp4 { link })
}

/// A link that the file names may be plugged in again: it keeps what it remembers.
fn is_named(config: &Config, name: &IfName) -> bool {
    let bond = &config.bond;
    let of_bond = bond.name == *name && !bond.members.is_empty() && bond.ip.ipv4.dhcp;
    let means = |m: &Matcher| match m {
        Matcher::Name(n) => n == name,
        // It may be the one that a pattern meant.
        _ => true,
    };
    let of_bridge = |b: &Bridge| b.name == *name && b.ip.ipv4.dhcp;
    (of_bond && !existing::is_bond_in_bridge(config))
        || config.bridges.iter().any(of_bridge)
        || config
            .links
            .iter()
            .any(|l| l.ip.ipv4.dhcp && means(&l.name))
}

/// The first link that is there, of a client that this holds for.
fn link_of(engine: &Engine, holds: impl Fn(&Client) -> bool) -> Option<(Index, &Client)> {
    let clients = engine.clients.iter().filter(|client| holds(client));
    let mut there = clients.filter_map(|client| {
        let link = engine.observed.by_name(&client.name)?;
        Some((link.index, client))
    });
    there.next()
}

/// The next message to send, once we have a DUID.
pub fn next(engine: &Engine, now: u64) -> Option<Action> {
    if engine.is_anonymous() {
        return None;
    }
    let (link, _) = link_of(engine, |client| client.due(now).is_some())?;
    Some(Action::SendDhcp4 { link })
}

/// The next word about an address, once it is there.
pub fn next_arp(engine: &Engine, now: u64) -> Option<Action> {
    let (link, _) = link_of(engine, |client| client.arp_packet(now).is_some())?;
    Some(Action::SendArp { link })
}

/// The next lease to put on disk, when all that is urgent is done.
pub fn next_store(engine: &Engine, now: u64) -> Option<Action> {
    let settled = |c: &Client| c.state == State::Bound || c.lease.is_none();
    let lasting = |c: &Client| c.lasting_due().is_some_and(|at| now >= at);
    let (link, client) = link_of(engine, |c| (c.unstored && settled(c)) || lasting(c))?;
    let lasting = lasting(client);
    engine.offer_any(now, Action::StoreLease { link, lasting })
}

/// On the way down: the next lease to give back.
pub fn next_release(engine: &Engine, now: u64) -> Option<Action> {
    let link = engine.releasable(None)?;
    engine.offer_any(now, Action::ReleaseDhcp4 { link })
}

/// What an address of ours comes from, for status.
pub fn source(engine: &Engine, link: &Link, net: IpNet) -> &'static str {
    let lease = engine.dhcp4(&link.name).and_then(|c| c.lease.as_ref());
    let Some(block) = address::block(engine, link) else {
        return "static";
    };
    match () {
        () if block.ipv4.addresses.contains(&net) => "static",
        () if lease.is_some_and(|lease| lease.net == net) => "dhcp",
        () if dhcp6::wants_address(engine, link, net) => "dhcp",
        () if block
            .ipv4
            .fallback
            .as_ref()
            .is_some_and(|f| f.address == net) =>
        {
            "fallback"
        }
        () => "static",
    }
}
