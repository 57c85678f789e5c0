//! `wifibond publish`: carries out, as root, what the daemon may not write itself. Started by
//! `wifibond-publish.path`; nobody needs to call it. Exit code 1: something could not be
//! carried out and is to be tried again.
use super::Outcome;
use crate::daemon::staging::WISH;
use crate::daemon::{file, resolv};
use crate::system::{self, files};

/// The wish while `wifibond publish` looks whether it is the one that was carried out.
const TAKEN: &str = "/run/wifibond/publish.taken";
/// Wishes that come while another one is carried out are served by the same run, this often;
/// then the init system starts the next one.
const ROUNDS: usize = 4;
/// Root's own, made by tmpfiles.d.
const LOCK: &str = "/run/wifibond-publish";

pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let path = super::config_option(parser)?;
    system::log::init();
    Ok(u8::from(!publish(&path)))
}

/// All of it, as root. False if something could not be carried out: the wish stays, and it is
/// to be tried again.
fn publish(config: &str) -> bool {
    // One at a time, or the slower one would bring back what has been taken away. Nobody but
    // root gets to this directory; without the units there is none, and nobody to race with.
    let _lock = files::lock(LOCK);
    for _ in 0..ROUNDS {
        let wish = files::identity(WISH);
        let (names, report) = (resolv::carry_out(), file::carry_out_report(config));
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
fn take(wish: Option<files::Identity>) -> system::Result<bool> {
    files::remove_whole(TAKEN)?;
    match files::rename(WISH, TAKEN) {
        Err(e) if e.errno == libc::ENOENT => return Ok(true),
        other => other?,
    }
    let same = files::identity(TAKEN) == wish;
    files::remove_whole(TAKEN)?;
    Ok(same)
}
