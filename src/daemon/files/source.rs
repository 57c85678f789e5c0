//! The configuration file: where it is, the last one that worked, and the report
//! beside it when it is wrong.
//!
//! The boot partition may be mounted after the daemon has started. Until a file has been in
//! force, its place is watched and each new file there is read; from then on, `reload` alone
//! reads it.
use super::card::{self, Job};
use super::config_file::{Text, lacking, notes, read};
use super::report;
use crate::config::{self, Config, InForce};
use crate::daemon::STATE_DIR;
use crate::daemon::engine::Tell;
use crate::daemon::time;
use crate::daemon::utc::Utc;
use crate::engine::Engine;
use crate::engine::contract::event::{Event, FileEvent};
use crate::engine::time::{Instant, Millis, Seconds};
use crate::system::files;
use crate::system::watch::{Sign, Watch};
use std::os::fd::BorrowedFd;

/// The last file that was online.
const LAST_GOOD: &str = "/var/lib/wifibond/last-good.json";
/// The file in force, until it has been online. It holds secrets, as its copy does: 0600.
const CANDIDATE: &str = "/run/wifibond/candidate.json";
/// A file in force has to be online after this, on its own networks, to be kept: what it
/// changed has had effect by then.
const KEPT_AFTER: Millis = Millis(30_000);
/// What runs where there never was a good file: the cable alone, by DHCP.
const BUILT_IN: &[u8] = br#"{"bond":{"members":[]}}"#;

/// The file the daemon runs on.
pub struct Source {
    path: String,
    config: Box<Config>,
    /// What `config` is, while the file is wrong.
    in_force: InForce,
    /// Why the file is not in force, if it is not.
    fault: Option<String>,
    /// Parts of the file that this version does not carry out.
    notes: String,
    /// Until a file has been in force.
    watch: Option<Watch>,
    /// When the candidate may be kept, if there is one.
    keep_at: Option<Instant>,
}

/// What was found at the watched place.
pub enum Look {
    /// Nothing that matters.
    Nothing,
    /// A file is there, and in force.
    Taken,
    /// It cannot be used, for another reason than before.
    Wrong,
}

impl Source {
    /// Never fails: a wrong file leaves the last good one in force, or the built-in
    /// default.
    pub fn load(path: &str) -> Self {
        let (config, in_force) = match last_good() {
            Some(config) => (config, InForce::LastGood),
            None => (built_in(), InForce::BuiltIn),
        };
        let mut source = Source {
            path: path.into(),
            config,
            in_force,
            fault: None,
            notes: String::new(),
            watch: Watch::new(path)
                .inspect_err(|e| log::warn!("{path}: cannot be watched: {e}"))
                .ok(),
            keep_at: None,
        };
        let _ = source.reload();
        source
    }

    /// Descriptors of the watched place; `true`: the mount table's, which only has trouble
    /// to report.
    pub fn interests<'a>(&'a self, add: &mut dyn FnMut(BorrowedFd<'a>, bool)) {
        if let Some(watch) = &self.watch {
            add(watch.mounts(), true);
            add(watch.directory(), false);
        }
    }

    /// Something happened at the watched place: the file is read if it may be another.
    pub fn look(&mut self, remounted: bool) -> Look {
        let sign = match (&mut self.watch, remounted) {
            (Some(watch), true) => watch.remounted(),
            (Some(watch), false) => watch.take(),
            (None, _) => Sign::Nothing,
        };
        if sign == Sign::Nothing {
            return Look::Nothing;
        }
        match self.examine() {
            Ok((text, config)) => {
                self.fault = None;
                self.take(&text, config);
                Look::Taken
            }
            // A file that was only begun is not whole; it is read again when it is closed.
            Err(_) if sign == Sign::Begun => Look::Nothing,
            Err((fault, _)) if self.fault.as_ref() == Some(&fault) => Look::Nothing,
            Err((fault, report)) => {
                report::write(&self.path, Some(&report));
                self.fault = Some(fault);
                Look::Wrong
            }
        }
    }

    /// Of the configuration file.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Why the file is not in force, if it is not.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// The answer to a `reload` that succeeded: one note a line.
    pub fn notes(&self) -> &str {
        &self.notes
    }

    /// Reads the file again. On error the present configuration stays.
    pub fn reload(&mut self) -> Result<(), String> {
        let result = self.read_again();
        self.fault = result.as_ref().err().cloned();
        result
    }

    fn read_again(&mut self) -> Result<(), String> {
        match self.examine() {
            Ok((text, config)) => {
                self.take(&text, config);
                Ok(())
            }
            Err((reason, report)) => {
                report::write(&self.path, Some(&report));
                Err(reason)
            }
        }
    }

    /// The file as it is now, or why it is of no use, in one line and as a report.
    fn examine(&self) -> Result<(Text, Box<Config>), (String, String)> {
        let text = read(&self.path).map_err(|reason| {
            let report = format!("wifibond cannot read its file.\r\n\r\n{reason}\r\n");
            (reason, report)
        })?;
        match config::parse(&text.bytes) {
            Ok(config) => Ok((text, config)),
            Err(error) => {
                let mut report = String::new();
                let force = self.in_force;
                let _ = config::report(&mut report, &text.path, &text.bytes, &error, force);
                Err((error.display_with(&text.path).to_string(), report))
            }
        }
    }

    /// A good file is in force from now on.
    fn take(&mut self, text: &Text, config: Box<Config>) {
        self.keep_at = propose(&text.bytes).then(|| time::now() + KEPT_AFTER);
        self.notes = notes(&config);
        // The rest of the file may work, and they may yet come.
        let lacking = lacking(&config, &mut self.notes);
        self.notes.push_str(&lacking);
        self.config = config;
        self.in_force = InForce::LastGood;
        self.watch = None;
        report::write(&self.path, None);
        for note in self.notes.lines() {
            log::warn!("{note}");
        }
    }

    /// When the file in force may be worth keeping.
    pub fn poll_at(&self, now: Instant) -> Option<Instant> {
        self.keep_at.filter(|at| *at > now)
    }

    /// Keeps the file in force as the last good one, once it has been online.
    pub fn keep_if_good(&mut self, now: Instant, engine: &Engine) {
        if self.keep_at.is_some_and(|at| now >= at) && engine.is_online() && engine.is_settled() {
            self.keep_at = None;
            keep();
        }
    }

    /// Reports what the daemon starts on.
    pub fn note_start(&self, tell: &mut Tell<'_>) {
        tell(Event::File(FileEvent::Start {
            version: env!("CARGO_PKG_VERSION"),
            path: &self.path,
            in_force: &self.in_force_words(),
            fault: self.fault(),
        }));
    }

    /// Reports what was found at the watched place.
    pub fn note_look(&self, tell: &mut Tell<'_>) {
        let (path, in_force) = (&self.path, self.in_force_words());
        tell(Event::File(match self.fault() {
            None => FileEvent::Taken { path },
            Some(fault) => FileEvent::Unusable {
                path,
                is_there: files::exists(path),
                in_force: &in_force,
                fault,
            },
        }));
    }

    fn in_force_words(&self) -> String {
        match (self.in_force, files::modified(LAST_GOOD)) {
            (InForce::LastGood, Some(at)) => {
                format!("the last file that worked (of {})", Utc(Seconds(at)))
            }
            (InForce::LastGood, None) => "the last file that worked".into(),
            (InForce::BuiltIn, _) => "the built-in default, the cable alone".into(),
        }
    }
}

/// Puts a file aside until it has been online. `false`: it is the last good one already.
fn propose(bytes: &[u8]) -> bool {
    if files::read(LAST_GOOD, config::MAX_FILE + 1).is_ok_and(|old| old == bytes) {
        if let Err(e) = files::remove(CANDIDATE) {
            log::warn!("{CANDIDATE}: {e}");
        }
        return false;
    }
    match files::write_in_memory(CANDIDATE, bytes, 0o600) {
        Ok(()) => true,
        Err(e) => {
            log::warn!("{CANDIDATE}: {e}; this file could not be fallen back to");
            false
        }
    }
}

/// Keeps the file that was put aside, in case a later one is broken. Once for each change: SD
/// cards wear.
fn keep() {
    let candidate = files::read(CANDIDATE, config::MAX_FILE + 1).and_then(|bytes| {
        files::ensure_dir(STATE_DIR, 0o700)?;
        files::remove(CANDIDATE)?;
        Ok(bytes)
    });
    let path = LAST_GOOD.into();
    match candidate {
        Ok(bytes) => card::add(Job::Write { path, bytes }),
        Err(e) => log::warn!("{LAST_GOOD}: {e}; this file could not be fallen back to"),
    }
}

fn last_good() -> Option<Box<Config>> {
    let bytes = files::read(LAST_GOOD, config::MAX_FILE + 1).ok()?;
    config::parse(&bytes).ok()
}

fn built_in() -> Box<Config> {
    config::parse(BUILT_IN).expect("the built-in configuration is checked by a test")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_built_in_configuration_is_good() {
        let config = super::built_in();
        assert!(config.bond.members.is_empty());
        assert_eq!(config.links.len(), 1);
    }
}
