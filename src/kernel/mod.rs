//! rtnetlink, nl80211 and rfkill: bytes ↔ the engine's types. Pure: no I/O, no clock, and no
//! panic on any bytes. Numbers are in host byte order, addresses in network byte order.
//!
//! One exchange with the kernel: [`encode`] or a `dump_…` request → the bytes go out
//! through a request socket → every datagram that comes back is given to a [`Reply`],
//! which returns the result once the answer is complete. Notifications
//! and the messages of a dump: [`frames`] → [`decode`] → an
//! [`Event`](crate::engine::contract::event::Event).
#![warn(missing_docs)]

mod answer;
mod attributes;
mod decode;
mod encode;
mod frame;
mod link_info;
pub mod messages;
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

/// Why a message cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes end before the header, or before the length in it.
    Truncated,
    /// The length in the header is smaller than the header, or one inside exceeds the message.
    Length,
    /// A field that every such message has is missing or out of range; the field's name.
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
