//! One link's DHCPv4 client (RFC 2131, 4.4), a lease being bound to the logical link and
//! not to the adapter that carries it.
//!
//! Where we differ from the RFC's figure 5: a lease stays in use while it is confirmed
//! after a fail-over or a gap (`Confirming`, an INIT-REBOOT beside the lease, then
//! `Searching`, a DISCOVER beside it); only a NAK or another server's lease ends it. In a network of
//! another name the lease of that network is asked for, never the one in use. States
//! change after a message has left.
mod acd;
mod ask;
mod kept;
mod lease;
mod link_local;
mod place;
mod protocol;
mod receive;
mod state;
mod timing;

pub use kept::{FILE_BYTES, KeptLeases, MAX_LEASES, Network};
pub use lease::Lease;
pub use link_local::LinkLocal;
pub use state::{Offer, State};

use super::Change;
use crate::config::IfName;
use crate::engine::allowance::Allowance;
use crate::engine::observed::{Attachment, Index, Neighbour};
use crate::engine::random::Random;
use crate::engine::time::{Instant, Millis};
use crate::wire::arp;
use acd::{Acd, Claim};
use core::net::Ipv4Addr;
use timing::Retry;

/// INIT-REBOOT attempts before falling back to DISCOVER. A server that knows the address
/// answers; one that does not may be silent, and that must cost no more than one wait.
const REBOOTS: usize = 1;
/// REQUESTs for an offer before falling back to DISCOVER.
const REQUESTS: usize = 5;
/// A server whose offer came to nothing is passed over for so many DISCOVERs of the next
/// round, some 6 s: another may take 3 s to offer (dnsmasq pings an address first).
const SKIPPED_FOR: usize = 6;
/// A lease in use is confirmed so often; then any server is asked so often for an offer.
/// If all are silent nothing changes. The second takes 6 s: some servers try an address for
/// one or two seconds before they offer it.
const CONFIRMATIONS: usize = 4;
const SEARCHES: usize = 5;
/// After a refusal, before asking anew; doubled at each further one in a row, up to 51 s.
const AFTER_NAK: Millis = Millis(100);
const MOST_DOUBLINGS: u32 = 9;
/// After a DECLINE (RFC 2131, 3.1, 5).
const AFTER_DECLINE: Millis = Millis(10_000);
/// Writes to the card: so many at once, and another one every so often, whatever servers give.
const LASTING_WRITES: (u64, Millis) = (4, Millis(600_000));

/// A lease in use while the link is ready; kept over a gap.
#[derive(Debug)]
struct Held {
    lease: Lease,
    /// In which it was granted.
    network: Network,
    /// `None`: found on disk, and not in use yet.
    acd: Option<Acd>,
    /// The end that the kernel's address has; `None`: the kernel does not have it yet.
    kernel_until: Option<Instant>,
}

/// The client of one link.
#[derive(Debug)]
pub struct Client {
    /// The link's.
    pub name: IfName,
    /// Changed by `enter` alone.
    state: State,
    held: Option<Held>,
    /// Of each network.
    kept: KeptLeases,
    /// The network that the link is in, or was in last.
    network: Network,
    /// The present exchange's number (RFC 2131, 2).
    pub xid: u32,
    /// When the present exchange began.
    began: Instant,
    /// Ready, and without a lease, since then.
    pub waiting_since: Option<Instant>,
    /// The adapter that carried the traffic when the link was last ready, and its join.
    attachment: Option<Attachment>,
    /// The gateway as it last answered, and through what.
    gateway: Option<(Attachment, Neighbour)>,
    /// When the last message left.
    sent: Instant,
    /// A server that did not give the lease refused (0.0.0.0: did not say who it is); it counts when
    /// no other answers.
    refused_by_other: Option<Ipv4Addr>,
    /// Through which adapter the lease was granted last, and through which another network then did
    /// not want it.
    granted: Option<Index>,
    unwanted: Option<Index>,
    /// Refusals in a row.
    refusals: u32,
    /// Its offer came to nothing: another's is taken first, if there is one.
    skipped: Option<Ipv4Addr>,
    /// An address to be declined, and who gave it.
    decline: Option<(Ipv4Addr, Option<Ipv4Addr>)>,
    /// A lease has been waited for long enough.
    pub fallback: bool,
    /// An address that nobody has given, for the same time.
    pub link_local: Option<LinkLocal>,
    /// Not yet stored for this boot.
    unstored: bool,
    /// Nor for the next one.
    pub unstored_lasting: bool,
    /// How often it is.
    lasting_writes: Allowance,
    /// It is stored now, whenever that was: it was given back.
    lasting_now: bool,
}

impl Client {
    /// For the link of this name, which is not ready yet.
    pub fn new(name: IfName) -> Self {
        Client {
            name,
            state: State::Idle,
            held: None,
            kept: KeptLeases::default(),
            network: None,
            xid: 0,
            began: Instant::ZERO,
            waiting_since: None,
            attachment: None,
            gateway: None,
            sent: Instant::ZERO,
            refused_by_other: None,
            granted: None,
            unwanted: None,
            refusals: 0,
            skipped: None,
            decline: None,
            fallback: false,
            link_local: None,
            unstored: false,
            unstored_lasting: false,
            lasting_writes: Allowance::new(LASTING_WRITES.0, LASTING_WRITES.1),
            lasting_now: false,
        }
    }

    /// The present lease.
    pub fn lease(&self) -> Option<&Lease> {
        Some(&self.held.as_ref()?.lease)
    }

    /// The end that the kernel's address has.
    pub fn kernel_until(&self) -> Option<Instant> {
        self.held.as_ref()?.kernel_until
    }

    /// The adapter, once, whose network has refused the lease that was granted through another one,
    /// or given one of another network in its place.
    pub fn take_unwanted(&mut self) -> Option<Index> {
        self.unwanted.take()
    }

    /// The lease is over, by the server that answers now.
    fn note_unwanted(&mut self) {
        let adapter = self.attachment.map(|attachment| attachment.adapter);
        if self.granted.take().is_some_and(|by| adapter != Some(by)) {
            self.unwanted = adapter;
        }
    }

    /// What it is doing.
    pub fn state(&self) -> State {
        self.state
    }

    /// The only place where the state changes; within a state questions are repeated.
    fn enter(&mut self, state: State) {
        log::debug!("{}: DHCPv4: {:?} -> {state:?}", self.name, self.state);
        self.state = state;
    }

    /// The ARP packet that is due for the address.
    pub fn arp_packet(&self, now: Instant) -> Option<(arp::Kind, Ipv4Addr)> {
        let (at, kind) = self.next_arp()?;
        (now >= at).then_some((kind, self.contested()?))
    }

    /// The address that other hosts must not have: the lease's, or the one that nobody has given.
    pub fn contested(&self) -> Option<Ipv4Addr> {
        let own = self.link_local.as_ref().map(|own| own.address);
        self.lease().map(Lease::address).or(own)
    }

    fn next_arp(&self) -> Option<(Instant, arp::Kind)> {
        match self.state {
            State::Idle | State::Released => None,
            _ => self.acd()?.next(),
        }
    }

    fn acd(&self) -> Option<&Acd> {
        match &self.held {
            // In another network the address may be another host's.
            Some(held) => held.acd.as_ref().filter(|_| self.is_here(held)),
            None => self.link_local.as_ref().map(|own| &own.acd),
        }
    }

    /// The ARP packet has left.
    pub fn arp_sent(&mut self) {
        let acd = match &mut self.held {
            Some(held) => held.acd.as_mut(),
            None => self.link_local.as_mut().map(|own| &mut own.acd),
        };
        if let Some(acd) = acd {
            acd.sent();
        }
    }

    /// Another host claims this address.
    pub fn claimed(&mut self, now: Instant, address: Ipv4Addr, random: &mut Random) -> Change {
        if let (None, Some(own)) = (&self.held, &mut self.link_local) {
            return own.claimed(now, address);
        }
        let here = self.held.as_ref().is_some_and(|held| self.is_here(held));
        let held = self.held.as_mut().filter(|_| here);
        let ours = held.filter(|held| held.lease.address() == address);
        match ours
            .and_then(|held| held.acd.as_mut())
            .map(|acd| acd.claimed(now))
        {
            None => Change::Nothing,
            Some(Claim::Defended) => Change::Defended,
            Some(Claim::Lost) => {
                self.forget_held();
                let server = self.drop_lease(now);
                self.decline = Some((address, server));
                match self.state {
                    State::Idle => self.waiting_since = None,
                    _ => self.select(now, AFTER_DECLINE, random),
                }
                Change::Declined(server)
            }
        }
    }

    /// A new exchange with a number of its own.
    fn exchange(&mut self, now: Instant, random: &mut Random) {
        self.xid = random.draw() as u32;
        self.began = now;
        self.refused_by_other = None;
    }

    fn select(&mut self, now: Instant, after: Millis, random: &mut Random) {
        self.exchange(now, random);
        if self.held.is_none() {
            self.waiting_since.get_or_insert(now);
        }
        self.enter(self.without_lease(Retry::new(now + after)));
    }

    /// The lease is no longer ours; who gave it.
    fn drop_lease(&mut self, now: Instant) -> Option<Ipv4Addr> {
        let held = self.held.take();
        // What is on disk is removed, too: it must not be used again.
        self.unstored = true;
        self.waiting_since = Some(now);
        held.and_then(|held| held.lease.reply.server)
    }

    /// When the lease may be stored for the next boot, if it has to be.
    fn lasting_due(&self) -> Option<Instant> {
        if self.lasting_now {
            return Some(Instant::ZERO);
        }
        let due = self.unstored_lasting && self.held.is_some() && self.state == State::Bound;
        due.then(|| self.lasting_writes.above(0))
    }
}
