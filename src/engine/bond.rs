//! The bond: what is missing, and the next step towards it. Which member is active: see
//! `select`.
use super::Engine;
use super::contract::action::{Action, BondOption, KernelAction};
use super::journal::{Text, clip};
use super::member;
use super::observed::{BondOptions, Kind, Link};
use super::roles::{member_rank, present_members};
use crate::config::FailOverMac;

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
