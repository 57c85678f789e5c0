//! `wifibond publish`: carries out, as root, what the daemon may not write itself. Started by
//! `wifibond-publish.path`, not by people. Exit code 1: something could not be
//! carried out and is to be tried again.
use super::Outcome;
use crate::daemon::files::staging::REQUEST;
use crate::daemon::files::{led, reboot, report, resolv};
use crate::system::{self, files};

/// The request while `wifibond publish` compares it with the one that was carried out.
const TAKEN: &str = "/run/wifibond/publish.taken";
/// Requests carried out in one run at most: those that come meanwhile are carried out too; then the
/// init system starts the next run.
const ROUNDS: usize = 4;
/// The directory that is locked: of root alone, made by systemd-tmpfiles(8).
const LOCK: &str = "/run/wifibond-publish";

/// Exit code 1: something could not be carried out.
pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let path = super::config_option(parser)?;
    system::log::init();
    Ok(u8::from(!publish(&path)))
}

/// Carries out all requests. `false`: something could not be carried out, so the request stays
/// and is to be tried again.
fn publish(config: &str) -> bool {
    // One run at a time, or the slower one would restore what has been removed. Root alone may
    // open this directory; without the units there is none, and no other run.
    let _lock = files::lock(LOCK);
    for _ in 0..ROUNDS {
        let request = files::identity(REQUEST);
        let (names, reported) = (resolv::carry_out(), report::carry_out(config));
        led::carry_out();
        reboot::carry_out(config);
        if !(names && reported) {
            return false;
        }
        if request.is_none() {
            return true;
        }
        match take(request) {
            Ok(true) => return true,
            Ok(false) => {}
            Err(e) => {
                log::warn!("{REQUEST}: {e}");
                return false;
            }
        }
    }
    true
}

/// Removes the request, whatever it is: while something is there, the init system starts this
/// command. `false`: it is another one than was carried out and came meanwhile. It is moved aside
/// first, so that none can come between the comparison and the removal.
fn take(request: Option<files::Identity>) -> system::Result<bool> {
    files::remove_whole(TAKEN)?;
    match files::rename(REQUEST, TAKEN) {
        Err(e) if e.errno == libc::ENOENT => return Ok(true),
        other => other?,
    }
    let same = files::identity(TAKEN) == request;
    files::remove_whole(TAKEN)?;
    Ok(same)
}
