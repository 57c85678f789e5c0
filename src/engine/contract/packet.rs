//! Packets that the daemon sends for the engine: by which socket each leaves, to where, and what
//! is listened for. The daemon goes by these tables alone; what a packet consists of, and what
//! becomes of it and of the answer, is in `engine/packets.rs`.
use super::socket::{MAX_WORDS, SocketKind, To, Word};
use crate::config::Mac;
use crate::wire::{Family, arp, dhcp4, dhcp6, neighbour, router};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use heapless::Vec;

/// What a packet is for. Its bytes are the content; empty where the link has no hardware address
/// to send it from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Packet {
    /// The message of DHCP that is due; `release`: the lease is given back.
    Dhcp {
        /// The protocol.
        family: Family,
        /// `false`: the message of the present state.
        release: bool,
        /// From which address, and to which.
        transport: Transport,
        /// The address of DHCPv4's lease, while it is in use on the link.
        own: Option<Ipv4Addr>,
    },
    /// A probe or an announcement for the leased address; the socket then receives the claims of
    /// others.
    Arp {
        /// Probe or announcement (RFC 5227, 1.1).
        kind: arp::Kind,
        /// The leased address.
        address: Ipv4Addr,
    },
    /// Announces to the neighbours which adapter has this address of the link now.
    Announcement {
        /// IPv4: an ARP announcement (RFC 5227, 2.3); IPv6: an unsolicited Neighbour
        /// Advertisement (RFC 4861, 7.2.6).
        address: IpAddr,
    },
    /// Asks the routers of this link to advertise.
    RouterSolicitation,
    /// Asks whether a host answers through this member: an ARP probe (RFC 5227, 1.1), or a
    /// Neighbour Solicitation. With an address of the bond as the sender's the host would send the
    /// bond's traffic to this member: it is 0.0.0.0, or by IPv6 an address of the member's own.
    Probe {
        /// The host.
        target: IpAddr,
        /// Its hardware address; `None`: all are asked, by IPv6 the host's group.
        to: Option<Mac>,
        /// By IPv6: from `::`, as in duplicate address detection (RFC 4862, 5.4.2). The answer
        /// goes to all hosts.
        shared: bool,
    },
}

/// How a message of DHCP leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// DHCPv4 from 0.0.0.0, broadcast through a packet socket: the kernel need not have an
    /// address.
    Raw,
    /// DHCPv4 from the lease's address, by UDP.
    Udp {
        /// The lease's address, which has to be in use on the link.
        from: Ipv4Addr,
        /// The server, or 255.255.255.255.
        to: Ipv4Addr,
    },
    /// DHCPv6 from the link's own address to all servers (RFC 8415, 7.1).
    Multicast,
}

/// What is sent and listened for on a link: one socket for each of these. The socket is opened by
/// the first packet and closed when
/// [`Engine::listens`](crate::engine::Engine::listens) says no; what comes in is
/// [`Event::Received`](super::event::Event::Received).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Replies of DHCPv4 servers, past the kernel's addresses.
    Dhcp4,
    /// DHCPv4 from the lease's address while that is in use. The kernel refuses what is sent
    /// to an address of its own and a port that no socket has (ICMP, port unreachable).
    Dhcp4From(Ipv4Addr),
    /// ARP packets of others who claim this address (RFC 5227).
    AddressConflict(Ipv4Addr),
    /// Replies of DHCPv6 servers.
    Dhcp6,
    /// Answers of this host to the probes of a member: ARP replies, or by IPv6 Neighbour
    /// Advertisements; those to all hosts the member receives while it is in their group
    /// ([`SettingRequest::AllHosts`](super::request::SettingRequest::AllHosts)).
    Probe(IpAddr),
}

/// How a packet leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// This socket has to be open before; without it the packet is not sent.
    pub listening: Option<Purpose>,
    /// This one should be open before.
    pub bound: Option<Purpose>,
    /// By which it leaves.
    pub by: By,
    /// Its destination.
    pub to: To,
}

/// The socket that a packet leaves by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The link's for this purpose, which stays open.
    Purpose(Purpose),
    /// One that is closed afterwards: no answer is awaited.
    Once(SocketKind),
}

impl Packet {
    /// `None`: the address that it is to be sent from is gone, and no answer could arrive.
    pub fn delivery(&self) -> Option<Delivery> {
        let (mut listening, mut bound) = (None, None);
        let (by, to) = match *self {
            Packet::Dhcp {
                family,
                release,
                transport,
                own,
            } => {
                listening = (!release && family == Family::V4).then_some(Purpose::Dhcp4);
                bound = own.map(Purpose::Dhcp4From);
                let (purpose, to) = match transport {
                    Transport::Raw => (Purpose::Dhcp4, To::ALL),
                    Transport::Udp { from, to } if own == Some(from) => {
                        let to = To::Host((to, dhcp4::SERVER_PORT).into());
                        (Purpose::Dhcp4From(from), to)
                    }
                    Transport::Udp { .. } => return None,
                    Transport::Multicast => {
                        let to = To::Host((dhcp6::SERVERS, dhcp6::SERVER_PORT).into());
                        (Purpose::Dhcp6, to)
                    }
                };
                (By::Purpose(purpose), to)
            }
            Packet::Arp { address, .. } => {
                (By::Purpose(Purpose::AddressConflict(address)), To::ALL)
            }
            Packet::Announcement { address } => match address {
                IpAddr::V4(_) => (By::Once(arp_from(Ipv4Addr::UNSPECIFIED)), To::ALL),
                IpAddr::V6(_) => icmp6(router::HOSTS),
            },
            Packet::RouterSolicitation => icmp6(router::ROUTERS),
            Packet::Probe { target, to, .. } => {
                let all = match target {
                    IpAddr::V4(_) => To::ALL,
                    IpAddr::V6(v6) => To::Station(neighbour::to(v6)),
                };
                let to = to.map_or(all, To::Station);
                (By::Purpose(Purpose::Probe(target)), to)
            }
        };
        Some(Delivery {
            listening,
            bound,
            by,
            to,
        })
    }

    pub(super) fn words(&self) -> &'static str {
        match self {
            Packet::Dhcp {
                family, release, ..
            } => match (family, release) {
                (Family::V4, false) => "ask a DHCP server",
                (Family::V4, true) => "give the lease back",
                (Family::V6, false) => "ask a DHCPv6 server",
                (Family::V6, true) => "give the lease of DHCPv6 back",
            },
            Packet::Arp { .. } => "tell neighbours of the address",
            Packet::Announcement { .. } => "tell neighbours of its addresses",
            Packet::RouterSolicitation => "ask routers to advertise",
            Packet::Probe { .. } => "probe a host",
        }
    }
}

impl Purpose {
    /// The socket to open for it.
    pub fn socket(self) -> SocketKind {
        match self {
            Purpose::Dhcp4 => SocketKind::RawDhcp4,
            Purpose::Dhcp4From(address) => SocketKind::Udp4 {
                from: (address, dhcp4::CLIENT_PORT),
            },
            Purpose::AddressConflict(address) => arp_from(address),
            Purpose::Dhcp6 => SocketKind::Udp6 {
                port: dhcp6::CLIENT_PORT,
            },
            Purpose::Probe(IpAddr::V4(host)) => SocketKind::Frames {
                ethertype: arp::ETHERTYPE,
                words: Vec::from_iter([
                    (arp::OPERATION, u32::MAX, arp::IS_REPLY),
                    (arp::SENDER, u32::MAX, host.to_bits()),
                ]),
            },
            Purpose::Probe(IpAddr::V6(host)) => SocketKind::Frames {
                ethertype: neighbour::ETHERTYPE,
                words: advertisement_of(host),
            },
        }
    }
}

/// ARP packets with this sender address.
fn arp_from(address: Ipv4Addr) -> SocketKind {
    SocketKind::Frames {
        ethertype: arp::ETHERTYPE,
        words: Vec::from_iter([(arp::SENDER, u32::MAX, address.to_bits())]),
    }
}

/// Neighbour Advertisements with this target.
fn advertisement_of(host: Ipv6Addr) -> Vec<Word, MAX_WORDS> {
    let octets = host.octets();
    let words = octets.as_chunks::<4>().0.iter();
    let offsets = (neighbour::TARGET..).step_by(4);
    let target = offsets
        .zip(words)
        .map(|(offset, word)| (offset, u32::MAX, u32::from_be_bytes(*word)));
    neighbour::IS_ADVERTISEMENT
        .into_iter()
        .chain(target)
        .collect()
}

/// To a group of the link.
fn icmp6(group: Ipv6Addr) -> (By, To) {
    (By::Once(SocketKind::Icmp6), To::Host((group, 0).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_leased_address_nothing_is_sent_from_it() {
        let from = Ipv4Addr::new(192, 0, 2, 7);
        let packet = |own| Packet::Dhcp {
            family: Family::V4,
            release: false,
            transport: Transport::Udp { from, to: from },
            own,
        };
        assert_eq!(packet(None).delivery(), None);
        assert_eq!(packet(Some(Ipv4Addr::LOCALHOST)).delivery(), None);
        let delivery = packet(Some(from)).delivery().unwrap();
        assert_eq!(delivery.by, By::Purpose(Purpose::Dhcp4From(from)));
        assert_eq!(delivery.listening, Some(Purpose::Dhcp4));
    }

    #[test]
    fn answers_by_ipv6_are_told_by_the_target() {
        let host = "fe80::12:3456".parse().unwrap();
        let SocketKind::Frames { words, .. } = Purpose::Probe(host).socket() else {
            panic!("no packet socket");
        };
        assert_eq!(words[..2], neighbour::IS_ADVERTISEMENT);
        let target = [
            (48, u32::MAX, 0xfe80_0000),
            (52, u32::MAX, 0),
            (56, u32::MAX, 0),
            (60, u32::MAX, 0x0012_3456),
        ];
        assert_eq!(words[2..], target);
        for (to, station) in [
            (None, Mac([0x33, 0x33, 0xff, 0x12, 0x34, 0x56])),
            (Some(Mac([2; 6])), Mac([2; 6])),
        ] {
            let packet = Packet::Probe {
                target: host,
                to,
                shared: to.is_none(),
            };
            assert_eq!(packet.delivery().unwrap().to, To::Station(station));
        }
    }

    #[test]
    fn a_release_awaits_no_reply() {
        let packet = Packet::Dhcp {
            family: Family::V4,
            release: true,
            transport: Transport::Raw,
            own: None,
        };
        let delivery = packet.delivery().unwrap();
        assert_eq!((delivery.listening, delivery.bound), (None, None));
    }
}
