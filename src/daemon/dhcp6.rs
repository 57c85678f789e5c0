//! DHCPv6's messages on their way: sockets that are open while an answer is awaited, and
//! no longer.
use super::failure;
use crate::engine::Engine;
use crate::engine::contract::event::{Event, Failure};
use crate::engine::dhcp4::MAX_CLIENTS;
use crate::engine::observed::Index;
use crate::system::inet6::Udp;
use crate::system::{self, clock};
use crate::wire::dhcp6::{CLIENT_PORT, MAX_ASK, SERVER_PORT, SERVERS};
use heapless::Vec;
use std::os::fd::{AsFd, BorrowedFd};

/// What an Ethernet frame holds; a longer message is cut, and then makes no sense.
const MESSAGE_BYTES: usize = 1500;

struct Slot {
    link: Index,
    udp: Udp,
    /// Given up; closed by the next sweep.
    broken: bool,
}

#[derive(Default)]
pub struct Exchanges6 {
    slots: Vec<Slot, MAX_CLIENTS>,
}

fn told(e: system::Error) -> Failure {
    failure(e.errno, &e)
}

impl Exchanges6 {
    /// Sends the message that is due on this link, or its release.
    pub fn send(&mut self, link: Index, release: bool, engine: &Engine) -> Result<(), Failure> {
        let gone = || failure(libc::ENODEV, &"the link is gone");
        let name = &engine.observed().link(link).ok_or_else(gone)?.name;
        let mut message = [0; MAX_ASK];
        let due = engine.dhcp6_message(clock::boot_ms(), name, release, &mut message);
        let length = due.ok_or_else(|| failure(0, &"nothing is due"))?;
        self.slots.retain(|slot| !slot.broken);
        let found = self.slots.iter().position(|s| s.link == link);
        let place = match found {
            Some(place) => place,
            None => {
                let udp = Udp::open(name, link, CLIENT_PORT).map_err(told)?;
                let slot = Slot {
                    link,
                    udp,
                    broken: false,
                };
                let full = |_| failure(0, &"too many links ask for leases");
                self.slots.push(slot).map_err(full)?;
                self.slots.len() - 1
            }
        };
        let udp = &self.slots[place].udp;
        udp.send(&message[..length], SERVERS, SERVER_PORT)
            .map_err(told)
    }

    /// Closes what awaits no answer any more.
    pub fn sweep(&mut self, engine: &Engine) {
        self.slots.retain(|slot| {
            let link = engine.observed().link(slot.link);
            let inet6 = link.and_then(|link| engine.inet6(&link.name));
            !slot.broken && inet6.is_some_and(|inet6| inet6.client.is_listening())
        });
    }

    pub fn interests<'a>(&'a self, add: &mut dyn FnMut(BorrowedFd<'a>, usize)) {
        for (place, slot) in self.slots.iter().enumerate() {
            add(slot.udp.as_fd(), place);
        }
    }

    /// Gives what came in to the engine. Places stay as they are until the sweep, which comes
    /// after every wait.
    pub fn listen(&mut self, place: usize, trouble: bool, engine: &mut Engine) {
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        let link = slot.link;
        let taken = slot.udp.take_in(&mut [0; MESSAGE_BYTES], &mut |message| {
            engine.handle(clock::boot_ms(), Event::Dhcp6 { link, message });
        });
        slot.broken = taken.map_or_else(
            |e| {
                log::debug!("link {link}: DHCPv6's socket: {e}");
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
    use crate::system::turn::flood;

    #[test]
    fn a_flood_ends_with_the_turn() {
        let mut engine = Box::new(Engine::new(&config::built_in()));
        let mut exchanges = Exchanges6::default();
        let (socket, _server) = flood::of(b"no DHCPv6");
        let slot = Slot {
            link: 1,
            udp: socket.into(),
            broken: false,
        };
        exchanges.slots.push(slot).ok().unwrap();
        exchanges.listen(0, false, &mut engine);
        assert_eq!(flood::left(&exchanges.slots[0].udp), flood::LEFT);
        exchanges.listen(0, true, &mut engine);
        assert!(exchanges.slots[0].broken);
    }
}
