//! The few lines of generic netlink the lab needs: ask for a family's number, send a
//! command, read the acknowledgement.

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_GENERIC};

const CONTROLLER: u16 = 0x10;
const GET_FAMILY: u8 = 3;
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;

const REQUEST: u16 = 0x1;
const ACK: u16 = 0x4;
const ERROR: u32 = 0x2;
/// Length of the netlink header and of both headers.
const HEADER: usize = 16;
const HEADERS: usize = 20;

/// An attribute: its number and its bytes.
pub type Attribute<'a> = (u16, &'a [u8]);

/// Sends one command to a family, from the network namespace of the calling thread.
/// The value is the error field of the acknowledgement: 0, a negative errno, or what
/// the family puts there.
pub fn command(family: &str, command: u8, attributes: &[Attribute]) -> i32 {
    let mut socket = Socket::new(NETLINK_GENERIC).expect("a generic netlink socket");
    socket.bind_auto().expect("binding it");
    socket
        .connect(&SocketAddr::new(0, 0))
        .expect("connecting it to the kernel");
    let name = [family.as_bytes(), b"\0"].concat();
    let answer = ask(
        &socket,
        &message(CONTROLLER, REQUEST, GET_FAMILY, &[(FAMILY_NAME, &name)]),
    );
    assert_ne!(number(&answer, 4, 2), ERROR, "the kernel has no {family}");
    let id = attribute(&answer[HEADERS..], FAMILY_ID).expect("a family has a number");
    let id = u16::from_ne_bytes([id[0], id[1]]);
    let answer = ask(&socket, &message(id, REQUEST | ACK, command, attributes));
    assert_eq!(number(&answer, 4, 2), ERROR, "an acknowledgement");
    number(&answer, HEADER, 4) as i32
}

fn ask(socket: &Socket, message: &[u8]) -> Vec<u8> {
    socket.send(message, 0).expect("sending to the kernel");
    socket.recv_from_full().expect("an answer of the kernel").0
}

fn message(family: u16, flags: u16, command: u8, attributes: &[Attribute]) -> Vec<u8> {
    let mut body = vec![command, 1, 0, 0];
    for (kind, value) in attributes {
        body.extend((value.len() as u16 + 4).to_ne_bytes());
        body.extend(kind.to_ne_bytes());
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut message = ((HEADER + body.len()) as u32).to_ne_bytes().to_vec();
    message.extend(family.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    message.extend([0; 8]);
    message.extend(body);
    message
}

fn attribute(mut bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    while bytes.len() >= 4 {
        let length = number(bytes, 0, 2) as usize;
        if number(bytes, 2, 2) == u32::from(wanted) {
            return bytes.get(4..length);
        }
        bytes = bytes.get(length.max(4).next_multiple_of(4)..)?;
    }
    None
}

fn number(bytes: &[u8], at: usize, length: usize) -> u32 {
    let mut value = [0; 4];
    value[..length].copy_from_slice(&bytes[at..at + length]);
    u32::from_le_bytes(value)
}
