//! A DHCP server that misbehaves as it is told to. It stands in the LAN, speaks by
//! broadcast only, and knows one address.

use super::Namespace;
use super::lan::BRIDGE;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, setns};
use nix::sys::socket::{setsockopt, sockopt};
use std::ffi::OsString;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub const DISCOVER: u8 = 1;
pub const REQUEST: u8 = 3;
const OFFER: u8 = 2;
const ACK: u8 = 5;
const NAK: u8 = 6;

/// How it answers; can be changed while it runs.
#[derive(Debug, Clone)]
pub struct ServerBehaviour {
    /// Questions of these kinds find no answer.
    pub deaf_to: Vec<u8>,
    pub late: Duration,
    /// Each answer so often.
    pub times: usize,
    /// So many of the next REQUESTs are refused.
    pub refusals: usize,
    /// Before each answer: cut ones, random octets, answers to others.
    pub nonsense: bool,
    pub seconds: u32,
}

impl Default for ServerBehaviour {
    fn default() -> Self {
        ServerBehaviour {
            deaf_to: Vec::new(),
            late: Duration::ZERO,
            times: 1,
            refusals: 0,
            nonsense: false,
            seconds: 3600,
        }
    }
}

struct State {
    behaviour: ServerBehaviour,
    /// The kinds of the questions so far.
    asked: Vec<u8>,
    stop: bool,
}

pub struct FakeDhcp {
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeDhcp {
    pub fn start(
        lan: &Namespace,
        server: &str,
        gives: &str,
        behaviour: ServerBehaviour,
    ) -> FakeDhcp {
        let net = lan.net();
        let (server, gives): (Ipv4Addr, Ipv4Addr) = (
            server.parse().expect("a server"),
            gives.parse().expect("an address"),
        );
        let state = Arc::new(Mutex::new(State {
            behaviour,
            asked: Vec::new(),
            stop: false,
        }));
        let shared = state.clone();
        let thread = std::thread::spawn(move || {
            setns(&net, CloneFlags::CLONE_NEWNET).expect("entering a network namespace");
            let socket = UdpSocket::bind("0.0.0.0:67").expect("port 67");
            setsockopt(&socket, sockopt::BindToDevice, &OsString::from(BRIDGE)).expect("a bridge");
            socket.set_broadcast(true).expect("broadcasts");
            socket.set_nonblocking(true).expect("no waiting");
            serve(&socket, server, gives, &shared);
        });
        FakeDhcp {
            state,
            thread: Some(thread),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn behave(&self, behaviour: ServerBehaviour) {
        self.with(|state| state.behaviour = behaviour);
    }

    /// How many questions of this kind there were.
    pub fn asked(&self, kind: u8) -> usize {
        self.with(|state| state.asked.iter().filter(|k| **k == kind).count())
    }
}

impl Drop for FakeDhcp {
    fn drop(&mut self) {
        self.with(|state| state.stop = true);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "the fake server died"
            );
        }
    }
}

fn serve(socket: &UdpSocket, server: Ipv4Addr, gives: Ipv4Addr, state: &Mutex<State>) {
    let mut answers: Vec<(Instant, Vec<u8>)> = Vec::new();
    let mut buffer = [0; 1500];
    loop {
        let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut fds, PollTimeout::from(10u8));
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.stop {
            return;
        }
        while let Ok(length) = socket.recv(&mut buffer) {
            let question = &buffer[..length];
            let Some(kind) = option(question, 53).and_then(|v| v.first().copied()) else {
                continue;
            };
            state.asked.push(kind);
            // As each server does (RFC 2131, 4.3.2): the request is another one's.
            let named = option(question, 54);
            if named.is_some_and(|named| named != server.octets()) {
                continue;
            }
            if state.behaviour.deaf_to.contains(&kind) {
                continue;
            }
            let kind = match kind {
                DISCOVER => OFFER,
                REQUEST if state.behaviour.refusals > 0 => {
                    state.behaviour.refusals -= 1;
                    NAK
                }
                REQUEST => ACK,
                _ => continue,
            };
            let answer = answer(question, kind, server, gives, state.behaviour.seconds);
            let at = Instant::now() + state.behaviour.late;
            if state.behaviour.nonsense {
                answers.extend(nonsense(&answer).into_iter().map(|bytes| (at, bytes)));
            }
            for _ in 0..state.behaviour.times {
                answers.push((at, answer.clone()));
            }
        }
        let now = Instant::now();
        for (_, bytes) in answers.iter().filter(|(at, _)| *at <= now) {
            socket
                .send_to(bytes, "255.255.255.255:68")
                .expect("a broadcast");
        }
        answers.retain(|(at, _)| *at > now);
    }
}

fn option(message: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut rest = message.get(240..)?;
    while let [code, length, after @ ..] = rest {
        let (value, after) = after.split_at_checked(usize::from(*length))?;
        if *code == wanted {
            return Some(value);
        }
        rest = after;
    }
    None
}

fn answer(question: &[u8], kind: u8, server: Ipv4Addr, gives: Ipv4Addr, seconds: u32) -> Vec<u8> {
    let mut message = vec![0; 236];
    message[..3].copy_from_slice(&[2, 1, 6]);
    message[4..8].copy_from_slice(&question[4..8]);
    if kind != NAK {
        message[16..20].copy_from_slice(&gives.octets());
    }
    message[28..34].copy_from_slice(&question[28..34]);
    message.extend([99, 130, 83, 99, 53, 1, kind, 54, 4]);
    message.extend(server.octets());
    message.extend([1, 4, 255, 255, 255, 0, 3, 4]);
    message.extend(server.octets());
    message.extend([51, 4]);
    message.extend(seconds.to_be_bytes());
    message.push(255);
    message
}

/// What nobody should act on, made of a good answer.
fn nonsense(good: &[u8]) -> Vec<Vec<u8>> {
    let changed = |at: usize, value: u8| {
        let mut bytes = good.to_vec();
        bytes[at] ^= value;
        bytes
    };
    let mut endless = good[..240].to_vec();
    endless.extend([53, 200, 5]);
    vec![
        Vec::new(),
        good[..100].to_vec(),
        good[..238].to_vec(),
        endless,
        // Another exchange, another client, no answer at all, no host's address.
        changed(4, 0x55),
        changed(33, 0x55),
        changed(0, 3),
        [&good[..16], &[255; 4], &good[20..]].concat(),
        vec![0xa5; 600],
    ]
}
