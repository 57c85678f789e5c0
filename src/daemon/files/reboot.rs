//! Restarting the system. Under the init unit `wifibond publish` does it, as root, and only where
//! the configuration file asks for it: the daemon has no right to.
use super::card::{self, Job};
use super::{config_file, staging};
use crate::config;
use crate::daemon::engine::Tell;
use crate::engine::contract::event::Event;
use crate::system::{files, host};

/// Says in later boots that a restart was asked for.
const NOTE: &str = "/var/lib/wifibond/rebooted";

/// Reports whether an earlier boot has asked for one.
pub fn load(tell: &mut Tell<'_>) {
    if files::exists(NOTE) {
        tell(Event::Rebooted);
    }
}

/// Has the system restarted, if `config` asks for it.
pub fn request(config: &str) {
    card::add(Job::Do {
        what: "reboot",
        path: config.into(),
        work: stage,
    });
}

fn stage(config: &str) {
    // First, and on the card: without it there would be one restart after the other.
    let noted = files::write_atomic(NOTE, b"", 0o600);
    let staged = noted.and_then(|()| staging::stage(staging::REBOOT, Some(b"")));
    if let Err(e) = staged {
        log::warn!("{NOTE}: {e}; the system is not restarted");
        return;
    }
    staging::bring_up_to_date(Job::Do {
        what: "restart",
        path: config.into(),
        work: carry_out,
    });
}

/// Restarts the system by its init system, if that is staged and the file at `config` asks for it.
/// Needs root. Not tried again: the daemon asks for it again in its time.
pub fn carry_out(config: &str) {
    if staging::staged(staging::REBOOT).is_none() {
        return;
    }
    let removed = staging::stage(staging::REBOOT, None);
    let text = config_file::read(config).map(|text| config::parse(&text.bytes));
    let asks = matches!(text, Ok(Ok(file)) if file.health.repair && file.health.reboot);
    let done = match asks {
        true => removed.and_then(|_| host::systemctl(&["--no-block", "reboot"])),
        false => return log::warn!("{config} does not ask for a restart of the system: none"),
    };
    match done {
        Ok(()) => log::warn!("no member works: the system is restarted"),
        Err(e) => log::warn!("the system cannot be restarted: {e}"),
    }
}
