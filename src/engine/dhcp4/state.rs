//! What a client is doing, what it says, and what an answer changed.
use crate::wire::dhcp4::Kind;
use core::net::Ipv4Addr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    pub address: Ipv4Addr,
    pub server: Ipv4Addr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The link is not ready.
    Idle,
    /// Told to give its lease back; until a renew, a gap of the link or a reload.
    Released,
    /// Asking for the address it had before, which is not in use.
    Rebooting {
        tries: usize,
        next: u64,
    },
    Selecting {
        tries: usize,
        next: u64,
    },
    Requesting {
        offer: Offer,
        tries: usize,
        next: u64,
    },
    Bound,
    /// The lease is in use; is it still good here?
    Confirming {
        tries: usize,
        next: u64,
    },
    /// Nobody confirmed it. Perhaps this is another network, whose server is silent about
    /// addresses that it does not know (RFC 2131, 4.3.2): does it offer another?
    Searching {
        tries: usize,
        next: u64,
    },
    Renewing {
        next: u64,
    },
    Rebinding {
        next: u64,
    },
}

/// How a message leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// From nobody to everybody, past the kernel's addresses.
    Raw,
    /// From the lease's address, by UDP.
    Udp { from: Ipv4Addr, to: Ipv4Addr },
}

/// The contents of a message that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub kind: Kind,
    pub transport: Transport,
    pub broadcast: bool,
    pub ciaddr: Option<Ipv4Addr>,
    pub requested: Option<Ipv4Addr>,
    pub server: Option<Ipv4Addr>,
}

/// What an answer changed, for the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Nothing,
    /// A first lease, or another address than before.
    Bound,
    /// The same lease for longer, or on another adapter.
    Confirmed,
    Refused,
    Expired,
    /// Another has the address too; we keep it.
    Defended,
    /// Another has the address.
    Declined,
}
