//! The ordered stop: addresses and routes, supplicants, members, the bond. Each stage has a
//! time limit; what fails is left out, and recorded as any failure. Without an answer of the
//! kernel the rest is left as it is, and that is recorded, too.
use super::Engine;
use super::contract::action::{Action, KernelAction};
use super::observed::{Kind, Link};
use super::supplicant::{Phase, Supplicant};
use super::time::{Instant, Millis};
use super::{address, dhcp, existing, member, radio, restore, supervise};

/// Time limit of a stage.
pub const STAGE: Millis = Millis(2_000);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Addresses,
    Supplicants,
    Members,
    Bond,
    Done,
}

#[derive(Debug)]
pub struct Stop {
    stage: Stage,
    until: Instant,
}

impl Stop {
    pub fn new(now: Instant) -> Self {
        Stop {
            stage: Stage::Addresses,
            until: now + STAGE,
        }
    }
    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }
    pub fn poll_at(&self) -> Instant {
        self.until
    }
}

/// The step of the present stage, or leave.
pub(super) fn next(engine: &Engine, now: Instant) -> Option<Action> {
    match engine.stopping.as_ref()?.stage {
        Stage::Done => Some(Action::Exit),
        stage => step(engine, now, stage),
    }
}

fn step(engine: &Engine, now: Instant, stage: Stage) -> Option<Action> {
    match stage {
        Stage::Addresses => dhcp::next_release(engine, now)
            .or_else(|| dhcp::next_store(engine, now))
            .or_else(|| address::next(engine, now)),
        Stage::Supplicants => engine
            .supplicants()
            .find_map(|s| supervise::stop(engine, now, s)),
        Stage::Members => radio::give_back(engine, now, &|_| true)
            .or_else(|| our_members(engine).find_map(|link| member::free(engine, now, link)))
            .or_else(|| restore::next_of_all(engine, now)),
        Stage::Bond => engine
            .observed
            .links()
            .filter(|link| link.ours && matches!(link.kind, Kind::Bond(_) | Kind::Bridge))
            .find_map(|link| engine.offer(now, KernelAction::DeleteLink { link: link.index })),
        Stage::Done => None,
    }
}

/// It waits for its next start: there is nothing to end.
fn waits_for_start(supplicant: &Supplicant) -> bool {
    matches!(supplicant.phase, Phase::Waiting { .. })
}

/// Members of our bond and bridges, and of those that we took over. The bond leaves its
/// bridge like any other.
fn our_members(engine: &Engine) -> impl Iterator<Item = &Link> {
    let observed = &engine.observed;
    observed.links().filter(move |link| {
        let master = link.master.and_then(|index| observed.link(index));
        master.is_some_and(|m| {
            engine.in_bond(link)
                || existing::usable_bridge(engine, m).is_some()
                || (m.ours && matches!(m.kind, Kind::Bond(_) | Kind::Bridge))
        })
    })
}

impl Engine {
    /// Goes on to the next stage when this one has nothing left, or no time.
    pub(super) fn advance_stop(&mut self, now: Instant) {
        while let Some(stop) = &self.stopping {
            let waiting = stop.stage == Stage::Supplicants
                && !self.interfaces.supplicants().all(waits_for_start);
            // Before the first dump it is not known whether there is anything to take down.
            // Nor is what was just created known.
            let unread = !self.observed.is_complete() || self.making.is_some();
            let given = self.under_way.is_some();
            let busy = waiting || unread || given || step(self, now, stop.stage).is_some();
            if stop.stage == Stage::Done || (busy && now < stop.until) {
                return;
            }
            let stage = match stop.stage {
                Stage::Addresses => Stage::Supplicants,
                Stage::Supplicants => Stage::Members,
                Stage::Members => Stage::Bond,
                Stage::Bond | Stage::Done => Stage::Done,
            };
            if stage == Stage::Done {
                self.report_unanswered(now);
            }
            self.stopping = Some(Stop {
                stage,
                until: now + STAGE,
            });
        }
    }
}
