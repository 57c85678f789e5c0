//! What routers say beside addresses and routes, which are the kernel's matter: name
//! servers and search domains (RFC 8106); and what we say on another adapter: who has our
//! addresses now, and the question that makes routers speak.
use super::names;
use crate::config::{DnsName, MAX_DNS, Mac};
use core::net::Ipv6Addr;
use heapless::Vec;

/// All routers on the link (RFC 4291, 2.7.1).
pub const ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);

/// One option of an advertisement: name servers, or search domains.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// 0: no longer; `u32::MAX`: for ever.
    pub seconds: u32,
    pub servers: Vec<Ipv6Addr, MAX_DNS>,
    pub search: Vec<DnsName, MAX_DNS>,
}

/// The options that concern us, up to what makes no sense (RFC 4861, 4.6).
pub fn options(mut rest: &[u8]) -> impl Iterator<Item = Told> {
    core::iter::from_fn(move || {
        loop {
            let (kind, length) = (*rest.first()?, usize::from(*rest.get(1)?));
            // Counted in units of 8 octets; 0 would lead nowhere.
            let (option, after) = rest.split_at_checked(length * 8)?;
            if length == 0 {
                return None;
            }
            rest = after;
            if let Some(told) = option.get(2..).and_then(|value| told(kind, value)) {
                return Some(told);
            }
        }
    })
}

/// Two octets without meaning, the lifetime, then the contents.
fn told(kind: u8, value: &[u8]) -> Option<Told> {
    let (_, rest) = value.split_first_chunk::<2>()?;
    let (lifetime, rest) = rest.split_first_chunk::<4>()?;
    let mut told = Told {
        seconds: u32::from_be_bytes(*lifetime),
        ..Told::default()
    };
    match kind {
        25 => {
            let all = rest.as_chunks::<16>().0.iter().copied().map(Ipv6Addr::from);
            let usable = |a: &Ipv6Addr| !a.is_unspecified() && !a.is_multicast();
            told.servers = all.filter(usable).take(MAX_DNS).collect();
        }
        31 => told.search = names::search(rest),
        _ => return None,
    }
    Some(told)
}

/// All hosts on the link.
pub const HOSTS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// A Neighbour Advertisement that nobody asked for (RFC 4861, 4.4 and 7.2.6): this address
/// is at this adapter now, whatever was known. The kernel fills in the sum.
pub fn announcement(mac: Mac, address: Ipv6Addr) -> [u8; 32] {
    let mut message = [0; 32];
    message[0] = 136;
    // Override.
    message[4] = 0x20;
    message[8..24].copy_from_slice(&address.octets());
    message[24..26].copy_from_slice(&[2, 1]);
    message[26..].copy_from_slice(&mac.0);
    message
}

/// A Router Solicitation with our hardware address (RFC 4861, 4.1); the kernel fills in
/// the sum.
pub fn solicitation(mac: Mac) -> [u8; 16] {
    let [a, b, c, d, e, f] = mac.0;
    [133, 0, 0, 0, 0, 0, 0, 0, 1, 1, a, b, c, d, e, f]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_and_domains() {
        let server = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x53);
        let mut bytes = vec![25, 3, 0, 0, 0, 0, 2, 88];
        bytes.extend(server.octets());
        // Somebody else's option, then a search list with its padding.
        bytes.extend([37, 1, 1, 2, 3, 4, 5, 6]);
        bytes.extend(b"\x1f\x03\0\0\0\0\x02\x58\x03lan\x07example\0\0\0\0");
        let told: Vec<Told, 4> = options(&bytes).collect();
        let domain = DnsName::try_from("lan.example").unwrap();
        assert_eq!(
            told,
            [
                Told {
                    seconds: 600,
                    servers: Vec::from_slice(&[server]).unwrap(),
                    search: Vec::new(),
                },
                Told {
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
