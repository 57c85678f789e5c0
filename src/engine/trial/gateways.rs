//! The way out with the new file: a link that may carry traffic has an address, and its gateway
//! answers. The bond's gateway is probed through its members anyway; on links of their own it is
//! asked here, by ARP, while a file is on trial.
use crate::config::{IfName, Probe};
use crate::engine::Engine;
use crate::engine::contract::action::{Action, Packet};
use crate::engine::health::Health;
use crate::engine::observed::Index;
use crate::engine::time::{Instant, Millis};
use core::net::IpAddr;
use heapless::Vec;

/// Links that are asked on at a time.
pub(super) const MOST: usize = 4;
const EVERY: Millis = Millis(500);

/// A gateway on a link of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    link: Index,
    gateway: IpAddr,
    /// `None`: it has answered.
    next: Option<Instant>,
}

impl Asked {
    pub(super) fn due_at(&self) -> Option<Instant> {
        self.next
    }
}

impl Engine {
    fn is_addressed(&self, name: &IfName) -> bool {
        self.addressed().is_some_and(|link| link.name == *name)
    }

    /// Its IPv4 gateways on links of their own, each asked until it answers.
    pub(super) fn update_asked(&mut self, now: Instant) {
        let mut wanted: Vec<(Index, IpAddr), MOST> = Vec::new();
        self.each_gateway(&mut |name, gateway| {
            let link = self.observed.by_name(name).map(|link| link.index);
            if let (Some(link), Some(gateway @ IpAddr::V4(_))) = (link, gateway)
                && !self.is_addressed(name)
            {
                let _ = wanted.push((link, gateway));
            }
        });
        let asked = &mut self.trial.asked;
        asked.retain(|one| wanted.contains(&(one.link, one.gateway)));
        for (link, gateway) in wanted {
            let known = asked
                .iter()
                .any(|one| (one.link, one.gateway) == (link, gateway));
            if !known {
                let next = Some(now);
                let _ = asked.push(Asked {
                    link,
                    gateway,
                    next,
                });
            }
        }
    }

    /// The next gateway that is to be asked.
    pub(in crate::engine) fn next_gateway_probe(&self, now: Instant) -> Option<Action> {
        let due = |one: &&Asked| one.next.is_some_and(|at| now >= at);
        let one = self.trial.asked.iter().find(due)?;
        let target = one.gateway;
        let packet = Packet::Probe {
            target,
            to: None,
            shared: false,
        };
        self.packet(one.link, packet)
    }

    /// It was asked; whether or not the packet has left.
    pub(in crate::engine) fn gateway_asked(&mut self, now: Instant, link: Index) {
        let mut asked = self.trial.asked.iter_mut();
        if let Some(one) = asked.find(|one| one.link == link && one.next.is_some()) {
            one.next = Some(now + EVERY);
        }
    }

    /// It has answered. `false`: it is not asked here.
    pub(in crate::engine) fn gateway_answered(&mut self, link: Index, gateway: IpAddr) -> bool {
        let mut asked = self.trial.asked.iter_mut();
        let found = asked.find(|one| (one.link, one.gateway) == (link, gateway));
        found.is_some_and(|one| one.next.take().is_some())
    }

    /// Its answer is awaited here.
    pub(in crate::engine) fn awaits_gateway(&self, link: Index, gateway: IpAddr) -> bool {
        let mut asked = self.trial.asked.iter();
        asked.any(|one| (one.link, one.gateway) == (link, gateway) && one.next.is_some())
    }

    /// Whether a gateway has answered since then. `None`: it is not asked.
    fn answers(&self, name: &IfName, gateway: IpAddr, since: Instant) -> Option<bool> {
        if gateway.is_ipv6() {
            return None;
        }
        if !self.is_addressed(name) {
            let mut asked = self.trial.asked.iter();
            let one = asked.find(|one| one.gateway == gateway);
            return Some(one.is_some_and(|one| one.next.is_none()));
        }
        let any = match self.config.health.probe {
            Probe::Off => return None,
            // Another host is asked in its place.
            Probe::Address(_) => true,
            Probe::Gateway => false,
        };
        let answers = |index| {
            let asked = self.probed_through(index);
            let right = asked.is_some_and(|host| any || host.address == gateway);
            right && self.health(index).and_then(Health::answered) > Some(since)
        };
        let members = self.present_members();
        Some(members.iter().any(|link| answers(link.index)))
    }

    /// A link may carry traffic and has an address, and its gateway answers. Without a gateway it is
    /// enough where there was none before.
    pub(super) fn has_a_way_out(&self, since: Instant) -> bool {
        let (mut answers, mut silent, mut other) = (false, false, false);
        self.each_gateway(&mut |name, gateway| match gateway
            .and_then(|gateway| self.answers(name, gateway, since))
        {
            Some(true) => answers = true,
            Some(false) => silent = true,
            None => other |= gateway.is_none_or(|g| g.is_ipv6()) || !self.trial.before.routed,
        });
        let off = self.config.health.probe == Probe::Off;
        let preferred = self.preferred_gateway();
        let other_way = preferred != self.trial.before.preferred;
        let refuted =
            |(name, gateway): (IfName, IpAddr)| self.answers(&name, gateway, since) == Some(false);
        match self.trial.before.routed {
            // All that goes far takes the best route.
            true if other_way && preferred.is_some_and(refuted) => false,
            true => answers || (off && self.has_route()),
            false => answers || (other && !silent),
        }
    }

    /// Of the default route of IPv4 that the kernel takes.
    pub(super) fn preferred_gateway(&self) -> Option<(IfName, IpAddr)> {
        let mut best: Option<(u32, IfName, IpAddr)> = None;
        self.each_gateway(&mut |name, gateway| {
            let (Some(gateway @ IpAddr::V4(_)), Some(link)) =
                (gateway, self.observed.by_name(name))
            else {
                return;
            };
            let mut routes = self.observed.routes();
            let route = routes.find(|r| {
                let is_default = r.link == link.index && r.route.to.prefix == 0;
                is_default && r.route.via == Some(gateway)
            });
            let metric = route.map_or(u32::MAX, |r| r.route.metric);
            if best.as_ref().is_none_or(|(least, ..)| metric < *least) {
                best = Some((metric, name.clone(), gateway));
            }
        });
        best.map(|(_, name, gateway)| (name, gateway))
    }

    fn has_route(&self) -> bool {
        let mut found = false;
        self.each_gateway(&mut |_, gateway| found |= gateway.is_some_and(|g| g.is_ipv4()));
        found
    }

    /// One that was asked and has not answered.
    pub(super) fn silent_gateway(&self, since: Instant) -> Option<IpAddr> {
        let mut found = None;
        self.each_gateway(&mut |name, gateway| {
            let gateway = gateway.filter(|g| self.answers(name, *g, since) == Some(false));
            found = found.or(gateway);
        });
        found
    }
}
