//! `wifibond doctor`: what usually goes wrong, found by the daemon and in the machine's files.
mod kernel_messages;
mod machine;
mod managers;
mod processes;
#[cfg(test)]
mod tests;
mod units;

use super::{FAILED, Outcome, ask, say};
use crate::system::kernel_log;
use crate::wire::control::Request;
use machine::Machine;
use std::fmt::Write;

/// Called with each finding: what it is about, then what is wrong and what to type.
type Find<'f> = &'f mut dyn FnMut(&str, &str);

/// Exit code 1: something was found.
pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    if let Some(other) = parser.next()? {
        return Err(other.unexpected().into());
    }
    let mut found = String::new();
    match ask::ask(Request::Doctor) {
        Ok((0, _)) => {}
        Ok((_, body)) => found.push_str(&body),
        // That the daemon does not answer is a finding as well.
        Err(exit) => {
            let _ = writeln!(found, "wifibond: {}", exit.message);
        }
    }
    let machine = Machine::here();
    let ours: Vec<String> = match ask::ask(Request::Links) {
        Ok((_, body)) => body.lines().map(Into::into).collect(),
        // Without the daemon: all that it could manage.
        Err(_) => machine.interfaces(),
    };
    let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    conflicts(&machine, &ours, &mut |place, what| {
        let _ = writeln!(found, "{place}: {what}");
    });
    kernel_messages::find(kernel_log::PATH, &mut |place, what| {
        let _ = writeln!(found, "{place}: {what}");
    });
    match found.is_empty() {
        true => say("nothing found\n").map(|_| 0),
        false => say(&found).map(|_| FAILED),
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
