//! resolv.conf: ours in the run directory, and a copy of it in /etc where no other program
//! has one.
//!
//! /etc/resolv.conf is taken when it is missing, leads nowhere, or names no server; what
//! stood there is kept beside it and comes back on stop. Anything else has an owner.
//!
//! Where it is a link to systemd-resolved's file, that one gets the servers in a drop-in: it
//! would fall back to public ones, having no interface of its own.
//!
//! Time servers go into a drop-in of systemd-timesyncd, where systemd runs; it is then reloaded.
use super::card::{self, Job};
use super::staging::{self, RESOLVER};
use crate::daemon::failure;
use crate::engine::contract::content::Content;
use crate::engine::contract::event::Failure;
use crate::system::{files, host};

const ETC: &str = "/etc/resolv.conf";
const KEPT: &str = "/etc/resolv.conf.before-wifibond";
/// Systemd's run-time directory, and what we put there.
const SYSTEMD: &str = "/run/systemd";
const TIME_DIR: &str = "/run/systemd/timesyncd.conf.d";
const TIME: &str = "/run/systemd/timesyncd.conf.d/50-wifibond.conf";
/// systemd-resolved's run-time directory, and what we put there for it.
const RESOLVED: &str = "/run/systemd/resolve/";
const RESOLVED_DIR: &str = "/run/systemd/resolved.conf.d";
const RESOLVED_DROP_IN: &str = "/run/systemd/resolved.conf.d/50-wifibond.conf";
const MOST_BYTES: usize = 64 * 1024;

/// Stages both files, and has them carried out if one has changed, or at the `first` time: the
/// owner of a file elsewhere may have gone since the last start.
pub fn write(content: &Content, first: bool) -> Result<(), Failure> {
    let (names, time) = content.parts();
    let told = |e: crate::system::Error| failure(e.errno, &format_args!("{RESOLVER}: {e}"));
    let time = staging::stage(staging::TIME, time).map_err(told)?;
    let names = staging::stage(RESOLVER, Some(names)).map_err(told)?;
    if first || time || names {
        staging::bring_up_to_date(job());
    }
    Ok(())
}

/// The file is there, with this very text.
pub fn is_current(content: &Content) -> bool {
    let (names, _) = content.parts();
    staging::staged(RESOLVER).is_some_and(|have| have == names)
}

/// On stop: nothing is ours any more.
pub fn give_back() {
    for name in [staging::TIME, RESOLVER] {
        if let Err(e) = staging::stage(name, None) {
            log::info!("{name}: {e}");
        }
    }
    staging::bring_up_to_date(job());
    card::finish();
}

fn job() -> Job {
    Job::Do {
        what: "names",
        path: String::new(),
        work: |_| {
            carry_out();
        },
    }
}

/// Copies what is staged to where other programs read it. Needs root. `false`: something could
/// not be done, and is to be tried again.
pub fn carry_out() -> bool {
    let time = write_time(staging::staged(staging::TIME).as_deref());
    let names = carry_out_names(staging::staged(RESOLVER).as_deref());
    time && names
}

fn carry_out_names(text: Option<&[u8]>) -> bool {
    if is_resolveds() {
        return update_resolved(text);
    }
    let dropped = files::remove(RESOLVED_DROP_IN);
    let dropped = staging::is_done(RESOLVED_DROP_IN, dropped, "");
    // Other users may not enter the run directory, so a symbolic link to the file there would not
    // work for them: /etc gets a copy.
    let done = match (text, owner()) {
        (Some(text), Owner::Us | Owner::Nobody) => take(text),
        (Some(_), Owner::Other) => {
            log::debug!("{ETC} has an owner: left alone");
            true
        }
        (None, Owner::Us) => give_up(),
        (None, Owner::Nobody | Owner::Other) => true,
    };
    dropped && done
}

#[derive(Debug, PartialEq, Eq)]
enum Owner {
    Us,
    Nobody,
    Other,
}

const MARK: &str = "# Made by wifibond";

fn owner() -> Owner {
    match files::read(ETC, MOST_BYTES) {
        Ok(text) if text.starts_with(MARK.as_bytes()) => Owner::Us,
        Ok(text) if names_no_server(&text) => Owner::Nobody,
        // Missing, or a link that leads nowhere.
        Err(e) if e.errno == libc::ENOENT => Owner::Nobody,
        Ok(_) | Err(_) => Owner::Other,
    }
}

fn names_no_server(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let server = |line: &str| line.trim_start().starts_with("nameserver");
    !text.lines().any(server)
}

fn take(text: &[u8]) -> bool {
    if files::read(ETC, MOST_BYTES).is_ok_and(|have| have == text) {
        return true;
    }
    let taken = match owner() == Owner::Nobody && files::is_there(ETC) {
        true => files::rename(ETC, KEPT),
        false => Ok(()),
    };
    let written = taken.and_then(|()| files::write_atomic(ETC, text, 0o644));
    let otherwise = "; name servers are in /run/wifibond/resolv.conf";
    staging::is_done(ETC, written, otherwise)
}

/// Wherever the link leads just now, if resolved runs or is going to: it may be starting.
fn is_resolveds() -> bool {
    let links =
        files::link(ETC).is_some_and(|target| target.contains(RESOLVED.trim_start_matches('/')));
    let enabled = || host::systemctl(&["--quiet", "is-enabled", "systemd-resolved"]).is_ok();
    links && (files::exists(RESOLVED) || enabled())
}

/// resolv.conf's words as resolved.conf(5) has them.
fn drop_in(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let after = |word: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(word));
        lines
            .flat_map(str::split_whitespace)
            .map(Into::into)
            .collect()
    };
    let (servers, search) = (after("nameserver "), after("search "));
    format!(
        "# Made by wifibond\n[Resolve]\nDNS={}\nDomains={}\n",
        servers.join(" "),
        search.join(" ")
    )
}

/// It reads its configuration when it starts; systemd 254 and later could reload it.
fn update_resolved(text: Option<&[u8]>) -> bool {
    let old = files::read(RESOLVED_DROP_IN, MOST_BYTES).ok();
    let new = text.map(|text| drop_in(text).into_bytes());
    if old == new {
        return true;
    }
    let put = |text: Option<&[u8]>| match text {
        None => files::remove(RESOLVED_DROP_IN),
        Some(text) => files::ensure_dir(RESOLVED_DIR, 0o755)
            .and_then(|()| files::write_atomic(RESOLVED_DROP_IN, text, 0o644)),
    };
    let told = put(new.as_deref())
        .and_then(|()| host::systemctl(&["--no-block", "try-restart", "systemd-resolved"]));
    if told.is_err() {
        // Otherwise the next attempt would find nothing changed.
        let _ = put(old.as_deref());
    }
    staging::is_done(RESOLVED_DROP_IN, told, "")
}

fn write_time(text: Option<&[u8]>) -> bool {
    if !files::exists(SYSTEMD) {
        return true;
    }
    let old = files::read(TIME, MOST_BYTES).ok();
    if old.as_deref() == text {
        return true;
    }
    let put = |text: Option<&[u8]>| match text {
        None => files::remove(TIME),
        Some(text) => {
            files::ensure_dir(TIME_DIR, 0o755).and_then(|()| files::write_atomic(TIME, text, 0o644))
        }
    };
    let told = put(text).and_then(|()| reload_timesyncd());
    if told.is_err() {
        // Otherwise the next attempt would find nothing changed.
        let _ = put(old.as_deref());
    }
    staging::is_done(TIME, told, "")
}

/// It reads its configuration when it starts. One that does not run is left alone.
fn reload_timesyncd() -> crate::system::Result<()> {
    let words = ["--no-block", "try-reload-or-restart", "systemd-timesyncd"];
    match host::systemctl(&words) {
        // Without systemctl there is no systemd-timesyncd.
        Err(e) if e.errno == libc::ENOENT => Ok(()),
        other => other,
    }
}

/// What stood there before.
fn give_up() -> bool {
    let back = match files::is_there(KEPT) {
        true => files::rename(KEPT, ETC),
        false => files::remove(ETC),
    };
    staging::is_done(ETC, back, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolved_gets_the_same_words() {
        let text =
            b"# Made by wifibond\nsearch lan home\nnameserver 10.0.0.1\nnameserver fe80::1%eth0\n";
        let expected =
            "# Made by wifibond\n[Resolve]\nDNS=10.0.0.1 fe80::1%eth0\nDomains=lan home\n";
        assert_eq!(drop_in(text), expected);
    }

    #[test]
    fn a_file_without_servers_has_no_owner() {
        assert!(names_no_server(b""));
        assert!(names_no_server(
            b"# Resolver configuration file.\n# nameserver x\n"
        ));
        assert!(!names_no_server(b"search lan\n nameserver 9.9.9.9\n"));
    }
}
