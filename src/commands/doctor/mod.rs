//! `wifibond doctor`: what usually goes wrong, found by the daemon and in the machine's files.
mod clock;
mod finding;
mod hardware;
mod kernel_messages;
mod machine;
mod managers;
mod processes;
#[cfg(test)]
mod tests;
mod units;

use super::{FAILED, NOT_RUNNING, Outcome, ask, say};
use crate::system::clock as wall;
use crate::system::kernel_log;
use crate::wire::control::{CERTIFICATE, Request};
use finding::{Findings, Kind};
use lexopt::prelude::*;
use machine::Machine;

/// Called with each finding: its kind, what it is about, what is wrong, and what to type.
type Find<'f> = &'f mut dyn FnMut(&Kind, &str, &str, &str);

/// Exit code 1: something was found that is no note.
pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let mut json = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => json = true,
            other => return Err(other.unexpected().into()),
        }
    }
    let mut found = Findings::new(json);
    let find: Find<'_> = &mut |kind, place, what, cure| found.add(kind, place, what, cure);
    let machine = Machine::here();
    match ask::ask(Request::Doctor) {
        Ok((_, body)) => of_daemon(&machine, &body, find),
        // That it does not run is a finding as well; that it may not be asked is none.
        Err(exit) if exit.code != NOT_RUNNING => return Err(exit),
        Err(exit) => find(&finding::NOT_RUNNING, "wifibond", &exit.message, ""),
    }
    let ours: Vec<String> = match ask::ask(Request::Links) {
        Ok((_, body)) => body.lines().map(Into::into).collect(),
        // Without the daemon: all that it could manage.
        Err(_) => machine.interfaces(),
    };
    let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    conflicts(&machine, &ours, find);
    hardware::find(&machine, &ours, find);
    kernel_messages::find(&machine, kernel_log::PATH, find);
    let code = if found.count == 0 { 0 } else { FAILED };
    say(&found.shown()).map(|_| code)
}

/// The daemon's lines: kind, place, what and cure, with tabs between. Certificates are read here: the
/// daemon's own user may not.
fn of_daemon(machine: &Machine, body: &str, find: Find<'_>) {
    for line in body.lines() {
        let mut fields = line.split('\t');
        let mut field = || fields.next().unwrap_or_default();
        let (id, place, what, cure) = (field(), field(), field(), field());
        match id {
            CERTIFICATE => clock::find(machine, wall::wall_s(), place, what, find),
            _ => find(&Kind::of_daemon(id), place, what, cure),
        }
    }
}

/// What else manages these interfaces: network managers, processes, and units that the next boot
/// starts.
fn conflicts(machine: &Machine, ours: &[&str], find: Find<'_>) {
    for name in ours {
        managers::networkd(machine, name, find);
        managers::network_manager(machine, name, find);
    }
    let named = units::find(machine, ours, find);
    processes::find(machine, ours, &named, find);
}
