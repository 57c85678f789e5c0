//! The only loop: wait → read → events → engine → actions → wait.
//!
//! Requests to the kernel are carried out one at a time by a process beside the loop, and what
//! they changed is read before the next one is asked for: the kernel queues its notifications
//! before it acknowledges a request, so the engine never acts on tables that are out of date.
//! Everything else goes on meanwhile.
#![warn(missing_docs)]

pub mod control;
pub mod engine;
pub mod files;
pub mod kernel_io;
mod perform;
mod processes;
mod sockets;
mod time;
pub mod utc;
mod wait;

use self::engine::{EngineHandle, Tell};
use crate::engine::contract::content::Content;
use crate::engine::contract::event::{Event, Failure, FileEvent, TrialEvent};
use crate::engine::dhcp::Identity;
use crate::engine::journal::{RecordKind, clip};
use crate::engine::status::led;
use crate::engine::status::status_line::StatusLine;
use crate::engine::status::text;
use crate::engine::time::{Instant, Millis, Seconds};
use crate::system::children::Process;
use crate::system::poll::Poll;
use crate::system::signals::Signals;
use crate::system::{self, host, notify, packet};
use crate::wire::control::Reload;
use control::clients::Clients;
use files::led::Led;
use files::source::{Look, Source, Way};
use files::{learned, leases, reboot};
use kernel_io::machine::Machine;
use kernel_io::messages::Messages;
use kernel_io::{notes, restore};
use log::Level;
use processes::repair::Repairs;
use processes::supplicants::{self, Processes};
use sockets::Sockets;

/// Run-time state, on tmpfs. Mode 0750, with the group, for the control socket; files in it are
/// 0600, and 0644 where all users may read them.
pub const RUN_DIR: &str = "/run/wifibond";
/// The control socket.
pub const CONTROL: &str = "/run/wifibond/control.sock";
/// The group whose members may query the daemon, and change nothing.
const GROUP: &str = "wifibond";
/// State that outlives a boot, on the card.
pub const STATE_DIR: &str = "/var/lib/wifibond";

/// Steps in a row before other events are looked at again.
const STEPS_AT_ONCE: usize = 200;
/// A start that has not come to rest by then is reported as ready all the same (`READY=1`).
const READY_WITHIN: Millis = Millis(5_000);
/// Clients are answered after this, also before the start has come to rest.
const CLIENTS_WITHIN: Millis = Millis(800);
/// A status waits so long for the radios' signals, and for a change that is under way.
const SIGNALS_WITHIN: Millis = Millis(150);

/// The engine, and every resource that the loop waits for or acts on; one a process.
pub struct Daemon {
    engine: EngineHandle,
    /// What the action under way carries.
    content: Content,
    machine: Machine,
    messages: Messages,
    processes: Processes,
    repairs: Repairs,
    sockets: Sockets,
    clients: Clients,
    signals: Signals,
    source: Source,
    /// Links that were there after the last look: of one that is gone, files may be left.
    links: usize,
    /// The last record that went to the log.
    logged: u32,
    /// The last line given to the init system.
    status_line: StatusLine,
    led: Led,
    /// When the engine was last asked for a step.
    looked_at: Instant,
    /// The kernel has sent something since the last look.
    notified: bool,
    /// The last look at the engine ended before it had come to rest.
    busy: bool,
    /// A status waits for the radios' signals until then.
    signals_until: Option<Instant>,
    poll: Poll<wait::Token>,
    watchdog: Option<(Millis, Instant)>,
    /// The copy of this process that answers a `plan`.
    planner: Option<Process>,
    begun: Instant,
    /// The kernel's tables have been read once.
    adopted: bool,
    ready: bool,
    leave: bool,
}

impl Daemon {
    /// Opens what it needs; the machine is not read yet. An error is a text for the user.
    pub fn start(path: &str) -> Result<Self, String> {
        let begun = time::now();
        for (path, mode) in [
            (RUN_DIR, 0o750),
            ("/run/wifibond/wpa", 0o700),
            (supplicants::DIR, 0o700),
        ] {
            system::files::ensure_dir(path, mode).map_err(|e| match e.errno {
                libc::EACCES | libc::EPERM => format!("{path}: {e}: run it as root"),
                _ => format!("{path}: {e}"),
            })?;
        }
        let machine = Machine::open()?;
        let clients = Clients::open(CONTROL).map_err(|e| format!("{CONTROL}: {e}"))?;
        // Under the init unit the group is ours already.
        if host::is_root() {
            for path in [RUN_DIR, CONTROL] {
                if let Err(e) = system::files::give_to_group(path, GROUP) {
                    log::warn!("{path}: {e}; only root may ask");
                }
            }
        }
        // Not before: another daemon's last good file and report are not ours to change.
        let source = Source::load(path);
        let signals = Signals::install().map_err(|e| format!("signals: {e}"))?;
        let engine = EngineHandle::new(source.config(), packet::seed());
        let watchdog = notify::watchdog_ms().map(|every| (Millis(every), time::now()));
        Ok(Daemon {
            engine,
            content: Content::new(),
            machine,
            messages: Messages::open(),
            processes: Processes::default(),
            repairs: Repairs::default(),
            sockets: Sockets::default(),
            clients,
            signals,
            source,
            links: 0,
            logged: 0,
            status_line: StatusLine::default(),
            led: Led::default(),
            looked_at: Instant::ZERO,
            notified: true,
            busy: false,
            signals_until: None,
            poll: Poll::with_room(wait::DESCRIPTORS).map_err(|e| format!("the timer: {e}"))?,
            watchdog,
            planner: None,
            begun,
            adopted: false,
            ready: false,
            leave: false,
        })
    }

    /// Runs until a signal ends it, or the helper process has ended (an error).
    pub fn run(mut self) -> Result<(), String> {
        let tell: &mut Tell<'_> = &mut |event| self.engine.tell(event);
        tell(Event::Began(self.begun));
        self.source.note_start(tell);
        restore::left_over(tell);
        notes::left_over(tell);
        leases::load(tell);
        learned::load(tell);
        reboot::load(tell);
        self.repairs.give_back(time::now(), true);
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
            notes::clean(&self.engine);
            for (link, how) in self.processes.adopt_leftovers(&self.engine) {
                self.engine.tell(Event::SupplicantStarted { link, how });
            }
        }
    }

    /// Nothing is left to do, and the kernel has answered.
    fn is_at_rest(&self) -> bool {
        self.adopted && !self.busy && !self.machine.is_busy()
    }

    fn become_ready(&mut self) {
        let late = time::now() >= self.begun + READY_WITHIN;
        if !self.ready && (late || self.is_at_rest()) {
            self.ready = true;
            notify::ready(self.status_line.line());
        }
    }

    /// Not during a start: an answer would show half of it.
    fn takes_clients(&self) -> bool {
        self.ready || time::now() >= self.begun + CLIENTS_WITHIN
    }

    /// Takes every step there is to take.
    fn work(&mut self) -> Result<(), String> {
        self.busy = true;
        for _ in 0..STEPS_AT_ONCE {
            self.keep_watchdog();
            // A probe or its answer costs no look at the kernel's tables.
            let is_quiet = !self.notified && self.engine.is_idle(time::now());
            if !is_quiet {
                if !self.machine.drain(&mut |event| self.engine.tell(event)) {
                    break;
                }
                self.take_kernel_answers()?;
                self.adopt();
                self.identify();
            }
            let now = self.engine.tick();
            self.looked_at = now;
            if is_quiet && !self.engine.is_idle(now) {
                continue;
            }
            self.notified = false;
            let Some(action) = self.engine.next(now, &mut self.content) else {
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
            notes::clean(&self.engine);
        }
        self.links = links;
        if let Some(text) = files::take_trouble() {
            self.engine.tell(Event::FileTrouble { text: &text });
        }
        self.sockets.sweep(&self.engine);
        self.source.keep_if_good(time::now(), &self.engine);
        self.write_log();
        self.tell_init();
        self.show_led();
        self.become_ready();
        self.answer_waiting();
        self.answer_statuses();
        Ok(())
    }

    /// Makes the DUID, which needs the hardware address of an adapter.
    fn identify(&mut self) {
        if !self.engine.lacks_identity() {
            return;
        }
        let Identity { duid, host_name } = leases::identity(&self.engine);
        if !duid.is_empty() {
            self.engine.tell(Event::Identity {
                duid: &duid,
                host_name: &host_name,
            });
        }
    }

    fn stop(&mut self) {
        notify::stopping();
        log::info!("stopping");
        self.engine.tell(Event::Stop);
    }

    /// The box is online with the file in force, which is not on trial.
    fn works(&self) -> bool {
        self.engine.is_online() && !self.engine.trial().is_open()
    }

    /// `true`: the new file is on trial; and what it has otherwise than the one before. On error, all that
    /// is wrong with it.
    fn reload(&mut self, how: Reload) -> Result<(bool, String), String> {
        notify::reloading();
        let works = self.works();
        let (way, confirm) = match how {
            Reload::Plain => (Way::Reload { works }, None),
            Reload::Confirm(s) => (Way::Reload { works }, Some(Seconds(s.into()))),
            Reload::Force => (Way::Forced, None),
        };
        let result = self.source.reload(way);
        if confirm.is_some() && result == Ok(true) {
            self.source.await_confirmation();
        }
        let config = self.source.config();
        let mut changes = String::new();
        match &result {
            Ok(_) => self.engine.write_changes(config, &mut changes),
            Err(_) => {
                let fault = self.source.fault().unwrap_or_default();
                self.engine.tell(Event::File(FileEvent::Refused { fault }));
            }
        }
        match &result {
            Ok(true) => self.engine.tell(Event::TryConfig {
                config,
                again: false,
                confirm,
            }),
            Ok(false) => {
                self.engine.tell(Event::Trial(TrialEvent::Ends));
                self.engine.tell(Event::Config(config));
            }
            Err(_) => {}
        }
        notify::ready(self.status_line.line());
        result.map(|on_trial| (on_trial, changes))
    }

    /// The file that is waited for may have come.
    fn look(&mut self, remounted: bool) {
        let works = self.works();
        let look = self.source.look(remounted, works);
        let config = self.source.config();
        match look {
            Look::Taken { on_trial: true } => self.engine.tell(Event::TryConfig {
                config,
                again: false,
                confirm: None,
            }),
            Look::Taken { on_trial: false } => self.engine.tell(Event::Config(config)),
            Look::Wrong | Look::Nothing => {}
        }
        if let Look::Taken { .. } | Look::Wrong = look {
            self.source.note_look(&mut |event| self.engine.tell(event));
        }
    }

    fn write_log(&mut self) {
        for record in self.engine.journal().since(self.logged) {
            let level = match record.kind {
                RecordKind::Trouble | RecordKind::Outage => Level::Warn,
                RecordKind::Program
                | RecordKind::Adapter
                | RecordKind::Radio
                | RecordKind::Health
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
        if let Some(line) = self.status_line.changed(&self.engine) {
            notify::status(line);
        }
    }

    fn show_led(&mut self) {
        let config = self.source.config();
        // At the end it has been given back.
        if self.leave || (config.led.is_none() && !self.led.is_in_use()) {
            return;
        }
        let sound = self.source.fault().is_none();
        let condition = sound.then(|| led::condition(&self.engine));
        self.led.show(config.led.as_ref(), condition);
    }

    fn keep_watchdog(&mut self) {
        if let Some((every, at)) = &mut self.watchdog {
            let now = time::now();
            if now >= *at {
                notify::watchdog();
                *at = now + *every;
            }
        }
    }
}

/// As the engine takes it.
fn failure(errno: i32, text: &dyn core::fmt::Display) -> Failure {
    Failure {
        errno,
        text: clip(format_args!("{text}")),
    }
}

impl From<system::Error> for Failure {
    fn from(e: system::Error) -> Self {
        failure(e.errno, &e)
    }
}
