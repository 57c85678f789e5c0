//! The only loop: wait → read → events → engine → actions → wait.
//!
//! Actions are carried out one at a time, and what they changed is read before the
//! next one is asked for: the kernel queues its notifications before it acknowledges
//! a request, so the engine never acts on an old picture.
mod card;
mod clients;
mod dhcp;
mod dhcp6;
pub mod file;
pub mod gateway;
mod ipv6;
mod leases;
mod machine;
mod marks;
mod neighbours;
mod perform;
mod planner;
pub mod publish;
mod radio;
mod requests;
mod resolv;
mod supplicants;
mod tune;
mod up;
mod wifi;

use crate::engine::Engine;
use crate::engine::action::{Action, Scope};
use crate::engine::event::{Event, Failure};
use crate::engine::journal::{RecordKind, clip};
use crate::engine::status_text;
use crate::system::children::Process;
use crate::system::poll::{self, Alarm, Interest, Ready};
use crate::system::signals::Signals;
use crate::system::{clock, files, host, notify, packet};
use clients::Clients;
use dhcp::Exchanges;
use dhcp6::Exchanges6;
use file::{Look, Source};
use log::Level;
use machine::Machine;
use radio::Switches;
use std::os::fd::AsFd;
use supplicants::Processes;

/// Run-time state. The group may look into it for the control socket; what is in it is 0600,
/// and 0644 where it is meant for everybody.
pub const RUN_DIR: &str = "/run/wifibond";
/// The control socket.
pub const CONTROL: &str = "/run/wifibond/control.sock";
/// Its members may ask, and change nothing.
const GROUP: &str = "wifibond";
/// Lasting state.
pub const STATE_DIR: &str = "/var/lib/wifibond";

/// Netlink, signals, the listener, rfkill, the file's place (two); clients; each process and its
/// words; DHCP, ARP, DHCPv6. One place is left for the wait's own timer.
const DESCRIPTORS: usize = 6
    + clients::MAX_CLIENTS
    + 2 * supplicants::MAX_PROCESSES
    + 3 * crate::engine::dhcp4::MAX_CLIENTS;
const _: () = assert!(DESCRIPTORS < poll::MAX);

/// Steps in a row before other events are looked at again.
const STEPS_AT_ONCE: usize = 200;
/// Answers to a question for signals are waited for so long.
const SIGNALS_WITHIN_MS: u64 = 150;

/// What a descriptor in the wait belongs to.
#[derive(Debug, Clone, Copy)]
enum Token {
    Kernel,
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

pub struct Daemon {
    /// In a box: it has some 140 KB, and every move would leave that much of the stack in use.
    engine: Box<Engine>,
    machine: Machine,
    switches: Switches,
    processes: Processes,
    exchanges: Exchanges,
    exchanges6: Exchanges6,
    clients: Clients,
    signals: Signals,
    source: Source,
    /// Links that were there after the last look: one fewer has left its marks.
    links: usize,
    /// The last record that went to the log.
    logged: u32,
    /// The last line given to the init system.
    notified: heapless::String<96>,
    /// When the engine was last asked for a step.
    looked_at: u64,
    /// The last look at the engine ended before it had come to rest.
    busy: bool,
    /// A status waits for the radios' signals until then.
    signals_until: Option<u64>,
    alarm: Alarm,
    watchdog: Option<(u64, u64)>,
    /// The copy of this process that answers a `plan`.
    planner: Option<Process>,
    leave: bool,
}

impl Daemon {
    /// Opens what it needs, and reads the machine once.
    pub fn start(path: &str) -> Result<Self, String> {
        for (path, mode) in [
            (RUN_DIR, 0o750),
            ("/run/wifibond/wpa", 0o700),
            (supplicants::DIR, 0o700),
        ] {
            files::ensure_dir(path, mode).map_err(|e| match e.errno {
                libc::EACCES | libc::EPERM => format!("{path}: {e}: run it as root"),
                _ => format!("{path}: {e}"),
            })?;
        }
        let clients = Clients::open(CONTROL).map_err(|e| format!("{CONTROL}: {e}"))?;
        // Under the init unit the group is ours already.
        if host::is_root() {
            for path in [RUN_DIR, CONTROL] {
                if let Err(e) = files::give_to_group(path, GROUP) {
                    log::warn!("{path}: {e}; only root may ask");
                }
            }
        }
        // Not before: another daemon's last good file and report are not ours to change.
        let source = Source::load(path);
        let signals = Signals::install().map_err(|e| format!("signals: {e}"))?;
        let machine = Machine::open()?;
        let mut engine = Box::new(Engine::new(source.config()));
        engine.set_seed(packet::seed());
        let watchdog = notify::watchdog_ms().map(|every| (every, clock::boot_ms()));
        Ok(Daemon {
            engine,
            machine,
            switches: Switches::open(),
            processes: Processes::default(),
            exchanges: Exchanges::default(),
            exchanges6: Exchanges6::default(),
            clients,
            signals,
            source,
            links: 0,
            logged: 0,
            notified: heapless::String::new(),
            looked_at: 0,
            busy: false,
            signals_until: None,
            alarm: Alarm::new().map_err(|e| format!("the timer: {e}"))?,
            watchdog,
            planner: None,
            leave: false,
        })
    }

    /// Runs until it is told to stop.
    pub fn run(mut self) -> Result<(), String> {
        self.source.note_start(clock::boot_ms(), &mut self.engine);
        ipv6::left_off(&mut self.engine);
        tune::left_over(&mut self.engine);
        wifi::left_over(&mut self.engine);
        up::left_over(&mut self.engine);
        self.switches.drain(&mut self.engine);
        leases::load(&mut self.engine);
        self.perform(Action::Resync(Scope::All));
        if !self.engine.observed().is_complete() {
            self.write_log();
            return Err("the kernel's links cannot be read".into());
        }
        self.clean_marks();
        self.processes
            .adopt_leftovers(clock::boot_ms(), &mut self.engine);
        self.work();
        notify::ready(&self.notified);
        while !self.leave {
            self.wait()?;
            self.work();
        }
        Ok(())
    }

    /// Marks of links that are gone.
    fn clean_marks(&self) {
        for clean in [ipv6::clean, tune::clean, wifi::clean, up::clean] {
            clean(&self.engine);
        }
    }

    /// Takes every step there is to take.
    fn work(&mut self) {
        self.busy = true;
        for _ in 0..STEPS_AT_ONCE {
            self.keep_watchdog();
            // In a flood the rest comes in between.
            if !self.machine.drain(&mut self.engine) {
                break;
            }
            // With the first adapter there is something to make it from.
            if self.engine.is_anonymous() {
                let identity = leases::identity(&self.engine);
                self.engine.set_identity(identity);
            }
            let now = clock::boot_ms();
            self.engine.tick(now);
            self.looked_at = now;
            let Some(action) = self.engine.next(now) else {
                self.busy = false;
                break;
            };
            self.perform(action);
            if self.leave {
                break;
            }
        }
        let links = self.engine.observed().links().count();
        if links < self.links {
            self.clean_marks();
        }
        self.links = links;
        self.exchanges.sweep(&self.engine);
        self.exchanges6.sweep(&self.engine);
        self.source.keep_if_good(clock::boot_ms(), &self.engine);
        self.write_log();
        self.tell_init();
        self.answer_statuses();
    }

    fn wait(&mut self) -> Result<(), String> {
        let now = clock::boot_ms();
        let deadlines = [
            // A deadline that passed since then is still to be served.
            self.engine.poll_at(self.looked_at),
            self.clients.poll_at(),
            self.source.poll_at(now),
            self.signals_until,
            self.watchdog.map(|(_, at)| at),
            self.busy.then_some(now),
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
            add(self.machine.events_fd(), Token::Kernel, false);
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
            self.clients.interests(&mut |fd, place, read, write| {
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
            // The next look at the engine begins with them.
            Token::Kernel => {}
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

    fn stop(&mut self) {
        notify::stopping();
        log::info!("stopping");
        self.engine.handle(clock::boot_ms(), Event::Stop);
    }

    fn reload(&mut self) -> Result<(), String> {
        notify::reloading();
        let result = self.source.reload();
        match &result {
            Ok(()) => {
                let config = Event::Config(self.source.config());
                self.engine.handle(clock::boot_ms(), config);
            }
            Err(reason) => {
                let now = clock::boot_ms();
                let text = format_args!("reload refused, nothing changed: {reason}");
                self.engine
                    .journal_mut()
                    .write(now, RecordKind::Trouble, "", text);
            }
        }
        notify::ready(&self.notified);
        result
    }

    /// The file that is waited for may have come.
    fn look(&mut self, remounted: bool) {
        let look = self.source.look(remounted);
        let now = clock::boot_ms();
        if let Look::Taken = look {
            let config = Event::Config(self.source.config());
            self.engine.handle(now, config);
        }
        if let Look::Taken | Look::Wrong = look {
            self.source.note_look(now, &mut self.engine);
        }
    }

    fn write_log(&mut self) {
        for record in self.engine.journal().since(self.logged) {
            let level = match record.kind {
                RecordKind::Trouble | RecordKind::Outage => Level::Warn,
                RecordKind::Program
                | RecordKind::Adapter
                | RecordKind::Radio
                | RecordKind::Switch
                | RecordKind::Supplicant
                | RecordKind::Lease
                | RecordKind::Resync => Level::Info,
            };
            log::log!(level, "{}", status_text::Line(record));
        }
        self.logged = self.engine.journal().written();
    }

    /// One line for `systemctl status`, when it changes.
    fn tell_init(&mut self) {
        let line = clip(format_args!("{}", status_text::headline(&self.engine)));
        if line != self.notified {
            notify::status(&line);
            self.notified = line;
        }
    }

    fn keep_watchdog(&mut self) {
        if let Some((every, at)) = &mut self.watchdog {
            let now = clock::boot_ms();
            if now >= *at {
                notify::watchdog();
                *at = now + *every;
            }
        }
    }
}

/// A failed system call as the engine takes it.
fn failure(errno: i32, text: &dyn core::fmt::Display) -> Failure {
    Failure {
        errno,
        text: clip(format_args!("{text}")),
    }
}

/// Stands in resolv.conf what the engine wants there?
pub fn resolver_is_current(engine: &Engine) -> bool {
    resolv::is_current(engine)
}

/// Reads the machine once into an engine, for `plan`.
pub fn read_machine(engine: &mut Engine) -> Result<(), String> {
    let mut machine = Machine::open()?;
    leases::load(engine);
    let read = machine.read_all(Scope::All, engine);
    let failed = read.as_ref().err().map(|failure| failure.text.to_string());
    engine.handle(
        clock::boot_ms(),
        Event::Done(Action::Resync(Scope::All), read),
    );
    failed.map_or(Ok(()), Err)
}
