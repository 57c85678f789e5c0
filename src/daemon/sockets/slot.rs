//! One socket of the table: how each kind is opened, sends and is read.
use crate::config::IfName;
use crate::daemon::engine::Tell;
use crate::daemon::failure;
use crate::engine::contract::event::{Event, Failure};
use crate::engine::contract::packet::Purpose;
use crate::engine::contract::socket::{SocketKind, To};
use crate::engine::observed::Index;
use crate::system;
use crate::system::inet6::{self, Icmp};
use crate::system::packet::{self, Filter, Raw};
use crate::wire::{dhcp4, udp4};
use core::mem::discriminant;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};

pub enum Socket {
    /// Packets past the kernel's addresses and routes.
    Raw(Raw),
    /// The same, with the headers of IPv4 and UDP taken off.
    RawDhcp4(Raw),
    /// Sends alone: what comes for it is read from the raw one.
    Udp4(packet::Udp),
    Udp6(inet6::Udp),
    /// Sends alone.
    Icmp6(Icmp),
}

pub struct Slot {
    pub link: Index,
    pub name: IfName,
    pub purpose: Purpose,
    pub socket: Socket,
    /// Given up; closed by the next sweep.
    pub broken: bool,
}

impl Socket {
    pub fn open(link: Index, name: &IfName, kind: &SocketKind) -> system::Result<Socket> {
        Ok(match kind {
            SocketKind::Frames { ethertype, words } => {
                Socket::Raw(Raw::open(link, Filter::Words(*ethertype, words))?)
            }
            SocketKind::RawDhcp4 => {
                Socket::RawDhcp4(Raw::open(link, Filter::Udp(dhcp4::CLIENT_PORT))?)
            }
            SocketKind::Udp4 {
                from: (address, port),
            } => Socket::Udp4(packet::Udp::open(name, *address, *port)?),
            SocketKind::Udp6 { port } => Socket::Udp6(inet6::Udp::open(name, link, *port)?),
            SocketKind::Icmp6 => Socket::Icmp6(Icmp::open(name, link)?),
        })
    }

    pub fn send(&self, to: To, message: &[u8]) -> Result<(), Failure> {
        match (self, to) {
            (Socket::Raw(raw), To::Station(mac)) => raw.send(message, mac.0)?,
            (Socket::RawDhcp4(raw), To::Station(mac)) => {
                let mut packet = [0; udp4::HEADERS + dhcp4::MAX_ASK];
                let packet = &mut packet[..udp4::HEADERS + message.len()];
                packet[udp4::HEADERS..].copy_from_slice(message);
                udp4::broadcast(packet);
                raw.send(packet, mac.0)?;
            }
            (Socket::Udp4(udp), To::Host(SocketAddr::V4(to))) => {
                udp.send(message, *to.ip(), to.port())?;
            }
            (Socket::Udp6(udp), To::Host(SocketAddr::V6(to))) => {
                udp.send(message, *to.ip(), to.port())?;
            }
            (Socket::Icmp6(icmp), To::Host(SocketAddr::V6(to))) => icmp.send(message, *to.ip())?,
            _ => {
                let text = format_args!("this kind of socket does not lead to {to:?}");
                return Err(failure(libc::EAFNOSUPPORT, &text));
            }
        }
        Ok(())
    }
}

impl Slot {
    pub fn open(link: Index, name: &IfName, purpose: Purpose) -> system::Result<Slot> {
        Ok(Slot {
            link,
            name: name.clone(),
            purpose,
            socket: Socket::open(link, name, &purpose.socket())?,
            broken: false,
        })
    }

    /// For this purpose on this link, perhaps with another address.
    pub fn is_for(&self, link: Index, purpose: Purpose) -> bool {
        self.link == link && discriminant(&self.purpose) == discriminant(&purpose)
    }

    /// To wait for; `None`: it is not read.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.socket {
            Socket::Raw(raw) | Socket::RawDhcp4(raw) => Some(raw.as_fd()),
            Socket::Udp4(_) | Socket::Icmp6(_) => None,
            Socket::Udp6(udp) => Some(udp.as_fd()),
        }
    }

    /// Reports a turn of what has come; `true`: there is nothing left.
    pub fn take_in(&self, buffer: &mut [u8], tell: &mut Tell<'_>) -> system::Result<bool> {
        let (link, purpose) = (self.link, self.purpose);
        let each = &mut |message: &[u8]| {
            tell(Event::Received {
                link,
                purpose,
                message,
            });
        };
        match &self.socket {
            Socket::Raw(raw) => raw.take_in(buffer, each),
            Socket::RawDhcp4(raw) => raw.take_in(buffer, &mut |packet| {
                if let Some((from, message)) = udp4::message(packet) {
                    log::trace!("{}: DHCP from {from}", self.name);
                    each(message);
                }
            }),
            Socket::Udp4(_) | Socket::Icmp6(_) => Ok(true),
            Socket::Udp6(udp) => udp.take_in(buffer, each),
        }
    }
}
