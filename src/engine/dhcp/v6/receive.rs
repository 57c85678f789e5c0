//! A server's message, and the state that follows from it (RFC 8415, 18.2.9 and 18.2.10).
use super::timing::Retry;
use super::{
    AFTER_REFUSAL, AT_ONCE, Addresses, COMPARE, Client, Lease, MOST_DOUBLINGS, Offer, SKIPPED_FOR,
    State,
};
use crate::engine::dhcp::{Change, Gain};
use crate::engine::random::Random;
use crate::engine::time::{Instant, Seconds};
use crate::wire::dhcp6::{MessageType, Reply, StatusCode};

impl Client {
    /// An answer to this link's question, `message` being its octets.
    pub fn receive(
        &mut self,
        now: Instant,
        reply: &Reply,
        message: &[u8],
        random: &mut Random,
    ) -> Change {
        // The first message of a new exchange has not left yet: there can be no answer.
        let asked = self.retry().is_some_and(|retry| retry.tries > 0);
        if reply.xid != self.xid || !asked {
            return Change::Nothing;
        }
        if let Some(seconds) = reply.most_solicit_s {
            self.most_solicit = Seconds(seconds.into()).into();
        }
        if let Some(seconds) = reply.most_inform_s {
            self.most_inform = Seconds(seconds.into()).into();
        }
        match (self.state, reply.kind) {
            (State::Soliciting(_), MessageType::Advertise) => self.consider(now, reply),
            (State::Soliciting(_), MessageType::Reply) if reply.rapid_commit => {
                self.answered(now, reply, message, random)
            }
            (State::Requesting(_), MessageType::Reply) => {
                let meant = self
                    .offer
                    .as_ref()
                    .is_some_and(|o| o.server == reply.server);
                match meant {
                    true => self.answered(now, reply, message, random),
                    false => Change::Nothing,
                }
            }
            (State::Renewing(_) | State::Rebinding(_), MessageType::Reply) => {
                self.answered(now, reply, message, random)
            }
            (State::Confirming(_), MessageType::Reply) => match reply.status {
                StatusCode::NotOnLink => self.refuse(now, random),
                StatusCode::Success => {
                    self.enter(State::Bound);
                    Change::Confirmed
                }
                StatusCode::Failed
                | StatusCode::NoAddresses
                | StatusCode::NoBinding
                | StatusCode::UseMulticast => Change::Nothing,
            },
            (State::Informing(_), MessageType::Reply) if reply.status == StatusCode::Success => {
                let known = self.lease.is_some();
                self.waiting_since = None;
                self.bound(Lease::stateless(reply, message, now), known)
            }
            _ => Change::Nothing,
        }
    }

    /// The best of the offers: by its server's preference, then the first.
    fn consider(&mut self, now: Instant, reply: &Reply) -> Change {
        let early = self.retry().is_some_and(|retry| retry.tries < SKIPPED_FOR);
        if early && self.skipped.as_ref() == Some(&reply.server) {
            return Change::Nothing;
        }
        let lent = reply.association.as_ref().filter(|offered| {
            reply.status == StatusCode::Success && offered.status == StatusCode::Success
        });
        let lent = lent.map(|offered| offered.addresses.iter().map(|leased| leased.address));
        let addresses: Addresses = lent.into_iter().flatten().collect();
        if addresses.is_empty() {
            return self.none_left();
        }
        let take_at = match (&self.offer, reply.preference) {
            (_, AT_ONCE) => now,
            (Some(offer), preference) if offer.preference >= preference => return Change::Nothing,
            (Some(offer), _) => offer.take_at,
            (None, _) => now + COMPARE,
        };
        self.offer = Some(Offer {
            server: reply.server.clone(),
            preference: reply.preference,
            addresses,
            take_at,
        });
        Change::Nothing
    }

    fn none_left(&mut self) -> Change {
        match core::mem::replace(&mut self.none_left, true) {
            false => Change::NoneLeft,
            true => Change::Nothing,
        }
    }

    /// A Reply that may lend: to a Solicit, Request, Renew or Rebind.
    fn answered(
        &mut self,
        now: Instant,
        reply: &Reply,
        message: &[u8],
        random: &mut Random,
    ) -> Change {
        let status = match (reply.status, &reply.association) {
            (StatusCode::Success, Some(offered)) => offered.status,
            (status, _) => status,
        };
        match status {
            StatusCode::Success => self.bind(now, reply, message, random),
            StatusCode::NotOnLink => self.refuse(now, random),
            StatusCode::NoAddresses => {
                let change = self.none_left();
                if let State::Requesting(_) = self.state {
                    self.skip();
                    self.solicit(now, AFTER_REFUSAL * (1 << MOST_DOUBLINGS), random);
                }
                change
            }
            // The server has no binding of ours: it has to be asked anew (18.2.10.1).
            StatusCode::NoBinding if !self.extends() => self.refuse(now, random),
            StatusCode::NoBinding => {
                let addresses = self.lease.as_ref().map(Lease::addresses);
                self.exchange(now, random);
                self.offer = Some(Offer {
                    server: reply.server.clone(),
                    preference: 0,
                    addresses: addresses.unwrap_or_default(),
                    take_at: now,
                });
                self.enter(State::Requesting(Retry::new(now)));
                Change::Nothing
            }
            // The message is repeated in its time. It is always sent by multicast.
            StatusCode::Failed | StatusCode::UseMulticast => Change::Nothing,
        }
    }

    fn extends(&self) -> bool {
        matches!(self.state, State::Renewing(_) | State::Rebinding(_))
    }

    fn refuse(&mut self, now: Instant, random: &mut Random) -> Change {
        self.skip();
        self.hint.clear();
        if self.lease.is_some() {
            self.drop_lease(now);
        }
        let wait = AFTER_REFUSAL * (1 << self.refusals.min(MOST_DOUBLINGS));
        self.refusals += 1;
        self.solicit(now, wait, random);
        match self.refusals {
            1 => Change::Refused(None),
            _ => Change::Nothing,
        }
    }

    fn bind(&mut self, now: Instant, reply: &Reply, message: &[u8], random: &mut Random) -> Change {
        let Some(lease) = Lease::new(reply, message, self.sent).filter(|l| now < l.until) else {
            // It takes back what it lent, or lends nothing.
            let withdrawn = reply.association.as_ref().is_some_and(|offered| {
                !offered.addresses.is_empty() && offered.addresses.iter().all(|l| l.valid_s == 0)
            });
            return match self.state {
                State::Renewing(_) | State::Rebinding(_) if withdrawn => self.refuse(now, random),
                _ => Change::Nothing,
            };
        };
        let addresses = lease.addresses();
        let same = self
            .lease
            .as_ref()
            .is_some_and(|old| old.addresses() == addresses);
        self.in_kernel
            .retain(|(address, _)| addresses.contains(address));
        self.hint = addresses;
        self.offer = None;
        self.skipped = None;
        self.waiting_since = None;
        self.refusals = 0;
        self.none_left = false;
        self.bound(lease, same)
    }

    /// Takes a lease in use; `known`: it gives what the one before gave.
    fn bound(&mut self, lease: Lease, known: bool) -> Change {
        let first = lease.held.first();
        let lasts = first.and_then(|held| Some(held.until.finite()? - lease.obtained));
        let gain = Gain {
            net: first.map(|held| held.net()),
            server: None,
            lasts: lasts.map(|span| span.whole_seconds()),
            routes_dropped: 0,
        };
        self.lease = Some(lease);
        self.unstored = true;
        self.enter(State::Bound);
        match known {
            true => Change::Confirmed,
            false => Change::Bound(gain),
        }
    }
}
