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
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

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
    let [a, b, c, d, e, f] = to;
    libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: protocol.to_be(),
        sll_ifindex: libc::c_int::try_from(index).unwrap_or(0),
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 6,
        sll_addr: [a, b, c, d, e, f, 0, 0],
    }
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
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // Protocol 0 hears nothing until it is bound, with its filter in place.
        let fd = socket(AddressFamily::Packet, SockType::Datagram, flags, None)
            .map_err(of_nix("socket"))?;
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

#[cfg(test)]
mod tests {
    use super::super::testing::{in_a_network, readable, set_up, taken};
    use super::*;

    #[test]
    fn udp_to_one_port_is_heard_and_no_other() {
        in_a_network(|| {
            set_up("lo", true);
            let raw = Raw::open(1, Hears::Udp(68)).unwrap();
            let udp = Udp::open("lo", Ipv4Addr::LOCALHOST, 67).unwrap();
            let come = || taken(|each| raw.take_in(&mut [0; 64], each));
            assert!(come().is_empty());
            udp.send(b"other", Ipv4Addr::LOCALHOST, 69).unwrap();
            udp.send(b"words", Ipv4Addr::LOCALHOST, 68).unwrap();
            assert!(readable(&raw, 5000));
            let [packet] = &come()[..] else {
                panic!("not one packet");
            };
            // IPv4's header, UDP's header: ports 67 and 68.
            assert_eq!((packet[0], packet[9]), (0x45, 17));
            assert_eq!(packet[20..24], [0, 67, 0, 68]);
            assert_eq!(&packet[28..], b"words");
        });
    }

    #[test]
    fn arp_of_one_address_is_heard_and_no_other() {
        in_a_network(|| {
            set_up("lo", true);
            let address = Ipv4Addr::new(192, 0, 2, 7);
            let raw = Raw::open(1, Hears::ArpOf(address)).unwrap();
            // RFC 826: Ethernet, IPv4, request; hardware and address of sender and target.
            let mut packet = [0; 28];
            packet[..8].copy_from_slice(&[0, 1, 8, 0, 6, 4, 0, 1]);
            packet[14..18].copy_from_slice(&[192, 0, 2, 8]);
            raw.broadcast(&packet).unwrap();
            packet[14..18].copy_from_slice(&address.octets());
            raw.broadcast(&packet).unwrap();
            assert!(readable(&raw, 5000));
            assert_eq!(taken(|each| raw.take_in(&mut [0; 64], each)), [packet]);
            let error = Raw::open(99, Hears::ArpOf(address)).unwrap_err();
            assert_eq!((error.call, error.errno), ("bind", libc::ENODEV));
        });
    }

    #[test]
    fn a_broadcast_is_addressed_to_everybody() {
        let address = address(3, ETH_P_ARP, BROADCAST);
        assert_eq!(address.sll_family, 17);
        assert_eq!(address.sll_protocol.to_ne_bytes(), [0x08, 0x06]);
        assert_eq!((address.sll_ifindex, address.sll_halen), (3, 6));
        assert_eq!(address.sll_addr, [255, 255, 255, 255, 255, 255, 0, 0]);
    }

    #[test]
    fn two_starts_have_two_seeds() {
        assert_ne!(seed(), seed());
    }
}
