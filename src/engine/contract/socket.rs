//! Sockets on a link, as the daemon opens them: what each receives, and where a message goes.
use crate::config::Mac;
use core::net::{Ipv4Addr, SocketAddr};
use heapless::Vec;

/// A word of a frame, from the network header on: its offset in octets, the bits of it that
/// count, and their value.
pub type Word = (u32, u32, u32);
/// Words that a socket may ask for.
pub const MAX_WORDS: usize = 8;

/// What kind of socket, and what it receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketKind {
    /// A packet socket: it sends and receives frames from the network header on, without addresses
    /// and routes. On a member it receives also what the bond drops because another is active.
    Frames {
        /// The protocol in the Ethernet header.
        ethertype: u16,
        /// The kernel passes on what has all of them.
        words: Vec<Word, MAX_WORDS>,
    },
    /// A packet socket for messages of DHCPv4: the headers of IPv4 and UDP are put in front of
    /// what is sent, a broadcast from 0.0.0.0, and taken off what is received.
    RawDhcp4,
    /// UDP over IPv4, which sends alone.
    Udp4 {
        /// Its address and port. The machine must have the address.
        from: (Ipv4Addr, u16),
    },
    /// UDP over IPv6.
    Udp6 {
        /// Its own.
        port: u16,
    },
    /// ICMPv6 with the hop limit of neighbour discovery (255), which sends alone.
    Icmp6,
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// From a packet socket, to this station.
    Station(Mac),
    /// Over IP. ICMPv6 has no port; it is 0.
    Host(SocketAddr),
}

impl To {
    /// Every station on the link.
    pub const ALL: To = To::Station(Mac([0xff; 6]));
}
