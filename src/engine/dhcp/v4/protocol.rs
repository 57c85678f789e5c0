//! The client as the driver sees it: its link, the time, its messages and its lease.
use super::timing::{Retry, half};
use super::{CONFIRMATIONS, Client, REBOOTS, REQUESTS, SEARCHES, State};
use crate::config::{IfName, IpNet};
use crate::engine::contract::action::Transport;
use crate::engine::dhcp::{Change, MAX_MESSAGE, Protocol, Readiness, Sender};
use crate::engine::random::Random;
use crate::engine::time::{Instant, Millis};
use crate::wire::Family;

impl Protocol for Client {
    fn name(&self) -> &IfName {
        &self.name
    }

    fn family(&self) -> Family {
        Family::V4
    }

    fn set_ready(&mut self, now: Instant, link: &Readiness, random: &mut Random) {
        if !link.ready {
            if self.state != State::Idle {
                self.enter(State::Idle);
            }
            self.waiting_since = None;
            return;
        }
        if let Some(attachment) = link.attachment {
            self.arrive(now, attachment, link, random);
        }
    }

    fn tick(&mut self, now: Instant, random: &mut Random) -> Change {
        if self.lease().is_some_and(|lease| now >= lease.until) {
            // Also while the link is not ready: it would come back with it.
            let server = self.drop_lease(now);
            match self.state {
                State::Idle => self.waiting_since = None,
                State::Released => {}
                _ => self.select(now, Millis(0), random),
            }
            return Change::Expired(server);
        }
        let never = (Instant::NEVER, Instant::NEVER);
        let (renew, rebind) = self
            .lease()
            .map_or(never, |lease| (lease.renew, lease.rebind));
        match self.state {
            State::Rebooting(retry) | State::Confirming(retry)
                if self.refused_by_other.is_some() && retry.is_over(now, 1) =>
            {
                return self.refuse(now, self.refused_by_other, random);
            }
            // The same exchange: an answer that is late is still taken.
            State::Rebooting(retry) if retry.is_over(now, REBOOTS) => {
                self.enter(self.without_lease(Retry::new(retry.next)));
            }
            State::Requesting { offer, retry } if retry.is_over(now, REQUESTS) => {
                self.skipped = Some(offer.server);
                if self.held.is_none() {
                    self.select(now, Millis(0), random);
                } else {
                    self.enter(State::Bound);
                    return self.tick(now, random);
                }
            }
            State::Confirming(retry) if retry.is_over(now, CONFIRMATIONS) => {
                self.enter(State::Searching(Retry::new(retry.next)));
            }
            State::Searching(retry) if retry.is_over(now, SEARCHES) => {
                self.enter(State::Bound);
                return self.tick(now, random);
            }
            State::Bound if now >= renew => {
                self.exchange(now, random);
                self.enter(State::Renewing { next: now });
                return self.tick(now, random);
            }
            State::Renewing { .. } if now >= rebind => {
                self.exchange(now, random);
                self.enter(State::Rebinding { next: now });
            }
            _ => {}
        }
        Change::Nothing
    }

    fn is_active(&self) -> bool {
        self.state != State::Idle
    }

    fn is_due(&self, now: Instant) -> bool {
        self.decline.is_some() || self.state.next().is_some_and(|next| now >= next)
    }

    fn transport(&self, release: bool) -> Option<Transport> {
        self.message_transport(release)
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
        let ends = self.lease().map(|lease| (lease.rebind, lease.until));
        let (renew_end, rebind_end) = ends.unwrap_or((now, now));
        match &mut self.state {
            State::Rebooting(retry)
            | State::Selecting(retry)
            | State::Requesting { retry, .. }
            | State::Confirming(retry)
            | State::Searching(retry) => retry.sent(now, random),
            State::Renewing { next } => *next = now + half(now, renew_end),
            State::Rebinding { next } => *next = now + half(now, rebind_end),
            State::Idle | State::Released | State::Bound => {}
        }
    }

    fn is_listening(&self) -> bool {
        self.state.next().is_some()
    }

    fn renew_now(&mut self, now: Instant, random: &mut Random) {
        match (&self.state, &self.held) {
            (State::Idle, _) => {}
            // As after a gap: any server may confirm it, and if none does, offer another.
            (_, Some(held)) if self.is_here(held) => {
                self.exchange(now, random);
                self.enter(State::Confirming(Retry::new(now)));
            }
            _ => self.begin(now, random),
        }
    }

    fn is_releasable(&self, is_there: &dyn Fn(IpNet) -> bool) -> bool {
        let lease = self.lease();
        lease.is_some_and(|lease| lease.reply.server.is_some() && is_there(lease.net))
    }

    fn released(&mut self, now: Instant) {
        if let Some(lease) = self.lease() {
            let (address, server) = (lease.address(), lease.reply.server);
            self.kept.give_back(address, server);
            self.lasting_now = true;
        }
        self.drop_lease(now);
        self.waiting_since = None;
        if self.state != State::Idle {
            self.enter(State::Released);
        }
    }

    fn kernel_has(&mut self, _: IpNet, until: Instant) {
        if let Some(held) = &mut self.held {
            held.kernel_until = Some(until);
        }
    }

    fn stored_form(&self) -> Option<(Instant, &[u8])> {
        let lease = self.lease().filter(|lease| !lease.message.is_empty())?;
        Some((lease.obtained, &lease.message))
    }

    fn to_store(&self, now: Instant) -> Option<bool> {
        let settled = self.state == State::Bound || self.held.is_none();
        let lasting = self.lasting_due().is_some_and(|at| now >= at);
        ((self.unstored && settled) || lasting).then_some(lasting)
    }

    fn stored(&mut self, now: Instant, lasting: bool) {
        self.unstored = false;
        if lasting {
            self.unstored_lasting = false;
            self.lasting_now = false;
            self.lasting_writes.take(now);
        }
    }

    fn poll_at(&self) -> Option<Instant> {
        let lease = self.lease();
        let turn = match self.state {
            State::Bound => lease.map(|lease| lease.renew),
            State::Renewing { .. } => lease.map(|lease| lease.rebind),
            _ => None,
        };
        let until = lease.map(|lease| lease.until);
        let arp = self.next_arp().map(|(at, _)| at);
        let lasting = self.lasting_due().filter(|at| *at > Instant::ZERO);
        let all = [self.state.next(), turn, until, arp, lasting];
        all.into_iter().flatten().filter_map(Instant::finite).min()
    }
}
