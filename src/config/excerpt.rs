//! The lines of the file around some places, with stars in place of everything that may be a
//! secret: what is shown is built from the tokens of the grammar, never copied.
use super::grammar::{self, Kind};
use super::path::Step;
use super::scan::{Scanner, Token};
use super::syntax;

/// Characters shown before and after the place.
const BEFORE: usize = 60;
const AFTER: usize = 24;
/// Octets before the place from which on the text is looked at closely.
const NEAR: usize = 4 * BEFORE;

/// The line around one place, cut at both ends where it is long.
#[derive(Debug, PartialEq)]
pub struct Excerpt {
    /// Without its line end; empty where nothing may be shown.
    pub text: String,
    /// Where the place is, in characters.
    pub caret: usize,
    /// Characters behind it.
    after: usize,
}

/// The lines around these places, which are in the order of the text.
pub fn excerpts(text: &str, places: &[usize]) -> Vec<Excerpt> {
    let mut writer = Writer {
        text,
        places,
        lines: Vec::with_capacity(places.len()),
        window: String::with_capacity(4 * BEFORE),
        length: 0,
        hidden: false,
    };
    let mut scanner = Scanner::new(text);
    let mut done = 0;
    while !writer.is_done() {
        match scanner.next() {
            Ok(Some(token)) => {
                let shown = harmless(&scanner, token);
                // A key or text that was read with a fault is hidden, with the rest of its line.
                if scanner.start >= done {
                    writer.between(done, scanner.start);
                    writer.token(&scanner, shown);
                    done = scanner.end;
                }
            }
            Ok(None) => break,
            Err(fault) => {
                writer.between(done, fault.at);
                writer.reach(fault.at, true);
                done = done.max(fault.at);
                // The kind of what follows on this line is not known.
                writer.hide();
            }
        }
    }
    if !writer.is_done() {
        writer.between(done, text.len());
    }
    writer.reach(usize::MAX, !writer.hidden);
    writer.lines
}

struct Writer<'t> {
    text: &'t str,
    /// All; as many as there are `lines` have been reached.
    places: &'t [usize],
    lines: Vec<Excerpt>,
    /// The end of the line so far, and its length in characters.
    window: String,
    length: usize,
    /// Nothing more of this line is shown.
    hidden: bool,
}

impl Writer<'_> {
    /// Whether all lines are whole.
    fn is_done(&self) -> bool {
        let whole = self.lines.last().is_none_or(|line| line.after > AFTER);
        whole && self.lines.len() == self.places.len()
    }

    /// Whether what ends at the byte `end` is too far from any place.
    fn is_far(&self, end: usize) -> bool {
        let next = self.places.get(self.lines.len());
        let open = self.lines.last().is_some_and(|line| line.after <= AFTER);
        !open && next.is_none_or(|place| end.saturating_add(NEAR) < *place)
    }

    /// Begins the lines of all places up to the byte `at`.
    fn reach(&mut self, at: usize, shown: bool) {
        let is_next = |place: &usize| *place <= at;
        while self.places.get(self.lines.len()).is_some_and(is_next) {
            self.lines.push(match shown {
                true => Excerpt {
                    text: self.window.clone(),
                    caret: self.length,
                    after: 0,
                },
                false => Excerpt {
                    text: String::new(),
                    caret: 0,
                    after: AFTER + 1,
                },
            });
        }
    }

    /// Adds `c`, which is at the byte `at` of the file.
    fn add(&mut self, at: usize, c: char) {
        self.reach(at, !self.hidden);
        if c == '\n' || c == '\r' {
            self.clear();
            self.end_lines();
            return;
        }
        if self.hidden {
            return;
        }
        let c = if c.is_control() { ' ' } else { c };
        for line in self.lines.iter_mut().filter(|line| line.after <= AFTER) {
            line.after += 1;
            line.text.push(if line.after > AFTER { '…' } else { c });
        }
        if self.length == BEFORE {
            self.window.remove(0);
        } else {
            self.length += 1;
        }
        self.window.push(c);
    }

    /// Nothing more is shown of this line.
    fn hide(&mut self) {
        self.hidden = true;
        self.end_lines();
    }

    fn end_lines(&mut self) {
        for line in &mut self.lines {
            line.after = AFTER + 1;
        }
    }

    fn clear(&mut self) {
        self.window.clear();
        (self.length, self.hidden) = (0, false);
    }

    /// Adds what is between two tokens: punctuation and white space, stars for comments. From
    /// anything else on, the line is hidden.
    fn between(&mut self, from: usize, to: usize) {
        let mut from = from;
        let mut text = self.text.get(from..to).unwrap_or_default();
        if self.is_far(to) || self.hidden {
            // Only the line's end matters.
            let Some(end) = syntax::line_end(text) else {
                return;
            };
            if self.is_far(to) {
                return self.clear();
            }
            from += end;
            text = text.get(end..).unwrap_or_default();
        }
        let mut comment_end = from;
        for (n, c) in text.char_indices() {
            let at = from + n;
            if at >= comment_end
                && let Some(Ok(end)) = syntax::comment(self.text, at)
            {
                comment_end = end;
                "***".chars().for_each(|c| self.add(at, c));
            }
            // In a comment, only the ends of lines matter.
            if at >= comment_end || matches!(c, '\r' | '\n') {
                let known = " \t\r\n,:{}[]\"".contains(c);
                if !known {
                    self.hide();
                }
                self.add(at, c);
            }
        }
    }

    /// Adds the last token. Stars have the position of its first byte.
    fn token(&mut self, scanner: &Scanner<'_>, shown: bool) {
        if self.is_far(scanner.end) {
            return;
        }
        let text = if shown { scanner.raw() } else { "***" };
        for (n, c) in text.char_indices() {
            self.add(scanner.start + if shown { n } else { 0 }, c);
        }
    }
}

/// Whether the last token may be shown to anyone. After a fault only keys may: the kinds of values
/// are not certain.
fn harmless(scanner: &Scanner<'_>, token: Token) -> bool {
    let raw = scanner.raw();
    let plain = |c: u8| c.is_ascii_alphanumeric() || b".:/*_-".contains(&c);
    let among_secrets = |step: Step<'_>| matches!(step, Step::Key("wifi" | "eap" | "wired_auth"));
    let certain = scanner.fault.is_none();
    match (token, grammar::resolve(&mut scanner.steps())) {
        (Token::Key, _) => grammar::knows(raw),
        (Token::Text, Some(Kind::Choice(words))) => certain && words.contains(raw),
        (Token::Text, Some(Kind::Text)) => {
            certain
                && raw.len() <= 64
                && raw.bytes().all(plain)
                && !scanner.steps().any(among_secrets)
        }
        (Token::Number, Some(Kind::Number { .. })) => certain,
        (Token::Text | Token::Number, _) => false,
        (Token::Bool | Token::Null, _) => certain,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, place: &str) -> String {
        let line = &excerpts(text, &[text.find(place).unwrap()])[0];
        format!("{}\n{:width$}^", line.text, "", width = line.caret)
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
        let places = ["\"BE\"", "\"hunter2\"", "300"].map(|word| text.find(word).unwrap());
        let lines = excerpts(text, &places);
        assert_eq!(lines[0].text, "{ \"country\": \"BE\",");
        assert!(lines[1].text.ends_with("\"prio…") && lines[2].text.ends_with("300 } ] }"));
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
        // Lines behind it have their keys, and no values.
        let text = "{ \"country\": BE,\n  \"hostname\": \"hunter2\", // old: hunter3\n \"x\"}";
        let line = "  \"hostname\": \"***\", ***\n              ^";
        assert_eq!(shown(text, "\"hunter2"), line);
    }

    #[test]
    fn a_long_line_is_cut_and_what_is_far_is_skipped() {
        let filler = "\"eth0\", ".repeat(500);
        let text =
            format!("{{ \"bond\": {{ \"members\": [ {filler} \"wlan0\" ], \"name\": 1 }} }}");
        let line = &excerpts(&text, &[text.find("\"wlan0").unwrap()])[0];
        assert_eq!(
            (line.caret, line.text.chars().count()),
            (BEFORE, BEFORE + AFTER + 1)
        );
        assert!(
            line.text.ends_with("\"wlan0\" ], \"name\": *** }…"),
            "{}",
            line.text
        );
    }
}
