//! The one rule of choice: which members may carry the bond's traffic, and which of them does.
//!
//! The active member is chosen here and not by the kernel, because the kernel counts a Wi-Fi
//! member as up as soon as it is associated: with a wrong passphrase on the primary it would
//! take the traffic there at every attempt. So the kernel's own `primary` is set only while
//! that member is authorised and active, and cleared when it is not.
use super::Engine;
use super::contract::action::{Action, BondOption, KernelAction};
use super::journal::{Text, clip};
use super::observed::{BondOptions, Index, Link, Mii};
use super::radio::Block;
use super::roles::{matches, present_members};
use super::supplicant::Supplicant;
use crate::config::{self, PrimaryReselect};

/// Why an adapter may not carry the bond's traffic. Shown by its `Display` form in the status
/// and by `doctor`, and by [`Why::past`] in events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Unplugged,
    /// By rfkill.
    Blocked(Block),
    NotAMember,
    /// `wifibond member NAME down`.
    Resting,
    /// By another program, or not yet set up.
    Down,
    NoCarrier,
    /// No keys yet (Wi-Fi), or the controlled port of IEEE 802.1X.
    Unauthorised,
    /// The bonding driver's link monitor has not seen its link as up (`miimon`, `updelay`).
    LinkMonitor,
}

impl core::fmt::Display for Why {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Why::Unplugged => "missing: not plugged in",
            Why::Blocked(Block::Soft) => "switched off by rfkill",
            Why::Blocked(Block::Hard) => "switched off by a key or switch (rfkill)",
            Why::NotAMember => "not a member",
            Why::Resting => "set down by `wifibond member`",
            Why::Down => "set down",
            Why::NoCarrier => "no carrier",
            Why::Unauthorised => "not authorised",
            Why::LinkMonitor => "not up yet for the bonding driver",
        })
    }
}

impl Why {
    /// What has happened to a member that carried, after its name.
    pub fn past(self) -> &'static str {
        match self {
            Why::Unplugged => "was unplugged",
            Why::NotAMember => "left the bond",
            Why::Blocked(_) | Why::Resting | Why::Down => "was set down",
            Why::NoCarrier => "lost its carrier",
            Why::Unauthorised => "is no longer authorised",
            Why::LinkMonitor => "lost its link",
        }
    }
}

impl Engine {
    /// May the bond's traffic go through this adapter?
    pub(super) fn eligible(&self, bond: Option<Index>, link: &Link) -> Result<(), Why> {
        match self.blocked(link) {
            Some(block) => Err(Why::Blocked(block)),
            None if bond.is_none() || link.master != bond => Err(Why::NotAMember),
            None if self.is_resting(link.index) => Err(Why::Resting),
            None => self.passes(link),
        }
    }

    /// Does traffic pass this member, wanted there or not?
    pub(super) fn passes(&self, link: &Link) -> Result<(), Why> {
        let Some(port) = link.port else {
            return Err(Why::NotAMember);
        };
        match port.mii {
            _ if !link.up => Err(Why::Down),
            _ if !link.carrier => Err(Why::NoCarrier),
            _ if !self.authorised(link) => Err(Why::Unauthorised),
            Mii::Fail | Mii::Down | Mii::Back => Err(Why::LinkMonitor),
            Mii::Up => Ok(()),
        }
    }

    /// Traffic passes, or will when the bonding driver's link monitor has seen it.
    pub(super) fn joined(&self, link: &Link) -> bool {
        matches!(self.passes(link), Ok(()) | Err(Why::LinkMonitor))
    }

    /// May this member be made active? Its number, or why not.
    pub fn may_switch(&self, name: &str) -> Result<Index, &'static str> {
        let Some((bond, _)) = self.usable_bond() else {
            return Err("there is no bond to switch");
        };
        let link = self.observed.by_name(name);
        match link {
            None => Err("no such adapter is plugged in; see `wifibond status`"),
            Some(link) if link.master != Some(bond.index) => Err("is not a member of the bond"),
            Some(link) if !self.joined(link) => {
                Err("cannot carry traffic now; see `wifibond status`")
            }
            Some(link) => Ok(link.index),
        }
    }
}

/// Which member should be active: the one asked for, else as `primary_reselect`
/// says, else the first that is eligible. `None`: none is; the kernel may try.
pub fn choose(engine: &Engine, bond: &Link, have: &BondOptions) -> Option<Index> {
    let settled = |link: &&Link| !engine.is_unsettled(link.index);
    let present = present_members(&engine.config, &engine.observed);
    let eligible = present
        .iter()
        .filter_map(|index| engine.observed.link(*index))
        .filter(|link| engine.eligible(Some(bond.index), link).is_ok());
    // A member whose new network settings wait steps aside while another is eligible.
    let prefer_settled = eligible.clone().any(|link| settled(&link));
    let mut eligible = eligible.filter(|link| !prefer_settled || settled(link));
    let first = eligible.clone().next()?;
    let find = |index: Index| eligible.clone().find(|link| link.index == index);
    if let Some(pinned) = engine.pinned.and_then(find) {
        return Some(pinned.index);
    }
    let current = have.active.and_then(find);
    let primary = eligible.find(|link| is_primary(&engine.config.bond, link));
    match (current, primary) {
        (Some(current), Some(primary)) => match engine.config.bond.primary_reselect {
            PrimaryReselect::Always => Some(primary.index),
            PrimaryReselect::Better if speed(primary) > speed(current) => Some(primary.index),
            PrimaryReselect::Better | PrimaryReselect::Failure => Some(current.index),
        },
        (Some(current), None) => Some(current.index),
        (None, Some(primary)) => Some(primary.index),
        (None, None) => Some(first.index),
    }
}

/// What `better` compares, as bond_choose_primary_or_current() in
/// drivers/net/bonding/bond_main.c does: Mbit/s, then full duplex. Unlike there, a speed that
/// the driver does not tell (Wi-Fi) is less than any other.
fn speed(link: &Link) -> (Option<u32>, Option<bool>) {
    (link.facts.speed, link.facts.full_duplex)
}

pub fn is_primary(bond: &config::Bond, link: &Link) -> bool {
    bond.primary
        .as_ref()
        .is_some_and(|primary| matches(primary, link))
}

/// The step that makes the chosen member active, or keeps the kernel from preferring
/// another.
pub fn next_active(engine: &Engine, now: u64) -> Option<Action> {
    let (bond, have) = engine.usable_bond()?;
    let set = |option| {
        engine.offer(
            now,
            KernelAction::SetBond {
                bond: bond.index,
                option,
            },
        )
    };
    let chosen = choose(engine, bond, have);
    let primary = chosen.filter(|index| {
        let link = engine.observed.link(*index);
        have.active == chosen && link.is_some_and(|l| is_primary(&engine.config.bond, l))
    });
    // The kernel lets go of its primary first: it would take the traffic back there at
    // the next event of any member, as long as it counts that link as up.
    if have.primary.is_some()
        && have.primary != chosen
        && let Some(step) = set(BondOption::Primary(None))
    {
        return Some(step);
    }
    if chosen.is_some()
        && chosen != have.active
        && let Some(step) = set(BondOption::Active(chosen))
    {
        return Some(step);
    }
    if have.primary != primary {
        return set(BondOption::Primary(primary));
    }
    None
}

/// Why this member carries instead of one that could go on: for the journal.
pub fn reason(engine: &Engine, link: &Link) -> Text {
    let name = &link.name;
    if engine.pinned == Some(link.index) {
        return clip(format_args!("asked for by `wifibond switch`"));
    }
    let unsettled = |s: &&Supplicant| s.is_outdated() || s.is_settling();
    let mut others = engine.supplicants().filter(|s| s.link != link.index);
    if let Some(aside) = others.find(unsettled) {
        return clip(format_args!("{} gets new settings", aside.name));
    }
    if is_primary(&engine.config.bond, link) {
        return clip(format_args!("the primary {name} can carry traffic again"));
    }
    clip(format_args!("{name} was chosen outside of wifibond"))
}
