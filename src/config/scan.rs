//! JSON text → tokens with their place and path, strictly by RFC 8259.
//!
//! The one reader of JSON's punctuation here: the checks, the search for a field's
//! place and the masking of secrets all follow its tokens. It never recurses and
//! keeps a fixed number of open brackets.
use super::path::Step;
use super::syntax::{self, Fault};
use heapless::Vec;

/// Brackets open at one time; the grammar needs 6.
pub const MAX_DEPTH: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    ObjectStart,
    ObjectEnd,
    ListStart,
    ListEnd,
    /// An object's key; the colon after it is there.
    Key,
    Text,
    Number,
    Bool,
    Null,
}

/// One open bracket.
struct Frame<'t> {
    object: bool,
    /// Where the bracket stands.
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

pub struct Scanner<'t> {
    pub text: &'t str,
    at: usize,
    frames: Vec<Frame<'t>, MAX_DEPTH>,
    expect: Expect,
    /// The last comma, for "a comma after the last element".
    comma: usize,
    /// The last token: its bytes, without the quotes of a key or text.
    pub start: usize,
    pub end: usize,
}

type Scanned<T> = Result<T, Fault>;

#[cfg(test)]
std::thread_local! {
    /// How many readings were begun.
    pub static READINGS: core::cell::Cell<u32> = const { core::cell::Cell::new(0) };
}

impl<'t> Scanner<'t> {
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

    /// The next token; `None` after the whole text was read.
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

    /// The last token's bytes as they stand in the file.
    pub fn raw(&self) -> &'t str {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    /// Where the last token begins in the file, its opening quote included.
    pub fn place(&self) -> usize {
        let quoted = self.start > 0 && self.text.as_bytes().get(self.start - 1) == Some(&b'"');
        self.start - usize::from(quoted)
    }

    /// The path of the last token, outermost step first.
    pub fn steps(&self) -> impl Iterator<Item = Step<'t>> + '_ {
        self.frames.iter().filter_map(|frame| frame.step)
    }

    /// How many brackets are open.
    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    fn peek(&self) -> u8 {
        // NUL never stands in decoded text: it marks the end here.
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

    /// Takes the bracket that stands here.
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

    /// `self.at` stands on the opening quote.
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
mod tests {
    use super::*;

    fn is_json(text: &str) -> bool {
        let mut scanner = Scanner::new(text);
        loop {
            match scanner.next() {
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    #[test]
    fn what_is_json() {
        let good = [
            "{}",
            " [ ] ",
            "\"\"",
            "0",
            "-0.5e+7",
            "10",
            "[1,[2,{}],null]",
            "true",
            r#"{"a":{"b":[]},"c":""}"#,
            r#""\u00e9\ud83d\ude00\/\"""#,
        ];
        for text in good {
            assert!(is_json(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_json() {
        let wrong = [
            "",
            "{",
            "[",
            "{]",
            "[}",
            "[,1]",
            "[1,]",
            "[1 2]",
            "{,}",
            "{\"a\":1,}",
            "{\"a\"}",
            "{\"a\":}",
            "{1:2}",
            "{a:1}",
            "1 2",
            "01",
            "+1",
            ".5",
            "1.",
            "1e",
            "--1",
            "-",
            "0x1",
            "1_0",
            "tru",
            "truex",
            "nul",
            "\"",
            "\"\n\"",
            "\"\u{7}\"",
            r#""\x""#,
            r#""\u12""#,
            r#""\ud800""#,
            r#""\udc00""#,
            r#""\ud800\u0041""#,
            "'a'",
            "{}}",
            "[]]",
            "/**/{}",
            "{}//",
            "NaN",
            "Infinity",
            "\u{feff}{}",
        ];
        for text in wrong {
            assert!(!is_json(text), "{text}");
        }
        assert!(is_json(&("[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH))));
        assert!(!is_json(
            &("[".repeat(MAX_DEPTH + 1) + &"]".repeat(MAX_DEPTH + 1))
        ));
    }

    #[test]
    fn tokens_know_their_path() {
        let mut scanner = Scanner::new(r#"{ "a": [ { "b": 1 }, 2 ], "c": true }"#);
        let mut paths = std::vec::Vec::new();
        while let Ok(Some(token)) = scanner.next() {
            if matches!(token, Token::Number | Token::Bool) {
                paths.push(std::format!(
                    "{:?}",
                    scanner.steps().collect::<std::vec::Vec<_>>()
                ));
            }
        }
        assert_eq!(
            paths,
            [
                r#"[Key("a"), Index(0), Key("b")]"#,
                r#"[Key("a"), Index(1)]"#,
                r#"[Key("c")]"#
            ]
        );
    }
}
