//! The decisions. Pure: no system call, no clock, no allocation that grows.
//!
//! The daemon tells the engine what happened ([`Engine::handle`]), asks it for the
//! next step until there is none ([`Engine::next`]), and sleeps until something
//! happens or the time comes ([`Engine::poll_at`]). A step is always the difference
//! between what the file wants and what the kernel has been seen to have; so a
//! start, an adapter plugged in, a reload, a lost message and a crash before are one
//! path. Times are milliseconds since boot.
mod address;
mod announce;
mod bond;
mod bridge;
pub mod contract;
pub mod dhcp4;
pub mod dhcp6;
pub mod dns;
mod existing;
mod failover;
pub mod fake_kernel;
mod handle;
mod interfaces;
pub mod journal;
mod member;
pub mod observed;
mod outcome;
pub mod plan;
pub mod radio;
pub mod random;
mod reads;
mod retry;
pub mod roles;
pub mod select;
mod slow;
pub mod status;
mod stop;
mod supervise;
pub mod supplicant;
pub mod supplicant_file;
pub mod sysctl;
pub mod tables;
#[cfg(test)]
mod tests;

use crate::config::{Bounded, Config, IfName, MAX_LINKS, Mac};
use contract::action::{Action, KernelAction, Scope};
use contract::event::Failure;
use failover::Failover;
use heapless::Vec;
use interfaces::Interfaces;
use journal::{Journal, Text};
use observed::{Index, Link};
use retry::Retry;
use supplicant::Supplicant;
use tables::Observed;

/// Reasons for not doing something that are shown at a time.
pub const MAX_REFUSALS: usize = 8;

/// Interfaces of this machine whose hardware address is known.
const MAX_MACS: usize = 64;

/// Something the file asks for and the machine does not allow, while it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub link: IfName,
    pub text: Text,
}

#[derive(Debug)]
pub struct Engine {
    config: Config,
    observed: Observed,
    journal: Journal,
    retry: Retry,
    failover: Failover,
    interfaces: Interfaces,
    clients: Bounded<dhcp4::Client, { dhcp4::MAX_CLIENTS }>,
    inet6: Bounded<dhcp6::Inet6, { dhcp4::MAX_CLIENTS }>,
    identity: dhcp4::Identity,
    random: random::Random,
    /// What stands in resolv.conf.
    resolver: Option<dns::Written>,
    dialect: supplicant_file::Dialect,
    refusals: Bounded<Refusal, MAX_REFUSALS>,
    /// The links of their own, and how many more there are than places.
    own_links: (Vec<roles::Own, MAX_LINKS>, usize),
    /// A member was Wi-Fi since the file was read: each keeps its hardware address.
    own_macs: bool,
    /// The member that `switch` asked for, until it fails.
    pinned: Option<Index>,
    /// The name of a bond or bridge being created, until its number is known.
    making: Option<IfName>,
    /// A member has been authorised, and the bond has had carrier ever since.
    bond_ready: bool,
    /// Hardware addresses of all interfaces of this machine, also of those that do not
    /// concern us. Of more the oldest are forgotten.
    macs: Vec<(Index, Mac), MAX_MACS>,
    radios: radio::Radios,
    /// What has to be read afresh.
    unread: Option<Scope>,
    /// Links that have to be.
    unread_links: Vec<Index, { reads::MAX_UNREAD }>,
    foreign: Bounded<reads::Foreign, { reads::MAX_FOREIGN }>,
    /// What the kernel has been asked for and has not answered.
    under_way: Option<slow::UnderWay>,
    /// The end of the last question to a wpa_supplicant for which the kernel was looked at.
    doubted: u64,
    stopping: Option<stop::Stop>,
}

impl Engine {
    /// Nothing is known yet: the first step will be to read what there is.
    pub fn new(config: &Config) -> Self {
        Engine {
            config: config.clone(),
            observed: Observed::default(),
            journal: Journal::default(),
            retry: Retry::default(),
            failover: Failover::default(),
            interfaces: Interfaces::default(),
            clients: Bounded::with_room(),
            inet6: Bounded::with_room(),
            identity: dhcp4::Identity::default(),
            random: random::Random::new(0),
            resolver: None,
            dialect: supplicant_file::Dialect { owe: true },
            refusals: Bounded::with_room(),
            own_links: (Vec::new(), 0),
            own_macs: false,
            pinned: None,
            making: None,
            bond_ready: false,
            macs: Vec::new(),
            radios: radio::Radios::default(),
            unread: Some(Scope::All),
            unread_links: Vec::new(),
            foreign: Bounded::with_room(),
            under_way: None,
            doubted: 0,
            stopping: None,
        }
    }

    /// A number that differs at each start.
    pub fn set_seed(&mut self, seed: u64) {
        self.random = random::Random::new(seed);
    }

    /// Who we are to DHCP servers.
    pub fn set_identity(&mut self, identity: dhcp4::Identity) {
        self.identity = identity;
    }

    pub fn is_anonymous(&self) -> bool {
        self.identity.duid.is_empty()
    }

    pub fn config(&self) -> &Config {
        &self.config
    }
    pub fn observed(&self) -> &Observed {
        &self.observed
    }
    pub fn journal(&self) -> &Journal {
        &self.journal
    }
    pub fn journal_mut(&mut self) -> &mut Journal {
        &mut self.journal
    }
    pub fn supplicants(&self) -> impl Iterator<Item = &Supplicant> {
        self.interfaces.supplicants()
    }
    pub fn supplicant(&self, link: Index) -> Option<&Supplicant> {
        self.interfaces.get(link)?.supplicant.as_ref()
    }
    pub fn dialect(&self) -> supplicant_file::Dialect {
        self.dialect
    }
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }
    /// The actions that fail at present, with the kernel's reasons.
    pub fn failing(&self, now: u64) -> impl Iterator<Item = (&Action, &Failure)> {
        self.retry.failing(now)
    }
    pub fn failover(&self) -> &Failover {
        &self.failover
    }
    pub fn pinned(&self) -> Option<Index> {
        self.pinned
    }
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_some()
    }

    /// The next step, or `None`: all is as wanted, or has to wait.
    pub fn next(&self, now: u64) -> Option<Action> {
        if self.stopping.as_ref().is_some_and(stop::Stop::is_done) {
            return Some(Action::Exit);
        }
        // Before the links are read afresh: one that the file leaves out is forgotten then.
        let unwanted = dhcp4::next_unwanted(self, now);
        if let Some(step) = unwanted.or_else(|| dhcp6::next_unwanted(self, now)) {
            return Some(step);
        }
        // First, and on a disk in memory: the driver may have the machine restarted.
        let noted = self.next_slow_note(now);
        if let Some(step) = noted.or_else(|| self.next_known_link(now)) {
            return Some(step);
        }
        if let Some(scope) = self.unread
            && let Some(read) = self.offer_any(now, Action::Resync(scope))
        {
            return Some(read);
        }
        if !self.observed.is_complete() {
            return None;
        }
        if self.stopping.is_some() {
            return stop::next(self, now);
        }
        // The active member first: it is what an outage waits for. Links of others, which may
        // change all the time, come after it.
        if let Some(step) = select::next_active(self, now).or_else(|| self.next_link(now)) {
            return Some(step);
        }
        if self.unread.is_some() {
            return self.next_unread(now);
        }
        roles::next_unknown(self, now)
            .or_else(|| radio::next(self, now))
            .or_else(|| bond::next(self, now))
            .or_else(|| member::next_member(self, now))
            .or_else(|| bridge::next(self, now))
            .or_else(|| dhcp4::next(self, now))
            .or_else(|| dhcp6::next(self, now))
            .or_else(|| supervise::next(self, now))
            .or_else(|| sysctl::next(self, now))
            .or_else(|| address::next_link(self, now))
            .or_else(|| dhcp6::next_address(self, now))
            .or_else(|| address::next(self, now))
            .or_else(|| dhcp4::next_arp(self, now))
            .or_else(|| announce::next(self, now))
            .or_else(|| dhcp6::next_solicitation(self, now))
            .or_else(|| dns::next(self, now))
            .or_else(|| self.ipv6_restored(now))
            .or_else(|| member::next_former(self, now))
            .or_else(|| dhcp4::next_store(self, now))
            .or_else(|| dhcp6::next_store(self, now))
    }

    /// What goes on while the tables wait to be read again: links have their notifications,
    /// addresses and routes may be others.
    fn next_unread(&self, now: u64) -> Option<Action> {
        dhcp4::next(self, now)
            .or_else(|| dhcp6::next(self, now))
            .or_else(|| supervise::next(self, now))
            .or_else(|| dhcp4::next_arp(self, now))
            .or_else(|| announce::next(self, now))
            .or_else(|| dhcp6::next_solicitation(self, now))
            .or_else(|| dns::next(self, now))
            .or_else(|| dhcp4::next_store(self, now))
            .or_else(|| dhcp6::next_store(self, now))
    }

    /// When to call [`Engine::next`] again though nothing happened.
    pub fn poll_at(&self, now: u64) -> Option<u64> {
        let supplicants = self.supplicants().filter_map(Supplicant::poll_at).min();
        let stopping = self.stopping.as_ref().map(stop::Stop::poll_at);
        let leases = self.dhcp4_poll_at(now);
        let inet6 = self.inet6_poll_at(now);
        [
            self.retry.poll_at(now),
            supplicants,
            leases,
            inet6,
            self.announcements_poll_at(now),
            self.resolver_poll_at(now),
            self.radios_poll_at(),
            self.kernel_poll_at(now),
            stopping,
        ]
        .into_iter()
        .flatten()
        // One that has passed was looked at, and waits for something else.
        .filter(|at| *at > now)
        .min()
    }

    fn offer(&self, now: u64, action: KernelAction) -> Option<Action> {
        self.offer_any(now, Action::Kernel(action))
    }

    /// The action, unless it failed lately, or has to wait for the kernel.
    fn offer_any(&self, now: u64, action: Action) -> Option<Action> {
        let waits = self.has_to_wait(&action, now);
        (!waits && !self.retry.blocked(&action, now)).then_some(action)
    }

    /// Turns a link's IPv6 on or off where that is not done yet.
    fn ipv6_step(&self, now: u64, link: &Link, enabled: bool) -> Option<Action> {
        if self.is_ipv6_off(link.index) != enabled {
            return None;
        }
        let name = link.name.clone();
        self.offer_any(
            now,
            Action::SetIpv6 {
                link: link.index,
                name,
                enabled,
            },
        )
    }

    fn is_ipv6_off(&self, link: Index) -> bool {
        let interface = self.interfaces.get(link);
        interface.is_some_and(|one| one.restore.ipv6_off)
    }

    /// Former members get their IPv6 back.
    fn ipv6_restored(&self, now: u64) -> Option<Action> {
        let former = |link: &&Link| {
            self.is_ipv6_off(link.index)
                && link.master.is_none()
                && roles::member_rank(&self.config, link).is_none()
                && roles::own_link(&self.config, link).is_none()
                && roles::bridge_of(&self.config, link).is_none()
                && address::block(self, link).is_none()
        };
        let link = self.observed.links().find(former)?;
        self.ipv6_step(now, link, true)
    }
}
