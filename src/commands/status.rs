//! `wifibond status`: the answer, and the page that is drawn again.
//!
//! The page is laid out by the daemon, which knows what belongs together, for the width that the
//! command asks for; colours are the command's, which knows its terminal.
use super::ask::{ask, ask_within};
use super::screen::{HIDE_CURSOR, SHOW_CURSOR, Screen, printed};
use super::{Exit, NOT_ONLINE, NOT_RUNNING, Outcome, say};
use crate::system::terminal::{self, Waits, Woken};
use crate::wire::control::{Form, LEAST_COLUMNS, MOST_COLUMNS, Request};
use lexopt::prelude::*;
use std::io::{IsTerminal, Write};

/// Milliseconds between two requests of `--watch`.
const WATCH_EVERY_MS: u64 = 1000;
/// `--watch` shows after so many milliseconds that no answer comes.
const WATCHED_WITHIN_MS: u64 = 3000;
/// A terminal's size where it is not known, as that of most serial ones.
const USUAL: (u16, u16) = (24, 80);

/// Rows and columns of the terminal, or, elsewhere, for which to lay out: `COLUMNS`, else 80.
pub(super) fn size() -> (u16, u16) {
    if let Some(size) = terminal::size() {
        return size;
    }
    let columns = std::env::var("COLUMNS").ok();
    let columns = columns.and_then(|columns| columns.parse().ok());
    (USUAL.0, columns.filter(|n| *n > 0).unwrap_or(USUAL.1))
}

/// Standard output is a terminal that has the usual control sequences.
fn is_capable() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Colours are wanted: see no-color.org.
fn in_colour() -> bool {
    is_capable() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn page_request(columns: u16) -> Request<'static> {
    let columns = columns.clamp(LEAST_COLUMNS, MOST_COLUMNS);
    Request::Status(Form::Page { columns })
}

/// `wifibond status`.
pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let (mut data, mut watch) = (None, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") if data.is_none() => data = Some(Form::Json),
            Long("metrics") if data.is_none() => data = Some(Form::Metrics),
            Long("watch") => watch = true,
            other => return Err(other.unexpected().into()),
        }
    }
    match (watch, data) {
        (true, None) if is_capable() => follow(),
        (true, _) => repeat(data),
        (false, _) => {
            let (code, text) = once(data)?;
            say(&text).map(|_| code)
        }
    }
}

/// One status, for programs in the form `data`: the exit code, and the text for standard output.
fn once(data: Option<Form>) -> Result<(u8, String), Exit> {
    let request = match data {
        Some(form) => Request::Status(form),
        None => page_request(size().1),
    };
    match ask(request)? {
        (code @ (0 | NOT_ONLINE), body) if data.is_some() => Ok((code, body)),
        (code @ (0 | NOT_ONLINE), body) => Ok((code, printed(&body, in_colour()))),
        (code, body) => Err(Exit {
            code,
            message: body.trim_end().into(),
        }),
    }
}

/// One status after the other, until the daemon or the reader goes away.
fn repeat(data: Option<Form>) -> Outcome {
    loop {
        let (_, text) = once(data)?;
        let mut out = std::io::stdout();
        if write!(out, "{text}").and_then(|()| out.flush()).is_err() {
            return Ok(0);
        }
        std::thread::sleep(std::time::Duration::from_millis(WATCH_EVERY_MS));
    }
}

/// The page in place, until a signal ends it or the terminal goes away.
fn follow() -> Outcome {
    let failed = |e: crate::system::Error| Exit::failed(e.to_string());
    let mut waits = Waits::install().map_err(failed)?;
    let colour = in_colour();
    let mut size = size();
    let mut screen = Screen::new(size.0, colour);
    let mut begin = HIDE_CURSOR;
    loop {
        let page = match ask_within(page_request(size.1), WATCHED_WITHIN_MS) {
            Ok((0 | NOT_ONLINE, body)) => body,
            // It may be of another version, of before an update.
            Ok((_, body)) => body,
            // The daemon may be restarting: show that, and ask again.
            Err(exit) if exit.code == NOT_RUNNING => exit.message,
            Err(exit) => {
                put(&[SHOW_CURSOR]);
                return Err(exit);
            }
        };
        if !put(&[std::mem::take(&mut begin), &screen.draw(&page)]) {
            return Ok(0);
        }
        match waits.wait(WATCH_EVERY_MS).map_err(failed)? {
            Woken::Time => {}
            woken @ (Woken::Redraw | Woken::Suspend) => {
                if woken == Woken::Suspend {
                    put(&[&screen.leave(), SHOW_CURSOR]);
                    terminal::suspend().map_err(failed)?;
                }
                size = self::size();
                screen = Screen::new(size.0, colour);
                begin = HIDE_CURSOR;
            }
            Woken::Stop => {
                put(&[&screen.leave(), SHOW_CURSOR]);
                return Ok(0);
            }
        }
    }
}

/// Writes to the terminal; `false`: it is gone.
fn put(texts: &[&str]) -> bool {
    let mut out = std::io::stdout();
    let mut texts = texts.iter();
    texts.all(|text| out.write_all(text.as_bytes()).is_ok()) && out.flush().is_ok()
}
