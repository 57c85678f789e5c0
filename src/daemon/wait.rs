//! What the loop waits for, and who takes it in.
use super::control::clients;
use super::engine::Tell;
use super::processes::{repair, supplicants};
use super::{CLIENTS_WITHIN, Daemon, READY_WITHIN};
use crate::daemon::time;
use crate::engine::contract::event::Event;
use crate::engine::packets::MAX_SOCKETS;
use crate::engine::time::Instant;
use crate::system::notify;
use crate::system::poll::{Interest, Ready};
use crate::wire::control::Reload;
use std::os::fd::AsFd;

/// Netlink, the helper, signals, the listener, the kernel's messages, the file's place (two);
/// clients; each process and its control socket; repairs; the links' sockets. Each of these tables
/// reports when it is full.
pub(super) const DESCRIPTORS: usize =
    7 + clients::MAX_CLIENTS + 2 * supplicants::MAX_PROCESSES + repair::MAX_REPAIRS + MAX_SOCKETS;

/// What a descriptor in the wait belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Token {
    Kernel,
    /// Answers to requests.
    Answers,
    Signals,
    Listener,
    Client(usize),
    /// The kernel's messages.
    Warnings,
    /// The mount table.
    Mounts,
    /// The directory of a file that is waited for.
    Directory,
    /// A wpa_supplicant's end.
    Process(usize),
    /// A wpa_supplicant's control socket.
    Messages(usize),
    /// The end of an adapter's repair.
    Repair(usize),
    /// A socket on a link.
    Socket(usize),
}

impl Daemon {
    /// Until something can be read or written, or a deadline passes; then takes that in.
    pub(super) fn wait(&mut self) -> Result<(), String> {
        let now = time::now();
        let deadlines = [
            // A deadline that passed since then is still to be served.
            self.engine.poll_at(self.looked_at),
            self.clients.poll_at(),
            self.source.poll_at(now),
            self.repairs.poll_at(),
            self.messages.poll_at(now),
            self.signals_until,
            self.watchdog.map(|(_, at)| at),
            self.busy.then_some(now),
            (!self.takes_clients()).then_some(self.begun + CLIENTS_WITHIN),
            (!self.ready).then_some(self.begun + READY_WITHIN),
        ];
        let until = deadlines.into_iter().flatten().min();
        let takes_clients = self.takes_clients();
        let mut interests = self.poll.begin();
        self.source.interests(&mut |fd, mounts| match mounts {
            // It reports its changes as trouble alone.
            true => interests.add(fd, Token::Mounts, Interest::Trouble),
            false => interests.add(fd, Token::Directory, Interest::Read),
        });
        let mut read = |fd, token| interests.add(fd, token, Interest::Read);
        if let Some(fd) = self.machine.events_fd() {
            read(fd, Token::Kernel);
        }
        read(self.machine.answers_fd(), Token::Answers);
        read(self.signals.as_fd(), Token::Signals);
        if let Some(fd) = self.messages.fd(now) {
            read(fd, Token::Warnings);
        }
        self.processes
            .interests(&mut |fd, place, is_socket| match is_socket {
                true => read(fd, Token::Messages(place)),
                false => read(fd, Token::Process(place)),
            });
        self.repairs
            .interests(&mut |fd, place| read(fd, Token::Repair(place)));
        self.sockets
            .interests(&mut |fd, place| read(fd, Token::Socket(place)));
        self.clients
            .interests(takes_clients, &mut |fd, place, interest| {
                let token = place.map_or(Token::Listener, Token::Client);
                interests.add(fd, token, interest);
            });
        interests
            .wait(until.map(Instant::as_ms))
            .map_err(|e| format!("waiting: {e}"))?;
        // Places are stable until the next wait: nothing is removed in between.
        while let Some(Ready { token, trouble }) = self.poll.take_ready() {
            self.serve(token, trouble);
        }
        self.processes.sweep();
        let now = time::now();
        self.repairs.look(now, &mut |event| self.engine.tell(event));
        self.repairs.sweep(now);
        self.clients.sweep(now);
        self.keep_watchdog();
        Ok(())
    }

    fn serve(&mut self, token: Token, trouble: bool) {
        match token {
            // The next look begins with them.
            Token::Kernel | Token::Answers => self.notified = true,
            Token::Signals => {
                let caught = self.signals.take();
                if caught.stop {
                    self.stop();
                }
                if caught.leave {
                    // As after a crash, the next start takes up all that is there.
                    notify::stopping();
                    log::info!("leaving everything as it is, for the next start");
                    self.leave = true;
                }
                if caught.child
                    && let Some(planner) = &mut self.planner
                    && !matches!(planner.reap(), Ok(None))
                {
                    self.planner = None;
                }
                if caught.reload {
                    let _ = self.reload(Reload::Plain);
                }
            }
            Token::Warnings => {
                let tell: &mut Tell<'_> = &mut |event| self.engine.tell(event);
                self.messages.drain(time::now(), tell);
            }
            Token::Mounts => self.look(true),
            Token::Directory => self.look(false),
            Token::Listener => self.clients.accept(time::now()),
            Token::Client(place) => {
                if let Some(request) = self.clients.serve(place, trouble) {
                    self.request(place, &request);
                }
            }
            Token::Process(place) => {
                if let Some(link) = self.processes.ended(place) {
                    self.engine.tell(Event::SupplicantExited { link });
                }
            }
            Token::Repair(place) => {
                let tell: &mut Tell<'_> = &mut |event| self.engine.tell(event);
                self.repairs.ended(place, tell);
            }
            Token::Socket(place) => {
                let tell: &mut Tell<'_> = &mut |event| self.engine.tell(event);
                self.sockets.listen(place, trouble, tell);
            }
            Token::Messages(place) => {
                let tell: &mut Tell<'_> = &mut |event| self.engine.tell(event);
                self.processes.listen(place, trouble, tell);
            }
        }
    }
}
