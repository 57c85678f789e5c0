//! The kernel as the loop uses it: one request at a time to the helper, notifications in.
//!
//! While the helper reads (a link, or the tables), notifications wait in their socket: they
//! may be newer than what it has read, and what is handled last counts.
use super::rfkill::Switches;
use super::worker::{Answer, Worker};
use crate::daemon::engine::Tell;
use crate::engine::contract::action::KernelRequest;
use crate::engine::contract::event::{Event, Failure};
use crate::kernel;
use crate::system::children::Process;
use crate::system::helper::{self, Line, Plain};
use crate::system::netlink::Events;
use std::os::fd::{AsFd, BorrowedFd};

/// Turns after an answer: together more than the socket of notifications has room for.
const TURNS: usize = 128;

/// The connection to the helper, and the socket of notifications.
pub struct Machine {
    events: Events,
    line: Line<KernelRequest, Answer>,
    /// Its end closes the line.
    _helper: Process,
    /// What the helper is carrying out.
    busy: Option<KernelRequest>,
}

// Names, numbers and texts of bounded length, all inline.
impl Plain for KernelRequest {}
impl Plain for Answer {}

/// The helper's process, until the daemon's end of the line is closed. The switches of the radios
/// are reported from here, at first those that there are: to open /dev/rfkill and to close it waits
/// while somebody switches a radio off, and that waits for the rtnl lock (net/rfkill/core.c).
fn help(line: &Line<Answer, KernelRequest>) {
    let mut worker = match Worker::open() {
        Ok(worker) => worker,
        Err(e) => return log::error!("{e}"),
    };
    let mut switches = Switches::open();
    // That the other end is closed shows the next wait.
    switches.drain(&mut |answer| _ = line.send(&answer, true));
    while let Ok(request) = line.wait_beside(switches.fd()) {
        let mut broken = false;
        let mut give = |answer| broken |= line.send(&answer, true).is_err();
        let result = request.map(|request| worker.carry_out(&request, &mut give));
        // What was unblocked is reported before the outcome.
        switches.drain(&mut give);
        if let Some(result) = result {
            give(Answer::Done(result));
        }
        if broken {
            return;
        }
    }
}

impl Machine {
    /// Starts the helper. To be called first: the helper inherits every descriptor that is open.
    pub fn open() -> Result<Self, String> {
        let (line, helper) = helper::start(c"wifibond-kernel", help)
            .map_err(|e| format!("the process for requests to the kernel: {e}"))?;
        Ok(Machine {
            events: Events::open().map_err(|e| format!("netlink notifications: {e}"))?,
            line,
            _helper: helper,
            busy: None,
        })
    }

    /// `None` while the helper reads: notifications are not waited for then.
    pub fn events_fd(&self) -> Option<BorrowedFd<'_>> {
        (!self.is_reading()).then(|| self.events.as_fd())
    }
    /// Readable when the helper has answered, or has ended.
    pub fn answers_fd(&self) -> BorrowedFd<'_> {
        self.line.as_fd()
    }
    /// A request has been given and not answered.
    pub fn is_busy(&self) -> bool {
        self.busy.is_some()
    }
    fn is_reading(&self) -> bool {
        self.busy.as_ref().is_some_and(KernelRequest::reads)
    }

    /// Gives one to the helper. The engine gives no second one before the answer. An error means
    /// that the helper has ended.
    pub fn give(&mut self, request: KernelRequest) -> Result<(), Failure> {
        self.line.send(&request, false)?;
        self.busy = Some(request);
        Ok(())
    }

    /// Takes in what the helper sent, also between requests; a request with its outcome when that is
    /// known. An error means
    /// that the helper has ended.
    pub fn take_answers(&mut self, tell: &mut Tell<'_>) -> Result<Option<Outcome>, String> {
        let mut done = None;
        let taken = self.line.take_in(&mut |answer| match answer {
            // The last: no other request has been given.
            Answer::Done(result) => done = Some(result),
            answer => {
                if let Some(event) = answer.event() {
                    tell(event);
                }
            }
        });
        taken.map_err(|e| format!("the process for requests to the kernel has ended: {e}"))?;
        let Some(result) = done else {
            return Ok(None);
        };
        // What it changed was queued before its answer; the socket holds no more.
        let _ = (0..TURNS).any(|_| self.drain(tell));
        Ok(self.busy.take().map(|request| (request, result)))
    }

    /// Takes in the notifications that are there; `false`: there may be more.
    pub fn drain(&mut self, tell: &mut Tell<'_>) -> bool {
        if self.is_reading() {
            return true;
        }
        let taken = self.events.take_in(&mut |datagram| {
            let Some(datagram) = datagram else {
                return tell(Event::Lost);
            };
            for frame in kernel::frames(datagram) {
                let Ok(frame) = frame else {
                    return tell(Event::Lost);
                };
                take(tell, frame.kind, frame.payload);
            }
        });
        taken.unwrap_or_else(|e| {
            log::error!("netlink notifications: {e}");
            tell(Event::Lost);
            true
        })
    }
}

/// A request, and what became of it.
pub type Outcome = (KernelRequest, Result<(), Failure>);

/// Gives one message to the engine.
fn take(tell: &mut Tell<'_>, kind: u16, payload: &[u8]) {
    match kernel::decode(kind, payload) {
        Ok(None) => {}
        Ok(Some(Event::Link(link))) => tell(Event::LinkNotified(link)),
        Ok(Some(event)) => tell(event),
        Err(e) => log::warn!("netlink message of kind {kind} makes no sense: {e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::contract::action::Scope;
    use crate::engine::contract::settings::Switch;
    use crate::system::children;
    use crate::system::turn::flood;

    fn machine(events: Events, line: Line<KernelRequest, Answer>) -> Machine {
        Machine {
            events,
            line,
            _helper: children::adopt(std::process::id()).unwrap(),
            busy: None,
        }
    }

    #[test]
    fn a_switch_is_reported_without_a_request() {
        let (events, _kernel) = flood::pair();
        let (line, helper) = flood::pair();
        let helper: Line<Answer, KernelRequest> = helper.into();
        let switch = Switch {
            number: 7,
            soft: true,
            hard: false,
        };
        helper.send(&Answer::Switch(switch), false).unwrap();
        helper.send(&Answer::SwitchGone(8), false).unwrap();
        let (mut there, mut gone) = (None, None);
        let mut machine = machine(events.into(), line.into());
        let taken = machine.take_answers(&mut |event| match event {
            Event::Rfkill(switch) => there = Some(switch),
            Event::RfkillGone(number) => gone = Some(number),
            other => panic!("{other:?}"),
        });
        assert!(taken.unwrap().is_none() && !machine.is_busy());
        assert_eq!((there, gone), (Some(switch), Some(8)));
    }

    #[test]
    fn a_flood_ends_with_the_turn() {
        let (events, _kernel) = flood::of(b"no netlink message");
        let (line, helper) = flood::pair();
        let helper: Line<Answer, KernelRequest> = helper.into();
        for _ in 0..flood::MESSAGES {
            helper.send(&Answer::Ends(Scope::Routes), false).unwrap();
        }
        let mut machine = machine(events.into(), line.into());
        assert!(!machine.drain(&mut |_| {}), "there is more");
        assert_eq!(flood::left(&machine.events), flood::LEFT);
        assert!(machine.drain(&mut |_| {}));
        assert!(machine.take_answers(&mut |_| {}).unwrap().is_none());
        assert_eq!(flood::left(&machine.line), flood::LEFT);
    }
}
