//! Neighbour discovery beside what the kernel does (RFC 4861): the DNS options of router
//! advertisements (RFC 8106), and the two messages that are sent after a fail-over: an
//! unsolicited Neighbour Advertisement and a Router Solicitation.
use super::names;
use crate::config::{DnsName, MAX_DNS, Mac};
use core::net::Ipv6Addr;
use heapless::Vec;

/// Types of ICMPv6 messages (RFC 4861, 4.1 and 4.4).
const ROUTER_SOLICITATION: u8 = 133;
pub(super) const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
/// The Override flag of a Neighbour Advertisement, in its first octet of flags (4.4).
const OVERRIDE: u8 = 0x20;
/// Types of options: RFC 4861, 4.6.1; RFC 8106, 5.1 and 5.2.
pub(super) const SOURCE_LINK_LAYER: u8 = 1;
pub(super) const TARGET_LINK_LAYER: u8 = 2;
const RDNSS: u8 = 25;
const DNSSL: u8 = 31;
/// An option's length is counted in units of 8 octets, type and length included (4.6).
pub(super) const UNIT: usize = 8;

/// All routers on the link (RFC 4291, 2.7.1).
pub const ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);

/// One DNS option of an advertisement: name servers or search domains, the other list is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DnsOption {
    /// Lifetime in seconds; 0: no longer valid; `u32::MAX`: without an end (RFC 8106, 5.1).
    pub seconds: u32,
    /// Of RDNSS: addresses of recursive name servers, the first [`MAX_DNS`].
    pub servers: Vec<Ipv6Addr, MAX_DNS>,
    /// Of DNSSL: search domains, the first [`MAX_DNS`].
    pub search: Vec<DnsName, MAX_DNS>,
}

/// The DNS options among those of an advertisement, up to the first of a wrong length
/// (RFC 4861, 4.6).
pub fn options(mut rest: &[u8]) -> impl Iterator<Item = DnsOption> {
    core::iter::from_fn(move || {
        loop {
            let (kind, length) = (*rest.first()?, usize::from(*rest.get(1)?));
            let (option, after) = rest.split_at_checked(length * UNIT)?;
            // RFC 4861, 4.6: such a packet is to be discarded; the loop would not end.
            if length == 0 {
                return None;
            }
            rest = after;
            if let Some(dns) = option.get(2..).and_then(|value| dns_option(kind, value)) {
                return Some(dns);
            }
        }
    })
}

/// Both options: reserved (2), lifetime in seconds (4), then the list.
fn dns_option(kind: u8, value: &[u8]) -> Option<DnsOption> {
    let (_, rest) = value.split_first_chunk::<2>()?;
    let (lifetime, rest) = rest.split_first_chunk::<4>()?;
    let mut option = DnsOption {
        seconds: u32::from_be_bytes(*lifetime),
        ..DnsOption::default()
    };
    match kind {
        RDNSS => {
            let all = rest.as_chunks::<16>().0.iter().copied().map(Ipv6Addr::from);
            let usable = |a: &Ipv6Addr| !a.is_unspecified() && !a.is_multicast();
            option.servers = all.filter(usable).take(MAX_DNS).collect();
        }
        DNSSL => option.search = names::search(rest),
        _ => return None,
    }
    Some(option)
}

/// All hosts on the link (RFC 4291, 2.7.1).
pub const HOSTS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// An unsolicited Neighbour Advertisement with the Override flag (RFC 4861, 4.4 and 7.2.6):
/// neighbours replace the hardware address that they have cached for `address`. The checksum is
/// 0: the kernel fills it in.
pub fn announcement(mac: Mac, address: Ipv6Addr) -> [u8; 32] {
    let mut message = [0; 32];
    message[0] = NEIGHBOUR_ADVERTISEMENT;
    message[4] = OVERRIDE;
    message[8..24].copy_from_slice(&address.octets());
    message[24..26].copy_from_slice(&[TARGET_LINK_LAYER, 1]);
    message[26..].copy_from_slice(&mac.0);
    message
}

/// A Router Solicitation with the sender's hardware address (RFC 4861, 4.1). The checksum is 0:
/// the kernel fills it in.
pub fn solicitation(mac: Mac) -> [u8; 16] {
    let [a, b, c, d, e, f] = mac.0;
    let mut message = [0; 16];
    message[0] = ROUTER_SOLICITATION;
    message[8..].copy_from_slice(&[SOURCE_LINK_LAYER, 1, a, b, c, d, e, f]);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_and_domains() {
        let server = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x53);
        let mut bytes = vec![25, 3, 0, 0, 0, 0, 2, 88];
        bytes.extend(server.octets());
        // Another option, then a search list with its padding.
        bytes.extend([37, 1, 1, 2, 3, 4, 5, 6]);
        bytes.extend(b"\x1f\x03\0\0\0\0\x02\x58\x03lan\x07example\0\0\0\0");
        let found: Vec<DnsOption, 4> = options(&bytes).collect();
        let domain = DnsName::try_from("lan.example").unwrap();
        assert_eq!(
            found,
            [
                DnsOption {
                    seconds: 600,
                    servers: Vec::from_slice(&[server]).unwrap(),
                    search: Vec::new(),
                },
                DnsOption {
                    seconds: 600,
                    servers: Vec::new(),
                    search: core::iter::once(domain).collect(),
                },
            ]
        );
    }

    #[test]
    fn what_makes_no_sense_ends_it() {
        for bytes in [&b""[..], &[25], &[25, 0], &[25, 3, 0, 0], &[31, 1, 0, 0, 0]] {
            assert_eq!(options(bytes).count(), 0, "{bytes:?}");
        }
        assert_eq!(options(&[25, 0, 0, 0, 0, 0, 0, 1]).count(), 0);
    }

    #[test]
    fn an_announcement() {
        let address = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 5);
        let bytes = announcement(Mac([2, 0, 0, 0, 0, 0x10]), address);
        assert_eq!(bytes[..8], [136, 0, 0, 0, 0x20, 0, 0, 0]);
        assert_eq!(bytes[8..24], address.octets());
        assert_eq!(bytes[24..], [2, 1, 2, 0, 0, 0, 0, 0x10]);
    }

    #[test]
    fn a_solicitation() {
        let bytes = solicitation(Mac([2, 0, 0, 0, 0, 0x10]));
        assert_eq!(bytes, [133, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 0x10]);
    }
}
