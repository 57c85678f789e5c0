//! DHCP's messages on their transport: sockets that are open while an answer is awaited, and
//! no longer.
use super::failure;
use crate::config::IfName;
use crate::engine::Engine;
use crate::engine::contract::event::{Event, Failure};
use crate::engine::dhcp4::{MAX_CLIENTS, Transport};
use crate::engine::observed::Index;
use crate::system::packet::{Hears, Raw, Udp};
use crate::system::{self, clock};
use crate::wire::dhcp4::{CLIENT_PORT, MAX_ASK, SERVER_PORT};
use crate::wire::{arp, udp4};
use heapless::Vec;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, BorrowedFd};

/// What an Ethernet frame holds; a longer packet is cut, and then makes no sense.
const PACKET_BYTES: usize = 1500;

struct Slot {
    link: Index,
    name: IfName,
    raw: Raw,
    /// Keeps the kernel from refusing answers to an address in use, and sends from it.
    udp: Option<(Ipv4Addr, Udp)>,
    /// Given up; closed by the next sweep.
    broken: bool,
}

/// Listens for others who claim a lease's address, as long as it is in use.
struct Watch {
    link: Index,
    address: Ipv4Addr,
    raw: Raw,
    broken: bool,
}

#[derive(Default)]
pub struct Exchanges {
    slots: Vec<Slot, MAX_CLIENTS>,
    watches: Vec<Watch, MAX_CLIENTS>,
}

fn told(e: system::Error) -> Failure {
    failure(e.errno, &e)
}

impl Exchanges {
    /// Sends the message that is due on this link, or its release.
    pub fn send(&mut self, link: Index, release: bool, engine: &Engine) -> Result<(), Failure> {
        let gone = || failure(libc::ENODEV, &"the link is gone");
        let name = engine.observed().link(link).ok_or_else(gone)?.name.clone();
        let mut message = [0; MAX_ASK];
        let due = engine.dhcp4_message(clock::boot_ms(), &name, release, &mut message);
        let (length, transport) = due.ok_or_else(|| failure(0, &"nothing is due"))?;
        let message = &message[..length];
        let lease = engine.dhcp4(&name).and_then(|c| c.lease.as_ref());
        let address = lease
            .filter(|lease| engine.observed().has_address(link, lease.net))
            .map(|lease| lease.address());
        let slot = self.slot(link, name)?;
        slot.speak_as(address);
        match (transport, &slot.udp) {
            (Transport::Udp { to, .. }, Some((_, udp))) => {
                udp.send(message, to, SERVER_PORT).map_err(told)
            }
            // The address is not there: nobody could answer to it.
            (Transport::Udp { .. }, None) => Err(failure(
                libc::EADDRNOTAVAIL,
                &"the address of the lease is gone",
            )),
            (Transport::Raw, _) => {
                let mut frame = [0; udp4::HEADERS + MAX_ASK];
                let frame = &mut frame[..udp4::HEADERS + length];
                frame[udp4::HEADERS..].copy_from_slice(message);
                udp4::broadcast(frame);
                slot.raw.broadcast(frame).map_err(told)
            }
        }
    }

    fn slot(&mut self, link: Index, name: IfName) -> Result<&mut Slot, Failure> {
        self.slots.retain(|slot| !slot.broken);
        let found = self.slots.iter().position(|s| s.link == link);
        let place = match found {
            Some(place) => place,
            None => {
                let raw = Raw::open(link, Hears::Udp(CLIENT_PORT)).map_err(told)?;
                let slot = Slot {
                    link,
                    name,
                    raw,
                    udp: None,
                    broken: false,
                };
                let full = |_| failure(0, &"too many links ask for leases");
                self.slots.push(slot).map_err(full)?;
                self.slots.len() - 1
            }
        };
        Ok(&mut self.slots[place])
    }

    /// Sends the ARP packet that is due for the lease's address on this link.
    pub fn say(&mut self, link: Index, engine: &Engine) -> Result<(), Failure> {
        let name = engine.observed().link(link).map(|link| &link.name);
        let due = name.and_then(|name| engine.arp_due(clock::boot_ms(), name));
        let (kind, mac, address) = due.ok_or_else(|| failure(0, &"nothing is due"))?;
        self.watches
            .retain(|watch| !watch.broken && (watch.link != link || watch.address == address));
        let found = self.watches.iter().position(|watch| watch.link == link);
        let place = match found {
            Some(place) => place,
            None => {
                let watch = Watch {
                    link,
                    address,
                    raw: Raw::open(link, Hears::ArpOf(address)).map_err(told)?,
                    broken: false,
                };
                let full = |_| failure(0, &"too many addresses to watch over");
                self.watches.push(watch).map_err(full)?;
                self.watches.len() - 1
            }
        };
        let packet = arp::write(kind, mac, address);
        self.watches[place].raw.broadcast(&packet).map_err(told)
    }

    /// Closes what awaits no answer any more.
    pub fn sweep(&mut self, engine: &Engine) {
        self.watches.retain(|watch| {
            let link = engine.observed().link(watch.link);
            let client = link.and_then(|link| engine.dhcp4(&link.name));
            let lease = client.and_then(|client| client.lease.as_ref());
            !watch.broken && lease.is_some_and(|lease| lease.address() == watch.address)
        });
        self.slots.retain(|slot| {
            let link = engine.observed().link(slot.link);
            let client = link.and_then(|link| engine.dhcp4(&link.name));
            !slot.broken && client.is_some_and(|client| client.is_listening())
        });
    }

    /// `false`: DHCP; `true`: ARP.
    pub fn interests<'a>(&'a self, add: &mut dyn FnMut(BorrowedFd<'a>, usize, bool)) {
        for (place, slot) in self.slots.iter().enumerate() {
            add(slot.raw.as_fd(), place, false);
        }
        for (place, watch) in self.watches.iter().enumerate() {
            add(watch.raw.as_fd(), place, true);
        }
    }

    /// Gives the claims that came to the engine.
    pub fn watch(&mut self, place: usize, trouble: bool, engine: &mut Engine) {
        let Some(watch) = self.watches.get_mut(place) else {
            return;
        };
        let link = watch.link;
        let taken = watch.raw.take_in(&mut [0; 64], &mut |packet| {
            if let Some((mac, address)) = arp::sender(packet) {
                engine.handle(clock::boot_ms(), Event::Arp { link, mac, address });
            }
        });
        watch.broken = taken.is_err() || taken == Ok(true) && trouble;
    }

    /// Gives what came in to the engine. A socket in trouble is given up when it is empty; the
    /// next message opens another. Places stay as they are until the sweep, which comes after
    /// every wait.
    pub fn listen(&mut self, place: usize, trouble: bool, engine: &mut Engine) {
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        let (link, name) = (slot.link, &slot.name);
        let taken = slot.raw.take_in(&mut [0; PACKET_BYTES], &mut |packet| {
            if let Some((from, message)) = udp4::message(packet) {
                log::trace!("{name}: DHCP from {from}");
                engine.handle(clock::boot_ms(), Event::Dhcp4 { link, message });
            }
        });
        slot.broken = taken.map_or_else(
            |e| {
                log::debug!("{name}: DHCP's socket: {e}");
                true
            },
            |emptied| emptied && trouble,
        );
    }
}

impl Slot {
    /// An address that is in use has a socket of its own, for as long as this lasts.
    fn speak_as(&mut self, address: Option<Ipv4Addr>) {
        let have = self.udp.as_ref().map(|(address, _)| *address);
        if have == address {
            return;
        }
        self.udp = address.and_then(|address| {
            let udp = Udp::open(&self.name, address, CLIENT_PORT);
            match udp {
                Ok(udp) => Some((address, udp)),
                Err(e) => {
                    log::warn!("{}: {address} port {CLIENT_PORT}: {e}", self.name);
                    None
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::system::turn::flood;

    #[test]
    fn a_flood_ends_with_the_turn() {
        let mut engine = Box::new(Engine::new(&config::built_in()));
        let mut exchanges = Exchanges::default();
        let (dhcp, _server) = flood::of(b"no DHCP");
        let slot = Slot {
            link: 1,
            name: IfName::default(),
            raw: dhcp.into(),
            udp: None,
            broken: false,
        };
        exchanges.slots.push(slot).ok().unwrap();
        let (arp, _neighbour) = flood::of(b"no ARP");
        let watch = Watch {
            link: 1,
            address: Ipv4Addr::LOCALHOST,
            raw: arp.into(),
            broken: false,
        };
        exchanges.watches.push(watch).ok().unwrap();
        // A socket in trouble, too, is read to its end before it is closed.
        exchanges.listen(0, true, &mut engine);
        exchanges.watch(0, true, &mut engine);
        assert!(!exchanges.slots[0].broken && !exchanges.watches[0].broken);
        assert_eq!(flood::left(&exchanges.slots[0].raw), flood::LEFT);
        assert_eq!(flood::left(&exchanges.watches[0].raw), flood::LEFT);
        exchanges.listen(0, true, &mut engine);
        exchanges.watch(0, true, &mut engine);
        assert!(exchanges.slots[0].broken && exchanges.watches[0].broken);
    }
}
