//! What a server says, and what becomes of the client then (RFC 8415, 18.2.9 and 18.2.10).
use super::*;

impl Client {
    /// An answer to this link's question, `bytes` being the whole of it.
    pub fn hear(&mut self, now: u64, reply: &Reply, bytes: &[u8], random: &mut Random) -> Change {
        // The first of a new exchange has not left yet: nobody can have answered.
        let asked = self.retry().is_some_and(|retry| retry.tries > 0);
        if reply.xid != self.xid || !asked {
            return Change::Nothing;
        }
        if let Some(seconds) = reply.most_solicit_s {
            self.most_solicit = u64::from(seconds) * 1000;
        }
        if let Some(seconds) = reply.most_inform_s {
            self.most_inform = u64::from(seconds) * 1000;
        }
        match (self.state, reply.kind) {
            (State::Soliciting(_), Kind::Advertise) => self.consider(now, reply),
            (State::Soliciting(_), Kind::Reply) if reply.rapid_commit => {
                self.answered(now, reply, bytes, random)
            }
            (State::Requesting(_), Kind::Reply) => {
                let meant = self
                    .offer
                    .as_ref()
                    .is_some_and(|o| o.server == reply.server);
                match meant {
                    true => self.answered(now, reply, bytes, random),
                    false => Change::Nothing,
                }
            }
            (State::Renewing(_) | State::Rebinding(_), Kind::Reply) => {
                self.answered(now, reply, bytes, random)
            }
            (State::Confirming(_), Kind::Reply) => match reply.status {
                Status::NotOnLink => self.refuse(now, random),
                Status::Success => {
                    self.state = State::Bound;
                    Change::Confirmed
                }
                Status::Failed | Status::NoAddresses | Status::NoBinding | Status::UseMulticast => {
                    Change::Nothing
                }
            },
            (State::Informing(_), Kind::Reply) if reply.status == Status::Success => {
                let first = self.lease.is_none();
                self.lease = Some(Lease::told(reply, bytes, now));
                self.waiting_since = None;
                self.state = State::Bound;
                self.unstored = true;
                if first {
                    Change::Bound
                } else {
                    Change::Confirmed
                }
            }
            _ => Change::Nothing,
        }
    }

    /// The best of the offers: by its server's preference, then the first.
    fn consider(&mut self, now: u64, reply: &Reply) -> Change {
        let early = self.retry().is_some_and(|retry| retry.tries < SKIPPED_FOR);
        if early && self.skipped.as_ref() == Some(&reply.server) {
            return Change::Nothing;
        }
        let lent = reply
            .association
            .as_ref()
            .filter(|offered| reply.status == Status::Success && offered.status == Status::Success);
        let lent = lent.map(|offered| offered.addresses.iter().map(|leased| leased.address));
        let addresses: Addresses = lent.into_iter().flatten().collect();
        if addresses.is_empty() {
            return self.none_left();
        }
        let take_at = match (&self.offer, reply.preference) {
            (_, AT_ONCE) => now,
            (Some(offer), preference) if offer.preference >= preference => return Change::Nothing,
            (Some(offer), _) => offer.take_at,
            (None, _) => now + COMPARE_MS,
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
    fn answered(&mut self, now: u64, reply: &Reply, bytes: &[u8], random: &mut Random) -> Change {
        let status = match (reply.status, &reply.association) {
            (Status::Success, Some(offered)) => offered.status,
            (status, _) => status,
        };
        match status {
            Status::Success => self.bind(now, reply, bytes, random),
            Status::NotOnLink => self.refuse(now, random),
            Status::NoAddresses => {
                let news = self.none_left();
                if let State::Requesting(_) = self.state {
                    self.skip();
                    self.solicit(now, AFTER_REFUSAL_MS << MOST_DOUBLINGS, random);
                }
                news
            }
            // The server knows nothing of us: it has to be asked anew (18.2.10.1).
            Status::NoBinding if !self.extends() => self.refuse(now, random),
            Status::NoBinding => {
                let addresses = self.lease.as_ref().map(Lease::addresses);
                self.exchange(now, random);
                self.offer = Some(Offer {
                    server: reply.server.clone(),
                    preference: 0,
                    addresses: addresses.unwrap_or_default(),
                    take_at: now,
                });
                self.state = State::Requesting(Retry::new(now));
                Change::Nothing
            }
            // The next question comes in its time. We always speak by multicast.
            Status::Failed | Status::UseMulticast => Change::Nothing,
        }
    }

    fn extends(&self) -> bool {
        matches!(self.state, State::Renewing(_) | State::Rebinding(_))
    }

    fn refuse(&mut self, now: u64, random: &mut Random) -> Change {
        self.skip();
        self.hint.clear();
        if self.lease.is_some() {
            self.drop_lease(now);
        }
        let wait = AFTER_REFUSAL_MS << self.refusals.min(MOST_DOUBLINGS);
        self.refusals += 1;
        self.solicit(now, wait, random);
        match self.refusals {
            1 => Change::Refused,
            _ => Change::Nothing,
        }
    }

    fn bind(&mut self, now: u64, reply: &Reply, bytes: &[u8], random: &mut Random) -> Change {
        let Some(lease) = Lease::new(reply, bytes, self.sent).filter(|l| now < l.until) else {
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
        self.told_kernel
            .retain(|(address, _)| addresses.contains(address));
        self.hint = addresses;
        self.lease = Some(lease);
        self.offer = None;
        self.skipped = None;
        self.waiting_since = None;
        self.refusals = 0;
        self.none_left = false;
        self.unstored = true;
        self.state = State::Bound;
        if same {
            Change::Confirmed
        } else {
            Change::Bound
        }
    }
}
