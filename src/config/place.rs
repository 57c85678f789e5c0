//! Paths of fields as people write them (`wifi[0].passphrase`), and errors at the scanner's place.
use super::error::ConfigError;
use super::grammar::{self, FILE, Kind};
use super::path::Step;
use super::scan::Scanner;
use super::syntax::Fault;
use core::fmt;
use heapless::String;

/// An error at the scanner's last token.
pub fn at_token(scanner: &Scanner<'_>, what: &str, cure: fmt::Arguments<'_>) -> ConfigError {
    let path = write_path(&mut scanner.steps());
    let what = format_args!("{what}");
    ConfigError::at(scanner.place(), &path, what, cure)
}

/// The error that the text is not JSON: `scanner` found `fault`.
pub fn no_json(scanner: &Scanner<'_>, fault: Fault) -> ConfigError {
    let path = write_path(&mut scanner.steps());
    let mut what: String<8> = String::new();
    // No message shows even one character of a secret.
    let secret = matches!(grammar::resolve(&mut scanner.steps()), Some(Kind::Secret));
    if let Some(c) = fault.glyph.filter(|_| !secret) {
        let _ = what.push(' ').and_then(|()| what.push(c));
    }
    let mut opened: String<32> = String::new();
    if let Some(at) = fault.opened {
        let line = super::error::position(scanner.text, at).0;
        let _ = fmt::write(&mut opened, format_args!(" of line {line}"));
    }
    let what = format_args!("{}{what}", fault.what);
    let cure = format_args!("{}{opened}", fault.cure);
    ConfigError::at(fault.at, &path, what, cure)
}

/// `wifi[0].passphrase`, up to the first step that the grammar does not have: what follows may be a
/// secret in the wrong place.
pub fn write_path<'t>(steps: &mut dyn Iterator<Item = Step<'t>>) -> String<96> {
    let mut path = String::new();
    let mut kind = Kind::Object(&FILE);
    for step in steps {
        let Some(part) = kind.part(step) else { break };
        kind = part;
        let dot = if path.is_empty() { "" } else { "." };
        let _ = match step {
            Step::Index(n) => fmt::write(&mut path, format_args!("[{n}]")),
            Step::Key(key) => fmt::write(&mut path, format_args!("{dot}{key}")),
        };
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_in_the_manual() {
        let mut path = std::vec![Step::Key("links"), Step::Index(2), Step::Key("ipv4")];
        assert_eq!(write_path(&mut path.iter().copied()), "links[2].ipv4");
        path.push(Step::Key("hunter22"));
        assert_eq!(write_path(&mut path.iter().copied()), "links[2].ipv4");
    }
}
