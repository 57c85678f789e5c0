//! What was changed on links and is given back, when a link is no longer ours and on stop. What it
//! was stands in the link's record ([`Restore`]), and in the daemon's ledger for the next start.
//!
//! Sysctls and settings of radios are given back where they are made, in `sysctl` and `radio`: what
//! is wanted and what was before are one comparison there.
use super::contract::action::{Action, KernelAction, SettingRequest, Store};
use super::contract::settings::Restore;
use super::observed::{Index, Link};
use super::time::Instant;
use super::{Engine, address, roles, sysctl};

/// The next step for a link that is no longer ours.
pub fn next(engine: &Engine, now: Instant) -> Option<Action> {
    ipv6(engine, now).or_else(|| up(engine, now))
}

/// On stop: the next step for any link that is free.
pub fn next_of_all(engine: &Engine, now: Instant) -> Option<Action> {
    let mut free = engine.observed.links().filter(|l| l.master.is_none());
    free.find_map(|link| engine.ipv6_step(now, link, true))
        .or_else(|| sysctl::next(engine, now))
        .or_else(|| up(engine, now))
}

/// Former members get their IPv6 back.
fn ipv6(engine: &Engine, now: Instant) -> Option<Action> {
    let former = |link: &&Link| {
        engine.is_ipv6_off(link.index)
            && link.master.is_none()
            && roles::member_rank(&engine.config, link).is_none()
            && roles::own_link(&engine.config, link).is_none()
            && roles::bridge_of(&engine.config, link).is_none()
            && address::block(engine, link).is_none()
    };
    let link = engine.observed.links().find(former)?;
    engine.ipv6_step(now, link, true)
}

/// Former members that were up before they were ours are so again.
fn up(engine: &Engine, now: Instant) -> Option<Action> {
    let former = |link: &&Link| {
        let member = roles::member_rank(&engine.config, link).is_some() && !engine.is_stopping();
        let waits = !link.up && engine.is_put_off(link.index, now);
        link.master.is_none() && !member && !waits
    };
    let interfaces = engine.interfaces.iter();
    let mut links = interfaces
        .filter(|one| one.restore.was_up)
        .filter_map(|one| engine.observed.link(one.index));
    let link = links.find(former)?;
    let index = link.index;
    // One that is switched off cannot: it is left as it is.
    if !link.up && engine.blocked(link).is_none() {
        let up = KernelAction::up(index);
        if let Some(step) = engine.offer(now, up) {
            return Some(step);
        }
    }
    let note = Store::WasUp {
        link: index,
        was_up: false,
    };
    engine.offer(now, note)
}

impl Engine {
    /// What the previous instance changed on a link.
    pub(super) fn changes_found(&mut self, link: Index, restore: Restore) {
        if let Some(interface) = self.interfaces.entry(link) {
            interface.restore = restore;
        }
    }

    /// It was, and was set down to become a member.
    pub(super) fn was_up(&self, link: Index) -> bool {
        let interface = self.interfaces.get(link);
        interface.is_some_and(|one| one.restore.was_up)
    }

    pub(super) fn note_up(&mut self, link: Index, was_up: bool) {
        if let Some(interface) = self.interfaces.entry(link) {
            interface.restore.was_up = was_up;
        }
    }

    /// Turns a link's IPv6 on or off where that is not done yet.
    pub(super) fn ipv6_step(&self, now: Instant, link: &Link, enabled: bool) -> Option<Action> {
        if self.is_ipv6_off(link.index) != enabled {
            return None;
        }
        let name = link.name.clone();
        let link = link.index;
        self.offer(
            now,
            SettingRequest::Ipv6 {
                link,
                name,
                enabled,
            },
        )
    }

    pub(super) fn is_ipv6_off(&self, link: Index) -> bool {
        let interface = self.interfaces.get(link);
        interface.is_some_and(|one| one.restore.ipv6_off)
    }
}
