//! One wpa_supplicant an adapter, Wi-Fi or a cable with IEEE 802.1X: its life, and what it
//! says of the radio.
//!
//! A process outlives a crash of ours and is adopted again; it never outlives its
//! adapter, because a supplicant left on a vanished name would take the interface
//! up before it can become a member again.
mod controlled_port;
mod hear;
mod radio;

pub use controlled_port::ControlledPort;
pub use radio::{Change, Fault, Radio, SsidText};

use super::contract::event::Start;
use super::observed::Index;
use crate::config::IfName;
use crate::wire::wpa::Request;
use heapless::Vec;

/// Adapters with a wpa_supplicant: members, and links of their own.
pub const MAX_SUPPLICANTS: usize = super::roles::MAX_PORTS + crate::config::MAX_LINKS;
/// Waits before a wpa_supplicant that died is started again.
pub const RESTART_WAITS_MS: [u64; 8] = [200, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];
/// A life this long, with an answer in it, makes the next death count as the first.
const GOOD_LIFE_MS: u64 = 60_000;
/// Its control socket is tried again after this…
const ATTACH_EVERY_MS: u64 = 25;
/// …for so long; then it counts as hung.
const ATTACH_FOR_MS: u64 = 10_000;
/// Each death in a row doubles what one is given to come up and to answer, so often: a slow
/// machine needs longer, and would end it again and again.
const MOST_DOUBLINGS: usize = 3;
/// An answer that takes longer counts as hung.
const ANSWER_WITHIN_MS: u64 = 5_000;
/// The same for one that nothing was wanted of: it may be held up by its driver.
const PONG_WITHIN_MS: u64 = 10_000;
/// One that is silent is asked whether it still answers: so often while its link is not
/// authorised, and its next word is waited for…
const PING_EVERY_MS: u64 = 10_000;
/// …and so often while it is: the kernel tells at once when that ends. A multiple of the
/// other, so that all are asked in one wake-up.
const PING_AUTHORISED_EVERY_MS: u64 = 60_000;
/// A file that it did not take is given to it again after this.
const REFUSED_FOR_MS: u64 = 60_000;
/// SIGTERM, then SIGKILL after this.
const STOP_WITHIN_MS: u64 = 1_000;
/// A reconfigured member is given so long before the next one's turn.
const SETTLE_MS: u64 = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Dead; to be started at this time.
    Waiting {
        until: u64,
    },
    /// Running; its control socket is tried next at this time.
    Starting {
        next: u64,
        since: u64,
    },
    Attached,
    /// Asked to end; killed at this time.
    Stopping {
        until: u64,
        forced: bool,
    },
}

#[derive(Debug)]
pub struct Supplicant {
    pub link: Index,
    pub name: IfName,
    /// A cable, with IEEE 802.1X.
    pub wired: bool,
    /// IEEE 802.1X on a cable; of no meaning for Wi-Fi.
    port: ControlledPort,
    pub phase: Phase,
    /// [`Link::joins`](super::observed::Link::joins) with the network it last spoke of.
    pub joins: u32,
    pub radio: Radio,
    pub fault: Option<Fault>,
    /// Of the network it is authorised on; empty otherwise.
    pub ssid: SsidText,
    /// The network of the present attempt.
    trying: SsidText,
    /// MHz; 0 if unknown.
    pub frequency: u32,
    pub signal_dbm: Option<i16>,
    /// Deaths in a row.
    deaths: usize,
    /// All deaths since the adapter came.
    pub restarts: u32,
    born: u64,
    /// Ended because it did not answer: as good as a death.
    hung: bool,
    /// The file it runs on; see `supplicant_file::fingerprint`.
    file: u64,
    /// The file it should run on.
    wanted: u64,
    /// The file before the last `RECONFIGURE`.
    former: u64,
    /// The last file that it did not take.
    refused: Option<u64>,
    /// That file is not given to it again before this time.
    refused_until: Option<u64>,
    /// When it was last heard of.
    heard: u64,
    /// The kernel has its link as authorised.
    authorised: bool,
    /// Reconfigured, not yet authorised again: until then, or this time.
    settling: Option<u64>,
    asked: Option<(Request, u64)>,
    due: Vec<Request, 4>,
}

impl Supplicant {
    pub fn started(link: Index, name: IfName, how: Start, wanted: u64, now: u64) -> Self {
        let current = !matches!(how, Start::Adopted { current: false });
        Supplicant {
            link,
            name,
            wired: false,
            port: ControlledPort::new(matches!(how, Start::Adopted { .. })),
            phase: Phase::Starting {
                next: now,
                since: now,
            },
            joins: 0,
            radio: Radio::Starting,
            fault: None,
            ssid: SsidText::new(),
            trying: SsidText::new(),
            frequency: 0,
            signal_dbm: None,
            deaths: 0,
            restarts: 0,
            born: now,
            hung: false,
            file: if current { wanted } else { !wanted },
            wanted,
            former: wanted,
            refused: None,
            refused_until: None,
            heard: now,
            authorised: false,
            settling: None,
            asked: None,
            due: Vec::new(),
        }
    }

    /// A new life of the same adapter's supplicant.
    pub fn restarted(&mut self, now: u64, wanted: u64) {
        self.phase = Phase::Starting {
            next: now,
            since: now,
        };
        self.radio = Radio::Starting;
        self.born = now;
        self.hung = false;
        self.file = wanted;
        self.wanted = wanted;
        self.refused = None;
        self.refused_until = None;
        self.heard = now;
        self.settling = None;
        self.asked = None;
        self.due.clear();
    }

    pub fn controlled_port(&self) -> ControlledPort {
        self.port
    }

    /// It has been ended, and not because it did not answer.
    pub fn was_asked_to_end(&self) -> bool {
        matches!(self.phase, Phase::Stopping { .. }) && !self.hung
    }

    /// It is on its way up, for the first time or after a single death.
    pub fn is_coming_up(&self) -> bool {
        let early = matches!(self.phase, Phase::Starting { .. } | Phase::Waiting { .. });
        early && self.deaths <= 1
    }

    /// It runs, has never answered, and its last life was no better.
    pub fn died_before_attaching(&self) -> bool {
        matches!(self.phase, Phase::Starting { .. }) && self.deaths > 0
    }

    /// It ended without being asked to. Returns how long until the next start.
    pub fn died(&mut self, now: u64) -> u64 {
        let answered = self.heard > self.born;
        if answered && now.saturating_sub(self.born) >= GOOD_LIFE_MS {
            self.deaths = 0;
        }
        let wait = RESTART_WAITS_MS[self.deaths.min(RESTART_WAITS_MS.len() - 1)];
        self.deaths += 1;
        self.restarts += 1;
        self.phase = Phase::Waiting { until: now + wait };
        self.unjoined(Radio::Starting);
        self.port.died();
        self.asked = None;
        self.due.clear();
        wait
    }

    pub fn stopping(&mut self, now: u64, forced: bool) {
        // One that takes its time to end is killed, and was not hung before.
        let running = !matches!(self.phase, Phase::Stopping { .. });
        self.hung |= running && self.is_hung(now);
        self.phase = Phase::Stopping {
            until: now + STOP_WITHIN_MS,
            forced,
        };
    }

    /// Its control socket took our `ATTACH`; every later request waits for the answer.
    pub fn attached(&mut self, now: u64) {
        self.phase = Phase::Attached;
        if self.wired {
            self.port.heard(now);
        }
        self.requested(Request::Attach, now);
        self.ask(Request::Status);
    }

    /// Its control socket is lost, though it runs: connected to afresh.
    pub fn detached(&mut self, now: u64) {
        if self.phase == Phase::Attached {
            self.phase = Phase::Starting {
                next: now + ATTACH_EVERY_MS,
                since: now,
            };
            self.asked = None;
            self.due.clear();
        }
    }

    pub fn not_yet_attached(&mut self, now: u64) {
        if let Phase::Starting { next, .. } = &mut self.phase {
            *next = now + ATTACH_EVERY_MS;
        }
    }

    pub fn want_file(&mut self, fingerprint: u64) {
        self.wanted = fingerprint;
    }

    /// As if its file were another.
    pub fn want_again(&mut self) {
        self.file = !self.wanted;
        self.refused = None;
    }

    /// Runs on a file that is no longer the wanted one, and may be given that one.
    pub fn is_outdated(&self) -> bool {
        self.file != self.wanted && !(self.has_refused() && self.refused_until.is_some())
    }

    /// It answered FAIL to `RECONFIGURE`: it runs on with what it had.
    pub fn refuse_file(&mut self, now: u64) {
        self.refused = Some(self.file);
        self.refused_until = Some(now + REFUSED_FOR_MS);
        self.file = self.former;
        self.settling = None;
    }

    /// It does not take the file that it should run on.
    pub fn has_refused(&self) -> bool {
        self.refused == Some(self.wanted)
    }

    /// It said something, which shows that it is alive.
    pub fn spoke(&mut self, now: u64) {
        self.heard = now;
    }

    /// Attached, and no answer is awaited.
    pub fn is_listening(&self) -> bool {
        self.phase == Phase::Attached && self.asked.is_none()
    }

    pub fn reconfigured(&mut self, now: u64) {
        self.requested(Request::Reconfigure, now);
        self.former = self.file;
        self.file = self.wanted;
        self.settling = Some(now + SETTLE_MS);
        self.fault = None;
    }

    /// `tick` ends it when its time is over.
    pub fn is_settling(&self) -> bool {
        self.settling.is_some()
    }

    pub fn ask(&mut self, request: Request) {
        if !self.due.contains(&request) {
            let _ = self.due.push(request);
        }
    }

    /// The next request, when none is on its way.
    pub fn next_request(&self) -> Option<Request> {
        match self.asked {
            None if self.phase == Phase::Attached => self.due.first().copied(),
            _ => None,
        }
    }

    pub fn requested(&mut self, request: Request, now: u64) {
        self.due.retain(|due| *due != request);
        let within = match request {
            Request::Ping => PONG_WITHIN_MS,
            Request::Attach | Request::Status | Request::SignalPoll | Request::Reconfigure => {
                ANSWER_WITHIN_MS
            }
        };
        self.asked = Some((request, now + self.patience(within)));
    }

    /// Waits for the answer to this request, or is about to ask it.
    pub fn is_asking(&self, request: Request) -> bool {
        self.due.contains(&request) || self.asked.is_some_and(|(asked, _)| asked == request)
    }

    /// How long it is waited for where one without a death is given `ms`.
    fn patience(&self, ms: u64) -> u64 {
        ms << self.deaths.min(MOST_DOUBLINGS)
    }

    /// Running, but does not answer.
    pub fn is_hung(&self, now: u64) -> bool {
        match self.phase {
            Phase::Starting { since, .. } => now >= since + self.patience(ATTACH_FOR_MS),
            Phase::Attached => self.asked.is_some_and(|(_, until)| now >= until),
            Phase::Stopping { until, forced } => !forced && now >= until,
            Phase::Waiting { .. } => false,
        }
    }

    /// When it will count as hung, if nothing comes.
    pub fn doubtful(&self) -> Option<(Index, u64)> {
        let at = match self.phase {
            Phase::Starting { since, .. } => since + self.patience(ATTACH_FOR_MS),
            Phase::Attached => self.asked?.1,
            Phase::Waiting { .. } | Phase::Stopping { .. } => return None,
        };
        Some((self.link, at))
    }

    /// The kernel does not answer it either: later limits.
    pub fn give_time(&mut self, now: u64) {
        if let Phase::Starting { since, .. } = &mut self.phase {
            *since = (*since).max(now.saturating_sub(ATTACH_FOR_MS / 2));
        }
        if let Some((_, until)) = &mut self.asked {
            *until = (*until).max(now + ANSWER_WITHIN_MS / 2);
        }
    }

    pub fn poll_at(&self) -> Option<u64> {
        let phase = match self.phase {
            Phase::Waiting { until } => Some(until),
            Phase::Starting { next, .. } => Some(next),
            Phase::Stopping {
                until,
                forced: false,
            } => Some(until),
            Phase::Stopping { forced: true, .. } => None,
            Phase::Attached => match self.asked {
                Some((_, until)) => Some(until),
                None => self.ping_at(),
            },
        };
        [
            phase,
            self.settling,
            self.refused_until,
            self.port.poll_at(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When it is to be asked whether it answers; all on one grid of time.
    fn ping_at(&self) -> Option<u64> {
        let every = match self.authorised {
            true => PING_AUTHORISED_EVERY_MS,
            false => PING_EVERY_MS,
        };
        let idle = self.phase == Phase::Attached && self.asked.is_none() && self.due.is_empty();
        idle.then_some((self.heard / every + 1) * every)
    }

    /// The time to settle is over, that to be asked who is there, or that of its silence.
    /// `authorised`: the kernel has its link so.
    pub fn tick(&mut self, now: u64, authorised: bool) {
        self.port.tick(now);
        self.authorised = authorised;
        if self.ping_at().is_some_and(|at| now >= at) {
            self.ask(Request::Ping);
        }
        if self.refused_until.is_some_and(|until| now >= until) {
            self.refused_until = None;
        }
        if self.settling.is_some_and(|until| now >= until) {
            self.settling = None;
        }
    }

    fn unjoined(&mut self, radio: Radio) {
        self.radio = radio;
        self.ssid.clear();
        self.frequency = 0;
        self.signal_dbm = None;
    }
}
