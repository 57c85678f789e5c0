//! One link's DHCPv6 client (RFC 8415, 18.2). As with DHCPv4 a lease is bound to the
//! logical link: after a fail-over it stays in use while it is confirmed.
//!
//! Where we differ from the RFC: questions begin at once (see [`Retry`]), and the best of
//! several offers is taken a tenth of a second after the first, not a whole one. States
//! change after a message has left.
mod ask;
mod hear;

use super::lease::Lease;
use super::timing::{self, Pace, Retry};
use crate::engine::observed::Attachment;
use crate::engine::random::Random;
use crate::wire::dhcp6::{Kind, MAX_LEASED, Reply, ServerId, Status};
use core::net::Ipv6Addr;
use heapless::Vec;

/// Offers are compared for so long after the first.
const COMPARE_MS: u64 = 100;
/// This server wants to be taken at once (RFC 8415, 18.2.1).
const AT_ONCE: u8 = 255;
/// An offer is asked for so often, some 15 s, before another one is. `REQ_MAX_RC` is 10, which
/// takes three minutes: long for one that another server could help.
const REQUESTS: u32 = 4;
/// A server whose offer came to nothing is passed over in the answers to fewer questions of the
/// next round than this, some 3 s.
const SKIPPED_FOR: u32 = 3;
/// `CNF_MAX_RD`: then the lease is used on (18.2.3).
const CONFIRM_FOR_MS: u64 = 10_000;
/// After a refusal, before asking anew; doubled at each further one, up to 51 s.
const AFTER_REFUSAL_MS: u64 = 100;
const MOST_DOUBLINGS: u32 = 9;
/// After a Decline, as with DHCPv4.
const AFTER_DECLINE_MS: u64 = 10_000;

pub type Addresses = Vec<Ipv6Addr, MAX_LEASED>;

/// What the link wants of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    Nothing,
    /// Name servers and the like.
    OtherConfig,
    Address,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    server: ServerId,
    preference: u8,
    addresses: Addresses,
    /// When it is taken, unless a better one comes.
    take_at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The link is not ready, or nothing is wanted.
    Idle,
    /// Told to give its lease back; until a renew, a gap of the link or a reload.
    Released,
    Soliciting(Retry),
    Requesting(Retry),
    /// With an association, or with options alone.
    Bound,
    /// The lease is in use; is it still good here?
    Confirming(Retry),
    Renewing(Retry),
    Rebinding(Retry),
    Informing(Retry),
}

/// The contents of a message that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub kind: Kind,
    pub server: Option<ServerId>,
    /// `None`: without an association.
    pub addresses: Option<Addresses>,
    pub rapid_commit: bool,
}

/// What an answer changed, for the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Nothing,
    Bound,
    /// The same lease for longer, or on another adapter.
    Confirmed,
    /// The server says that the address does not belong here, or is not ours.
    Refused,
    /// It has none to lend.
    NoneLeft,
    Expired,
    Declined,
}

#[derive(Debug)]
pub struct Client {
    pub state: State,
    pub lease: Option<Lease>,
    /// 24 bits.
    pub xid: u32,
    /// When the present exchange began.
    pub began: u64,
    need: Need,
    carrier: Option<Attachment>,
    sent: u64,
    offer: Option<Offer>,
    /// Whose last offer came to nothing.
    skipped: Option<ServerId>,
    /// Addresses to ask for again.
    hint: Addresses,
    refusals: u32,
    /// Said once in a row.
    none_left: bool,
    decline: Option<(ServerId, Addresses)>,
    /// Waits as long as a server told us to (RFC 8415, 21.24 and 21.25).
    most_solicit: u64,
    most_inform: u64,
    /// Ready, and without what is wanted, since then.
    pub waiting_since: Option<u64>,
    /// The kernel's addresses have these ends.
    pub told_kernel: Vec<(Ipv6Addr, u64), MAX_LEASED>,
    pub unstored: bool,
}

impl Default for Client {
    fn default() -> Self {
        Client {
            state: State::Idle,
            lease: None,
            xid: 0,
            began: 0,
            need: Need::Nothing,
            carrier: None,
            sent: 0,
            offer: None,
            skipped: None,
            hint: Addresses::new(),
            refusals: 0,
            none_left: false,
            decline: None,
            most_solicit: timing::SOLICIT.most,
            most_inform: timing::INFORM.most,
            waiting_since: None,
            told_kernel: Vec::new(),
            unstored: false,
        }
    }
}

impl Client {
    /// A lease of this boot, found on disk: in use until a server says otherwise.
    pub fn restore(&mut self, lease: Lease) {
        self.hint = lease.addresses();
        self.told_kernel = lease.held.iter().map(|h| (h.address, h.until)).collect();
        self.lease = Some(lease);
    }

    /// The link became ready or ceased to be, something is wanted of a server or no longer,
    /// or another adapter carries. A ready link that nobody carries is in the middle of a
    /// fail-over: all stays as it is.
    pub fn set_ready(
        &mut self,
        now: u64,
        ready: bool,
        need: Need,
        carrier: Option<Attachment>,
        random: &mut Random,
    ) {
        if !ready {
            self.state = State::Idle;
            self.waiting_since = None;
            // Options from an Information-Request are valid only on that network.
            if self.lease.as_ref().is_some_and(|l| l.held.is_empty()) {
                self.lease = None;
                self.unstored = true;
            }
            return;
        }
        if carrier.is_none() {
            return;
        }
        let before = core::mem::replace(&mut self.carrier, carrier);
        // A router that no longer asks for it takes back nothing that was lent.
        let need = if self.holds() { Need::Address } else { need };
        let more = need > self.need;
        match self.state {
            State::Idle if need > Need::Nothing => {
                self.need = need;
                self.begin(now, random);
            }
            State::Idle | State::Released => {}
            _ if more => {
                self.need = need;
                self.begin(now, random);
            }
            _ if before != carrier => self.begin(now, random),
            _ => {}
        }
    }

    /// With what there is; after a fail-over answers to the other adapter are lost.
    fn begin(&mut self, now: u64, random: &mut Random) {
        let holds = self.holds();
        match self.need {
            Need::Nothing => self.state = State::Idle,
            Need::OtherConfig => {
                self.exchange(now, random);
                self.state = State::Informing(Retry::new(now));
            }
            Need::Address if holds => {
                self.exchange(now, random);
                self.state = State::Confirming(Retry::new(now));
            }
            Need::Address => self.solicit(now, 0, random),
        }
        if self.lease.is_none() && self.state != State::Idle {
            self.waiting_since.get_or_insert(now);
        }
    }

    /// An address is lent.
    fn holds(&self) -> bool {
        let lease = self.lease.as_ref();
        lease.is_some_and(|lease| !lease.held.is_empty())
    }

    fn exchange(&mut self, now: u64, random: &mut Random) {
        self.xid = random.draw() as u32 & 0x00ff_ffff;
        self.began = now;
        self.offer = None;
    }

    /// The server that is asked for its offer does not keep it.
    fn skip(&mut self) {
        if let State::Requesting(_) = self.state {
            self.skipped = self.offer.take().map(|offer| offer.server);
        }
    }

    fn solicit(&mut self, now: u64, after: u64, random: &mut Random) {
        self.exchange(now + after, random);
        self.waiting_since.get_or_insert(now);
        self.state = State::Soliciting(Retry::new(now + after));
    }

    fn drop_lease(&mut self, now: u64) {
        self.lease = None;
        self.told_kernel.clear();
        self.unstored = true;
        self.waiting_since = Some(now);
    }

    /// Time passes.
    pub fn tick(&mut self, now: u64, random: &mut Random) -> Change {
        if self.lease.as_ref().is_some_and(|l| now >= l.until) {
            self.drop_lease(now);
            match self.state {
                State::Idle => self.waiting_since = None,
                State::Released => {}
                _ => self.solicit(now, 0, random),
            }
            return Change::Expired;
        }
        if let Some(lease) = &mut self.lease {
            // One of several may end before the others.
            lease.held.retain(|held| held.until > now);
            let held = &lease.held;
            self.told_kernel
                .retain(|(address, _)| held.iter().any(|h| h.address == *address));
        }
        let (renew, rebind, alone) = match &self.lease {
            Some(lease) => (lease.renew, lease.rebind, lease.held.is_empty()),
            None => (u64::MAX, u64::MAX, false),
        };
        match self.state {
            State::Soliciting(_) if self.offer.as_ref().is_some_and(|o| now >= o.take_at) => {
                self.xid = random.draw() as u32 & 0x00ff_ffff;
                self.began = now;
                self.state = State::Requesting(Retry::new(now));
            }
            State::Requesting(retry) if now >= retry.next && retry.tries >= REQUESTS => {
                self.skip();
                self.solicit(now, 0, random);
            }
            State::Confirming(_) if now >= self.began + CONFIRM_FOR_MS => {
                self.state = State::Bound;
                return self.tick(now, random);
            }
            State::Bound if now >= renew => {
                self.exchange(now, random);
                self.state = match alone {
                    true => State::Informing(Retry::new(now)),
                    false => State::Renewing(Retry::new(now)),
                };
                return self.tick(now, random);
            }
            State::Renewing(_) if now >= rebind => {
                self.exchange(now, random);
                self.state = State::Rebinding(Retry::new(now));
            }
            _ => {}
        }
        Change::Nothing
    }

    /// Asks now for the present lease, or for any.
    pub fn renew_now(&mut self, now: u64, random: &mut Random) {
        match self.state {
            State::Idle => {}
            // Any server: the one that lent it may be out of reach.
            _ if self.holds() && !matches!(self.state, State::Confirming(_)) => {
                self.exchange(now, random);
                self.state = State::Rebinding(Retry::new(now));
            }
            _ => self.begin(now, random),
        }
    }

    /// The kernel has this address until then.
    pub fn told(&mut self, address: Ipv6Addr, until: u64) {
        self.told_kernel.retain(|(old, _)| *old != address);
        let _ = self.told_kernel.push((address, until));
    }

    pub fn released(&mut self, now: u64) {
        self.drop_lease(now);
        self.waiting_since = None;
        if self.state != State::Idle {
            self.state = State::Released;
        }
    }

    /// Another machine has one of the addresses (RFC 8415, 18.2.10.1).
    pub fn declined(&mut self, now: u64, address: Ipv6Addr, random: &mut Random) -> Change {
        let Some(lease) = &self.lease else {
            return Change::Nothing;
        };
        let mut addresses = Addresses::new();
        let _ = addresses.push(address);
        self.decline = Some((lease.server.clone(), addresses));
        self.hint.clear();
        self.drop_lease(now);
        match self.state {
            State::Idle => self.waiting_since = None,
            _ => self.solicit(now, AFTER_DECLINE_MS, random),
        }
        Change::Declined
    }

    fn retry(&self) -> Option<&Retry> {
        match &self.state {
            State::Idle | State::Released | State::Bound => None,
            State::Soliciting(retry)
            | State::Requesting(retry)
            | State::Confirming(retry)
            | State::Renewing(retry)
            | State::Rebinding(retry)
            | State::Informing(retry) => Some(retry),
        }
    }

    /// Answers are awaited.
    pub fn is_listening(&self) -> bool {
        self.retry().is_some()
    }

    /// When something is due by itself.
    pub fn poll_at(&self) -> Option<u64> {
        let lease = self.lease.as_ref();
        let turn = match self.state {
            State::Bound => lease.map(|l| l.renew),
            State::Renewing(_) => lease.map(|l| l.rebind),
            State::Confirming(_) => Some(self.began + CONFIRM_FOR_MS),
            State::Soliciting(_) => self.offer.as_ref().map(|offer| offer.take_at),
            State::Idle
            | State::Released
            | State::Requesting(_)
            | State::Rebinding(_)
            | State::Informing(_) => None,
        };
        let ends = lease.into_iter().flat_map(|l| l.held.iter());
        let ends = ends.map(|held| held.until);
        let next = self.retry().map(|retry| retry.next);
        ends.chain(next)
            .chain(turn)
            .filter(|at| *at != u64::MAX)
            .min()
    }
}
