//! Settings of the kernel for the links that we give addresses: made once, and given back
//! when a link is no longer ours.
use super::action::Action;
use super::observed::{Index, Link};
use super::{Engine, address};
use crate::config::Ipv6Mode;

/// What is set. Always with it: an address that goes takes no other of its network along
/// (`promote_secondaries`), as when a lease replaces the fallback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tuning {
    /// Router advertisements are taken in, and their default routes get this metric.
    pub routers: Option<u32>,
}

/// As it should be; `None`: as it was before we came.
fn wanted(engine: &Engine, link: &Link) -> Option<Tuning> {
    let block = address::block(engine, link).filter(|_| !engine.is_stopping())?;
    let on = block.ipv6.mode != Ipv6Mode::Off;
    Some(Tuning {
        routers: on.then(|| {
            block
                .ipv6
                .metric
                .saturating_add(address::step(engine, link))
                .max(1)
        }),
    })
}

pub fn next(engine: &Engine, now: u64) -> Option<Action> {
    let parts = address::all(engine).map(|part| part.link);
    let former = engine.tuned.iter();
    let former = former.filter_map(|(index, _)| engine.observed.link(*index));
    let mut steps = parts.chain(former).filter_map(|link| {
        let done = engine.tuned.iter().find(|(i, _)| *i == link.index);
        let tuning = wanted(engine, link);
        let same = match (tuning, done) {
            (Some(wanted), Some((_, done))) => Some(wanted) == *done,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if same {
            return None;
        }
        let (link, name) = (link.index, link.name.clone());
        engine.offer_any(now, Action::Tune { link, name, tuning })
    });
    steps.next()
}

impl Engine {
    pub(super) fn tuned(&mut self, now: u64, link: Index, tuning: Option<Tuning>) {
        self.tuned.retain(|(done, _)| *done != link);
        if tuning.is_some() {
            let _ = self.tuned.push((link, tuning));
        }
        // Routes of before have another metric: the next advertisement moves them.
        self.ask_routers(now, link);
    }

    /// A daemon before us did: it is done afresh, or given back.
    pub(super) fn tuned_before(&mut self, link: Index) {
        let _ = self.tuned.push((link, None));
    }

    pub(super) fn is_tuned(&self, link: Index) -> bool {
        self.tuned.iter().any(|(done, _)| *done == link)
    }
}
