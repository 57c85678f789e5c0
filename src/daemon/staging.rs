//! What is meant for files outside our own directories: the name servers in /etc, the time
//! servers, the report beside the configuration.
//!
//! Each is written into the run directory first. Root carries it out from there at once.
//! Under the init unit the daemon is another user, who may write nowhere else: it leaves a
//! wish, and the init system starts `wifibond publish`, as root and without a network.
use super::RUN_DIR;
use super::card::{self, Job};
use crate::system::{files, host};

/// Its appearance is the wish. It stays until it has been carried out.
pub const WISH: &str = "/run/wifibond/publish";
pub const REPORT: &str = "report.txt";
pub const RESOLVER: &str = "resolv.conf";
pub const TIME: &str = "timesyncd.conf";
const MOST_BYTES: usize = 64 * 1024;

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

/// Has what is staged carried out: by this job where we are root.
pub fn bring_up_to_date(job: Job) {
    if host::is_root() {
        return card::add(job);
    }
    if let Err(e) = files::write_in_memory(WISH, b"", 0o600) {
        log::info!("{WISH}: {e}");
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
