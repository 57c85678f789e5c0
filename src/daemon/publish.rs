//! What is meant for files outside our own directories: the name servers in /etc, the time
//! servers, the report beside the configuration.
//!
//! Each is written into the run directory first. Root carries it out from there at once.
//! Under the init unit the daemon is another user, who may write nowhere else: it leaves a
//! wish, and the init system starts `wifibond publish`, as root and without a network.
use super::{RUN_DIR, file, resolv};
use crate::system::{files, host};

/// Its appearance is the wish; who carries it out removes it first.
const WISH: &str = "/run/wifibond/publish";
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

/// Stages a text, or that there is none.
pub fn stage(name: &str, text: Option<&str>) -> crate::system::Result<()> {
    match text {
        Some(text) => files::write_atomic(&place(name), text.as_bytes(), 0o644),
        None => files::remove(&place(name)),
    }
}

/// Has what is staged carried out.
pub fn bring_up_to_date(what: What<'_>) {
    if host::is_root() {
        return carry_out(what);
    }
    if let Err(e) = files::write_atomic(WISH, b"", 0o600) {
        log::info!("{WISH}: {e}");
    }
}

fn carry_out(what: What<'_>) {
    match what {
        What::Names => resolv::carry_out(),
        What::Report(config) => file::carry_out_report(config),
    }
}

/// `wifibond publish`: all of it, as root.
pub fn main(config: &str) {
    // Before the work: a wish that comes meanwhile must start the next one. Whatever stands
    // there goes, or the init system would start us for ever.
    if files::remove(WISH).is_err()
        && let Err(e) = files::remove_dir(WISH)
    {
        log::warn!("{WISH}: {e}");
    }
    // One at a time, or the slower one would bring back what has been taken away. Nobody but
    // root gets to this directory; without the units there is none, and nobody to race with.
    let _lock = files::lock(LOCK);
    carry_out(What::Names);
    carry_out(What::Report(config));
}
