//! How the scanner goes on after a fault: where it does, and with what. Nothing of it is ever used:
//! a file with a fault is refused. It only finds the faults behind.
use super::super::syntax::{self, Fault};
use super::{Expect, Scanned, Scanner, Token};

impl Scanner<'_> {
    /// Nothing behind this fault can be read.
    pub(super) fn stop(&mut self, fault: Fault) -> Fault {
        self.stopped = true;
        fault
    }

    fn char(&self) -> Option<char> {
        self.text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
    }

    /// Neither a comma nor the closing bracket.
    pub(super) fn without_comma(&mut self, fault: Fault) -> Fault {
        match self.char() {
            None => return self.stop(fault),
            Some(_) if fault.glyph.is_some() && fault.at < self.at => {
                self.end_at_glyph(&fault);
                return fault;
            }
            // The other kind of bracket: this one was forgotten.
            Some('}' | ']') => {
                let object = self.frames.pop().is_none_or(|frame| frame.object);
                (self.start, self.end) = (self.at, self.at);
                self.pending = Some(if object {
                    Token::ObjectEnd
                } else {
                    Token::ListEnd
                });
                return fault;
            }
            Some(';') => self.at += 1,
            Some('"' | '{' | '[') => {}
            Some(c) if syntax::is_typographic(c) => {}
            // A text on one line ends there; what is behind is read again.
            Some(_) => {
                self.skip_line();
                return fault;
            }
        }
        self.separate();
        fault
    }

    /// No key where one belongs.
    pub(super) fn without_key(&mut self, fault: Fault) -> Fault {
        match self.char() {
            None => return self.stop(fault),
            Some(',') => {
                self.at += 1;
                return fault;
            }
            Some(c) if self.quoted_otherwise(c) => {}
            Some(c) if c.is_ascii_alphanumeric() => self.skip_word(),
            Some(_) => {
                self.skip_line();
                return fault;
            }
        }
        self.name();
        self.skip_colon();
        self.expect = Expect::Value;
        self.pending = Some(Token::Key);
        fault
    }

    /// No colon after the key.
    pub(super) fn without_colon(&mut self, fault: Fault) -> Fault {
        if fault.glyph.is_some() {
            self.end_at_glyph(&fault);
            self.name();
        }
        self.skip_colon();
        self.pending = Some(Token::Key);
        fault
    }

    /// No value where one belongs.
    pub(super) fn without_value(&mut self, fault: Fault) -> Fault {
        self.start = self.at;
        match self.char() {
            None => return self.stop(fault),
            Some(':' | '=') => {
                self.at += 1;
                return fault;
            }
            Some(',' | '}' | ']') => self.end = self.at,
            Some(c) if self.quoted_otherwise(c) => {}
            Some(_) => self.skip_word(),
        }
        self.expect = Expect::CommaOrEnd;
        self.pending = Some(Token::Null);
        fault
    }

    /// The text that was opened at `opened` has no closing quote on its line.
    pub(super) fn unclosed(&mut self, opened: usize, fault: Scanned<()>) -> Scanned<()> {
        self.start = opened + 1;
        self.end = self.at;
        if let Err(fault) = &fault
            && fault.glyph.is_some()
        {
            self.end_at_glyph(fault);
        }
        fault
    }

    /// The last text ends with this quotation mark.
    fn end_at_glyph(&mut self, fault: &Fault) {
        let length = fault.glyph.map_or(0, char::len_utf8);
        self.end = fault.at;
        self.at = fault.at + length;
    }

    /// A text between other quotation marks: takes it, as far as it is on this line.
    fn quoted_otherwise(&mut self, opening: char) -> bool {
        let single = matches!(opening, '\'' | '`');
        if !single && !syntax::is_typographic(opening) {
            return false;
        }
        self.at += opening.len_utf8();
        self.start = self.at;
        while let Some(c) = self.char().filter(|c| !matches!(c, '\n' | '\r')) {
            self.end = self.at;
            self.at += c.len_utf8();
            if c == '"' || (single && c == opening) || (!single && syntax::is_typographic(c)) {
                return true;
            }
        }
        self.end = self.at;
        true
    }

    /// Takes what looks like a word; at least one character.
    pub(super) fn skip_word(&mut self) {
        self.start = self.at;
        let delimiter = |c: char| c.is_ascii_whitespace() || ",:=;{}[]\"".contains(c);
        while let Some(c) = self.char() {
            if self.at > self.start && delimiter(c) {
                break;
            }
            self.at += c.len_utf8();
        }
        self.end = self.at;
    }

    /// To the end of the line.
    fn skip_line(&mut self) {
        while let Some(c) = self.char().filter(|c| !matches!(c, '\n' | '\r')) {
            self.at += c.len_utf8();
        }
    }

    /// Takes the colon, if it is there, or what stands in its place.
    pub(super) fn skip_colon(&mut self) {
        while matches!(self.peek(), b' ' | b'\t') {
            self.at += 1;
        }
        if matches!(self.peek(), b':' | b'=') {
            self.at += 1;
        }
    }
}
