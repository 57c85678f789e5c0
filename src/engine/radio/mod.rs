//! The radios: country, power save, rates, distance, and what blocks them (rfkill).
//!
//! A setting is made once after every "up" of its adapter, because drivers forget; power
//! save is checked again each time the adapter has joined. What a driver cannot do is left out,
//! and reported by `doctor`.
mod state;

use super::Engine;
use super::actions::Remember;
use super::contract::action::{Action, KernelAction, RadioRequest};
use super::contract::event::Failure;
use super::contract::settings::{METRES_A_CLASS, RadioSetting, Restore, Switch};
use super::journal::{Text, clip};
use super::observed::{Link, Medium, Mode};
use super::roles;
use crate::engine::time::{Instant, Millis};
use heapless::Vec;

/// Radio switches of the machine: one a Wi-Fi adapter, and some of other kinds.
pub const MAX_SWITCHES: usize = 24;
/// The kernel looks a country up in the background; it is checked after this.
const COUNTRY_WITHIN: Millis = Millis(2_000);
/// Errors after which a setting is tried again: ENODEV, ENETDOWN, EBUSY, EINTR, ENOBUFS. A driver
/// that does not answer (ETIMEDOUT) is not asked again: it delays every other request.
const PASSING: [i32; 5] = [19, 100, 16, 4, 105];

const EINVAL: i32 = 22;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Done<T> {
    #[default]
    No,
    Yes(T),
    /// The driver does not take it.
    Cannot(T),
}

impl<T: PartialEq + Copy> Done<T> {
    fn is_for(&self, wanted: T) -> bool {
        matches!(self, Done::Yes(value) | Done::Cannot(value) if *value == wanted)
    }
    fn try_again(&mut self) {
        if let Done::Cannot(_) = self {
            *self = Done::No;
        }
    }
    /// The driver has forgotten it.
    fn forget(&mut self) {
        if let Done::Yes(_) = self {
            *self = Done::No;
        }
    }
    fn cannot(&self) -> Option<T> {
        match self {
            Done::Cannot(value) => Some(*value),
            Done::No | Done::Yes(_) => None,
        }
    }
}

/// What was set on one adapter.
#[derive(Debug, Default)]
pub struct Settings {
    power_save: Done<bool>,
    legacy_rates: Done<bool>,
    coverage: Done<u8>,
}

/// A switch, and what is done about it.
#[derive(Debug)]
struct Known {
    switch: Switch,
    /// When it was first seen: at the start, or when its adapter came.
    found_at: Instant,
    /// It was switched off while it was in use: that is not undone.
    obeyed: bool,
    /// `wifibond member NAME up` asked for it.
    asked: bool,
}

/// A block that comes so soon after its switch is of before: the kernel's for all radios
/// (`rfkill_register()` in net/rfkill/core.c), or the last boot's, which systemd-rfkill(8)
/// brings back.
const FOUND_WITHIN: Millis = Millis(10_000);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Country {
    #[default]
    Unset,
    /// Asked for; looked at again at this time.
    Asked(Instant),
    Settled,
    Ignored,
}

/// What concerns all radios.
#[derive(Debug, Default)]
pub struct Radios {
    switches: Vec<Known, MAX_SWITCHES>,
    country: Country,
}

/// What keeps a radio off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// By software: another program, or the last boot's state; can be lifted.
    Soft,
    /// By a key or a pin of the device; only there.
    Hard,
}

/// The next step for any radio.
pub fn next(engine: &Engine, now: Instant) -> Option<Action> {
    let mine = || engine.observed.links().filter(|link| is_ours(engine, link));
    mine()
        .find_map(|link| unblock(engine, now, link))
        .or_else(|| country(engine, now))
        .or_else(|| mine().find_map(|link| setting(engine, now, link)))
        .or_else(|| give_back(engine, now, &|link| !is_ours(engine, link)))
}

/// The next adapter to be given back as it was, of those.
pub fn give_back(engine: &Engine, now: Instant, which: &dyn Fn(&Link) -> bool) -> Option<Action> {
    let changed = engine.interfaces.iter().filter(|one| one.restore.radio);
    let mut changed = changed.filter_map(|one| Some((one, engine.observed.link(one.index)?)));
    let (interface, link) = changed.find(|(_, link)| which(link))?;
    // The kernel takes rates for adapters that are up alone.
    if interface.restore.rates && !link.up && engine.blocked(link).is_none() {
        let up = KernelAction::up(link.index);
        if let Some(step) = engine.offer(now, up) {
            return Some(step);
        }
    }
    let link = link.index;
    engine.offer(now, RadioRequest::Restore { link })
}

fn is_ours(engine: &Engine, link: &Link) -> bool {
    let config = &engine.config;
    link.facts.medium == Medium::Wifi(Mode::Station)
        && (roles::member_rank(config, link).is_some() || roles::own_link(config, link).is_some())
}

fn unblock(engine: &Engine, now: Instant, link: &Link) -> Option<Action> {
    let known = engine.switch_of(link)?;
    let wanted = known.asked || (engine.config.radio.unblock && !known.obeyed);
    if !known.switch.soft || !wanted {
        return None;
    }
    let (link, switch) = (link.index, known.switch.number);
    engine.offer(now, RadioRequest::Unblock { link, switch })
}

fn country(engine: &Engine, now: Instant) -> Option<Action> {
    let code = engine.config.country?;
    match engine.radios.country {
        Country::Unset => {
            let mut links = engine.observed.links();
            links.find(|link| is_ours(engine, link))?;
            engine.offer(now, RadioRequest::SetCountry { code })
        }
        Country::Asked(at) if now >= at => engine.offer(now, RadioRequest::CheckCountry { code }),
        Country::Asked(_) | Country::Settled | Country::Ignored => None,
    }
}

fn setting(engine: &Engine, now: Instant, link: &Link) -> Option<Action> {
    let bond = engine.usable_bond().map(|(bond, _)| bond.index);
    // What belongs to another program's master is not ours to set.
    let foreign = link.master.is_some() && link.master != bond;
    if foreign || !link.up || engine.blocked(link).is_some() {
        return None;
    }
    let wanted = &engine.config.radio;
    let (fresh, untouched) = (Settings::default(), Restore::default());
    let (radio, restore) = match engine.interfaces.get(link.index) {
        Some(interface) => (&interface.radio, &interface.restore),
        None => (&fresh, &untouched),
    };
    let class = wanted.distance_m.map(|metres| {
        let class = metres.div_ceil(METRES_A_CLASS);
        u8::try_from(class).unwrap_or(u8::MAX)
    });
    // All rates, and no distance, are what every driver begins with.
    let rates = !wanted.legacy_rates || restore.rates;
    let class = class.or(restore.distance.then_some(0));
    let steps = [
        (!radio.power_save.is_for(wanted.power_save))
            .then_some(RadioSetting::PowerSave(wanted.power_save)),
        (rates && !radio.legacy_rates.is_for(wanted.legacy_rates))
            .then_some(RadioSetting::LegacyRates(wanted.legacy_rates)),
        class
            .filter(|class| !radio.coverage.is_for(*class))
            .map(RadioSetting::CoverageClass),
    ];
    steps.into_iter().flatten().find_map(|setting| {
        let link = link.index;
        engine.offer(now, RadioRequest::Set { link, setting })
    })
}

/// Why this adapter cannot send, if it is switched off.
pub fn refusal(engine: &Engine, link: &Link) -> Option<Text> {
    if !is_ours(engine, link) {
        return None;
    }
    let text = match engine.blocked(link)? {
        Block::Hard => {
            "is switched off by a key or switch of the device (rfkill, hard-blocked): turn it on there"
        }
        Block::Soft if engine.switch_of(link).is_some_and(|known| known.obeyed) => {
            let name = &link.name;
            return Some(clip(format_args!(
                "is switched off by rfkill, and left so: `rfkill unblock wifi`, or `wifibond member {name} up`"
            )));
        }
        // A failed attempt is among the problems.
        Block::Soft if engine.config.radio.unblock => return None,
        Block::Soft => {
            "is switched off by rfkill: `rfkill unblock wifi`, or \"unblock\": true in `radio`"
        }
    };
    Some(clip(format_args!("{text}")))
}

impl Engine {
    pub(in crate::engine) fn radio_done(
        &mut self,
        now: Instant,
        request: RadioRequest,
        failure: Option<&Failure>,
    ) -> Remember {
        match (request, failure) {
            (RadioRequest::Set { link, setting }, None) => self.radio_set(link, setting),
            (RadioRequest::Set { link, setting }, Some(why)) => {
                if self.radio_refused(now, link, setting, why) {
                    return Remember::Nothing;
                }
            }
            // Tried once: after a failure it stays as it is.
            (RadioRequest::Restore { link }, _) => self.radio_restored(link),
            (RadioRequest::SetCountry { .. }, None) => self.country_asked(now),
            (RadioRequest::CheckCountry { .. }, None) => self.country_checked(now, true),
            (RadioRequest::CheckCountry { .. }, Some(_)) => {
                self.country_checked(now, false);
                return Remember::Nothing;
            }
            (RadioRequest::SetCountry { .. }, Some(_)) | (RadioRequest::Unblock { .. }, _) => {}
        }
        Remember::Outcome
    }
}
