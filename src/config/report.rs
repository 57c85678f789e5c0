//! `wifibond-report.txt`: what is wrong with the file, in plain words, for someone who
//! put the card into a Windows computer. Lines end with CR LF for old editors.
//!
//! The line in question is shown with stars in place of everything that may be a secret: what is
//! shown is built from the tokens of the grammar, never copied.
use super::decode::decode;
use super::error::ConfigError;
use super::grammar::{self, Kind};
use super::path::Step;
use super::scan::{Scanner, Token};
use core::fmt::{self, Write};
use heapless::String;

/// Which configuration is in force while the file is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InForce {
    /// The last file that worked.
    LastGood,
    /// No file has ever worked: DHCP on every cable.
    BuiltIn,
}

/// Writes the report on `bytes`, the content of `file`, in which `error` was found. Fails where
/// `out` does.
pub fn report(
    out: &mut dyn Write,
    file: &str,
    bytes: &[u8],
    error: &ConfigError,
    in_force: InForce,
) -> fmt::Result {
    let out = &mut Crlf { out };
    write!(
        out,
        "wifibond cannot use {file}.\n\nLine {}, column {}",
        error.line, error.column
    )?;
    if !error.path.is_empty() {
        write!(out, ", in {}", error.path)?;
    }
    write!(out, ":\n  {}\n", error.what)?;
    if !error.cure.is_empty() {
        write!(out, "What would be right:\n  {}\n", error.cure)?;
    }
    if let Ok(text) = decode(bytes) {
        let line = masked(&text, offset(&text, error));
        if line.text.bytes().any(|c| c != b' ') {
            write!(
                out,
                "\nThe place (stars hide what nobody else should read):\n  {}\n",
                line.text
            )?;
            writeln!(out, "  {:width$}^", "", width = line.caret)?;
        }
    }
    let in_force = match in_force {
        InForce::LastGood => "The box goes on with the last file that worked.",
        InForce::BuiltIn => {
            "No file has worked yet: until one does, the box asks for an address\n\
             on every cable (DHCP) and does nothing else."
        }
    };
    write!(
        out,
        "\n{in_force}\nThis report goes away with the next good file.\n"
    )
}

/// Turns LF into CR LF.
struct Crlf<'o> {
    out: &'o mut dyn Write,
}

impl Write for Crlf<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (n, line) in text.split('\n').enumerate() {
            if n > 0 {
                self.out.write_str("\r\n")?;
            }
            self.out.write_str(line)?;
        }
        Ok(())
    }
}

/// The position in octets of the error's line and column.
fn offset(text: &str, error: &ConfigError) -> usize {
    let place = (error.line, error.column);
    let (mut low, mut high) = (0, text.len());
    // Places grow with the bytes.
    while low < high {
        let middle = low + (high - low) / 2;
        if super::error::position(text, middle) < place {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Characters shown before and after the place.
const BEFORE: usize = 60;
const AFTER: usize = 24;

/// The line around one byte, cut at both ends where it is long.
struct Line {
    text: String<512>,
    /// In characters.
    caret: usize,
    /// The position of the error in the file, in octets, and whether `text` has reached it.
    place: usize,
    reached: bool,
    after: usize,
}

impl Line {
    /// Adds `c`, which is at the byte `at` of the file.
    fn add(&mut self, at: usize, c: char) {
        if !self.reached && at >= self.place {
            self.reached = true;
            self.caret = self.text.chars().count();
        }
        if c == '\n' || c == '\r' {
            // Only the line with the place counts; nothing is added after it.
            if self.reached {
                self.after = AFTER + 1;
            } else {
                self.text.clear();
            }
            return;
        }
        if self.reached {
            self.after += 1;
            if self.after > AFTER {
                let cut = self.after == AFTER + 1;
                let _ = self.text.push_str(if cut { "…" } else { "" });
                return;
            }
        } else if self.text.chars().count() >= BEFORE {
            self.text.remove(0);
        }
        let _ = self.text.push(if c == '\t' { ' ' } else { c });
    }

    /// Adds what is between two tokens: punctuation and white space. `false`: there is something
    /// else.
    fn between(&mut self, text: &str, from: usize, to: usize) -> bool {
        for (at, c) in text.get(from..to).unwrap_or_default().char_indices() {
            if !matches!(
                c,
                ' ' | '\t' | '\r' | '\n' | ',' | ':' | '{' | '}' | '[' | ']' | '"'
            ) {
                return false;
            }
            self.add(from + at, c);
        }
        true
    }
}

fn masked(text: &str, place: usize) -> Line {
    let mut line = Line {
        text: String::new(),
        caret: 0,
        place,
        reached: false,
        after: 0,
    };
    let mut scanner = Scanner::new(text);
    let mut done = 0;
    let fault = loop {
        match scanner.next() {
            Ok(Some(token)) => {
                line.between(text, done, scanner.start);
                let shown = if harmless(&scanner, token) {
                    scanner.raw()
                } else {
                    "***"
                };
                for (n, c) in shown.char_indices() {
                    // All stars have the position of the token's first byte.
                    line.add(scanner.start + if shown == "***" { 0 } else { n }, c);
                }
                done = scanner.end;
            }
            Ok(None) => break text.len(),
            Err(fault) => break fault.at,
        }
    };
    // After a fault the kind of a token is unknown: nothing is shown from there on.
    line.between(text, done, fault);
    if !line.reached {
        line.caret = line.text.chars().count();
    }
    line
}

/// Whether the last token may be shown to anyone.
fn harmless(scanner: &Scanner<'_>, token: Token) -> bool {
    let raw = scanner.raw();
    let plain = |c: u8| c.is_ascii_alphanumeric() || b".:/*_-".contains(&c);
    let among_secrets = |step: Step<'_>| matches!(step, Step::Key("wifi" | "eap" | "wired_auth"));
    match (token, grammar::resolve(&mut scanner.steps())) {
        (Token::Key, _) => grammar::knows(raw),
        (Token::Text, Some(Kind::Choice(words))) => words.contains(raw),
        (Token::Text, Some(Kind::Text)) => {
            raw.len() <= 64 && raw.bytes().all(plain) && !scanner.steps().any(among_secrets)
        }
        (Token::Number, Some(Kind::Number { .. })) => true,
        (Token::Text | Token::Number, _) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, place: &str) -> std::string::String {
        let line = masked(text, text.find(place).unwrap());
        std::format!("{}\n{:width$}^", line.text, "", width = line.caret)
    }

    #[test]
    fn secrets_are_hidden_and_the_place_is_marked() {
        let text = "{ \"country\": \"BE\",\n  \"wifi\": [ { \"ssid\": \"Home\", \"psk\": \"hunter2\", \"x\": 1, \"priority\": 300 } ] }";
        assert_eq!(
            shown(text, "\"hunter2\""),
            "  \"wifi\": [ { \"ssid\": \"***\", \"psk\": \"***\", \"***\": ***, \"prio…\n                                    ^"
        );
        assert_eq!(
            shown(text, "\"BE\""),
            "{ \"country\": \"BE\",\n             ^"
        );
        assert!(shown(text, "300").contains("\"priority\": 300 } ] }\n"));
    }

    #[test]
    fn nothing_is_shown_beyond_a_fault() {
        let text = r#"{ "wifi": [ { "passphrase": "abc"def" } ] }"#;
        let expected =
            "{ \"wifi\": [ { \"passphrase\": \"***\"\n                                 ^";
        assert_eq!(shown(text, "def"), expected);
        let text = r#"{ "passphrase": hunter2 }"#;
        assert_eq!(
            shown(text, "hunter2"),
            "{ \"passphrase\": \n                ^"
        );
    }
}
