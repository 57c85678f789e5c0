//! The bond and its members: what is missing, and the next step towards it.
//!
//! The active member is chosen here and not by the kernel, because the kernel
//! counts a Wi-Fi member as up as soon as it is associated: with a wrong passphrase
//! on the primary it would take the traffic there at every attempt. So the kernel's
//! own `primary` is set only while that member is authorised and active, and
//! cleared when it is not.
use super::Engine;
use super::action::{Action, BondOption, KernelAction};
use super::journal::{Text, clip};
use super::member;
use super::observed::{BondOptions, Index, Kind, Link};
use super::roles::{matches, member_rank, present_members};
use super::supplicant::Supplicant;
use crate::config::{self, FailOverMac, PrimaryReselect};

/// The kernel's number of mode active-backup (BOND_MODE_ACTIVEBACKUP).
const ACTIVE_BACKUP: u8 = 1;
/// Gratuitous ARPs after a fail-over. One is lost where no member was active before:
/// the bond's carrier is not up yet when it is due.
const PEER_NOTIFICATIONS: u8 = 5;

/// What stands where our bond should be.
pub enum Place<'a> {
    /// The file asks for no bond.
    Unwanted,
    Empty,
    Usable(&'a Link, &'a BondOptions),
    /// Not ours to change, and why.
    Refused(Text),
}

/// Looks at the interface with the bond's name.
pub fn place<'a>(engine: &'a Engine) -> Place<'a> {
    let wanted = &engine.config.bond;
    if wanted.members.is_empty() {
        return Place::Unwanted;
    }
    let Some(link) = engine.observed.by_name(&wanted.name) else {
        return Place::Empty;
    };
    let Kind::Bond(options) = &link.kind else {
        return Place::Refused(clip(format_args!(
            "exists already and is no bond: rename it, or choose another bond.name"
        )));
    };
    match foreign_reason(engine, link, options) {
        Some(reason) => Place::Refused(reason),
        None => Place::Usable(link, options),
    }
}

/// A bond that somebody else made is taken over when nothing is lost by it: when it
/// is empty, or already as wanted with no other members than ours.
fn foreign_reason(engine: &Engine, bond: &Link, options: &BondOptions) -> Option<Text> {
    if engine.is_ours(bond) {
        return None;
    }
    let members = || {
        let observed = &engine.observed;
        observed.links().filter(|l| l.master == Some(bond.index))
    };
    let mode = mode_name(options.mode);
    if let Some(other) = members().find(|l| member_rank(&engine.config, l).is_none()) {
        return Some(clip(format_args!(
            "is another program's ({mode}, with the member {}): delete it, or choose another bond.name",
            other.name
        )));
    }
    if members().next().is_some() && !mode_fits(options, &desired_options(engine)) {
        return Some(clip(format_args!(
            "is another program's ({mode}, other options than ours): delete it, or choose another bond.name"
        )));
    }
    None
}

/// The kernel's names (`bond_mode_tbl` in drivers/net/bonding/bond_options.c).
pub(super) fn mode_name(mode: u8) -> &'static str {
    const NAMES: [&str; 7] = [
        "balance-rr",
        "active-backup",
        "balance-xor",
        "broadcast",
        "802.3ad",
        "balance-tlb",
        "balance-alb",
    ];
    NAMES.get(usize::from(mode)).unwrap_or(&"unknown mode")
}

pub(super) fn mode_fits(have: &BondOptions, want: &BondOptions) -> bool {
    have.mode == want.mode && have.fail_over_mac == want.fail_over_mac
}

/// The options as the file wants them; `primary` and `active` are decided later.
pub fn desired_options(engine: &Engine) -> BondOptions {
    let bond = &engine.config.bond;
    BondOptions {
        mode: ACTIVE_BACKUP,
        miimon_ms: bond.miimon_ms,
        updelay_ms: bond.updelay_ms,
        downdelay_ms: bond.downdelay_ms,
        primary: None,
        // Always "failure", whatever the file says: with "always" any re-selection moves
        // the traffic to the first member that has carrier, authorised or not. The
        // file's meaning is kept by `choose`.
        primary_reselect: 2,
        fail_over_mac: match bond.fail_over_mac {
            _ if engine.own_macs => 1,
            FailOverMac::None => 0,
            FailOverMac::Active => 1,
            FailOverMac::Follow => 2,
        },
        peer_notifications: PEER_NOTIFICATIONS,
        active: None,
        arp_interval_ms: 0,
    }
}

/// Is a member that is there Wi-Fi?
pub fn has_wifi(engine: &Engine) -> bool {
    let mut present = present_members(&engine.config, &engine.observed).into_iter();
    present.any(|index| {
        engine
            .observed
            .link(index)
            .is_some_and(|l| l.facts.is_wifi())
    })
}

/// The file's `fail_over_mac` would have an access point drop every frame of a member. It is
/// not gone back to when that member leaves: to change it empties the bond.
pub fn mac_refusal(engine: &Engine) -> Option<Text> {
    let word = match engine.config.bond.fail_over_mac {
        FailOverMac::Active => return None,
        other @ (FailOverMac::None | FailOverMac::Follow) => other.word(),
    };
    engine.own_macs.then(|| {
        clip(format_args!(
            "\"fail_over_mac\": \"{word}\" is for wired members, and a member is Wi-Fi: \"active\" is used, as access points drop frames with another adapter's address"
        ))
    })
}

/// The next step for the bond itself.
pub fn next(engine: &Engine, now: u64) -> Option<Action> {
    let want = desired_options(engine);
    let (bond, have) = match place(engine) {
        Place::Unwanted | Place::Refused(_) => return None,
        Place::Empty => {
            let name = engine.config.bond.name.clone();
            return engine.offer(
                now,
                KernelAction::CreateBond {
                    name,
                    options: want,
                },
            );
        }
        Place::Usable(bond, have) => (bond, have),
    };
    if engine.was_made(bond.index) && !bond.ours {
        let mark = engine.offer(now, KernelAction::SetAlias { link: bond.index });
        if mark.is_some() {
            return mark;
        }
    }
    if !mode_fits(have, &want) {
        return change_mode(engine, now, bond, have, &want);
    }
    if let Some(option) = next_option(have, &want) {
        let step = engine.offer(
            now,
            KernelAction::SetBond {
                bond: bond.index,
                option,
            },
        );
        if step.is_some() {
            return step;
        }
    }
    if !bond.up {
        return engine.offer(
            now,
            KernelAction::SetUp {
                link: bond.index,
                up: true,
            },
        );
    }
    None
}

/// Mode and fail_over_mac can only be changed without members, the mode only while
/// the bond is down (drivers/net/bonding/bond_options.c).
fn change_mode(
    engine: &Engine,
    now: u64,
    bond: &Link,
    have: &BondOptions,
    want: &BondOptions,
) -> Option<Action> {
    if let Some(member) = engine
        .observed
        .links()
        .find(|l| l.master == Some(bond.index))
    {
        return member::free(engine, now, member);
    }
    if bond.up {
        return engine.offer(
            now,
            KernelAction::SetUp {
                link: bond.index,
                up: false,
            },
        );
    }
    let option = if have.mode != want.mode {
        BondOption::Mode(want.mode)
    } else {
        BondOption::FailOverMac(want.fail_over_mac)
    };
    engine.offer(
        now,
        KernelAction::SetBond {
            bond: bond.index,
            option,
        },
    )
}

/// The first option that differs. miimon before the delays, which are multiples of it.
fn next_option(have: &BondOptions, want: &BondOptions) -> Option<BondOption> {
    // ARP monitoring and miimon exclude one another; setting miimon ends the former.
    if have.miimon_ms != want.miimon_ms || have.arp_interval_ms != 0 {
        return Some(BondOption::Miimon(want.miimon_ms));
    }
    if have.updelay_ms != want.updelay_ms {
        return Some(BondOption::Updelay(want.updelay_ms));
    }
    if have.downdelay_ms != want.downdelay_ms {
        return Some(BondOption::Downdelay(want.downdelay_ms));
    }
    if have.primary_reselect != want.primary_reselect {
        return Some(BondOption::PrimaryReselect(want.primary_reselect));
    }
    if have.peer_notifications != want.peer_notifications {
        return Some(BondOption::PeerNotifications(want.peer_notifications));
    }
    None
}

/// Which member should be active: the one asked for, else as `primary_reselect`
/// says, else the first that can carry. `None`: nobody can; the kernel may try.
pub fn choose(engine: &Engine, bond: &Link, have: &BondOptions) -> Option<Index> {
    let fresh = |link: &&Link| !engine.is_unsettled(link.index);
    let working = |link: &&Link| engine.usable(link) && !engine.is_resting(link.index);
    let present = present_members(&engine.config, &engine.observed);
    let mine = present
        .iter()
        .filter_map(|index| engine.observed.link(*index))
        .filter(|link| link.master == Some(bond.index) && working(link));
    // A member whose new network settings wait steps aside while another can carry.
    let prefer_fresh = mine.clone().any(|link| fresh(&link));
    let mut able = mine.filter(|link| !prefer_fresh || fresh(link));
    let first = able.clone().next()?;
    let is_able = |index: Index| able.clone().find(|link| link.index == index);
    if let Some(pinned) = engine.pinned.and_then(is_able) {
        return Some(pinned.index);
    }
    let current = have.active.and_then(is_able);
    let primary = able.find(|link| is_primary(&engine.config.bond, link));
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
    let Place::Usable(bond, have) = place(engine) else {
        return None;
    };
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

impl Engine {
    /// May this member be made active? Its number, or why not.
    pub fn may_switch(&self, name: &str) -> Result<Index, &'static str> {
        let Place::Usable(bond, _) = place(self) else {
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
