//! Repairs of adapters by their USB devices: each in a process of its own, as both may hang in a
//! driver. One that does, in uninterruptible sleep, cannot be ended; then its place stays taken
//! and nothing else waits.
//!
//! While a device is without drivers (`authorized` is 0), a file `unauthorized.PORT` in the run
//! directory says that it was us, so that it does not stay so after a crash or a stop; while its
//! port is without power, a file `unpowered.PORT`.
use crate::daemon::engine::Tell;
use crate::daemon::{RUN_DIR, failure};
use crate::engine::contract::action::{Action, UsbMeasure};
use crate::engine::contract::event::{Event, Failure};
use crate::engine::time::{Instant, Millis};
use crate::system::child_call::{self, ChildCall, End, Outcome};
use crate::system::children::Exit;
use crate::system::files;
use crate::system::usb::{Fault, Switch, Usb};
use heapless::{String, Vec};
use std::os::fd::{AsFd, BorrowedFd};

/// Under way at once, those included that do not end.
pub const MAX_REPAIRS: usize = 2;
/// What has not ended by then has failed. The kernel's own limit is 5 s a request to the device,
/// with some repetitions (`USB_CTRL_GET_TIMEOUT` in include/linux/usb.h).
const LIMIT_S: u32 = 20;
/// A device that could not be given back is tried again after this.
const AGAIN: Millis = Millis(60_000);

type Port = String<31>;

const SWITCHES: [Switch; 2] = [Switch::Authorized, Switch::Power];

/// What this measure switches off, and on again.
fn switch_of(measure: UsbMeasure) -> Option<Switch> {
    match measure {
        UsbMeasure::Reset => None,
        UsbMeasure::Replug => Some(Switch::Authorized),
        UsbMeasure::Power => Some(Switch::Power),
    }
}

/// The file's name, without the port.
fn prefix(switch: Switch) -> &'static str {
    match switch {
        Switch::Authorized => "unauthorized.",
        Switch::Power => "unpowered.",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Measure(UsbMeasure),
    /// The second half of a measure alone.
    SwitchOn(Switch),
}

struct Slot {
    port: Port,
    step: Step,
    call: ChildCall,
    /// Whom to tell until when; `None`: it is too late, or nobody.
    waiting: Option<(Action, Instant)>,
    ended: bool,
}

/// All that are under way.
pub struct Repairs {
    slots: Vec<Slot, MAX_REPAIRS>,
    usb: Usb,
    directory: std::string::String,
    limit_s: u32,
    /// When devices that were not given back are tried again.
    again: Option<Instant>,
}

impl Default for Repairs {
    fn default() -> Self {
        Repairs {
            slots: Vec::new(),
            usb: Usb::default(),
            directory: RUN_DIR.into(),
            limit_s: LIMIT_S,
            again: None,
        }
    }
}

impl Repairs {
    /// Begins `action`, which is to be told of its end.
    pub fn start(
        &mut self,
        action: &Action,
        port: &Port,
        measure: UsbMeasure,
        now: Instant,
    ) -> Result<(), Failure> {
        if self.is_busy(port) {
            let why = &"an earlier attempt has not ended in the kernel";
            return Err(failure(libc::EBUSY, why));
        }
        if self.slots.is_full() {
            let why = &"too many others have not ended in the kernel";
            return Err(failure(libc::EBUSY, why));
        }
        if let Some(switch) = switch_of(measure) {
            // Before the change: after a crash in between it is given back all the same.
            let note = self.note(port, switch);
            files::write_in_memory(&note, b"", 0o600)
                .map_err(|e| failure(e.errno, &format_args!("{note}: {e}")))?;
        }
        let limit = Millis(u64::from(self.limit_s) * 1000);
        let waiting = Some((action.clone(), now + limit));
        self.begin(port, Step::Measure(measure), waiting)
            .inspect_err(|_| self.give_back(now, false))
    }

    fn begin(
        &mut self,
        port: &Port,
        step: Step,
        waiting: Option<(Action, Instant)>,
    ) -> Result<(), Failure> {
        let usb = &self.usb;
        // Whoever ends the process between 0 and 1 leaves the device without drivers: only
        // a reset has a limit of its own.
        let (limit_s, call): (u32, &mut dyn FnMut() -> Outcome) = match step {
            Step::Measure(UsbMeasure::Reset) => (self.limit_s, &mut || told(usb.reset(port))),
            Step::Measure(UsbMeasure::Replug) => {
                (0, &mut || told(usb.cycle(port, Switch::Authorized)))
            }
            Step::Measure(UsbMeasure::Power) => (0, &mut || told(usb.cycle(port, Switch::Power))),
            Step::SwitchOn(switch) => (0, &mut move || told(usb.switch_on(port, switch))),
        };
        let slot = Slot {
            port: port.clone(),
            step,
            call: child_call::start(limit_s, call)?,
            waiting,
            ended: false,
        };
        let _ = self.slots.push(slot);
        Ok(())
    }

    fn is_busy(&self, port: &Port) -> bool {
        self.slots.iter().any(|slot| slot.port == *port)
    }

    /// What to wait for, and the place of each.
    pub fn interests<'r>(&'r self, add: &mut dyn FnMut(BorrowedFd<'r>, usize)) {
        for (place, slot) in self.slots.iter().enumerate() {
            add(slot.call.as_fd(), place);
        }
    }

    /// When [`Repairs::look`] has something to do.
    pub fn poll_at(&self) -> Option<Instant> {
        let limits = self.slots.iter().filter_map(|slot| slot.waiting.as_ref());
        let limits = limits.map(|(_, until)| *until);
        limits.chain(self.again).min()
    }

    /// The one at this place has ended: reports it.
    pub fn ended(&mut self, place: usize, tell: &mut Tell<'_>) {
        let Some(slot) = self.slots.get_mut(place).filter(|slot| !slot.ended) else {
            return;
        };
        let result = match slot.call.take() {
            Ok(None) => return,
            Ok(Some(End::Done(outcome))) => outcome.map_err(|(errno, text)| failure(errno, &text)),
            Ok(Some(End::Died(Exit::Signal(libc::SIGALRM)))) => Err(too_late(self.limit_s)),
            Ok(Some(End::Died(exit))) => Err(failure(0, &ended_by(exit))),
            Err(e) => Err(e.into()),
        };
        slot.ended = true;
        match (slot.waiting.take(), result) {
            (Some((action, _)), result) => tell(Event::Done(action, result)),
            (None, Ok(())) => log::info!("USB device {}: the repair has ended", slot.port),
            (None, Err(e)) => log::warn!("USB device {}: {}", slot.port, e.text),
        }
    }

    /// Reports those that take too long, and tries what is due again.
    pub fn look(&mut self, now: Instant, tell: &mut Tell<'_>) {
        for slot in &mut self.slots {
            if let Some((action, _)) = slot.waiting.take_if(|(_, until)| now >= *until) {
                tell(Event::Done(action, Err(too_late(self.limit_s))));
            }
        }
        if self.again.is_some_and(|at| now >= at) {
            self.give_back(now, true);
        }
    }

    /// Removes those that have ended. Not while places are in use.
    pub fn sweep(&mut self, now: Instant) {
        let ended = |slot: &&Slot| slot.ended && slot.step != Step::Measure(UsbMeasure::Reset);
        let (mut any, mut tried) = (false, false);
        for slot in self.slots.iter().filter(ended) {
            any = true;
            tried |= matches!(slot.step, Step::SwitchOn(_));
        }
        self.slots.retain(|slot| !slot.ended);
        if any {
            // What has just been tried in vain waits.
            self.give_back(now, !tried);
        }
    }

    /// Looks for devices that are left without drivers or power by a measure that did not end, and
    /// gives them back (`start`), or has that done later. At the start, before the end, and after
    /// each such measure.
    pub fn give_back(&mut self, now: Instant, start: bool) {
        self.again = None;
        for (port, switch) in self.noted() {
            if self.is_busy(&port) {
                // Its process does it.
                continue;
            }
            if self.usb.is_on(&port, switch) != Some(false) {
                let note = self.note(&port, switch);
                if let Err(e) = files::remove(&note) {
                    log::debug!("{note}: {e}");
                }
                continue;
            }
            self.again = Some(now + AGAIN);
            if start
                && !self.slots.is_full()
                && let Err(e) = self.begin(&port, Step::SwitchOn(switch), None)
            {
                log::warn!("USB device {port}: {}", e.text);
            }
        }
    }

    /// The ports of the files. Of more than can be held, the others come next time.
    fn noted(&self) -> Vec<(Port, Switch), 8> {
        let mut ports = Vec::new();
        let listed = files::list(&self.directory, &mut |file| {
            for switch in SWITCHES {
                let port = file.strip_prefix(prefix(switch)).map(Port::try_from);
                if let Some(Ok(port)) = port {
                    let _ = ports.push((port, switch));
                }
            }
        });
        if let Err(e) = listed {
            log::warn!("{}: {e}", self.directory);
        }
        ports
    }

    fn note(&self, port: &Port, switch: Switch) -> std::string::String {
        format!("{}/{}{port}", self.directory, prefix(switch))
    }
}

fn ended_by(exit: Exit) -> std::string::String {
    match exit {
        Exit::Signal(number) => format!("its process was ended by signal {number}"),
        Exit::Code(code) => format!("its process ended with exit code {code}"),
        Exit::Unknown => "its process ended".into(),
    }
}

fn too_late(limit_s: u32) -> Failure {
    let text = format_args!("did not end within {limit_s} s");
    failure(libc::ETIMEDOUT, &text)
}

/// With the right that is missing, where it is one that the package gives.
fn told(result: Result<(), Fault>) -> Outcome {
    result.map_err(|fault| {
        let errno = fault.error.errno;
        let text = match errno {
            libc::EACCES => format!("{fault} (60-wifibond.rules gives it)"),
            libc::EPERM => format!("{fault} (DeviceAllow= of the unit)"),
            libc::EROFS => format!("{fault} (ReadWritePaths= of the unit)"),
            _ => fault.to_string(),
        };
        (errno, text)
    })
}

#[cfg(test)]
mod tests;
