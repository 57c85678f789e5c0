//! Links that come, change and go: what is remembered of each, and forgotten with it.
use super::Engine;
use super::action::Scope;
use super::journal::RecordKind;
use super::observed::{Index, Kind, Link};
use super::roles;
use super::supplicant::Phase;

impl Engine {
    pub(super) fn link_seen(&mut self, now: u64, link: Link) {
        self.note_mac(&link);
        if self.is_foreign(&link) {
            // It may have concerned us before: under another name, or as a member.
            self.forget_link(link.index);
            return self.note_foreign(&link);
        }
        self.forget_foreign(link.index);
        self.radio_seen(&link);
        match self.observed.link(link.index) {
            // Said by a refusal, and no news each time it is heard of.
            None if self.observed.is_full_of_links() => {}
            None => self.link_new(now, &link),
            Some(old) => {
                if old.up && !link.up {
                    self.want_read(Scope::Routes);
                }
                self.note_changes(now, &link);
            }
        }
        self.observed.put_link(link);
    }

    pub(super) fn link_new(&mut self, now: u64, link: &Link) {
        let adapter = matches!(link.kind, Kind::Plain | Kind::Other(_));
        if adapter && self.observed.is_complete() {
            let text = format_args!("plugged in");
            self.journal
                .write(now, RecordKind::Adapter, &link.name, text);
        }
        // Its addresses and routes may have come before it concerned us.
        let empty = matches!(link.kind, Kind::Bond(_) | Kind::Bridge) && self.making.is_some();
        if self.observed.is_complete() && !empty {
            self.want_read(Scope::All);
        }
    }

    /// A wired link's cable; the radios' own words come from their supplicants.
    pub(super) fn note_changes(&mut self, now: u64, link: &Link) {
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

    pub(super) fn note_mac(&mut self, link: &Link) {
        let Some(mac) = link.mac else {
            return;
        };
        if self.macs.contains(&(link.index, mac)) {
            return;
        }
        self.macs.retain(|(index, _)| *index != link.index);
        if self.macs.is_full() {
            self.macs.remove(0);
        }
        let _ = self.macs.push((link.index, mac));
    }

    pub(super) fn link_gone(&mut self, now: u64, index: Index) {
        self.macs.retain(|(of, _)| *of != index);
        self.forget_foreign(index);
        if let Some(link) = self.observed.link(index) {
            let name = link.name.clone();
            if matches!(link.kind, Kind::Plain | Kind::Other(_)) {
                let text = format_args!("unplugged");
                self.journal.write(now, RecordKind::Adapter, &name, text);
            }
        }
        self.forget_link(index);
    }

    pub(super) fn forget_link(&mut self, index: Index) {
        if self.observed.drop_link(index) {
            self.want_read(Scope::All);
        }
        self.retry.forget_link(index);
        self.ipv6_off.retain(|off| *off != index);
        self.tuned.retain(|(done, _)| *done != index);
        self.forget_slow(index);
        self.radio_gone(index);
        self.resting.retain(|resting| *resting != index);
        self.was_up.retain(|up| *up != index);
        self.made.retain(|made| *made != index);
        // A supplicant that is not running has nothing to end.
        self.supplicants
            .retain(|s| s.link != index || !matches!(s.phase, Phase::Waiting { .. }));
    }

    /// It does not concern us, and nothing of ours is on it.
    pub(super) fn is_foreign(&self, link: &Link) -> bool {
        let strange = !roles::concerns_us(&self.config, link) || self.is_stranger(link);
        strange && !self.is_unfinished(link.index)
    }

    /// A port of a bridge that is neither the file's nor ours.
    pub(super) fn is_stranger(&self, link: &Link) -> bool {
        let strange = |master: &Link| {
            let ours = master.ours || self.made.contains(&master.index);
            !ours && !self.config.bridges.iter().any(|b| b.name == master.name)
        };
        let master = link.master.and_then(|index| self.observed.link(index));
        master.is_some_and(strange) && roles::is_a_port_alone(&self.config, link)
    }

    /// What came before its master could not be known for a stranger.
    pub(super) fn forget_strangers(&mut self) {
        let strange = |link: &&Link| self.is_stranger(link) && !self.is_unfinished(link.index);
        let strangers: heapless::Vec<Index, { super::observed::MAX_LINKS }> = self
            .observed
            .links()
            .filter(strange)
            .map(|link| link.index)
            .collect();
        for index in strangers {
            self.forget_link(index);
        }
    }

    /// Something that we changed on it is still to be given back.
    pub(super) fn is_unfinished(&self, index: Index) -> bool {
        self.ipv6_off.contains(&index)
            || self.is_tuned(index)
            || self.is_radio_changed(index)
            || self.was_up.contains(&index)
            || self.supplicant(index).is_some()
    }
}
