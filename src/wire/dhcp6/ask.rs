//! What the client says.
use super::{Kind, code};
use crate::wire::names;
use core::net::Ipv6Addr;

/// The longest message that we write.
pub const MAX_ASK: usize = 640;

/// What a server is asked to tell. Deliberately left out: anything about prefixes, and
/// SIP, NIS and boot files, which nobody here would read.
const WANTED: &[u16] = &[
    code::NAME_SERVERS,
    code::SEARCH,
    code::NTP,
    code::SNTP_SERVERS,
];
/// Asked for where there is no association, with its own times (RFC 8415, 18.2.6).
const WANTED_ALONE: &[u16] = &[code::REFRESH, code::INF_MAX_RT];
/// Asked for in every Solicit (18.2.1), and where it may come along.
const WANTED_WITH: &[u16] = &[code::SOL_MAX_RT];

/// The association of a link, and the addresses in question.
#[derive(Debug, Clone, Copy)]
pub struct Association<'a> {
    pub iaid: u32,
    pub addresses: &'a [Ipv6Addr],
}

/// One message of ours.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub kind: Kind,
    /// 24 bits.
    pub xid: u32,
    /// Hundredths of a second since we began to ask.
    pub elapsed: u16,
    /// Our DUID.
    pub client: &'a [u8],
    /// Only where one server is meant.
    pub server: Option<&'a [u8]>,
    pub association: Option<Association<'a>>,
    pub host_name: Option<&'a str>,
    pub rapid_commit: bool,
}

impl Ask<'_> {
    /// Writes the message; returns its length.
    pub fn write(&self, out: &mut [u8; MAX_ASK]) -> usize {
        let [_, a, b, c] = self.xid.to_be_bytes();
        out[..4].copy_from_slice(&[self.kind as u8, a, b, c]);
        let mut options = Options { out, at: 4 };
        options.add(code::CLIENT, &[self.client]);
        if let Some(server) = self.server {
            options.add(code::SERVER, &[server]);
        }
        options.add(code::ELAPSED, &[&self.elapsed.to_be_bytes()]);
        if let Some(association) = &self.association {
            options.association(association);
        }
        if self.rapid_commit {
            options.add(code::RAPID_COMMIT, &[]);
        }
        let (asks, names) = match self.kind {
            Kind::Solicit | Kind::Request | Kind::Renew | Kind::Rebind => (true, true),
            Kind::InformationRequest => (true, false),
            // RFC 8415, 21.7: they ask for nothing.
            Kind::Confirm | Kind::Release | Kind::Decline | Kind::Advertise | Kind::Reply => {
                (false, false)
            }
        };
        if asks {
            options.wanted(self.association.is_some());
        }
        if let Some(name) = self.host_name.filter(|_| names) {
            options.fqdn(name);
        }
        options.at
    }
}

struct Options<'b> {
    out: &'b mut [u8; MAX_ASK],
    at: usize,
}

impl Options<'_> {
    /// One that finds no room is left out: none that decides is that long.
    fn add(&mut self, code: u16, parts: &[&[u8]]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let Ok(octets) = u16::try_from(length) else {
            return;
        };
        if self.at + 4 + length > self.out.len() {
            return;
        }
        self.put(&code.to_be_bytes());
        self.put(&octets.to_be_bytes());
        for part in parts {
            self.put(part);
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        self.out[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Times are the server's to choose: 0 in what we send (RFC 8415, 21.4 and 21.6).
    fn association(&mut self, association: &Association<'_>) {
        const ADDRESS_BYTES: usize = 4 + 24;
        let addresses = association.addresses.iter().take(super::MAX_LEASED);
        let length = 12 + ADDRESS_BYTES * addresses.len();
        if self.at + 4 + length > self.out.len() {
            return;
        }
        self.put(&code::ASSOCIATION.to_be_bytes());
        self.put(&(length as u16).to_be_bytes());
        self.put(&association.iaid.to_be_bytes());
        self.put(&[0; 8]);
        for address in addresses {
            self.add(code::ADDRESS, &[&address.octets(), &[0; 8]]);
        }
    }

    fn wanted(&mut self, with_association: bool) {
        let more = match with_association {
            true => WANTED_WITH,
            false => WANTED_ALONE,
        };
        let mut list: heapless::Vec<u8, 16> = heapless::Vec::new();
        for code in WANTED.iter().chain(more) {
            let _ = list.extend_from_slice(&code.to_be_bytes());
        }
        self.add(code::REQUESTED, &[&list]);
    }

    /// RFC 4704, 4: the server makes its record (S); a name that is not full goes without its
    /// final, empty label.
    fn fqdn(&mut self, name: &str) {
        let mut wire: heapless::Vec<u8, 256> = heapless::Vec::new();
        let fits = wire.push(0x01).is_ok() && names::write(name, &mut wire);
        if !name.contains('.') {
            wire.pop();
        }
        if fits {
            self.add(code::FQDN, &[&wire]);
        }
    }
}
