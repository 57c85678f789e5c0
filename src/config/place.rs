//! Paths of fields such as `wifi[0].passphrase`, and where they stand in the text.
use super::error::ConfigError;
use super::grammar;
use super::scan::{Scanner, Token};
use super::syntax::Fault;
use core::fmt;
use heapless::{String, Vec};

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'t> {
    Key(&'t str),
    Index(usize),
}

/// Steps in one path. The grammar needs 6 (`links[0].ipv4.routes[0].to`).
pub type Steps<'t> = Vec<Step<'t>, 8>;

/// A path that grows by one step at each call level: a list on the stack.
#[derive(Clone, Copy)]
pub struct At<'p> {
    up: Option<&'p At<'p>>,
    step: Option<Step<'static>>,
}

impl<'p> At<'p> {
    /// The file itself.
    pub const ROOT: At<'static> = At {
        up: None,
        step: None,
    };

    pub fn key(&'p self, key: &'static str) -> At<'p> {
        At {
            up: Some(self),
            step: Some(Step::Key(key)),
        }
    }

    pub fn index(&'p self, index: usize) -> At<'p> {
        At {
            up: Some(self),
            step: Some(Step::Index(index)),
        }
    }

    pub fn steps(&self) -> Steps<'static> {
        let mut steps = self.up.map(At::steps).unwrap_or_default();
        if let Some(step) = self.step {
            let _ = steps.push(step);
        }
        steps
    }
}

/// The text, for errors found after it was read.
#[derive(Clone, Copy)]
pub struct Source<'t> {
    pub text: &'t str,
}

impl Source<'_> {
    /// An error at the value of `at`; where that is missing, at what should hold it.
    pub fn wrong(
        &self,
        at: &At<'_>,
        what: fmt::Arguments<'_>,
        cure: fmt::Arguments<'_>,
    ) -> ConfigError {
        self.wrong_at(&at.steps(), what, cure)
    }

    pub fn wrong_at(
        &self,
        steps: &[Step<'_>],
        what: fmt::Arguments<'_>,
        cure: fmt::Arguments<'_>,
    ) -> ConfigError {
        let path = write_path(steps.iter().copied());
        ConfigError::at(self.text, locate(self.text, steps), &path, what, cure)
    }

    /// The same for words that need no values put in.
    pub fn plain(&self, at: &At<'_>, what: &str, cure: &str) -> ConfigError {
        self.wrong(at, format_args!("{what}"), format_args!("{cure}"))
    }

    /// An error at the scanner's last token.
    pub fn at_token(
        &self,
        scanner: &Scanner<'_>,
        what: &str,
        cure: fmt::Arguments<'_>,
    ) -> ConfigError {
        let path = write_path(scanner.steps());
        ConfigError::at(
            self.text,
            scanner.place(),
            &path,
            format_args!("{what}"),
            cure,
        )
    }

    /// The text is no JSON: `fault` came up where `scanner` stands.
    pub fn no_json(&self, scanner: &Scanner<'_>, fault: Fault) -> ConfigError {
        let path = write_path(scanner.steps());
        let mut what: String<64> = String::new();
        if let Some(c) = fault.glyph {
            let _ = what.push(' ').and_then(|()| what.push(c));
        }
        let mut opened: String<32> = String::new();
        if let Some(at) = fault.opened {
            let line = super::error::position(self.text, at).0;
            let _ = fmt::write(&mut opened, format_args!(" of line {line}"));
        }
        let what = format_args!("{}{what}", fault.what);
        ConfigError::at(
            self.text,
            fault.at,
            &path,
            what,
            format_args!("{}{opened}", fault.cure),
        )
    }
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

/// `wifi[0].passphrase`. A key that the grammar knows nowhere is shown as `?`: it may
/// be a secret in the wrong place.
pub fn write_path<'t>(steps: impl Iterator<Item = Step<'t>>) -> String<96> {
    let mut path = String::new();
    for step in steps {
        let _ = match step {
            Step::Index(n) => fmt::write(&mut path, format_args!("[{n}]")),
            Step::Key(key) => {
                let dot = if path.is_empty() { "" } else { "." };
                let key = if grammar::knows(key) { key } else { "?" };
                fmt::write(&mut path, format_args!("{dot}{key}"))
            }
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
        let links = At::ROOT.key("links");
        let link = links.index(2);
        let ipv4 = link.key("ipv4");
        assert_eq!(write_path(ipv4.steps().into_iter()), "links[2].ipv4");
        let odd = ipv4.key("hunter22");
        assert_eq!(write_path(odd.steps().into_iter()), "links[2].ipv4.?");
    }
}
