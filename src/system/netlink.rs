//! Netlink sockets: bytes in, bytes out.
use super::error::{of, of_nix};
use super::{Error, Result, clock, turn};
use core::ops::ControlFlow;
use netlink_sys::{Socket, SocketAddr, protocols};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::{AsFd, BorrowedFd};

/// Octets. The kernel's own datagrams are at most this long (`NLMSG_GOODSIZE`, and 32 KiB for a
/// step of a dump); longer ones are detected (`MSG_TRUNC`), not cut silently.
const BUFFER_BYTES: usize = 32 * 1024;

/// Octets of a receive buffer (SO_RCVBUF). The kernel accounts some 9 KiB for a datagram of a
/// dump, and queues two ahead.
const ANSWER_BYTES: u32 = 64 * 1024;

/// A family of netlink sockets (netlink(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `NETLINK_ROUTE`: rtnetlink.
    Route,
    /// `NETLINK_GENERIC`: nl80211 among others.
    Generic,
}

/// A socket for requests and their answers, one after the other.
pub struct Requests {
    socket: Socket,
    buffer: Box<[u8]>,
    seq: u32,
}

impl Requests {
    /// Opens the socket, with extended acknowledgements where the kernel has them.
    pub fn open(protocol: Protocol) -> Result<Self> {
        let number = match protocol {
            Protocol::Route => protocols::NETLINK_ROUTE,
            Protocol::Generic => protocols::NETLINK_GENERIC,
        };
        let mut socket = Socket::new(number).map_err(of("socket"))?;
        socket.bind_auto().map_err(of("bind"))?;
        // Room for every answer, whatever the machine's default: an acknowledgement that
        // finds no room is lost.
        socket
            .set_rx_buf_sz(ANSWER_BYTES)
            .map_err(of("setsockopt"))?;
        // Adds a message to an error (NETLINK_EXT_ACK); old kernels do not have it.
        let _ = socket.set_ext_ack(true);
        Ok(Requests {
            socket,
            buffer: vec![0; BUFFER_BYTES].into(),
            seq: 0,
        })
    }
    /// A sequence number that no recent request of this socket had; never 0, which notifications
    /// have.
    pub fn next_seq(&mut self) -> u32 {
        self.seq = self.seq.checked_add(1).unwrap_or(1);
        self.seq
    }
    /// Sends one request and calls `take` with every datagram that comes until that breaks.
    /// Blocks meanwhile. ETIMEDOUT: not complete after `limit_ms` milliseconds; EMSGSIZE: a
    /// datagram longer than the buffer; ENOBUFS: the kernel dropped an answer.
    pub fn exchange<T>(
        &mut self,
        request: &[u8],
        limit_ms: u64,
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<T>,
    ) -> Result<T> {
        self.socket
            .send_to(request, &SocketAddr::new(0, 0), 0)
            .map_err(of("send"))?;
        let until = clock::boot_ms() + limit_ms;
        loop {
            wait_readable(&self.socket, until)?;
            let received = receive(&self.socket, &mut self.buffer, libc::MSG_DONTWAIT)?;
            let Some(length) = received else {
                continue;
            };
            if length > self.buffer.len() {
                return Err(Error {
                    call: "recv",
                    errno: libc::EMSGSIZE,
                });
            }
            if let ControlFlow::Break(end) = take(&self.buffer[..length]) {
                return Ok(end);
            }
        }
    }
}

fn wait_readable(socket: &Socket, until: u64) -> Result<()> {
    loop {
        let left = until.saturating_sub(clock::boot_ms());
        if left == 0 {
            return Err(Error {
                call: "recv",
                errno: libc::ETIMEDOUT,
            });
        }
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        match poll(
            &mut [PollFd::new(socket.as_fd(), PollFlags::POLLIN)],
            timeout,
        ) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) => return Ok(()),
            Err(e) => return Err(of_nix("poll")(e)),
        }
    }
}

/// The datagram's whole length, which may be more than the buffer's. `None`: nothing has come, or
/// not from the kernel.
fn receive(socket: &Socket, buffer: &mut [u8], flags: i32) -> Result<Option<usize>> {
    let mut rest = &mut buffer[..];
    match socket.recv_from(&mut rest, flags | libc::MSG_TRUNC) {
        Ok((length, sender)) if sender.port_number() == 0 => Ok(Some(length)),
        Ok(_) => Ok(None),
        Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
        Err(e) => Err(of("recv")(e)),
    }
}

/// A socket for notifications of links, addresses and routes, and of options of router
/// advertisements.
///
/// The receive buffer keeps the kernel's default size: an overrun costs one dump of all tables,
/// a larger buffer would cost memory all the time.
pub struct Events {
    socket: Socket,
    buffer: Box<[u8]>,
}

/// Multicast groups (include/uapi/linux/rtnetlink.h).
const GROUPS: [u32; 7] = [
    libc::RTNLGRP_LINK,
    libc::RTNLGRP_IPV4_IFADDR,
    libc::RTNLGRP_IPV6_IFADDR,
    libc::RTNLGRP_IPV4_ROUTE,
    libc::RTNLGRP_IPV6_ROUTE,
    libc::RTNLGRP_IPV6_IFINFO,
    libc::RTNLGRP_ND_USEROPT,
];

impl Events {
    /// Opens the socket; changes from here on are received.
    pub fn open() -> Result<Self> {
        let mut socket = Socket::new(protocols::NETLINK_ROUTE).map_err(of("socket"))?;
        socket.bind_auto().map_err(of("bind"))?;
        for group in GROUPS {
            socket.add_membership(group).map_err(of("setsockopt"))?;
        }
        socket.set_non_blocking(true).map_err(of("fcntl"))?;
        Ok(Events {
            socket,
            buffer: vec![0; BUFFER_BYTES].into(),
        })
    }
    /// Calls `each` with the datagrams that have come, up to [`TURN`](turn::TURN); `true`: there is
    /// nothing left. A datagram of `None`: the kernel dropped some (ENOBUFS), or one was longer than
    /// the buffer, so all tables are to be dumped again.
    pub fn take_in(&mut self, each: &mut dyn FnMut(Option<&[u8]>)) -> Result<bool> {
        turn::turn(&mut || {
            match receive(&self.socket, &mut self.buffer, 0) {
                Ok(None) => return Ok(false),
                // `None` as well where it is longer than the buffer.
                Ok(Some(length)) => each(self.buffer.get(..length)),
                Err(e) if e.errno == libc::ENOBUFS => each(None),
                Err(e) => return Err(e),
            }
            Ok(true)
        })
    }
}

#[cfg(test)]
impl From<std::os::fd::OwnedFd> for Events {
    fn from(fd: std::os::fd::OwnedFd) -> Self {
        use std::os::fd::{FromRawFd, IntoRawFd};
        Events {
            // SAFETY: the descriptor is owned here, and by the socket from now on.
            socket: unsafe { Socket::from_raw_fd(fd.into_raw_fd()) },
            buffer: vec![0; BUFFER_BYTES].into(),
        }
    }
}

impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{in_a_network, readable, request, set_up};
    use super::*;

    const RTM_NEWLINK: u16 = 16;
    const RTM_GETLINK: u16 = 18;
    const NLMSG_DONE: u16 = 3;
    const REQUEST_DUMP: u16 = 0x301;

    fn kind(message: &[u8]) -> u16 {
        u16::from_ne_bytes(message[4..6].try_into().unwrap())
    }

    #[test]
    fn a_request_is_answered_in_full() {
        in_a_network(|| {
            let mut requests = Requests::open(Protocol::Route).unwrap();
            assert_eq!((requests.next_seq(), requests.next_seq()), (1, 2));
            let dump = request(RTM_GETLINK, REQUEST_DUMP, &[0; 16]);
            let mut all = Vec::new();
            let mut whole = |datagram: &[u8]| match kind(datagram) {
                NLMSG_DONE => ControlFlow::Break(()),
                _ => {
                    all.extend_from_slice(datagram);
                    ControlFlow::Continue(())
                }
            };
            requests.exchange(&dump, 5000, &mut whole).unwrap();
            assert_eq!(kind(&all), RTM_NEWLINK);
            // IFLA_IFNAME.
            assert!(all.windows(7).any(|bytes| bytes == b"\x07\0\x03\0lo\0"));
        });
    }

    #[test]
    fn an_answer_without_an_end_is_given_up() {
        let mut requests = Requests::open(Protocol::Generic).unwrap();
        // A control message without NLM_F_ACK: the kernel does not answer it.
        let nothing = request(1, 0, &[]);
        let begun = clock::boot_ms();
        let end = requests.exchange(&nothing, 50, &mut |_| ControlFlow::Break(()));
        assert_eq!(end.unwrap_err().errno, libc::ETIMEDOUT);
        assert!(clock::boot_ms() >= begun + 50);
    }

    /// The kinds of the messages that have come; `None`: some were dropped.
    fn taken(events: &mut Events) -> Vec<Option<u16>> {
        let mut kinds = Vec::new();
        while !events
            .take_in(&mut |bytes| kinds.push(bytes.map(kind)))
            .unwrap()
        {}
        kinds
    }

    #[test]
    fn a_change_of_a_link_is_told() {
        in_a_network(|| {
            let mut events = Events::open().unwrap();
            assert_eq!(taken(&mut events), []);
            assert!(!readable(&events, 0));
            set_up("lo", true);
            assert!(readable(&events, 5000));
            assert!(taken(&mut events).contains(&Some(RTM_NEWLINK)));
        });
    }

    #[test]
    fn what_was_dropped_is_told_once() {
        in_a_network(|| {
            let mut events = Events::open().unwrap();
            // The kernel's least: a few messages.
            events.socket.set_rx_buf_sz(1_u32).unwrap();
            for up in [true, false, true, false, true] {
                set_up("lo", up);
            }
            let first = taken(&mut events);
            assert_eq!(first.iter().filter(|kind| kind.is_none()).count(), 1);
            assert_eq!(taken(&mut events), []);
        });
    }

    #[test]
    fn words_of_other_programs_are_not_the_kernels() {
        in_a_network(|| {
            let mut events = Events::open().unwrap();
            let mut own = SocketAddr::new(0, 0);
            events.socket.get_address(&mut own).unwrap();
            let other = Socket::new(protocols::NETLINK_ROUTE).unwrap();
            let forged = request(RTM_NEWLINK, 0, &[0; 16]);
            other.send_to(&forged, &own, 0).unwrap();
            assert!(readable(&events, 5000));
            assert_eq!(taken(&mut events), []);
            assert!(!readable(&events, 0));
        });
    }
}
