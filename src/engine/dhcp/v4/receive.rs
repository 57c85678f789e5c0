//! A server's message, and the state that follows from it (RFC 2131, 4.4).
use super::acd::{Acd, Course};
use super::timing::Retry;
use super::{AFTER_NAK, Client, Held, Lease, MOST_DOUBLINGS, Offer, SKIPPED_FOR, State};
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
                let known = self.asked_for().and_then(|(_, server)| server);
                if reply.server == known || known.is_none() {
                    return self.refuse(now, reply.server, random);
                }
                self.refused_by_other = reply.server.or(Some(Ipv4Addr::UNSPECIFIED));
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
        let known = self.remembered().filter(|kept| !kept.given_back);
        known.is_some_and(|kept| reply.address == Some(kept.address))
    }

    /// Another address, by another server: the request named neither (RFC 2131, 4.3.2 has such
    /// a server stay silent). The own server may lend another one.
    fn is_of_another(&self, reply: &Reply) -> bool {
        let Some((address, Some(server))) = self.asked_for() else {
            return false;
        };
        reply.address != Some(address) && reply.server.is_some_and(|other| other != server)
    }

    /// `server` refused the address (`None` or 0.0.0.0: it did not say who it is).
    pub(super) fn refuse(
        &mut self,
        now: Instant,
        server: Option<Ipv4Addr>,
        random: &mut Random,
    ) -> Change {
        let server = server.filter(|server| !server.is_unspecified());
        let rebooting = matches!(self.state, State::Rebooting(_));
        // Another server refuses what is good in another network of this name.
        let own = |by: Option<Ipv4Addr>| server.is_none() || by.is_none() || by == server;
        if let Some((address, by)) = self.asked_for()
            && own(by)
        {
            self.unstored_lasting |= self.kept.drop(&self.network, address);
        }
        // Beside a lease of another network that of this one was asked for.
        if !rebooting || self.held.is_none() {
            self.note_unwanted();
            if self.held.is_some() {
                self.drop_lease(now);
            }
        }
        let wait = AFTER_NAK * (1 << self.refusals.min(MOST_DOUBLINGS));
        self.refusals += 1;
        let other = server.is_some_and(|by| self.kept.prefer(now, &self.network, by));
        self.select(now, wait, random);
        if other && self.refusals == 1 {
            self.enter(State::Rebooting(Retry::new(now)));
        }
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
        let held = self.held.as_ref().map(|held| held.lease.net);
        if held.is_some_and(|net| !net.contains(lease.address().into())) {
            self.note_unwanted();
        }
        self.granted = self.attachment.map(|attachment| attachment.adapter);
        self.unstored = true;
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
                let acd = held.acd.get_or_insert(Acd::new(now, Course::Moved));
                // It was not announced here before it was known to be good.
                if held.network != self.network {
                    acd.moved(now);
                }
                Change::Confirmed
            }
            held => {
                let kernel_until = held.as_ref().and_then(|held| held.kernel_until);
                let acd = Some(Acd::new(now, Course::New));
                *held = Some(Held {
                    lease,
                    network: None,
                    acd,
                    kernel_until,
                });
                Change::Bound(gain)
            }
        };
        self.keep_held();
        self.enter(State::Bound);
        change
    }
}
