//! A member that does not carry the traffic looks for a stronger access point while its signal, or
//! that of the active one, is faint. wpa_supplicant changes to one by its own rules.
use super::Health;
use super::quality::AHEAD;
use crate::engine::Engine;
use crate::engine::journal::RecordKind;
use crate::engine::observed::{Index, Link};
use crate::engine::supplicant::Supplicant;
use crate::engine::time::{Instant, Millis};

/// Between two searches, at least; doubled each time.
const PAUSE: Millis = Millis(60_000);
const LONGEST_PAUSE: Millis = Millis(600_000);

/// When a member was last asked to look, and how long until the next time; zero: it need not.
#[derive(Debug, Default)]
pub struct Search {
    last: Option<Instant>,
    pause: Millis,
}

impl Engine {
    /// Its signal, or that of the active member, is faint: there may be a stronger access point.
    fn needs_search(&self, link: &Link, active: &Link) -> bool {
        let Some((own, level)) = self.receiver(link).zip(self.level(link)) else {
            return false;
        };
        let other = self.receiver(active).filter(|s| s.signal.is_faint());
        let other = other.and_then(|s| s.signal.level());
        own.signal.is_faint() || other.is_some_and(|other| level.above(other) < AHEAD)
    }

    /// Nothing else is to be seen to before: the active member works, this one does, and no other
    /// is looking.
    fn may_search(&self, link: &Link, active: &Link) -> bool {
        let missed = self.health(active.index).and_then(Health::missed);
        let looks = |s: &Supplicant| s.is_scanning() || s.is_seeking();
        let mut receivers = self.usable().filter_map(|link| self.receiver(link));
        self.passes(link).is_ok()
            && missed.unwrap_or_default() == 0
            && self.repairs.current(&link.name).is_none()
            && !self.is_unsettled(link.index)
            && !receivers.any(looks)
    }

    /// Has a member that does not carry the traffic look for a stronger access point: its scan takes
    /// it off its channel.
    pub(super) fn search(&mut self, now: Instant, index: Index) {
        let carries = self.failover.now().filter(|(active, _)| *active != index);
        let active = carries.and_then(|(active, _)| self.observed.link(active));
        let Some((link, active)) = self.observed.link(index).zip(active) else {
            return;
        };
        let needed = self.needs_search(link, active);
        let may = self.may_search(link, active);
        let (name, level) = (link.name.clone(), self.level(link));
        let Some(interface) = self.interfaces.get_mut(index) else {
            return;
        };
        let search = &mut interface.health.search;
        if !needed {
            search.pause = Millis(0);
            return;
        }
        let pause = search.pause.max(PAUSE);
        let due = search.last.is_none_or(|at| now >= at + pause);
        if !due || !may {
            return;
        }
        let first = search.pause == Millis(0);
        search.pause = (search.pause * 2).clamp(PAUSE, LONGEST_PAUSE);
        search.last = Some(now);
        self.with(index, Supplicant::seek);
        if first && let Some(level) = level {
            let text = format_args!("{} dBm: looks for a stronger access point", level.db());
            self.journal.write(now, RecordKind::Radio, &name, text);
        }
    }
}
