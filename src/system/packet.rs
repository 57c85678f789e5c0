//! Sockets for DHCPv4 and ARP: packet sockets, which need no address, and UDP.
//!
//! nix has neither SO_ATTACH_FILTER nor a link-layer address to bind to: these few calls are
//! libc's.
use super::error::of_nix;
use super::{Error, Result, turn};
use nix::errno::Errno;
use nix::libc::{
    self, BPF_ABS, BPF_ALU, BPF_AND, BPF_B, BPF_H, BPF_IND, BPF_JEQ, BPF_JMP, BPF_JSET, BPF_K,
    BPF_LD, BPF_LDX, BPF_MSH, BPF_RET, BPF_W,
};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, sendto, setsockopt, socket, sockopt,
};
use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// The EtherType of IPv4 (include/uapi/linux/if_ether.h).
const ETH_P_IP: u16 = 0x0800;

/// One instruction of a filter (`struct sock_filter`, include/uapi/linux/filter.h): after a jump
/// `jt` or `jf` instructions are skipped.
const fn step(code: u32, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    let code = code as u16;
    libc::sock_filter { code, jt, jf, k }
}

/// Instructions of classic BPF (include/uapi/linux/bpf_common.h). Load from a fixed offset: 8, 16
/// or 32 bits; a packet socket of `SOCK_DGRAM` begins at the network header.
const LOAD_BYTE: u32 = BPF_LD | BPF_B | BPF_ABS;
const LOAD_HALF: u32 = BPF_LD | BPF_H | BPF_ABS;
const LOAD_WORD: u32 = BPF_LD | BPF_W | BPF_ABS;
/// Load 16 bits from the offset plus the index register.
const LOAD_HALF_INDEXED: u32 = BPF_LD | BPF_H | BPF_IND;
/// The index register becomes the length of the IPv4 header: 4 * ([k] & 0xf).
const INDEX_HEADER: u32 = BPF_LDX | BPF_B | BPF_MSH;
const AND: u32 = BPF_ALU | BPF_AND | BPF_K;
const JUMP_EQUAL: u32 = BPF_JMP | BPF_JEQ | BPF_K;
const JUMP_SET: u32 = BPF_JMP | BPF_JSET | BPF_K;
/// Return how many octets of the packet are taken; 0 drops it.
const RETURN: u32 = BPF_RET | BPF_K;

/// Offsets in an IPv4 header (RFC 791, 3.1): flags with fragment offset, and protocol.
const IP_FRAGMENT: u32 = 6;
const IP_PROTOCOL: u32 = 9;
/// More fragments follow, or the fragment offset is not 0.
const IS_FRAGMENT: u32 = 0x3fff;
/// Offset of the destination port in a UDP header (RFC 768).
const UDP_TO: u32 = 2;

/// Which packets a packet socket receives. The kernel filters out all others.
#[derive(Debug, Clone, Copy)]
pub enum Filter<'w> {
    /// UDP over IPv4 to this port, not fragmented; from the IPv4 header on.
    Udp(u16),
    /// Packets of this EtherType with all of these words: offset in octets, mask and value, in
    /// host byte order. More than [`WORDS`] are too many for the filter.
    Words(u16, &'w [(u32, u32, u32)]),
}

/// Words that a filter compares.
pub const WORDS: usize = 8;
/// Three instructions a word, and the two ends.
const INSTRUCTIONS: usize = 3 * WORDS + 2;

impl Filter<'_> {
    fn protocol(self) -> u16 {
        match self {
            Filter::Udp(_) => ETH_P_IP,
            Filter::Words(ethertype, _) => ethertype,
        }
    }

    fn program(self) -> heapless::Vec<libc::sock_filter, INSTRUCTIONS> {
        match self {
            Filter::Udp(port) => heapless::Vec::from_iter([
                step(LOAD_BYTE, 0, 0, IP_PROTOCOL),
                step(JUMP_EQUAL, 0, 6, libc::IPPROTO_UDP as u32), // else drop
                step(LOAD_HALF, 0, 0, IP_FRAGMENT),
                step(JUMP_SET, 4, 0, IS_FRAGMENT), // drop
                step(INDEX_HEADER, 0, 0, 0),
                step(LOAD_HALF_INDEXED, 0, 0, UDP_TO),
                step(JUMP_EQUAL, 0, 1, u32::from(port)), // else drop
                step(RETURN, 0, 0, ALL),
                step(RETURN, 0, 0, 0),
            ]),
            Filter::Words(_, words) => {
                let words = &words[..words.len().min(WORDS)];
                let compared = words.iter().zip((0..words.len() as u8).rev());
                let compared = compared.flat_map(|((offset, mask, value), left)| {
                    [
                        step(LOAD_WORD, 0, 0, *offset),
                        step(AND, 0, 0, *mask),
                        step(JUMP_EQUAL, 0, 3 * left + 1, *value), // else drop
                    ]
                });
                let ends = [step(RETURN, 0, 0, ALL), step(RETURN, 0, 0, 0)];
                compared.chain(ends).collect()
            }
        }
    }
}

/// Past what waits to be sent: mac80211 takes 256 to 263 as the user priority of 802.11 plus 256
/// (`cfg80211_classify8021d()` in net/wireless/util.c), of which 6 is voice; in pfifo_fast the same
/// number is in the first band.
const PRIORITY: i32 = 256 + 6;

/// Octets: more than any packet has.
const ALL: u32 = 0x0004_0000;

/// A packet socket (packet(7)) on one interface: it sends and receives without addresses and
/// routes, from the network header on.
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
const _: () = assert!(core::mem::size_of::<libc::packet_mreq>() == 16);
const _: () = assert!(core::mem::size_of::<libc::sock_filter>() == 8);
const _: () = assert!(
    core::mem::size_of::<libc::sock_fprog>()
        == 2 * core::mem::size_of::<*const libc::sock_filter>()
);

impl Raw {
    /// On the interface with this index. EPERM without CAP_NET_RAW.
    pub fn open(index: u32, filter: Filter<'_>) -> Result<Self> {
        let protocol = filter.protocol();
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // Protocol 0 receives nothing until it is bound, with its filter in place.
        let fd = socket(AddressFamily::Packet, SockType::Datagram, flags, None)
            .map_err(of_nix("socket"))?;
        let mut filter = filter.program();
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
        if protocol != ETH_P_IP {
            // Without the right (CAP_NET_ADMIN) it waits with all others.
            let _ = setsockopt(&fd, sockopt::Priority, &PRIORITY);
        }
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

    /// Sends one packet to the station with this hardware address. ENETDOWN: the interface is
    /// down.
    pub fn send(&self, packet: &[u8], to: [u8; 6]) -> Result<()> {
        let address = address(self.index, self.protocol, to);
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

    /// Calls `each` with what has come, up to [`TURN`](turn::TURN) packets; `true`: there is
    /// nothing left. What is longer than the buffer is cut.
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

/// An interface receives what is sent to a group until this is dropped, for all packet sockets on
/// it. To join, and to leave, take the kernel's rtnl lock: not for the daemon's loop.
#[derive(Debug)]
pub struct Membership {
    _fd: OwnedFd,
}

impl Membership {
    /// Of the interface with this index in the group with this hardware address. ENODEV: there is
    /// none.
    pub fn join(index: u32, group: [u8; 6]) -> Result<Self> {
        // Protocol 0, and not bound: it receives nothing itself.
        let fd = socket(
            AddressFamily::Packet,
            SockType::Datagram,
            SockFlag::SOCK_CLOEXEC,
            None,
        )
        .map_err(of_nix("socket"))?;
        let [a, b, c, d, e, f] = group;
        let request = libc::packet_mreq {
            mr_ifindex: libc::c_int::try_from(index).unwrap_or(0),
            mr_type: libc::PACKET_MR_MULTICAST as u16,
            mr_alen: 6,
            mr_address: [a, b, c, d, e, f, 0, 0],
        };
        // SAFETY: the kernel copies the request, which lives until the call returns.
        let done = unsafe {
            libc::setsockopt(
                fd.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_ADD_MEMBERSHIP,
                (&raw const request).cast(),
                core::mem::size_of::<libc::packet_mreq>() as _,
            )
        };
        Errno::result(done).map_err(of_nix("setsockopt"))?;
        Ok(Membership { _fd: fd })
    }
}

/// A UDP socket for sending, on one interface and address. Messages are received through [`Raw`];
/// while this socket is bound the kernel does not answer them with ICMP port unreachable.
#[derive(Debug)]
pub struct Udp {
    fd: OwnedFd,
}

impl Udp {
    /// Binds to the address, which the machine must have (otherwise EADDRNOTAVAIL), and the port in
    /// host byte order.
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

    /// Sends one datagram, by the kernel's routes on this interface.
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

/// A number that differs at each start, from getrandom(2), or from the time where that fails. Not
/// for secrets: early in a boot the kernel's pool is not ready, and that is not waited for
/// (`GRND_INSECURE`, Linux 5.6).
pub fn seed() -> u64 {
    let mut bytes = [0; 8];
    // SAFETY: the kernel writes at most the eight octets that are given.
    let got =
        unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), libc::GRND_INSECURE) };
    match got {
        8 => u64::from_ne_bytes(bytes),
        _ => super::clock::boot_ms() ^ u64::from(std::process::id()) << 32,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{in_a_network, readable, set_up, taken};
    use super::*;

    const ETH_P_ARP: u16 = 0x0806;
    const BROADCAST: [u8; 6] = [0xff; 6];

    #[test]
    fn a_filter_has_room_for_the_most_words() {
        let words = [(0, 0, 0); WORDS + 1];
        let filter = Filter::Words(ETH_P_ARP, &words).program();
        assert_eq!(filter.len(), INSTRUCTIONS);
        // Every comparison that fails leads to the last instruction.
        let jumps = filter.iter().enumerate().filter(|(_, s)| s.jf > 0);
        let to: Vec<_> = jumps.map(|(at, s)| at + 1 + usize::from(s.jf)).collect();
        assert_eq!(to, [INSTRUCTIONS - 1; WORDS]);
    }

    #[test]
    fn udp_to_one_port_is_received_and_no_other() {
        in_a_network(|| {
            set_up("lo", true);
            let raw = Raw::open(1, Filter::Udp(68)).unwrap();
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
    fn what_has_all_the_words_is_received_and_no_other() {
        in_a_network(|| {
            set_up("lo", true);
            let address = Ipv4Addr::new(192, 0, 2, 7);
            // The operation, a request, is the lower half of its word.
            let words = [(4, 0xffff, 1), (14, u32::MAX, address.to_bits())];
            let raw = Raw::open(1, Filter::Words(ETH_P_ARP, &words)).unwrap();
            // RFC 826: Ethernet, IPv4, request; hardware and address of sender and target.
            let mut packet = [0; 28];
            packet[..8].copy_from_slice(&[0, 1, 8, 0, 6, 4, 0, 1]);
            packet[14..18].copy_from_slice(&[192, 0, 2, 8]);
            raw.send(&packet, BROADCAST).unwrap();
            packet[14..18].copy_from_slice(&address.octets());
            packet[7] = 2;
            raw.send(&packet, BROADCAST).unwrap();
            packet[7] = 1;
            raw.send(&packet, BROADCAST).unwrap();
            assert!(readable(&raw, 5000));
            assert_eq!(taken(|each| raw.take_in(&mut [0; 64], each)), [packet]);
            let error = Raw::open(99, Filter::Words(ETH_P_ARP, &words)).unwrap_err();
            assert_eq!((error.call, error.errno), ("bind", libc::ENODEV));
        });
    }

    #[test]
    fn a_group_is_joined_until_the_membership_is_dropped() {
        in_a_network(|| {
            let group = [0x33, 0x33, 0, 0, 0, 0x77];
            let is_listed = || {
                let groups = std::fs::read_to_string("/proc/thread-self/net/dev_mcast").unwrap();
                groups.contains("333300000077")
            };
            assert!(!is_listed());
            let membership = Membership::join(1, group).unwrap();
            assert!(is_listed());
            drop(membership);
            assert!(!is_listed());
            let error = Membership::join(99, group).unwrap_err();
            assert_eq!((error.call, error.errno), ("setsockopt", libc::ENODEV));
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
