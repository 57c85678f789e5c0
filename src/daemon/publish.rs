//! What is meant for files outside our own directories: the name servers in /etc, the time
//! servers, the report beside the configuration.
//!
//! Each is written into the run directory first. Root carries it out from there at once.
//! Under the init unit the daemon is another user, who may write nowhere else: it leaves a
//! wish, and the init system starts `wifibond publish`, as root and without a network.
use super::card::{self, Job};
use super::{RUN_DIR, file, resolv};
use crate::system::{files, host};

/// Its appearance is the wish. It stays until it has been carried out.
const WISH: &str = "/run/wifibond/publish";
/// The wish while `wifibond publish` looks whether it is the one that was carried out.
const TAKEN: &str = "/run/wifibond/publish.taken";
/// Wishes that come while another one is carried out are served by the same run, this often;
/// then the init system starts the next one.
const ROUNDS: usize = 4;
/// Root's own, made by tmpfiles.d.
const LOCK: &str = "/run/wifibond-publish";
pub const REPORT: &str = "report.txt";
pub const RESOLVER: &str = "resolv.conf";
pub const TIME: &str = "timesyncd.conf";
const MOST_BYTES: usize = 64 * 1024;

/// What can be out of date outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What<'a> {
    Names,
    /// The report on this configuration file.
    Report(&'a str),
}

fn place(name: &str) -> String {
    format!("{RUN_DIR}/{name}")
}

/// What is staged under `name`. A link, or a file of somebody who does not own the
/// directory, is nothing: the reader is root.
pub fn staged(name: &str) -> Option<Vec<u8>> {
    files::read_own(RUN_DIR, name, MOST_BYTES).ok()
}

/// Stages a text, or that there is none. False: it is staged already.
pub fn stage(name: &str, text: Option<&str>) -> crate::system::Result<bool> {
    if staged(name).as_deref() == text.map(str::as_bytes) {
        return Ok(false);
    }
    match text {
        Some(text) => files::write_in_memory(&place(name), text.as_bytes(), 0o644)?,
        None => files::remove(&place(name))?,
    }
    Ok(true)
}

/// Has what is staged carried out.
pub fn bring_up_to_date(what: What<'_>) {
    if host::is_root() {
        let job = match what {
            What::Names => Job::Names,
            What::Report(path) => Job::Report { path: path.into() },
        };
        return card::add(job);
    }
    if let Err(e) = files::write_in_memory(WISH, b"", 0o600) {
        log::info!("{WISH}: {e}");
    }
}

/// Says itself what does not work. Takes as long as the card does.
pub fn carry_out(what: What<'_>) -> bool {
    match what {
        What::Names => resolv::carry_out(),
        What::Report(config) => file::carry_out_report(config),
    }
}

/// Whether a step outside our directories is done; says it if not. On a file system that is
/// read-only there is nothing to be done: trying again would not help.
pub fn is_done(place: &str, result: crate::system::Result<()>, otherwise: &str) -> bool {
    let Err(e) = result else {
        return true;
    };
    log::warn!("{place}: {e}{otherwise}");
    e.errno == libc::EROFS
}

/// `wifibond publish`: all of it, as root. False if something could not be carried out: the
/// wish stays, and it is to be tried again.
pub fn main(config: &str) -> bool {
    // One at a time, or the slower one would bring back what has been taken away. Nobody but
    // root gets to this directory; without the units there is none, and nobody to race with.
    let _lock = files::lock(LOCK);
    for _ in 0..ROUNDS {
        let wish = files::identity(WISH);
        let (names, report) = (carry_out(What::Names), carry_out(What::Report(config)));
        if !(names && report) {
            return false;
        }
        if wish.is_none() {
            return true;
        }
        match take(wish) {
            Ok(true) => return true,
            Ok(false) => {}
            Err(e) => {
                log::warn!("{WISH}: {e}");
                return false;
            }
        }
    }
    true
}

/// Removes the wish, whatever it is: while something stands there, the init system starts us.
/// False if it is another one than has been carried out: it came meanwhile. Moved aside
/// first, so that none can come between the look and the removal.
fn take(wish: Option<files::Identity>) -> crate::system::Result<bool> {
    files::remove_whole(TAKEN)?;
    match files::rename(WISH, TAKEN) {
        Err(e) if e.errno == libc::ENOENT => return Ok(true),
        other => other?,
    }
    let same = files::identity(TAKEN) == wish;
    files::remove_whole(TAKEN)?;
    Ok(same)
}
