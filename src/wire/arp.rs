//! ARP, as far as an address of our own is concerned (RFC 826, RFC 5227).
use crate::config::Mac;
use core::net::Ipv4Addr;
use smoltcp::wire::{ArpOperation, ArpPacket, ArpRepr, EthernetAddress};

/// Octets of a packet.
pub const PACKET: usize = 28;

/// The two kinds of packets of RFC 5227.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Asks for the address, with sender 0.0.0.0: no neighbour learns anything.
    Probe,
    /// Neighbours learn the hardware address.
    Announce,
}

/// Both are requests for the address itself (RFC 5227, 2.1.1 and 2.3).
pub fn write(word: Kind, mac: Mac, address: Ipv4Addr) -> [u8; PACKET] {
    let mut packet = [0; PACKET];
    let repr = ArpRepr::EthernetIpv4 {
        operation: ArpOperation::Request,
        source_hardware_addr: EthernetAddress(mac.0),
        source_protocol_addr: match word {
            Kind::Probe => Ipv4Addr::UNSPECIFIED,
            Kind::Announce => address,
        },
        target_hardware_addr: EthernetAddress([0; 6]),
        target_protocol_addr: address,
    };
    repr.emit(&mut ArpPacket::new_unchecked(&mut packet[..]));
    packet
}

/// Who sent a packet: its hardware address and the address it says it has.
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
