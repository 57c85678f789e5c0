//! The clients within the engine: which links have one, what they receive, send and hold.
use super::record::record;
use super::{MAX_CLIENTS, MAX_MESSAGE, Need, Protocol, Readiness, Sender, v4, v6};
use crate::config::{Bridge, Config, IfName, IpNet, Ipv6Mode, Matcher, Ssid};
use crate::engine::contract::event::Kept;
use crate::engine::journal::RecordKind;
use crate::engine::observed::{Index, Link};
use crate::engine::tables::Observed;
use crate::engine::time::Instant;
use crate::engine::{Engine, address, existing};
use crate::wire::control::Leases;
use crate::wire::{Family, dhcp4, dhcp6, wpa};
use heapless::Vec;

/// A link that DHCP is wanted on.
struct Wanted {
    name: IfName,
    family: Family,
    link: Readiness,
}

impl Wanted {
    fn is_for(&self, client: &dyn Protocol) -> bool {
        self.family == client.family() && self.name == *client.name()
    }
}

impl Engine {
    /// This link's DHCPv4 client, if it has one.
    pub fn dhcp4(&self, name: &str) -> Option<&v4::Client> {
        self.dhcp.v4.iter().find(|client| client.name == name)
    }

    pub(in crate::engine) fn dhcp4_mut(&mut self, name: &str) -> Option<&mut v4::Client> {
        self.dhcp.v4.iter_mut().find(|client| client.name == name)
    }

    /// This link's DHCPv6 client, if it has one.
    pub fn dhcp6(&self, name: &str) -> Option<&v6::Client> {
        self.dhcp.v6.iter().find(|client| client.name == name)
    }

    /// The client of a link that is there.
    pub fn dhcp(&self, link: Index, family: Family) -> Option<&dyn Protocol> {
        self.dhcp.get(&self.observed.link(link)?.name, family)
    }

    fn dhcp_mut(&mut self, link: Index, family: Family) -> Option<&mut dyn Protocol> {
        self.dhcp.get_mut(&self.observed.link(link)?.name, family)
    }

    /// Who we are to servers of both protocols (RFC 8415, 11); empty: not known yet.
    pub fn duid(&self) -> &[u8] {
        self.config.duid.as_ref().unwrap_or(&self.identity.duid)
    }

    /// The IAID of this link (RFC 8415, 4.2; RFC 4361, 6.1): the file's, or a hash of its name.
    pub fn iaid(&self, name: &str, family: Family) -> u32 {
        let block = address::block_of_name(self, name);
        let own = block.and_then(|block| match family {
            Family::V4 => block.ipv4.iaid,
            Family::V6 => block.ipv6.iaid,
        });
        own.unwrap_or_else(|| super::iaid(name))
    }

    /// The network in which this adapter is; of a cable nothing is known, and its name is empty.
    fn network_of(&self, adapter: Index) -> v4::Network {
        let link = self.observed.link(adapter)?;
        if !link.facts.is_wifi() {
            return Some(Ssid::new());
        }
        let supplicant = self.interfaces.get(adapter)?.supplicant.as_ref()?;
        wpa::unescape(supplicant.network()).filter(|name| !name.is_empty())
    }

    fn wanted(&self) -> Vec<Wanted, { 2 * MAX_CLIENTS }> {
        let mut list = Vec::new();
        for part in address::all(self) {
            let v4 = part.block.ipv4.dhcp.then_some(Need::Address);
            let v6 = match (part.block.ipv6.mode, part.link.router) {
                (Ipv6Mode::Off, _) => None,
                (Ipv6Mode::Dhcp, _) => Some(Need::Address),
                (Ipv6Mode::Auto, flags) if flags.managed => Some(Need::Address),
                (Ipv6Mode::Auto, flags) if flags.other => Some(Need::OtherConfig),
                (Ipv6Mode::Auto, _) => Some(Need::Nothing),
            };
            for (family, need) in [(Family::V4, v4), (Family::V6, v6)] {
                let Some(need) = need else { continue };
                let link = Readiness {
                    ready: part.ready && can_send(&self.observed, part.link, family),
                    need,
                    attachment: part.attachment,
                    gateway: part.attachment.and_then(|a| self.probed_through(a.adapter)),
                    network: part.attachment.and_then(|a| self.network_of(a.adapter)),
                };
                let name = part.link.name.clone();
                let _ = list.push(Wanted { name, family, link });
            }
        }
        list
    }

    /// Creates and drops clients, brings the state of its link to each, and records what has
    /// changed.
    pub(in crate::engine) fn update_dhcp(&mut self, now: Instant) {
        let wanted = self.wanted();
        let (config, observed) = (&self.config, &self.observed);
        self.dhcp.retain(&|client| {
            // What is on disk has to say that it was given back.
            let unstored = client.to_store(now).is_some();
            wanted.iter().any(|want| want.is_for(client))
                || (client.family() == Family::V4 && is_named(config, client.name()))
                || releasable_on(client, observed).is_some()
                || (unstored && observed.by_name(client.name()).is_some())
        });
        for want in wanted.iter().filter(|want| want.link.ready) {
            self.dhcp.add(&want.name, want.family);
        }
        for client in self.dhcp.iter_mut() {
            let found = wanted.iter().find(|want| want.is_for(client));
            let none = Readiness::default();
            let link = found.map_or(&none, |want| &want.link);
            client.set_ready(now, link, &mut self.random);
            let change = client.tick(now, &mut self.random);
            record(&mut self.journal, now, client, change);
        }
        for place in 0..self.dhcp.v4.len() {
            self.update_fallback(now, place);
            self.update_link_local(now, place);
        }
    }

    /// A datagram for DHCP's client port on this link.
    pub(in crate::engine) fn dhcp_received(
        &mut self,
        now: Instant,
        index: Index,
        family: Family,
        message: &[u8],
    ) {
        let Some(name) = self.observed.link(index).map(|link| &link.name) else {
            return;
        };
        match family {
            Family::V4 => {
                let ours = dhcp4::parse(message).ok();
                let ours = ours.filter(|reply| self.is_own_mac(reply.mac));
                if let (Some(reply), Some(client)) = (ours, self.dhcp.v4(name)) {
                    let change = client.receive(now, &reply, message, &mut self.random);
                    record(&mut self.journal, now, client, change);
                }
            }
            Family::V6 => {
                let ours = dhcp6::parse(message, self.iaid(name, family)).ok();
                let ours = ours.filter(|reply| reply.client == self.duid());
                if let (Some(reply), Some(client)) = (ours, self.dhcp.v6(name)) {
                    let change = client.receive(now, &reply, message, &mut self.random);
                    record(&mut self.journal, now, client, change);
                }
            }
        }
    }

    /// A lease found on disk: before the links are read, so that no address is taken for
    /// surplus.
    pub(in crate::engine) fn lease_found(
        &mut self,
        family: Family,
        name: &str,
        message: &[u8],
        kept: Kept,
    ) {
        let iaid = self.iaid(name, family);
        let Ok(name) = IfName::try_from(name) else {
            return;
        };
        match (family, kept) {
            (Family::V4, _) => {
                if let Ok(reply) = dhcp4::parse(message) {
                    self.dhcp.add(&name, family);
                    if let Some(client) = self.dhcp.v4(&name) {
                        client.restore(&reply, message, kept);
                    }
                }
            }
            (Family::V6, Kept::OfThisBoot(at)) => {
                if let Ok(reply) = dhcp6::parse(message, iaid) {
                    self.dhcp.add(&name, family);
                    if let Some(client) = self.dhcp.v6(&name) {
                        client.restore(&reply, message, at);
                    }
                }
            }
            // The server finds the association by the DUID.
            (Family::V6, Kept::OfBefore | Kept::GivenBack) => {}
        }
    }

    /// Leases of the networks that this link was in, found on disk. Comes before the lease of this
    /// boot.
    pub(in crate::engine) fn leases_found(&mut self, now: Instant, name: &str, text: &str) {
        let Ok(name) = IfName::try_from(name) else {
            return;
        };
        self.dhcp.add(&name, Family::V4);
        let client = self.dhcp.v4(&name);
        if client.is_some_and(|client| !client.restore_leases(text)) {
            let text = format_args!(
                "the file of its earlier leases cannot be read: where one is missing, any server is asked"
            );
            self.journal.write(now, RecordKind::Trouble, &name, text);
        }
    }

    /// Writes the message that is due on this link, or its release; its length. `None`: nothing
    /// is due.
    pub(in crate::engine) fn dhcp_message(
        &self,
        now: Instant,
        link: Index,
        family: Family,
        release: bool,
        out: &mut [u8; MAX_MESSAGE],
    ) -> Option<usize> {
        let client = self.dhcp(link, family)?;
        if !release && !client.is_due(now) {
            return None;
        }
        let host_name = self.config.hostname.as_deref();
        let host_name = host_name.unwrap_or(&self.identity.host_name);
        let sender = Sender {
            mac: self.observed.link(link)?.mac,
            duid: self.duid(),
            iaid: self.iaid(client.name(), family),
            host_name: Some(host_name).filter(|name| !name.is_empty()),
        };
        client.write(now, &sender, release, out)
    }

    /// The message has left, or could not.
    pub(in crate::engine) fn dhcp_sent(&mut self, now: Instant, link: Index, family: Family) {
        let name = self.observed.link(link).map(|link| &link.name);
        let client = name.and_then(|name| self.dhcp.get_mut(name, family));
        if let Some(client) = client {
            client.sent(now, &mut self.random);
        }
    }

    /// The lease was given back, whether the message could leave or not.
    pub(in crate::engine) fn dhcp_released(&mut self, now: Instant, link: Index, family: Family) {
        let Some(client) = self.dhcp_mut(link, family) else {
            return;
        };
        client.released(now);
        let name = client.name().clone();
        let text = match family {
            Family::V4 => format_args!("the lease was given back"),
            Family::V6 => format_args!("the lease from DHCPv6 was given back"),
        };
        self.journal.write(now, RecordKind::Lease, &name, text);
    }

    /// The lease is on disk, or what was there is gone.
    pub(in crate::engine) fn lease_stored(
        &mut self,
        now: Instant,
        link: Index,
        family: Family,
        lasting: bool,
    ) {
        if let Some(client) = self.dhcp_mut(link, family) {
            client.stored(now, lasting);
        }
    }

    /// The kernel has this address until then.
    pub(in crate::engine) fn lease_in_kernel(&mut self, link: Index, net: IpNet, until: Instant) {
        let family = match net.address.is_ipv4() {
            true => Family::V4,
            false => Family::V6,
        };
        if let Some(client) = self.dhcp_mut(link, family) {
            client.kernel_has(net, until);
        }
    }

    /// Has each of these clients ask for its lease now.
    pub(in crate::engine) fn renew(&mut self, now: Instant, leases: Leases<'_>) {
        for client in self.dhcp.iter_mut().filter(|c| may_renew(*c, leases)) {
            client.renew_now(now, &mut self.random);
        }
    }

    /// How many clients would ask for a lease on `wifibond renew`.
    pub fn renewable(&self, leases: Leases<'_>) -> usize {
        let clients = self.dhcp.iter();
        clients.filter(|client| may_renew(*client, leases)).count()
    }

    /// The leases of these that can be given back now.
    pub(in crate::engine) fn each_releasable(
        &self,
        leases: Leases<'_>,
    ) -> impl Iterator<Item = (Index, Family)> {
        let clients = self.dhcp.iter();
        let meant = clients.filter(move |client| is_meant(*client, leases));
        meant.filter_map(|client| Some((releasable_on(client, &self.observed)?, client.family())))
    }

    /// When a client, or what takes the place of a lease, is due by itself.
    pub(in crate::engine) fn dhcp_poll_at(&self, now: Instant) -> Option<Instant> {
        let clients = self.dhcp.iter().filter_map(|client| client.poll_at());
        let without = self.dhcp.v4.iter().flat_map(|c| self.without_lease_due(c));
        // What was due at this time has been offered; if it had to wait, for something
        // else's sake, that has a time of its own.
        clients.chain(without).filter(|at| *at > now).min()
    }
}

fn is_meant(client: &dyn Protocol, leases: Leases<'_>) -> bool {
    leases.means(client.family()) && leases.link.is_none_or(|name| client.name() == name)
}

fn may_renew(client: &dyn Protocol, leases: Leases<'_>) -> bool {
    is_meant(client, leases) && client.is_active()
}

fn can_send(observed: &Observed, link: &Link, family: Family) -> bool {
    family == Family::V4 || observed.can_send_ipv6(link.index)
}

/// The link that a lease to be given back is in use on.
pub(super) fn releasable_on(client: &dyn Protocol, observed: &Observed) -> Option<Index> {
    let link = observed.by_name(client.name())?;
    let is_there = |net| observed.has_address(link.index, net);
    let can = client.is_releasable(&is_there) && can_send(observed, link, client.family());
    can.then_some(link.index)
}

/// A link that the file names may be plugged in again: it keeps what it remembers.
pub(super) fn is_named(config: &Config, name: &IfName) -> bool {
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
