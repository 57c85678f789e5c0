//! The options: their numbers, which are asked for, and where they stand in a message.
//!
//! One option may be split into several pieces (RFC 3396), which are concatenated in their
//! order; and the fields `file` and `sname` may hold options too (overload, RFC 2132, 9.3).
use super::{COOKIE, FIXED, field};
use heapless::Vec;

/// Options by their numbers (RFC 2132 unless another is named).
pub mod code {
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
    pub const TFTP_SERVER: u8 = 66;
    /// RFC 4039.
    pub const RAPID_COMMIT: u8 = 80;
    /// RFC 4702.
    pub const FQDN: u8 = 81;
    /// RFC 3397.
    pub const SEARCH: u8 = 119;
    /// RFC 3442.
    pub const CLASSLESS_ROUTES: u8 = 121;
    /// The same in Microsoft's private range, older than RFC 3442.
    pub const CLASSLESS_ROUTES_MS: u8 = 249;
    pub const END: u8 = 255;
}

/// The parameter request list. Deliberately left out: the broadcast address (28), which follows
/// from the mask, the client's host name (12), which the file gives, and IPv6-only preferred
/// (108, RFC 8925), as nothing on this machine translates addresses.
pub const WANTED: &[u8] = &[
    // RFC 3442: before the router option, which some servers leave out after it.
    code::CLASSLESS_ROUTES,
    code::CLASSLESS_ROUTES_MS,
    code::SUBNET_MASK,
    code::ROUTERS,
    code::STATIC_ROUTES,
    code::NAME_SERVERS,
    code::DOMAIN_NAME,
    code::SEARCH,
    code::MTU,
    code::TIME_SERVERS,
    code::LEASE_TIME,
    code::RENEWAL_TIME,
    code::REBINDING_TIME,
    code::TFTP_SERVER,
];

/// The fields that overload may fill: `file`, then `sname` (RFC 3396, 5: in this order).
const FILE: core::ops::Range<usize> = field::FILE..FIXED;
const SNAME: core::ops::Range<usize> = field::SNAME..field::FILE;
/// Bits of the overload option: which of the two fields hold options (RFC 2132, 9.3).
const IN_FILE: u8 = 1;
const IN_SNAME: u8 = 2;
/// One option's value, concatenated from its pieces; what is longer is cut.
pub type Whole = Vec<u8, 512>;

/// The options of one message.
#[derive(Debug, Clone, Copy)]
pub struct Options<'m> {
    message: &'m [u8],
    overload: u8,
}

impl<'m> Options<'m> {
    /// `None`: too short, or without the magic cookie.
    pub fn of(message: &'m [u8]) -> Option<Self> {
        let cookie = message.get(FIXED..FIXED + COOKIE.len())?;
        if cookie != COOKIE {
            return None;
        }
        let plain = Options {
            message,
            overload: 0,
        };
        let overload = plain.pieces().find(|(code, _)| *code == code::OVERLOAD);
        let overload = overload.and_then(|(_, value)| value.first().copied());
        Some(Options {
            message,
            overload: overload.unwrap_or(0),
        })
    }

    fn pieces(&self) -> impl Iterator<Item = (u8, &'m [u8])> + use<'m> {
        let part = |wanted: u8, range: core::ops::Range<usize>| match self.overload & wanted {
            0 => &[][..],
            _ => self.message.get(range).unwrap_or(&[]),
        };
        let main = self.message.get(FIXED + COOKIE.len()..).unwrap_or(&[]);
        Pieces(main)
            .chain(Pieces(part(IN_FILE, FILE)))
            .chain(Pieces(part(IN_SNAME, SNAME)))
    }

    /// An option's value; `None`: the message does not have it.
    pub fn get(&self, wanted: u8) -> Option<Whole> {
        let mut whole: Option<Whole> = None;
        for (code, value) in self.pieces() {
            if code == wanted {
                let whole = whole.get_or_insert_default();
                let room = whole.capacity() - whole.len();
                let _ = whole.extend_from_slice(&value[..value.len().min(room)]);
            }
        }
        whole
    }

    /// Whether the message has an option, whatever its value.
    pub fn has(&self, wanted: u8) -> bool {
        self.pieces().any(|(code, _)| code == wanted)
    }
}

/// The options of one field, up to its end or to the first whose length exceeds the field.
struct Pieces<'m>(&'m [u8]);

impl<'m> Iterator for Pieces<'m> {
    type Item = (u8, &'m [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (code, rest) = self.0.split_first()?;
            match *code {
                code::PAD => self.0 = rest,
                code::END => {
                    self.0 = &[];
                    return None;
                }
                code => {
                    let (length, rest) = rest.split_first()?;
                    let Some((value, rest)) = rest.split_at_checked(usize::from(*length)) else {
                        self.0 = &[];
                        return None;
                    };
                    self.0 = rest;
                    return Some((code, value));
                }
            }
        }
    }
}
