//! The only loop: wait → read → events → engine → actions → wait.
//!
//! Requests to the kernel are carried out one at a time by a process beside the loop, and what
//! they changed is read before the next one is asked for: the kernel queues its notifications
//! before it acknowledges a request, so the engine never acts on an old picture. Everything
//! else goes on meanwhile.
mod answers;
mod card;
mod clients;
mod dhcp;
mod dhcp6;
pub mod exchange;
pub mod file;
mod ipv6;
mod kernel_io;
mod leases;
mod link_files;
mod machine;
mod neighbours;
mod perform;
mod planner;
mod radio;
mod requests;
pub mod resolv;
mod restore;
mod slow;
pub mod staging;
mod supplicants;
mod sysctls;
mod wait;
mod wifi;

use crate::engine::Engine;
use crate::engine::contract::action::{Action, Scope};
use crate::engine::contract::event::{Event, Failure};
use crate::engine::journal::{RecordKind, clip};
use crate::engine::status::text;
use crate::system::children::Process;
use crate::system::poll::Alarm;
use crate::system::signals::Signals;
use crate::system::{clock, files, host, notify, packet};
use clients::Clients;
use dhcp::Exchanges;
use dhcp6::Exchanges6;
use file::{Look, Source};
use log::Level;
use machine::Machine;
use radio::Switches;
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

/// Steps in a row before other events are looked at again.
const STEPS_AT_ONCE: usize = 200;
/// A start that has not come to rest by then is told as ready all the same.
const READY_WITHIN_MS: u64 = 5_000;
/// Clients are answered after this, also before the start has come to rest.
const CLIENTS_WITHIN_MS: u64 = 800;
/// A status waits so long for the radios' signals, and for a change that is under way.
const SIGNALS_WITHIN_MS: u64 = 150;

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
    begun: u64,
    /// The kernel's tables have been read once.
    adopted: bool,
    ready: bool,
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
        let machine = Machine::open()?;
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
            begun: clock::boot_ms(),
            adopted: false,
            ready: false,
            leave: false,
        })
    }

    /// Runs until it is told to stop.
    pub fn run(mut self) -> Result<(), String> {
        self.source.note_start(clock::boot_ms(), &mut self.engine);
        restore::left_over(&mut self.engine);
        slow::left_over(&mut self.engine);
        self.switches.drain(&mut self.engine);
        leases::load(&mut self.engine);
        self.work()?;
        while !self.leave {
            self.wait()?;
            self.work()?;
        }
        Ok(())
    }

    /// Once the links are known.
    fn adopt(&mut self) {
        if !self.adopted && self.engine.observed().is_complete() {
            self.adopted = true;
            restore::clean(&self.engine);
            slow::clean(&self.engine);
            self.processes
                .adopt_leftovers(clock::boot_ms(), &mut self.engine);
        }
    }

    /// Nothing is left to do, and the kernel has answered.
    fn is_at_rest(&self) -> bool {
        self.adopted && !self.busy && !self.machine.is_busy()
    }

    fn become_ready(&mut self) {
        let late = clock::boot_ms() >= self.begun + READY_WITHIN_MS;
        if !self.ready && (late || self.is_at_rest()) {
            self.ready = true;
            notify::ready(&self.notified);
        }
    }

    /// Not in the midst of a start: who asks would be told of half of it.
    fn takes_clients(&self) -> bool {
        self.ready || clock::boot_ms() >= self.begun + CLIENTS_WITHIN_MS
    }

    /// Takes every step there is to take.
    fn work(&mut self) -> Result<(), String> {
        self.busy = true;
        for _ in 0..STEPS_AT_ONCE {
            self.keep_watchdog();
            if !self.machine.drain(&mut self.engine) {
                break;
            }
            self.hear_kernel()?;
            self.adopt();
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
        if links < self.links && self.adopted {
            restore::clean(&self.engine);
            slow::clean(&self.engine);
        }
        self.links = links;
        self.exchanges.sweep(&self.engine);
        self.exchanges6.sweep(&self.engine);
        self.source.keep_if_good(clock::boot_ms(), &self.engine);
        self.write_log();
        self.tell_init();
        self.become_ready();
        self.answer_waiting();
        self.answer_statuses();
        Ok(())
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
            log::log!(level, "{}", text::Line(record));
        }
        self.logged = self.engine.journal().written();
    }

    /// One line for `systemctl status`, when it changes.
    fn tell_init(&mut self) {
        let line = clip(format_args!("{}", text::headline(&self.engine)));
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
    let mut worker = kernel_io::Worker::open()?;
    leases::load(engine);
    let all = Action::Resync(Scope::All);
    let read = worker.carry_out(&all, &mut |answer| {
        if let Some(event) = answer.event() {
            engine.handle(clock::boot_ms(), event);
        }
    });
    let failed = read.as_ref().err().map(|failure| failure.text.to_string());
    engine.handle(clock::boot_ms(), Event::Done(all, read));
    failed.map_or(Ok(()), Err)
}
