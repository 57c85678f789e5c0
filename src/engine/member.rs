//! Taking members into the bond, and letting them go again as they were.
use super::Engine;
use super::contract::action::{Action, KernelAction, Store};
use super::existing::{self, desired_options, mode_fits};
use super::journal::{RecordKind, Text, clip};
use super::observed::{Index, Kind, Link};
use super::roles::{self, member_rank};
use super::time::Instant;

/// The next step for the members: those that should leave, then those to take in.
pub fn next_member(engine: &Engine, now: Instant) -> Option<Action> {
    let Some((bond, have)) = engine.usable_bond() else {
        return leave_old(engine, now);
    };
    if !mode_fits(have, &desired_options(engine)) {
        return None;
    }
    let present = engine.present_members();
    for link in engine.observed.links() {
        if link.master == Some(bond.index)
            && (!present.contains(&link) || is_wifi_in_bridge(engine, link))
            && let Some(step) = free(engine, now, link)
        {
            return Some(step);
        }
    }
    for link in present {
        if let Some(step) = take_in(engine, now, bond, link) {
            return Some(step);
        }
    }
    leave_old(engine, now)
}

/// A bond or bridge of ours that the file does not name any more: its members go, then it.
fn leave_old(engine: &Engine, now: Instant) -> Option<Action> {
    let config = &engine.config;
    let is_old = |l: &&Link| match l.kind {
        Kind::Bond(_) => l.ours && (l.name != config.bond.name || config.bond.members.is_empty()),
        Kind::Bridge => l.ours && !config.bridges.iter().any(|bridge| bridge.name == l.name),
        Kind::Plain | Kind::Other(_) => false,
    };
    let mut old = engine.observed.links().filter(is_old);
    old.find_map(|old| {
        let mut links = engine.observed.links();
        match links.find(|l| l.master == Some(old.index)) {
            Some(member) => free(engine, now, member),
            None => engine.offer(now, KernelAction::DeleteLink { link: old.index }),
        }
    })
}

fn is_wifi_in_bridge(engine: &Engine, link: &Link) -> bool {
    link.facts.is_wifi() && existing::is_bond_in_bridge(&engine.config)
}

/// Why a member that is there cannot be taken in.
pub fn refusal(engine: &Engine, bond: Index, link: &Link) -> Option<Text> {
    if let Some(text) = roles::mode_refusal(&engine.config, link) {
        return Some(text);
    }
    if is_wifi_in_bridge(engine, link) {
        // The wired members still work there.
        return Some(clip(format_args!(
            "is Wi-Fi, and the bond is in a bridge: access points drop frames with another station's address"
        )));
    }
    let master = link.master.filter(|master| *master != bond)?;
    let master = engine.observed.link(master);
    let name = master.map_or("another interface", |l| &l.name);
    (!master.is_some_and(|master| engine.is_ours(master))).then(|| {
        clip(format_args!(
            "belongs to {name} already, which is not ours: free it there, or leave it out of bond.members"
        ))
    })
}

/// Down → addresses off → IPv6 off → member → up. The supplicant follows when it is
/// a member and up.
fn take_in(engine: &Engine, now: Instant, bond: &Link, link: &Link) -> Option<Action> {
    if link.master == Some(bond.index) {
        let taken_over = !engine.is_ours(bond);
        if taken_over && link.up && !engine.was_up(link.index) {
            let (link, was_up) = (link.index, true);
            return engine.offer(now, Store::WasUp { link, was_up });
        }
        let rest = engine.is_resting(link.index);
        if link.up != rest || engine.blocked(link).is_some() {
            return None;
        }
        if rest && let Some(step) = engine.supplicant_must_go(now, link.index) {
            return step;
        }
        let (link, up) = (link.index, !rest);
        return engine.offer(now, KernelAction::SetUp { link, up });
    }
    // The kernel sets up what it takes in, and cannot while it is blocked.
    let off = engine.blocked(link).is_some() || engine.is_put_off(link.index, now);
    if off || link.master.is_some() || refusal(engine, bond.index, link).is_some() {
        return None;
    }
    if let Some(step) = engine.supplicant_must_go(now, link.index) {
        return step;
    }
    if link.up {
        let index = link.index;
        if !engine.was_up(index) {
            let was_up = true;
            let note = Store::WasUp {
                link: index,
                was_up,
            };
            return engine.offer(now, note);
        }
        let down = KernelAction::down(index);
        return engine.offer(now, down);
    }
    if let Some(address) = engine.observed.addresses_of(link.index).next() {
        let net = address.net;
        return engine.offer(
            now,
            KernelAction::DeleteAddress {
                link: link.index,
                net,
            },
        );
    }
    if let Some(step) = engine.ipv6_step(now, link, false) {
        return Some(step);
    }
    let master = Some(bond.index);
    engine.offer(now, KernelAction::SetMaster(link.index, master))
}

/// The supplicant goes, then the member, then it gets its IPv6 back.
pub fn free(engine: &Engine, now: Instant, link: &Link) -> Option<Action> {
    if let Some(step) = engine.supplicant_must_go(now, link.index) {
        return step;
    }
    engine.offer(now, KernelAction::SetMaster(link.index, None))
}

impl Engine {
    pub(in crate::engine) fn is_resting(&self, link: Index) -> bool {
        self.interfaces.get(link).is_some_and(|one| one.resting)
    }

    /// What is no member any more does not rest.
    pub(super) fn forget_rests(&mut self) {
        let (config, observed) = (&self.config, &self.observed);
        for interface in self.interfaces.iter_mut().filter(|one| one.resting) {
            let link = observed.link(interface.index);
            interface.resting = link.is_some_and(|link| member_rank(config, link).is_some());
        }
    }

    pub(super) fn rest(&mut self, now: Instant, link: Index, rest: bool) {
        if let Some(interface) = self.interfaces.entry(link) {
            interface.resting = rest;
        }
        if !rest {
            self.lift_block(link);
            self.end_hold(link);
            if let Some(link) = self.observed.link(link) {
                self.storms.end(link);
            }
        }
        self.retry.forget_link(link);
        self.end_wait(now, link);
        if let Some(name) = self.observed.link(link).map(|link| link.name.clone()) {
            let text = match rest {
                true => "set down by `wifibond member`",
                false => "set up by `wifibond member`",
            };
            self.journal
                .write(now, RecordKind::Radio, &name, format_args!("{text}"));
        }
    }

    /// A member of the bond by its name, for `wifibond member`.
    pub fn member(&self, name: &str) -> Result<Index, &'static str> {
        let link = self.observed.by_name(name);
        let link = link.ok_or("no such adapter is plugged in; see `wifibond status`")?;
        if self.usable_bond().is_none() {
            return Err("there is no bond");
        }
        // One that rfkill keeps off may still be outside.
        let off = self.blocked(link).is_some() && self.is_present_member(link.index);
        match self.in_bond(link) || off {
            true => Ok(link.index),
            false => Err("is not a member of the bond"),
        }
    }
}
