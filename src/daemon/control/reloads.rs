//! Requests to read the file again, and their answers: what it changes, then what came of it.
use super::clients::Waits;
use crate::daemon::{Daemon, time};
use crate::engine::Engine;
use crate::engine::trial::Progress;
use crate::wire::control::{Reload, SPLIT};

/// The answer where nothing changes.
const NOTHING: &str = "nothing to do\n";

impl Daemon {
    pub(super) fn reload_for(&mut self, place: usize, how: Reload) {
        let (on_trial, changes) = match self.reload(how) {
            Ok(done) => done,
            Err(reason) => return self.clients.answer(place, 1, &format!("{reason}\n")),
        };
        if on_trial && self.engine.trial().replaces_one_that_worked() {
            return self.clients.wait(place, Waits::Trial(changes));
        }
        let notes = self.source.notes();
        let end = match (on_trial, how) {
            // Nothing is online: what comes of it may take minutes.
            (true, _) => "in force; nothing is online yet: see `wifibond status`\n",
            (false, Reload::Confirm(_)) => "no other file: it stays\n",
            (false, Reload::Plain | Reload::Force) if changes.is_empty() => NOTHING,
            (false, Reload::Plain | Reload::Force) => "",
        };
        let body = format!("{changes}{notes}{end}");
        self.clients.answer(place, 0, &body);
    }
}

/// The answer to a `reload` whose file was on trial. `changes`: what it has otherwise than the one
/// before.
pub(super) fn became_of_file(engine: &Engine, changes: &str, notes: &str) -> (u8, String) {
    match engine.trial().progress() {
        None => {
            let end = if changes.is_empty() { NOTHING } else { "" };
            (0, format!("{changes}{notes}{end}"))
        }
        Some(Progress::Trying) => {
            let verdict = "the new file is still tried; see `wifibond status`";
            (1, format!("{changes}{SPLIT}{verdict}\n"))
        }
        Some(Progress::Unconfirmed { until }) => {
            let seconds = (until - time::now()).0.div_ceil(1000);
            let body = format!(
                "{changes}{notes}the new file works; it is taken back in {seconds} s unless `wifibond confirm` follows\n"
            );
            (0, body)
        }
        Some(Progress::SetAside { why, .. }) => {
            let verdict = "the new file is set aside, the one before stays in force";
            (1, format!("{changes}{SPLIT}{verdict}: {why}\n"))
        }
    }
}
