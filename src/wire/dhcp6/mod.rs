//! DHCPv6 messages (RFC 8415), from the client's side: what a server says is read into a
//! [`Reply`], what we say is written from an [`Ask`].
//!
//! As with DHCPv4, an option that makes no sense is left out and the rest still counts.
mod ask;
mod reply;
#[cfg(test)]
mod tests;

pub use ask::{Ask, Association, MAX_ASK};
pub use reply::{Leased, Malformed, Offered, Reply, parse};

use core::net::Ipv6Addr;
use heapless::Vec;

pub const SERVER_PORT: u16 = 547;
pub const CLIENT_PORT: u16 = 546;
/// All servers and relays on the link (RFC 8415, 7.1).
pub const SERVERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2);
/// Addresses of one association; a server may lend more, and we do without.
pub const MAX_LEASED: usize = 2;

/// A server's DUID: at most 128 octets behind its type (RFC 8415, 11.1).
pub type ServerId = Vec<u8, 130>;

/// Options by their numbers (RFC 8415 unless another is named).
mod code {
    pub const CLIENT: u16 = 1;
    pub const SERVER: u16 = 2;
    pub const ASSOCIATION: u16 = 3;
    pub const ADDRESS: u16 = 5;
    pub const REQUESTED: u16 = 6;
    pub const PREFERENCE: u16 = 7;
    pub const ELAPSED: u16 = 8;
    pub const STATUS: u16 = 13;
    pub const RAPID_COMMIT: u16 = 14;
    /// RFC 3646.
    pub const NAME_SERVERS: u16 = 23;
    pub const SEARCH: u16 = 24;
    /// RFC 4075; deprecated, and what dnsmasq and others still send.
    pub const SNTP_SERVERS: u16 = 31;
    pub const REFRESH: u16 = 32;
    /// RFC 4704.
    pub const FQDN: u16 = 39;
    /// RFC 5908.
    pub const NTP: u16 = 56;
    pub const SOL_MAX_RT: u16 = 82;
    pub const INF_MAX_RT: u16 = 83;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Solicit = 1,
    Advertise = 2,
    Request = 3,
    Confirm = 4,
    Renew = 5,
    Rebind = 6,
    Reply = 7,
    Release = 8,
    Decline = 9,
    InformationRequest = 11,
}

/// RFC 8415, 21.13.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Success,
    /// `UnspecFail`, or a code that RFC 8415 does not have.
    Failed,
    NoAddresses,
    NoBinding,
    NotOnLink,
    UseMulticast,
}
