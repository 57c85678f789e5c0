//! A DHCP server, for both families.
use super::*;
use crate::engine::contract::action::Transport;
use crate::engine::contract::content::Content;
use crate::engine::contract::packet::Purpose;
use crate::engine::dhcp::{MAX_MESSAGE, iaid};
use crate::engine::time::Instant;
use crate::wire::Family;
use core::net::Ipv6Addr;

pub const SERVER: [u8; 4] = [192, 168, 43, 1];
pub const OTHER_SERVER: [u8; 4] = [192, 168, 43, 9];
pub const LEASE: [u8; 4] = [192, 168, 43, 101];
/// The DUID of the DHCPv6 server.
pub const SERVER6: [u8; 4] = [0, 2, 9, 9];

pub const SOLICIT: u8 = 1;
pub const REQUEST: u8 = 3;
pub const CONFIRM: u8 = 4;
pub const RENEW: u8 = 5;
pub const REBIND: u8 = 6;
pub const RELEASE: u8 = 8;
pub const DECLINE: u8 = 9;
pub const INFORM: u8 = 11;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ServerBehaviour {
    Answers,
    /// At once, without an offer.
    Rapid,
    Silent,
    /// DHCPv4: offers, and answers DHCPNAK to each request.
    Refuses,
    /// DHCPv4: the same, under another server's name.
    Interferes,
    /// DHCPv4: another server acknowledges, with an address of its own, what was asked of SERVER.
    Usurps,
    /// DHCPv4: DHCPNAK to each request for an address that it did not give.
    Strict,
    /// DHCPv4: silent about addresses that it did not give (RFC 2131, 4.3.2): no authority.
    Modest,
    /// DHCPv6: "not on link", and another address than before.
    Moved,
    /// DHCPv6: has forgotten us.
    NoBinding,
    /// DHCPv6: offers, and knows nothing of it.
    Forgets,
    /// DHCPv6: offers, and never acknowledges.
    Offers,
    /// DHCPv6: has no address left.
    NoneLeft,
}

pub struct Server {
    pub behaviour: ServerBehaviour,
    pub lease_s: u32,
    pub gives: [u8; 4],
    /// Its own DHCPv4 address, and the gateway's.
    pub address: [u8; 4],
    pub gives6: Ipv6Addr,
    /// More options of each DHCPv4 answer.
    pub more: Vec<u8>,
    pub asked: Vec<Asked>,
}

/// What a client sent.
#[derive(Debug)]
pub struct Asked {
    pub at: u64,
    pub kind: u8,
    pub transport: Transport,
    pub message: Vec<u8>,
}

/// What the server sends back on this link.
pub struct Answer {
    link: Index,
    family: Family,
    message: Vec<u8>,
}

impl Answer {
    pub fn event(&self) -> Event<'_> {
        received(self.link, self.family, &self.message)
    }
}

/// A server's message comes in.
pub fn received(link: Index, family: Family, message: &[u8]) -> Event<'_> {
    let purpose = match family {
        Family::V4 => Purpose::Dhcp4,
        Family::V6 => Purpose::Dhcp6,
    };
    Event::Received {
        link,
        purpose,
        message,
    }
}

impl Asked {
    /// The address that a DHCPv4 client asks for.
    pub fn requested(&self) -> Option<[u8; 4]> {
        find_option4(&self.message, 50).map(|value| value.try_into().unwrap())
    }

    /// The client identifier of DHCPv4.
    pub fn client(&self) -> &[u8] {
        find_option4(&self.message, 61).expect("a client identifier")
    }
}

pub fn lent(last: u16) -> Ipv6Addr {
    Ipv6Addr::new(0xfd00, 0x43, 0, 0, 0, 0, 0, last)
}

fn find_option4(message: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut at = 240;
    while message[at] != 255 {
        let length = usize::from(message[at + 1]);
        if message[at] == wanted {
            return Some(&message[at + 2..at + 2 + length]);
        }
        at += 2 + length;
    }
    None
}

/// An option of DHCPv6.
pub fn option6(code: u16, value: &[u8]) -> Vec<u8> {
    let length = value.len() as u16;
    [&code.to_be_bytes()[..], &length.to_be_bytes(), value].concat()
}

/// The message that this link's client would send.
pub fn message(engine: &Engine, now: u64, link: Index, family: Family, release: bool) -> Vec<u8> {
    let mut out = [0; MAX_MESSAGE];
    let length = engine.dhcp_message(Instant::from_ms(now), link, family, release, &mut out);
    out[..length.expect("a message that is due")].to_vec()
}

impl Default for Server {
    fn default() -> Self {
        Server {
            behaviour: ServerBehaviour::Silent,
            lease_s: 3600,
            gives: LEASE,
            address: SERVER,
            gives6: lent(0x101),
            more: vec![],
            asked: vec![],
        }
    }
}

impl Server {
    /// Takes note of what a client sends, and answers it.
    pub fn receive(
        &mut self,
        engine: &Engine,
        now: u64,
        action: &Action,
        content: &Content,
    ) -> Option<Answer> {
        let Action::Send {
            link,
            packet: Packet::Dhcp {
                family, transport, ..
            },
            ..
        } = *action
        else {
            return None;
        };
        let name = &engine.observed().link(link).expect("a link").name;
        let message = content.bytes().to_vec();
        let (kind, answer) = match family {
            Family::V4 => (
                find_option4(&message, 53).unwrap()[0],
                self.reply4(&message),
            ),
            Family::V6 => (message[0], self.reply6(&message, name)),
        };
        self.asked.push(Asked {
            at: now,
            kind,
            transport,
            message,
        });
        Some(Answer {
            link,
            family,
            message: answer?,
        })
    }

    pub fn reply4(&self, question: &[u8]) -> Option<Vec<u8>> {
        use ServerBehaviour::*;
        const OFFER: u8 = 2;
        const ACK: u8 = 5;
        const NAK: u8 = 6;
        let kind = find_option4(question, 53).unwrap()[0];
        let (answer, server) = match (self.behaviour, kind) {
            (Silent, _) => return None,
            (Strict, 1) => (OFFER, self.address),
            (Strict, 3) if find_option4(question, 50).is_none_or(|asked| asked == self.gives) => {
                (ACK, self.address)
            }
            (Strict, 3) => (NAK, self.address),
            (Answers, 1) => (OFFER, self.address),
            (Answers | Rapid, 1 | 3) => (ACK, self.address),
            (Refuses, 3) => (NAK, self.address),
            (Interferes, 3) => (NAK, OTHER_SERVER),
            (Usurps, 3) => (ACK, OTHER_SERVER),
            (Refuses | Interferes | Modest, 1) => (OFFER, self.address),
            // To an offer of its own.
            (Modest, 3) if find_option4(question, 54).is_some() => (ACK, self.address),
            _ => return None,
        };
        let xid = u32::from_be_bytes(question[4..8].try_into().unwrap());
        let mac = Mac(question[28..34].try_into().unwrap());
        let mut message = head4(xid, mac);
        message[16..20].copy_from_slice(&self.gives);
        message.extend([99, 130, 83, 99, 53, 1, answer, 54, 4]);
        message.extend(server);
        message.extend([1, 4, 255, 255, 255, 0, 3, 4]);
        message.extend(self.address);
        message.extend([51, 4]);
        message.extend(self.lease_s.to_be_bytes());
        message.extend(&self.more);
        if self.behaviour == Rapid {
            message.extend([80, 0]);
        }
        message.push(255);
        Some(message)
    }

    fn reply6(&self, question: &[u8], name: &str) -> Option<Vec<u8>> {
        use ServerBehaviour::*;
        const ADVERTISE: u8 = 2;
        const REPLY: u8 = 7;
        let kind = match (question[0], self.behaviour) {
            (_, Silent) | (REQUEST, Offers) | (RELEASE | DECLINE, _) => return None,
            (SOLICIT, Rapid) => REPLY,
            (SOLICIT, _) => ADVERTISE,
            _ => REPLY,
        };
        let mut message = vec![kind];
        message.extend(&question[1..4]);
        message.extend(option6(2, &SERVER6));
        message.extend(option6(1, &world::DUID));
        let status = |code: u8| option6(13, &[0, code]);
        match (question[0], self.behaviour) {
            (CONFIRM, Moved) => message.extend(status(4)),
            (CONFIRM, _) => message.extend(status(0)),
            (INFORM, _) => {}
            (_, NoneLeft) => message.extend(association6(name, &status(2))),
            (RENEW | REBIND, NoBinding) | (REQUEST, Forgets) => {
                message.extend(association6(name, &status(3)));
            }
            _ => message.extend(association6(name, &address6(self.gives6, self.lease_s))),
        }
        message.extend(option6(23, &lent(0x53).octets()));
        if self.behaviour == Rapid {
            message.extend(option6(14, &[]));
        }
        Some(message)
    }
}

/// The fixed part of an answer to the DHCPv4 client with this number and address.
pub fn head4(xid: u32, mac: Mac) -> Vec<u8> {
    let mut message = vec![0; 236];
    message[..3].copy_from_slice(&[2, 1, 6]);
    message[4..8].copy_from_slice(&xid.to_be_bytes());
    message[28..34].copy_from_slice(&mac.0);
    message
}

/// The option IA_NA (RFC 8415, 21.4) of this interface, with these options inside.
pub fn association6(name: &str, inside: &[u8]) -> Vec<u8> {
    let head = [iaid(name), 0, 0].map(u32::to_be_bytes).concat();
    option6(3, &[&head, inside].concat())
}

/// The option IA Address (RFC 8415, 21.6).
pub fn address6(address: Ipv6Addr, valid_s: u32) -> Vec<u8> {
    let times = [valid_s, valid_s].map(u32::to_be_bytes).concat();
    option6(5, &[&address.octets()[..], &times].concat())
}
