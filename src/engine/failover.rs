//! The outage record: which member carries the bond's traffic, since when, and what a change
//! of it cost.
//!
//! A member carries traffic when it is the bond's active one, the bonding driver counts its
//! link as up, and it is authorised. The outage is the time without such a member, from the
//! kernel's first notification of the loss to the one that ends it.
use super::Engine;
use super::journal::{RecordKind, Switch, Text, clip};
use super::observed::{Attachment, Index};
use super::select::{self, Why};
use crate::config::IfName;

#[derive(Debug, Default)]
pub struct Failover {
    /// The member that carries now, or carried last.
    last: Option<(Index, IfName)>,
    /// Since when none does.
    lost_at: Option<u64>,
    /// Why the last one ceased to.
    cause: Text,
    /// When the present member took over.
    since: u64,
    switches: u32,
}

impl Failover {
    /// The member that carries now, and since when.
    pub fn now(&self) -> Option<(Index, u64)> {
        match (&self.last, self.lost_at) {
            (Some((index, _)), None) => Some((*index, self.since)),
            _ => None,
        }
    }
    pub fn switches(&self) -> u32 {
        self.switches
    }
    /// Why and since when no member carries; `None` before the first one did.
    pub fn outage(&self) -> Option<(&str, u64)> {
        self.lost_at.map(|at| (self.cause.as_str(), at))
    }
}

impl Engine {
    /// This adapter, in the network that it is in now.
    pub(super) fn attachment(&self, adapter: Index) -> Option<Attachment> {
        self.observed.link(adapter)?;
        let interface = self.interfaces.get(adapter);
        let join = interface.map_or(0, |interface| interface.joins);
        Some(Attachment { adapter, join })
    }

    /// An adapter's wpa_supplicant reported that it is in a network; `connected`: newly so. The
    /// kernel's notification comes a moment earlier or later, or, after a gap that was too
    /// short for it, not at all: then this report alone tells of a join.
    pub(super) fn joined_by_supplicant(&mut self, index: Index, connected: bool) {
        let Some(link) = self.observed.link(index) else {
            return;
        };
        let authorised = self.authorised(link);
        let Some(interface) = self.interfaces.get_mut(index) else {
            return;
        };
        let Some(supplicant) = &mut interface.supplicant else {
            return;
        };
        if !authorised {
            supplicant.joins = interface.joins + 1;
        } else {
            let unseen = connected && supplicant.joins == interface.joins;
            interface.joins += u32::from(unseen);
            supplicant.joins = interface.joins;
        }
    }

    /// Compares what was with what is.
    pub(super) fn update_failover(&mut self, now: u64) {
        let bond = self
            .usable_bond()
            .map(|(bond, have)| (bond.index, have.active));
        let active = bond.and_then(|(_, active)| self.observed.link(active?));
        let active = active
            .filter(|link| self.passes(link).is_ok())
            .map(|l| l.index);
        match active {
            Some(index) if self.failover.now().is_some_and(|(last, _)| last == index) => {}
            Some(index) => self.gained(now, index),
            None => self.lost(now, bond.map(|(index, _)| index)),
        }
    }

    fn gained(&mut self, now: u64, index: Index) {
        let Some(link) = self.observed.link(index) else {
            return;
        };
        let to = link.name.clone();
        let (from, outage_ms, cause) = match (&self.failover.last, self.failover.lost_at) {
            (None, _) => (IfName::new(), None, clip(format_args!("first member"))),
            (Some((_, name)), Some(at)) => (
                name.clone(),
                Some(now.saturating_sub(at)),
                self.failover.cause.clone(),
            ),
            (Some((last, name)), None) => {
                let cause = match self.why_lost(*last) {
                    Some(why) => clip(format_args!("{name} {}", why.past())),
                    None => select::reason(self, link),
                };
                (name.clone(), Some(0), cause)
            }
        };
        let other = |(_, name): &(Index, IfName)| *name != to;
        self.failover.switches += u32::from(self.failover.last.as_ref().is_some_and(other));
        self.failover.last = Some((index, to.clone()));
        self.failover.lost_at = None;
        self.failover.since = now;
        let switch = Switch {
            from,
            to,
            outage_ms,
        };
        self.journal
            .write_switch(now, switch, format_args!("{cause}"));
    }

    fn lost(&mut self, now: u64, bond: Option<Index>) {
        let (Some((index, name)), None) = (&self.failover.last, self.failover.lost_at) else {
            return;
        };
        let (index, name) = (*index, name.clone());
        let why = match self.why_lost(index) {
            _ if bond.is_none() => "lost its bond",
            Some(why) => why.past(),
            None => "is no longer active",
        };
        let cause: Text = clip(format_args!("{name} {why}"));
        let mut others = self.observed.links().filter(|l| l.index != index);
        let other = others.any(|l| bond.is_some() && l.master == bond && self.passes(l).is_ok());
        if !other {
            let text = format_args!("no member carries traffic: {cause}");
            self.journal.write(now, RecordKind::Outage, &name, text);
        }
        self.failover.cause = cause;
        self.failover.lost_at = Some(now);
    }

    /// Why a member that carried does so no longer; `None`: it could.
    fn why_lost(&self, index: Index) -> Option<Why> {
        match self.observed.link(index) {
            Some(link) => self.passes(link).err(),
            None => Some(Why::Unplugged),
        }
    }
}
