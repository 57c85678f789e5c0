//! The kernel as the daemon uses it: requests out, notifications in.
use super::wifi::Wifi;
use crate::engine::Engine;
use crate::engine::action::{KernelAction, Scope};
use crate::engine::event::{Event, Failure};
use crate::engine::observed::{Facts, Index, Link, Medium};
use crate::kernel::{self, Ended, REQUEST_BYTES, Reply};
use crate::system::netlink::{Events, Protocol, Received, Requests};
use crate::system::{clock, ethtool, rfkill};
use std::os::fd::{AsFd, BorrowedFd};

/// No request takes longer on a healthy machine; a driver that hangs must not hang us.
const ANSWER_WITHIN_MS: u64 = 5_000;
/// A dump that was interrupted by changes is repeated so often.
const DUMPS: usize = 5;
/// Datagrams taken in one turn: a flood must not keep the loop from the rest.
const TURN: usize = 256;

pub struct Machine {
    requests: Requests,
    events: Events,
    pub wifi: Wifi,
}

impl Machine {
    pub fn open() -> Result<Self, String> {
        let open = |what: &str, e: crate::system::Error| format!("netlink {what}: {e}");
        Ok(Machine {
            // Notifications first: nothing may happen between a dump and them.
            events: Events::open().map_err(|e| open("notifications", e))?,
            requests: Requests::open(Protocol::Route).map_err(|e| open("requests", e))?,
            wifi: Wifi::default(),
        })
    }

    pub fn events_fd(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }

    /// Sends one change and waits for the acknowledgement.
    pub fn change(&mut self, action: &KernelAction) -> Result<(), Failure> {
        let mut buffer = [0; REQUEST_BYTES];
        let seq = self.requests.next_seq();
        let request = kernel::encode(action, clock::boot_ms(), seq, &mut buffer);
        exchange(
            &mut self.requests,
            seq,
            request,
            ANSWER_WITHIN_MS,
            &mut |_| {},
        )
        .map(|_| ())
        .map_err(|failure| hint(action, failure))
    }

    /// Reads one link afresh. The kernel sends no notification when a bond that is
    /// down changes an option, nor for an alias (`netdev_state_change()` in
    /// net/core/dev.c looks at IFF_UP).
    pub fn read_link(&mut self, link: Index, engine: &mut Engine) {
        // What was queued before is older than the answer.
        self.drain(engine);
        let answer = self.ask(engine, &|seq, buffer| kernel::get_link(link, seq, buffer));
        if let Err(failure) = answer {
            // It is gone: the notification of that is on its way.
            log::debug!("link {link}: {}", failure.text);
        }
    }

    /// Asks again whether a link is Wi-Fi.
    pub fn inspect(&mut self, link: Index, engine: &mut Engine) -> Result<(), Failure> {
        self.read_link(link, engine);
        let unknown = |link: &Link| link.facts.medium == Medium::Unknown;
        match engine.observed().link(link).is_some_and(unknown) {
            true => Err(super::failure(0, &"the kernel does not answer (nl80211)")),
            false => Ok(()),
        }
    }

    /// Asks, and gives every message of the answer to the engine.
    fn ask(&mut self, engine: &mut Engine, write: &Write<'_>) -> Result<Ended, Failure> {
        let mut buffer = [0; REQUEST_BYTES];
        let seq = self.requests.next_seq();
        let request = write(seq, &mut buffer);
        let wifi = &mut self.wifi;
        exchange(
            &mut self.requests,
            seq,
            request,
            ANSWER_WITHIN_MS,
            &mut |frame| {
                take(wifi, engine, clock::boot_ms(), frame.kind, frame.payload);
            },
        )
    }

    /// Takes in the notifications that are there; `false`: there may be more.
    pub fn drain(&mut self, engine: &mut Engine) -> bool {
        for _ in 0..TURN {
            let now = clock::boot_ms();
            match self.events.receive() {
                Ok(Received::Nothing) => return true,
                Ok(Received::Datagram(datagram)) => {
                    let wifi = &mut self.wifi;
                    for frame in kernel::frames(datagram) {
                        let Ok(frame) = frame else {
                            engine.handle(now, Event::Lost);
                            break;
                        };
                        take(wifi, engine, now, frame.kind, frame.payload);
                    }
                }
                Ok(Received::Lost) => engine.handle(now, Event::Lost),
                Err(e) => {
                    log::error!("netlink notifications: {e}");
                    engine.handle(now, Event::Lost);
                    return true;
                }
            }
        }
        false
    }

    /// Reads everything of a scope afresh.
    pub fn read_all(&mut self, scope: Scope, engine: &mut Engine) -> Result<(), Failure> {
        for _ in 0..DUMPS {
            engine.handle(clock::boot_ms(), Event::DumpBegins(scope));
            let ended = self.read_once(scope, engine)?;
            if ended == Ended::Complete {
                engine.handle(clock::boot_ms(), Event::DumpEnds(scope));
                return Ok(());
            }
        }
        let text = "the kernel's tables change too fast to be read";
        Err(super::failure(0, &text))
    }

    fn read_once(&mut self, scope: Scope, engine: &mut Engine) -> Result<Ended, Failure> {
        let all: [&Write<'_>; 3] = [
            &kernel::dump_links,
            &kernel::dump_addresses,
            &kernel::dump_routes,
        ];
        let dumps = match scope {
            Scope::All => &all[..],
            Scope::Routes => &all[2..],
        };
        let mut whole = Ended::Complete;
        for dump in dumps {
            let ended = self.ask(engine, dump)?;
            if ended == Ended::Interrupted {
                whole = ended;
            }
        }
        Ok(whole)
    }
}

/// Writes a request with its number.
type Write<'w> = dyn Fn(u32, &mut [u8; REQUEST_BYTES]) -> &[u8] + 'w;

/// One request, its answer frame by frame, and its end.
pub(super) fn exchange(
    requests: &mut Requests,
    seq: u32,
    request: &[u8],
    within_ms: u64,
    each: &mut dyn FnMut(kernel::Frame<'_>),
) -> Result<Ended, Failure> {
    let mut reply = Reply::new(seq);
    requests
        .exchange(request, within_ms, &mut |datagram| {
            reply.take(datagram, each)
        })
        .unwrap_or_else(|e| Err(super::failure(e.errno, &e)))
}

/// Gives one message to the engine, with what rtnetlink does not tell added.
fn take(wifi: &mut Wifi, engine: &mut Engine, now: u64, kind: u16, payload: &[u8]) {
    match kernel::decode(kind, payload) {
        Ok(None) => {}
        Ok(Some(Event::Link(mut link))) => {
            link.facts = facts(wifi, engine.observed().link(link.index), &link);
            engine.handle(now, Event::Link(link));
        }
        Ok(Some(event)) => engine.handle(now, event),
        Err(e) => log::warn!("netlink message of kind {kind} makes no sense: {e:?}"),
    }
}

/// Asked once, when a link is first seen under its name; a cable's speed again each
/// time it gets carrier. Never on a loss: while an adapter is being removed the kernel
/// holds its lock for up to a second, and an answer would have to wait for that.
fn facts(wifi: &mut Wifi, known: Option<&Link>, link: &Link) -> Facts {
    match known {
        Some(old) if old.name == link.name => {
            let mut facts = old.facts.clone();
            if link.carrier && !old.carrier && !facts.is_wifi() {
                (facts.speed, facts.full_duplex) = ethtool::speed(&link.name);
            }
            // The mode of a Wi-Fi interface changes while it is down alone
            // (`cfg80211_change_iface()` in net/wireless/util.c).
            let up = facts.is_wifi() && link.up && !old.up;
            if up || facts.medium == Medium::Unknown {
                set_medium(&mut facts, wifi, link);
            }
            facts
        }
        _ => {
            let (speed, full_duplex) = ethtool::speed(&link.name);
            let mut facts = Facts {
                driver: ethtool::driver(&link.name),
                speed,
                full_duplex,
                ..Facts::default()
            };
            set_medium(&mut facts, wifi, link);
            facts
        }
    }
}

/// An answer that does not come leaves what was known.
fn set_medium(facts: &mut Facts, wifi: &mut Wifi, link: &Link) {
    match wifi.medium(link.index) {
        Medium::Unknown => return,
        medium => facts.medium = medium,
    }
    if facts.is_wifi() && facts.rfkill.is_none() {
        facts.rfkill = rfkill::of_interface(&link.name);
    }
}

/// Adds the cure where the kernel's error has a usual one.
fn hint(action: &KernelAction, failure: Failure) -> Failure {
    let cure = match (action, failure.errno) {
        (KernelAction::CreateBond { .. }, libc::EOPNOTSUPP) => {
            "the kernel has no bonding driver: modprobe bonding max_bonds=0, or install its modules"
        }
        (KernelAction::CreateBridge { .. }, libc::EOPNOTSUPP) => {
            "the kernel has no bridge driver: modprobe bridge, or install its modules"
        }
        (KernelAction::SetUp { up: true, .. }, libc::ERFKILL) => {
            "the radio is blocked: rfkill unblock wifi"
        }
        (KernelAction::AddRoute { .. }, libc::EEXIST) => {
            "another program made a route with this destination and metric"
        }
        _ => return failure,
    };
    super::failure(failure.errno, &cure)
}
