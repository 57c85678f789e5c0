//! The way out with the new file: a link that may carry traffic has an address, and its gateway
//! answers. The bond's gateway is probed through its members anyway; on links of their own it is
//! asked here, by ARP, while a file is on trial.
use crate::config::Probe;
use crate::engine::Engine;
use crate::engine::contract::action::{Action, Packet};
use crate::engine::health::Health;
use crate::engine::observed::Index;
use crate::engine::time::{Instant, Millis};
use core::net::IpAddr;
use heapless::Vec;

/// Links that are asked on at a time.
pub(super) const MOST: usize = 4;
/// Links with an address: the bond, links of their own, bridges.
const MAX_USABLE: usize = 16;
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
    /// Its gateway is not probed through members.
    fn is_asked_here(&self, link: Index) -> bool {
        let elsewhere = self.addressed().is_none_or(|bond| bond.index != link);
        elsewhere || self.config.health.probe == Probe::Off
    }

    /// Its IPv4 gateways on links of their own, each asked until it answers.
    pub(super) fn update_asked(&mut self, now: Instant) {
        let mut wanted: Vec<(Index, IpAddr), MOST> = Vec::new();
        self.each_gateway(&mut |name, gateway| {
            let link = self.observed.by_name(name).map(|link| link.index);
            if let (Some(link), Some(gateway @ IpAddr::V4(_))) = (link, gateway)
                && self.is_asked_here(link)
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
    fn answers(&self, link: Index, gateway: IpAddr, since: Instant) -> Option<bool> {
        if self.is_asked_here(link) {
            let mut asked = self.trial.asked.iter();
            let one = asked.find(|one| (one.link, one.gateway) == (link, gateway));
            return one.map(|one| one.next.is_none());
        }
        let any = match self.config.health.probe {
            // Another host is asked in its place.
            Probe::Address(_) => true,
            Probe::Gateway | Probe::Off => false,
        };
        let answers = |index| {
            let asked = self.probed_through(index);
            let right = asked.is_some_and(|host| any || host.address == gateway);
            right && self.health(index).and_then(Health::answered) > Some(since)
        };
        let members = self.present_members();
        Some(members.iter().any(|link| answers(link.index)))
    }

    /// The way that IPv4 traffic takes: the best default route of a link that may carry traffic and
    /// has an address, and its gateway.
    pub(super) fn way_out(&self) -> Option<(Index, IpAddr)> {
        let mut links: Vec<Index, MAX_USABLE> = Vec::new();
        self.each_gateway(&mut |name, _| {
            let _ =
                links.extend_from_slice(self.observed.by_name(name).map(|l| l.index).as_slice());
        });
        let ways = self.observed.routes().filter_map(|r| {
            let here = r.route.to.prefix == 0 && links.contains(&r.link);
            let via = r.route.via.filter(|via| here && via.is_ipv4())?;
            Some((r.route.metric, (r.link, via)))
        });
        ways.min().map(|(_, way)| way)
    }

    /// A link may carry traffic and has an address, and the gateway that the traffic takes answers.
    /// Without one it is enough where there was none before. Where the way is that of before, a gateway
    /// is not held against the file that is not probed, or did not answer then.
    pub(super) fn has_a_way_out(&self, since: Instant) -> bool {
        let before = self.trial.before.way;
        let Some(way) = self.way_out() else {
            return before.is_none() && self.is_online();
        };
        let (link, gateway) = way;
        let unproven = self.is_asked_here(link) || !self.trial.before.answered;
        let as_before = before == Some(way) && unproven;
        as_before || self.answers(link, gateway, since).unwrap_or(true)
    }

    /// The gateway of that way has answered lately, or is not asked.
    pub(super) fn way_answers(&self) -> bool {
        let answers = |(link, gateway)| self.answers(link, gateway, Instant::ZERO);
        self.way_out().and_then(answers).unwrap_or(true)
    }

    /// It was asked and has not answered.
    pub(super) fn silent_gateway(&self, since: Instant) -> Option<IpAddr> {
        let (link, gateway) = self.way_out()?;
        let silent = self.answers(link, gateway, since) == Some(false);
        silent.then_some(gateway)
    }
}
