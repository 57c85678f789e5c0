//! One link's DHCPv4 client (RFC 2131, 4.4), a lease being bound to the logical link and
//! not to the adapter that carries it.
//!
//! Where we differ from the RFC's figure 5: a lease stays in use while it is confirmed
//! after a fail-over or a gap (`Confirming`, an INIT-REBOOT beside the lease, then
//! `Searching`, a DISCOVER beside it); only a NAK or another server's lease ends it. States
//! change after a message has left.
mod ask;
mod hear;

use super::acd::{Acd, Claim};
use super::lease::Lease;
use super::state::{Change, Due, Offer, State, Transport};
use super::timing::{half, wait};
use crate::config::IfName;
use crate::engine::observed::Attachment;
use crate::engine::random::Random;
use crate::wire::arp;
use crate::wire::dhcp4::{Kind, Reply};
use core::net::Ipv4Addr;

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
/// From this attempt on every other one asks for its answer by broadcast: some access
/// points drop unicasts to an address that nobody has yet.
const BROADCAST_FROM: usize = 3;
/// After a refusal, before asking anew; doubled at each further one in a row, up to 51 s.
const AFTER_NAK_MS: u64 = 100;
const MOST_DOUBLINGS: u32 = 9;
/// After a DECLINE (RFC 2131, 3.1, 5).
const AFTER_DECLINE_MS: u64 = 10_000;

/// The card is written at most once in this time, whatever servers give.
const LASTING_EVERY_MS: u64 = 600_000;

#[derive(Debug)]
pub struct Client {
    pub name: IfName,
    pub state: State,
    /// In use while the link is ready; kept over a gap.
    pub lease: Option<Lease>,
    /// The address to ask for again, and who gave it.
    pub remembered: Option<(Ipv4Addr, Option<Ipv4Addr>)>,
    /// It was given back: a server may have forgotten it, and is not asked to confirm it.
    pub given_back: bool,
    pub xid: u32,
    /// When the present exchange began.
    pub began: u64,
    /// Ready, and without a lease, since then.
    pub waiting_since: Option<u64>,
    /// What carried the traffic when the lease was last good.
    carrier: Option<Attachment>,
    /// When the last message left.
    sent: u64,
    /// A server that we do not know refused; obeyed when nobody else answers.
    refused_by_other: bool,
    /// Refusals in a row.
    refusals: u32,
    /// Its offer came to nothing: another's is taken first, if there is one.
    skipped: Option<Ipv4Addr>,
    /// Watches over the lease's address.
    acd: Option<Acd>,
    /// An address to be declined, and who gave it.
    decline: Option<(Ipv4Addr, Option<Ipv4Addr>)>,
    /// A lease has been waited for long enough.
    pub fallback: bool,
    /// The kernel's address has this end.
    pub told_kernel: Option<u64>,
    /// Not yet stored: for this boot, and for the next one too.
    pub unstored: bool,
    pub unstored_lasting: bool,
    /// When it was last stored for the next boot.
    pub lasting_at: Option<u64>,
}

impl Client {
    pub fn new(name: IfName) -> Self {
        Client {
            name,
            state: State::Idle,
            lease: None,
            remembered: None,
            given_back: false,
            xid: 0,
            began: 0,
            waiting_since: None,
            carrier: None,
            sent: 0,
            refused_by_other: false,
            refusals: 0,
            skipped: None,
            acd: None,
            decline: None,
            fallback: false,
            told_kernel: None,
            unstored: false,
            unstored_lasting: false,
            lasting_at: None,
        }
    }

    /// The link became ready or ceased to be, or another adapter carries it. A ready link
    /// that nobody carries is in the middle of a fail-over: all stays as it is.
    pub fn set_ready(
        &mut self,
        now: u64,
        ready: bool,
        carrier: Option<Attachment>,
        random: &mut Random,
    ) {
        if !ready {
            self.state = State::Idle;
            self.waiting_since = None;
            return;
        }
        if carrier.is_none() {
            return;
        }
        let before = core::mem::replace(&mut self.carrier, carrier);
        match self.state {
            State::Idle => self.begin(now, random),
            _ if before != carrier => self.moved(now, random),
            _ => {}
        }
    }

    /// From nothing: with what there is.
    pub fn begin(&mut self, now: u64, random: &mut Random) {
        self.exchange(now, random);
        self.announce(now);
        self.state = match (&self.lease, self.remembered) {
            (Some(_), _) => State::Confirming {
                tries: 0,
                next: now,
            },
            (None, Some(_)) if !self.given_back => State::Rebooting {
                tries: 0,
                next: now,
            },
            (None, _) => State::Selecting {
                tries: 0,
                next: now,
            },
        };
        if self.lease.is_none() {
            self.waiting_since.get_or_insert(now);
        }
    }

    /// The traffic goes through another adapter: answers to the old one are lost.
    fn moved(&mut self, now: u64, random: &mut Random) {
        match &mut self.state {
            State::Idle | State::Released => {}
            _ if self.lease.is_some() => {
                self.exchange(now, random);
                self.announce(now);
                self.state = State::Confirming {
                    tries: 0,
                    next: now,
                };
            }
            State::Rebooting { tries, next }
            | State::Selecting { tries, next }
            | State::Requesting { tries, next, .. } => {
                *tries = 0;
                *next = now;
            }
            // They have a lease.
            State::Bound
            | State::Confirming { .. }
            | State::Searching { .. }
            | State::Renewing { .. }
            | State::Rebinding { .. } => {}
        }
    }

    /// The lease's address is reached through another adapter now, or again.
    fn announce(&mut self, now: u64) {
        if self.lease.is_some() {
            let fresh = Acd::new(now, false);
            self.acd.get_or_insert(fresh).moved(now);
        }
    }

    /// What is to be said about the address now.
    pub fn arp_packet(&self, now: u64) -> Option<(arp::Kind, Ipv4Addr)> {
        let (at, word) = self.next_arp()?;
        let address = self.lease.as_ref()?.address();
        (now >= at).then_some((word, address))
    }

    fn next_arp(&self) -> Option<(u64, arp::Kind)> {
        match self.state {
            State::Idle | State::Released => None,
            _ => self.acd.as_ref()?.next(),
        }
    }

    pub fn said(&mut self) {
        if let Some(acd) = &mut self.acd {
            acd.said();
        }
    }

    /// Somebody else says that this address is theirs.
    pub fn claimed(&mut self, now: u64, address: Ipv4Addr, random: &mut Random) -> Change {
        let ours = self.lease.as_ref().filter(|l| l.address() == address);
        let (Some(lease), Some(acd)) = (ours, &mut self.acd) else {
            return Change::Nothing;
        };
        match acd.claimed(now) {
            Claim::Defended => Change::Defended,
            Claim::Lost => {
                self.decline = Some((address, lease.server));
                self.remembered = None;
                self.drop_lease(now);
                match self.state {
                    State::Idle => self.waiting_since = None,
                    _ => self.select(now, AFTER_DECLINE_MS, random),
                }
                Change::Declined
            }
        }
    }

    /// A new exchange with a number of its own.
    fn exchange(&mut self, now: u64, random: &mut Random) {
        self.xid = random.draw() as u32;
        self.began = now;
        self.refused_by_other = false;
    }

    fn select(&mut self, now: u64, after: u64, random: &mut Random) {
        self.exchange(now, random);
        self.waiting_since.get_or_insert(now);
        let next = now + after;
        self.state = State::Selecting { tries: 0, next };
    }

    /// The lease is no longer ours.
    fn drop_lease(&mut self, now: u64) {
        self.lease = None;
        self.acd = None;
        // What is on disk goes too: nobody may take it up again.
        self.unstored = true;
        self.told_kernel = None;
        self.waiting_since = Some(now);
    }

    /// Time passes.
    pub fn tick(&mut self, now: u64, random: &mut Random) -> Change {
        if self.lease.as_ref().is_some_and(|l| now >= l.until) {
            // Also while the link is not ready: it would come back with it.
            self.drop_lease(now);
            match self.state {
                State::Idle => self.waiting_since = None,
                State::Released => {}
                _ => self.select(now, 0, random),
            }
            return Change::Expired;
        }
        let (renew, rebind) = match &self.lease {
            Some(lease) => (lease.renew, lease.rebind),
            None => (u64::MAX, u64::MAX),
        };
        match self.state {
            State::Rebooting { tries, next } | State::Confirming { tries, next }
                if now >= next && self.refused_by_other && tries > 0 =>
            {
                return self.refuse(now, random);
            }
            // The same exchange: an answer that is late is still taken.
            State::Rebooting { tries, next } if now >= next && tries >= REBOOTS => {
                self.state = State::Selecting { tries: 0, next };
            }
            State::Requesting { offer, tries, next } if now >= next && tries >= REQUESTS => {
                self.skipped = Some(offer.server);
                if self.lease.is_none() {
                    self.select(now, 0, random);
                } else {
                    self.state = State::Bound;
                    return self.tick(now, random);
                }
            }
            State::Confirming { tries, next } if now >= next && tries >= CONFIRMATIONS => {
                self.state = State::Searching { tries: 0, next };
            }
            State::Searching { tries, next } if now >= next && tries >= SEARCHES => {
                self.state = State::Bound;
                return self.tick(now, random);
            }
            State::Bound if now >= renew => {
                self.exchange(now, random);
                self.state = State::Renewing { next: now };
                return self.tick(now, random);
            }
            State::Renewing { .. } if now >= rebind => {
                self.exchange(now, random);
                self.state = State::Rebinding { next: now };
            }
            _ => {}
        }
        Change::Nothing
    }

    /// Asks now for the present lease, or for any.
    pub fn renew_now(&mut self, now: u64, random: &mut Random) {
        match (&self.state, &self.lease) {
            (State::Idle, _) => {}
            // As after a gap: any server may confirm it, and if none does, offer another.
            (_, Some(_)) => {
                self.exchange(now, random);
                self.state = State::Confirming {
                    tries: 0,
                    next: now,
                };
            }
            (_, None) => self.begin(now, random),
        }
    }

    /// The lease was given back.
    pub fn released(&mut self, now: u64) {
        self.drop_lease(now);
        self.given_back = true;
        self.waiting_since = None;
        if self.state != State::Idle {
            self.state = State::Released;
        }
    }

    /// Answers are awaited.
    pub fn is_listening(&self) -> bool {
        match self.state {
            State::Idle | State::Released | State::Bound => false,
            State::Rebooting { .. }
            | State::Selecting { .. }
            | State::Requesting { .. }
            | State::Confirming { .. }
            | State::Searching { .. }
            | State::Renewing { .. }
            | State::Rebinding { .. } => true,
        }
    }

    /// When something is due by itself.
    pub fn poll_at(&self) -> Option<u64> {
        let lease = self.lease.as_ref();
        let next = match self.state {
            State::Idle | State::Released => None,
            State::Rebooting { next, .. }
            | State::Selecting { next, .. }
            | State::Requesting { next, .. }
            | State::Confirming { next, .. }
            | State::Searching { next, .. }
            | State::Rebinding { next } => Some(next),
            State::Bound => lease.map(|l| l.renew),
            State::Renewing { next } => lease.map(|l| l.rebind.min(next)),
        };
        let until = lease.map(|l| l.until);
        let word = self.next_arp().map(|(at, _)| at);
        [next, until, word, self.lasting_due().filter(|at| *at > 0)]
            .into_iter()
            .flatten()
            .filter(|at| *at != u64::MAX)
            .min()
    }

    /// When the lease may be stored for the next boot, if it has to be.
    pub fn lasting_due(&self) -> Option<u64> {
        let due = self.unstored_lasting && self.lease.is_some() && self.state == State::Bound;
        due.then(|| self.lasting_at.map_or(0, |at| at + LASTING_EVERY_MS))
    }
}
