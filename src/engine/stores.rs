//! Files of our own: what is written into each, what follows when it was written, and who takes in
//! what an earlier run has noted.
use super::actions::{Remember, remember_failure};
use super::contract::action::{Note, Store};
use super::contract::content::Content;
use super::contract::event::Failure;
use super::observed::Index;
use super::time::Instant;
use super::{Engine, dns};

impl Engine {
    pub(super) fn fill_store(&self, now: Instant, store: &Store, content: &mut Content) {
        match store {
            Store::Lease {
                name,
                family,
                lasting,
                ..
            } => {
                let client = self.dhcp.get(name, *family);
                let stored = client.and_then(|client| client.stored_form());
                content.put(stored.map_or(&[], |(_, message)| message));
                if *lasting && let Some(client) = self.dhcp4(name) {
                    content.begin_second();
                    let _ = client.write_leases(content);
                }
            }
            Store::Resolver { .. } => dns::write(self, content),
            Store::Places => {
                let _ = self.places.write(content);
            }
            Store::Keys => {
                let _ = self.keys.write(content);
            }
            Store::Report => {
                let _ = self.write_report(now, content);
            }
            Store::WasUp { .. } | Store::Note { .. } | Store::Reboot => {}
        }
    }

    pub(super) fn stored(
        &mut self,
        now: Instant,
        store: &Store,
        result: &Result<(), Failure>,
    ) -> Remember {
        match store {
            Store::Lease {
                link,
                family,
                lasting,
                ..
            } => {
                self.lease_stored(now, *link, *family, *lasting);
                return remember_failure(result);
            }
            Store::WasUp { link, was_up } => self.note_up(*link, *was_up),
            Store::Note { link, note } => match note {
                Note::Slow { times } => self.slow_noted(*link, *times),
            },
            Store::Resolver { .. } if result.is_ok() => self.resolver_written(now),
            Store::Resolver { .. } => {}
            Store::Places => {
                self.places.saved(now);
                return Remember::Nothing;
            }
            Store::Keys => {
                self.keys.saved();
                return Remember::Nothing;
            }
            Store::Report => return self.report_written(now),
            Store::Reboot => self.reboot_asked(now),
        }
        Remember::Outcome
    }

    pub(super) fn note_found(&mut self, now: Instant, link: Index, note: Note) {
        match note {
            Note::Slow { times } => self.was_slow(now, link, times),
        }
    }
}
