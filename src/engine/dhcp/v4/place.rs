//! Where the link is: which network's lease is asked for, and whether the one in use is of it.
use super::acd::{Acd, Course};
use super::kept::{KeptLease, KeptLeases};
use super::timing::Retry;
use super::{Client, Held, Lease, Network, State};
use crate::engine::contract::event::Kept;
use crate::engine::dhcp::Readiness;
use crate::engine::observed::{Attachment, Neighbour};
use crate::engine::random::Random;
use crate::engine::time::Instant;
use crate::wire::dhcp4::Reply;
use core::fmt;
use core::net::Ipv4Addr;

impl Client {
    /// A lease found on disk: of this boot, or one to ask for again.
    pub fn restore(&mut self, reply: &Reply, message: &[u8], kept: Kept) {
        let obtained = match kept {
            Kept::OfThisBoot(obtained) => Some(obtained),
            Kept::OfBefore | Kept::GivenBack => None,
        };
        let Some(lease) = Lease::new(reply, message, obtained.unwrap_or(Instant::ZERO)) else {
            return;
        };
        let network = self.kept.network_of(lease.address(), lease.reply.server);
        self.kept.put(KeptLease {
            until: obtained.map(|_| lease.until),
            given_back: kept == Kept::GivenBack,
            ..kept_form(&lease, &network)
        });
        self.held = obtained.map(|_| Held {
            // It was stored after the kernel had it.
            kernel_until: Some(lease.until),
            lease,
            network,
            acd: None,
        });
    }

    /// Leases of an earlier run, as [`Client::write_leases`] wrote them. `false`: not all of it can
    /// be read.
    pub fn restore_leases(&mut self, text: &str) -> bool {
        self.kept.read(text)
    }

    /// Writes the leases of all networks. An error is that of `out`: no room.
    pub fn write_leases(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        self.kept.write(out)
    }

    /// The leases of all networks.
    pub fn leases(&self) -> &KeptLeases {
        &self.kept
    }

    /// The lease of the network that the link is in.
    pub(super) fn remembered(&self) -> Option<&KeptLease> {
        self.kept.of(&self.network)
    }

    /// What the present question is about: an address, and who gave it.
    pub(super) fn asked_for(&self) -> Option<(Ipv4Addr, Option<Ipv4Addr>)> {
        let held = self.held.as_ref();
        match held.filter(|_| !matches!(self.state, State::Rebooting(_))) {
            Some(held) => Some((held.lease.address(), held.lease.reply.server)),
            None => self.remembered().map(|kept| (kept.address, kept.server)),
        }
    }

    /// What a DISCOVER wishes for: an address of this network.
    pub(super) fn wished(&self) -> Option<Ipv4Addr> {
        let held = self.held.as_ref().filter(|held| self.is_here(held));
        let held = held.map(|held| held.lease.address());
        held.or_else(|| Some(self.remembered()?.address))
    }

    /// Unless it is known to be of another network.
    pub(super) fn is_here(&self, held: &Held) -> bool {
        held.network == self.network
            || held.network.is_none()
            || self.network.is_none()
            || (self.kept).has(&self.network, held.lease.address(), held.lease.reply.server)
    }

    /// The lease is in use here.
    pub(super) fn keep_held(&mut self) {
        if let Some(held) = &mut self.held {
            held.network = self.network.clone();
            let lease = KeptLease {
                until: Some(held.lease.until),
                ..kept_form(&held.lease, &self.network)
            };
            self.unstored_lasting |= self.kept.put(lease);
        }
    }

    /// The lease in use is not good where it was granted.
    pub(super) fn forget_held(&mut self) {
        if let Some(held) = &self.held {
            self.unstored_lasting |= self.kept.drop(&held.network, held.lease.address());
        }
    }

    /// The link is ready, through this adapter.
    pub(super) fn arrive(
        &mut self,
        now: Instant,
        attachment: Attachment,
        link: &Readiness,
        random: &mut Random,
    ) {
        let stays = self.attachment.replace(attachment) == Some(attachment);
        let wished = self.wished();
        let mut elsewhere = false;
        if link.network.is_some() || !stays {
            let was = core::mem::replace(&mut self.network, link.network.clone());
            elsewhere = was.is_some() && self.network.is_some() && was != self.network;
        }
        // The gateway is the same host: another name of one network.
        let known = self.gateway.map(|(_, gateway)| gateway);
        let unnamed = self
            .held
            .as_ref()
            .is_some_and(|held| held.network.is_none());
        let same = !stays && link.gateway.is_some() && link.gateway == known;
        if let Some(held) = self.held.as_mut().filter(|_| unnamed || same) {
            held.network = self.network.clone();
        }
        match self.state {
            State::Idle => {
                self.leave_behind(now);
                self.begin(now, random);
            }
            State::Released => {}
            _ => {
                // Or its name has become known.
                elsewhere |= self.wished() != wished;
                if elsewhere || !stays {
                    self.moved(now, elsewhere, random);
                }
            }
        }
        if let Some(gateway) = link.gateway {
            self.compare_gateway(now, attachment, gateway, random);
        }
    }

    /// After a gap no address is in use: that of another network does not come back.
    fn leave_behind(&mut self, now: Instant) {
        if self.held.as_ref().is_some_and(|held| !self.is_here(held)) {
            self.drop_lease(now);
            self.granted = None;
        }
    }

    /// From nothing: with what there is.
    pub(super) fn begin(&mut self, now: Instant, random: &mut Random) {
        self.exchange(now, random);
        let retry = Retry::new(now);
        let here = self.held.as_ref().is_some_and(|held| self.is_here(held));
        let good = self.remembered().is_some_and(|kept| kept.is_good(now));
        self.announce(now);
        self.enter(match (here, good) {
            (true, _) => State::Confirming(retry),
            (false, true) => State::Rebooting(retry),
            (false, false) => self.without_lease(retry),
        });
        if self.held.is_none() {
            self.waiting_since.get_or_insert(now);
        }
    }

    /// Any server is asked for an offer, beside the lease in use if there is one.
    pub(super) fn without_lease(&self, retry: Retry) -> State {
        match self.held {
            Some(_) => State::Searching(retry),
            None => State::Selecting(retry),
        }
    }

    /// The traffic goes through another adapter: answers to the old one are lost.
    fn moved(&mut self, now: Instant, elsewhere: bool, random: &mut Random) {
        match &mut self.state {
            State::Idle | State::Released => {}
            _ if elsewhere || self.held.is_some() => self.begin(now, random),
            State::Rebooting(retry) | State::Selecting(retry) | State::Requesting { retry, .. } => {
                *retry = Retry::new(now)
            }
            // They have a lease.
            State::Bound
            | State::Confirming(_)
            | State::Searching(_)
            | State::Renewing { .. }
            | State::Rebinding { .. } => {}
        }
    }

    /// The gateway answers through what carries the traffic now. Where that is another host than the
    /// one through what carried it before, no server here knows the lease: any is asked for an offer
    /// beside it.
    fn compare_gateway(
        &mut self,
        now: Instant,
        attachment: Attachment,
        gateway: Neighbour,
        random: &mut Random,
    ) {
        let before = self.gateway.replace((attachment, gateway));
        let elsewhere = before.is_some_and(|(before, other)| {
            before != attachment && other.address == gateway.address && other.mac != gateway.mac
        });
        if elsewhere && matches!(self.state, State::Bound | State::Confirming(_)) {
            self.exchange(now, random);
            self.enter(State::Searching(Retry::new(now)));
        }
    }

    /// The lease's address is reached through another adapter now, or again.
    fn announce(&mut self, now: Instant) {
        if let Some(held) = &mut self.held {
            held.acd
                .get_or_insert(Acd::new(now, Course::Moved))
                .moved(now);
        }
    }
}

fn kept_form(lease: &Lease, network: &Network) -> KeptLease {
    let reply = &lease.reply;
    let default = reply.routes.iter().find(|(to, _)| to.prefix == 0);
    let gateway = default.map(|(_, via)| via).or(reply.routers.first());
    KeptLease {
        network: network.clone(),
        gateway: gateway.copied().unwrap_or(Ipv4Addr::UNSPECIFIED),
        server: reply.server,
        address: lease.address(),
        until: None,
        given_back: false,
    }
}
