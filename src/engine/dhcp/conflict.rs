//! Addresses of leases that another host has, too: found by ARP (RFC 5227) in IPv4, by the
//! kernel's duplicate address detection (RFC 4862, 5.4) in IPv6.
use super::record::record;
use crate::config::Mac;
use crate::engine::contract::action::{Action, Packet};
use crate::engine::observed::{Address, Index, Link};
use crate::engine::time::Instant;
use crate::engine::{Engine, roles};
use core::net::{IpAddr, Ipv4Addr};

impl Engine {
    /// Another host on this link claims an address in an ARP packet.
    pub(in crate::engine) fn arp_received(
        &mut self,
        now: Instant,
        index: Index,
        mac: Mac,
        address: Ipv4Addr,
    ) {
        // Some access points send our packets back. And any interface of this machine in that
        // network answers for all its addresses (arp_ignore=0, ip-sysctl.rst in the kernel).
        if self.is_own_mac(mac) {
            return;
        }
        if let Some(link) = self.observed.link(index)
            && let Some(client) = self.dhcp.v4(&link.name)
        {
            let change = client.claimed(now, address, &mut self.random);
            record(&mut self.journal, now, client, change);
        }
    }

    /// The ARP packet has left, or could not.
    pub(in crate::engine) fn arp_sent(&mut self, link: Index) {
        if let Some(link) = self.observed.link(link)
            && let Some(client) = self.dhcp.v4(&link.name)
        {
            client.arp_sent();
        }
    }

    /// Of any interface here: an answer may be for the adapter that carried the traffic before.
    pub(super) fn is_own_mac(&self, mac: Mac) -> bool {
        let has = |link: &Link| link.mac == Some(mac) || roles::own_mac(link) == Some(mac);
        let mut others = self.observed.others();
        others.any(|other| other.mac == Some(mac)) || self.observed.links().any(has)
    }

    /// The kernel runs duplicate address detection for each new address. If another host has it, one
    /// with an end is removed at once (net/ipv6/addrconf.c, `addrconf_dad_stop`): the last
    /// notification about it has the flag.
    pub(in crate::engine) fn dad_failed(&mut self, now: Instant, taken: &Address) {
        if let IpAddr::V6(address) = taken.net.address
            && let Some(link) = self.observed.link(taken.link)
            && let Some(client) = self.dhcp.v6(&link.name)
            && client.lease.as_ref().is_some_and(|l| l.has(taken.net))
        {
            let change = client.declined(now, address, &mut self.random);
            record(&mut self.journal, now, client, change);
        }
    }
}

/// The next ARP probe or announcement, once the address is there.
pub fn next_arp(engine: &Engine, now: Instant) -> Option<Action> {
    let mut due = engine.dhcp.v4.iter();
    due.find_map(|client| {
        let (kind, address) = client.arp_packet(now)?;
        let link = engine.observed.by_name(&client.name)?.index;
        engine.packet(link, Packet::Arp { kind, address })
    })
}
