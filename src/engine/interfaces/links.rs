//! Links that come, change and go: what is remembered of each, and forgotten with it.
use super::Interface;
use crate::engine::contract::action::Scope;
use crate::engine::journal::RecordKind;
use crate::engine::observed::{Index, Kind, Link, MAX_LINKS, Other};
use crate::engine::tables::Removal;
use crate::engine::time::Instant;
use crate::engine::{Engine, roles};

impl Engine {
    /// `false`, as of [`Engine::link_gone`]: nothing that decisions follow from has changed.
    pub(in crate::engine) fn link_seen(&mut self, now: Instant, link: Link) -> bool {
        if self.is_foreign(&link) {
            // It may have concerned us before: under another name, or as a member.
            let changed = self.forget_link(link.index);
            self.observed.put_other(Other::from(&link));
            return changed;
        }
        self.observed.drop_other(link.index);
        self.radio_seen(&link);
        match self.observed.link(link.index) {
            // Reported as a refusal, and not again at each notification.
            None if self.observed.is_full_of_links() => self.observed.put_other(Other::from(&link)),
            None => self.link_new(now, &link),
            Some(old) => {
                if old.up && !link.up {
                    self.want_read(Scope::Routes);
                }
                self.note_changes(now, &link);
            }
        }
        let index = link.index;
        let before = self.observed.link(index).map(|old| self.authorised(old));
        // Of one that finds no room it is not known what it was.
        let changed = self.observed.put_link(link) || before.is_none();
        let after = self.observed.link(index).map(|new| self.authorised(new));
        if let Some(after) = after
            && let Some(interface) = self.interfaces.entry(index)
        {
            interface.joins += u32::from(after && before == Some(false));
        }
        changed
    }

    pub(in crate::engine) fn link_new(&mut self, now: Instant, link: &Link) {
        let adapter = matches!(link.kind, Kind::Plain | Kind::Other(_));
        if adapter && self.observed.is_complete() {
            let text = format_args!("plugged in");
            self.journal
                .write(now, RecordKind::Adapter, &link.name, text);
        }
        if self.observed.is_complete() {
            self.note_coming(now, link);
        }
        // Its addresses and routes may have come before it concerned us.
        let empty = matches!(link.kind, Kind::Bond(_) | Kind::Bridge) && self.making.is_some();
        if self.observed.is_complete() && !empty {
            self.want_read(Scope::All);
        }
    }

    /// A wired link's carrier; the state of radios is reported by their supplicants.
    pub(in crate::engine) fn note_changes(&mut self, now: Instant, link: &Link) {
        let old = self.observed.link(link.index);
        let wired = !link.facts.is_wifi() && matches!(link.kind, Kind::Plain | Kind::Other(_));
        if wired && old.is_some_and(|old| old.carrier != link.carrier) {
            let text = match link.carrier {
                true => "has carrier",
                false => "lost its carrier",
            };
            self.journal
                .write(now, RecordKind::Radio, &link.name, format_args!("{text}"));
        }
    }

    pub(in crate::engine) fn link_gone(&mut self, now: Instant, index: Index) -> bool {
        self.note_loss_of(now, index);
        self.observed.drop_other(index);
        if let Some(link) = self.observed.link(index) {
            let name = link.name.clone();
            if matches!(link.kind, Kind::Plain | Kind::Other(_)) {
                self.failover.unplugged(now, &name);
                let text = format_args!("unplugged");
                self.journal.write(now, RecordKind::Adapter, &name, text);
            }
        }
        self.forget_link(index)
    }

    /// `false`: nothing was known of it.
    fn forget_link(&mut self, index: Index) -> bool {
        let gone = self.observed.drop_link(index);
        if gone == Removal::RoomAgain {
            self.want_read(Scope::All);
        }
        let tried = self.retry.forget_link(index);
        let unread = self.unread_links.len();
        self.unread_links.retain(|unread| *unread != index);
        let known = self.interfaces.get(index).is_some();
        self.interfaces.forget(index);
        gone != Removal::Nothing || tried || known || self.unread_links.len() < unread
    }

    /// It does not concern us, and nothing of ours is on it.
    pub(in crate::engine) fn is_foreign(&self, link: &Link) -> bool {
        let strange = !roles::concerns_us(&self.config, link) || self.is_foreign_port(link);
        strange && !self.is_unfinished(link.index)
    }

    /// A port of a bridge that is neither the file's nor ours.
    pub(in crate::engine) fn is_foreign_port(&self, link: &Link) -> bool {
        let strange = |master: &Link| {
            !self.is_ours(master) && !self.config.bridges.iter().any(|b| b.name == master.name)
        };
        let master = link.master.and_then(|index| self.observed.link(index));
        master.is_some_and(strange) && roles::is_a_port_alone(&self.config, link)
    }

    /// Forgets ports that were kept because their master was not known yet.
    pub(in crate::engine) fn forget_foreign_ports(&mut self) {
        let strange = |link: &&Link| self.is_foreign_port(link) && !self.is_unfinished(link.index);
        let strangers: heapless::Vec<Index, { MAX_LINKS }> = self
            .observed
            .links()
            .filter(strange)
            .map(|link| link.index)
            .collect();
        for index in strangers {
            if let Some(other) = self.observed.link(index).map(Other::from) {
                self.observed.put_other(other);
            }
            self.forget_link(index);
        }
    }

    /// Something of ours is still on it.
    fn is_unfinished(&self, index: Index) -> bool {
        let interface = self.interfaces.get(index);
        interface.is_some_and(Interface::is_unfinished)
    }

    /// All links were read: what is remembered of others ends.
    pub(in crate::engine) fn forget_unseen(&mut self) {
        let unseen = |one: &&Interface| self.observed.link(one.index).is_none();
        let unseen = self.interfaces.iter().filter(unseen);
        let unseen: heapless::Vec<Index, { super::MAX_INTERFACES }> =
            unseen.map(|one| one.index).collect();
        for index in unseen {
            self.interfaces.forget(index);
        }
    }

    /// A bond or bridge that wifibond made: it bears the mark, or will.
    pub(in crate::engine) fn is_ours(&self, link: &Link) -> bool {
        link.ours || self.was_made(link.index)
    }

    /// This process created it.
    pub(in crate::engine) fn was_made(&self, index: Index) -> bool {
        self.interfaces.get(index).is_some_and(|one| one.made)
    }

    /// Whether traffic may pass: by the kernel, and by IEEE 802.1X on a cable, which the kernel does
    /// not know.
    pub(in crate::engine) fn authorised(&self, link: &Link) -> bool {
        link.is_operational() && !self.is_unauthorised(link.index)
    }

    /// IEEE 802.1X is not done: nothing passes though it has carrier.
    pub(in crate::engine) fn is_unauthorised(&self, index: Index) -> bool {
        self.interfaces
            .get(index)
            .is_some_and(|one| one.unauthorised)
    }
}
