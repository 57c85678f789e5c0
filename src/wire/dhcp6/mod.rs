//! DHCPv6 messages (RFC 8415), from the client's side: a server's message is read into a
//! [`Reply`], the client's is written from an [`Ask`].
//!
//! As with DHCPv4, an invalid option is left out and the rest still counts.
mod ask;
mod reply;
#[cfg(test)]
mod tests;

pub use ask::{Ask, Association, MAX_ASK};
pub use reply::{Leased, Malformed, Offered, Reply, parse};

use core::net::Ipv6Addr;
use heapless::Vec;

/// UDP port of servers and relays (RFC 8415, 7.2).
pub const SERVER_PORT: u16 = 547;
/// UDP port of clients (RFC 8415, 7.2).
pub const CLIENT_PORT: u16 = 546;
/// All servers and relays on the link (RFC 8415, 7.1).
pub const SERVERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2);
/// Addresses of one association; further ones of a server are ignored.
pub const MAX_LEASED: usize = 2;

/// A server's DUID: a type of 2 octets, then at most 128 (RFC 8415, 11.1).
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
    /// RFC 4075; deprecated, but dnsmasq and others still send it.
    pub const SNTP_SERVERS: u16 = 31;
    pub const REFRESH: u16 = 32;
    /// RFC 4704.
    pub const FQDN: u16 = 39;
    /// RFC 5908.
    pub const NTP: u16 = 56;
    pub const SOL_MAX_RT: u16 = 82;
    pub const INF_MAX_RT: u16 = 83;
}

/// The type of a message (RFC 8415, 7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageType {
    /// The client looks for servers.
    Solicit = 1,
    /// A server offers addresses.
    Advertise = 2,
    /// The client asks one server for the offered addresses.
    Request = 3,
    /// The client asks any server whether its addresses still fit the link.
    Confirm = 4,
    /// The client asks its server to extend the lease.
    Renew = 5,
    /// The client asks any server to extend the lease.
    Rebind = 6,
    /// A server's answer to all but a Solicit without rapid commit.
    Reply = 7,
    /// The client gives the addresses back.
    Release = 8,
    /// The client found an address in use.
    Decline = 9,
    /// The client asks for options alone.
    InformationRequest = 11,
}

/// A status code (RFC 8415, 21.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusCode {
    /// Also where there is no status option.
    Success = 0,
    /// `UnspecFail`, or a code that RFC 8415 does not have.
    Failed = 1,
    /// `NoAddrsAvail`: the server has no address to assign.
    NoAddresses = 2,
    /// The server does not know the association.
    NoBinding = 3,
    /// An address does not fit the link that the client is on.
    NotOnLink = 4,
    /// A message came by unicast, and the server takes multicast alone.
    UseMulticast = 5,
}
