//! A page on a terminal: in colour where that is wanted, and drawn again by what has changed.
//!
//! Three control sequences move and erase (ECMA-48: CUP, EL, ED), one is for colours (SGR); every
//! terminal and terminal program since the VT100 has them.
use crate::wire::control::Tone;
use std::fmt::Write;

/// Equal characters between two changes that are written again: moving the cursor costs as much.
const GAP: usize = 8;
/// Makes the cursor visible (DECTCEM).
pub const SHOW_CURSOR: &str = "\x1b[?25h";
/// The opposite of [`SHOW_CURSOR`].
pub const HIDE_CURSOR: &str = "\x1b[?25l";

/// A character and its tone.
type Cell = (char, Tone);

/// The lines of a page. A control character, which no page should have, is shown as `?`: it may be
/// part of what a stranger's device said.
fn cells(page: &str) -> Vec<Vec<Cell>> {
    let mut tone = Tone::Plain;
    let line = |line: &str| {
        let mut cells = Vec::new();
        for c in line.chars() {
            match Tone::of(c) {
                Some(next) => tone = next,
                None if c.is_control() => cells.push(('?', tone)),
                None => cells.push((c, tone)),
            }
        }
        cells
    };
    page.lines().map(line).collect()
}

fn sgr(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "\x1b[m",
        Tone::Good => "\x1b[32m",
        Tone::Warning => "\x1b[33m",
        Tone::Bad => "\x1b[31m",
    }
}

/// Writes cells where the cursor is, and leaves it in the plain tone.
fn write_cells(cells: &[Cell], colour: bool, out: &mut String) {
    let mut present = Tone::Plain;
    for (c, tone) in cells {
        if colour && *tone != present && *c != ' ' {
            out.push_str(sgr(*tone));
            present = *tone;
        }
        out.push(*c);
    }
    if present != Tone::Plain {
        out.push_str(sgr(Tone::Plain));
    }
}

/// The page as it is printed once.
pub fn printed(page: &str, colour: bool) -> String {
    let mut out = String::new();
    for line in cells(page) {
        write_cells(&line, colour, &mut out);
        out.push('\n');
    }
    out
}

/// What the terminal shows.
#[derive(Default)]
pub struct Screen {
    lines: Vec<Vec<Cell>>,
    rows: usize,
    colour: bool,
    /// Nothing is known of what it shows.
    fresh: bool,
}

impl Screen {
    /// A terminal of so many rows, whose content is not known.
    pub fn new(rows: u16, colour: bool) -> Self {
        Screen {
            lines: Vec::new(),
            rows: usize::from(rows.max(2)),
            colour,
            fresh: true,
        }
    }

    /// What makes the terminal show this page in place of the one before. Of a page that is longer
    /// than the screen, the last row says how much is left out.
    pub fn draw(&mut self, page: &str) -> String {
        let mut lines = cells(page);
        if lines.len() > self.rows {
            let more = lines.len() - (self.rows - 1);
            lines.truncate(self.rows - 1);
            let text = format!("({more} more lines: wifibond status)");
            let width = lines.iter().map(Vec::len).max().unwrap_or(0).max(20);
            lines.push(text.chars().take(width).map(|c| (c, Tone::Plain)).collect());
        }
        let mut out = String::new();
        if core::mem::take(&mut self.fresh) {
            out.push_str("\x1b[H\x1b[J");
        }
        let none = Vec::new();
        for (row, new) in lines.iter().enumerate() {
            let old = self.lines.get(row).unwrap_or(&none);
            self.draw_line(row, old, new, &mut out);
        }
        if lines.len() < self.lines.len() {
            let _ = write!(out, "\x1b[{};1H\x1b[J", lines.len() + 1);
        }
        self.lines = lines;
        if !out.is_empty() {
            out.push_str(&self.end());
        }
        out
    }

    /// Moves the cursor behind the last line: what a person types stands there.
    fn end(&self) -> String {
        let column = self.lines.last().map_or(0, Vec::len) + 1;
        format!("\x1b[{};{column}H", self.lines.len().max(1))
    }

    /// Moves the cursor below the page.
    pub fn leave(&self) -> String {
        format!("{}\x1b[K\r\n", self.end())
    }

    fn draw_line(&self, row: usize, old: &[Cell], new: &[Cell], out: &mut String) {
        let differs = |at: usize| old.get(at) != new.get(at);
        let mut at = 0;
        while let Some(from) = (at..new.len()).find(|at| differs(*at)) {
            // As far as the last change that has no wide gap before it.
            let mut to = from + 1;
            while let Some(next) = (to..new.len().min(to + GAP)).find(|at| differs(*at)) {
                to = next + 1;
            }
            let _ = write!(out, "\x1b[{};{}H", row + 1, from + 1);
            write_cells(&new[from..to], self.colour, out);
            at = to;
        }
        if new.len() < old.len() {
            let _ = write!(out, "\x1b[{};{}H\x1b[K", row + 1, new.len() + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal of the sequences above: what a person would see.
    struct Terminal {
        rows: Vec<Vec<char>>,
        at: (usize, usize),
    }

    impl Terminal {
        fn new(rows: usize) -> Self {
            let rows = vec![vec!['#'; 100]; rows];
            Terminal { rows, at: (0, 0) }
        }

        fn take(&mut self, text: &str) {
            let mut rest = text.chars();
            while let Some(c) = rest.next() {
                if c != '\x1b' {
                    self.rows[self.at.0][self.at.1] = c;
                    self.at.1 += 1;
                    continue;
                }
                assert_eq!(rest.next(), Some('['));
                let mut arguments = String::new();
                let end = rest.by_ref().find(|c| {
                    let letter = c.is_ascii_alphabetic();
                    arguments.extend((!letter).then_some(*c));
                    letter
                });
                let (row, column) = self.at;
                match end {
                    Some('H') => {
                        let mut numbers = arguments.split(';').map(|n| n.parse().unwrap_or(1));
                        let mut next = || numbers.next().unwrap_or(1usize) - 1;
                        self.at = (next(), next());
                    }
                    Some('K') => self.rows[row][column..].fill(' '),
                    Some('J') => {
                        self.rows[row][column..].fill(' ');
                        self.rows[row + 1..]
                            .iter_mut()
                            .for_each(|row| row.fill(' '));
                    }
                    Some('m') => {}
                    other => panic!("{other:?}"),
                }
            }
        }

        fn shown(&self) -> String {
            let line = |row: &Vec<char>| row.iter().collect::<String>().trim_end().to_owned();
            let lines: Vec<String> = self.rows.iter().map(line).collect();
            lines.join("\n").trim_end().to_owned()
        }
    }

    #[test]
    fn what_is_drawn_again_is_what_has_changed() {
        let mut terminal = Terminal::new(6);
        let mut screen = Screen::new(6, true);
        let pages = [
            "\u{2}ONLINE\u{1} for 1 s\nwlan0 good\nlast",
            "\u{2}ONLINE\u{1} for 2 s\nwlan0 good\nlast",
            "\u{4}OFFLINE\u{1} for 1 s\nwlan0 bad\n\nmore\nlast",
            "not running",
            "",
            "1\n2\n3\n4\n5\n6",
            "1\n2\n3\n4\n5\n6\n7\n8",
        ];
        let mut sent = Vec::new();
        for page in pages {
            let text = screen.draw(page);
            terminal.take(&text);
            sent.push(text);
            let plain: String = page.chars().filter(|c| Tone::of(*c).is_none()).collect();
            match plain.lines().count() <= 6 {
                true => assert_eq!(terminal.shown(), plain),
                false => assert_eq!(terminal.shown(), "1\n2\n3\n4\n5\n(3 more lines: wifib"),
            }
            assert_eq!(screen.draw(page), "");
        }
        assert_eq!(sent[1], "\x1b[1;12H2\x1b[3;5H");
        assert_eq!(sent[4], "\x1b[1;1H\x1b[J\x1b[1;1H");
    }

    #[test]
    fn another_tone_of_the_same_word_is_a_change() {
        let mut screen = Screen::new(6, true);
        screen.draw("state: \u{2}good");
        assert_eq!(
            screen.draw("state: \u{3}good"),
            "\x1b[1;8H\x1b[33mgood\x1b[m\x1b[1;12H"
        );
    }

    #[test]
    fn nothing_that_a_page_says_can_move_the_cursor() {
        assert_eq!(printed("a\x1b[Hb\r\u{9b}c\n", false), "a?[Hb??c\n");
        assert_eq!(printed("\u{4}bad\u{1} x", true), "\x1b[31mbad \x1b[mx\n");
        assert_eq!(printed("\u{4}bad\u{1} x", false), "bad x\n");
    }

    /// As many lines as a large page has, with an age at the end of each, which all change every
    /// second: 9600 baud are 960 characters a second.
    #[test]
    fn a_page_whose_ages_change_is_less_than_a_serial_line_carries() {
        let page = |second: u32| -> String {
            let line = |n| format!("wlan{n:02} carrier, lease from 192.168.43.1, {second} s ago\n");
            (0..24).map(line).collect()
        };
        let mut screen = Screen::new(24, true);
        screen.draw(&page(10));
        for second in 11..60 {
            let sent = screen.draw(&page(second));
            assert!((1..=400).contains(&sent.len()), "{}", sent.len());
        }
    }
}
