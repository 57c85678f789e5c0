//! JSON text → tokens with their position and path, by RFC 8259, and with comments and commas
//! after a last element, which change no meaning.
//!
//! The only reader of JSON's punctuation: the reader of the file and the masking of secrets use
//! its tokens. It does not recurse, and the number of open brackets is bounded.
//!
//! After a fault it goes on (`recover.rs`), so that a file's faults are found in one reading. What
//! only follows from the one before is not reported.
mod literal;
mod recover;

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
#[derive(Clone)]
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
#[derive(Clone)]
pub struct Scanner<'t> {
    /// The text, without a byte order mark.
    pub text: &'t str,
    at: usize,
    frames: Vec<Frame<'t>, MAX_DEPTH>,
    expect: Expect,
    /// The last comma.
    last_comma: usize,
    /// Where the last token begins, without the quote of a key or text.
    pub start: usize,
    /// Where it ends, likewise.
    pub end: usize,
    /// The first comment.
    pub comment: Option<usize>,
    /// The first comma after a last element.
    pub comma: Option<usize>,
    /// The position of the last fault, if there was one.
    pub fault: Option<usize>,
    /// The last token was made of a fault: its text means nothing.
    pub odd: bool,
    /// A token that was read with a fault, and comes after it.
    pending: Option<Token>,
    /// Tokens until a fault is reported again: those before may only follow from the last one.
    quiet: u8,
    /// Nothing can be read after the last fault.
    stopped: bool,
    /// There was a character that only looks like a space.
    odd_space: bool,
}

type Scanned<T> = Result<T, Fault>;

const EIGHT_SPACES: u64 = u64::from_ne_bytes([b' '; 8]);

/// As in yacc(1): so many tokens without a fault end one.
const QUIET: u8 = 3;

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
            last_comma: 0,
            start: 0,
            end: 0,
            comment: None,
            comma: None,
            fault: None,
            odd: false,
            pending: None,
            quiet: 0,
            stopped: false,
            odd_space: false,
        }
    }

    /// The next token; `None` after the whole text was read. After a fault come those behind it.
    pub fn next(&mut self) -> Scanned<Option<Token>> {
        while !self.stopped {
            self.odd = self.pending.is_some();
            if let Some(token) = self.pending.take() {
                return Ok(Some(token));
            }
            let before = (self.at, self.frames.len(), self.expect);
            match self.step() {
                Ok(Some(token)) => {
                    self.quiet = self.quiet.saturating_sub(1);
                    return Ok(Some(token));
                }
                Ok(None) => return Ok(None),
                Err(fault) => {
                    let first = self.fault.replace(fault.at).is_none();
                    let after = (self.at, self.frames.len(), self.expect);
                    // Every fault leaves something behind, or the end would never come.
                    if self.pending.is_none() && before == after {
                        self.stopped = true;
                    }
                    // A bracket that is missing or too many may follow from any other fault.
                    let bracket = matches!(self.pending, Some(Token::ObjectEnd | Token::ListEnd));
                    let follows = core::mem::replace(&mut self.quiet, QUIET) > 0
                        || (!first && (bracket || self.stopped));
                    if !follows {
                        return Err(fault);
                    }
                }
            }
        }
        Ok(None)
    }

    fn step(&mut self) -> Scanned<Option<Token>> {
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
                (Expect::Key, b'}') => self.close_after_comma().map(Some),
                (Expect::Value, b']') if self.in_list() => self.close_after_comma().map(Some),
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
        loop {
            let text = self.text.as_bytes();
            let mut at = self.at;
            while let Some(b' ' | b'\n' | b'\r' | b'\t') = text.get(at) {
                at += 1;
                // Most of a file is indentation. One comparison of integers: memcmp() costs more.
                let eight = |at| text.get(at..).and_then(<[u8]>::first_chunk);
                while eight(at).copied().map(u64::from_ne_bytes) == Some(EIGHT_SPACES) {
                    at += 8;
                }
            }
            self.at = at;
            match self.peek() {
                b'#' | b'/' => match syntax::comment(self.text, self.at) {
                    Some(Ok(end)) => {
                        self.comment.get_or_insert(self.at);
                        self.at = end;
                    }
                    Some(Err(fault)) => return Err(self.stop(fault)),
                    None => return Ok(()),
                },
                0x80.. => match syntax::odd_space(self.text, self.at) {
                    Some((fault, end)) => {
                        self.at = end;
                        // Where there is one there are many: once is enough.
                        if !core::mem::replace(&mut self.odd_space, true) {
                            return Err(fault);
                        }
                    }
                    None => return Ok(()),
                },
                _ => return Ok(()),
            }
        }
    }

    fn after_value(&mut self, c: u8) -> Scanned<Option<Token>> {
        let Some(frame) = self.frames.last() else {
            return if self.at == self.text.len() {
                Ok(None)
            } else {
                Err(self.stop(syntax::after_the_end(self.at)))
            };
        };
        match (frame.object, c) {
            (_, b',') => {
                self.last_comma = self.at;
                self.at += 1;
                self.separate();
                Ok(None)
            }
            (true, b'}') | (false, b']') => self.close().map(Some),
            (object, _) => {
                let (last, opened) = (self.start..self.end, frame.opened);
                let fault = syntax::no_comma(self.text, self.at, last, object, opened);
                Err(self.without_comma(fault))
            }
        }
    }

    /// The next element or key comes.
    fn separate(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            (self.expect, frame.step) = match frame.step {
                Some(Step::Index(n)) => (Expect::Value, Some(Step::Index(n + 1))),
                _ => (Expect::Key, None),
            };
        }
    }

    fn close_after_comma(&mut self) -> Scanned<Token> {
        self.comma.get_or_insert(self.last_comma);
        self.close()
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
        if let Err(frame) = pushed {
            return Err(self.stop(syntax::too_deep(frame.opened)));
        }
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
            let fault = syntax::no_key(self.text, self.at, opened);
            return Err(self.without_key(fault));
        }
        let string = self.string();
        self.name();
        self.expect = Expect::Value;
        if let Err(fault) = string.and_then(|()| self.skip_space()) {
            self.pending = Some(Token::Key);
            self.skip_colon();
            return Err(fault);
        }
        if self.peek() != b':' {
            let fault = syntax::no_colon(self.text, self.at, self.start..self.end);
            return Err(self.without_colon(fault));
        }
        self.at += 1;
        Ok(Token::Key)
    }

    /// The last token is a key.
    fn name(&mut self) {
        let step = Step::Key(self.raw());
        if let Some(frame) = self.frames.last_mut() {
            frame.step = Some(step);
        }
    }

    fn value(&mut self, c: u8) -> Scanned<Token> {
        let (token, read) = match c {
            b'{' => return self.open(true),
            b'[' => return self.open(false),
            b'"' => (Token::Text, self.string()),
            b'-' | b'0'..=b'9' => (Token::Number, self.bare(syntax::number)),
            b't' | b'f' => (Token::Bool, self.bare(syntax::word)),
            b'n' => (Token::Null, self.bare(syntax::word)),
            _ => {
                let opened = self.frames.last().map(|frame| frame.opened);
                let fault = syntax::no_value(self.text, self.at, opened);
                return Err(self.without_value(fault));
            }
        };
        self.expect = Expect::CommaOrEnd;
        if let Err(fault) = read {
            self.pending = Some(token);
            return Err(fault);
        }
        Ok(token)
    }
}

#[cfg(test)]
mod tests;
