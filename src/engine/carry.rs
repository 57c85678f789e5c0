//! Who carries the traffic, since when, and what a change of it cost.
//!
//! A member carries when it is the bond's active one, the bonding driver counts its
//! link as up, and it is authorised. The outage is the time without such a member,
//! from the kernel's first notification of the loss to the one that ends it.
use super::journal::{Journal, RecordKind, Switch, Text, clip};
use super::observed::{BondOptions, Index, Link, Mii};
use super::roles::authorised;
use super::supplicant::Supplicant;
use super::tables::Observed;
use crate::config::IfName;

#[derive(Debug, Default)]
pub struct Carry {
    /// Who carries now, or carried last.
    last: Option<(Index, IfName)>,
    /// Since when nobody does.
    lost_at: Option<u64>,
    /// Why the last one ceased to.
    cause: Text,
    /// When the present member took over.
    since: u64,
    switches: u32,
}

/// An adapter's wpa_supplicant said that it is in a network; `connected`: newly so. The
/// kernel's notification comes a moment earlier or later, or, after a gap that was too short
/// for it, not at all: then this word alone tells of a join.
pub fn spoke_of_join(observed: &mut Observed, supplicant: &mut Supplicant, connected: bool) {
    let Some(link) = observed.link(supplicant.link) else {
        return;
    };
    let (joins, index) = (link.joins, link.index);
    if !authorised(link) {
        supplicant.joins = joins + 1;
    } else if connected && supplicant.joins == joins {
        supplicant.joins = joins + 1;
        observed.joined(index);
    } else {
        supplicant.joins = joins;
    }
}

/// The member that carries traffic through this bond now.
pub fn carrier<'a>(observed: &'a Observed, bond: &BondOptions) -> Option<&'a Link> {
    let link = observed.link(bond.active?)?;
    usable(link).then_some(link)
}

/// Could this member carry traffic?
pub fn usable(link: &Link) -> bool {
    authorised(link) && link.port.is_some_and(|port| port.mii == Mii::Up)
}

/// It can carry traffic, or will when the bonding driver's link monitor has seen it.
pub fn joined(link: &Link) -> bool {
    authorised(link) && link.port.is_some()
}

impl Carry {
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
    /// Why and since when nobody carries; `None` before the first one did.
    pub fn outage(&self) -> Option<(&str, u64)> {
        self.lost_at.map(|at| (self.cause.as_str(), at))
    }

    /// Compares what was with what is. `reason`: why a new member would be preferred
    /// to one that could still carry.
    pub fn update(
        &mut self,
        now: u64,
        observed: &Observed,
        bond: Option<(Index, &BondOptions)>,
        reason: &dyn Fn(&Link) -> Text,
        journal: &mut Journal,
    ) {
        let current = bond.and_then(|(_, options)| carrier(observed, options));
        match current {
            Some(link) if self.now().is_some_and(|(index, _)| index == link.index) => {}
            Some(link) => self.gained(now, observed, link, reason, journal),
            None => self.lost(now, observed, bond.map(|(index, _)| index), journal),
        }
    }

    fn gained(
        &mut self,
        now: u64,
        observed: &Observed,
        link: &Link,
        reason: &dyn Fn(&Link) -> Text,
        journal: &mut Journal,
    ) {
        let (from, outage_ms, cause) = match (&self.last, self.lost_at) {
            (None, _) => (IfName::new(), None, clip(format_args!("first member"))),
            (Some((_, name)), Some(at)) => (
                name.clone(),
                Some(now.saturating_sub(at)),
                self.cause.clone(),
            ),
            (Some((index, name)), None) => {
                let lost = why_lost(observed.link(*index));
                let cause =
                    lost.map_or_else(|| reason(link), |why| clip(format_args!("{name} {why}")));
                (name.clone(), Some(0), cause)
            }
        };
        if self
            .last
            .as_ref()
            .is_some_and(|(_, name)| *name != link.name)
        {
            self.switches += 1;
        }
        let switch = Switch {
            from,
            to: link.name.clone(),
            outage_ms,
        };
        journal.write_switch(now, switch, format_args!("{cause}"));
        self.last = Some((link.index, link.name.clone()));
        self.lost_at = None;
        self.since = now;
    }

    fn lost(&mut self, now: u64, observed: &Observed, bond: Option<Index>, journal: &mut Journal) {
        let Some((index, name)) = &self.last else {
            return;
        };
        if self.lost_at.is_some() {
            return;
        }
        let link = observed.link(*index);
        let why = match why_lost(link) {
            _ if bond.is_none() => "lost its bond",
            Some(why) => why,
            None => "is no longer active",
        };
        self.cause = clip(format_args!("{name} {why}"));
        self.lost_at = Some(now);
        let other = observed
            .links()
            .any(|l| bond.is_some() && l.master == bond && usable(l) && l.index != *index);
        if !other {
            let text = format_args!("no member carries traffic: {}", self.cause);
            journal.write(now, RecordKind::Outage, name, text);
        }
    }
}

/// Why a member that carried does so no longer; `None`: it could.
fn why_lost(link: Option<&Link>) -> Option<&'static str> {
    let Some(link) = link else {
        return Some("was unplugged");
    };
    match link {
        _ if link.port.is_none() => Some("left the bond"),
        _ if !link.up => Some("was set down"),
        _ if !link.carrier => Some("lost its carrier"),
        _ if !authorised(link) => Some("is no longer authorised"),
        _ if !usable(link) => Some("lost its link"),
        _ => None,
    }
}
