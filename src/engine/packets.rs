//! Packets: what each consists of, what follows when it was sent, who takes what comes in, and how
//! long its socket is open. By which socket it leaves is in `contract/packet.rs`.
use super::Engine;
use super::contract::action::{Action, Packet};
use super::contract::content::Content;
use super::contract::packet::Purpose;
use super::dhcp::v4::Lease;
use super::dhcp::{MAX_CLIENTS, MAX_MESSAGE};
use super::health::Answer;
use super::observed::Index;
use super::roles::MAX_PORTS;
use super::time::Instant;
use crate::wire::arp::{self, Kind};
use crate::wire::{Family, neighbour, router};
use core::net::{IpAddr, Ipv4Addr};

/// Sockets on all links together. Four on each link with addresses: replies of DHCPv4, its leased
/// address, claims of that, and DHCPv6. Two on each member, which has no addresses of its own:
/// probes by ARP and by neighbour discovery.
pub const MAX_SOCKETS: usize = 4 * MAX_CLIENTS + 2 * MAX_PORTS;

impl Engine {
    /// A packet for this link.
    pub(super) fn packet(&self, link: Index, packet: Packet) -> Option<Action> {
        let name = self.observed.link(link)?.name.clone();
        Some(Action::Send { link, name, packet })
    }

    /// Makes its bytes. `None`: it has none, as the link has no hardware address.
    pub(super) fn fill_packet(
        &self,
        now: Instant,
        link: Index,
        packet: Packet,
        content: &mut Content,
    ) -> Option<()> {
        let mac = self.observed.link(link).and_then(|link| link.mac);
        match packet {
            Packet::Dhcp {
                family, release, ..
            } => {
                let mut message = [0; MAX_MESSAGE];
                let length = self.dhcp_message(now, link, family, release, &mut message)?;
                content.put(&message[..length]);
            }
            Packet::Arp { kind, address } => content.put(&arp::write(kind, mac?, address)),
            Packet::Announcement { address } => match address {
                IpAddr::V4(v4) => content.put(&arp::write(Kind::Announce, mac?, v4)),
                IpAddr::V6(v6) => content.put(&router::announcement(mac?, v6)),
            },
            Packet::RouterSolicitation => content.put(&router::solicitation(mac?)),
            Packet::Probe { target, shared, .. } => match target {
                IpAddr::V4(v4) => content.put(&arp::write(Kind::Probe, mac?, v4)),
                IpAddr::V6(v6) if shared => content.put(&neighbour::solicitation(v6)),
                IpAddr::V6(v6) => content.put(&neighbour::own_solicitation(v6, mac?)),
            },
        }
        Some(())
    }

    /// One that could not be sent counts as well, but for probes: the next attempt is a matter of
    /// time, as after a lost message, and what was given back is over all the same. `false`:
    /// nothing that decisions follow from has changed.
    pub(super) fn sent(&mut self, now: Instant, link: Index, packet: Packet, left: bool) -> bool {
        match packet {
            Packet::Dhcp {
                family, release, ..
            } => match release {
                false => self.dhcp_sent(now, link, family),
                true => self.dhcp_released(now, link, family),
            },
            Packet::Arp { .. } => self.arp_sent(link),
            Packet::Announcement { .. } => self.announced(now, link),
            Packet::RouterSolicitation => self.solicited(now, link),
            Packet::Probe { .. } => {
                self.gateway_asked(now, link);
                return self.probe_sent(now, link, left);
            }
        }
        true
    }

    /// `false`: it cannot be parsed, or nothing that decisions follow from has changed.
    pub(super) fn received(
        &mut self,
        now: Instant,
        link: Index,
        purpose: Purpose,
        message: &[u8],
    ) -> bool {
        match purpose {
            Purpose::Dhcp4 | Purpose::Dhcp4From(_) => {
                self.dhcp_received(now, link, Family::V4, message);
            }
            Purpose::Dhcp6 => self.dhcp_received(now, link, Family::V6, message),
            Purpose::AddressConflict(_) => {
                let Some((mac, address)) = arp::sender(message) else {
                    return false;
                };
                self.arp_received(now, link, mac, address);
            }
            Purpose::Probe(host) => {
                let answer = match host {
                    IpAddr::V4(_) => arp::reply(message).map(Answer::from),
                    IpAddr::V6(_) => neighbour::advertisement(message).map(Answer::from),
                };
                let Some(answer) = answer else {
                    return false;
                };
                // The verdict on a new file depends on it.
                let awaited = self.gateway_answered(link, answer.address()) || self.trial.is_on();
                return self.probe_answered(now, link, answer) || awaited;
            }
        }
        true
    }

    /// Whether something of this purpose is awaited on this link: its socket is open as long, and
    /// no longer.
    pub fn listens(&self, link: Index, purpose: Purpose) -> bool {
        let awaits_reply = |family| {
            let client = self.dhcp(link, family);
            client.is_some_and(|client| client.is_listening())
        };
        match purpose {
            Purpose::Dhcp4 => awaits_reply(Family::V4),
            Purpose::Dhcp4From(address) => {
                awaits_reply(Family::V4) && self.leased_address(link) == Some(address)
            }
            Purpose::AddressConflict(address) => {
                let name = self.observed.link(link).map(|link| &link.name);
                let client = name.and_then(|name| self.dhcp4(name));
                client.and_then(|client| client.contested()) == Some(address)
            }
            Purpose::Dhcp6 => awaits_reply(Family::V6),
            Purpose::Probe(host) => self.probes(link, host) || self.awaits_gateway(link, host),
        }
    }

    fn lease4(&self, link: Index) -> Option<&Lease> {
        self.dhcp4(&self.observed.link(link)?.name)?.lease()
    }

    /// The address of this link's DHCPv4 lease, where the kernel has it.
    pub(super) fn leased_address(&self, link: Index) -> Option<Ipv4Addr> {
        let lease = self.lease4(link)?;
        let in_use = self.observed.has_address(link, lease.net);
        in_use.then(|| lease.address())
    }
}
