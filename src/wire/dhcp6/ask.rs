//! Messages of the client.
use super::{MessageType, code};
use crate::wire::names;
use core::net::Ipv6Addr;

/// Octets of the longest message: below the 1280 that every link of IPv6 carries whole
/// (RFC 8200, 5).
pub const MAX_ASK: usize = 640;
/// Octets before the options: type and transaction identifier (RFC 8415, 8).
const HEADER: usize = 4;
/// Octets before an option's value: code and length (RFC 8415, 21.1).
const OPTION_HEADER: usize = 4;
/// Octets of an association before its options: IAID, T1, T2 (RFC 8415, 21.4).
const ASSOCIATION: usize = 12;
/// Octets of an address with its two lifetimes (RFC 8415, 21.6).
const ADDRESS: usize = 24;
/// Flag of the FQDN option: the server makes the AAAA record (S, RFC 4704, 4.1).
const FQDN_SERVER_UPDATES: u8 = 0x01;

/// The option request option's codes. Deliberately left out: prefix delegation, SIP, NIS and
/// boot files, which nothing on this machine uses.
const WANTED: &[u16] = &[
    code::NAME_SERVERS,
    code::SEARCH,
    code::NTP,
    code::SNTP_SERVERS,
];
/// Added where there is no association, so no T1 either (RFC 8415, 18.2.6).
const WANTED_ALONE: &[u16] = &[code::REFRESH, code::INF_MAX_RT];
/// Added in every Solicit (18.2.1), and in the other messages with an association.
const WANTED_WITH: &[u16] = &[code::SOL_MAX_RT];

/// The identity association (IA_NA) of a link (RFC 8415, 4.2 and 21.4).
#[derive(Debug, Clone, Copy)]
pub struct Association<'a> {
    /// Its identifier: the same for ever on one link (RFC 8415, 12).
    pub iaid: u32,
    /// The addresses that the message is about; empty: any.
    pub addresses: &'a [Ipv6Addr],
}

/// One message of the client.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// One of those that clients send.
    pub kind: MessageType,
    /// The exchange's number, random, 24 bits; a server's answer repeats it.
    pub xid: u32,
    /// Hundredths of a second since the exchange began (RFC 8415, 21.9).
    pub elapsed: u16,
    /// The client's DUID.
    pub client: &'a [u8],
    /// The DUID of the one server that is meant; `None`: any.
    pub server: Option<&'a [u8]>,
    /// `None` in an Information-request.
    pub association: Option<Association<'a>>,
    /// Sent as the FQDN option (RFC 4704) by the kinds that may have it.
    pub host_name: Option<&'a str>,
    /// A Reply may follow the Solicit at once (RFC 8415, 21.14).
    pub rapid_commit: bool,
}

impl Ask<'_> {
    /// Writes the message; returns its length in octets. Options without room are left out.
    pub fn write(&self, out: &mut [u8; MAX_ASK]) -> usize {
        let [_, a, b, c] = self.xid.to_be_bytes();
        out[..HEADER].copy_from_slice(&[self.kind as u8, a, b, c]);
        let mut options = Options { out, at: HEADER };
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
            MessageType::Solicit
            | MessageType::Request
            | MessageType::Renew
            | MessageType::Rebind => (true, true),
            MessageType::InformationRequest => (true, false),
            // RFC 8415, 21.7: no option request option in these.
            MessageType::Confirm
            | MessageType::Release
            | MessageType::Decline
            | MessageType::Advertise
            | MessageType::Reply => (false, false),
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
    /// An option without room is left out: those that matter come first and are short.
    fn add(&mut self, code: u16, parts: &[&[u8]]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let Ok(octets) = u16::try_from(length) else {
            return;
        };
        if self.at + OPTION_HEADER + length > self.out.len() {
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

    /// T1, T2 and the lifetimes are 0: the server chooses them (RFC 8415, 21.4 and 21.6).
    fn association(&mut self, association: &Association<'_>) {
        let addresses = association.addresses.iter().take(super::MAX_LEASED);
        let length = ASSOCIATION + (OPTION_HEADER + ADDRESS) * addresses.len();
        if self.at + OPTION_HEADER + length > self.out.len() {
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

    /// RFC 4704, 4.2: a name that is not fully qualified is sent without its final, empty label.
    fn fqdn(&mut self, name: &str) {
        let mut wire: heapless::Vec<u8, 256> = heapless::Vec::new();
        let fits = wire.push(FQDN_SERVER_UPDATES).is_ok() && names::write(name, &mut wire);
        if !name.contains('.') {
            wire.pop();
        }
        if fits {
            self.add(code::FQDN, &[&wire]);
        }
    }
}
