//! Attributes, read one by one.
//!
//! netlink-packet-route's parsers of whole messages refuse a message for one attribute of
//! unexpected length. Few attributes are needed here, and a message of a newer kernel must stay
//! readable.
use crate::config::Mac;
use netlink_packet_core::NlasIterator;

/// Octets of `struct nlattr`.
const ATTRIBUTE_HEADER: usize = 4;

/// The attributes of a message or of a nested attribute: kind and value. Ends at the first with
/// an impossible length.
pub(super) fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    NlasIterator::new(bytes)
        .map_while(Result::ok)
        .map(|attribute| {
            let value = &attribute.into_inner()[ATTRIBUTE_HEADER..];
            (
                attribute.kind(),
                &value[..attribute.value_length().min(value.len())],
            )
        })
}

/// A number of 1, 2 or 4 octets in host byte order.
pub(super) fn number(value: &[u8]) -> Option<u32> {
    match *value {
        [a] => Some(u32::from(a)),
        [a, b] => Some(u32::from(u16::from_ne_bytes([a, b]))),
        [a, b, c, d] => Some(u32::from_ne_bytes([a, b, c, d])),
        _ => None,
    }
}

/// The first octet.
pub(super) fn byte(value: &[u8]) -> Option<u8> {
    value.first().copied()
}

/// Text up to its NUL; `None`: not UTF-8.
pub(super) fn text(value: &[u8]) -> Option<&str> {
    let end = value
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(value.len());
    core::str::from_utf8(&value[..end]).ok()
}

/// A hardware address of 6 octets; all zeros stands for none.
pub fn mac(value: &[u8]) -> Option<Mac> {
    let mac = Mac(value.try_into().ok()?);
    (mac != Mac::default()).then_some(mac)
}
