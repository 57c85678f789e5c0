//! The decisions. Pure: no system call, no clock, no allocation that grows.
//!
//! The daemon reports what happened ([`Engine::handle`]), asks for the next step until
//! there is none ([`Engine::next`]), and waits until something happens or the time comes
//! ([`Engine::poll_at`]). A step is always the difference
//! between what the file wants and what the kernel has been seen to have; so a
//! start, an adapter plugged in, a reload, a lost message and a crash before are one
//! path. An event that changes nothing costs no computation. Times: see [`time`].
#![warn(missing_docs)]

mod actions;
mod address;
mod allowance;
mod announce;
mod bond;
mod bridge;
mod commands;
pub mod contract;
pub mod dhcp;
pub mod dns;
mod existing;
mod failover;
pub mod fake_kernel;
mod fingerprint;
mod handle;
pub mod health;
mod idle;
mod interfaces;
pub mod journal;
pub mod keys;
mod meaning;
mod member;
pub mod observed;
pub mod packets;
pub mod places;
pub(crate) mod plan;
pub mod radio;
pub mod random;
mod reads;
mod report;
mod restore;
mod retry;
pub mod roles;
pub mod routers;
mod scans;
pub mod select;
mod slow;
mod sort;
pub mod startup;
pub mod status;
mod stop;
mod stores;
mod supervise;
pub mod supplicant;
pub mod supplicant_file;
pub mod sysctl;
pub mod tables;
#[cfg(test)]
mod tests;
pub mod time;
pub mod trial;

use crate::config::{Bounded, Config, IfName, MAX_LINKS};
use contract::action::{Action, ReadRequest, Scope};
use contract::event::Failure;
use failover::Failover;
use heapless::Vec;
use interfaces::Interfaces;
use journal::{Journal, Text};
use observed::Index;
use retry::Retry;
use supplicant::Supplicant;
use tables::Observed;
use time::Instant;

/// Reasons for not doing something that are shown at a time.
pub const MAX_REFUSALS: usize = 8;

/// Something the file asks for and the machine does not allow, while it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The interface that it is about.
    pub link: IfName,
    /// The reason and the cure, as the status shows them.
    pub text: Text,
}

/// The whole state. It is changed by [`Engine::handle`] alone.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    observed: Observed,
    journal: Journal,
    retry: Retry,
    failover: Failover,
    /// The host that the members are probed with.
    asked: health::Asked,
    losses: health::Losses,
    quality: health::Quality,
    repairs: health::Repairs,
    reboot: health::Reboot,
    storms: health::Storms,
    interfaces: Interfaces,
    dhcp: dhcp::Clients,
    identity: dhcp::Identity,
    releasing: commands::Releasing,
    random: random::Random,
    /// What was last written to resolv.conf; `None`: nothing yet.
    resolver: Option<dns::Written>,
    dialect: supplicant_file::Dialect,
    refusals: Bounded<Refusal, MAX_REFUSALS>,
    /// The links of their own (`links` in the file), and how many more there are than room.
    own_links: (Vec<roles::Own, MAX_LINKS>, usize),
    /// A member was Wi-Fi since the file was read: each keeps its hardware address.
    own_macs: bool,
    /// The member that `switch` asked for, until it fails.
    pinned: Option<Index>,
    /// The name of a bond or bridge being created, until its index is known.
    making: Option<IfName>,
    /// A member has been authorised, and the bond has had carrier ever since.
    bond_ready: bool,
    radios: radio::Radios,
    /// Where networks were joined before.
    places: places::Places,
    keys: keys::Keys,
    startup: startup::Startup,
    trial: trial::Trial,
    report: report::Report,
    /// What has to be read afresh.
    unread: Option<Scope>,
    /// Links that have to be.
    unread_links: Vec<Index, { reads::MAX_UNREAD }>,
    /// What the kernel has been asked for and has not answered.
    under_way: Option<slow::UnderWay>,
    /// The time limit of the last request to a wpa_supplicant before which a link was read.
    read_for: Instant,
    stopping: Option<stop::Stop>,
    progress: idle::Progress,
    revision: u32,
    /// What was skipped is carried out all the same, and compared: long tests leave that out.
    #[cfg(test)]
    checks_idle: bool,
}

impl Engine {
    /// Nothing is known yet: the first step will be to read what there is. `seed`: a number that
    /// differs at each start.
    pub fn new(config: &Config, seed: u64) -> Self {
        Engine {
            config: config.clone(),
            observed: Observed::default(),
            journal: Journal::default(),
            retry: Retry::default(),
            failover: Failover::default(),
            asked: health::Asked::default(),
            losses: health::Losses::default(),
            quality: health::Quality::default(),
            repairs: health::Repairs::default(),
            reboot: health::Reboot::default(),
            storms: health::Storms::default(),
            interfaces: Interfaces::default(),
            dhcp: dhcp::Clients::default(),
            identity: dhcp::Identity::default(),
            releasing: commands::Releasing::new(),
            random: random::Random::new(seed),
            resolver: None,
            dialect: supplicant_file::Dialect { owe: true },
            refusals: Bounded::with_room(),
            own_links: (Vec::new(), 0),
            own_macs: false,
            pinned: None,
            making: None,
            bond_ready: false,
            radios: radio::Radios::default(),
            places: places::Places::default(),
            keys: keys::Keys::default(),
            startup: startup::Startup::default(),
            trial: trial::Trial::default(),
            report: report::Report::default(),
            unread: Some(Scope::All),
            unread_links: Vec::new(),
            under_way: None,
            read_for: Instant::ZERO,
            stopping: None,
            progress: idle::Progress::Changed,
            revision: 0,
            #[cfg(test)]
            checks_idle: true,
        }
    }

    /// The DUID is not known yet: no DHCP message can be sent.
    pub fn lacks_identity(&self) -> bool {
        self.identity.duid.is_empty()
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.config
    }
    /// What the kernel has, as dumps and notifications showed it.
    pub fn observed(&self) -> &Observed {
        &self.observed
    }
    /// The newest records of what happened.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }
    /// The wpa_supplicants, also those that wait for their next start.
    pub fn supplicants(&self) -> impl Iterator<Item = &Supplicant> {
        self.interfaces.supplicants()
    }
    /// The link's wpa_supplicant; `None`: the link has none, or is not known.
    pub fn supplicant(&self, link: Index) -> Option<&Supplicant> {
        self.interfaces.get(link)?.supplicant.as_ref()
    }
    /// Is this, octet for octet, the file for the wpa_supplicant of this link?
    pub fn is_wanted_file(&self, link: Index, file: &[u8]) -> bool {
        let link = self.observed.link(link);
        link.is_some_and(|link| {
            supplicant_file::is(&self.config, link, self.dialect, &self.keys, file)
        })
    }
    /// What the file asks for and is refused at present; at most [`MAX_REFUSALS`].
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }
    /// The actions that fail at present, with the kernel's reasons.
    pub fn failing(&self, now: Instant) -> impl Iterator<Item = (&Action, &Failure)> {
        self.retry.failing(now)
    }
    /// Which member carries the traffic, and what the last outage was.
    pub fn failover(&self) -> &Failover {
        &self.failover
    }
    /// The member that `wifibond switch` asked for; `None` once it can carry traffic no longer.
    pub fn pinned(&self) -> Option<Index> {
        self.pinned
    }
    /// [`Event::Stop`](contract::event::Event::Stop) has been handled.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_some()
    }

    fn next_step(&self, now: Instant) -> Option<Action> {
        if self.stopping.as_ref().is_some_and(stop::Stop::is_done) {
            return Some(Action::Exit);
        }
        // Before the links are read afresh: one that the file leaves out is forgotten then.
        let unwanted = dhcp::next_unwanted(self, now);
        if let Some(step) = unwanted.or_else(|| self.next_ordered_release(now)) {
            return Some(step);
        }
        // First, and to tmpfs: the driver may make the watchdog restart the machine.
        let noted = self.next_slow_note(now);
        if let Some(step) = noted.or_else(|| self.next_known_link(now)) {
            return Some(step);
        }
        if let Some(scope) = self.unread
            && let Some(read) = self.offer(now, ReadRequest::Tables(scope))
        {
            return Some(read);
        }
        if !self.observed.is_complete() {
            return None;
        }
        if self.stopping.is_some() {
            return stop::next(self, now);
        }
        // The active member first: an outage lasts until it is set. Links of other programs, which
        // may change all the time, come after it.
        if let Some(step) = select::next_active(self, now).or_else(|| self.next_link(now)) {
            return Some(step);
        }
        if let Some(step) = self.next_file_step(now) {
            return Some(step);
        }
        if self.unread.is_some() {
            return self.next_unread(now);
        }
        roles::next_unknown(self, now)
            .or_else(|| radio::next(self, now))
            .or_else(|| bond::next(self, now))
            .or_else(|| self.next_repair(now).or_else(|| self.next_reboot(now)))
            .or_else(|| member::next_member(self, now))
            .or_else(|| bridge::next(self, now))
            .or_else(|| dhcp::next(self, now))
            .or_else(|| supervise::next(self, now))
            .or_else(|| sysctl::next(self, now))
            .or_else(|| self.next_all_hosts(now))
            .or_else(|| address::next_link(self, now))
            .or_else(|| dhcp::next_address(self, now))
            .or_else(|| address::next(self, now))
            .or_else(|| dhcp::next_arp(self, now))
            .or_else(|| self.next_gateway_probe(now))
            .or_else(|| announce::next(self, now))
            .or_else(|| routers::next(self, now))
            .or_else(|| dns::next(self, now))
            .or_else(|| restore::next(self, now))
            .or_else(|| self.next_inactive(now))
            .or_else(|| dhcp::next_store(self, now))
            .or_else(|| self.next_places(now))
            .or_else(|| self.next_keys(now))
            .or_else(|| self.next_report(now))
    }

    /// The steps that are taken before the tables are read again: notifications keep the links
    /// current, addresses and routes may be out of date.
    fn next_unread(&self, now: Instant) -> Option<Action> {
        dhcp::next(self, now)
            .or_else(|| supervise::next(self, now))
            .or_else(|| dhcp::next_arp(self, now))
            .or_else(|| announce::next(self, now))
            .or_else(|| routers::next(self, now))
            .or_else(|| dns::next(self, now))
            .or_else(|| dhcp::next_store(self, now))
    }

    /// The next time at which a step may be due, or something is to be worked out.
    fn deadline(&self, now: Instant) -> Option<Instant> {
        // One that has passed was looked at, and waits for something else.
        let ahead = |at: &Instant| *at > now;
        let supplicants = self.supplicants().filter_map(Supplicant::poll_at);
        let stopping = self.stopping.as_ref().map(stop::Stop::poll_at);
        [
            self.retry.poll_at(now),
            supplicants.filter(ahead).min(),
            self.dhcp_poll_at(now),
            self.routers_poll_at(now),
            self.announcements_poll_at(now),
            self.resolver_poll_at(now),
            self.radios_poll_at(),
            self.scans_poll_at(now),
            self.keys_poll_at(),
            self.holds_poll_at(now),
            self.leases_poll_at(now),
            self.signals_poll_at(),
            self.asked.poll_at(),
            self.repairs.poll_at(now),
            self.reboot.poll_at(),
            self.storms.poll_at(now),
            self.kernel_poll_at(now),
            self.trial_poll_at(now),
            self.report_poll_at(now),
            stopping,
        ]
        .into_iter()
        .flatten()
        .filter(ahead)
        .min()
    }

    /// The action, unless it failed lately, or has to wait for the kernel.
    fn offer(&self, now: Instant, action: impl Into<Action>) -> Option<Action> {
        let action = action.into();
        let waits = self.has_to_wait(&action, now);
        (!waits && !self.retry.blocked(&action, now)).then_some(action)
    }
}
