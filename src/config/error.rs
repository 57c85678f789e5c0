//! What is wrong in a file, where, and what would be right.
//!
//! An error never holds a secret: no message repeats a value from `wifi`, from an
//! `eap` or from a `wired_auth` block, nor a key that the grammar does not have there.
use std::fmt;

/// One error; the first one found in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The line, counted from 1.
    pub line: u32,
    /// The column in characters, counted from 1; a byte order mark does not count.
    pub column: u32,
    /// The field, such as `wifi[0].passphrase`; empty for the file as a whole.
    pub path: Box<str>,
    /// What is wrong.
    pub what: Box<str>,
    /// What would be right; empty where that follows from `what`.
    pub cure: Box<str>,
}

/// A checked value, or what is wrong with it.
pub type Checked<T> = Result<T, ConfigError>;

impl ConfigError {
    /// An error at the byte `offset` of `text`.
    pub(super) fn at(
        text: &str,
        offset: usize,
        path: &str,
        what: fmt::Arguments<'_>,
        cure: fmt::Arguments<'_>,
    ) -> Self {
        let (line, column) = position(text, offset);
        ConfigError {
            line,
            column,
            path: path.into(),
            what: std::fmt::format(what).into_boxed_str(),
            cure: std::fmt::format(cure).into_boxed_str(),
        }
    }

    /// The error with the file's name before it: `FILE:3:17: path: what; cure`.
    pub fn display_with<'a>(&'a self, file: &'a str) -> impl fmt::Display + 'a {
        WithFile { file, error: self }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        for (part, end) in [(&self.path, ": "), (&self.what, "")] {
            if !part.is_empty() {
                f.write_str(part)?;
                f.write_str(end)?;
            }
        }
        if !self.cure.is_empty() {
            f.write_str("; ")?;
            f.write_str(&self.cure)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

struct WithFile<'a> {
    file: &'a str,
    error: &'a ConfigError,
}

impl fmt::Display for WithFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file)?;
        f.write_str(":")?;
        fmt::Display::fmt(self.error, f)
    }
}

/// Line and column of the byte `offset`. A line ends at LF, CR LF or a lone CR.
pub(super) fn position(text: &str, offset: usize) -> (u32, u32) {
    let (mut line, mut column) = (1, 1);
    let mut before = '\0';
    for (at, c) in text.char_indices() {
        if at >= offset {
            break;
        }
        if c == '\n' && before == '\r' {
            // The CR has ended this line already.
        } else if c == '\n' || c == '\r' {
            line += 1;
            column = 1;
        } else {
            column += 1;
        }
        before = c;
    }
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_every_kind_of_line_end() {
        let text = "é1\r\nx\ry\nz";
        let place = |c| position(text, text.find(c).unwrap());
        assert_eq!(place('1'), (1, 2));
        assert_eq!(place('x'), (2, 1));
        assert_eq!(place('y'), (3, 1));
        assert_eq!(place('z'), (4, 1));
        assert_eq!(position(text, text.len()), (4, 2));
    }

    #[test]
    fn an_empty_path_or_cure_leaves_no_trace() {
        let error = ConfigError::at("", 0, "", format_args!("empty"), format_args!(""));
        assert_eq!(error.display_with("F").to_string(), "F:1:1: empty");
        let error = ConfigError::at("", 0, "a.b", format_args!("bad"), format_args!("do so"));
        assert_eq!(error.to_string(), "1:1: a.b: bad; do so");
    }
}
