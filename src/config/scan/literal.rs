//! Texts, and values without quotes.
use super::super::syntax;
use super::{Scanned, Scanner};

impl Scanner<'_> {
    /// `self.at` is the position of the opening quote. After a fault it is behind what is most
    /// likely the text's end.
    pub(super) fn string(&mut self) -> Scanned<()> {
        let opened = self.at;
        let mut first = Ok(());
        self.at += 1;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let is_plain = |c: &&u8| !matches!(c, 0..0x20 | b'"' | b'\\');
            self.at += rest.iter().take_while(is_plain).count();
            match self.peek() {
                b'"' => break,
                b'\\' => match syntax::escape(self.text, self.at) {
                    Ok(end) => self.at = end,
                    Err(fault) => {
                        first = first.and(Err(fault));
                        self.at += 1;
                    }
                },
                c @ 0..0x20 => {
                    let fault = syntax::in_string(self.text, self.at, opened);
                    first = first.and(Err(fault));
                    if matches!(c, 0 | b'\n' | b'\r') {
                        return self.unclosed(opened, first);
                    }
                    self.at += 1;
                }
                _ => {}
            }
        }
        self.start = opened + 1;
        self.end = self.at;
        self.at += 1;
        first
    }

    /// A value without quotes; `end` finds the byte after it.
    pub(super) fn bare(&mut self, end: fn(&str, usize) -> Scanned<usize>) -> Scanned<()> {
        self.start = self.at;
        match end(self.text, self.at) {
            Ok(end) => {
                self.at = end;
                self.end = end;
                Ok(())
            }
            Err(fault) => {
                self.skip_word();
                Err(fault)
            }
        }
    }
}
