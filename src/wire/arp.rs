//! ARP for the addresses of this machine: probes, announcements, and the sender of what
//! comes in (RFC 826, RFC 5227).
use crate::config::Mac;
use core::net::Ipv4Addr;
use smoltcp::wire::{ArpOperation, ArpPacket, ArpRepr, EthernetAddress};

/// The EtherType of ARP (include/uapi/linux/if_ether.h).
pub const ETHERTYPE: u16 = 0x0806;
/// Offset of the sender's IPv4 address in a packet (RFC 826).
pub const SENDER: u32 = 14;
/// Octets of a packet with Ethernet and IPv4 addresses (RFC 826).
pub const PACKET: usize = 28;

/// Offset of the word with both lengths and the operation, and its value in a reply between
/// Ethernet stations about IPv4 addresses.
pub const OPERATION: u32 = 4;
/// See [`OPERATION`].
pub const IS_REPLY: u32 = 0x0604_0002;

/// The two kinds of packets that RFC 5227 defines (1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Asks whether a host has the address. The sender is 0.0.0.0, so no cache changes.
    Probe,
    /// Makes neighbours replace the hardware address that they have cached.
    Announce,
}

/// A packet from `mac` about `address`. Both kinds are ARP requests for the address itself
/// (RFC 5227, 2.1.1 and 2.3).
pub fn write(kind: Kind, mac: Mac, address: Ipv4Addr) -> [u8; PACKET] {
    let mut packet = [0; PACKET];
    let repr = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Request,
        source_hardware_addr: EthernetAddress(mac.0),
        source_protocol_addr: match kind {
            Kind::Probe => Ipv4Addr::UNSPECIFIED,
            Kind::Announce => address,
        },
        target_hardware_addr: EthernetAddress([0; 6]),
        target_protocol_addr: address,
    };
    repr.emit(&mut ArpPacket::new_unchecked(&mut packet[..]));
    packet
}

/// The sender's hardware address and IPv4 address; 0.0.0.0 in a probe. `None`: not ARP for
/// Ethernet and IPv4, or cut short.
pub fn sender(packet: &[u8]) -> Option<(Mac, Ipv4Addr)> {
    let packet = ArpPacket::new_checked(packet).ok()?;
    match ArpRepr::parse(&packet).ok()? {
        ArpRepr::EthernetIpv4 {
            source_hardware_addr,
            source_protocol_addr,
            ..
        } => Some((Mac(source_hardware_addr.0), source_protocol_addr)),
        _ => None,
    }
}

/// An ARP reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The station that answers.
    pub from: Mac,
    /// The address that it says it has.
    pub address: Ipv4Addr,
    /// The station that asked.
    pub to: Mac,
}

/// An ARP reply. `None`: a request, not for Ethernet and IPv4, or cut short.
pub fn reply(packet: &[u8]) -> Option<Reply> {
    let packet = ArpPacket::new_checked(packet).ok()?;
    match ArpRepr::parse(&packet).ok()? {
        ArpRepr::EthernetIpv4 {
            operation: ArpOperation::Reply,
            source_hardware_addr,
            source_protocol_addr,
            target_hardware_addr,
            ..
        } => Some(Reply {
            from: Mac(source_hardware_addr.0),
            address: source_protocol_addr,
            to: Mac(target_hardware_addr.0),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: Mac = Mac([2, 0, 0, 0, 0, 0x10]);
    const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 43, 101);

    #[test]
    fn an_announcement_names_its_sender_and_a_probe_does_not() {
        let packet = write(Kind::Announce, MAC, ADDRESS);
        // Ethernet, IPv4, 6 and 4 octets, request.
        assert_eq!(packet[..8], [0, 1, 8, 0, 6, 4, 0, 1]);
        assert_eq!(sender(&packet), Some((MAC, ADDRESS)));
        assert_eq!(packet[24..], ADDRESS.octets());
        let packet = write(Kind::Probe, MAC, ADDRESS);
        assert_eq!(sender(&packet), Some((MAC, Ipv4Addr::UNSPECIFIED)));
        assert_eq!(packet[24..], ADDRESS.octets());
    }

    #[test]
    fn a_reply_names_both_stations() {
        // From 02:…:01, which has 192.168.43.1, to MAC.
        let mut packet = [0; PACKET];
        packet[..8].copy_from_slice(&[0, 1, 8, 0, 6, 4, 0, 2]);
        packet[8..14].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
        packet[14..18].copy_from_slice(&[192, 168, 43, 1]);
        packet[18..24].copy_from_slice(&MAC.0);
        let wanted = Reply {
            from: Mac([2, 0, 0, 0, 0, 1]),
            address: Ipv4Addr::new(192, 168, 43, 1),
            to: MAC,
        };
        assert_eq!(reply(&packet), Some(wanted));
        let operation: [u8; 4] = packet[4..8].try_into().unwrap();
        assert_eq!(OPERATION, 4);
        assert_eq!(u32::from_be_bytes(operation), IS_REPLY);
        for length in 0..PACKET {
            assert_eq!(reply(&packet[..length]), None);
        }
        assert_eq!(reply(&write(Kind::Probe, MAC, ADDRESS)), None);
    }

    #[test]
    fn what_is_no_arp() {
        let good = write(Kind::Probe, MAC, ADDRESS);
        for length in 0..PACKET {
            assert_eq!(sender(&good[..length]), None);
        }
        for (place, value) in [(0, 1), (2, 0), (4, 8), (5, 16)] {
            let mut wrong = good;
            wrong[place] = value;
            assert_eq!(sender(&wrong), None, "{place}");
        }
    }
}
