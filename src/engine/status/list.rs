//! Lists and sentences on the page of `wifibond status`, in lines that fit the terminal.
use crate::wire::control::Tone;
use core::fmt::{self, Formatter, Write};

/// Fewer characters than this in a line, and details have lines of their own.
const WIDE: usize = 60;
/// Characters of a name's column, without and with a USB port beside one of the names.
const NAME: usize = 10;
const NAME_AND_PORT: usize = 20;

/// For what terminal the page is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// Characters in a line.
    pub columns: usize,
    /// The marks of [`Tone`] are in the text.
    pub tones: bool,
}

impl Layout {
    /// A serial terminal's, without marks.
    pub const PLAIN: Layout = Layout {
        columns: 80,
        tones: false,
    };

    /// Tables have columns.
    pub fn is_wide(&self) -> bool {
        self.columns >= WIDE
    }

    /// Characters of the column of names; `ports`: some have a USB port beside them.
    pub fn names(&self, ports: bool) -> usize {
        if ports { NAME_AND_PORT } else { NAME }
    }

    /// A mark, where they are asked for.
    pub fn tone(&self, tone: Tone, f: &mut Formatter<'_>) -> fmt::Result {
        match self.tones {
            true => f.write_char(tone.mark()),
            false => Ok(()),
        }
    }

    /// A sentence from here on, where the line has come as far as `column`; the lines that follow
    /// begin behind `indent` blanks.
    pub fn sentence(
        &self,
        f: &mut Formatter<'_>,
        (column, indent): (usize, usize),
        text: fmt::Arguments<'_>,
    ) -> fmt::Result {
        let text = text.to_string();
        let mut list = List::after(f, *self, indent);
        list.column = column;
        for (n, line) in text.trim_end().lines().enumerate() {
            if n > 0 {
                list.next_line()?;
            }
            list.words(line)?;
        }
        writeln!(f)
    }
}

/// Items in a row, continued on the next line before one that would not fit. An item that fits in no
/// line is broken between its words, and a word only where it is longer than a line.
pub struct List<'a, 'b> {
    f: &'a mut Formatter<'b>,
    layout: Layout,
    indent: usize,
    column: usize,
    /// What comes before the next item, unless it is the first.
    pub separator: &'static str,
    first: bool,
}

impl<'a, 'b> List<'a, 'b> {
    /// A list that begins at the start of a line.
    pub fn new(
        f: &'a mut Formatter<'b>,
        layout: Layout,
        indent: usize,
    ) -> Result<Self, fmt::Error> {
        write!(f, "{:indent$}", "")?;
        Ok(List::after(f, layout, indent))
    }

    /// A list whose line has come as far as `indent` already.
    pub fn after(f: &'a mut Formatter<'b>, layout: Layout, indent: usize) -> Self {
        List {
            f,
            layout,
            indent,
            column: indent,
            separator: ", ",
            first: true,
        }
    }

    /// The line has come further than its beginning by so much.
    pub fn skip(&mut self, columns: usize) {
        self.column += columns;
    }

    /// One more item.
    pub fn add(&mut self, item: fmt::Arguments<'_>) -> fmt::Result {
        self.add_toned(None, item)
    }

    /// As [`List::add`], in this tone.
    pub fn add_toned(&mut self, tone: Option<Tone>, item: fmt::Arguments<'_>) -> fmt::Result {
        let text = item.to_string();
        if !core::mem::take(&mut self.first) {
            let length = text.chars().count();
            if self.column + self.separator.len() + length > self.room() {
                self.f.write_str(self.separator.trim_end())?;
                self.next_line()?;
            } else {
                self.f.write_str(self.separator)?;
                self.column += self.separator.len();
            }
        }
        if let Some(tone) = tone {
            self.layout.tone(tone, self.f)?;
        }
        self.words(&text)?;
        match tone {
            Some(_) => self.layout.tone(Tone::Plain, self.f),
            None => Ok(()),
        }
    }

    /// The room in a line: a comma may follow.
    fn room(&self) -> usize {
        self.layout.columns.saturating_sub(1)
    }

    fn next_line(&mut self) -> fmt::Result {
        let indent = self.indent;
        self.column = indent;
        write!(self.f, "\n{:indent$}", "")
    }

    fn words(&mut self, text: &str) -> fmt::Result {
        // What cannot be beside the indentation of a very narrow terminal passes its border.
        let longest = self.room().saturating_sub(self.indent).max(1);
        let mut rest = text;
        let mut blank = false;
        while !rest.is_empty() {
            let (word, after) = rest.split_at(end_of_word(rest));
            let mut word = word;
            let length = word.chars().count();
            if self.column + usize::from(blank) + length > self.room() && self.column > self.indent
            {
                self.next_line()?;
            } else if blank {
                self.f.write_char(' ')?;
                self.column += 1;
            }
            while word.chars().count() > longest {
                let cut = word.char_indices().nth(longest).map_or(word.len(), |c| c.0);
                self.f.write_str(&word[..cut])?;
                self.next_line()?;
                word = &word[cut..];
            }
            self.f.write_str(word)?;
            self.column += word.chars().count();
            blank = !after.is_empty();
            rest = after.strip_prefix(' ').unwrap_or(after);
        }
        Ok(())
    }
}

/// Where the line may be broken: at the first blank that does not part a number from its unit.
fn end_of_word(text: &str) -> usize {
    let mut from = 0;
    while let Some(at) = text[from..].find(' ').map(|at| from + at) {
        let word = &text[from..at];
        let is_number = |word: &str| word.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if !is_number(word) || at + 1 >= text.len() {
            return at;
        }
        from = at + 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Display;

    struct Row(usize, usize);

    impl Display for Row {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            let columns = self.1;
            let layout = Layout {
                columns,
                ..Layout::PLAIN
            };
            let mut list = List::new(f, layout, 4)?;
            (0..self.0).try_for_each(|n| list.add(format_args!("item {n}")))
        }
    }

    #[test]
    fn a_row_goes_on_in_the_next_line() {
        assert_eq!(Row(3, 80).to_string(), "    item 0, item 1, item 2");
        for columns in [80, 40, 20] {
            let row = Row(40, columns).to_string();
            assert!(row.lines().count() > 3);
            for line in row.lines() {
                assert!((5..=columns).contains(&line.len()), "{line:?}");
                assert!(line.starts_with("    item"), "{line:?}");
            }
            assert_eq!(row.replace("\n    ", " ").matches(", ").count(), 39);
        }
    }

    struct Said(&'static str, usize);

    impl Display for Said {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            let columns = self.1;
            let layout = Layout {
                columns,
                ..Layout::PLAIN
            };
            layout.sentence(f, (0, 2), format_args!("{}", self.0))
        }
    }

    #[test]
    fn a_sentence_is_broken_between_words_and_no_number_is_parted_from_its_unit() {
        let said = Said("wlan0 was unplugged 3 min ago", 24).to_string();
        assert_eq!(said, "wlan0 was unplugged\n  3 min ago\n");
        let long = "a 0123456789abcdefghijklmnopqrstuvwxyz end";
        let said = Said(long, 20).to_string();
        assert!(said.lines().all(|line| line.len() < 20), "{said}");
        let joined: std::string::String = said.split_whitespace().collect();
        assert_eq!(joined, long.replace(' ', ""));
        // Nothing is lost and nothing hangs where there is no room at all.
        assert!(Said("word by word", 1).to_string().contains('w'));
        assert_eq!(Said("", 20).to_string(), "\n");
        assert_eq!(Said("12 ", 20).to_string(), "12\n");
        // A text of several lines, as of a wrong file, keeps them.
        let said = Said("line 3:\n    |  ^ here\n", 40).to_string();
        assert_eq!(said, "line 3:\n      |  ^ here\n");
    }
}
