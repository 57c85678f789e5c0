//! The control socket: one request a connection, as a line of words; the answer is
//! the exit code on a line of its own, then the text, then the end.
use crate::engine::Engine;
use crate::engine::journal::Record;
use crate::engine::status::{self, Shown};
use crate::engine::status_text::{self, Line};
use crate::system::clock;
use crate::system::unix::{Connection, ListenError, Listener, Moved};
use heapless::{String, Vec};
use serde::Serialize;
use std::fmt::Write;
use std::os::fd::{AsFd, BorrowedFd};

/// Visitors at a time; the next one waits in the kernel's queue.
pub(super) const MAX_CLIENTS: usize = 8;
/// A visitor who neither asks nor reads is sent away after this.
const PATIENCE_MS: u64 = 3_000;
/// The longest request.
const REQUEST_BYTES: usize = 128;
/// The largest status.
const STATUS_BYTES: usize = 24 * 1024;

struct Client {
    connection: Connection,
    request: String<REQUEST_BYTES>,
    /// Waits for a status; `true`: as JSON.
    wants_status: Option<bool>,
    /// Its request was taken: it is read no further, so that it may close its side.
    asked: bool,
    answer: std::vec::Vec<u8>,
    sent: usize,
    until: u64,
    done: bool,
}

pub struct Clients {
    listener: Listener,
    clients: Vec<Client, MAX_CLIENTS>,
}

impl Clients {
    pub fn open(path: &str) -> Result<Self, ListenError> {
        Ok(Clients {
            listener: Listener::open(path)?,
            clients: Vec::new(),
        })
    }

    /// Each with its place, or none for the next one, and whether it is to be read or written.
    pub fn interests<'a>(&'a self, add: &mut dyn FnMut(BorrowedFd<'a>, Option<usize>, bool, bool)) {
        if !self.clients.is_full() {
            add(self.listener.as_fd(), None, true, false);
        }
        for (place, client) in self.clients.iter().enumerate() {
            let write = !client.answer.is_empty();
            let fd = client.connection.as_fd();
            add(fd, Some(place), !write && !client.asked, write);
        }
    }

    pub fn poll_at(&self) -> Option<u64> {
        self.clients.iter().map(|client| client.until).min()
    }

    pub fn accept(&mut self, now: u64) {
        while !self.clients.is_full() {
            match self.listener.accept() {
                Ok(Some(connection)) => {
                    let _ = self.clients.push(Client {
                        connection,
                        request: String::new(),
                        wants_status: None,
                        asked: false,
                        answer: std::vec::Vec::new(),
                        sent: 0,
                        until: now + PATIENCE_MS,
                        done: false,
                    });
                }
                Ok(None) => return,
                Err(e) => {
                    log::warn!("control socket: {e}");
                    return;
                }
            }
        }
    }

    /// Reads or writes what is possible. A whole request is returned once. `trouble`: both
    /// sides are closed.
    pub fn serve(&mut self, place: usize, trouble: bool) -> Option<String<REQUEST_BYTES>> {
        let client = self.clients.get_mut(place)?;
        if !client.answer.is_empty() {
            client.push_out();
            return None;
        }
        if client.asked {
            client.done |= trouble;
            return None;
        }
        let request = client.take_in();
        client.asked = request.is_some();
        request
    }

    pub fn answer(&mut self, place: usize, code: u8, body: &str) {
        if let Some(client) = self.clients.get_mut(place) {
            client.say(code, body);
        }
    }

    /// May this visitor change something?
    pub fn is_trusted(&self, place: usize) -> bool {
        let client = self.clients.get(place);
        client.is_some_and(|client| client.connection.is_trusted())
    }

    /// The connection of a visitor whom somebody else will answer.
    pub fn connection(&self, place: usize) -> Option<BorrowedFd<'_>> {
        self.clients
            .get(place)
            .map(|client| client.connection.as_fd())
    }

    /// Somebody else answers this visitor.
    pub fn hand_over(&mut self, place: usize) {
        if let Some(client) = self.clients.get_mut(place) {
            client.done = true;
        }
    }

    pub fn want_status(&mut self, place: usize, json: bool) {
        if let Some(client) = self.clients.get_mut(place) {
            client.wants_status = Some(json);
            client.until = clock::boot_ms() + PATIENCE_MS;
        }
    }

    pub fn answer_statuses(&mut self, render: &mut dyn FnMut(bool) -> (u8, std::string::String)) {
        for client in &mut self.clients {
            if let Some(json) = client.wants_status.take() {
                let (code, body) = render(json);
                client.say(code, &body);
            }
        }
    }

    pub fn sweep(&mut self, now: u64) {
        self.clients
            .retain(|client| !client.done && now < client.until);
    }
}

impl Client {
    fn take_in(&mut self) -> Option<String<REQUEST_BYTES>> {
        let mut buffer = [0; REQUEST_BYTES];
        match self.connection.read(&mut buffer) {
            Ok(Moved::Bytes(count)) => match self.append(&buffer[..count]) {
                Ok(()) if self.request.ends_with('\n') => Some(core::mem::take(&mut self.request)),
                Ok(()) => None,
                Err(()) => {
                    self.say(2, "the request is no line of text, or too long\n");
                    None
                }
            },
            Ok(Moved::Later) => None,
            // Its side is closed: this is all it wants to say.
            Ok(Moved::Closed) if !self.request.is_empty() => {
                Some(core::mem::take(&mut self.request))
            }
            Ok(Moved::Closed) | Err(_) => {
                self.done = true;
                None
            }
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), ()> {
        let text = core::str::from_utf8(bytes).map_err(|_| ())?;
        self.request.push_str(text).map_err(|_| ())
    }

    fn say(&mut self, code: u8, body: &str) {
        self.wants_status = None;
        self.answer = format!("{code}\n{body}").into_bytes();
        self.sent = 0;
        self.until = clock::boot_ms() + PATIENCE_MS;
        self.push_out();
    }

    fn push_out(&mut self) {
        while self.sent < self.answer.len() {
            match self.connection.write(&self.answer[self.sent..]) {
                Ok(Moved::Bytes(count)) => self.sent += count,
                Ok(Moved::Later) => return,
                Ok(Moved::Closed) | Err(_) => break,
            }
        }
        self.done = true;
    }
}

/// The status and its exit code: 0 online, 3 not.
pub fn status(engine: &Engine, now: u64, json: bool) -> (u8, std::string::String) {
    let page = status_text::page(engine, now);
    let code = if page.online() { 0 } else { 3 };
    if !json {
        return (code, format!("{page}"));
    }
    let mut buffer = vec![0; STATUS_BYTES];
    match serde_json_core::to_slice(&status::status(engine, now), &mut buffer) {
        Ok(length) => {
            buffer.truncate(length);
            buffer.push(b'\n');
            (
                code,
                std::string::String::from_utf8(buffer).unwrap_or_default(),
            )
        }
        Err(_) => (1, "the status does not fit\n".into()),
    }
}

/// What is not as the file has it, one a line: a file that is not in force, present problems,
/// then what drivers cannot do.
pub fn doctor(engine: &Engine, fault: Option<&str>, now: u64) -> (u8, std::string::String) {
    let mut text = std::string::String::new();
    if let Some(fault) = fault {
        let _ = writeln!(text, "the file is not in force: {fault}");
    }
    for problem in status::problems(engine, now) {
        let colon = if problem.link.is_empty() { "" } else { ": " };
        let _ = writeln!(text, "{}{colon}{}", problem.link, problem.text);
    }
    engine.radio_findings(&mut |place, what| {
        let _ = writeln!(text, "{place}: {what}");
    });
    match text.is_empty() {
        true => (0, "nothing found\n".into()),
        false => (1, text),
    }
}

/// The names of all interfaces that are ours, one a line.
pub fn links(engine: &Engine, now: u64) -> std::string::String {
    let status = status::status(engine, now);
    let mut text = std::string::String::new();
    if let Some(bond) = &status.bond {
        for member in &bond.members {
            let _ = writeln!(text, "{}", member.name);
        }
    }
    for link in &status.links {
        let _ = writeln!(text, "{}", link.name.0);
        for port in link.members.iter().flatten() {
            let _ = writeln!(text, "{}", port.name);
        }
    }
    text
}

#[derive(Serialize)]
struct EventJson<'a> {
    number: u32,
    at: Shown<Utc>,
    ago_ms: u64,
    kind: &'static str,
    link: &'a str,
    text: &'a str,
    from: Option<&'a str>,
    to: Option<&'a str>,
    outage_ms: Option<u64>,
}

/// The newest `count` events, oldest first: a line each, or a JSON array.
pub fn events(engine: &Engine, json: bool, count: u32) -> std::string::String {
    let now = (clock::boot_ms(), clock::wall_s());
    let journal = engine.journal();
    let records = journal.since(journal.written().saturating_sub(count));
    let mut out = std::string::String::new();
    if !json {
        for record in records {
            let _ = writeln!(out, "{}  {}", when(record, now), Line(record));
        }
        return out;
    }
    let mut between = "[\n";
    for record in records {
        out.push_str(between);
        write_json(record, now, &mut out);
        between = ",\n";
    }
    out.push_str(if out.is_empty() { "[]\n" } else { "\n]\n" });
    out
}

fn write_json(record: &Record, now: (u64, u64), out: &mut std::string::String) {
    let switch = record.switch.as_ref();
    let event = EventJson {
        number: record.number,
        at: Shown(when(record, now)),
        ago_ms: now.0.saturating_sub(record.at_ms),
        kind: record.kind.word(),
        link: &record.link,
        text: &record.text,
        from: switch.map(|s| s.from.as_str()),
        to: switch.map(|s| s.to.as_str()),
        outage_ms: switch.and_then(|s| s.outage_ms),
    };
    // The longest text, every character escaped, leaves room to spare.
    let mut buffer = [0; 2048];
    if let Ok(length) = serde_json_core::to_slice(&event, &mut buffer) {
        out.push_str(core::str::from_utf8(&buffer[..length]).unwrap_or("null"));
    }
}

/// A record's time on the wall clock, as that stands now: a Pi has no clock of its
/// own, so times noted before the first synchronisation would be wrong for ever.
fn when(record: &Record, (boot_ms, wall_s): (u64, u64)) -> Utc {
    Utc(wall_s.saturating_sub(boot_ms.saturating_sub(record.at_ms) / 1000))
}

/// Seconds since 1970 as RFC 3339.
pub(super) struct Utc(pub u64);

impl std::fmt::Display for Utc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (days, second) = (self.0 / 86_400, self.0 % 86_400);
        let (year, month, day) = date(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

/// The day so many days after 1 January 1970, in the Gregorian calendar: years are
/// counted from March, so that the leap day is a year's last.
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::Shutdown;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_client_that_closes_its_side_is_answered() {
        let path = format!("/tmp/wifibond-clients-{}", std::process::id());
        let mut clients = Clients::open(&path).unwrap();
        for request in ["status\n", "status"] {
            let mut stream = UnixStream::connect(&path).unwrap();
            clients.accept(clock::boot_ms());
            stream.write_all(request.as_bytes()).unwrap();
            let taken = match request.ends_with('\n') {
                true => clients.serve(0, false),
                false => None,
            };
            stream.shutdown(Shutdown::Write).unwrap();
            // The text, where it had no end, and then the end.
            let taken = taken.or_else(|| clients.serve(0, false));
            let taken = taken.or_else(|| clients.serve(0, false));
            assert_eq!(taken.as_deref(), Some(request));
            clients.want_status(0, false);
            let mut read = 0;
            clients
                .interests(&mut |_, place, reads, _| read += usize::from(place.is_some() && reads));
            assert_eq!(read, 0, "the end would be seen again and again");
            assert_eq!(clients.serve(0, false), None);
            clients.sweep(clock::boot_ms());
            clients.answer_statuses(&mut |_| (0, "online\n".into()));
            clients.sweep(clock::boot_ms());
            let mut answer = std::string::String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert_eq!(answer, "0\nonline\n");
        }
    }

    #[test]
    fn dates() {
        assert_eq!(Utc(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Utc(951_782_399).to_string(), "2000-02-28T23:59:59Z");
        assert_eq!(Utc(951_782_400).to_string(), "2000-02-29T00:00:00Z");
        assert_eq!(Utc(1_795_132_800).to_string(), "2026-11-20T00:00:00Z");
        assert_eq!(Utc(4_107_542_400).to_string(), "2100-03-01T00:00:00Z");
    }
}
