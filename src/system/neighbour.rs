//! Making the kernel resolve a neighbour's hardware address.
use super::Result;
use super::error::{of, of_nix};
use nix::sys::socket::{setsockopt, sockopt};
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};

/// The discard port (RFC 863): a receiver throws the datagram away. Before the kernel can send
/// it, it has to resolve the neighbour's hardware address.
const DISCARD: u16 = 9;

/// An interface's index; `None`: there is no interface of that name.
pub fn index(interface: &str) -> Option<u32> {
    nix::net::if_::if_nametoindex(interface).ok()
}

/// Starts ARP or neighbour discovery for `to` by sending a datagram to its discard port.
/// EHOSTUNREACH or ENETUNREACH: there is no route to it; EPERM without CAP_NET_RAW on kernels
/// before 5.7.
pub fn resolve(interface: &str, index: u32, to: IpAddr) -> Result<()> {
    let any = match to {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((any, 0)).map_err(of("bind"))?;
    let device = OsString::from(interface);
    setsockopt(&socket, sockopt::BindToDevice, &device).map_err(of_nix("setsockopt"))?;
    let to = match to {
        IpAddr::V4(v4) => SocketAddr::from((v4, DISCARD)),
        IpAddr::V6(v6) => SocketAddrV6::new(v6, DISCARD, 0, index).into(),
    };
    socket.send_to(&[0], to).map(|_| ()).map_err(of("sendto"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{in_a_network, set_up};
    use super::*;

    #[test]
    fn a_word_leaves_by_the_interface_that_is_named() {
        in_a_network(|| {
            assert_eq!(index("lo"), Some(1));
            assert_eq!(index("none"), None);
            for (to, bind) in [("127.0.0.1", "127.0.0.1:9"), ("::1", "[::1]:9")] {
                let to: IpAddr = to.parse().unwrap();
                assert!(resolve("lo", 1, to).is_err(), "it is down");
                set_up("lo", true);
                let listener = UdpSocket::bind(bind).unwrap();
                resolve("lo", 1, to).unwrap();
                assert_eq!(listener.recv(&mut [0; 8]).unwrap(), 1);
                assert_eq!(resolve("none", 9, to).unwrap_err().call, "setsockopt");
                set_up("lo", false);
            }
        });
    }
}
