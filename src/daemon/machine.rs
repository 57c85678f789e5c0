//! The kernel as the loop uses it: one request at a time to the helper, notifications in.
//!
//! While the helper reads (a link, or the tables), notifications wait in their socket: they
//! may be newer than what it has read, and what is handled last counts.
use super::kernel_io::{Answer, Worker};
use crate::engine::Engine;
use crate::engine::contract::action::Action;
use crate::engine::contract::event::{Event, Failure};
use crate::kernel;
use crate::system::children::Process;
use crate::system::clock;
use crate::system::helper::{self, Line, Plain};
use crate::system::netlink::Events;
use std::os::fd::{AsFd, BorrowedFd};

/// Turns after an answer: together more than the socket of notifications has room for.
const TURNS: usize = 128;

pub struct Machine {
    events: Events,
    line: Line<Action, Answer>,
    /// Its end is seen on the line.
    _helper: Process,
    /// What the helper is carrying out.
    busy: Option<Action>,
}

// Names, numbers and texts of bounded length, all inline.
impl Plain for Action {}
impl Plain for Answer {}

/// The helper's whole life.
fn help(line: &Line<Answer, Action>) {
    let mut worker = match Worker::open() {
        Ok(worker) => worker,
        Err(e) => return log::error!("{e}"),
    };
    while let Ok(action) = line.wait() {
        let mut broken = false;
        let mut give = |answer| broken |= line.send(&answer, true).is_err();
        let result = worker.carry_out(&action, &mut give);
        give(Answer::Done(result));
        if broken {
            return;
        }
    }
}

impl Machine {
    /// First of all: the helper has whatever is open at this time.
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

    /// Notifications are not waited for while they have to wait.
    pub fn events_fd(&self) -> Option<BorrowedFd<'_>> {
        (!self.is_reading()).then(|| self.events.as_fd())
    }
    pub fn answers_fd(&self) -> BorrowedFd<'_> {
        self.line.as_fd()
    }
    pub fn is_busy(&self) -> bool {
        self.busy.is_some()
    }
    fn is_reading(&self) -> bool {
        matches!(
            self.busy,
            Some(Action::ReadLink { .. } | Action::Inspect { .. } | Action::Resync(_))
        )
    }

    /// Gives one to the helper. The engine gives no second one before the answer.
    pub fn give(&mut self, action: Action) -> Result<(), Failure> {
        let sent = self.line.send(&action, false);
        sent.map_err(|e| super::failure(e.errno, &e))?;
        self.busy = Some(action);
        Ok(())
    }

    /// What the helper has to say; an action with its outcome when that is known. An error is
    /// its end.
    pub fn hear(&mut self, engine: &mut Engine) -> Result<Option<Outcome>, String> {
        let mut done = None;
        let heard = self.line.take_in(&mut |answer| match answer {
            // The last: no other action has been given.
            Answer::Done(result) => done = Some(result),
            answer => {
                if let Some(event) = answer.event() {
                    engine.handle(clock::boot_ms(), event);
                }
            }
        });
        heard.map_err(|e| format!("the process for requests to the kernel has ended: {e}"))?;
        let Some(result) = done else {
            return Ok(None);
        };
        // What it changed was queued before its answer; the socket holds no more.
        let _ = (0..TURNS).any(|_| self.drain(engine));
        Ok(self.busy.take().map(|action| (action, result)))
    }

    /// Takes in the notifications that are there; `false`: there may be more.
    pub fn drain(&mut self, engine: &mut Engine) -> bool {
        if self.is_reading() {
            return true;
        }
        let taken = self.events.take_in(&mut |datagram| {
            let now = clock::boot_ms();
            let Some(datagram) = datagram else {
                return engine.handle(now, Event::Lost);
            };
            for frame in kernel::frames(datagram) {
                let Ok(frame) = frame else {
                    return engine.handle(now, Event::Lost);
                };
                take(engine, now, frame.kind, frame.payload);
            }
        });
        taken.unwrap_or_else(|e| {
            log::error!("netlink notifications: {e}");
            engine.handle(clock::boot_ms(), Event::Lost);
            true
        })
    }
}

/// An action, and what became of it.
pub type Outcome = (Action, Result<(), Failure>);

/// Gives one message to the engine, with what rtnetlink does not tell added: a link that is
/// not known under its name is read by the helper, and so is the speed of a cable that gets
/// carrier.
fn take(engine: &mut Engine, now: u64, kind: u16, payload: &[u8]) {
    match kernel::decode(kind, payload) {
        Ok(None) => {}
        Ok(Some(Event::Link(mut link))) => {
            let index = link.index;
            let Some(facts) = engine.facts_of(&link) else {
                return engine.handle(now, Event::LinkUnread(index));
            };
            // The speed of a cable, and the mode of a radio, may be others now.
            let news = engine
                .observed()
                .link(index)
                .is_some_and(|old| match facts.is_wifi() {
                    true => link.up && !old.up,
                    false => link.carrier && !old.carrier,
                });
            link.facts = facts;
            engine.handle(now, Event::Link(link));
            if news {
                engine.handle(now, Event::LinkUnread(index));
            }
        }
        Ok(Some(event)) => engine.handle(now, event),
        Err(e) => log::warn!("netlink message of kind {kind} makes no sense: {e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::engine::contract::action::Scope;
    use crate::system::children;
    use crate::system::turn::flood;

    fn machine(events: Events, line: Line<Action, Answer>) -> Machine {
        Machine {
            events,
            line,
            _helper: children::adopt(std::process::id()).unwrap(),
            busy: None,
        }
    }

    #[test]
    fn a_flood_ends_with_the_turn() {
        let mut engine = Box::new(Engine::new(&config::built_in()));
        let (events, _kernel) = flood::of(b"no netlink message");
        let (line, helper) = flood::pair();
        let helper: Line<Answer, Action> = helper.into();
        for _ in 0..flood::MESSAGES {
            helper.send(&Answer::Ends(Scope::Routes), false).unwrap();
        }
        let mut machine = machine(events.into(), line.into());
        assert!(!machine.drain(&mut engine), "there is more");
        assert_eq!(flood::left(&machine.events), flood::LEFT);
        assert!(machine.drain(&mut engine));
        assert!(machine.hear(&mut engine).unwrap().is_none());
        assert_eq!(flood::left(&machine.line), flood::LEFT);
    }
}
