//! Messages of the client.
use super::options::WANTED;
use super::{COOKIE, FIXED, MessageType, REQUEST, code, field};
use crate::config::Mac;
use crate::wire::names;
use core::net::Ipv4Addr;

/// Octets of the longest message: 576, which every host takes (RFC 791, 3.1), less the headers
/// of IPv4 and UDP.
pub const MAX_ASK: usize = 548;
/// Octets. Some relays and servers drop what is shorter (RFC 1542, 2.1).
const SHORTEST: usize = 300;
/// Octets of the largest reply that is taken (option 57): what an Ethernet frame holds.
const MAX_REPLY: u16 = 1472;
/// The vendor class (option 60).
const VENDOR: &[u8] = b"wifibond";
/// The broadcast bit, in the first octet of `flags` (RFC 2131, figure 2).
const BROADCAST: u8 = 0x80;
/// Flags of option 81 (RFC 4702, 2.1): the server makes the DNS records (S), and the name is
/// encoded as in DNS messages (E).
const FQDN_FLAGS: u8 = 0x01 | 0x04;

/// One message of the client. Which fields each kind must have: RFC 2131, table 5.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// One of those that clients send.
    pub kind: MessageType,
    /// The exchange's number, random; a server's answer repeats it.
    pub xid: u32,
    /// Seconds since the exchange began.
    pub secs: u16,
    /// The hardware address (`chaddr`).
    pub mac: Mac,
    /// The answer must come as a broadcast: the kernel takes no unicast without an address.
    pub broadcast: bool,
    /// Only where the address is in use and confirmed: renewing, rebinding, releasing.
    pub ciaddr: Option<Ipv4Addr>,
    /// Option 50: the address asked for.
    pub requested: Option<Ipv4Addr>,
    /// Option 54: the server that is meant.
    pub server: Option<Ipv4Addr>,
    /// Option 61, with its type octet (RFC 2132, 9.14; RFC 4361).
    pub client: &'a [u8],
    /// Sent as option 12, or as option 81 where it has a dot.
    pub host_name: Option<&'a str>,
    /// Option 80: an ACK may follow the DISCOVER at once (RFC 4039).
    pub rapid_commit: bool,
}

impl Ask<'_> {
    /// Writes the message; returns its length in octets. Options without room are left out.
    pub fn write(&self, out: &mut [u8; MAX_ASK]) -> usize {
        out.fill(0);
        let mut put = |at: usize, octets: &[u8]| out[at..][..octets.len()].copy_from_slice(octets);
        put(0, &REQUEST);
        put(field::XID, &self.xid.to_be_bytes());
        put(field::SECS, &self.secs.to_be_bytes());
        put(field::FLAGS, &[if self.broadcast { BROADCAST } else { 0 }]);
        if let Some(address) = self.ciaddr {
            put(field::CIADDR, &address.octets());
        }
        put(field::CHADDR, &self.mac.0);
        put(FIXED, &COOKIE);
        let mut options = Options {
            out,
            at: FIXED + COOKIE.len(),
        };
        options.add(code::KIND, &[self.kind as u8]);
        options.add(code::CLIENT, self.client);
        if let Some(address) = self.requested {
            options.add(code::REQUESTED_ADDRESS, &address.octets());
        }
        if let Some(server) = self.server {
            options.add(code::SERVER, &server.octets());
        }
        // RFC 2131, table 5: a DECLINE and a RELEASE ask for nothing.
        if matches!(self.kind, MessageType::Discover | MessageType::Request) {
            options.add(code::MAX_SIZE, &MAX_REPLY.to_be_bytes());
            options.add(code::VENDOR_CLASS, VENDOR);
            if let Some(name) = self.host_name {
                options.name(name);
            }
            if self.rapid_commit {
                options.add(code::RAPID_COMMIT, &[]);
            }
            options.add(code::PARAMETERS, WANTED);
        }
        options.end()
    }
}

struct Options<'b> {
    out: &'b mut [u8; MAX_ASK],
    at: usize,
}

impl Options<'_> {
    /// An option without room is left out: those that matter come first and are short.
    fn add(&mut self, code: u8, value: &[u8]) {
        let Ok(length) = u8::try_from(value.len()) else {
            return;
        };
        let end = self.at + 2 + value.len();
        if end >= self.out.len() {
            return;
        }
        self.out[self.at] = code;
        self.out[self.at + 1] = length;
        self.out[self.at + 2..end].copy_from_slice(value);
        self.at = end;
    }

    /// A fully qualified name is sent as option 81 and then not as option 12 (RFC 4702, 3.1).
    fn name(&mut self, name: &str) {
        if !name.contains('.') {
            return self.add(code::HOST_NAME, name.as_bytes());
        }
        let mut value: heapless::Vec<u8, 255> = heapless::Vec::new();
        let mut fits = value.extend_from_slice(&[FQDN_FLAGS, 0, 0]).is_ok();
        fits &= names::write(name, &mut value);
        if fits {
            self.add(code::FQDN, &value);
        }
    }

    fn end(self) -> usize {
        self.out[self.at] = code::END;
        (self.at + 1).max(SHORTEST)
    }
}
