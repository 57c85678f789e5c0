//! The leases of the networks in which the link was: in each it asks for the address that it had
//! there. On the card they are one line, then one line a lease, the newest first:
//!
//! ```text
//! wifibond leases 2
//! NETWORK GATEWAY SERVER ADDRESS [given-back]
//! ```
//!
//! NETWORK is the name in hexadecimal, `-` for a cable, or `?`. How old a lease is cannot be kept:
//! a board without a battery does not know how long it was off.
use crate::config::{self, Ssid};
use crate::engine::time::Instant;
use core::fmt::{self, Write};
use core::net::Ipv4Addr;
use heapless::Vec;

/// Of one link. When there are more, the one that was granted longest ago is dropped.
pub const MAX_LEASES: usize = 8;
/// Octets of the longest file.
pub const FILE_BYTES: usize = FIRST_LINE.len() + 1 + MAX_LEASES * LINE_BYTES;
const LINE_BYTES: usize = 64 + 3 * (1 + 15) + 1 + GIVEN_BACK.len() + 1;
const FIRST_LINE: &str = "wifibond leases 2";
const GIVEN_BACK: &str = "given-back";
const CABLE: &str = "-";
const UNKNOWN: &str = "?";
const NONE: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

/// The network that a link is in: a name, empty for a cable; `None`: not known.
pub type Network = Option<Ssid>;

/// A lease of one network. With the same name another gateway is another network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLease {
    pub network: Network,
    /// 0.0.0.0: there is none.
    pub gateway: Ipv4Addr,
    /// Who gave it.
    pub server: Option<Ipv4Addr>,
    pub address: Ipv4Addr,
    /// Its end; `None`: not known.
    pub until: Option<Instant>,
    /// A server may have forgotten it, and is not asked to confirm it.
    pub given_back: bool,
}

impl KeptLease {
    /// A server may confirm it.
    pub fn is_good(&self, now: Instant) -> bool {
        !self.given_back && self.until.is_none_or(|until| now < until)
    }

    fn is_kept_as(&self, other: &KeptLease) -> bool {
        let until = other.until;
        let same = KeptLease {
            until,
            ..self.clone()
        };
        same == *other
    }
}

/// The newest first.
#[derive(Debug, Default)]
pub struct KeptLeases(Vec<KeptLease, MAX_LEASES>);

impl KeptLeases {
    /// Takes in a file, which is older than all that is known. `false`: not all of it can be read,
    /// and what can was taken.
    pub fn read(&mut self, text: &str) -> bool {
        let mut lines = text.lines();
        let mut all = lines.next() == Some(FIRST_LINE);
        if all {
            for line in lines {
                match parse(line) {
                    Some(lease) if self.place(&lease).is_none() => {
                        all &= self.0.push(lease).is_ok();
                    }
                    Some(_) => {}
                    None => all = false,
                }
            }
        }
        all
    }

    /// Writes the file. An error is that of `out`: no room.
    pub fn write(&self, out: &mut dyn Write) -> fmt::Result {
        writeln!(out, "{FIRST_LINE}")?;
        for lease in &self.0 {
            match &lease.network {
                None => out.write_str(UNKNOWN)?,
                Some(name) if name.is_empty() => out.write_str(CABLE)?,
                Some(name) => name
                    .iter()
                    .try_for_each(|octet| write!(out, "{octet:02x}"))?,
            }
            let server = lease.server.unwrap_or(NONE);
            write!(out, " {} {server} {}", lease.gateway, lease.address)?;
            if lease.given_back {
                write!(out, " {GIVEN_BACK}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// The one to ask for in this network: its newest, or one of which the network is not known.
    pub fn of(&self, network: &Network) -> Option<&KeptLease> {
        let newest = |wanted: &Network| self.0.iter().find(|lease| lease.network == *wanted);
        newest(network).or_else(|| newest(&None))
    }

    /// This lease is one of this network.
    pub fn has(&self, network: &Network, address: Ipv4Addr, server: Option<Ipv4Addr>) -> bool {
        let same = |l: &KeptLease| (l.address, l.server) == (address, server);
        self.0.iter().any(|l| l.network == *network && same(l))
    }

    /// The network of this lease, where it is known.
    pub fn network_of(&self, address: Ipv4Addr, server: Option<Ipv4Addr>) -> Network {
        let same = |l: &&KeptLease| (l.address, l.server) == (address, server);
        self.0.iter().find(same)?.network.clone()
    }

    /// The lease of another network of the same name, in which this server answers: it is the
    /// newest now. `false`: there is none.
    pub fn prefer(&mut self, now: Instant, network: &Network, server: Ipv4Addr) -> bool {
        let its = |l: &KeptLease| l.network == *network && l.server == Some(server);
        let place = self.0.iter().position(|l| its(l) && l.is_good(now));
        if let Some(first) = place.and_then(|place| self.0.get_mut(..=place)) {
            first.rotate_right(1);
        }
        place.is_some()
    }

    /// It was granted. `true`: the file has to be written; a new order or end is not worth it.
    pub fn put(&mut self, lease: KeptLease) -> bool {
        let old = self.place(&lease).map(|place| self.0.remove(place));
        let known = old.is_some_and(|old| old.is_kept_as(&lease));
        // It is known now of which network it is.
        let unknown = |l: &KeptLease| l.network.is_none() && l.address == lease.address;
        let kept = self.0.len();
        self.0.retain(|l| !unknown(l));
        let changed = !known || self.0.len() < kept;
        if self.0.is_full() {
            self.0.pop();
        }
        // There is room now.
        let _ = self.0.insert(0, lease);
        changed
    }

    /// It is no longer good in this network. `true`: as of [`KeptLeases::put`].
    pub fn drop(&mut self, network: &Network, address: Ipv4Addr) -> bool {
        let kept = self.0.len();
        let is_it = |l: &KeptLease| l.network == *network || l.network.is_none();
        self.0.retain(|l| !(is_it(l) && l.address == address));
        self.0.len() < kept
    }

    /// It was given back.
    pub fn give_back(&mut self, address: Ipv4Addr, server: Option<Ipv4Addr>) {
        for lease in &mut self.0 {
            lease.given_back |= (lease.address, lease.server) == (address, server);
        }
    }

    fn place(&self, lease: &KeptLease) -> Option<usize> {
        let same = |l: &KeptLease| (&l.network, l.gateway) == (&lease.network, lease.gateway);
        self.0.iter().position(same)
    }
}

fn parse(line: &str) -> Option<KeptLease> {
    let mut words = line.split(' ');
    let network = match words.next()? {
        UNKNOWN => None,
        CABLE => Some(Ssid::new()),
        name => Some(config::hex_ssid(name)?),
    };
    let mut address = || words.next()?.parse::<Ipv4Addr>().ok();
    let (gateway, server, address) = (address()?, address()?, address()?);
    let given_back = match (words.next(), words.next()) {
        (None, None) => false,
        (Some(GIVEN_BACK), None) => true,
        _ => return None,
    };
    let usable = !address.is_unspecified() && !address.is_broadcast() && !address.is_multicast();
    usable.then_some(KeptLease {
        network,
        gateway,
        server: Some(server).filter(|server| *server != NONE),
        address,
        until: None,
        given_back,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(name: &str, last: u8) -> KeptLease {
        KeptLease {
            network: Some(Ssid::from_slice(name.as_bytes()).unwrap()),
            gateway: [10, 0, last, 1].into(),
            server: Some([10, 0, last, 2].into()),
            address: [10, 0, last, 100].into(),
            until: None,
            given_back: false,
        }
    }

    fn text(leases: &KeptLeases) -> String {
        let mut text = String::new();
        leases.write(&mut text).unwrap();
        text
    }

    fn read(file: &str) -> (KeptLeases, bool) {
        let mut leases = KeptLeases::default();
        let all = leases.read(file);
        (leases, all)
    }

    #[test]
    fn what_was_written_is_read_and_the_newest_is_first() {
        let mut leases = KeptLeases::default();
        let unknown = KeptLease {
            network: None,
            server: None,
            gateway: NONE,
            ..lease("", 9)
        };
        assert!(leases.put(unknown));
        assert!(leases.put(lease("", 2)));
        assert!(leases.put(lease("b\0\n", 1)));
        leases.give_back([10, 0, 2, 100].into(), Some([10, 0, 2, 2].into()));
        let wanted = "wifibond leases 2\n\
                      62000a 10.0.1.1 10.0.1.2 10.0.1.100\n\
                      - 10.0.2.1 10.0.2.2 10.0.2.100 given-back\n\
                      ? 0.0.0.0 0.0.0.0 10.0.9.100\n";
        assert_eq!(text(&leases), wanted);
        let (again, all) = read(wanted);
        assert!(all);
        assert_eq!(text(&again), wanted);
        // Without a lease of its own a network is asked for one whose network is not known.
        let of = |name: &str| leases.of(&lease(name, 0).network).map(|l| l.address);
        assert_eq!(of("b\0\n"), Some([10, 0, 1, 100].into()));
        assert_eq!(of("other"), Some([10, 0, 9, 100].into()));
        // Now it is known.
        assert!(leases.put(lease("other", 9)));
        assert_eq!(leases.of(&None), None);
    }

    #[test]
    fn what_is_broken_is_left_out_and_said() {
        for broken in [
            "",
            "\0",
            "wifibond leases 3\n- 10.0.0.1 10.0.0.1 10.0.0.9\n",
        ] {
            let (leases, all) = read(broken);
            assert!(!all && leases.0.is_empty(), "{broken}");
        }
        for line in [
            "",
            " 10.0.0.1 10.0.0.1 10.0.0.9",
            "6 10.0.0.1 10.0.0.1 10.0.0.9",
            "zz 10.0.0.1 10.0.0.1 10.0.0.9",
            "ää 10.0.0.1 10.0.0.1 10.0.0.9",
            "- 10.0.0.1 10.0.0.1",
            "- 10.0.0.1 10.0.0.1 10.0.0.300",
            "- 10.0.0.1 10.0.0.1 0.0.0.0",
            "- 10.0.0.1 10.0.0.1 224.0.0.1",
            "- 10.0.0.1 10.0.0.1 10.0.0.9 lent",
            "- 10.0.0.1 10.0.0.1 10.0.0.9 given-back x",
            &format!("{} 10.0.0.1 10.0.0.1 10.0.0.9", "61".repeat(33)),
        ] {
            let (leases, all) = read(&format!(
                "wifibond leases 2\n{line}\n6162 10.0.0.1 10.0.0.1 10.0.0.9\n"
            ));
            assert!(!all && leases.0.len() == 1, "{line}");
        }
    }

    #[test]
    fn the_oldest_makes_room_and_a_new_order_is_not_worth_a_write() {
        let mut leases = KeptLeases::default();
        for last in 0..=8 {
            assert!(leases.put(lease("a", last)), "another gateway");
        }
        assert_eq!(leases.0.len(), MAX_LEASES);
        assert_eq!(leases.0.last(), Some(&lease("a", 1)));
        let later = KeptLease {
            until: Some(Instant::from_ms(5)),
            ..lease("a", 1)
        };
        assert!(!leases.put(later.clone()));
        assert_eq!(leases.of(&later.network), Some(&later));
        assert!(!later.is_good(Instant::from_ms(5)));
        assert!(later.is_good(Instant::from_ms(4)));
        let mut long = text(&leases);
        assert!(read(&long).1);
        long.push_str("- 10.0.0.1 10.0.0.1 10.0.0.9\n");
        let (kept, all) = read(&long);
        assert!(!all && kept.0.len() == MAX_LEASES);
        assert!(leases.drop(&later.network, later.address));
        assert!(!leases.drop(&later.network, later.address));
        let longest = KeptLease {
            network: Some(Ssid::from_slice(&[b'x'; 32]).unwrap()),
            gateway: [255, 255, 255, 254].into(),
            server: Some([255, 255, 255, 254].into()),
            address: [223, 255, 255, 254].into(),
            until: None,
            given_back: true,
        };
        let mut one = KeptLeases::default();
        one.put(longest);
        assert_eq!(text(&one).len(), FIRST_LINE.len() + 1 + LINE_BYTES);
    }

    #[test]
    fn the_server_that_answers_says_which_of_a_name_it_is() {
        let mut leases = KeptLeases::default();
        for last in [1, 2, 3] {
            leases.put(lease("", last));
        }
        let cable = lease("", 1).network;
        let now = Instant::ZERO;
        assert!(!leases.prefer(now, &cable, [10, 0, 4, 2].into()));
        assert!(!leases.prefer(now, &lease("a", 1).network, [10, 0, 1, 2].into()));
        assert_eq!(leases.of(&cable), Some(&lease("", 3)));
        assert!(leases.prefer(now, &cable, [10, 0, 1, 2].into()));
        assert_eq!(leases.0[..], [1, 3, 2].map(|last| lease("", last)));
        leases.give_back([10, 0, 2, 100].into(), Some([10, 0, 2, 2].into()));
        assert!(!leases.prefer(now, &cable, [10, 0, 2, 2].into()));
    }
}
