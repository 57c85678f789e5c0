//! DHCPv4 messages (RFC 2131, 2132), from the client's side: what a server says is
//! read into a [`Reply`], what we say is written from an [`Ask`].
//!
//! Every option of a reply stands for itself: one that makes no sense is left out, and
//! the rest still counts. Only a message whose frame or kind is wrong is refused.
mod ask;
#[cfg(test)]
mod golden;
mod options;
mod reply;
#[cfg(test)]
mod tests;

pub use ask::{Ask, MAX_ASK};
pub use reply::{Malformed, Reply, class_prefix, parse};

/// The fixed part of a message: everything before the magic cookie (RFC 2131, 2).
const FIXED: usize = 236;
/// RFC 2132, 2.
const COOKIE: [u8; 4] = [99, 130, 83, 99];
pub const SERVER_PORT: u16 = 67;
pub const CLIENT_PORT: u16 = 68;

/// Options by their numbers (RFC 2132 unless another is named).
mod code {
    pub const PAD: u8 = 0;
    pub const SUBNET_MASK: u8 = 1;
    pub const ROUTERS: u8 = 3;
    pub const NAME_SERVERS: u8 = 6;
    pub const HOST_NAME: u8 = 12;
    pub const DOMAIN_NAME: u8 = 15;
    pub const MTU: u8 = 26;
    pub const STATIC_ROUTES: u8 = 33;
    pub const TIME_SERVERS: u8 = 42;
    pub const REQUESTED_ADDRESS: u8 = 50;
    pub const LEASE_TIME: u8 = 51;
    pub const OVERLOAD: u8 = 52;
    pub const KIND: u8 = 53;
    pub const SERVER: u8 = 54;
    pub const PARAMETERS: u8 = 55;
    pub const MAX_SIZE: u8 = 57;
    pub const RENEWAL_TIME: u8 = 58;
    pub const REBINDING_TIME: u8 = 59;
    pub const VENDOR_CLASS: u8 = 60;
    pub const CLIENT: u8 = 61;
    /// RFC 4039.
    pub const RAPID_COMMIT: u8 = 80;
    /// RFC 4702.
    pub const FQDN: u8 = 81;
    /// RFC 3397.
    pub const SEARCH: u8 = 119;
    /// RFC 3442.
    pub const CLASSLESS_ROUTES: u8 = 121;
    /// The same, as Microsoft had it first.
    pub const CLASSLESS_ROUTES_MS: u8 = 249;
    pub const END: u8 = 255;
}

/// Option 53.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Discover = 1,
    Offer = 2,
    Request = 3,
    Decline = 4,
    Ack = 5,
    Nak = 6,
    Release = 7,
}
