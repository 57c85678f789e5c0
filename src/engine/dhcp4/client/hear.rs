//! What a server says, and what becomes of the client then (RFC 2131, 4.4).
use super::*;

impl Client {
    /// An answer to this link's question, `ack` being its bytes.
    pub fn hear(&mut self, now: u64, reply: &Reply, ack: &[u8], random: &mut Random) -> Change {
        if reply.xid != self.xid {
            return Change::Nothing;
        }
        match (self.state, reply.kind) {
            (State::Selecting { tries, .. } | State::Searching { tries, .. }, Kind::Offer)
                if tries > 0 =>
            {
                let skips = |server| self.skipped == Some(server) && tries < SKIPPED_FOR;
                if let (Some(address), Some(server)) = (reply.address, reply.server)
                    && !skips(server)
                {
                    let offer = Offer { address, server };
                    self.state = State::Requesting {
                        offer,
                        tries: 0,
                        next: now,
                    };
                }
                Change::Nothing
            }
            (State::Selecting { .. } | State::Searching { .. }, Kind::Ack)
                if reply.rapid_commit || self.is_known(reply) =>
            {
                self.bind(now, reply, ack)
            }
            (State::Requesting { offer, .. }, Kind::Ack)
                if reply.server.is_none_or(|server| server == offer.server) =>
            {
                self.bind(now, reply, ack)
            }
            (
                State::Rebooting { .. }
                | State::Confirming { .. }
                | State::Renewing { .. }
                | State::Rebinding { .. },
                Kind::Ack,
            ) => match self.is_of_another(reply) {
                true => Change::Nothing,
                false => self.bind(now, reply, ack),
            },
            (State::Requesting { offer, .. }, Kind::Nak) => {
                match reply.server.is_none_or(|server| server == offer.server) {
                    // What is in use is not what is refused.
                    true if self.lease.is_some() => {
                        self.state = State::Bound;
                        self.tick(now, random)
                    }
                    true => self.refuse(now, random),
                    // Not asked: another server's opinion of an offer that is not its own.
                    false => Change::Nothing,
                }
            }
            (State::Rebooting { .. } | State::Confirming { .. }, Kind::Nak) => {
                let known = match &self.lease {
                    Some(lease) => lease.server,
                    None => self.remembered.and_then(|(_, server)| server),
                };
                if reply.server == known || known.is_none() {
                    return self.refuse(now, random);
                }
                self.refused_by_other = true;
                Change::Nothing
            }
            (State::Renewing { .. } | State::Rebinding { .. }, Kind::Nak) => {
                self.refuse(now, random)
            }
            _ => Change::Nothing,
        }
    }

    /// The address that was asked for before any other: the answer is late.
    fn is_known(&self, reply: &Reply) -> bool {
        let known = self.remembered.map(|(address, _)| address);
        reply.address.is_some() && reply.address == known && !self.given_back
    }

    /// Another address, by another server: the request named neither (RFC 2131, 4.3.2 has such
    /// a server stay silent). The own server may lend another one.
    fn is_of_another(&self, reply: &Reply) -> bool {
        let Some((address, Some(server))) = self.remembered else {
            return false;
        };
        reply.address != Some(address) && reply.server.is_some_and(|other| other != server)
    }

    pub(super) fn refuse(&mut self, now: u64, random: &mut Random) -> Change {
        self.remembered = None;
        if self.lease.is_some() {
            self.drop_lease(now);
        }
        let wait = AFTER_NAK_MS << self.refusals.min(MOST_DOUBLINGS);
        self.refusals += 1;
        self.select(now, wait, random);
        match self.refusals {
            1 => Change::Refused,
            // Said once, as long as it goes on.
            _ => Change::Nothing,
        }
    }

    fn bind(&mut self, now: u64, reply: &Reply, ack: &[u8]) -> Change {
        let Some(lease) = Lease::new(reply, ack, self.sent) else {
            return Change::Nothing;
        };
        // A server that is slower than its own lease.
        if now >= lease.until {
            return Change::Nothing;
        }
        let old = self.lease.replace(lease);
        let Some(lease) = &self.lease else {
            return Change::Nothing;
        };
        let same = old.is_some_and(|old| old.net == lease.net);
        if !same || self.acd.is_none() {
            self.acd = Some(Acd::new(now, !same));
        }
        let known = (lease.address(), lease.server);
        self.unstored = true;
        self.unstored_lasting |= self.remembered != Some(known) || self.given_back;
        self.given_back = false;
        self.remembered = Some(known);
        self.waiting_since = None;
        self.refusals = 0;
        self.skipped = None;
        self.state = State::Bound;
        if same {
            Change::Confirmed
        } else {
            Change::Bound
        }
    }
}
