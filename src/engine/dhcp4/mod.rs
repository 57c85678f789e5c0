//! DHCPv4 on the bond and on links of their own.
mod acd;
mod client;
mod drive;
mod lease;
mod state;
mod timing;

pub use client::Client;
pub use drive::{next, next_arp, next_release, next_store, next_unwanted, source};
pub use lease::{Lease, MAX_ACK};
pub use state::{State, Transport};

use crate::config::{Duid, MAX_BRIDGES, MAX_DUID, MAX_LINKS};
use core::fmt::Write;
use heapless::{String, Vec};

/// Links with a client: the bond, bridges, and links of their own.
pub const MAX_CLIENTS: usize = 1 + MAX_BRIDGES + MAX_LINKS;
/// A client identifier's type for "IAID and DUID" (RFC 4361, 6.1).
const IAID_AND_DUID: u8 = 255;

/// Who we are to servers: the same on every link and after every restart.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Made here; the file's own comes first.
    pub duid: Duid,
    /// The kernel's; the file's own comes first.
    pub host_name: String<63>,
}

/// Option 61 (RFC 4361): the association belongs to the logical link, whose name tells it
/// from the others, or the file's `iaid`.
fn client_id(iaid: u32, duid: &[u8]) -> Vec<u8, { 5 + MAX_DUID }> {
    let mut id = Vec::new();
    let _ = id.push(IAID_AND_DUID);
    let _ = id.extend_from_slice(&iaid.to_be_bytes());
    let _ = id.extend_from_slice(duid);
    id
}

/// FNV-1a of the link's name.
pub fn iaid(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// A lease's length as a person says it.
pub fn span(seconds: u64) -> String<24> {
    let mut text = String::new();
    let _ = match seconds {
        0..120 => write!(text, "{seconds} s"),
        120..7200 => write!(text, "{} min", seconds / 60),
        7200..172_800 => write!(text, "{} h", seconds / 3600),
        _ => write!(text, "{} d", seconds / 86_400),
    };
    text
}
