//! The control socket: one request a connection, as a line of words; the answer is
//! the exit code on a line of its own, then the text, then the end.
use crate::config::IfName;
use crate::engine::observed::Index;
use crate::system::clock;
use crate::system::unix::{Connection, ListenError, Listener, Moved};
use heapless::{String, Vec};
use std::os::fd::{AsFd, BorrowedFd};

/// Visitors at a time; the next one waits in the kernel's queue.
pub(super) const MAX_CLIENTS: usize = 8;
/// A visitor who neither asks nor reads is sent away after this.
const PATIENCE_MS: u64 = 3_000;
/// The longest request.
const REQUEST_BYTES: usize = 128;
/// What a request waits for.
#[derive(Debug, Clone)]
pub enum Waits {
    Switch(Index, IfName),
    Member {
        link: Index,
        name: IfName,
        rest: bool,
    },
    Released(usize),
    /// Nothing; answered with the others.
    Joins(IfName),
}

struct Client {
    connection: Connection,
    request: String<REQUEST_BYTES>,
    /// Waits for a status; `true`: as JSON.
    wants_status: Option<bool>,
    /// Waits for what the kernel makes of its request.
    waits: Option<Waits>,
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

    /// Each with its place, or none for the next one, and what it is to be read or written.
    pub fn interests<'a>(
        &'a self,
        more: bool,
        add: &mut dyn FnMut(BorrowedFd<'a>, Option<usize>, bool, bool),
    ) {
        if more && !self.clients.is_full() {
            add(self.listener.as_fd(), None, true, false);
        }
        for (place, client) in self.clients.iter().enumerate() {
            let write = !client.answer.is_empty();
            let fd = client.connection.as_fd();
            add(fd, Some(place), !write && !client.asked, write);
        }
    }

    pub fn poll_at(&self) -> Option<u64> {
        let at = |client: &Client| match client.waits {
            Some(_) => client.until.saturating_sub(PATIENCE_MS / 3),
            None => client.until,
        };
        self.clients.iter().map(at).min()
    }

    pub fn accept(&mut self, now: u64) {
        while !self.clients.is_full() {
            match self.listener.accept() {
                Ok(Some(connection)) => {
                    let _ = self.clients.push(Client {
                        connection,
                        request: String::new(),
                        wants_status: None,
                        waits: None,
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

    pub fn wait(&mut self, place: usize, waits: Waits) {
        if let Some(client) = self.clients.get_mut(place) {
            client.waits = Some(waits);
            client.until = clock::boot_ms() + PATIENCE_MS;
        }
    }

    /// Those whose requests are done, or that have waited long enough.
    pub fn answer_waiting(
        &mut self,
        now: u64,
        done: &dyn Fn(&Waits) -> bool,
        render: &dyn Fn(&Waits) -> (u8, std::string::String),
    ) {
        for client in &mut self.clients {
            let late = now + PATIENCE_MS / 3 >= client.until;
            if let Some(waits) = client.waits.take_if(|waits| late || done(waits)) {
                let (code, body) = render(&waits);
                client.say(code, &body);
            }
        }
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
            // It has said all it wants to say.
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
            clients.interests(true, &mut |_, place, reads, _| {
                read += usize::from(place.is_some() && reads)
            });
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
}
