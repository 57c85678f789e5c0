//! The one rule of choice: which members may carry the bond's traffic, and which of them does.
//!
//! The active member is chosen here and not by the kernel, because the kernel counts a Wi-Fi
//! member as up as soon as it is associated: with a wrong passphrase on the primary it would
//! take the traffic there at every attempt. So the kernel's own `primary` is set only while
//! that member is authorised and active, and cleared when it is not.
use super::Engine;
use super::contract::action::{Action, BondOption, KernelAction};
use super::journal::{Text, clip};
use super::observed::{Index, Link, Mii};
use super::radio::Block;
use super::roles::{MAX_PORTS, matches};
use super::supplicant::Supplicant;
use super::time::Instant;
use crate::config::{self, PrimaryReselect};
use core::net::IpAddr;
use heapless::Vec;

/// Why an adapter may not carry the bond's traffic: the error of `Engine::eligible`.
///
/// - `Display`: the member's state in `status` and `status --json`, where
///   [`Why::outranks_radio`]; `doctor` has it while the box is not online, of members that are
///   not authorised.
/// - [`Why::past`]: the cause of a switch or an outage in events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No adapter matches the entry of `bond.members`.
    Unplugged,
    /// By rfkill.
    Blocked(Block),
    /// It is in no bond, or in another.
    NotAMember,
    /// `wifibond member NAME down`.
    Resting,
    /// `IFF_UP` is not set: by another program, or not yet.
    Down,
    /// Wi-Fi: not associated.
    NoCarrier,
    /// No keys yet (Wi-Fi), or the controlled port of IEEE 802.1X.
    Unauthorised,
    /// The bonding driver's link monitor has not seen its link as up (`miimon`, `updelay`).
    LinkMonitor,
    /// This host does not answer through it, and does through another member.
    NoAnswer(IpAddr),
    /// Nothing answers through any member, and its access point acknowledges none of its frames.
    NoAcknowledgement,
    /// Many probes of this host are lost through it, and few through another member.
    Lossy(IpAddr),
    /// It may carry, and another member is preferred: [`Engine::waits`]. The network gives no lease.
    NoLease,
    /// As [`Why::NoLease`]: the network refuses the lease that was granted through another member.
    LeaseRefused,
    /// As [`Why::NoLease`]: a weak signal.
    Weak {
        /// In dBm.
        own: i32,
        /// The strongest of the other members, in dBm.
        other: i32,
    },
}

impl core::fmt::Display for Why {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Why::NoAnswer(host) => return write!(f, "bad: {host} does not answer through it"),
            Why::Lossy(host) => return write!(f, "bad: many probes of {host} are lost"),
            Why::Weak { own, other } => {
                return write!(f, "waits: {own} dBm, another member has {other} dBm");
            }
            Why::LeaseRefused => "waits: its network refuses the lease of another member's",
            Why::NoLease => "waits: no lease is had through it",
            Why::NoAcknowledgement => "bad: its access point acknowledges nothing",
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
    /// No frame of the member arrives.
    pub fn passes_nothing(self) -> bool {
        matches!(self, Why::NoAnswer(_) | Why::NoAcknowledgement)
    }

    /// Whether it is the member's state in the status, also where a wpa_supplicant has one. `false`:
    /// the wpa_supplicant's state ("scanning") is more precise, or follows from it.
    pub fn outranks_radio(self) -> bool {
        match self {
            Why::Blocked(_) | Why::NotAMember | Why::Resting => true,
            Why::NoAnswer(_) | Why::NoAcknowledgement | Why::Lossy(_) => true,
            // One that is not there has no line of its own.
            Why::Unplugged => false,
            Why::Down | Why::NoCarrier | Why::Unauthorised | Why::LinkMonitor => false,
            // What it does is its state; why the traffic stays away stands beside that.
            Why::NoLease | Why::LeaseRefused | Why::Weak { .. } => false,
        }
    }

    /// What has happened to a member that carried traffic; the text follows its name.
    pub fn past(self) -> &'static str {
        match self {
            Why::Unplugged => "was unplugged",
            Why::NotAMember => "left the bond",
            Why::Blocked(_) | Why::Resting | Why::Down => "was set down",
            Why::NoCarrier => "lost its carrier",
            Why::Unauthorised => "lost its authorisation",
            Why::LinkMonitor => "lost its link",
            Why::NoAnswer(_) | Why::NoAcknowledgement => "passed nothing",
            Why::Lossy(_) => "lost many probes",
            Why::NoLease => "gave no lease",
            Why::LeaseRefused => "refused the lease",
            Why::Weak { .. } => "had a weak signal",
        }
    }
}

impl Engine {
    /// Whether the bond's traffic may go through this adapter, and if not, why. A member that may
    /// not is not chosen, and one that carries traffic is replaced, without an outage, once another
    /// may. While none may, the kernel keeps the one it has.
    pub(super) fn eligible(&self, link: &Link) -> Result<(), Why> {
        match self.blocked(link) {
            Some(block) => Err(Why::Blocked(block)),
            None if !self.in_bond(link) => Err(Why::NotAMember),
            None if self.is_resting(link.index) => Err(Why::Resting),
            None => self.passes(link),
        }
    }

    /// Why another member is preferred to one that may carry the traffic; `None`: none is, or it has
    /// to prove its health first ([`Health::held_until`](super::health::Health::held_until)).
    pub fn waits(&self, now: Instant, link: &Link) -> Option<Why> {
        let waits = self.active_member() != Some(link.index) && self.eligible(link).is_ok();
        match self.lacks_lease(now, link.index) {
            _ if waits && self.refuses_lease(now, link.index) => Some(Why::LeaseRefused),
            true if waits => Some(Why::NoLease),
            false if waits => self.weakness(link.index),
            true | false => None,
        }
    }

    /// Whether traffic passes this member, chosen for it or not. The outage record depends on this:
    /// what is refused here counts as lost at once. A reason for which traffic still passes, but
    /// should not, belongs into [`Engine::eligible`].
    pub(super) fn passes(&self, link: &Link) -> Result<(), Why> {
        self.carries(link)?;
        match self.found_bad(link.index) {
            Some(why) => Err(why),
            None => Ok(()),
        }
    }

    /// As [`Engine::passes`], by the kernel and the keys alone.
    pub(super) fn carries(&self, link: &Link) -> Result<(), Why> {
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

    /// The index of a member that may be made active, or why it may not.
    pub fn may_switch(&self, name: &str) -> Result<Index, &'static str> {
        if self.usable_bond().is_none() {
            return Err("there is no bond to switch");
        }
        match self.observed.by_name(name) {
            None => Err("no such adapter is plugged in; see `wifibond status`"),
            Some(link) if !self.in_bond(link) => Err("is not a member of the bond"),
            Some(link) => match self.eligible(link) {
                // One that has just joined is made active as soon as the driver lets it be.
                Ok(()) | Err(Why::LinkMonitor) => Ok(link.index),
                Err(_) => Err("cannot carry traffic now; see `wifibond status`"),
            },
        }
    }
}

/// Which member should be active: the one asked for, else as `primary_reselect`
/// says, else the first that is eligible. `None`: none is; the kernel may try.
pub fn choose(engine: &Engine, now: Instant, active: Option<Index>) -> Option<Index> {
    let mut eligible = engine.present_members();
    eligible.retain(|link| engine.eligible(link).is_ok());
    if let Some(verified) = eligible.iter().find(|link| engine.is_verified(link.index)) {
        return Some(verified.index);
    }
    // One with new network settings to come is chosen after the others, and one without a lease.
    prefer(&mut eligible, |link| {
        !engine.is_unsettled(link.index) || engine.keeps_old_settings(now, link.index)
    });
    prefer(&mut eligible, |link| !engine.lacks_lease(now, link.index));
    // One in a network of lower priority, too, unless a person wants it; a cable is in none.
    let pinned = |link: &&Link| engine.pinned == Some(link.index);
    if !eligible.iter().any(pinned) {
        let proven = |link: &&Link| engine.proven_priority(now, link);
        let best = eligible.iter().filter_map(proven).max();
        eligible.retain(|link| engine.network_priority(link).or(best) >= best);
    }
    // One whose network refuses the lease works: it is left when another one has proved its health.
    let held = |link: &Link| engine.is_held(now, link.index);
    let stays = |link: &Link| active.is_none_or(|active| active == link.index) || !held(link);
    prefer(&mut eligible, |link| {
        !engine.refuses_lease(now, link.index) && stays(link)
    });
    let Some(first) = eligible.first() else {
        return engine.least_bad(active);
    };
    let find = |index: Index| eligible.iter().find(|link| link.index == index);
    if let Some(pinned) = engine.pinned.and_then(find) {
        return Some(pinned.index);
    }
    let current = active.and_then(find);
    let better = |current: &&Link| engine.much_better(now, current, &eligible);
    if let Some(better) = current.and_then(better) {
        return Some(better);
    }
    let is_primary = |link: &&&Link| is_primary(&engine.config.bond, link);
    let primary = eligible.iter().find(is_primary);
    match (current, primary) {
        (Some(current), Some(primary))
            if !engine.may_return(now, current, primary)
                || engine.weakness(primary.index).is_some() =>
        {
            Some(current.index)
        }
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

/// Leaves only those that are better, if any is.
fn prefer(links: &mut Vec<&Link, MAX_PORTS>, is_better: impl Fn(&Link) -> bool) {
    if links.iter().any(|link| is_better(link)) {
        links.retain(|link| is_better(link));
    }
}

/// What `better` compares of a primary, as bond_choose_primary_or_current() in
/// drivers/net/bonding/bond_main.c does: Mbit/s, then full duplex. Unlike there, a cable
/// is better than Wi-Fi, and a speed that the driver does not report is less than any other.
fn speed(link: &Link) -> (bool, Option<u32>, Option<bool>) {
    let is_cable = !link.facts.is_wifi();
    (is_cable, link.facts.speed, link.facts.full_duplex)
}

/// Whether `bond.primary` matches this link.
pub fn is_primary(bond: &config::Bond, link: &Link) -> bool {
    bond.primary
        .as_ref()
        .is_some_and(|primary| matches(primary, link))
}

/// The step that makes the chosen member active, or keeps the kernel from preferring
/// another.
pub fn next_active(engine: &Engine, now: Instant) -> Option<Action> {
    let (bond, have) = engine.usable_bond()?;
    let set = |option| engine.offer(now, KernelAction::SetBond(bond.index, option));
    let chosen = choose(engine, now, have.active);
    let primary = chosen.filter(|index| {
        let link = engine.observed.link(*index);
        have.active == chosen && link.is_some_and(|l| is_primary(&engine.config.bond, l))
    });
    // The kernel's primary is cleared first: the kernel would move the traffic back there at
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

/// Why this member carries the traffic in place of one that still could: for the journal.
pub fn reason(engine: &Engine, now: Instant, link: &Link) -> Text {
    let name = &link.name;
    if engine.pinned == Some(link.index) {
        return clip(format_args!("asked for by `wifibond switch`"));
    }
    if engine.is_verified(link.index) {
        return clip(format_args!("the new settings are tried through it"));
    }
    let unsettled = |s: &&Supplicant| s.is_outdated() || s.is_settling();
    let mut others = engine.supplicants().filter(|s| s.link != link.index);
    if let Some(aside) = others.find(unsettled) {
        return clip(format_args!("{} gets new settings", aside.name));
    }
    let is_other = |other: &&Link| other.index != link.index;
    let mut others = engine.present_members().into_iter().filter(is_other);
    if let Some(other) = others.find(|other| engine.lacks_lease(now, other.index)) {
        return clip(format_args!("no lease is had through {}", other.name));
    }
    let priority = |link: &Link| engine.network_priority(link);
    let mut others = engine.usable().filter(is_other);
    if others.any(|other| priority(other).is_some() && priority(other) < priority(link)) {
        return clip(format_args!("{name} is in a network of higher priority"));
    }
    let mut others = engine.present_members().into_iter().filter(is_other);
    if let Some(other) = others.find(|other| engine.refuses_lease(now, other.index)) {
        return clip(format_args!(
            "the network of {} refuses the lease",
            other.name
        ));
    }
    if let Some(reception) = engine.reception_reason(link) {
        return reception;
    }
    if is_primary(&engine.config.bond, link) {
        return clip(format_args!("the primary {name} can carry traffic again"));
    }
    clip(format_args!("{name} was chosen outside of wifibond"))
}
