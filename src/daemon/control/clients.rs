//! The control socket: one request a connection, as a line of words; the answer is
//! the exit code on a line of its own, then the text, then the end.
use crate::config::IfName;
use crate::daemon::time;
use crate::engine::observed::Index;
use crate::engine::time::{Instant, Millis};
use crate::system::poll::Interest;
use crate::system::unix::{Connection, ListenError, Listener, Moved};
use crate::wire::control::Form;
use heapless::{String, Vec};
use std::os::fd::{AsFd, BorrowedFd};

/// Connections at a time; the next one waits in the kernel's queue.
pub const MAX_CLIENTS: usize = 8;
/// A client that neither sends its request nor reads the answer is closed after this.
const TIME_LIMIT: Millis = Millis(3_000);
/// The longest request.
const REQUEST_BYTES: usize = 128;

/// What a request waits for.
#[derive(Debug, Clone)]
pub enum Waits {
    /// Until this member is active.
    Switch(Index, IfName),
    /// Until this member is set up or down.
    Member {
        /// The member.
        link: Index,
        /// Its name, for the answer.
        name: IfName,
        /// `true`: down.
        rest: bool,
    },
    /// Until so many leases have been given back.
    Released(usize),
    /// Nothing; answered with the others.
    Joins(IfName),
    /// The same.
    Repair(IfName),
    /// Until it is known whether the new file works; what it changes.
    Trial(std::string::String),
}

impl Waits {
    /// It is answered after this, with what is known then.
    fn limit(&self) -> Millis {
        match self {
            // A verdict takes 45 s at most.
            Waits::Trial(_) => Millis(50_000),
            _ => TIME_LIMIT * 2 / 3,
        }
    }
}

struct Client {
    connection: Connection,
    request: String<REQUEST_BYTES>,
    /// Waits for a status.
    wants_status: Option<Form>,
    /// Waits for what the kernel makes of its request.
    waits: Option<Waits>,
    /// Its request was taken: it is read no further, so that it may close its side.
    asked: bool,
    answer: std::vec::Vec<u8>,
    sent: usize,
    /// What it waits for is answered then.
    late_at: Option<Instant>,
    until: Instant,
    done: bool,
}

/// The control socket and its connections.
pub struct Clients {
    listener: Listener,
    clients: Vec<Client, MAX_CLIENTS>,
}

impl Clients {
    /// Fails also where another daemon listens there.
    pub fn open(path: &str) -> Result<Self, ListenError> {
        Ok(Clients {
            listener: Listener::open(path)?,
            clients: Vec::new(),
        })
    }

    /// Each descriptor with its place, or `None` for the listening socket, and what it is waited
    /// for. `more`: connections are accepted.
    pub fn interests<'a>(
        &'a self,
        more: bool,
        add: &mut dyn FnMut(BorrowedFd<'a>, Option<usize>, Interest),
    ) {
        if more && !self.clients.is_full() {
            add(self.listener.as_fd(), None, Interest::Read);
        }
        for (place, client) in self.clients.iter().enumerate() {
            let interest = match (client.answer.is_empty(), client.asked) {
                (false, _) => Interest::Write,
                (true, false) => Interest::Read,
                (true, true) => Interest::Trouble,
            };
            add(client.connection.as_fd(), Some(place), interest);
        }
    }

    /// When the next answer or connection is overdue.
    pub fn poll_at(&self) -> Option<Instant> {
        let at = |client: &Client| client.late_at.unwrap_or(client.until);
        self.clients.iter().map(at).min()
    }

    /// Accepts the connections that wait, as far as there is room.
    pub fn accept(&mut self, now: Instant) {
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
                        late_at: None,
                        until: now + TIME_LIMIT,
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
            client.write_out();
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

    /// The answer comes with [`Clients::answer_waiting`].
    pub fn wait(&mut self, place: usize, waits: Waits) {
        if let Some(client) = self.clients.get_mut(place) {
            let late = time::now() + waits.limit();
            client.waits = Some(waits);
            client.late_at = Some(late);
            client.until = late + TIME_LIMIT;
        }
    }

    /// Answers those whose requests are done, or that have waited long enough.
    pub fn answer_waiting(
        &mut self,
        now: Instant,
        done: &dyn Fn(&Waits) -> bool,
        render: &dyn Fn(&Waits) -> (u8, std::string::String),
    ) {
        for client in &mut self.clients {
            let late = client.late_at.is_some_and(|at| now >= at);
            if let Some(waits) = client.waits.take_if(|waits| late || done(waits)) {
                let (code, body) = render(&waits);
                client.set_answer(code, &body);
            }
        }
    }

    /// Answers a request. A place without a client is ignored, as in all of these.
    pub fn answer(&mut self, place: usize, code: u8, body: &str) {
        if let Some(client) = self.clients.get_mut(place) {
            client.set_answer(code, body);
        }
    }

    /// Whether this client may change something: it is root or this process's user.
    pub fn is_trusted(&self, place: usize) -> bool {
        let client = self.clients.get(place);
        client.is_some_and(|client| client.connection.is_trusted())
    }

    /// The connection of a client that another process will answer.
    pub fn connection(&self, place: usize) -> Option<BorrowedFd<'_>> {
        self.clients
            .get(place)
            .map(|client| client.connection.as_fd())
    }

    /// Another process answers this client: the connection is closed here.
    pub fn hand_over(&mut self, place: usize) {
        if let Some(client) = self.clients.get_mut(place) {
            client.done = true;
        }
    }

    /// The answer comes with [`Clients::answer_statuses`].
    pub fn want_status(&mut self, place: usize, form: Form) {
        if let Some(client) = self.clients.get_mut(place) {
            client.wants_status = Some(form);
            client.until = time::now() + TIME_LIMIT;
        }
    }

    /// Answers all that wait for a status, each in its form.
    pub fn answer_statuses(&mut self, render: &mut dyn FnMut(Form) -> (u8, std::string::String)) {
        for client in &mut self.clients {
            if let Some(form) = client.wants_status.take() {
                let (code, body) = render(form);
                client.set_answer(code, &body);
            }
        }
    }

    /// Closes connections that are answered or overdue. Places change here alone.
    pub fn sweep(&mut self, now: Instant) {
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
                    self.set_answer(2, "the request is no line of text, or too long\n");
                    None
                }
            },
            Ok(Moved::Later) => None,
            // A last line without its end.
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

    fn set_answer(&mut self, code: u8, body: &str) {
        self.wants_status = None;
        self.answer = format!("{code}\n{body}").into_bytes();
        self.sent = 0;
        self.until = time::now() + TIME_LIMIT;
        self.write_out();
    }

    fn write_out(&mut self) {
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
            clients.accept(time::now());
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
            clients.want_status(0, Form::Json);
            let mut read = 0;
            clients.interests(true, &mut |_, place, interest| {
                read += usize::from(place.is_some() && interest == Interest::Read)
            });
            assert_eq!(read, 0, "the end would be seen again and again");
            assert_eq!(clients.serve(0, false), None);
            clients.sweep(time::now());
            clients.answer_statuses(&mut |_| (0, "online\n".into()));
            clients.sweep(time::now());
            let mut answer = std::string::String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert_eq!(answer, "0\nonline\n");
        }
    }
}
