//! Lists on the page of `wifibond status`, in lines for the narrowest terminals.
use crate::engine::journal::{Text, clip};
use core::fmt::{self, Formatter};

/// Characters in a line of the narrowest terminals, a serial one's 80, with a comma at its end.
const WIDTH: usize = 79;

/// Items in a row, continued on the next line before one that would pass [`WIDTH`].
pub struct List<'a, 'b> {
    f: &'a mut Formatter<'b>,
    indent: usize,
    column: usize,
    /// What comes before the next item, unless it is the first.
    pub separator: &'static str,
    first: bool,
}

impl<'a, 'b> List<'a, 'b> {
    /// A list that begins at the start of a line.
    pub fn new(f: &'a mut Formatter<'b>, indent: usize) -> Result<Self, fmt::Error> {
        write!(f, "{:indent$}", "")?;
        Ok(List::after(f, indent))
    }

    /// A list whose line has come as far as `indent` already.
    pub fn after(f: &'a mut Formatter<'b>, indent: usize) -> Self {
        List {
            f,
            indent,
            column: indent,
            separator: ", ",
            first: true,
        }
    }

    pub fn add(&mut self, item: fmt::Arguments<'_>) -> fmt::Result {
        let text: Text = clip(item);
        let length = text.chars().count();
        if !core::mem::take(&mut self.first) {
            if self.column + self.separator.len() + length > WIDTH {
                let indent = self.indent;
                write!(self.f, "{}\n{:indent$}", self.separator.trim_end(), "")?;
                self.column = indent;
            } else {
                self.f.write_str(self.separator)?;
                self.column += self.separator.len();
            }
        }
        self.column += length;
        self.f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Display;

    struct Row(usize);

    impl Display for Row {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            let mut list = List::new(f, 4)?;
            (0..self.0).try_for_each(|n| list.add(format_args!("item {n}")))
        }
    }

    #[test]
    fn a_row_goes_on_in_the_next_line() {
        assert_eq!(Row(3).to_string(), "    item 0, item 1, item 2");
        let row = Row(40).to_string();
        assert!(row.lines().count() > 3);
        for line in row.lines() {
            assert!((5..=80).contains(&line.len()), "{line:?}");
            assert!(line.starts_with("    item"), "{line:?}");
        }
        assert_eq!(row.replace("\n    ", " ").matches(", ").count(), 39);
    }
}
