//! rtnetlink and nl80211: bytes ↔ the engine's types. Pure: no I/O, no clock, and no
//! panic on any bytes.
//!
//! One exchange with the kernel: [`encode`] or a `dump_…` request → the bytes go out
//! through a request socket → every datagram that comes back is given to a [`Reply`],
//! which says when the answer is complete and whether it is a refusal. Notifications
//! and the messages of a dump: [`frames`] → [`decode`] → an [`Event`].
mod answer;
mod attributes;
mod decode;
mod encode;
mod frame;
mod names;
pub mod neighbour;
pub mod nl80211;
pub mod rfkill;
#[cfg(test)]
mod tests;

pub use answer::{Ended, Reply, acknowledgement, explain};
pub use decode::decode;
pub use encode::{REQUEST_BYTES, dump_addresses, dump_links, dump_routes, encode, get_link};
pub use frame::{Frame, Frames, frames};

/// Why some bytes make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes end before the header, or before the length in it.
    Truncated,
    /// The length in the header is smaller than the header.
    Length,
    /// What the message is about is missing or has an impossible value.
    Field(&'static str),
}

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            DecodeError::Truncated => f.write_str("netlink message cut short"),
            DecodeError::Length => f.write_str("netlink message with an impossible length"),
            DecodeError::Field(name) => write!(f, "netlink message without a usable {name}"),
        }
    }
}
