//! The configuration file: where it is, the last one that worked, and the report
//! beside it when it is wrong.
//!
//! The boot partition may be mounted after the daemon has started. Until a file has been in
//! force, its place is watched and each new file there is read; from then on, `reload` alone
//! reads it.
use super::STATE_DIR;
use super::answers::Utc;
use super::card::{self, Job};
use super::staging;
use crate::config::{self, Config, InForce};
use crate::engine::Engine;
use crate::engine::journal::RecordKind;
use crate::system::watch::{Sign, Watch};
use crate::system::{clock, files, host};
use std::os::fd::BorrowedFd;

/// Where the file is unless told otherwise.
pub const DEFAULT: &str = "/boot/wifibond.json";
/// The last file that was online.
const LAST_GOOD: &str = "/var/lib/wifibond/last-good.json";
/// The file in force, until it has been online. It holds secrets, as its copy does: 0600.
const CANDIDATE: &str = "/run/wifibond/candidate.json";
/// A file in force has to be online after this, on its own networks, to be kept: what it
/// changed has had effect by then.
const KEPT_AFTER_MS: u64 = 30_000;
/// What runs where there never was a good file: the cable alone, by DHCP.
const BUILT_IN: &[u8] = br#"{"bond":{"members":[]}}"#;
/// The report's name, beside the file.
const REPORT: &str = "wifibond-report.txt";

/// What was read, and from where.
pub struct Text {
    pub path: String,
    pub bytes: Vec<u8>,
}

/// Reads the file. Windows hides the ending of known types, so that people make
/// `wifibond.json.txt` without seeing it: that name is taken where the right one is
/// missing.
pub fn read(path: &str) -> Result<Text, String> {
    let attempt = |path: &str| {
        // One byte more than allowed, so that the check can say that it is too large.
        files::read(path, config::MAX_FILE + 1)
    };
    match attempt(path) {
        Ok(bytes) => Ok(Text {
            path: path.into(),
            bytes,
        }),
        Err(e) if e.errno == libc::ENOENT => {
            let hidden = format!("{path}.txt");
            match attempt(&hidden) {
                Ok(bytes) => Ok(Text {
                    path: hidden,
                    bytes,
                }),
                Err(_) => Err(format!("{path}: there is no such file")),
            }
        }
        Err(e) if e.errno == libc::EFBIG => Err(format!(
            "{path}: larger than {} KiB: this is not a wifibond configuration",
            config::MAX_FILE / 1024
        )),
        Err(e) => Err(format!("{path}: {e}")),
    }
}

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
    keep_at: Option<u64>,
}

/// What a look at the watched place came to.
pub enum Look {
    Nothing,
    /// A file is there, and in force.
    Taken,
    /// It cannot be used; why, is news.
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
            // The beginning of a file is never a whole one; what it is shows when it is closed.
            Err(_) if sign == Sign::Begun => Look::Nothing,
            Err((fault, _)) if self.fault.as_ref() == Some(&fault) => Look::Nothing,
            Err((fault, report)) => {
                self.report(Some(&report));
                self.fault = Some(fault);
                Look::Wrong
            }
        }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Why the file is not in force, if it is not.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// What `reload` says when it worked.
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
                self.report(Some(&report));
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
        self.keep_at = propose(&text.bytes).then(|| clock::boot_ms() + KEPT_AFTER_MS);
        self.notes = notes(&config);
        // The rest of the file may work, and they may yet come.
        let lacking = lacking(&config, &mut self.notes);
        self.notes.push_str(&lacking);
        self.config = config;
        self.in_force = InForce::LastGood;
        self.watch = None;
        self.report(None);
        for note in self.notes.lines() {
            log::warn!("{note}");
        }
    }

    /// When the file in force may be worth keeping.
    pub fn poll_at(&self, now: u64) -> Option<u64> {
        self.keep_at.filter(|at| *at > now)
    }

    /// Keeps the file in force as the last good one, once it has been online.
    pub fn keep_if_good(&mut self, now: u64, engine: &Engine) {
        if self.keep_at.is_some_and(|at| now >= at) && engine.is_online() && engine.is_settled() {
            self.keep_at = None;
            keep();
        }
    }

    /// Writes the report, or takes the last one away.
    fn report(&self, text: Option<&str>) {
        if let Err(e) = staging::stage(staging::REPORT, text) {
            log::warn!("{}: {e}", staging::REPORT);
        }
        let job = Job::Do {
            what: "report",
            path: self.path.clone(),
            work: |path| {
                carry_out_report(path);
            },
        };
        staging::bring_up_to_date(job);
    }

    /// The journal's first record.
    pub fn note_start(&self, now: u64, engine: &mut Engine) {
        let version = env!("CARGO_PKG_VERSION");
        let Some(fault) = &self.fault else {
            let text = format_args!("wifibond {version} runs on {}", self.path);
            return engine
                .journal_mut()
                .write(now, RecordKind::Program, "", text);
        };
        let in_force = self.in_force_words();
        let text = format_args!("wifibond {version} runs on {in_force}, because:");
        engine
            .journal_mut()
            .write(now, RecordKind::Trouble, "", text);
        engine
            .journal_mut()
            .write(now, RecordKind::Trouble, "", format_args!("{fault}"));
    }

    /// What a look at the watched place came to, for the journal.
    pub fn note_look(&self, now: u64, engine: &mut Engine) {
        let journal = engine.journal_mut();
        let Some(fault) = &self.fault else {
            let text = format_args!("{} is there now, and in force", self.path);
            return journal.write(now, RecordKind::Program, "", text);
        };
        let what = match files::exists(&self.path) {
            true => "is there now, and wrong",
            false => "has gone again",
        };
        let in_force = self.in_force_words();
        let text = format_args!("{} {what}; {in_force} stays in force", self.path);
        journal.write(now, RecordKind::Trouble, "", text);
        journal.write(now, RecordKind::Trouble, "", format_args!("{fault}"));
    }

    fn in_force_words(&self) -> String {
        match (self.in_force, files::modified(LAST_GOOD)) {
            (InForce::LastGood, Some(at)) => format!("the last file that worked (of {})", Utc(at)),
            (InForce::LastGood, None) => "the last file that worked".into(),
            (InForce::BuiltIn, _) => "the built-in default, the cable alone".into(),
        }
    }
}

/// A certificate or key is larger than this by no means.
const MAX_CERTIFICATE: usize = 256 * 1024;

/// Files that the configuration names and that are not there, or of no use; one a line.
/// `notes` gets those that this user cannot look at.
pub fn lacking(config: &Config, notes: &mut String) -> String {
    let mut text = String::new();
    config::each_eap(config, &mut |place, eap| {
        for (key, path) in eap.files() {
            let what = match files::read_regular(path, MAX_CERTIFICATE) {
                Ok(bytes) if bytes.is_empty() => "is empty".into(),
                Ok(_) => continue,
                Err(e) => match e.errno {
                    libc::ENOENT | libc::ENOTDIR => {
                        "there is no such file: copy it to the box, or correct the path".into()
                    }
                    // The daemon is root, and may.
                    libc::EACCES if !host::is_root() => {
                        let what = "only root can see whether it is there";
                        notes.push_str(&format!("{place}.{key}: {path}: {what}\n"));
                        continue;
                    }
                    libc::EINVAL => "is no regular file".into(),
                    libc::EISDIR => "is a directory: name the file in it".into(),
                    libc::EFBIG => "is too large for a certificate or a key".into(),
                    _ => e.to_string(),
                },
            };
            text.push_str(&format!("{place}.{key}: {path}: {what}\n"));
        }
    });
    text
}

/// One line a part that is not carried out, or that is unwise.
pub fn notes(config: &Config) -> String {
    let mut text = String::new();
    for notice in config::notices(config) {
        text.push_str(&format!("{notice}\n"));
    }
    text
}

fn beside(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((directory, _)) => format!("{directory}/{REPORT}"),
        None => REPORT.into(),
    }
}

/// Brings the staged report on the file at `config` to its place beside it, or takes away
/// the one there. Written only when it says something new. Needs root. False: to be tried again.
pub fn carry_out_report(config: &str) -> bool {
    let path = beside(config);
    let done = match staging::staged(staging::REPORT) {
        None => files::remove(&path),
        Some(text) if files::read(&path, 64 * 1024).is_ok_and(|old| old == text) => Ok(()),
        Some(text) => files::write_atomic(&path, &text, 0o644),
    };
    staging::is_done(&path, done, "")
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

/// Keeps the file that was put aside, for the day when it is broken. Once a change: SD
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
