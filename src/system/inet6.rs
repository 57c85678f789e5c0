//! IPv6 sockets of one interface: UDP for DHCPv6, ICMPv6 for messages to neighbours and routers.
use super::error::of_nix;
use super::{Error, Result, turn};
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn6, bind, sendto,
    setsockopt, socket, sockopt,
};
use std::ffi::OsString;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// Hop limit of neighbour discovery: a receiver knows so that no router forwarded the message
/// (RFC 4861, 6.1.1).
static ND_HOPS: libc::c_int = 255;
const _: () = assert!(core::mem::size_of::<libc::c_int>() == 4);

fn open(kind: SockType, protocol: Option<SockProtocol>, interface: &str) -> Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(AddressFamily::Inet6, kind, flags, protocol).map_err(of_nix("socket"))?;
    let option = of_nix("setsockopt");
    setsockopt(&fd, sockopt::BindToDevice, &OsString::from(interface)).map_err(&option)?;
    Ok(fd)
}

fn send(fd: &OwnedFd, bytes: &[u8], to: SocketAddrV6) -> Result<()> {
    let to = SockaddrIn6::from(to);
    let sent = sendto(fd.as_raw_fd(), bytes, &to, MsgFlags::empty()).map_err(of_nix("sendto"))?;
    match sent == bytes.len() {
        true => Ok(()),
        false => Err(Error {
            call: "sendto",
            errno: libc::EMSGSIZE,
        }),
    }
}

/// A UDP socket on one interface. To a multicast group of the link the kernel sends from the
/// link-local address (RFC 6724, 5).
#[derive(Debug)]
pub struct Udp {
    fd: OwnedFd,
    index: u32,
}

impl Udp {
    /// Binds to the port (host byte order) on this interface, given by name and index.
    pub fn open(interface: &str, index: u32, port: u16) -> Result<Self> {
        let fd = open(SockType::Datagram, None, interface)?;
        let option = of_nix("setsockopt");
        setsockopt(&fd, sockopt::ReuseAddr, &true).map_err(&option)?;
        setsockopt(&fd, sockopt::Ipv6V6Only, &true).map_err(&option)?;
        let own = SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, port, 0, 0);
        bind(fd.as_raw_fd(), &SockaddrIn6::from(own)).map_err(of_nix("bind"))?;
        Ok(Udp { fd, index })
    }

    /// Sends one datagram. EADDRNOTAVAIL: the interface has no usable address yet.
    pub fn send(&self, message: &[u8], to: Ipv6Addr, port: u16) -> Result<()> {
        send(
            &self.fd,
            message,
            SocketAddrV6::new(to, port, 0, self.index),
        )
    }

    /// Calls `each` with what has come, up to [`TURN`](turn::TURN) datagrams; `true`: there is
    /// nothing left. What is longer than the buffer is cut.
    pub fn take_in(&self, buffer: &mut [u8], each: &mut dyn FnMut(&[u8])) -> Result<bool> {
        turn::read(self.as_fd(), buffer, each)
    }
}

impl AsFd for Udp {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
impl From<OwnedFd> for Udp {
    fn from(fd: OwnedFd) -> Self {
        Udp { fd, index: 1 }
    }
}

/// A raw socket for sending ICMPv6 to groups of one link. What it receives is not read.
#[derive(Debug)]
pub struct Icmp {
    fd: OwnedFd,
    index: u32,
}

impl Icmp {
    /// On this interface, given by name and index. EPERM without CAP_NET_RAW.
    pub fn open(interface: &str, index: u32) -> Result<Self> {
        let fd = open(SockType::Raw, Some(SockProtocol::IcmpV6), interface)?;
        // SAFETY: the number lives until the call returns, and its size is given.
        let done = unsafe {
            libc::setsockopt(
                fd.as_raw_fd(),
                libc::IPPROTO_IPV6,
                libc::IPV6_MULTICAST_HOPS,
                (&raw const ND_HOPS).cast(),
                core::mem::size_of::<libc::c_int>() as _,
            )
        };
        Errno::result(done).map_err(of_nix("setsockopt"))?;
        Ok(Icmp { fd, index })
    }

    /// Sends one message; the kernel fills in the checksum (RFC 3542, 3.1).
    pub fn send(&self, message: &[u8], to: Ipv6Addr) -> Result<()> {
        send(&self.fd, message, SocketAddrV6::new(to, 0, 0, self.index))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{in_a_network, readable, set_up, taken};
    use super::*;
    use nix::sys::socket::getsockopt;

    #[test]
    fn a_datagram_arrives_on_its_interface() {
        in_a_network(|| {
            set_up("lo", true);
            let server = Udp::open("lo", 1, 547).unwrap();
            let client = Udp::open("lo", 1, 546).unwrap();
            let come = || taken(|each| server.take_in(&mut [0; 4], each));
            assert!(come().is_empty());
            client
                .send(b"what is long", Ipv6Addr::LOCALHOST, 547)
                .unwrap();
            assert!(readable(&server, 5000));
            assert_eq!(come(), [b"what"]);
            assert_eq!(Udp::open("none", 9, 546).unwrap_err().call, "setsockopt");
        });
    }

    #[test]
    fn icmp_to_a_group_has_the_most_hops_and_the_kernels_sum() {
        in_a_network(|| {
            set_up("lo", true);
            let socket = Icmp::open("lo", 1).unwrap();
            assert_eq!(getsockopt(&socket.fd, sockopt::Ipv6MulticastHops), Ok(255));
            let listener = Icmp::open("lo", 1).unwrap();
            // A router solicitation (RFC 4861, 4.1): there is no router.
            let message = [133, 0, 0, 0, 0, 0, 0, 0];
            socket.send(&message, Ipv6Addr::LOCALHOST).unwrap();
            assert!(readable(&listener.fd, 5000));
            let mut buffer = [0; 32];
            let length = nix::unistd::read(&listener.fd, &mut buffer).unwrap();
            assert_eq!(buffer[..length].len(), message.len());
            assert_eq!(buffer[0], 133);
            assert_ne!(buffer[2..4], [0, 0]);
        });
    }
}
