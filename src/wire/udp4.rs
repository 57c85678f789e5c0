//! IPv4 and UDP headers of DHCP messages, for the time in which the kernel has no address to
//! send from (RFC 2131, 4.1).
use super::dhcp4::{CLIENT_PORT, SERVER_PORT};
use core::net::Ipv4Addr;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{IpAddress, IpProtocol, Ipv4Packet, Ipv4Repr, UdpPacket, UdpRepr};

/// Octets of both headers: IPv4 without options (20), and UDP.
pub const HEADERS: usize = 20 + UDP_HEADER;
/// RFC 768.
const UDP_HEADER: usize = 8;
/// Time to live: the default that RFC 1700 recommends.
const HOPS: u8 = 64;

/// Writes the headers of a broadcast from 0.0.0.0 in front of the message, which is at
/// `frame[HEADERS..]` already.
pub fn broadcast(frame: &mut [u8]) {
    let length = frame.len().saturating_sub(HEADERS);
    let ip = Ipv4Repr {
        src_addr: Ipv4Addr::UNSPECIFIED,
        dst_addr: Ipv4Addr::BROADCAST,
        next_header: IpProtocol::Udp,
        payload_len: UDP_HEADER + length,
        hop_limit: HOPS,
    };
    let udp = UdpRepr {
        src_port: CLIENT_PORT,
        dst_port: SERVER_PORT,
    };
    let (from, to) = (IpAddress::Ipv4(ip.src_addr), IpAddress::Ipv4(ip.dst_addr));
    let sums = ChecksumCapabilities::default();
    let mut packet = Ipv4Packet::new_unchecked(frame);
    ip.emit(&mut packet, &sums);
    let mut datagram = UdpPacket::new_unchecked(packet.payload_mut());
    udp.emit(&mut datagram, &from, &to, length, |_| {}, &sums);
}

/// The DHCP message of an IPv4 packet to the client port, and the packet's source. `None`:
/// another protocol or port, a fragment, or a wrong header checksum.
///
/// The UDP checksum is not verified: with checksum offload, a packet from a server on the same
/// machine carries none that is right. A message is checked field by field.
pub fn message(packet: &[u8]) -> Option<(Ipv4Addr, &[u8])> {
    let packet = Ipv4Packet::new_checked(packet).ok()?;
    let whole = packet.verify_checksum() && !packet.more_frags() && packet.frag_offset() == 0;
    if !whole || packet.next_header() != IpProtocol::Udp {
        return None;
    }
    let from = packet.src_addr();
    let datagram = UdpPacket::new_checked(packet.payload()).ok()?;
    (datagram.dst_port() == CLIENT_PORT).then(|| (from, datagram.payload()))
}
