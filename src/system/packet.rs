//! Sockets for DHCP: raw ones for the time without an address, UDP for the time with.
//!
//! nix has neither a filter nor a link-layer address to bind to: these few calls are
//! libc's.
use super::error::of_nix;
use super::{Error, Result, turn};
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, sendto, setsockopt, socket, sockopt,
};
use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

const ETH_P_IP: u16 = 0x0800;
const ETH_P_ARP: u16 = 0x0806;
const BROADCAST: [u8; 6] = [0xff; 6];

/// One instruction of a filter (`struct sock_filter`, include/uapi/linux/filter.h).
const fn step(code: u16, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt, jf, k }
}

/// What a raw socket hears. Anything else wakes nobody.
#[derive(Debug, Clone, Copy)]
pub enum Hears {
    /// UDP to this port, whole; from IPv4's header on.
    Udp(u16),
    /// ARP of those who say that they have this address.
    ArpOf(Ipv4Addr),
}

impl Hears {
    fn protocol(self) -> u16 {
        match self {
            Hears::Udp(_) => ETH_P_IP,
            Hears::ArpOf(_) => ETH_P_ARP,
        }
    }

    fn filter(self) -> heapless::Vec<libc::sock_filter, 9> {
        let steps: &[libc::sock_filter] = match self {
            Hears::Udp(port) => &[
                step(0x30, 0, 0, 9),               // ldb [9]: the protocol
                step(0x15, 0, 6, 17),              // jeq UDP, else drop
                step(0x28, 0, 0, 6),               // ldh [6]: flags and fragment
                step(0x45, 4, 0, 0x3fff),          // jset more fragments or an offset: drop
                step(0xb1, 0, 0, 0),               // ldxb 4*([0]&0xf): the header's length
                step(0x48, 0, 0, 2),               // ldh [x+2]: the port
                step(0x15, 0, 1, u32::from(port)), // jeq, else drop
                step(0x06, 0, 0, ALL),             // take
                step(0x06, 0, 0, 0),               // drop
            ],
            Hears::ArpOf(address) => &[
                step(0x20, 0, 0, 14),                // ld [14]: the sender's address
                step(0x15, 0, 1, address.to_bits()), // jeq, else drop
                step(0x06, 0, 0, ALL),               // take
                step(0x06, 0, 0, 0),                 // drop
            ],
        };
        steps.iter().copied().collect()
    }
}

/// More than any packet has.
const ALL: u32 = 0x0004_0000;

/// Packets in and out of one interface, past the kernel's addresses and routes.
#[derive(Debug)]
pub struct Raw {
    fd: OwnedFd,
    index: u32,
    protocol: u16,
}

fn address(index: u32, protocol: u16, to: [u8; 6]) -> libc::sockaddr_ll {
    // SAFETY: numbers only; zero is a value of each.
    let mut address: libc::sockaddr_ll = unsafe { core::mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = protocol.to_be();
    address.sll_ifindex = libc::c_int::try_from(index).unwrap_or(0);
    address.sll_halen = 6;
    address.sll_addr[..6].copy_from_slice(&to);
    address
}

const ADDRESS_BYTES: libc::socklen_t = core::mem::size_of::<libc::sockaddr_ll>() as _;

// The kernel's sizes of what it reads here (include/uapi/linux/if_packet.h, filter.h).
const _: () = assert!(ADDRESS_BYTES == 20);
const _: () = assert!(core::mem::size_of::<libc::sock_filter>() == 8);
const _: () = assert!(
    core::mem::size_of::<libc::sock_fprog>()
        == 2 * core::mem::size_of::<*const libc::sock_filter>()
);

impl Raw {
    pub fn open(index: u32, hears: Hears) -> Result<Self> {
        let protocol = hears.protocol();
        let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // Protocol 0 hears nothing until it is bound, with its filter in place.
        // SAFETY: takes three numbers, touches no memory of ours.
        let fd = unsafe { libc::socket(libc::AF_PACKET, kind, 0) };
        let fd = Errno::result(fd).map_err(of_nix("socket"))?;
        // SAFETY: the kernel has just given us this descriptor; nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let mut filter = hears.filter();
        let program = libc::sock_fprog {
            len: filter.len() as u16,
            filter: filter.as_mut_ptr(),
        };
        // SAFETY: the kernel copies the program, which lives until the call returns.
        let done = unsafe {
            libc::setsockopt(
                fd.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_ATTACH_FILTER,
                (&raw const program).cast(),
                core::mem::size_of::<libc::sock_fprog>() as _,
            )
        };
        Errno::result(done).map_err(of_nix("setsockopt"))?;
        let address = address(index, protocol, [0; 6]);
        // SAFETY: the address lives until the call returns, and its size is given.
        let done =
            unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), ADDRESS_BYTES) };
        Errno::result(done).map_err(of_nix("bind"))?;
        Ok(Raw {
            fd,
            index,
            protocol,
        })
    }

    /// One packet to everybody on the link.
    pub fn broadcast(&self, packet: &[u8]) -> Result<()> {
        let address = address(self.index, self.protocol, BROADCAST);
        // SAFETY: packet and address live until the call returns, with their sizes.
        let sent = unsafe {
            libc::sendto(
                self.fd.as_raw_fd(),
                packet.as_ptr().cast(),
                packet.len(),
                0,
                (&raw const address).cast(),
                ADDRESS_BYTES,
            )
        };
        Errno::result(sent).map(|_| ()).map_err(of_nix("sendto"))
    }

    /// Gives what has come, a turn of it; `true`: there is nothing left. What is longer than the
    /// buffer is cut.
    pub fn take_in(&self, buffer: &mut [u8], each: &mut dyn FnMut(&[u8])) -> Result<bool> {
        turn::read(self.as_fd(), buffer, each)
    }
}

impl AsFd for Raw {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
impl From<OwnedFd> for Raw {
    fn from(fd: OwnedFd) -> Self {
        let (index, protocol) = (1, ETH_P_IP);
        Raw {
            fd,
            index,
            protocol,
        }
    }
}

/// A UDP socket on one interface and address. What comes in is for [`Raw`] to see; this
/// one keeps the kernel from refusing it.
#[derive(Debug)]
pub struct Udp {
    fd: OwnedFd,
}

impl Udp {
    pub fn open(interface: &str, from: Ipv4Addr, port: u16) -> Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let fd = socket(AddressFamily::Inet, SockType::Datagram, flags, None)
            .map_err(of_nix("socket"))?;
        let option = of_nix("setsockopt");
        setsockopt(&fd, sockopt::ReuseAddr, &true).map_err(&option)?;
        setsockopt(&fd, sockopt::Broadcast, &true).map_err(&option)?;
        setsockopt(&fd, sockopt::RcvBuf, &0).map_err(&option)?;
        setsockopt(&fd, sockopt::BindToDevice, &OsString::from(interface)).map_err(&option)?;
        let [a, b, c, d] = from.octets();
        let own = SockaddrIn::new(a, b, c, d, port);
        bind(fd.as_raw_fd(), &own).map_err(of_nix("bind"))?;
        Ok(Udp { fd })
    }

    pub fn send(&self, message: &[u8], to: Ipv4Addr, port: u16) -> Result<()> {
        let [a, b, c, d] = to.octets();
        let to = SockaddrIn::new(a, b, c, d, port);
        let none = nix::sys::socket::MsgFlags::empty();
        let sent = sendto(self.fd.as_raw_fd(), message, &to, none).map_err(of_nix("sendto"))?;
        match sent == message.len() {
            true => Ok(()),
            false => Err(Error {
                call: "sendto",
                errno: libc::EMSGSIZE,
            }),
        }
    }
}

/// A number that differs at each start.
pub fn seed() -> u64 {
    let mut bytes = [0; 8];
    // SAFETY: the kernel writes at most the eight octets that are given.
    let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    match got {
        8 => u64::from_ne_bytes(bytes),
        // Early in the boot: the time will do.
        _ => super::clock::boot_ms() ^ u64::from(std::process::id()) << 32,
    }
}
