//! Paths of fields as people write them (`wifi[0].passphrase`), and their positions in the text.
use super::error::ConfigError;
use super::grammar::{self, FILE, Kind};
use super::path::Step;
use super::scan::{Scanner, Token};
use super::syntax::Fault;
use core::fmt;
use heapless::String;

/// An error at the value of the path; where that is missing, at what should contain it.
pub fn wrong_at(
    text: &str,
    steps: &[Step<'_>],
    what: fmt::Arguments<'_>,
    cure: fmt::Arguments<'_>,
) -> ConfigError {
    let path = write_path(&mut steps.iter().copied());
    ConfigError::at(text, locate(text, steps), &path, what, cure)
}

/// An error at the scanner's last token.
pub fn at_token(scanner: &Scanner<'_>, what: &str, cure: fmt::Arguments<'_>) -> ConfigError {
    let path = write_path(&mut scanner.steps());
    let what = format_args!("{what}");
    ConfigError::at(scanner.text, scanner.place(), &path, what, cure)
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
    ConfigError::at(scanner.text, fault.at, &path, what, cure)
}

/// The byte where the value of the path begins, or of the nearest path above it.
fn locate(text: &str, steps: &[Step<'_>]) -> usize {
    let mut best = (0, 0);
    let mut scanner = Scanner::new(text);
    let mut first = true;
    while let Ok(Some(token)) = scanner.next() {
        let value = !matches!(token, Token::Key | Token::ObjectEnd | Token::ListEnd);
        let depth = scanner.steps().count();
        let fits = depth <= steps.len() && scanner.steps().zip(steps).all(|(a, b)| a == *b);
        if value && fits && (first || depth > best.0) {
            best = (depth, scanner.place());
            first = false;
        }
        if best.0 == steps.len() && !first {
            break;
        }
    }
    best.1
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
    fn a_path_is_found_or_what_should_hold_it() {
        let text = r#"{ "bond": { "members": ["a", "b"], "name": "x" }, "wifi": [] }"#;
        let find = |steps: &[Step<'_>]| &text[locate(text, steps)..][..3];
        let (bond, members) = (Step::Key("bond"), Step::Key("members"));
        assert_eq!(find(&[bond, members, Step::Index(1)]), "\"b\"");
        assert_eq!(find(&[bond, Step::Key("name")]), "\"x\"");
        assert_eq!(find(&[bond, Step::Key("primary")]), "{ \"");
        assert_eq!(locate(text, &[bond, Step::Key("primary")]), 10);
        assert_eq!(locate(text, &[Step::Key("country")]), 0);
        assert_eq!(
            find(&[Step::Key("wifi"), Step::Index(0), Step::Key("ssid")]),
            "[] "
        );
    }

    #[test]
    fn paths_read_as_in_the_manual() {
        let mut path = std::vec![Step::Key("links"), Step::Index(2), Step::Key("ipv4")];
        assert_eq!(write_path(&mut path.iter().copied()), "links[2].ipv4");
        path.push(Step::Key("hunter22"));
        assert_eq!(write_path(&mut path.iter().copied()), "links[2].ipv4");
    }
}
