//! Links that are to be read afresh, one by one, and those for which that can be spared.
use super::Engine;
use super::contract::action::{Action, Scope};
use super::observed::{Facts, Index, Link, Medium};
use crate::config::IfName;

/// Links that wait to be read; with one more, everything is.
pub const MAX_UNREAD: usize = 16;
/// Links that do not concern us whose facts are known. Of more the oldest are forgotten, and
/// read again at the next news of them.
pub const MAX_FOREIGN: usize = 16;

/// A link that is no Wi-Fi and did not concern us when it was read.
#[derive(Debug)]
pub struct Foreign {
    index: Index,
    name: IfName,
    facts: Facts,
}

impl Engine {
    /// A link of which there is news. Before the first read everything is read anyway.
    pub(super) fn want_link(&mut self, link: Index) {
        if !self.observed.is_complete() || self.unread_links.contains(&link) {
            return;
        }
        if self.unread_links.push(link).is_err() {
            self.unread_links.clear();
            self.want_read(Scope::All);
        }
    }

    /// Those that are known to concern us, and while the bond or a bridge has just been
    /// created all: one of them is what was created.
    pub(super) fn next_known_link(&self, now: u64) -> Option<Action> {
        let all = self.making.is_some();
        self.offer_read(now, &|link| all || self.observed.link(link).is_some())
    }

    pub(super) fn next_link(&self, now: u64) -> Option<Action> {
        self.offer_read(now, &|_| true)
    }

    fn offer_read(&self, now: u64, which: &dyn Fn(Index) -> bool) -> Option<Action> {
        let mut links = self.unread_links.iter().filter(|link| which(**link));
        links.find_map(|link| self.offer_any(now, Action::ReadLink { link: *link }))
    }

    pub(super) fn note_foreign(&mut self, link: &Link) {
        self.forget_foreign(link.index);
        // The mode of a Wi-Fi interface may change.
        if link.facts.medium != Medium::Wired {
            return;
        }
        if self.foreign.is_full() {
            self.foreign.remove(0);
        }
        let _ = self.foreign.push(Foreign {
            index: link.index,
            name: link.name.clone(),
            facts: link.facts.clone(),
        });
    }

    pub(super) fn forget_foreign(&mut self, index: Index) {
        self.foreign.retain(|foreign| foreign.index != index);
    }

    /// What rtnetlink does not tell of this link, where it is known; `None`: it has to be read.
    pub fn facts_of(&self, link: &Link) -> Option<Facts> {
        if let Some(old) = self.observed.link(link.index) {
            return (old.name == link.name).then(|| old.facts.clone());
        }
        let mut foreign = self.foreign.iter();
        let known = foreign.find(|f| f.index == link.index && f.name == link.name)?;
        let facts = known.facts.clone();
        let with = Link {
            facts,
            ..link.clone()
        };
        self.is_foreign(&with).then_some(with.facts)
    }
}
