//! What the tests beside the code share: a process of their own, a network of their own.
use super::children::{self, Exit, Process};
use super::neighbour;
use super::netlink::{Protocol, Requests};
use core::ops::ControlFlow;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Once, OnceLock};

const LIMIT_S: u16 = 20;

/// Runs `body` in a process of its own, with one thread and no descriptors but those of
/// standard input, output and error and number 3. A panic in it is one here, with its message.
pub fn in_a_process(body: impl Fn()) {
    /// Where the message of a panic is written to, in such a process alone.
    static PARENT: OnceLock<UnixStream> = OnceLock::new();
    // Here and not in the copy: another thread may hold the hook's lock while it is made, and
    // the copy would wait for it without an end.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| match PARENT.get() {
            Some(mut parent) => _ = write!(parent, "{panic}"),
            None => usual(panic),
        }));
    });
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut process = children::fork(theirs.as_fd(), LIMIT_S.into(), &mut |stream| {
        PARENT.set(stream).unwrap();
        body();
    })
    .unwrap();
    drop(theirs);
    let mut words = String::new();
    (&ours).read_to_string(&mut words).unwrap();
    assert_eq!(end(&mut process), Exit::Code(0), "{words}");
}

/// As [`in_a_process`], in a new network namespace, where nothing but `lo` is, and that down.
/// Who is not root becomes so in a user namespace.
pub fn in_a_network(body: impl Fn()) {
    in_a_process(|| {
        let user = nix::unistd::geteuid();
        if !user.is_root() {
            unshare(CloneFlags::CLONE_NEWUSER).expect("a user namespace");
            std::fs::write("/proc/self/uid_map", format!("0 {user} 1")).unwrap();
        }
        unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace");
        body();
    });
}

/// All messages that `take_in` calls back with, as the sockets' functions of that name do.
pub fn taken(take_in: impl Fn(&mut dyn FnMut(&[u8])) -> super::Result<bool>) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while !take_in(&mut |message| all.push(message.to_vec())).unwrap() {}
    all
}

/// Waits for the end of a process.
pub fn end(process: &mut Process) -> Exit {
    assert!(readable(&*process, LIMIT_S * 1000), "it runs on");
    process.reap().unwrap().expect("the end of a process")
}

/// Waits until there is something to read.
pub fn readable(fd: impl AsFd, limit_ms: u16) -> bool {
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::from(limit_ms)).unwrap() == 1
}

const RTM_NEWLINK: u16 = 16;
const IFF_UP: u32 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;

/// Sets an interface up or down.
pub fn set_up(interface: &str, up: bool) {
    let index = neighbour::index(interface).expect(interface);
    link(index, if up { IFF_UP } else { 0 }, 0, &[]);
}

/// Makes an interface of a kind, for example `veth`.
pub fn make(interface: &str, kind: &str) {
    let mut rest = attribute(IFLA_IFNAME, interface.as_bytes());
    let kind = attribute(IFLA_INFO_KIND, kind.as_bytes());
    rest.extend(attribute(IFLA_LINKINFO, &kind));
    let create_exclusively = 0x600;
    link(0, 0, create_exclusively, &rest);
}

fn attribute(number: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap();
    let mut bytes = [length.to_ne_bytes(), number.to_ne_bytes()].concat();
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// RTM_NEWLINK, which the kernel must carry out (rtnetlink(7)).
fn link(index: u32, up: u32, flags: u16, attributes: &[u8]) {
    let mut body = [0, index, up, IFF_UP].map(u32::to_ne_bytes).concat();
    body.extend(attributes);
    let request_and_ack = 0x5;
    let request = request(RTM_NEWLINK, request_and_ack | flags, &body);
    let mut requests = Requests::open(Protocol::Route).unwrap();
    let error = requests.exchange(&request, 5000, &mut |answer| {
        // `struct nlmsgerr`: the error comes behind the header.
        ControlFlow::Break(i32::from_ne_bytes(answer[16..20].try_into().unwrap()))
    });
    assert_eq!(error, Ok(0), "RTM_NEWLINK of {index}");
}

/// A message with netlink's header (`struct nlmsghdr`).
pub fn request(number: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    let kind = [number.to_ne_bytes(), flags.to_ne_bytes()].concat();
    let (seq, port) = (1_u32.to_ne_bytes(), 0_u32.to_ne_bytes());
    [&length.to_ne_bytes()[..], &kind, &seq, &port, body].concat()
}

#[test]
#[should_panic(expected = "three is not four")]
fn what_fails_in_a_process_of_its_own_fails_here() {
    in_a_network(|| assert_eq!(3, 4, "three is not four"));
}
