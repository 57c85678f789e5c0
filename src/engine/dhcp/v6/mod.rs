//! One link's DHCPv6 client (RFC 8415, 18.2). As with DHCPv4 a lease is bound to the
//! logical link: after a fail-over it stays in use while it is confirmed.
//!
//! Where we differ from the RFC: questions begin at once (see `Retry`), and the best of
//! several offers is taken a tenth of a second after the first, not a whole one. States
//! change after a message has left.
mod ask;
mod lease;
mod protocol;
mod receive;
mod timing;

pub use lease::{Held, Lease};

use super::{Change, Need};
use crate::config::IfName;
use crate::engine::observed::Attachment;
use crate::engine::random::Random;
use crate::engine::time::{Instant, Millis};
use crate::wire::dhcp6::{MAX_LEASED, Reply, ServerId};
use core::net::Ipv6Addr;
use heapless::Vec;
use timing::Retry;

/// Offers are compared for so long after the first.
const COMPARE: Millis = Millis(100);
/// The preference of a server whose offer is taken at once (RFC 8415, 18.2.1).
const AT_ONCE: u8 = 255;
/// An offer is asked for so often, some 15 s, before another one is. `REQ_MAX_RC` is 10, which
/// takes three minutes: long for one that another server could help.
const REQUESTS: u32 = 4;
/// A server whose offer came to nothing is passed over in the answers to fewer questions of the
/// next round than this, some 3 s.
const SKIPPED_FOR: u32 = 3;
/// `CNF_MAX_RD`: then the lease is used on (18.2.3).
const CONFIRM_FOR: Millis = Millis(10_000);
/// After a refusal, before asking anew; doubled at each further one, up to 51 s.
const AFTER_REFUSAL: Millis = Millis(100);
const MOST_DOUBLINGS: u32 = 9;
/// After a Decline, as with DHCPv4.
const AFTER_DECLINE: Millis = Millis(10_000);

/// Addresses of one association.
pub type Addresses = Vec<Ipv6Addr, MAX_LEASED>;

/// What one server would lend.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Offer {
    server: ServerId,
    preference: u8,
    addresses: Addresses,
    /// When it is taken, unless a better one comes.
    take_at: Instant,
}

/// RFC 8415, 18.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The link is not ready, or nothing is wanted.
    Idle,
    /// The lease was given back on request; until a renew, a gap of the link or a reload.
    Released,
    /// Asking any server for an offer.
    Soliciting(Retry),
    /// Asking for what was offered.
    Requesting(Retry),
    /// With an association, or with options alone.
    Bound,
    /// The lease is in use; is it still good here?
    Confirming(Retry),
    /// Past T1: asking the lease's server for more time.
    Renewing(Retry),
    /// Past T2: asking any server.
    Rebinding(Retry),
    /// Asking for name servers and the like alone.
    Informing(Retry),
}

/// The client of one link.
#[derive(Debug)]
pub struct Client {
    /// The link's.
    pub name: IfName,
    /// Changed by `enter` alone.
    state: State,
    /// In use while the link is ready; kept over a gap where addresses are lent.
    pub lease: Option<Lease>,
    /// The present exchange's number, 24 bits (RFC 8415, 8).
    pub xid: u32,
    /// When the present exchange began.
    began: Instant,
    need: Need,
    /// The adapter that carried the traffic when the link was last ready, and its join.
    attachment: Option<Attachment>,
    /// When the last message left.
    sent: Instant,
    offer: Option<Offer>,
    /// Whose last offer came to nothing.
    skipped: Option<ServerId>,
    /// Addresses to ask for again.
    hint: Addresses,
    /// Refusals in a row.
    refusals: u32,
    /// A server had no address; recorded once in a row.
    none_left: bool,
    decline: Option<(ServerId, Addresses)>,
    /// The longest waits, which a server may set (RFC 8415, 21.24 and 21.25).
    most_solicit: Millis,
    most_inform: Millis,
    /// Ready, and without what is wanted, since then.
    pub waiting_since: Option<Instant>,
    /// The kernel's addresses have these ends.
    in_kernel: Vec<(Ipv6Addr, Instant), MAX_LEASED>,
    unstored: bool,
}

impl Client {
    /// For the link of this name, which is not ready yet.
    pub fn new(name: IfName) -> Self {
        Client {
            name,
            state: State::Idle,
            lease: None,
            xid: 0,
            began: Instant::ZERO,
            need: Need::Nothing,
            attachment: None,
            sent: Instant::ZERO,
            offer: None,
            skipped: None,
            hint: Addresses::new(),
            refusals: 0,
            none_left: false,
            decline: None,
            most_solicit: timing::SOLICIT.most,
            most_inform: timing::INFORM.most,
            waiting_since: None,
            in_kernel: Vec::new(),
            unstored: false,
        }
    }

    /// A lease of this boot, found on disk: in use until a server refuses it.
    pub fn restore(&mut self, reply: &Reply, message: &[u8], obtained: Instant) {
        let lease = Lease::new(reply, message, obtained);
        let lease = lease.unwrap_or_else(|| Lease::stateless(reply, message, obtained));
        self.hint = lease.addresses();
        self.in_kernel = lease.held.iter().map(|h| (h.address, h.until)).collect();
        self.lease = Some(lease);
    }

    /// The kernel has this address with this end.
    pub fn is_in_kernel(&self, held: &Held) -> bool {
        self.in_kernel.contains(&(held.address, held.until))
    }

    /// What it is doing.
    pub fn state(&self) -> State {
        self.state
    }

    /// The only place where the state changes; within a state questions are repeated.
    fn enter(&mut self, state: State) {
        log::debug!("{}: DHCPv6: {:?} -> {state:?}", self.name, self.state);
        self.state = state;
    }

    /// With what there is; after a fail-over answers to the other adapter are lost.
    fn begin(&mut self, now: Instant, random: &mut Random) {
        match self.need {
            Need::Nothing => self.enter(State::Idle),
            Need::OtherConfig => {
                self.exchange(now, random);
                self.enter(State::Informing(Retry::new(now)));
            }
            Need::Address if self.holds() => {
                self.exchange(now, random);
                self.enter(State::Confirming(Retry::new(now)));
            }
            Need::Address => self.solicit(now, Millis(0), random),
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

    fn exchange(&mut self, now: Instant, random: &mut Random) {
        self.number(now, random);
        self.offer = None;
    }

    /// A new exchange with a number of its own.
    fn number(&mut self, now: Instant, random: &mut Random) {
        self.xid = random.draw() as u32 & 0x00ff_ffff;
        self.began = now;
    }

    /// The server that is asked for its offer does not keep it.
    fn skip(&mut self) {
        if let State::Requesting(_) = self.state {
            self.skipped = self.offer.take().map(|offer| offer.server);
        }
    }

    fn solicit(&mut self, now: Instant, after: Millis, random: &mut Random) {
        self.exchange(now + after, random);
        self.waiting_since.get_or_insert(now);
        self.enter(State::Soliciting(Retry::new(now + after)));
    }

    fn drop_lease(&mut self, now: Instant) {
        self.lease = None;
        self.in_kernel.clear();
        self.unstored = true;
        self.waiting_since = Some(now);
    }

    /// Another machine has one of the addresses (RFC 8415, 18.2.10.1).
    pub fn declined(&mut self, now: Instant, address: Ipv6Addr, random: &mut Random) -> Change {
        let Some(lease) = &self.lease else {
            return Change::Nothing;
        };
        let addresses = core::iter::once(address).collect();
        self.decline = Some((lease.reply.server.clone(), addresses));
        self.hint.clear();
        self.drop_lease(now);
        match self.state {
            State::Idle => self.waiting_since = None,
            _ => self.solicit(now, AFTER_DECLINE, random),
        }
        Change::Declined(None)
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
}
