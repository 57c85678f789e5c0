//! Neighbour discovery past the kernel's addresses: a Neighbour Solicitation for a host, from an
//! address of the asking adapter or from `::`, and its answer (RFC 4861, 4.3, 4.4 and 7.2; RFC 4862,
//! 5.4.2), each with the header of IPv6.
use super::router::{HOSTS, NEIGHBOUR_ADVERTISEMENT, SOURCE_LINK_LAYER, TARGET_LINK_LAYER, UNIT};
use crate::config::Mac;
use core::net::Ipv6Addr;

/// The EtherType of IPv6 (include/uapi/linux/if_ether.h).
pub const ETHERTYPE: u16 = 0x86dd;
/// Octets of a solicitation without options: the header of IPv6, then ICMPv6.
pub const PACKET: usize = HEADER + MESSAGE;
/// RFC 8200, 3.
const HEADER: usize = 40;
/// Both messages without options: type, code, checksum, flags, target.
const MESSAGE: usize = 24;
/// ICMPv6 as the next header (RFC 4443, 1).
const ICMPV6: u8 = 58;
/// What has crossed no router (RFC 4861, 7.1.1 and 7.1.2).
const HOP_LIMIT: u8 = 255;
const NEIGHBOUR_SOLICITATION: u8 = 135;
/// The Solicited flag of an advertisement, in its first octet of flags (4.4).
const SOLICITED: u8 = 0x40;

/// Words of an advertisement (offset, mask, value): its next header and hop limit, its type and
/// code. The target's address is the four words from [`TARGET`] on.
pub const IS_ADVERTISEMENT: [(u32, u32, u32); 2] = [
    (4, 0xffff, u32::from_be_bytes([0, 0, ICMPV6, HOP_LIMIT])),
    (
        HEADER as u32,
        0xffff_0000,
        u32::from_be_bytes([NEIGHBOUR_ADVERTISEMENT, 0, 0, 0]),
    ),
];
/// Offset of the target's address.
pub const TARGET: u32 = HEADER as u32 + 8;

/// Where all hosts of the link receive (RFC 2464, 7: the group's last four octets).
pub const ALL_HOSTS: Mac = group_mac(HOSTS);

/// The hardware address of a group.
const fn group_mac(group: Ipv6Addr) -> Mac {
    let [.., a, b, c, d] = group.octets();
    Mac([0x33, 0x33, a, b, c, d])
}

/// The group in which a host with this address receives solicitations (RFC 4291, 2.7.1).
const fn solicited_node(address: Ipv6Addr) -> Ipv6Addr {
    let [.., high, low] = address.segments();
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | high & 0xff, low)
}

/// The hardware address to which a solicitation for this host goes.
pub fn to(target: Ipv6Addr) -> Mac {
    group_mac(solicited_node(target))
}

/// The middle of an interface identifier that is made of a hardware address for probes alone. In
/// the kernel's (RFC 4291, appendix A) it is ff:fe; with another one it is no address of the bond, and
/// what a neighbour learns of it moves none of the bond's traffic.
const PROBES: [u8; 2] = *b"wb";

/// The link-local address from which the adapter with this hardware address asks.
fn asking(mac: Mac) -> Ipv6Addr {
    let [a, b, c, d, e, f] = mac.0;
    let [g, h] = PROBES;
    Ipv6Addr::from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, a, b, c, g, h, d, e, f])
}

/// The adapter that asks from this address.
fn asked_by(address: Ipv6Addr) -> Option<Mac> {
    let [.., a, b, c, _, _, d, e, f] = address.octets();
    let mac = Mac([a, b, c, d, e, f]);
    (asking(mac) == address).then_some(mac)
}

/// Asks whether a host has the address, for an answer to this adapter alone: from an address of its
/// own. The frame may go to the host's hardware address; the packet goes to its group in any case,
/// for an answer to one that does not may be without a hardware address (RFC 4861, 7.2.4).
pub fn own_solicitation(target: Ipv6Addr, mac: Mac) -> [u8; PACKET + UNIT] {
    let mut packet = [0; PACKET + UNIT];
    packet[..PACKET].copy_from_slice(&solicitation(target));
    packet[5] = (MESSAGE + UNIT) as u8;
    packet[8..24].copy_from_slice(&asking(mac).octets());
    packet[PACKET..PACKET + 2].copy_from_slice(&[SOURCE_LINK_LAYER, 1]);
    packet[PACKET + 2..].copy_from_slice(&mac.0);
    sealed(packet)
}

/// Asks whether a host has the address. The source is `::`, as in duplicate address detection, so
/// no cache changes; without a source there is no source link-layer address (RFC 4861, 4.3).
pub fn solicitation(target: Ipv6Addr) -> [u8; PACKET] {
    let mut packet = [0; PACKET];
    packet[0] = 0x60; // version 6
    packet[4..8].copy_from_slice(&[0, MESSAGE as u8, ICMPV6, HOP_LIMIT]);
    packet[24..HEADER].copy_from_slice(&solicited_node(target).octets());
    packet[HEADER] = NEIGHBOUR_SOLICITATION;
    packet[TARGET as usize..].copy_from_slice(&target.octets());
    let sum = checksum(&packet);
    packet[HEADER + 2..HEADER + 4].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// The checksum of ICMPv6 with its pseudo-header (RFC 4443, 2.3; RFC 8200, 8.1): what belongs into
/// the field while that is 0, and 0 when it is right. Not longer than the header's payload length.
fn checksum(packet: &[u8]) -> u16 {
    let payload = packet.get(HEADER..).unwrap_or_default();
    let addresses = packet.get(8..HEADER).unwrap_or_default();
    let octets = addresses.chunks(2).chain(payload.chunks(2));
    let words = octets.map(|pair| {
        let low = pair.get(1).copied().unwrap_or_default();
        u64::from(u16::from_be_bytes([pair[0], low]))
    });
    let mut sum = words.sum::<u64>() + payload.len() as u64 + u64::from(ICMPV6);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// With the right checksum.
fn sealed<const N: usize>(mut packet: [u8; N]) -> [u8; N] {
    packet[HEADER + 2..HEADER + 4].fill(0);
    let sum = checksum(&packet);
    packet[HEADER + 2..HEADER + 4].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// A Neighbour Advertisement that answers a solicitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advertisement {
    /// The address that the station says it has.
    pub address: Ipv6Addr,
    /// Its hardware address.
    pub from: Mac,
    /// The adapter that asked from an address of its own; `None`: the answer goes to all hosts.
    pub to: Option<Mac>,
}

/// The answer to a solicitation. To one from `::` it goes to all hosts and is not flagged as
/// solicited; it has the hardware address (RFC 4861, 7.2.4). `None`: something else, cut short, or not valid
/// (7.1.2).
pub fn advertisement(packet: &[u8]) -> Option<Advertisement> {
    let (header, rest) = packet.split_first_chunk::<HEADER>()?;
    let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
    let packet = packet.get(..HEADER + length)?;
    let (message, options) = rest.get(..length)?.split_first_chunk::<MESSAGE>()?;
    let is_ip = header[0] >> 4 == 6 && header[6..8] == [ICMPV6, HOP_LIMIT];
    let to = Ipv6Addr::from(*header.last_chunk::<16>()?);
    let to = match message[4] & SOLICITED != 0 {
        true => Some(asked_by(to)?),
        false if to == HOSTS => None,
        false => return None,
    };
    let is_advertisement = message[..2] == [NEIGHBOUR_ADVERTISEMENT, 0];
    if !(is_ip && is_advertisement && checksum(packet) == 0) {
        return None;
    }
    let address = Ipv6Addr::from(*message.last_chunk::<16>()?);
    if address.is_multicast() {
        return None;
    }
    let from = target_mac(options)?;
    Some(Advertisement { address, from, to })
}

/// The first target link-layer address of Ethernet. `None` also where an option's length is wrong.
fn target_mac(mut rest: &[u8]) -> Option<Mac> {
    let mut found = None;
    while !rest.is_empty() {
        let (kind, length) = (*rest.first()?, usize::from(*rest.get(1)?));
        let (option, after) = rest.split_at_checked(length * UNIT)?;
        if length == 0 {
            return None;
        }
        rest = after;
        if let ([_, _, mac @ ..], TARGET_LINK_LAYER) = (option, kind)
            && let Ok(mac) = mac.try_into()
        {
            found = found.or(Some(Mac(mac)));
        }
    }
    found
}

/// The answer of a router with this hardware address, to one adapter or to all hosts.
#[cfg(test)]
pub fn answer(address: Ipv6Addr, mac: Mac, to: Option<Mac>) -> [u8; PACKET + UNIT] {
    let mut packet = [0; PACKET + UNIT];
    packet[..PACKET].copy_from_slice(&solicitation(address));
    packet[5] = (MESSAGE + UNIT) as u8;
    packet[8..24].copy_from_slice(&address.octets());
    let solicited = if to.is_some() { SOLICITED } else { 0 };
    packet[24..HEADER].copy_from_slice(&to.map_or(HOSTS, asking).octets());
    packet[HEADER] = NEIGHBOUR_ADVERTISEMENT;
    packet[HEADER + 4] = 0xa0 | solicited; // Router, Override
    packet[PACKET..PACKET + 2].copy_from_slice(&[TARGET_LINK_LAYER, 1]);
    packet[PACKET + 2..].copy_from_slice(&mac.0);
    sealed(packet)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0x12, 0x3456);

    /// What Linux answers to a solicitation from `::`: flags router and override.
    #[rustfmt::skip]
    const ANSWER: [u8; 72] = [
        0x60, 0, 0, 0, 0, 32, 58, 255,
        0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56,
        0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        136, 0, 0x6e, 0xcc, 0xa0, 0, 0, 0,
        0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56,
        2, 1, 2, 0, 0, 0, 0, 1,
    ];

    #[test]
    fn a_solicitation() {
        #[rustfmt::skip]
        let wanted = [
            0x60, 0, 0, 0, 0, 24, 58, 255,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0x12, 0x34, 0x56,
            135, 0, 0x13, 0x57, 0, 0, 0, 0,
            0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56,
        ];
        assert_eq!(solicitation(ROUTER), wanted);
        assert_eq!(checksum(&wanted), 0);
        assert_eq!(to(ROUTER), Mac([0x33, 0x33, 0xff, 0x12, 0x34, 0x56]));
        assert_eq!(ALL_HOSTS, Mac([0x33, 0x33, 0, 0, 0, 1]));
    }

    #[test]
    fn an_answer() {
        let from = Mac([2, 0, 0, 0, 0, 1]);
        let address = ROUTER;
        let to = None;
        let wanted = Some(Advertisement { address, from, to });
        assert_eq!(answer(address, from, to), ANSWER);
        assert_eq!(advertisement(&ANSWER), wanted);
        // Padded by a driver.
        let padded = [&ANSWER[..], &[0; 4]].concat();
        assert_eq!(advertisement(&padded), wanted);
        for length in 0..ANSWER.len() {
            assert_eq!(advertisement(&ANSWER[..length]), None, "{length}");
        }
    }

    /// What Linux answers to a solicitation from an address of the adapter 5e:fc:a7:4d:b8:a8; taken off
    /// the wire.
    #[test]
    fn an_answer_to_one_adapter() {
        let from = Mac([0x82, 0x84, 0x15, 0x9c, 0xdd, 0xf9]);
        let asker = Mac([0x5e, 0xfc, 0xa7, 0x4d, 0xb8, 0xa8]);
        let to = Some(asker);
        #[rustfmt::skip]
        let wanted = [
            0x60, 0, 0, 0, 0, 32, 58, 255,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0x12, 0x34, 0x56,
            135, 0, 0, 0, 0, 0, 0, 0,
            0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56,
            1, 1, 0x5e, 0xfc, 0xa7, 0x4d, 0xb8, 0xa8,
        ];
        let mut asked = own_solicitation(ROUTER, asker);
        assert_eq!(checksum(&asked), 0);
        let source: Ipv6Addr = "fe80::5efc:a777:624d:b8a8".parse().unwrap();
        assert_eq!(asking(asker), source);
        assert_eq!(asked[8..24], source.octets());
        asked[8..24].fill(0);
        asked[42..44].fill(0);
        assert_eq!(asked, wanted);
        let answered = answer(ROUTER, from, to);
        let address = ROUTER;
        assert_eq!(
            advertisement(&answered),
            Some(Advertisement { address, from, to })
        );
        // Not solicited, to a host that is no asking adapter, and to another group.
        for (place, value) in [(HEADER + 4, 0xa0), (35, 0xff), (24, 0xff)] {
            let mut packet = answered;
            packet[place] = value;
            assert_eq!(advertisement(&sealed(packet)), None, "{place}");
        }
    }

    #[test]
    fn the_words_of_the_filter_are_those_of_an_answer() {
        let word = |offset: u32| {
            let octets = ANSWER[offset as usize..].first_chunk();
            u32::from_be_bytes(*octets.unwrap())
        };
        for (offset, mask, value) in IS_ADVERTISEMENT {
            assert_eq!(word(offset) & mask, value, "{offset}");
        }
        assert_eq!(word(TARGET), 0xfe80_0000);
        assert_eq!(word(TARGET + 12), 0x0012_3456);
    }

    /// With another octet, and the checksum made right for it.
    fn with(place: usize, value: u8) -> [u8; 72] {
        let mut packet = ANSWER;
        packet[place] = value;
        sealed(packet)
    }

    #[test]
    fn what_is_no_answer() {
        assert_eq!(with(4, 0), ANSWER);
        let not = [
            (0, 0x40, "version"),
            (5, 31, "payload length"),
            (6, 17, "next header"),
            (7, 254, "hop limit"),
            (24, 0xfe, "destination"),
            (39, 2, "to all routers"),
            (HEADER, 135, "type"),
            (HEADER + 1, 1, "code"),
            (HEADER + 4, 0xe0, "solicited"),
            (TARGET as usize, 0xff, "target"),
            (64, 1, "source link-layer address"),
            (65, 0, "length of the option"),
            (65, 2, "length of the option"),
        ];
        for (place, value, what) in not {
            assert_eq!(advertisement(&with(place, value)), None, "{what}");
        }
        for place in HEADER..ANSWER.len() {
            let mut wrong = ANSWER;
            wrong[place] ^= 0x10;
            assert_eq!(advertisement(&wrong), None, "checksum: {place}");
        }
    }
}
