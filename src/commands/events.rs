//! `wifibond events`: each with its local time and its age; what repeats itself is one line.
use super::ask::ask;
use super::screen::printed;
use super::{Exit, NOT_ONLINE, Outcome, say, status};
use crate::engine::status::Age;
use crate::engine::status::list::Layout;
use crate::system::{clock, local_time};
use crate::wire::control::Request;
use lexopt::prelude::*;
use std::fmt::{self, Display, Formatter, Write};
use std::io::IsTerminal;

/// The columns where an event is one line that says all, for grep and its like.
const ONE_LINE: usize = usize::MAX;
/// The longest row of events whose repetition is found.
const LONGEST_ROW: usize = 4;

/// `wifibond events`.
pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let (mut json, mut count) = (false, u32::MAX);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => json = true,
            Short('n') => {
                let value = parser.value()?.string()?;
                count = value.parse().map_err(|_| {
                    super::wrong_usage(format_args!("-n: \"{value}\" is no number"))
                })?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let (code, body) = match ask(Request::Events { json, count })? {
        (code @ (0 | NOT_ONLINE), body) => (code, body),
        (code, body) => {
            return Err(Exit {
                code,
                message: body.trim_end().into(),
            });
        }
    };
    if json {
        return say(&body).map(|_| code);
    }
    let columns = match std::io::stdout().is_terminal() {
        true => usize::from(status::size().1).max(20),
        false => ONE_LINE,
    };
    let text = shown(&body, columns, clock::wall_s(), &local_time::local);
    say(&printed(&text, false)).map(|_| code)
}

/// An event, or several of the same text.
struct Event<'a> {
    /// Milliseconds; of several, that of the newest.
    age: u64,
    text: &'a str,
    times: usize,
    /// Milliseconds from the first one to the newest.
    within: u64,
}

/// A daemon's line: the age in milliseconds, a blank, the text.
fn event(line: &str) -> Option<Event<'_>> {
    let (age, text) = line.split_once(' ')?;
    Some(Event {
        age: age.parse().ok()?,
        text,
        times: 1,
        within: 0,
    })
}

/// Rows of up to [`LONGEST_ROW`] events that follow each other at least twice (a single event) or
/// three times become one row, the newest.
fn folded(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut folded = Vec::new();
    let mut at = 0;
    while at < events.len() {
        let times = |row: usize| {
            let rest = &events[at..];
            let same = |n: &usize| rest[*n].text == rest[*n % row].text;
            (row..rest.len()).take_while(same).count() / row + 1
        };
        let rows = 1..=LONGEST_ROW.min(events.len() - at);
        let repeats = |row: &usize| times(*row) > if *row == 1 { 1 } else { 2 };
        let row = rows.into_iter().find(repeats).unwrap_or(1);
        let times = times(row);
        let newest = at + (times - 1) * row;
        for place in 0..row {
            let (first, last) = (&events[at + place], &events[newest + place]);
            folded.push(Event {
                age: last.age,
                text: last.text,
                times,
                within: first.age.saturating_sub(last.age),
            });
        }
        at = newest + row;
    }
    folded
}

/// What follows an event's text.
impl Display for Event<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)?;
        match self.times {
            1 => Ok(()),
            times => write!(f, ", {times} times in {}", Age(self.within)),
        }
    }
}

/// All of them, oldest first, under the day on which each was; or with it, as RFC 3339 writes it
/// with a blank for readability (section 5.6), where each is one line.
fn shown(
    body: &str,
    columns: usize,
    wall: u64,
    local: &dyn Fn(u64) -> Option<local_time::Local>,
) -> String {
    let layout = Layout {
        columns,
        ..Layout::PLAIN
    };
    // A line that is picked out has no day above it.
    let is_alone = columns == ONE_LINE;
    let mut out = String::new();
    let mut day = None;
    for event in folded(body.lines().filter_map(event).collect()) {
        let ago = Age(event.age);
        let time = local(wall.saturating_sub(event.age / 1000));
        let mut clock = String::new();
        if let Some(at) = time {
            let (year, month, its) = (at.year, at.month, at.day);
            let (sign, east) = (if at.east_min < 0 { '-' } else { '+' }, at.east_min.abs());
            let zone = format!("{sign}{:02}:{:02}", east / 60, east % 60);
            let _ = write!(clock, "{:02}:{:02}:{:02} ", at.hour, at.minute, at.second);
            if is_alone {
                clock = format!("{year:04}-{month:02}-{its:02} {}{zone} ", clock.trim_end());
            } else if day.replace((year, month, its, at.east_min))
                != Some((year, month, its, at.east_min))
            {
                let _ = writeln!(out, "{year:04}-{month:02}-{its:02} (UTC{zone})");
            }
        }
        let before = match layout.is_wide() {
            true => format!("{clock}{ago:>11} ago  "),
            false => format!("{clock}{ago} ago: "),
        };
        let indent = if layout.is_wide() { before.len() } else { 4 };
        let line = Sentence(layout, (before.len(), indent), &event);
        let _ = write!(out, "{before}{line}");
    }
    out
}

/// A sentence of the layout, as something to format.
struct Sentence<'a>(Layout, (usize, usize), &'a Event<'a>);

impl Display for Sentence<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.sentence(f, self.1, format_args!("{}", self.2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::local_time::Local;

    /// A day of one hour and a zone an hour east, for short tests.
    fn local(seconds: u64) -> Option<Local> {
        let part = |n: u64| i32::try_from(n).ok();
        Some(Local {
            year: 2026,
            month: 11,
            day: part(seconds / 3600)?,
            hour: 14,
            minute: part(seconds / 60 % 60)?,
            second: part(seconds % 60)?,
            east_min: -90,
        })
    }

    fn page(body: &str, columns: usize) -> String {
        shown(body, columns, 7200, &local)
    }

    #[test]
    fn each_event_has_its_time_and_its_age_under_its_day() {
        assert_eq!(
            page(
                "3600001 wlan0: in\n61000 eth0: has carrier\n500 wlan0: out\n",
                80
            ),
            "2026-11-01 (UTC-01:30)\n\
             14:00:00   1 h 0 min ago  wlan0: in\n\
             14:58:59       1 min ago  eth0: has carrier\n\
             2026-11-02 (UTC-01:30)\n\
             14:00:00         0 s ago  wlan0: out\n"
        );
        assert_eq!(page("", 80), "");
        assert_eq!(page("nonsense\n", 80), "");
    }

    #[test]
    fn what_repeats_itself_is_one_line() {
        let line = |n: u64, text: &str| format!("{} {text}\n", 1_000_000 - n * 15_000);
        let same: String = (0..12).map(|n| line(n, "wlan0: refused")).collect();
        let text = page(&format!("2000000 begin\n{same}"), 80);
        assert!(
            text.ends_with("wlan0: refused, 12 times in 2 min\n"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 3);
        // Two by turns, the last time only the first of them.
        let turns = |n| line(n, if n % 2 == 0 { "in" } else { "out" });
        let text = page(&(0..9).map(turns).collect::<String>(), 80);
        let ends: Vec<&str> = text.lines().skip(1).map(|line| &line[26..]).collect();
        assert_eq!(
            ends,
            ["in, 4 times in 1 min", "out, 4 times in 1 min", "in"]
        );
        // Twice is no habit of two.
        let text = page(&(0..4).map(turns).collect::<String>(), 80);
        assert_eq!(text.lines().count(), 5);
    }

    #[test]
    fn a_line_fits_the_terminal_and_is_one_line_elsewhere() {
        let long = "1000 wlan0: ".to_owned() + &"word ".repeat(30);
        for columns in [20, 40, 80, 300] {
            let text = page(&long, columns);
            assert!(
                text.lines().all(|line| line.len() <= columns.max(22)),
                "{text}"
            );
            assert_eq!(text.matches("word").count(), 30);
        }
        let text = page(&format!("{long}\n1000 out\n"), ONE_LINE);
        assert_eq!(text.lines().count(), 2);
        assert!(
            text.ends_with("\n2026-11-01 14:59:59-01:30         1 s ago  out\n"),
            "{text}"
        );
    }
}
