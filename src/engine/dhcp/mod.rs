//! DHCP on the bond, on bridges and on links of their own: one driver for two protocols.
//!
//! [`v4`] and [`v6`] are clients, each of one link: states, messages, leases. They differ as
//! RFC 2131 and RFC 8415 do, and do not depend on the engine. `driver` creates a client for each
//! link that is to have one, and uses both kinds through [`Protocol`]; `steps` are the actions
//! that follow.
mod conflict;
mod driver;
mod record;
mod steps;
pub mod v4;
pub mod v6;
mod without_lease;

pub use conflict::next_arp;
pub use steps::{
    next, next_address, next_release, next_store, next_unwanted, release, release_action,
    wants_address,
};

use super::contract::action::Transport;
use super::observed::{Attachment, Neighbour};
use super::random::Random;
use super::time::{Instant, Seconds};
use crate::config::{Bounded, Duid, IfName, IpNet, MAX_BRIDGES, MAX_LINKS, Mac};
use crate::wire::{Family, dhcp4, dhcp6};
use core::fmt::Write;
use core::net::Ipv4Addr;
use heapless::String;

/// Links with a client of one protocol: the bond, bridges, and links of their own.
pub const MAX_CLIENTS: usize = 1 + MAX_BRIDGES + MAX_LINKS;
/// Octets of a server's message that is kept to be stored; a lease from a longer one is used,
/// but forgotten at a restart.
pub const MAX_KEPT: usize = 1024;
/// Octets of the longest message that is written.
pub const MAX_MESSAGE: usize = match dhcp4::MAX_ASK > dhcp6::MAX_ASK {
    true => dhcp4::MAX_ASK,
    false => dhcp6::MAX_ASK,
};

/// What the driver needs of a client of either protocol.
pub trait Protocol {
    /// The link's.
    fn name(&self) -> &IfName;
    /// Its protocol.
    fn family(&self) -> Family;
    /// What is known of the link now: most times nothing new.
    fn set_ready(&mut self, now: Instant, link: &Readiness, random: &mut Random);
    /// Time passes.
    fn tick(&mut self, now: Instant, random: &mut Random) -> Change;
    /// The link is ready, and something is wanted of a server.
    fn is_active(&self) -> bool;
    /// A message is to be sent now.
    fn is_due(&self, now: Instant) -> bool;
    /// How the message of the present state, or a release, leaves.
    fn transport(&self, release: bool) -> Option<Transport>;
    /// Writes the message of the present state, or a release; its length.
    fn write(
        &self,
        now: Instant,
        sender: &Sender<'_>,
        release: bool,
        out: &mut [u8; MAX_MESSAGE],
    ) -> Option<usize>;
    /// The message has left, or could not: the next one is due after a while either way.
    fn sent(&mut self, now: Instant, random: &mut Random);
    /// Answers are awaited.
    fn is_listening(&self) -> bool;
    /// Asks now for the present lease, or for any.
    fn renew_now(&mut self, now: Instant, random: &mut Random);
    /// Is there a lease to be given back? Its address has to be there to send from.
    fn is_releasable(&self, is_there: &dyn Fn(IpNet) -> bool) -> bool;
    /// The lease was given back.
    fn released(&mut self, now: Instant);
    /// The kernel has this address of the lease, with this end.
    fn kernel_has(&mut self, net: IpNet, until: Instant);
    /// When the lease was obtained, and the server's message; `None`: there is nothing to store.
    fn stored_form(&self) -> Option<(Instant, &[u8])>;
    /// The lease, or that there is none, is to be stored now; `true`: for the next boot too.
    fn to_store(&self, now: Instant) -> Option<bool>;
    /// It was stored; `lasting`: for the next boot too.
    fn stored(&mut self, now: Instant, lasting: bool);
    /// When something is due by itself.
    fn poll_at(&self) -> Option<Instant>;
}

/// All clients. Those of DHCPv4 come first.
#[derive(Debug, Default)]
pub struct Clients {
    /// Of DHCPv4.
    pub v4: Bounded<v4::Client, MAX_CLIENTS>,
    /// Of DHCPv6.
    pub v6: Bounded<v6::Client, MAX_CLIENTS>,
}

impl Clients {
    /// Each of them, as the driver sees it.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Protocol> {
        let v4 = self.v4.iter().map(|client| client as &dyn Protocol);
        v4.chain(self.v6.iter().map(|client| client as &dyn Protocol))
    }

    /// As [`Clients::iter`].
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut dyn Protocol> {
        let v4 = self.v4.iter_mut().map(|client| client as &mut dyn Protocol);
        v4.chain(self.v6.iter_mut().map(|client| client as &mut dyn Protocol))
    }

    /// The DHCPv4 client of the link of this name.
    pub fn v4(&mut self, name: &str) -> Option<&mut v4::Client> {
        self.v4.iter_mut().find(|client| client.name == name)
    }

    /// The DHCPv6 client of the link of this name.
    pub fn v6(&mut self, name: &str) -> Option<&mut v6::Client> {
        self.v6.iter_mut().find(|client| client.name == name)
    }

    /// The client of the link of this name.
    pub fn get(&self, name: &str, family: Family) -> Option<&dyn Protocol> {
        let mut clients = self.iter();
        clients.find(|client| client.family() == family && client.name() == name)
    }

    /// As [`Clients::get`].
    pub fn get_mut(&mut self, name: &str, family: Family) -> Option<&mut dyn Protocol> {
        match family {
            Family::V4 => Some(self.v4(name)?),
            Family::V6 => Some(self.v6(name)?),
        }
    }

    /// A client for a link that has none; without room for it nothing happens.
    pub fn add(&mut self, name: &IfName, family: Family) {
        if self.get(name, family).is_some() {
            return;
        }
        let name = name.clone();
        match family {
            Family::V4 => drop(self.v4.push(v4::Client::new(name))),
            Family::V6 => drop(self.v6.push(v6::Client::new(name))),
        }
    }

    /// Drops all others.
    pub fn retain(&mut self, keep: &dyn Fn(&dyn Protocol) -> bool) {
        self.v4.retain(|client| keep(client));
        self.v6.retain(|client| keep(client));
    }
}

/// The state of a client's link.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    /// It can carry traffic, and has an address to send from where the protocol needs one.
    pub ready: bool,
    /// What is wanted of a server; DHCPv4 asks for an address alone.
    pub need: Need,
    /// What carries its traffic. A ready link without is in the middle of a fail-over.
    pub attachment: Option<Attachment>,
    /// The gateway, or another host that is probed, as it answers through that adapter; `None`: it
    /// has not yet.
    pub gateway: Option<Neighbour>,
    /// The network that it is in through that adapter.
    pub network: v4::Network,
}

/// What is asked for on the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Need {
    /// The link does without.
    #[default]
    Nothing,
    /// Name servers and the like.
    OtherConfig,
    /// An address, and all that comes with it.
    Address,
}

/// Who we are in a message.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The link's present one.
    pub mac: Option<Mac>,
    /// Empty: not known yet.
    pub duid: &'a [u8],
    /// The link's; see [`iaid`].
    pub iaid: u32,
    /// For the name service of the network.
    pub host_name: Option<&'a str>,
}

/// What an answer or the time changed, for the journal. Servers are named in DHCPv4 alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing that is worth a line.
    Nothing,
    /// A first lease, or another address than before.
    Bound(Gain),
    /// The same lease for longer, or on another adapter.
    Confirmed,
    /// The server refused: the address does not belong to this network, or is not ours.
    Refused(Option<Ipv4Addr>),
    /// It has none to lend.
    NoneLeft,
    /// The lease from this server has ended.
    Expired(Option<Ipv4Addr>),
    /// Another machine has the address too; we keep it.
    Defended,
    /// Another machine has the address.
    Declined(Option<Ipv4Addr>),
}

/// What a new lease gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gain {
    /// `None`: name servers and the like alone.
    pub net: Option<IpNet>,
    /// Who gave it; of DHCPv4 alone.
    pub server: Option<Ipv4Addr>,
    /// `None`: without an end.
    pub lasts: Option<Seconds>,
    /// Routes that there was no room for.
    pub routes_dropped: u8,
}

/// Who we are to servers: the same on every link and after every restart.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Made here; the file's own comes first.
    pub duid: Duid,
    /// The kernel's; the file's own comes first.
    pub host_name: String<63>,
}

/// The IAID of a link for which the file has none: FNV-1a of its name.
pub fn iaid(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// A lease's length in its largest unit.
fn span(Seconds(seconds): Seconds) -> String<24> {
    let mut text = String::new();
    let _ = match seconds {
        0..120 => write!(text, "{seconds} s"),
        120..7200 => write!(text, "{} min", seconds / 60),
        7200..172_800 => write!(text, "{} h", seconds / 3600),
        _ => write!(text, "{} d", seconds / 86_400),
    };
    text
}
