//! IPv6 of the bond and of links of their own: what routers tell beside addresses, and
//! DHCPv6 where they ask for it or the file does.
mod client;
mod drive;
mod lease;
mod routers;
mod timing;

pub use client::{Change, Client, Need, State};
pub use drive::{
    next, next_address, next_release, next_solicitation, next_store, next_unwanted, wants_address,
};
pub use lease::{Lease, MAX_REPLY};
pub use routers::Routers;

use crate::config::IfName;

/// One link's IPv6.
#[derive(Debug)]
pub struct Inet6 {
    pub name: IfName,
    pub client: Client,
    pub routers: Routers,
}

impl Inet6 {
    pub fn new(name: IfName) -> Self {
        Inet6 {
            name,
            client: Client::default(),
            routers: Routers::default(),
        }
    }
}
