//! DHCPv4 messages (RFC 2131, 2132), from the client's side: a server's message is read into a
//! [`Reply`], the client's is written from an [`Ask`].
//!
//! The options of a reply are independent: an invalid one is left out, and the rest still
//! counts. Only a message whose fixed part or kind is wrong is refused.
mod ask;
#[cfg(test)]
mod golden;
mod options;
mod reply;
#[cfg(test)]
mod tests;

pub use ask::{Ask, MAX_ASK};
use options::code;
pub use reply::{Malformed, Reply, class_prefix, parse};

/// Octets of the fixed part: everything before the magic cookie (RFC 2131, 2).
const FIXED: usize = 236;
/// The magic cookie (RFC 2132, 2).
const COOKIE: [u8; 4] = [99, 130, 83, 99];
/// UDP port of servers and relays (RFC 2131, 4.1).
pub const SERVER_PORT: u16 = 67;
/// UDP port of clients (RFC 2131, 4.1).
pub const CLIENT_PORT: u16 = 68;

/// `op`, `htype` and `hlen` of a client's message: BOOTREQUEST, Ethernet, 6 octets of address.
const REQUEST: [u8; 3] = [1, 1, 6];
/// The same of a server's message: BOOTREPLY.
const REPLY: [u8; 3] = [2, 1, 6];

/// Offsets of the fixed part's fields, in octets; numbers are in network byte order (RFC 2131,
/// figure 1).
mod field {
    pub const XID: usize = 4;
    pub const SECS: usize = 8;
    pub const FLAGS: usize = 10;
    pub const CIADDR: usize = 12;
    pub const YIADDR: usize = 16;
    pub const CHADDR: usize = 28;
    pub const SNAME: usize = 44;
    pub const FILE: usize = 108;
}

/// The kind of a message: option 53 (RFC 2132, 9.6; RFC 2131, table 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageType {
    /// The client looks for servers.
    Discover = 1,
    /// A server offers an address.
    Offer = 2,
    /// The client asks for the offered address, or to keep the one that it has.
    Request = 3,
    /// The client found the address in use.
    Decline = 4,
    /// The server grants the lease.
    Ack = 5,
    /// The server refuses: the address is wrong for this network, or the lease has ended.
    Nak = 6,
    /// The client gives the lease back.
    Release = 7,
}
