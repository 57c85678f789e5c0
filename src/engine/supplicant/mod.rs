//! One wpa_supplicant an adapter, Wi-Fi or a cable with IEEE 802.1X: its process, and what it
//! reports of the radio.
//!
//! A process outlives a crash of ours and is adopted again; it never outlives its
//! adapter, because a supplicant left on a vanished name would take the interface
//! up before it can become a member again.
mod controlled_port;
mod file;
mod heard;
mod radio;
mod receive;
mod requests;
mod rhythm;
mod scan;
mod signal;
mod stages;

pub use controlled_port::ControlledPort;
pub use heard::Neighbourhood;
pub use radio::{Change, Fault, JoinTimes, Radio, SsidText};
pub use scan::Scan;
pub use signal::{Level, Signal};
pub use stages::{Aim, Next, Stage, Work};

use super::contract::event::Start;
use super::observed::Index;
use crate::config::{IfName, Mac};
use crate::engine::time::{Instant, Millis};
use crate::wire::wpa::Request;
use heapless::Vec;

/// Adapters with a wpa_supplicant: members, and links of their own.
pub const MAX_SUPPLICANTS: usize = super::roles::MAX_PORTS + crate::config::MAX_LINKS;
/// Waits before a wpa_supplicant that ended by itself is started again.
pub const RESTART_WAITS: [Millis; 8] = [
    Millis(200),
    Millis(1_000),
    Millis(2_000),
    Millis(4_000),
    Millis(8_000),
    Millis(15_000),
    Millis(30_000),
    Millis(60_000),
];
/// A process that has run and answered for this long resets the count of deaths.
const STABLE_AFTER: Millis = Millis(60_000);
/// Between two attempts at its control socket.
const ATTACH_EVERY: Millis = Millis(25);
/// SIGTERM, then SIGKILL after this.
const STOP_WITHIN: Millis = Millis(1_000);
/// Where the process and its control socket are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Not running; to be started again.
    Waiting {
        /// The next start.
        until: Instant,
    },
    /// Running, not attached.
    Starting {
        /// The next attempt at its control socket.
        next: Instant,
        /// The start, or the loss of the control socket.
        since: Instant,
    },
    /// It answered on its control socket, and its events are subscribed to.
    Attached,
    /// A signal was sent.
    Stopping {
        /// SIGKILL is sent then.
        until: Instant,
        /// SIGKILL has been sent.
        forced: bool,
    },
}

/// The wpa_supplicant of one adapter.
#[derive(Debug)]
pub struct Supplicant {
    /// The adapter.
    pub link: Index,
    /// The adapter's name when it was started: its files have it.
    pub name: IfName,
    /// A cable, with IEEE 802.1X.
    pub wired: bool,
    /// IEEE 802.1X on a cable; of no meaning for Wi-Fi.
    port: ControlledPort,
    /// The state of the process.
    pub phase: Phase,
    /// `joins` of its `Interface` when it last reported to be in a network.
    pub joins: u32,
    /// What it last reported.
    pub radio: Radio,
    /// When that changed.
    pub since: Instant,
    /// How long the last join took.
    pub times: JoinTimes,
    /// What keeps it from joining; `None` once it has joined.
    pub fault: Option<Fault>,
    /// Of the network it is authorised on; empty otherwise.
    pub ssid: SsidText,
    /// The network of the present attempt.
    trying: SsidText,
    /// MHz; 0 if unknown.
    pub frequency: u32,
    /// Of the access point; `None` if unknown.
    pub bssid: Option<Mac>,
    /// It scans while it is in a network, and is away from its channel at times.
    scanning: bool,
    /// dBm, when it was last asked for; `None` if unknown.
    pub signal_dbm: Option<i16>,
    /// What its readings say.
    pub signal: Signal,
    /// Its search for a network.
    pub scan: Scan,
    /// Its last scan found no network of the file, and it has tried none since.
    finds_none: bool,
    /// What it heard when it last found none.
    pub heard: Option<Neighbourhood>,
    /// A handshake failed where the passphrase had been right, and was tried again.
    tried_again: bool,
    /// The keys of this association were negotiated then.
    negotiated: Option<Instant>,
    /// When it last joined anew as the last message of the handshake was lost.
    joined_anew: Option<Instant>,
    /// It leaves its network for one of higher priority.
    leaves: bool,
    /// The network that it left so; empty: it did not.
    left: SsidText,
    /// Since then it has tried another one.
    tried_better: bool,
    /// It was asked to look for a stronger access point, and may change to one.
    seeking: bool,
    /// Deaths in a row.
    deaths: usize,
    /// All deaths since the adapter came.
    pub restarts: u32,
    /// When the process was started.
    started: Instant,
    /// Ended because it did not answer: counts as a death.
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
    refused_until: Option<Instant>,
    /// When its last message came.
    last_message: Instant,
    /// The kernel has its link as authorised.
    authorised: bool,
    /// Reconfigured, not yet authorised again: until then, or this time.
    settling: Option<Instant>,
    asked: Option<(Request, Instant)>,
    /// Each kind once.
    due: Vec<Request, 12>,
}

impl Supplicant {
    /// A process that runs since now, or was found running. `wanted`: the fingerprint of the file
    /// that it should have.
    pub fn started(link: Index, name: IfName, how: Start, wanted: u64, now: Instant) -> Self {
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
            since: now,
            times: JoinTimes::default(),
            fault: None,
            ssid: SsidText::new(),
            trying: SsidText::new(),
            frequency: 0,
            bssid: None,
            scanning: false,
            signal_dbm: None,
            signal: Signal::default(),
            scan: Scan::default(),
            finds_none: false,
            heard: None,
            tried_again: false,
            negotiated: None,
            joined_anew: None,
            leaves: false,
            left: SsidText::new(),
            tried_better: false,
            seeking: false,
            deaths: 0,
            restarts: 0,
            started: now,
            hung: false,
            file: if current { wanted } else { !wanted },
            wanted,
            former: wanted,
            refused: None,
            refused_until: None,
            last_message: now,
            authorised: false,
            settling: None,
            asked: None,
            due: Vec::new(),
        }
    }

    /// A new process of the same adapter's wpa_supplicant.
    pub fn restarted(&mut self, now: Instant, wanted: u64) {
        self.phase = Phase::Starting {
            next: now,
            since: now,
        };
        self.radio = Radio::Starting;
        self.started = now;
        self.hung = false;
        self.file = wanted;
        self.wanted = wanted;
        self.refused = None;
        self.refused_until = None;
        self.last_message = now;
        self.settling = None;
        self.seeking = false;
        self.asked = None;
        self.due.clear();
    }

    /// Its last scan found no network of the file, and it has tried none since. Another process of the
    /// same adapter has not found out yet.
    pub fn finds_none(&self) -> bool {
        self.finds_none
    }

    /// The network of its last attempt.
    pub fn tried(&self) -> &str {
        &self.trying
    }

    /// Of a cable with IEEE 802.1X; of no meaning for Wi-Fi.
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

    /// It runs and has never answered, nor has the process before it.
    pub fn died_before_attaching(&self) -> bool {
        matches!(self.phase, Phase::Starting { .. }) && self.deaths > 0
    }

    /// It ended without being asked to. Returns how long until the next start.
    pub fn died(&mut self, now: Instant) -> Millis {
        let answered = self.last_message > self.started;
        if answered && now - self.started >= STABLE_AFTER {
            self.deaths = 0;
        }
        let wait = RESTART_WAITS[self.deaths.min(RESTART_WAITS.len() - 1)];
        self.deaths += 1;
        self.restarts += 1;
        self.phase = Phase::Waiting { until: now + wait };
        self.unjoined(Radio::Starting);
        self.port.died();
        self.asked = None;
        self.due.clear();
        self.scan.stop();
        wait
    }

    /// A signal was sent to it: SIGTERM, or SIGKILL if `forced`.
    pub fn stopping(&mut self, now: Instant, forced: bool) {
        // One that takes its time to end is killed, and was not hung before.
        let running = !matches!(self.phase, Phase::Stopping { .. });
        self.hung |= running && self.is_hung(now);
        self.phase = Phase::Stopping {
            until: now + STOP_WITHIN,
            forced,
        };
    }

    /// Its control socket took our `ATTACH`; every later request waits for the answer.
    pub fn attached(&mut self, now: Instant) {
        self.phase = Phase::Attached;
        if self.wired {
            self.port.attached(now);
        }
        self.requested(Request::Attach, now);
        self.ask(Request::Status);
    }

    /// Its control socket is lost, though it runs: connected to afresh.
    pub fn detached(&mut self, now: Instant) {
        if self.phase == Phase::Attached {
            self.phase = Phase::Starting {
                next: now + ATTACH_EVERY,
                since: now,
            };
            self.asked = None;
            self.due.clear();
            self.scan.stop();
        }
    }

    /// Its control socket could not be connected to: tried again after `ATTACH_EVERY`.
    pub fn not_yet_attached(&mut self, now: Instant) {
        if let Phase::Starting { next, .. } = &mut self.phase {
            *next = now + ATTACH_EVERY;
        }
    }

    /// A message came, which shows that it is not hung.
    pub fn answered(&mut self, now: Instant) {
        self.last_message = now;
    }

    /// In a network, and scanning: away from its channel for some tens of milliseconds at a time.
    pub fn is_scanning(&self) -> bool {
        self.scanning
    }

    /// Has it look for a stronger access point of its network. It changes to one by itself, and
    /// is not in the network for a moment then.
    pub fn seek(&mut self) {
        self.seeking = true;
        self.ask(Request::Scan);
    }

    /// It was asked to, or for a network of higher priority, and what came of it is not known yet.
    pub fn is_seeking(&self) -> bool {
        self.seeking || self.leaves || self.looks_for_better()
    }

    fn looks_for_better(&self) -> bool {
        self.scan.aim() == Some(Aim::Better) && self.scan.is_under_way()
    }

    /// When it is next to be looked at though nothing happened.
    pub fn poll_at(&self) -> Option<Instant> {
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

    /// Times that have passed: of settling, of a refused file, of the next `PING`, of the controlled
    /// port. `authorised`: traffic may pass its link.
    pub fn tick(&mut self, now: Instant, authorised: bool) {
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
        self.bssid = None;
        self.scanning = false;
        self.signal_dbm = None;
        self.signal = Signal::default();
        self.scan.unjoined();
    }
}
