//! What is wrong in a file, where, and what would be right.
//!
//! An error never holds a secret: no message repeats a value from `wifi`, from an
//! `eap` or from a `wired_auth` block, nor a key that the grammar does not have there.
use std::fmt;

/// Errors of one file that are kept: the first ones; and as many notices.
pub const MAX_ERRORS: usize = 16;

/// One error, or one notice.
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
    /// The position in the text, in octets.
    pub(super) offset: usize,
    /// It follows from an error that was found before, and is not shown.
    pub(super) follows: bool,
}

/// A checked value, or what is wrong with it.
pub type Checked<T> = Result<T, ConfigError>;

impl ConfigError {
    /// An error at the byte `offset` of the text. Its line and column are not known yet.
    pub(super) fn at(
        offset: usize,
        path: &str,
        what: fmt::Arguments<'_>,
        cure: fmt::Arguments<'_>,
    ) -> Self {
        ConfigError {
            line: 1,
            column: 1,
            path: path.into(),
            what: std::fmt::format(what).into_boxed_str(),
            cure: std::fmt::format(cure).into_boxed_str(),
            offset,
            follows: false,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        Words(self).fmt(f)
    }
}

/// `path: what; cure`.
pub(super) struct Words<'e>(pub &'e ConfigError);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Words(error) = self;
        for (part, end) in [(&error.path, ": "), (&error.what, "")] {
            if !part.is_empty() {
                f.write_str(part)?;
                f.write_str(end)?;
            }
        }
        if !error.cure.is_empty() {
            f.write_str("; ")?;
            f.write_str(&error.cure)?;
        }
        Ok(())
    }
}

/// The first [`MAX_ERRORS`] errors or notices of a file, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigErrors {
    list: Vec<ConfigError>,
    /// How many more there are.
    pub more: usize,
}

impl std::ops::Deref for ConfigErrors {
    type Target = [ConfigError];
    fn deref(&self) -> &[ConfigError] {
        &self.list
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        let list = vec![error];
        ConfigErrors { list, more: 0 }
    }
}

impl ConfigErrors {
    /// Keeps the error in its place, unless it follows from another one.
    pub(super) fn add(&mut self, error: ConfigError) {
        if error.follows {
            return;
        }
        let earlier = |other: &ConfigError| other.offset <= error.offset;
        let place = self.list.partition_point(earlier);
        self.list.insert(place, error);
        if self.list.len() > MAX_ERRORS {
            self.list.pop();
            self.more += 1;
        }
    }

    /// Whether an error at `offset` would be kept; otherwise it is counted, and need not be made.
    pub(super) fn has_room(&mut self, offset: usize) -> bool {
        let full = self.list.len() == MAX_ERRORS;
        let kept = !full || self.list.last().is_some_and(|last| offset < last.offset);
        self.more += usize::from(!kept);
        kept
    }

    /// Whether the text between these two positions has an error.
    pub(super) fn any_between(&self, from: usize, to: usize) -> bool {
        self.more > 0 || self.iter().any(|error| (from..to).contains(&error.offset))
    }

    /// Finds the line and column of each, in one reading of the text.
    pub(super) fn find_places(&mut self, text: &str) {
        let mut place = Place::default();
        for error in &mut self.list {
            place.advance(text, error.offset);
            (error.line, error.column) = (place.line, place.column);
        }
    }

    /// In one line: the first error with the file's name before it, and how many more there are.
    /// `FILE:3:17: path: what; cure (and 2 more)`.
    pub fn display_with<'a>(&'a self, file: &'a str) -> impl fmt::Display + 'a {
        WithFile { file, errors: self }
    }
}

/// Without the file's name.
impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = self.first() {
            error.fmt(f)?;
        }
        match (self.len() + self.more).saturating_sub(1) {
            0 => Ok(()),
            more => write!(f, " (and {more} more)"),
        }
    }
}

impl std::error::Error for ConfigErrors {}

struct WithFile<'a> {
    file: &'a str,
    errors: &'a ConfigErrors,
}

impl fmt::Display for WithFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file)?;
        f.write_str(":")?;
        self.errors.fmt(f)
    }
}

/// A position in a text. A line ends at LF, CR LF or a lone CR.
struct Place {
    offset: usize,
    line: u32,
    column: u32,
    before: u8,
}

impl Default for Place {
    fn default() -> Self {
        Place {
            offset: 0,
            line: 1,
            column: 1,
            before: 0,
        }
    }
}

impl Place {
    /// Goes on to the byte `offset`, which is not before this place.
    fn advance(&mut self, text: &str, offset: usize) {
        let end = offset.min(text.len());
        for byte in text.as_bytes().get(self.offset..end).unwrap_or_default() {
            match byte {
                // The CR has ended this line already.
                b'\n' if self.before == b'\r' => {}
                b'\n' | b'\r' => {
                    self.line += 1;
                    self.column = 1;
                }
                // Not the first octet of a character.
                0x80..0xc0 => {}
                _ => self.column += 1,
            }
            self.before = *byte;
        }
        self.offset = end.max(self.offset);
    }
}

/// Line and column of the byte `offset`.
pub(super) fn position(text: &str, offset: usize) -> (u32, u32) {
    let mut place = Place::default();
    place.advance(text, offset);
    (place.line, place.column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(offset: usize, path: &str, what: &str, cure: &str) -> ConfigError {
        let (what, cure) = (format_args!("{what}"), format_args!("{cure}"));
        ConfigError::at(offset, path, what, cure)
    }

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
        let one = ConfigErrors::from(error(0, "", "empty", ""));
        assert_eq!(one.display_with("F").to_string(), "F:1:1: empty");
        let one = ConfigErrors::from(error(0, "a.b", "bad", "do so"));
        assert_eq!(one.to_string(), "1:1: a.b: bad; do so");
    }

    #[test]
    fn the_first_ones_are_kept_in_the_order_of_the_file() {
        let mut errors = ConfigErrors::default();
        for n in (0..20).rev() {
            errors.add(error(n, "", "bad", ""));
        }
        errors.add(ConfigError {
            follows: true,
            ..error(0, "", "no more", "")
        });
        assert_eq!((errors.len(), errors.more), (16, 4));
        errors.find_places("12\n4\r\n789");
        let places: Vec<_> = errors.iter().map(|e| (e.line, e.column)).collect();
        assert_eq!(places[..5], [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]);
        assert_eq!(errors.to_string(), "1:1: bad (and 19 more)");
    }
}
