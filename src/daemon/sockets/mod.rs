//! The sockets on the links, in one table: a slot for each link and purpose.
//!
//! A slot is opened by the first message of its purpose, and closed when the engine no longer
//! listens for that there. What comes in goes to the engine.
mod slot;

use crate::config::{Bounded, IfName};
use crate::daemon::engine::Tell;
use crate::daemon::failure;
use crate::engine::Engine;
use crate::engine::contract::event::Failure;
use crate::engine::contract::packet::{By, Delivery, Packet, Purpose};
use crate::engine::contract::socket::To;
use crate::engine::observed::Index;
use crate::engine::packets::MAX_SOCKETS;
use slot::{Slot, Socket};
use std::os::fd::BorrowedFd;

/// What an Ethernet frame holds; a longer message is cut, and then cannot be parsed.
const MESSAGE_BYTES: usize = 1500;

#[derive(Default)]
pub struct Sockets {
    slots: Bounded<Slot, MAX_SOCKETS>,
}

impl Sockets {
    /// Sends a packet of the engine.
    pub fn deliver(
        &mut self,
        link: Index,
        name: &IfName,
        packet: Packet,
        bytes: &[u8],
    ) -> Result<(), Failure> {
        let Some(delivery) = packet.delivery() else {
            let text = "the address of the lease is gone";
            return Err(failure(libc::EADDRNOTAVAIL, &text));
        };
        let Delivery {
            listening,
            bound,
            by,
            to,
        } = delivery;
        if let Some(purpose) = listening {
            self.slot(link, name, purpose)?;
        }
        if let Some(purpose) = bound
            && let Err(e) = self.slot(link, name, purpose)
        {
            log::warn!("{name}: the socket for {purpose:?}: {}", e.text);
        }
        match by {
            By::Purpose(purpose) => self.send(link, name, purpose, to, bytes),
            By::Once(kind) => Socket::open(link, name, &kind)?.send(to, bytes),
        }
    }

    fn send(
        &mut self,
        link: Index,
        name: &IfName,
        purpose: Purpose,
        to: To,
        message: &[u8],
    ) -> Result<(), Failure> {
        self.slot(link, name, purpose)?.socket.send(to, message)
    }

    /// One that is broken, or for another address than before, is replaced in its place.
    fn slot(&mut self, link: Index, name: &IfName, purpose: Purpose) -> Result<&mut Slot, Failure> {
        let found = self.slots.iter().position(|s| s.is_for(link, purpose));
        let place = match found {
            Some(place) => {
                if self.slots[place].broken || self.slots[place].purpose != purpose {
                    self.slots[place] = Slot::open(link, name, purpose)?;
                }
                place
            }
            None if self.slots.is_full() => {
                let text = format_args!("all {MAX_SOCKETS} sockets are in use");
                return Err(failure(0, &text));
            }
            None => {
                let _ = self.slots.push(Slot::open(link, name, purpose)?);
                self.slots.len() - 1
            }
        };
        Ok(&mut self.slots[place])
    }

    /// Closes what is broken and what the engine does not listen for. Places change here
    /// alone, and never between a wait and the last [`Sockets::listen`] after it.
    pub fn sweep(&mut self, engine: &Engine) {
        self.slots
            .retain(|slot| !slot.broken && engine.listens(slot.link, slot.purpose));
    }

    /// What is waited for, with its place.
    pub fn interests<'a>(&'a self, add: &mut dyn FnMut(BorrowedFd<'a>, usize)) {
        for (place, slot) in self.slots.iter().enumerate() {
            if let Some(fd) = slot.fd() {
                add(fd, place);
            }
        }
    }

    /// Gives a turn of what came in to the engine. A socket in trouble is given up when it is
    /// empty; the next message opens another.
    pub fn listen(&mut self, place: usize, trouble: bool, tell: &mut Tell<'_>) {
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        let taken = slot.take_in(&mut [0; MESSAGE_BYTES], tell);
        slot.broken = taken.map_or_else(
            |e| {
                log::debug!("{}: the socket for {:?}: {e}", slot.name, slot.purpose);
                true
            },
            |emptied| emptied && trouble,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::system::testing::{in_a_network, make, set_up};
    use crate::system::turn::flood;
    use std::net::Ipv4Addr;

    const PURPOSES: [Purpose; 3] = [
        Purpose::Dhcp4,
        Purpose::AddressConflict(Ipv4Addr::LOCALHOST),
        Purpose::Dhcp6,
    ];

    fn slot(purpose: Purpose, socket: Socket) -> Slot {
        Slot {
            link: 1,
            name: "lo".try_into().unwrap(),
            purpose,
            socket,
            broken: false,
        }
    }

    #[test]
    fn a_flood_ends_with_the_turn() {
        for purpose in PURPOSES {
            let (socket, _peer) = flood::of(b"no message");
            let socket = match purpose {
                Purpose::Dhcp6 => Socket::Udp6(socket.into()),
                Purpose::Dhcp4 => Socket::RawDhcp4(socket.into()),
                _ => Socket::Raw(socket.into()),
            };
            let mut sockets = Sockets::default();
            sockets.slots.push(slot(purpose, socket)).ok().unwrap();
            // A socket in trouble, too, is read to its end before it is closed.
            sockets.listen(0, true, &mut |_| {});
            assert!(!sockets.slots[0].broken, "{purpose:?}");
            let fd = sockets.slots[0].fd().unwrap();
            assert_eq!(flood::left(&fd), flood::LEFT, "{purpose:?}");
            sockets.listen(0, true, &mut |_| {});
            assert!(sockets.slots[0].broken, "{purpose:?}");
        }
    }

    #[test]
    fn what_the_engine_does_not_listen_for_is_closed() {
        let mut sockets = Sockets::default();
        for purpose in PURPOSES {
            let socket = Socket::Raw(flood::pair().0.into());
            sockets.slots.push(slot(purpose, socket)).ok().unwrap();
        }
        sockets.sweep(&Engine::new(&config::built_in(), 7));
        assert!(sockets.slots.is_empty());
    }

    #[test]
    fn a_link_has_one_socket_a_purpose() {
        in_a_network(|| {
            set_up("lo", true);
            let name = "lo".try_into().unwrap();
            let mut sockets = Sockets::default();
            let addresses = [Ipv4Addr::new(192, 0, 2, 7), Ipv4Addr::new(192, 0, 2, 8)];
            for address in addresses {
                let purpose = Purpose::AddressConflict(address);
                sockets.slot(1, &name, Purpose::Dhcp4).unwrap();
                let sent = sockets.send(1, &name, purpose, To::ALL, &[0; 28]);
                sent.unwrap();
                assert_eq!(sockets.slots[1].purpose, purpose);
            }
            assert_eq!(sockets.slots.len(), 2);
            let to = To::Host("192.0.2.1:67".parse().unwrap());
            let wrong = sockets.send(1, &name, Purpose::Dhcp4, to, b"words");
            assert_eq!(wrong.unwrap_err().errno, libc::EAFNOSUPPORT);
            // A broken one is replaced where it is.
            sockets.slots[0].broken = true;
            sockets.slot(1, &name, Purpose::Dhcp4).unwrap();
            assert!(!sockets.slots[0].broken && sockets.slots.len() == 2);
            let gone = sockets.slot(99, &name, Purpose::Dhcp4).err().unwrap();
            assert_eq!(gone.errno, libc::ENODEV);
        });
    }

    /// To join a group takes the kernel's rtnl lock (`packet_mc_add()` in net/packet/af_packet.c), and
    /// so does the end of a socket that is in one. A driver may hold that for half a minute.
    #[test]
    fn no_socket_of_the_loop_is_in_a_group() {
        in_a_network(|| {
            make("one", "veth");
            let link = crate::system::neighbour::index("one").unwrap();
            let name = "one".try_into().unwrap();
            let groups = || std::fs::read_to_string("/proc/thread-self/net/dev_mcast").unwrap();
            let before = groups();
            let mut sockets = Sockets::default();
            let purposes = [
                Purpose::Dhcp4,
                Purpose::AddressConflict(Ipv4Addr::LOCALHOST),
                Purpose::Probe(Ipv4Addr::LOCALHOST.into()),
                Purpose::Probe("fe80::9".parse().unwrap()),
            ];
            for purpose in purposes {
                sockets.slot(link, &name, purpose).unwrap();
                assert_eq!(groups(), before, "{purpose:?}");
            }
        });
    }

    #[test]
    fn a_full_table_says_so() {
        let mut sockets = Sockets::default();
        while !sockets.slots.is_full() {
            let socket = Socket::Raw(flood::pair().0.into());
            let _ = sockets.slots.push(slot(Purpose::Dhcp4, socket));
        }
        let name = "lo".try_into().unwrap();
        let full = sockets.slot(1, &name, Purpose::Dhcp6).err().unwrap();
        let text = format!("all {MAX_SOCKETS} sockets are in use");
        assert_eq!(full.text, text.as_str());
    }
}
