//! Links that are to be read afresh, one by one, and those for which that can be spared.
use super::Engine;
use super::actions::Remember;
use super::contract::action::{Action, ReadRequest, Scope};
use super::contract::event::Failure;
use super::observed::{Facts, Index, Link, Medium, Other};
use super::time::Instant;

/// Links that wait to be read; with one more, everything is.
pub const MAX_UNREAD: usize = 16;

/// There is no such link (`rtnl_getlink()` in net/core/rtnetlink.c).
const ENODEV: i32 = 19;

impl Engine {
    /// A link that is to be read. Before the first dump everything is read anyway.
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
    pub(super) fn next_known_link(&self, now: Instant) -> Option<Action> {
        let all = self.making.is_some();
        self.offer_read(now, &|link| all || self.observed.link(link).is_some())
    }

    pub(super) fn next_link(&self, now: Instant) -> Option<Action> {
        self.offer_read(now, &|_| true)
    }

    fn offer_read(&self, now: Instant, which: &dyn Fn(Index) -> bool) -> Option<Action> {
        let mut links = self.unread_links.iter().filter(|link| which(**link));
        links.find_map(|link| self.offer(now, ReadRequest::Link { link: *link }))
    }

    pub(super) fn read_done(
        &mut self,
        request: ReadRequest,
        failure: Option<&Failure>,
    ) -> Remember {
        match (request, failure) {
            (ReadRequest::Link { .. }, None) => return Remember::Nothing,
            // It is gone: the notification of that is on its way.
            (ReadRequest::Link { .. }, Some(f)) if f.errno == ENODEV => return Remember::Nothing,
            // It may have changed all the same.
            (ReadRequest::Link { .. }, Some(_)) => self.want_read(Scope::All),
            (ReadRequest::Tables(scope), None) => {
                if scope == Scope::All || self.unread == Some(Scope::Routes) {
                    self.unread = None;
                }
            }
            (ReadRequest::Inactive { link }, _) => {
                self.inactive_read(link);
                return Remember::Nothing;
            }
            (ReadRequest::Tables(_), Some(_)) | (ReadRequest::Medium { .. }, _) => {}
        }
        Remember::Outcome
    }

    /// A notification. A link that is not known under its name is read, and so is the speed of a
    /// cable that gets carrier, and the mode of a radio that comes up.
    /// `false`: nothing that decisions follow from has changed.
    pub(super) fn link_notified(&mut self, now: Instant, mut link: Link) -> bool {
        let index = link.index;
        let Some(facts) = self.facts_of(&link) else {
            self.want_link(index);
            return true;
        };
        let old = self.observed.link(index);
        let unread = old.is_some_and(|old| match facts.is_wifi() {
            true => link.up && !old.up,
            false => link.carrier && !old.carrier,
        });
        link.facts = facts;
        let changed = self.link_seen(now, link);
        if unread {
            self.want_link(index);
        }
        changed || unread
    }

    /// What rtnetlink does not carry of this link, where it is known; `None`: it has to be read.
    pub(super) fn facts_of(&self, link: &Link) -> Option<Facts> {
        if let Some(old) = self.observed.link(link.index) {
            return (old.name == link.name).then(|| old.facts.clone());
        }
        // The mode of a Wi-Fi interface may change.
        let is_cable = |other: &&Other| {
            let same = other.index == link.index && other.name == link.name;
            same && other.facts.medium == Medium::Wired
        };
        let facts = self.observed.others().find(is_cable)?.facts.clone();
        let with = Link {
            facts,
            ..link.clone()
        };
        self.is_foreign(&with).then_some(with.facts)
    }
}
