//! What routers say beside addresses and routes, which are the kernel's matter: name
//! servers and search domains (RFC 8106); and the question that makes them say it.
use super::names;
use crate::config::{DnsName, MAX_DNS, Mac};
use core::net::Ipv6Addr;
use heapless::Vec;

/// All routers on the link (RFC 4291, 2.7.1).
pub const ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);

/// One option of an advertisement. Its lifetime is in seconds; 0: no longer; `u32::MAX`:
/// for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Servers(u32, Vec<Ipv6Addr, MAX_DNS>),
    Search(u32, Vec<DnsName, MAX_DNS>),
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
    let lifetime = u32::from_be_bytes(*lifetime);
    match kind {
        25 => {
            let all = rest.as_chunks::<16>().0.iter().copied().map(Ipv6Addr::from);
            let usable = |a: &Ipv6Addr| !a.is_unspecified() && !a.is_multicast();
            Some(Told::Servers(
                lifetime,
                all.filter(usable).take(MAX_DNS).collect(),
            ))
        }
        31 => Some(Told::Search(lifetime, names::search(rest))),
        _ => None,
    }
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
                Told::Servers(600, Vec::from_slice(&[server]).unwrap()),
                Told::Search(600, core::iter::once(domain).collect()),
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
    fn a_solicitation() {
        let bytes = solicitation(Mac([2, 0, 0, 0, 0, 0x10]));
        assert_eq!(bytes, [133, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 0x10]);
    }
}
