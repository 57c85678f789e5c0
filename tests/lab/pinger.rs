//! Pings at a steady pace from a thread inside a namespace, and what was lost.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, setns};
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};
use std::fs::File;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Namespace, wait_until};

/// An answer that comes later does not count; time in which this program itself was
/// kept from running is not counted as late. Long for a ping, as a busy emulated
/// machine may stand still for a while; short enough that packets which waited for a
/// neighbour to be found again (a second) do not hide an outage.
const PATIENCE: Duration = Duration::from_millis(500);
/// Woken so much later than it asked to be, a pinger was kept from running.
const STALL: Duration = Duration::from_millis(20);
/// Request and reply: ICMP's and ICMPv6's.
const ECHO: (u8, u8) = (8, 0);
const ECHO6: (u8, u8) = (128, 129);
/// Tells our answers from those of others in the same namespace.
static IDENTIFIER: AtomicU64 = AtomicU64::new(0x4200);

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    answers: AtomicU64,
    first: OnceLock<Instant>,
}

/// A running series of pings.
pub struct Pinger {
    shared: Arc<Shared>,
    /// `None` once it has ended.
    thread: Option<JoinHandle<Pings>>,
}

impl Pinger {
    /// Starts to ping `to` from `ns`.
    pub fn start(ns: &Namespace, to: &str, interval: Duration) -> Pinger {
        let to: IpAddr = to.parse().expect("an address");
        let net = ns.net();
        let shared = Arc::new(Shared::default());
        let for_thread = shared.clone();
        let thread = std::thread::spawn(move || Series::new(&net, to, interval).run(&for_thread));
        let thread = Some(thread);
        Pinger { shared, thread }
    }

    /// Ten milliseconds apart, as all measurements here.
    pub fn every_10_ms(ns: &Namespace, to: &str) -> Pinger {
        Pinger::start(ns, to, Duration::from_millis(10))
    }

    /// When the first answer came, if one has.
    pub fn first_answer(&self) -> Option<Instant> {
        self.shared.first.get().copied()
    }

    /// Waits for `count` more answers than there are now.
    #[track_caller]
    pub fn wait_answers(&self, count: u64, limit: Duration) {
        let target = self.shared.answers.load(Ordering::Relaxed) + count;
        wait_until("answers to pings", limit, || {
            self.shared.answers.load(Ordering::Relaxed) >= target
        });
    }

    /// Ends the series.
    pub fn stop(mut self) -> Pings {
        let pings = self.end().expect("a series ends once");
        pings.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn end(&mut self) -> Option<std::thread::Result<Pings>> {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.thread.take().map(JoinHandle::join)
    }
}

impl Drop for Pinger {
    fn drop(&mut self) {
        self.end();
    }
}

/// A stretch of lost pings.
#[derive(Debug, Clone, Copy)]
pub struct Gap {
    /// Since the first ping.
    pub at: Duration,
    /// From the first lost ping to the first answered one.
    pub length: Duration,
    pub lost: usize,
}

/// What became of a series.
#[derive(Debug, Clone)]
pub struct Pings {
    pub sent: usize,
    pub received: usize,
    pub gaps: Vec<Gap>,
    /// The longest time between two answers, as they arrived.
    pub longest_silence: Duration,
    /// How long the pinger itself was kept from running.
    pub stalled: Duration,
}

impl Pings {
    pub fn lost(&self) -> usize {
        self.sent - self.received
    }

    /// All gaps together.
    pub fn total_outage(&self) -> Duration {
        self.gaps.iter().map(|gap| gap.length).sum()
    }

    pub fn longest_outage(&self) -> Duration {
        self.gaps
            .iter()
            .map(|gap| gap.length)
            .max()
            .unwrap_or_default()
    }
}

struct Ping {
    sent: Duration,
    /// [`Series::stalled`] when it was sent.
    stalled: Duration,
    answered: bool,
}

struct Series {
    socket: UdpSocket,
    to: SocketAddr,
    interval: Duration,
    identifier: u16,
    start: Instant,
    pings: Vec<Ping>,
    stalled: Duration,
    last_answer: Option<Duration>,
    longest_silence: Duration,
}

impl Series {
    fn new(net: &File, to: IpAddr, interval: Duration) -> Series {
        setns(net, CloneFlags::CLONE_NEWNET).expect("entering a network namespace");
        let (family, protocol) = match to {
            IpAddr::V4(_) => (AddressFamily::Inet, SockProtocol::Icmp),
            IpAddr::V6(_) => (AddressFamily::Inet6, SockProtocol::IcmpV6),
        };
        let raw = socket(family, SockType::Raw, SockFlag::SOCK_NONBLOCK, protocol);
        Series {
            // Only a wrapper for sending and receiving datagrams: there is no UDP in it.
            socket: UdpSocket::from(raw.expect("a raw socket")),
            to: SocketAddr::new(to, 0),
            interval,
            identifier: IDENTIFIER.fetch_add(1, Ordering::Relaxed) as u16,
            start: Instant::now(),
            pings: Vec::new(),
            stalled: Duration::ZERO,
            last_answer: None,
            longest_silence: Duration::ZERO,
        }
    }

    fn run(mut self, shared: &Shared) -> Pings {
        let mut next = Duration::ZERO;
        while !shared.stop.load(Ordering::Relaxed) {
            if self.start.elapsed() >= next {
                self.send();
                // Late is late: no burst to catch up.
                next = (next + self.interval).max(self.start.elapsed());
            }
            self.receive_until(next, shared);
        }
        let end = self.start.elapsed() + PATIENCE;
        while self.start.elapsed() < end && self.pings.iter().any(|ping| !ping.answered) {
            self.receive_until(self.start.elapsed() + self.interval, shared);
        }
        self.summary()
    }

    fn echo(&self) -> (u8, u8) {
        if self.to.is_ipv4() { ECHO } else { ECHO6 }
    }

    fn send(&mut self) {
        let number = self.pings.len() as u32;
        let mut packet = [0; 16];
        packet[0] = self.echo().0;
        packet[4..6].copy_from_slice(&self.identifier.to_be_bytes());
        packet[6..8].copy_from_slice(&(number as u16).to_be_bytes());
        packet[8..12].copy_from_slice(&number.to_be_bytes());
        // The kernel fills in ICMPv6's sum.
        if self.to.is_ipv4() {
            let sum = checksum(&packet);
            packet[2..4].copy_from_slice(&sum.to_be_bytes());
        }
        self.pings.push(Ping {
            sent: self.start.elapsed(),
            stalled: self.stalled,
            answered: false,
        });
        // No route, no carrier, a full queue: lost, and counted as such.
        let _ = self.socket.send_to(&packet, self.to);
    }

    fn receive_until(&mut self, deadline: Duration, shared: &Shared) {
        let mut fds = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
        let left = deadline
            .saturating_sub(self.start.elapsed())
            .as_micros()
            .div_ceil(1000);
        let ready = poll(
            &mut fds,
            PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX),
        );
        let late = self.start.elapsed().saturating_sub(deadline);
        if late > STALL {
            self.stalled += late;
        }
        if ready != Ok(1) {
            return;
        }
        let mut packet = [0; 256];
        while let Ok(length) = self.socket.recv(&mut packet) {
            if let Some(number) = self.answer(&packet[..length]) {
                self.note(number, shared);
            }
        }
    }

    /// The number of the ping this packet answers. IPv4's comes with its header.
    fn answer(&self, packet: &[u8]) -> Option<usize> {
        let header = match self.to {
            SocketAddr::V4(_) => usize::from(packet.first()? & 0x0f) * 4,
            SocketAddr::V6(_) => 0,
        };
        let icmp = packet.get(header..)?;
        let ours =
            *icmp.first()? == self.echo().1 && icmp.get(4..6)? == self.identifier.to_be_bytes();
        let number = u32::from_be_bytes(icmp.get(8..12)?.try_into().ok()?);
        ours.then_some(number as usize)
    }

    fn note(&mut self, number: usize, shared: &Shared) {
        let now = self.start.elapsed();
        let stalled = self.stalled;
        let in_time = |ping: &&mut Ping| {
            !ping.answered && now <= ping.sent + PATIENCE + (stalled - ping.stalled)
        };
        let Some(ping) = self.pings.get_mut(number).filter(in_time) else {
            return;
        };
        ping.answered = true;
        let silence = now - self.last_answer.unwrap_or(now);
        self.longest_silence = self.longest_silence.max(silence);
        self.last_answer = Some(now);
        let _ = shared.first.set(Instant::now());
        shared.answers.fetch_add(1, Ordering::Relaxed);
    }

    fn summary(self) -> Pings {
        let mut gaps: Vec<Gap> = Vec::new();
        let mut open: Option<Gap> = None;
        for Ping { sent, answered, .. } in &self.pings {
            match (answered, &mut open) {
                (true, _) => gaps.extend(open.take().map(|gap| Gap {
                    length: *sent - gap.at,
                    ..gap
                })),
                (false, None) => {
                    open = Some(Gap {
                        at: *sent,
                        length: Duration::ZERO,
                        lost: 1,
                    })
                }
                (false, Some(gap)) => gap.lost += 1,
            }
        }
        let end = self
            .pings
            .last()
            .map(|ping| ping.sent + self.interval)
            .unwrap_or_default();
        gaps.extend(open.map(|gap| Gap {
            length: end - gap.at,
            ..gap
        }));
        let received = self.pings.iter().filter(|ping| ping.answered).count();
        Pings {
            sent: self.pings.len(),
            received,
            gaps,
            longest_silence: self.longest_silence,
            stalled: self.stalled,
        }
    }
}

/// RFC 1071, over an even number of octets.
fn checksum(bytes: &[u8]) -> u16 {
    let sum: u32 = bytes
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !((folded & 0xffff) + (folded >> 16)) as u16
}
