//! What is meant for files outside our own directories: the name servers in /etc, the time
//! servers, the report beside the configuration.
//!
//! Each is written into the run directory first. Root carries it out from there at once.
//! Under the init unit the daemon is another user, who may write nowhere else: it makes a
//! request file, and the init system starts `wifibond publish`, as root and without a network.
use super::card::{self, Job};
use crate::daemon::RUN_DIR;
use crate::system::{files, host};

/// The request file: the init unit starts `wifibond publish` when it appears. It stays until that
/// has succeeded.
pub const REQUEST: &str = "/run/wifibond/publish";
/// The report on a wrong configuration file.
pub const REPORT: &str = "report.txt";
/// The name servers and search domains (resolv.conf(5)).
pub const RESOLVER: &str = "resolv.conf";
/// The time servers (timesyncd.conf(5)).
pub const TIME: &str = "timesyncd.conf";
/// The LED's name, and its pattern.
pub const LED: &str = "led";
/// That the system is to be restarted.
pub const REBOOT: &str = "reboot";
const MOST_BYTES: usize = 64 * 1024;

fn place(name: &str) -> String {
    format!("{RUN_DIR}/{name}")
}

/// What is staged under `name`. `None` also for a symbolic link, or a file of another user than
/// the directory's owner: the reader is root.
pub fn staged(name: &str) -> Option<Vec<u8>> {
    files::read_own(RUN_DIR, name, MOST_BYTES).ok()
}

/// Stages a text, or that there is none. `false`: it is staged already. The error is that of the
/// run directory.
pub fn stage(name: &str, text: Option<&[u8]>) -> crate::system::Result<bool> {
    if staged(name).as_deref() == text {
        return Ok(false);
    }
    match text {
        Some(text) => files::write_in_memory(&place(name), text, 0o644)?,
        None => files::remove(&place(name))?,
    }
    Ok(true)
}

/// Has what is staged carried out: by this job where we are root.
pub fn bring_up_to_date(job: Job) {
    if host::is_root() {
        return card::add(job);
    }
    if let Err(e) = files::write_in_memory(REQUEST, b"", 0o600) {
        log::info!("{REQUEST}: {e}");
    }
}

/// Whether a step outside our directories is done; logged if not. On a read-only file system it
/// counts as done: trying again would not help.
pub fn is_done(place: &str, result: crate::system::Result<()>, otherwise: &str) -> bool {
    let Err(e) = result else {
        return true;
    };
    log::warn!("{place}: {e}{otherwise}");
    e.errno == libc::EROFS
}
