//! `wifibond doctor`: what usually goes wrong, looked for from inside the daemon and from
//! outside.
mod machine;
mod managers;
mod processes;
#[cfg(test)]
mod tests;
mod units;

use super::{Outcome, ask, say};
use crate::wire::control::Request;
use machine::Machine;
use std::fmt::Write;

/// Each finding: what it is about, what is wrong and what to type.
type Find<'f> = &'f mut dyn FnMut(&str, &str);

pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    if let Some(other) = parser.next()? {
        return Err(other.unexpected().into());
    }
    let mut found = String::new();
    match ask::ask(Request::Doctor) {
        Ok((0, _)) => {}
        Ok((_, body)) => found.push_str(&body),
        // That is a finding, too.
        Err(exit) => {
            let _ = writeln!(found, "wifibond: {}", exit.message);
        }
    }
    let machine = Machine::here();
    let ours: Vec<String> = match ask::ask(Request::Links) {
        Ok((_, body)) => body.lines().map(Into::into).collect(),
        // Whatever it would take may be somebody else's already.
        Err(_) => machine.interfaces(),
    };
    let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    others(&machine, &ours, &mut |place, what| {
        let _ = writeln!(found, "{place}: {what}");
    });
    match found.is_empty() {
        true => say("nothing found\n").map(|_| 0),
        false => say(&found).map(|_| 1),
    }
}

/// Who else handles these interfaces: network managers, processes, and units that the next
/// boot starts.
fn others(machine: &Machine, ours: &[&str], find: Find<'_>) {
    for name in ours {
        managers::networkd(machine, name, find);
        managers::network_manager(machine, name, find);
    }
    let named = units::find(machine, ours, find);
    processes::find(machine, ours, &named, find);
}
