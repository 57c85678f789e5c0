//! What the client says.
use super::{COOKIE, FIXED, Kind, code};
use crate::config::Mac;
use crate::wire::names;
use core::net::Ipv4Addr;

/// The longest message that we write.
pub const MAX_ASK: usize = 548;
/// Some relays and servers drop what is shorter (RFC 1542, 2.1).
const SHORTEST: usize = 300;
/// The largest message that we take: what an Ethernet frame holds.
const MAX_REPLY: u16 = 1472;
const VENDOR: &[u8] = b"wifibond";

/// What a server is asked to tell. Deliberately left out: the broadcast address (28),
/// which follows from the mask, a host name for us (12), which the file gives, and to go
/// without IPv4 (108, RFC 8925), as there is nothing here that would translate.
const WANTED: &[u8] = &[
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
];

/// One message of ours.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub kind: Kind,
    pub xid: u32,
    /// Seconds since we began to ask.
    pub secs: u16,
    pub mac: Mac,
    /// The answer must come as a broadcast.
    pub broadcast: bool,
    /// Only where the address is in use and confirmed: renewing, rebinding, releasing.
    pub ciaddr: Option<Ipv4Addr>,
    pub requested: Option<Ipv4Addr>,
    pub server: Option<Ipv4Addr>,
    /// Option 61, with its type octet.
    pub client: &'a [u8],
    pub host_name: Option<&'a str>,
    pub rapid_commit: bool,
}

impl Ask<'_> {
    /// Writes the message; returns its length.
    pub fn write(&self, out: &mut [u8; MAX_ASK]) -> usize {
        out.fill(0);
        // BOOTREQUEST, Ethernet, 6 octets of address.
        out[..3].copy_from_slice(&[1, 1, 6]);
        out[4..8].copy_from_slice(&self.xid.to_be_bytes());
        out[8..10].copy_from_slice(&self.secs.to_be_bytes());
        out[10] = u8::from(self.broadcast) << 7;
        if let Some(address) = self.ciaddr {
            out[12..16].copy_from_slice(&address.octets());
        }
        out[28..34].copy_from_slice(&self.mac.0);
        out[FIXED..FIXED + 4].copy_from_slice(&COOKIE);
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
        if matches!(self.kind, Kind::Discover | Kind::Request) {
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
    /// One that finds no room is left out: none that decides is that long.
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

    /// A full name goes as one, and then not as a host name, too (RFC 4702, 3.1).
    fn name(&mut self, name: &str) {
        if !name.contains('.') {
            return self.add(code::HOST_NAME, name.as_bytes());
        }
        // The server makes its records (S), the name is in wire form (E); no result codes.
        let mut value: heapless::Vec<u8, 255> = heapless::Vec::new();
        let mut fits = value.extend_from_slice(&[0x05, 0, 0]).is_ok();
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
