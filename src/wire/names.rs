//! Domain names in the encoding of DNS messages (RFC 1035), as the options of DHCP, DHCPv6 and
//! router advertisements hold them.
use crate::config::{DnsName, MAX_DNS, dns_name};
use heapless::Vec;

/// The longest label, in octets (RFC 1035, 2.3.4).
const MAX_LABEL: u8 = 63;
/// The two high bits of a compression pointer (RFC 1035, 4.1.4).
const POINTER: u8 = 0xc0;

/// A list of names, with compression pointers into the option itself (RFC 3397, RFC 1035
/// 4.1.4). Names that resolv.conf should not hold are left out.
pub fn search(value: &[u8]) -> Vec<DnsName, MAX_DNS> {
    let mut list = Vec::new();
    let mut at = 0;
    while at < value.len() {
        let Some((name, next)) = name_at(value, at) else {
            break;
        };
        at = next;
        if let Some(name) = name.and_then(|name| dns_name(&name))
            && !list.contains(&name)
        {
            let _ = list.push(name);
        }
    }
    list
}

/// The name at `start` (`None` inside: it is empty or not UTF-8), and where the next one
/// begins. Each pointer must lead further back than the one before: no loop is possible.
fn name_at(value: &[u8], start: usize) -> Option<(Option<DnsName>, usize)> {
    let mut name = DnsName::new();
    let mut good = true;
    let mut next = None;
    let (mut at, mut before) = (start, start);
    loop {
        match *value.get(at)? {
            0 => {
                return Some((
                    (good && !name.is_empty()).then_some(name),
                    next.unwrap_or(at + 1),
                ));
            }
            high @ POINTER.. => {
                let low = *value.get(at + 1)?;
                let to = usize::from(high & !POINTER) << 8 | usize::from(low);
                if to >= before {
                    return None;
                }
                next = next.or(Some(at + 2));
                (at, before) = (to, to);
            }
            length @ 1..=MAX_LABEL => {
                let label = value.get(at + 1..at + 1 + usize::from(length))?;
                let dot = if name.is_empty() { "" } else { "." };
                let label = core::str::from_utf8(label).ok();
                good &= label.is_some_and(|label| {
                    name.push_str(dot).is_ok() && name.push_str(label).is_ok()
                });
                at += 1 + usize::from(length);
            }
            _ => return None,
        }
    }
}

/// Appends a name as labels with their lengths, and the empty label at the end (RFC 1035,
/// 3.1). `false`: a label is empty or too long, or there is no room; `out` is of no use then.
pub fn write<const N: usize>(name: &str, out: &mut Vec<u8, N>) -> bool {
    let mut fits = true;
    for label in name.trim_end_matches('.').split('.') {
        fits &= (1..=usize::from(MAX_LABEL)).contains(&label.len());
        fits &= out.push(label.len() as u8).is_ok();
        fits &= out.extend_from_slice(label.as_bytes()).is_ok();
    }
    fits && out.push(0).is_ok()
}
