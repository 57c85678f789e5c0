//! Which host the members are asked for: the gateway, or what the file names. When none of the
//! members gets an answer the host is at fault, and the next one that is known is asked.
use super::silence::Rejoins;
use crate::config::Probe;
use crate::engine::Engine;
use crate::engine::Refusal;
use crate::engine::contract::action::{Action, SettingRequest};
use crate::engine::journal::{RecordKind, clip};
use crate::engine::observed::{Index, Link};
use crate::engine::sort::sort;
use crate::engine::time::{Instant, Millis};
use core::net::IpAddr;
use heapless::Vec;

/// Hosts that may be asked: the gateways, the DHCP server, the name servers.
const MAX_TARGETS: usize = 4;
/// While the first host does not answer through any member, each is asked once, and then again
/// after this.
const AGAIN_AFTER: Millis = Millis(30_000);
/// It is reported then: out of range, both members miss everything for a moment before the kernel
/// takes their carrier.
const REPORTED_AFTER: Millis = Millis(3_000);

/// Which host is asked, and what has become of the first choice.
#[derive(Debug, Default)]
pub struct Asked {
    targets: Vec<IpAddr, MAX_TARGETS>,
    place: usize,
    /// The first one does not answer through any member, since then.
    silent: Option<Instant>,
    /// And that was reported.
    reported: bool,
    /// When the first one is asked again.
    again_at: Option<Instant>,
    /// The bond's active member when that was last looked at.
    pub(super) active: Option<Index>,
    /// Two members led into different networks at the last answer.
    pub(super) networks_differ: bool,
    pub(super) rejoins: Rejoins,
}

impl Asked {
    /// The host that is asked now.
    pub fn target(&self) -> Option<IpAddr> {
        self.targets.get(self.place).copied()
    }

    /// The first choice, while it does not answer through any member.
    pub fn silent(&self) -> Option<IpAddr> {
        let silent = self.silent.filter(|_| self.reported);
        silent.and(self.targets.first().copied())
    }

    /// The first choice, and since when it has not answered through any member.
    pub(super) fn silent_since(&self) -> Option<(IpAddr, Instant)> {
        Some((*self.targets.first()?, self.silent?))
    }

    /// Nothing is held against the first choice.
    fn start_over(&mut self) {
        self.place = 0;
        self.silent = None;
        self.reported = false;
        self.again_at = None;
    }

    /// When another host is to be asked.
    pub fn poll_at(&self) -> Option<Instant> {
        let reported = self.silent.filter(|_| !self.reported);
        let reported = reported.map(|since| since + REPORTED_AFTER);
        [self.again_at, reported].into_iter().flatten().min()
    }
}

impl Engine {
    /// The link that has the bond's addresses: the bond, or the bridge whose port it is.
    pub(in crate::engine) fn addressed(&self) -> Option<&Link> {
        let (bond, _) = self.usable_bond()?;
        match bond.master {
            Some(bridge) => self.observed.link(bridge),
            None => Some(bond),
        }
    }

    /// On a network of this link, and not its own address.
    fn is_neighbour(&self, link: Index, address: IpAddr) -> bool {
        let mut addresses = self.observed.addresses_of(link);
        let own = self.observed.addresses_of(link);
        let is_own = own.filter(|a| a.net.address == address).count() > 0;
        !is_own && addresses.any(|a| a.net.contains(address))
    }

    /// The hosts that may be asked, the best first; none without an address of the bond.
    fn possible_targets(&self) -> Vec<IpAddr, MAX_TARGETS> {
        let mut found = Vec::new();
        let probe = &self.config.health.probe;
        let Some(link) = self.addressed().filter(|_| *probe != Probe::Off) else {
            return found;
        };
        if let Probe::Address(address) = probe {
            self.add_target(link, *address, &mut found);
        }
        // An answer to an ARP probe is for the member that asked; by IPv6 it goes to all.
        self.add_targets(link, IpAddr::is_ipv4, &mut found);
        if !found.iter().any(IpAddr::is_ipv4) {
            self.add_targets(link, IpAddr::is_ipv6, &mut found);
        }
        found
    }

    fn add_target(&self, link: &Link, host: IpAddr, found: &mut Vec<IpAddr, MAX_TARGETS>) {
        if self.is_neighbour(link.index, host) && !found.contains(&host) {
            let _ = found.push(host);
        }
    }

    /// Of one protocol: the gateways, then what else is known.
    fn add_targets(
        &self,
        link: &Link,
        is_wanted: fn(&IpAddr) -> bool,
        found: &mut Vec<IpAddr, MAX_TARGETS>,
    ) {
        let routes = self.observed.routes();
        let defaults = routes.filter(|r| r.link == link.index && r.route.to.prefix == 0);
        let mut gateways: Vec<(u32, IpAddr), MAX_TARGETS> = Vec::new();
        for route in defaults {
            if let Some(via) = route.route.via.filter(is_wanted) {
                let _ = gateways.push((route.route.metric, via));
            }
        }
        sort(&mut gateways, &mut |a, b| a < b);
        for (_, via) in gateways {
            self.add_target(link, via, found);
        }
        let lease = self.dhcp4(&link.name).and_then(|client| client.lease());
        let server = lease.and_then(|lease| lease.reply.server);
        if let Some(server) = server.map(IpAddr::V4).filter(is_wanted) {
            self.add_target(link, server, found);
        }
        for server in super::super::dns::resolver(self).servers {
            // A link-local one of another link is another host.
            let is_here = server.link.as_ref().is_none_or(|scope| *scope == link.name);
            if is_here && is_wanted(&server.address) {
                self.add_target(link, server.address, found);
            }
        }
    }

    /// Brings the list of hosts up to date. Another first choice is another network.
    pub(super) fn update_target(&mut self, now: Instant) {
        let targets = self.possible_targets();
        if targets.first() != self.asked.targets.first() {
            self.asked.start_over();
            self.asked.rejoins = Rejoins::default();
        }
        self.asked.targets = targets;
        if self.asked.place >= self.asked.targets.len() {
            self.asked.place = 0;
        }
        if self.asked.again_at.is_some_and(|at| now >= at) {
            self.asked.again_at = None;
            self.asked.place = 0;
        }
        let late = |since: Instant| now >= since + REPORTED_AFTER;
        self.asked.reported |= self.asked.silent.is_some_and(late);
        self.note_answer(now);
    }

    /// No member is probed any more: that a host did not answer says nothing of it.
    pub(super) fn forget_silence(&mut self) {
        let mut probed = self.interfaces.iter();
        if !probed.any(|one| one.health.prober.is_some()) {
            self.asked.start_over();
        }
    }

    /// Answers by IPv6 go to all hosts, and a member that stands by would not receive them: the bond
    /// has its groups set on the active one. The request takes the kernel's rtnl lock, and so it is
    /// made once a member and not with each socket.
    pub(in crate::engine) fn next_all_hosts(&self, now: Instant) -> Option<Action> {
        let bond = self.usable_bond().map(|(bond, _)| bond.index);
        let by_ipv6 = self.asked.targets.iter().any(IpAddr::is_ipv6);
        let mut steps = self.interfaces.iter().filter_map(|one| {
            let link = self.observed.link(one.index)?;
            let received = by_ipv6 && bond.is_some() && link.master == bond;
            let link = link.index;
            let step = SettingRequest::AllHosts { link, received };
            (one.all_hosts != received).then(|| self.offer(now, step))?
        });
        steps.next()
    }

    /// The first choice answers through some member again.
    fn note_answer(&mut self, now: Instant) {
        let Some(since) = self.asked.silent.filter(|_| self.asked.place == 0) else {
            return;
        };
        let first = self.asked.target();
        let mut probers = self.interfaces.iter();
        let answers = probers.any(|one| {
            let prober = one.health.prober.as_ref();
            prober.is_some_and(|p| Some(p.target) == first && p.answered() > Some(since))
        });
        if let (true, Some(first)) = (answers, first) {
            let reported = self.asked.reported;
            self.asked.start_over();
            if !reported {
                return;
            }
            let name = self.config.bond.name.clone();
            let text = format_args!("{first} answers again");
            self.journal.write(now, RecordKind::Radio, &name, text);
        }
    }

    /// No member gets an answer: the host is at fault, or all that is behind them. Nobody is given
    /// up for it, and the next host is asked.
    pub(super) fn all_miss_alike(&mut self, now: Instant) -> bool {
        if self.asked.targets.is_empty() {
            return false;
        }
        let first = self.asked.place == 0 && self.asked.silent.is_none();
        if first {
            self.asked.silent = Some(now);
        }
        let several = self.asked.targets.len() > 1;
        let begins = self.asked.place == 0;
        if !several || (begins && self.asked.again_at.is_some()) {
            return first;
        }
        self.asked.place = (self.asked.place + 1) % self.asked.targets.len();
        if begins {
            self.asked.again_at = Some(now + AGAIN_AFTER);
        }
        true
    }

    /// What is to be known about the host that is probed.
    pub(in crate::engine) fn health_refusal(&self) -> Option<Refusal> {
        let link = self.config.bond.name.clone();
        if let Some(first) = self.asked.silent() {
            // Without their names: each change of the text would be another line in the log.
            let others = match self.asked.targets.len() {
                0 | 1 => "",
                _ => ", other hosts are asked in its place",
            };
            let text = clip(format_args!(
                "{first} answers through no member{others}; no member counts as bad for it"
            ));
            return Some(Refusal { link, text });
        }
        let Probe::Address(asked) = self.config.health.probe else {
            return None;
        };
        let other = self.asked.targets.first()?;
        (asked != *other).then(|| Refusal {
            link,
            text: clip(format_args!(
                "health.probe: {asked} is in no network of the bond: {other} is probed instead"
            )),
        })
    }
}
