//! Attributes, read one by one.
//!
//! netlink-packet-route's whole-message parsers give up a message for one attribute
//! of unexpected length; we need few of them, and a new kernel must not blind us.
use netlink_packet_core::NlasIterator;

/// The attributes of a message or of a nested attribute: kind and value. Ends at the
/// first that makes no sense.
pub(super) fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    NlasIterator::new(bytes)
        .map_while(Result::ok)
        .map(|attribute| {
            let value = &attribute.into_inner()[4..];
            (
                attribute.kind(),
                &value[..attribute.value_length().min(value.len())],
            )
        })
}

pub(super) fn number(value: &[u8]) -> Option<u32> {
    match *value {
        [a] => Some(u32::from(a)),
        [a, b] => Some(u32::from(u16::from_ne_bytes([a, b]))),
        [a, b, c, d] => Some(u32::from_ne_bytes([a, b, c, d])),
        _ => None,
    }
}

pub(super) fn byte(value: &[u8]) -> Option<u8> {
    value.first().copied()
}

/// Text up to its NUL.
pub(super) fn text(value: &[u8]) -> Option<&str> {
    let end = value
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(value.len());
    core::str::from_utf8(&value[..end]).ok()
}
