//! A server's message, and the state that follows from it (RFC 2131, 4.4).
use super::acd::Acd;
use super::timing::Retry;
use super::{
    AFTER_NAK, Client, Held, Lease, MOST_DOUBLINGS, Offer, Remembered, SKIPPED_FOR, State,
};
use crate::engine::dhcp::{Change, Gain, Protocol};
use crate::engine::random::Random;
use crate::engine::time::Instant;
use crate::wire::dhcp4::{MessageType, Reply};
use core::net::Ipv4Addr;

impl Client {
    /// An answer to this link's question, `message` being its octets.
    pub fn receive(
        &mut self,
        now: Instant,
        reply: &Reply,
        message: &[u8],
        random: &mut Random,
    ) -> Change {
        if reply.xid != self.xid {
            return Change::Nothing;
        }
        match (self.state, reply.kind) {
            (State::Selecting(retry) | State::Searching(retry), MessageType::Offer)
                if retry.tries > 0 =>
            {
                let skips = |server| self.skipped == Some(server) && retry.tries < SKIPPED_FOR;
                if let (Some(address), Some(server)) = (reply.address, reply.server)
                    && !skips(server)
                {
                    let offer = Offer { address, server };
                    let retry = Retry::new(now);
                    self.enter(State::Requesting { offer, retry });
                }
                Change::Nothing
            }
            (State::Selecting(_) | State::Searching(_), MessageType::Ack)
                if reply.rapid_commit || self.is_known(reply) =>
            {
                self.bind(now, reply, message)
            }
            (State::Requesting { offer, .. }, MessageType::Ack)
                if reply.server.is_none_or(|server| server == offer.server) =>
            {
                self.bind(now, reply, message)
            }
            (
                State::Rebooting(_)
                | State::Confirming(_)
                | State::Renewing { .. }
                | State::Rebinding { .. },
                MessageType::Ack,
            ) => match self.is_of_another(reply) {
                true => Change::Nothing,
                false => self.bind(now, reply, message),
            },
            (State::Requesting { offer, .. }, MessageType::Nak) => {
                match reply.server.is_none_or(|server| server == offer.server) {
                    // The offer is refused, not the address in use.
                    true if self.held.is_some() => {
                        self.enter(State::Bound);
                        self.tick(now, random)
                    }
                    true => self.refuse(now, reply.server, random),
                    // Another server's NAK of an offer that is not its own is ignored.
                    false => Change::Nothing,
                }
            }
            (State::Rebooting(_) | State::Confirming(_), MessageType::Nak) => {
                let known = match &self.held {
                    Some(held) => held.lease.reply.server,
                    None => self.remembered.and_then(|remembered| remembered.server),
                };
                if reply.server == known || known.is_none() {
                    return self.refuse(now, reply.server, random);
                }
                self.refused_by_other = true;
                Change::Nothing
            }
            (State::Renewing { .. } | State::Rebinding { .. }, MessageType::Nak) => {
                self.refuse(now, reply.server, random)
            }
            _ => Change::Nothing,
        }
    }

    /// The address that was asked for before any other: the answer is late.
    fn is_known(&self, reply: &Reply) -> bool {
        let known = self.remembered.filter(|remembered| !remembered.given_back);
        known.is_some_and(|remembered| reply.address == Some(remembered.address))
    }

    /// Another address, by another server: the request named neither (RFC 2131, 4.3.2 has such
    /// a server stay silent). The own server may lend another one.
    fn is_of_another(&self, reply: &Reply) -> bool {
        let Some(Remembered {
            address,
            server: Some(server),
            ..
        }) = self.remembered
        else {
            return false;
        };
        reply.address != Some(address) && reply.server.is_some_and(|other| other != server)
    }

    /// `server` refused the address.
    pub(super) fn refuse(
        &mut self,
        now: Instant,
        server: Option<Ipv4Addr>,
        random: &mut Random,
    ) -> Change {
        self.remembered = None;
        self.note_unwanted();
        if self.held.is_some() {
            self.drop_lease(now);
        }
        let wait = AFTER_NAK * (1 << self.refusals.min(MOST_DOUBLINGS));
        self.refusals += 1;
        self.select(now, wait, random);
        match self.refusals {
            1 => Change::Refused(server),
            // Recorded once in a row.
            _ => Change::Nothing,
        }
    }

    fn bind(&mut self, now: Instant, reply: &Reply, message: &[u8]) -> Change {
        // Neither without an address, nor by a server that is slower than its own lease.
        let lease = Lease::new(reply, message, self.sent).filter(|lease| now < lease.until);
        let Some(lease) = lease else {
            return Change::Nothing;
        };
        let known = (lease.address(), reply.server);
        let held = self.held.as_ref().map(|held| held.lease.net);
        if held.is_some_and(|net| !net.contains(lease.address().into())) {
            self.note_unwanted();
        }
        self.granted = self.attachment.map(|attachment| attachment.adapter);
        let before = self.remembered.filter(|remembered| !remembered.given_back);
        self.unstored = true;
        self.unstored_lasting |=
            before.map(|before| (before.address, before.server)) != Some(known);
        self.remembered = Some(Remembered {
            address: known.0,
            server: known.1,
            given_back: false,
        });
        self.waiting_since = None;
        self.refusals = 0;
        self.skipped = None;
        let gain = Gain {
            net: Some(lease.net),
            server: reply.server,
            lasts: lease
                .until
                .finite()
                .map(|until| (until - lease.obtained).whole_seconds()),
            routes_dropped: reply.routes_dropped,
        };
        let change = match &mut self.held {
            Some(held) if held.lease.net == lease.net => {
                held.lease = lease;
                held.acd.get_or_insert(Acd::new(now, false));
                Change::Confirmed
            }
            held => {
                let kernel_until = held.as_ref().and_then(|held| held.kernel_until);
                let acd = Some(Acd::new(now, true));
                *held = Some(Held {
                    lease,
                    acd,
                    kernel_until,
                });
                Change::Bound(gain)
            }
        };
        self.enter(State::Bound);
        change
    }
}
