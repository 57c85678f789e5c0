//! `wifibond doctor`: what usually goes wrong, looked for from inside the daemon and from
//! outside.
use super::{Outcome, ask, say};
use crate::daemon::others;
use crate::wire::control::Request;
use std::fmt::Write;

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
    let links = ask::ask(Request::Links).map_or(String::new(), |(_, body)| body);
    let ours: Vec<&str> = links.lines().collect();
    others::find(&ours, &mut |place, what| {
        let _ = writeln!(found, "{place}: {what}");
    });
    match found.is_empty() {
        true => say("nothing found\n").map(|_| 0),
        false => say(&found).map(|_| 1),
    }
}
