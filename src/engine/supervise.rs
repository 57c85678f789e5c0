//! The wpa_supplicants: which are wanted, and the next step towards that.
use super::Engine;
use super::action::Action;
use super::bond::{Place, place};
use super::observed::{Index, Link};
use super::roles::own_link;
use super::supplicant::{Phase, Supplicant};
use super::supplicant_file::networks;
use super::{carry, roles};

impl Engine {
    /// A supplicant is on this link and has to end before the link can be changed:
    /// the step towards that, or nothing while it is under way. `None`: there is none.
    pub(super) fn supplicant_must_go(&self, now: u64, link: Index) -> Option<Option<Action>> {
        let supplicant = self.supplicant(link)?;
        match supplicant.phase {
            Phase::Waiting { .. } => None,
            _ => Some(stop(self, now, supplicant)),
        }
    }

    /// It has new settings before it, or has just been given them: it is going to lose
    /// its association.
    pub(super) fn is_unsettled(&self, link: Index) -> bool {
        let supplicant = self.supplicant(link);
        supplicant.is_some_and(|s| s.is_outdated() || s.is_settling())
    }

    /// Wi-Fi, in its place, up, and with a network to join.
    pub(super) fn wants_supplicant(&self, link: &Link) -> bool {
        if !link.facts.wifi || !link.up || networks(&self.config, link).next().is_none() {
            return false;
        }
        let in_bond = match place(self) {
            Place::Usable(bond, _) => link.master == Some(bond.index),
            Place::Unwanted | Place::Empty | Place::Refused(_) => false,
        };
        in_bond || (link.master.is_none() && own_link(&self.config, link).is_some())
    }
}

/// Ends one: politely, then by force.
pub(super) fn stop(engine: &Engine, now: u64, supplicant: &Supplicant) -> Option<Action> {
    let link = supplicant.link;
    match supplicant.phase {
        Phase::Waiting { .. } => None,
        Phase::Stopping { .. } if supplicant.is_hung(now) => {
            engine.offer_any(now, Action::StopSupplicant { link, force: true })
        }
        Phase::Stopping { .. } => None,
        Phase::Starting { .. } | Phase::Attached => {
            let force = engine.observed.link(link).is_none() || supplicant.is_hung(now);
            engine.offer_any(now, Action::StopSupplicant { link, force })
        }
    }
}

/// The next step for any of them.
pub(super) fn next(engine: &Engine, now: u64) -> Option<Action> {
    for supplicant in engine.supplicants() {
        if let Some(step) = next_of(engine, now, supplicant) {
            return Some(step);
        }
    }
    if engine.supplicants.is_full() {
        return None;
    }
    // A new one waits for an old one of the same name: they would fight.
    let free = |link: &&Link| {
        engine.wants_supplicant(link)
            && !engine
                .supplicants()
                .iter()
                .any(|s| s.link == link.index || s.name == link.name)
    };
    engine.observed.links().filter(free).find_map(|link| {
        let name = link.name.clone();
        engine.offer_any(
            now,
            Action::StartSupplicant {
                link: link.index,
                name,
            },
        )
    })
}

fn next_of(engine: &Engine, now: u64, supplicant: &Supplicant) -> Option<Action> {
    let index = supplicant.link;
    let wanted = engine
        .observed
        .link(index)
        .filter(|link| link.name == supplicant.name && engine.wants_supplicant(link));
    if wanted.is_none() || supplicant.is_hung(now) {
        return stop(engine, now, supplicant);
    }
    match supplicant.phase {
        Phase::Waiting { until } if now >= until => {
            let name = supplicant.name.clone();
            engine.offer_any(now, Action::StartSupplicant { link: index, name })
        }
        Phase::Starting { next, .. } if now >= next => {
            Some(Action::AttachSupplicant { link: index })
        }
        Phase::Attached
            if supplicant.is_outdated()
                && supplicant.is_listening()
                && may_reconfigure(engine, index) =>
        {
            engine.offer_any(now, Action::ReconfigureSupplicant { link: index })
        }
        Phase::Attached => supplicant
            .next_request()
            .map(|request| Action::AskSupplicant {
                link: index,
                request,
            }),
        Phase::Waiting { .. } | Phase::Starting { .. } | Phase::Stopping { .. } => None,
    }
}

/// New settings cost an association, so the members take turns: never the active one
/// while another can carry or is about to.
fn may_reconfigure(engine: &Engine, index: Index) -> bool {
    let active = engine.carry.now().map(|(active, _)| active);
    let others = || {
        roles::present_members(&engine.config, &engine.observed)
            .into_iter()
            .filter(move |other| *other != index)
    };
    let settling = |other: Index| {
        engine.supplicant(other).is_some_and(|s| {
            s.is_settling() || matches!(s.phase, Phase::Starting { .. } | Phase::Waiting { .. })
        })
    };
    let usable = |other: Index| engine.observed.link(other).is_some_and(carry::usable);
    if others().any(settling) {
        return false;
    }
    active != Some(index) || !others().any(usable)
}
