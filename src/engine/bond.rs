//! The bond: what is missing, and the next step towards it. Which member is active: see
//! `select`.
use super::Engine;
use super::contract::action::{Action, BondOption, KernelAction};
use super::existing::{self, Existing, desired_options, mode_fits};
use super::journal::{Text, clip};
use super::member;
use super::observed::{BondOptions, Link};
use super::time::Instant;
use crate::config::FailOverMac;

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
pub fn next(engine: &Engine, now: Instant) -> Option<Action> {
    let want = desired_options(engine);
    let (bond, have) = match existing::bond(engine) {
        Existing::Unwanted | Existing::Refused(_) => return None,
        Existing::Absent => {
            let name = engine.config.bond.name.clone();
            return engine.offer(
                now,
                KernelAction::CreateBond {
                    name,
                    options: want,
                },
            );
        }
        Existing::Usable((bond, have)) => (bond, have),
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
        let step = engine.offer(now, KernelAction::SetBond(bond.index, option));
        if step.is_some() {
            return step;
        }
    }
    if !bond.up {
        return engine.offer(now, KernelAction::up(bond.index));
    }
    None
}

/// Mode and fail_over_mac can only be changed without members, the mode only while
/// the bond is down (drivers/net/bonding/bond_options.c).
fn change_mode(
    engine: &Engine,
    now: Instant,
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
        return engine.offer(now, KernelAction::down(bond.index));
    }
    let option = if have.mode != want.mode {
        BondOption::Mode(want.mode)
    } else {
        BondOption::FailOverMac(want.fail_over_mac)
    };
    engine.offer(now, KernelAction::SetBond(bond.index, option))
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
