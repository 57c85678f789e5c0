//! Restarting the system. Under the init unit `wifibond publish` does it, as root, and only where
//! the configuration file asks for it: the daemon has no right to.
use super::card::{self, Job};
use super::{config_file, staging};
use crate::config;
use crate::daemon::engine::Tell;
use crate::daemon::time;
use crate::engine::contract::event::Event;
use crate::engine::health::ONE_IN;
use crate::engine::time::{Instant, Millis, Seconds};
use crate::system::{files, host};

/// Says in later boots that a restart was asked for.
const NOTE: &str = "/var/lib/wifibond/rebooted";

/// Reports whether an earlier boot has asked for one. A note that guards nothing any more is
/// removed.
pub fn load(tell: &mut Tell<'_>) {
    let Some(written) = files::modified(NOTE) else {
        return;
    };
    match guards(time::now(), time::wall(), Seconds(written)) {
        true => tell(Event::Rebooted),
        false => card::add(Job::Do {
            what: "forget",
            path: NOTE.into(),
            work: forget,
        }),
    }
}

/// Whether a note of this time, as the wall clock has it, still forbids a restart: six hours of this
/// boot have not passed, nor six hours since the note. A board without a clock of its own is late,
/// and forbids it for longer.
fn guards(booted: Instant, wall: Seconds, written: Seconds) -> bool {
    let passed = Millis::from(Seconds(wall.0.saturating_sub(written.0)));
    booted < Instant::ZERO + ONE_IN && passed < ONE_IN
}

fn forget(note: &str) {
    if let Err(e) = files::remove(note) {
        log::info!("{note}: {e}");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_guards_for_six_hours() {
        let hour = 3_600;
        let at = |boot: u64, since: u64| {
            let booted = Instant::ZERO + Millis(boot * 1000);
            guards(booted, Seconds(1_000_000 + since), Seconds(1_000_000))
        };
        assert!(at(60, 120));
        assert!(at(6 * hour - 1, 6 * hour - 1));
        assert!(!at(6 * hour, 6 * hour), "this boot has lasted so long");
        assert!(!at(60, 6 * hour), "the card lay in a drawer");
        // The clock has not been set yet: it is behind the note.
        let booted = Instant::ZERO + Millis(60_000);
        assert!(guards(booted, Seconds(0), Seconds(1_000_000)));
    }
}
