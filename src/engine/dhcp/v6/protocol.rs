//! The client as the driver sees it: its link, the time, its messages and its lease.
use super::timing::{self, Pace, Retry};
use super::{CONFIRM_FOR, Client, REQUESTS, State};
use crate::config::{IfName, IpNet};
use crate::engine::contract::action::Transport;
use crate::engine::dhcp::{Change, MAX_MESSAGE, Need, Protocol, Readiness, Sender};
use crate::engine::random::Random;
use crate::engine::time::{Instant, Millis};
use crate::wire::Family;
use core::net::IpAddr;

impl Protocol for Client {
    fn name(&self) -> &IfName {
        &self.name
    }

    fn family(&self) -> Family {
        Family::V6
    }

    fn set_ready(&mut self, now: Instant, link: &Readiness, random: &mut Random) {
        if !link.ready {
            if self.state != State::Idle {
                self.enter(State::Idle);
            }
            self.waiting_since = None;
            // Options from an Information-Request are valid only on that network.
            if self.lease.as_ref().is_some_and(|l| l.held.is_empty()) {
                self.lease = None;
                self.unstored = true;
            }
            return;
        }
        if link.attachment.is_none() {
            return;
        }
        let before = core::mem::replace(&mut self.attachment, link.attachment);
        // A router that no longer asks for it takes back nothing that was lent.
        let need = if self.holds() {
            Need::Address
        } else {
            link.need
        };
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
            _ if before != link.attachment => self.begin(now, random),
            _ => {}
        }
    }

    fn tick(&mut self, now: Instant, random: &mut Random) -> Change {
        if self.lease.as_ref().is_some_and(|l| now >= l.until) {
            self.drop_lease(now);
            match self.state {
                State::Idle => self.waiting_since = None,
                State::Released => {}
                _ => self.solicit(now, Millis(0), random),
            }
            return Change::Expired(None);
        }
        if let Some(lease) = &mut self.lease {
            // One of several may end before the others.
            lease.held.retain(|held| held.until > now);
            let held = &lease.held;
            self.in_kernel
                .retain(|(address, _)| held.iter().any(|h| h.address == *address));
        }
        let (renew, rebind, alone) = match &self.lease {
            Some(lease) => (lease.renew, lease.rebind, lease.held.is_empty()),
            None => (Instant::NEVER, Instant::NEVER, false),
        };
        match self.state {
            State::Soliciting(_) if self.offer.as_ref().is_some_and(|o| now >= o.take_at) => {
                self.number(now, random);
                self.enter(State::Requesting(Retry::new(now)));
            }
            State::Requesting(retry) if now >= retry.next && retry.tries >= REQUESTS => {
                self.skip();
                self.solicit(now, Millis(0), random);
            }
            State::Confirming(_) if now >= self.began + CONFIRM_FOR => {
                self.enter(State::Bound);
                return self.tick(now, random);
            }
            State::Bound if now >= renew => {
                self.exchange(now, random);
                self.enter(match alone {
                    true => State::Informing(Retry::new(now)),
                    false => State::Renewing(Retry::new(now)),
                });
                return self.tick(now, random);
            }
            State::Renewing(_) if now >= rebind => {
                self.exchange(now, random);
                self.enter(State::Rebinding(Retry::new(now)));
            }
            _ => {}
        }
        Change::Nothing
    }

    fn is_active(&self) -> bool {
        self.state != State::Idle
    }

    fn is_due(&self, now: Instant) -> bool {
        self.decline.is_some() || self.retry().is_some_and(|retry| now >= retry.next)
    }

    fn transport(&self, _: bool) -> Option<Transport> {
        Some(Transport::Multicast)
    }

    fn write(
        &self,
        now: Instant,
        sender: &Sender<'_>,
        release: bool,
        out: &mut [u8; MAX_MESSAGE],
    ) -> Option<usize> {
        self.ask(now, sender, release, out.first_chunk_mut()?)
    }

    fn sent(&mut self, now: Instant, random: &mut Random) {
        if self.decline.take().is_some() {
            return;
        }
        self.sent = now;
        let limit = |pace: Pace, most: Millis| Pace { most, ..pace };
        let (retry, pace) = match &mut self.state {
            State::Soliciting(retry) => (retry, limit(timing::SOLICIT, self.most_solicit)),
            State::Informing(retry) => (retry, limit(timing::INFORM, self.most_inform)),
            State::Requesting(retry) => (retry, timing::REQUEST),
            State::Confirming(retry) => (retry, timing::CONFIRM),
            State::Renewing(retry) | State::Rebinding(retry) => (retry, timing::RENEW),
            State::Idle | State::Released | State::Bound => return,
        };
        retry.sent(now, pace, random);
    }

    fn is_listening(&self) -> bool {
        self.retry().is_some()
    }

    fn renew_now(&mut self, now: Instant, random: &mut Random) {
        match self.state {
            State::Idle => {}
            // Any server: the one that lent it may be out of reach.
            _ if self.holds() && !matches!(self.state, State::Confirming(_)) => {
                self.exchange(now, random);
                self.enter(State::Rebinding(Retry::new(now)));
            }
            _ => self.begin(now, random),
        }
    }

    fn is_releasable(&self, is_there: &dyn Fn(IpNet) -> bool) -> bool {
        let mut held = self.lease.iter().flat_map(|lease| &lease.held);
        held.any(|held| is_there(held.net()))
    }

    fn released(&mut self, now: Instant) {
        self.drop_lease(now);
        self.waiting_since = None;
        if self.state != State::Idle {
            self.enter(State::Released);
        }
    }

    fn kernel_has(&mut self, net: IpNet, until: Instant) {
        if let IpAddr::V6(address) = net.address {
            self.in_kernel.retain(|(old, _)| *old != address);
            let _ = self.in_kernel.push((address, until));
        }
    }

    fn stored_form(&self) -> Option<(Instant, &[u8])> {
        let lease = self.lease.as_ref();
        let lease = lease.filter(|lease| !lease.message.is_empty())?;
        Some((lease.obtained, &lease.message))
    }

    fn to_store(&self, _: Instant) -> Option<bool> {
        let settled = self.state == State::Bound || self.lease.is_none();
        (self.unstored && settled).then_some(false)
    }

    fn stored(&mut self, _: Instant, _: bool) {
        self.unstored = false;
    }

    fn poll_at(&self) -> Option<Instant> {
        let lease = self.lease.as_ref();
        let turn = match self.state {
            State::Bound => lease.map(|l| l.renew),
            State::Renewing(_) => lease.map(|l| l.rebind),
            State::Confirming(_) => Some(self.began + CONFIRM_FOR),
            State::Soliciting(_) => self.offer.as_ref().map(|offer| offer.take_at),
            State::Idle
            | State::Released
            | State::Requesting(_)
            | State::Rebinding(_)
            | State::Informing(_) => None,
        };
        let ends = lease.into_iter().flat_map(|l| &l.held);
        let ends = ends.map(|held| held.until);
        let next = self.retry().map(|retry| retry.next);
        let all = ends.chain(next).chain(turn);
        all.filter_map(Instant::finite).min()
    }
}
