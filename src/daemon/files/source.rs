//! The configuration file: where it is, the last one that worked, and the report
//! beside it when it is wrong.
//!
//! The boot partition may be mounted after the daemon has started. Until a file has been in
//! force, its place is watched and each new file there is read; from then on, `reload` alone
//! reads it.
use super::config_file::{Text, lacking, listed, notes, read};
use super::{kept, report};
use crate::config::{self, Config, Good, InForce, LogLevel};
use crate::daemon::engine::Tell;
use crate::daemon::time;
use crate::daemon::utc::Utc;
use crate::engine::Engine;
use crate::engine::contract::event::{Event, FileEvent, TrialEvent};
use crate::engine::time::{Instant, Millis};
use crate::system::watch::{Sign, Watch};
use crate::system::{self, files};
use log::LevelFilter;
use std::os::fd::BorrowedFd;

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
    /// The reports: on the file, and on what keeps the box from its network.
    file_report: Option<String>,
    network_report: String,
    /// What the engine is to be told of the file of the start.
    start: Option<TrialEvent>,
}

/// Why a file is of no use.
struct Wrong {
    /// In one line.
    reason: String,
    /// For the report beside it.
    report: String,
    /// All errors, as `check` shows them.
    all: String,
}

/// How a file comes into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// At the start, or where one was waited for.
    Start,
    /// `reload`. `works`: with the file in force now some link is online.
    Reload {
        /// As above.
        works: bool,
    },
    /// `reload --force`: whatever comes of it.
    Forced,
}

/// What was found at the watched place.
pub enum Look {
    /// Nothing that matters.
    Nothing,
    /// A file is there, and in force.
    Taken {
        /// The box was online before: it is on trial, as one of a `reload`.
        on_trial: bool,
    },
    /// It cannot be used, for another reason than before.
    Wrong,
}

impl Source {
    /// Never fails: a wrong file leaves the last good one in force, or the built-in
    /// default.
    pub fn load(path: &str) -> Self {
        let (config, in_force) = match kept::last_good() {
            Some(config) => (config, InForce::LastGood),
            None => (built_in(), InForce::BuiltIn),
        };
        let mut source = Source {
            path: path.into(),
            config,
            in_force,
            fault: None,
            notes: String::new(),
            watch: Watch::new(path, config::preseed::NAME)
                .inspect_err(|e| log::warn!("{path}: cannot be watched: {e}"))
                .ok(),
            keep_at: None,
            file_report: None,
            network_report: String::new(),
            start: None,
        };
        if source.reload(Way::Start).is_err() {
            kept::fell_back();
        }
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

    /// Something happened at the watched place: the file is read if it may be another. `works`: as in
    /// [`Way::Reload`].
    pub fn look(&mut self, remounted: bool, works: bool) -> Look {
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
                let way = match works && kept::before_if_aside(&text.bytes).is_none() {
                    true => Way::Reload { works },
                    false => Way::Start,
                };
                let on_trial = self.take(&text, config, way) && way != Way::Start;
                Look::Taken { on_trial }
            }
            // A file that was only begun is not whole; it is read again when it is closed.
            Err(_) if sign == Sign::Begun => Look::Nothing,
            Err(wrong) if self.fault.as_ref() == Some(&wrong.reason) => Look::Nothing,
            Err(wrong) => {
                self.report_file(Some(wrong.report));
                self.fault = Some(wrong.reason);
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

    /// Reads the file again; `true`: what it has is on trial. On error, all that is wrong with it, the
    /// present configuration stays.
    pub fn reload(&mut self, way: Way) -> Result<bool, String> {
        match self.examine() {
            Ok((text, config)) => {
                self.fault = None;
                Ok(self.take(&text, config, way))
            }
            Err(wrong) => {
                self.report_file(Some(wrong.report));
                self.fault = Some(wrong.reason);
                Err(wrong.all)
            }
        }
    }

    /// The file as it is now, or why it is of no use.
    fn examine(&self) -> Result<(Text, Good), Wrong> {
        let text = read(&self.path).map_err(|reason| Wrong {
            report: format!("wifibond cannot read its file.\r\n\r\n{reason}\r\n"),
            all: reason.clone(),
            reason,
        })?;
        match config::read(&text.bytes) {
            Ok(good) => Ok((text, good)),
            Err(error) => {
                let mut report = String::new();
                let force = self.in_force;
                let _ = config::report(&mut report, &text.path, &text.bytes, &error, force);
                Err(Wrong {
                    reason: error.display_with(&text.path).to_string(),
                    report,
                    all: listed(&text.path, &text.bytes, &error),
                })
            }
        }
    }

    /// A good file is in force from now on. `true`: on trial.
    fn take(&mut self, text: &Text, good: Good, way: Way) -> bool {
        self.watch = None;
        if way == Way::Start
            && let Some((before, config)) = kept::before_if_aside(&text.bytes)
        {
            // The report says why.
            self.start = Some(TrialEvent::IsAside);
            self.put_in_force(&before, config, String::new());
            self.report_set_aside(&kept::reason());
            return false;
        }
        self.report_file(None);
        let on_trial = match way {
            Way::Start => kept::keep_before(&text.bytes, false),
            Way::Reload { works } => kept::keep_before(&text.bytes, works),
            Way::Forced => {
                kept::forget_before();
                false
            }
        };
        self.start = (way == Way::Start && on_trial).then_some(TrialEvent::Starts);
        self.put_in_force(&text.bytes, good.config, notes(text, &good.notices));
        on_trial
    }

    /// `notes`: those on the file, one a line.
    fn put_in_force(&mut self, bytes: &[u8], config: Box<Config>, notes: String) {
        self.keep_at = kept::propose(bytes).then(|| time::now() + KEPT_AFTER);
        self.notes = notes;
        // The rest of the file may work, and they may yet come.
        let lacking = lacking(&config, &mut self.notes);
        self.notes.push_str(&lacking);
        system::log::set_level(match config.log_level {
            LogLevel::Error => LevelFilter::Error,
            LogLevel::Warn => LevelFilter::Warn,
            LogLevel::Info => LevelFilter::Info,
            LogLevel::Debug => LevelFilter::Debug,
        });
        self.config = config;
        self.in_force = InForce::LastGood;
        for note in self.notes.lines() {
            log::warn!("{note}");
        }
    }

    /// The file in force does not work: the one before is in force again. `why`: in one line.
    pub fn take_back(&mut self, why: &str) -> Result<(), String> {
        let (before, config) = kept::set_aside(why).ok_or("the file before is lost")?;
        self.put_in_force(&before, config, String::new());
        self.report_set_aside(why);
        Ok(())
    }

    fn report_set_aside(&mut self, why: &str) {
        self.report_file(Some(report::set_aside(&self.path, why)));
        self.fault = Some(format!("set aside for the one before: {why}"));
    }

    /// The file that was set aside is in force again.
    pub fn try_again(&mut self) -> Result<(), String> {
        let (bytes, config) = kept::aside().ok_or("the file that was set aside is lost")?;
        self.put_in_force(&bytes, config, String::new());
        self.fault = None;
        Ok(())
    }

    /// What keeps the box from its network; empty: nothing does.
    pub fn report_network(&mut self, text: &[u8]) {
        self.network_report = String::from_utf8_lossy(text).into_owned();
        self.write_report();
    }

    fn report_file(&mut self, text: Option<String>) {
        self.file_report = text;
        self.write_report();
    }

    /// Both in one; `None`: there is nothing to report.
    fn report(&self) -> Option<String> {
        self.report_with("")
    }

    /// The same, with the words of now for what keeps the box from its network; none: as they were written.
    pub fn report_with(&self, now: &str) -> Option<String> {
        let network = match self.network_report.as_str() {
            written if written.is_empty() || now.is_empty() => written,
            _ => now,
        };
        match (&self.file_report, network) {
            (None, "") => None,
            (None, network) => Some(network.into()),
            (Some(file), "") => Some(file.clone()),
            (Some(file), network) => Some(format!("{file}\r\n\r\n{network}")),
        }
    }

    fn write_report(&self) {
        report::write(&self.path, self.report().as_deref());
    }

    /// It is on trial, and has to be confirmed.
    pub fn await_confirmation(&self) {
        kept::await_confirmation();
    }

    /// The file in force works.
    pub fn accept(&mut self) {
        kept::forget_before();
        if self.fault.is_none() {
            self.report_file(None);
        }
    }

    /// When the file in force may be worth keeping.
    pub fn poll_at(&self, now: Instant) -> Option<Instant> {
        self.keep_at.filter(|at| *at > now)
    }

    /// Keeps the file in force as the last good one, once it has been online.
    pub fn keep_if_good(&mut self, now: Instant, engine: &Engine) {
        let works = engine.is_online() && engine.is_settled() && !engine.trial().is_open();
        // Without another one, this one is better than none.
        let works = works && (engine.has_shown_networks() || kept::last_good_at().is_none());
        if self.keep_at.is_some_and(|at| now >= at) && works {
            self.keep_at = None;
            kept::keep();
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
        self.note_trial(tell);
    }

    fn note_trial(&self, tell: &mut Tell<'_>) {
        if let Some(start) = self.start {
            tell(Event::Trial(start));
        }
    }

    /// Reports what was found at the watched place.
    pub fn note_look(&self, tell: &mut Tell<'_>) {
        let (path, in_force) = (&self.path, self.in_force_words());
        self.note_trial(tell);
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
        match (self.in_force, kept::last_good_at()) {
            (InForce::LastGood, Some(at)) => {
                format!("the last file that worked (of {})", Utc(at))
            }
            (InForce::LastGood, None) => "the last file that worked".into(),
            (InForce::BuiltIn, _) => "the built-in default, the cable alone".into(),
        }
    }
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
