//! What the loop waits for, and who takes it in.
use super::{CLIENTS_WITHIN_MS, Daemon, READY_WITHIN_MS, clients, supplicants};
use crate::engine::contract::event::Event;
use crate::engine::dhcp4;
use crate::system::poll::{self, Interest, Ready};
use crate::system::{clock, notify};
use std::os::fd::AsFd;

/// Netlink, the helper, signals, the listener, rfkill, the file's place (two); clients; each
/// process and its words; DHCP, ARP, DHCPv6. One is left for the wait's own timer.
const DESCRIPTORS: usize =
    7 + clients::MAX_CLIENTS + 2 * supplicants::MAX_PROCESSES + 3 * dhcp4::MAX_CLIENTS;
const _: () = assert!(DESCRIPTORS < poll::MAX);

/// What a descriptor in the wait belongs to.
#[derive(Debug, Clone, Copy)]
enum Token {
    Kernel,
    /// Answers to requests.
    Answers,
    Signals,
    Listener,
    Client(usize),
    /// The switches of the radios.
    Switches,
    /// The mount table.
    Mounts,
    /// The directory of a file that is waited for.
    Directory,
    /// A wpa_supplicant's end.
    Process(usize),
    /// A wpa_supplicant's words.
    Words(usize),
    /// A link's DHCP.
    Dhcp(usize),
    /// A link's ARP.
    Arp(usize),
    /// A link's DHCPv6.
    Dhcp6(usize),
}

impl Daemon {
    /// Until something can be read or written, or a deadline passes; then takes that in.
    pub(super) fn wait(&mut self) -> Result<(), String> {
        let now = clock::boot_ms();
        let deadlines = [
            // A deadline that passed since then is still to be served.
            self.engine.poll_at(self.looked_at),
            self.clients.poll_at(),
            self.source.poll_at(now),
            self.signals_until,
            self.watchdog.map(|(_, at)| at),
            self.busy.then_some(now),
            (!self.takes_clients()).then_some(self.begun + CLIENTS_WITHIN_MS),
            (!self.ready).then_some(self.begun + READY_WITHIN_MS),
        ];
        let until = deadlines.into_iter().flatten().min();
        let ready = {
            let mut interests: heapless::Vec<Interest<'_, Token>, { poll::MAX }> =
                heapless::Vec::new();
            // The mount table reports its changes as trouble alone.
            self.source.interests(&mut |fd, mounts| {
                let _ = interests.push(Interest {
                    fd,
                    token: match mounts {
                        true => Token::Mounts,
                        false => Token::Directory,
                    },
                    read: !mounts,
                    write: false,
                });
            });
            let mut add = |fd, token, write: bool| {
                let _ = interests.push(Interest {
                    fd,
                    token,
                    read: !write,
                    write,
                });
            };
            if let Some(fd) = self.machine.events_fd() {
                add(fd, Token::Kernel, false);
            }
            add(self.machine.answers_fd(), Token::Answers, false);
            add(self.signals.as_fd(), Token::Signals, false);
            if let Some(fd) = self.switches.fd() {
                add(fd, Token::Switches, false);
            }
            self.processes
                .interests(&mut |fd, place, words| match words {
                    true => add(fd, Token::Words(place), false),
                    false => add(fd, Token::Process(place), false),
                });
            self.exchanges.interests(&mut |fd, place, arp| match arp {
                true => add(fd, Token::Arp(place), false),
                false => add(fd, Token::Dhcp(place), false),
            });
            self.exchanges6
                .interests(&mut |fd, place| add(fd, Token::Dhcp6(place), false));
            let takes_clients = self.takes_clients();
            self.clients
                .interests(takes_clients, &mut |fd, place, read, write| {
                    let token = place.map_or(Token::Listener, Token::Client);
                    let _ = interests.push(Interest {
                        fd,
                        token,
                        read,
                        write,
                    });
                });
            self.alarm
                .wait(&interests, until)
                .map_err(|e| format!("waiting: {e}"))?
        };
        // Places are stable until the next wait: nothing is removed in between.
        for Ready { token, trouble, .. } in ready {
            self.serve(token, trouble);
        }
        self.processes.sweep();
        self.clients.sweep(clock::boot_ms());
        self.keep_watchdog();
        Ok(())
    }

    fn serve(&mut self, token: Token, trouble: bool) {
        match token {
            // The next look begins with them.
            Token::Kernel | Token::Answers => {}
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
                    let _ = self.reload();
                }
            }
            Token::Switches => self.switches.drain(&mut self.engine),
            Token::Mounts => self.look(true),
            Token::Directory => self.look(false),
            Token::Listener => self.clients.accept(clock::boot_ms()),
            Token::Client(place) => {
                if let Some(request) = self.clients.serve(place, trouble) {
                    self.request(place, &request);
                }
            }
            Token::Process(place) => {
                if let Some(link) = self.processes.ended(place) {
                    self.engine
                        .handle(clock::boot_ms(), Event::SupplicantExited { link });
                }
            }
            Token::Arp(place) => self.exchanges.watch(place, trouble, &mut self.engine),
            Token::Dhcp(place) => self.exchanges.listen(place, trouble, &mut self.engine),
            Token::Dhcp6(place) => self.exchanges6.listen(place, trouble, &mut self.engine),
            Token::Words(place) => self.processes.listen(place, trouble, &mut self.engine),
        }
    }
}
