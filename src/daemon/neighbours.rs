//! Words to the neighbours and routers of a link; nobody waits for an answer here.
use super::failure;
use crate::config::{IfName, Mac};
use crate::engine::Engine;
use crate::engine::contract::event::Failure;
use crate::engine::observed::Index;
use crate::system;
use crate::system::inet6::Icmp;
use crate::system::packet::{Hears, Raw};
use crate::wire::{arp, router};
use std::net::Ipv4Addr;

fn told(e: system::Error) -> Failure {
    failure(e.errno, &e)
}

/// The name and the present hardware address.
fn adapter(link: Index, engine: &Engine) -> Result<(&IfName, Mac), Failure> {
    let gone = || failure(libc::ENODEV, &"the link is gone");
    let none = || failure(0, &"it has no hardware address");
    let link = engine.observed().link(link).ok_or_else(gone)?;
    Ok((&link.name, link.mac.ok_or_else(none)?))
}

/// Tells them which adapter has our addresses now.
pub fn tell(link: Index, engine: &Engine) -> Result<(), Failure> {
    let (name, mac) = adapter(link, engine)?;
    let mut addresses = engine.announced4(link).peekable();
    if addresses.peek().is_some() {
        let socket = Raw::open(link, Hears::ArpOf(Ipv4Addr::UNSPECIFIED)).map_err(told)?;
        for address in addresses {
            let packet = arp::write(arp::Kind::Announce, mac, address);
            socket.broadcast(&packet).map_err(told)?;
        }
    }
    let mut addresses = engine.announced6(link).peekable();
    if addresses.peek().is_some() {
        let socket = Icmp::open(name, link).map_err(told)?;
        for address in addresses {
            let word = router::announcement(mac, address);
            socket.send(&word, router::HOSTS).map_err(told)?;
        }
    }
    Ok(())
}

/// Asks the routers to advertise.
pub fn ask_routers(link: Index, engine: &Engine) -> Result<(), Failure> {
    let (name, mac) = adapter(link, engine)?;
    let socket = Icmp::open(name, link).map_err(told)?;
    let question = router::solicitation(mac);
    socket.send(&question, router::ROUTERS).map_err(told)
}
