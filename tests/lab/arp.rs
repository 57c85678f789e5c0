//! ARP frames (RFC 826) for IPv4 over Ethernet: probes and their answers, unsolicited replies.

use super::Namespace;
use nix::ifaddrs::getifaddrs;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, setns};
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, bind, recv, sendto, socket,
};
use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub const BROADCAST: &str = "ff:ff:ff:ff:ff:ff";
const REQUEST: u8 = 1;
const REPLY: u8 = 2;
const ETHERTYPE: [u8; 2] = [8, 6];
/// Ethernet, IPv4, and how long their addresses are.
const KIND: [u8; 6] = [0, 1, 8, 0, 6, 4];
/// In which answers are collected; a kernel answers at once.
const PATIENCE: Duration = Duration::from_millis(300);

/// One ARP probe (the sender's address is 0.0.0.0) for `target` through this interface, in a
/// frame to `to`. The MAC addresses that answer.
#[track_caller]
pub fn probe(ns: &Namespace, interface: &str, target: &str, to: &str) -> Vec<String> {
    let own = ns.link(interface, "address");
    let asked: Ipv4Addr = target.parse().expect("an address");
    let none = Ipv4Addr::UNSPECIFIED;
    let frame = frame(to, REQUEST, (&own, none), ("00:00:00:00:00:00", asked));
    let own = octets(&own);
    ns.inside(|| {
        let card = link_address(interface);
        let raw = packet_socket();
        bind(raw.as_raw_fd(), &card).expect("a socket at one interface");
        send(&raw, &frame, &card);
        let end = Instant::now() + PATIENCE;
        let mut answers = Vec::new();
        let mut buffer = [0; 128];
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            let mut fds = [PollFd::new(raw.as_fd(), PollFlags::POLLIN)];
            let left = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
            if poll(&mut fds, left) != Ok(1) {
                continue;
            }
            let length = recv(raw.as_raw_fd(), &mut buffer, MsgFlags::empty());
            answers.extend(answer(&buffer[..length.expect("a frame")], &own, asked));
        }
        answers
    })
}

/// The MAC address that a reply to `own` gives for `asked`.
fn answer(frame: &[u8], own: &[u8], asked: Ipv4Addr) -> Option<String> {
    let ours = frame.get(..6)? == own
        && frame.get(12..14)? == ETHERTYPE
        && frame.get(20..22)? == [0, REPLY]
        && frame.get(28..32)? == asked.octets();
    let digits = frame
        .get(22..28)?
        .iter()
        .map(|octet| format!("{octet:02x}"));
    ours.then(|| digits.collect::<Vec<_>>().join(":"))
}

/// Unsolicited replies from an interface to one station, until this is dropped.
pub struct Claims {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Claims {
    /// They say to the station `to` that the address `claimed` is at the MAC address `at`, and
    /// have the form of an answer to a probe. One in each `interval`.
    pub fn start(
        net: File,
        interface: &'static str,
        (claimed, at): (&str, &str),
        to: &str,
        interval: Duration,
    ) -> Claims {
        let claimed = claimed.parse().expect("an address");
        let frame = frame(to, REPLY, (at, claimed), (to, Ipv4Addr::UNSPECIFIED));
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            setns(net, CloneFlags::CLONE_NEWNET).expect("entering a network namespace");
            let (raw, card) = (packet_socket(), link_address(interface));
            while !stopped.load(Ordering::Relaxed) {
                send(&raw, &frame, &card);
                std::thread::sleep(interval);
            }
        });
        Claims {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(
            matches!(ended, Some(Ok(()))) || std::thread::panicking(),
            "the sender of ARP replies ended before it was stopped"
        );
    }
}

fn packet_socket() -> OwnedFd {
    let all = SockProtocol::EthAll;
    let raw = socket(
        AddressFamily::Packet,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        all,
    );
    raw.expect("a packet socket")
}

fn send(raw: &OwnedFd, frame: &[u8], card: &LinkAddr) {
    sendto(raw.as_raw_fd(), frame, card, MsgFlags::empty()).expect("sending a frame");
}

/// An interface of this thread's namespace, as packet sockets name it.
fn link_address(interface: &str) -> LinkAddr {
    let mut all = getifaddrs().expect("the interfaces");
    let address = all.find_map(|entry| {
        let address = *entry.address?.as_link_addr()?;
        (entry.interface_name == interface).then_some(address)
    });
    address.unwrap_or_else(|| panic!("no {interface}"))
}

/// In a frame to `to`; sender and target with their MAC and IP addresses.
fn frame(to: &str, operation: u8, sender: (&str, Ipv4Addr), target: (&str, Ipv4Addr)) -> Vec<u8> {
    [
        &octets(to)[..],
        &octets(sender.0),
        &ETHERTYPE,
        &KIND,
        &[0, operation],
        &octets(sender.0),
        &sender.1.octets(),
        &octets(target.0),
        &target.1.octets(),
    ]
    .concat()
}

fn octets(mac: &str) -> Vec<u8> {
    let octets = mac.split(':').map(|o| u8::from_str_radix(o, 16));
    octets.collect::<Result<_, _>>().expect("a MAC address")
}
