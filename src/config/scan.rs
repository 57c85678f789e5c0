//! JSON text → tokens with their position and path, strictly by RFC 8259.
//!
//! The only reader of JSON's punctuation: the checks, the search for a field's position and the
//! masking of secrets all use its tokens. It does not recurse, and the number of open brackets is
//! bounded.
use super::path::Step;
use super::syntax::{self, Fault};
use heapless::Vec;

/// Brackets open at one time; the grammar needs 6.
pub const MAX_DEPTH: usize = 16;

/// A token of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ListStart,
    /// `]`
    ListEnd,
    /// An object's key; the colon after it has been read.
    Key,
    /// A string that is a value.
    Text,
    /// A number, also one with a fraction or exponent.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`
    Null,
}

/// One open bracket.
struct Frame<'t> {
    object: bool,
    /// The bracket's position.
    opened: usize,
    /// What is being read inside: the key, or the element's number.
    step: Option<Step<'t>>,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Value,
    FirstElement,
    FirstKey,
    Key,
    CommaOrEnd,
}

/// The reader of one text. Positions are in octets.
pub struct Scanner<'t> {
    /// The text, without a byte order mark.
    pub text: &'t str,
    at: usize,
    frames: Vec<Frame<'t>, MAX_DEPTH>,
    expect: Expect,
    /// The last comma, for "a comma after the last element".
    comma: usize,
    /// Where the last token begins, without the quote of a key or text.
    pub start: usize,
    /// Where it ends, likewise.
    pub end: usize,
}

type Scanned<T> = Result<T, Fault>;

#[cfg(test)]
std::thread_local! {
    /// Number of scanners made by this thread.
    pub static READINGS: core::cell::Cell<u32> = const { core::cell::Cell::new(0) };
}

impl<'t> Scanner<'t> {
    /// At the start of the text.
    pub fn new(text: &'t str) -> Self {
        #[cfg(test)]
        READINGS.set(READINGS.get() + 1);
        Scanner {
            text,
            at: 0,
            frames: Vec::new(),
            expect: Expect::Value,
            comma: 0,
            start: 0,
            end: 0,
        }
    }

    /// The next token; `None` after the whole text was read. After an error it must not be called
    /// again.
    pub fn next(&mut self) -> Scanned<Option<Token>> {
        loop {
            self.skip_space()?;
            let c = self.peek();
            return match (self.expect, c) {
                (Expect::CommaOrEnd, _) => match self.after_value(c)? {
                    Some(token) => Ok(Some(token)),
                    None if self.frames.is_empty() => Ok(None),
                    None => continue,
                },
                (Expect::FirstKey, b'}') | (Expect::FirstElement, b']') => self.close().map(Some),
                (Expect::Key, b'}') => Err(syntax::trailing_comma(self.comma)),
                (Expect::Value, b']') if self.in_list() => Err(syntax::trailing_comma(self.comma)),
                (Expect::FirstKey | Expect::Key, _) => self.key().map(Some),
                (Expect::FirstElement, _) => {
                    if let Some(frame) = self.frames.last_mut() {
                        frame.step = Some(Step::Index(0));
                    }
                    self.value(c).map(Some)
                }
                (Expect::Value, _) => self.value(c).map(Some),
            };
        }
    }

    /// The last token's text, without quotes, escapes included.
    pub fn raw(&self) -> &'t str {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    /// Where the last token begins, its opening quote included.
    pub fn place(&self) -> usize {
        let quoted = self.start > 0 && self.text.as_bytes().get(self.start - 1) == Some(&b'"');
        self.start - usize::from(quoted)
    }

    /// The path of the last token, outermost step first.
    pub fn steps(&self) -> impl Iterator<Item = Step<'t>> + '_ {
        self.frames.iter().filter_map(|frame| frame.step)
    }

    /// Number of open brackets.
    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    fn peek(&self) -> u8 {
        // Decoded text has no NUL: it marks the end here.
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn in_list(&self) -> bool {
        self.frames.last().is_some_and(|frame| !frame.object)
    }

    fn skip_space(&mut self) -> Scanned<()> {
        while matches!(self.peek(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
        syntax::no_odd_space(self.text, self.at)
    }

    fn after_value(&mut self, c: u8) -> Scanned<Option<Token>> {
        let Some(frame) = self.frames.last_mut() else {
            return if self.at == self.text.len() {
                Ok(None)
            } else {
                Err(syntax::after_the_end(self.at))
            };
        };
        match (frame.object, c) {
            (_, b',') => {
                self.comma = self.at;
                self.at += 1;
                (self.expect, frame.step) = match frame.step {
                    Some(Step::Index(n)) => (Expect::Value, Some(Step::Index(n + 1))),
                    _ => (Expect::Key, None),
                };
                Ok(None)
            }
            (true, b'}') | (false, b']') => self.close().map(Some),
            (object, _) => {
                let opened = frame.opened;
                Err(syntax::no_comma(
                    self.text,
                    self.at,
                    self.start..self.end,
                    object,
                    opened,
                ))
            }
        }
    }

    fn close(&mut self) -> Scanned<Token> {
        let object = self.frames.pop().is_none_or(|frame| frame.object);
        self.bracket(Expect::CommaOrEnd);
        Ok(if object {
            Token::ObjectEnd
        } else {
            Token::ListEnd
        })
    }

    fn open(&mut self, object: bool) -> Scanned<Token> {
        let frame = Frame {
            object,
            opened: self.at,
            step: None,
        };
        let pushed = self.frames.push(frame);
        pushed.map_err(|frame| syntax::too_deep(frame.opened))?;
        let (token, inside) = match object {
            true => (Token::ObjectStart, Expect::FirstKey),
            false => (Token::ListStart, Expect::FirstElement),
        };
        self.bracket(inside);
        Ok(token)
    }

    /// Takes the bracket at this position.
    fn bracket(&mut self, expect: Expect) {
        self.start = self.at;
        self.at += 1;
        self.end = self.at;
        self.expect = expect;
    }

    fn key(&mut self) -> Scanned<Token> {
        if self.peek() != b'"' {
            let opened = self.frames.last().map_or(0, |frame| frame.opened);
            return Err(syntax::no_key(self.text, self.at, opened));
        }
        self.string()?;
        let step = Step::Key(self.raw());
        if let Some(frame) = self.frames.last_mut() {
            frame.step = Some(step);
        }
        self.skip_space()?;
        if self.peek() != b':' {
            return Err(syntax::no_colon(self.text, self.at, self.start..self.end));
        }
        self.at += 1;
        self.expect = Expect::Value;
        Ok(Token::Key)
    }

    fn value(&mut self, c: u8) -> Scanned<Token> {
        match c {
            b'{' => return self.open(true),
            b'[' => return self.open(false),
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.bare(syntax::number)?,
            b't' | b'f' | b'n' => self.bare(syntax::word)?,
            _ => {
                let opened = self.frames.last().map(|frame| frame.opened);
                return Err(syntax::no_value(self.text, self.at, opened));
            }
        }
        self.expect = Expect::CommaOrEnd;
        Ok(match c {
            b'"' => Token::Text,
            b't' | b'f' => Token::Bool,
            b'n' => Token::Null,
            _ => Token::Number,
        })
    }

    /// `self.at` is the position of the opening quote.
    fn string(&mut self) -> Scanned<()> {
        let opened = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                b'"' => break,
                b'\\' => self.at = syntax::escape(self.text, self.at)?,
                0..0x20 => return Err(syntax::in_string(self.text, self.at, opened)),
                _ => self.at += 1,
            }
        }
        self.start = opened + 1;
        self.end = self.at;
        self.at += 1;
        Ok(())
    }

    /// A value without quotes; `end` finds the byte after it.
    fn bare(&mut self, end: fn(&str, usize) -> Scanned<usize>) -> Scanned<()> {
        self.start = self.at;
        self.at = end(self.text, self.at)?;
        self.end = self.at;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
