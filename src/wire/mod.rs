//! Bytes ↔ meaning. No I/O.
#![warn(missing_docs)]

pub mod arp;
pub mod certificate;
pub mod control;
pub mod dhcp4;
pub mod dhcp6;
mod names;
pub mod neighbour;
pub mod router;
pub mod udp4;
pub mod wpa;

use core::fmt;

/// The protocol that a lease is had by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// DHCPv4 (RFC 2131).
    V4,
    /// DHCPv6 (RFC 8415).
    V6,
}

impl fmt::Display for Family {
    /// As people say it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Family::V4 => "DHCP",
            Family::V6 => "DHCPv6",
        })
    }
}
