//! Members that receive what is sent to all IPv6 hosts. The bonding driver sets the groups of the
//! bond on its active member alone; the answers to probes by IPv6 go to all hosts.
use crate::engine::contract::event::Failure;
use crate::engine::observed::Index;
use crate::engine::roles::MAX_PORTS;
use crate::system::packet::Membership;
use crate::wire::neighbour::ALL_HOSTS;
use heapless::Vec;

/// In the helper: each ends with it.
#[derive(Default)]
pub struct Groups(Vec<(Index, Membership), MAX_PORTS>);

impl Groups {
    /// Joins or leaves. Nobody asks to leave for a link that is gone: of more than there is room
    /// for, the oldest is left.
    pub fn set(&mut self, link: Index, received: bool) -> Result<(), Failure> {
        self.0.retain(|(joined, _)| *joined != link);
        if received {
            let membership = Membership::join(link, ALL_HOSTS.0)?;
            if self.0.is_full() {
                self.0.remove(0);
            }
            let _ = self.0.push((link, membership));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::neighbour::index;
    use crate::system::testing::{in_a_network, make};

    #[test]
    fn a_link_is_in_the_group_until_it_is_set_otherwise() {
        in_a_network(|| {
            let names: std::vec::Vec<_> = (0..=MAX_PORTS).map(|n| format!("one{n}")).collect();
            for name in &names {
                make(name, "veth");
            }
            // Who has joined, the kernel itself among them: the third column.
            let joined = || {
                let groups = std::fs::read_to_string("/proc/thread-self/net/dev_mcast").unwrap();
                let words = groups.lines().map(|line| line.split_whitespace());
                let ours = words.filter(|words| words.clone().nth(4) == Some("333300000001"));
                let counts = ours.map(|mut words| words.nth(2).unwrap().parse::<usize>().unwrap());
                counts.sum::<usize>()
            };
            let before = joined();
            let mut groups = Groups::default();
            for name in &names {
                let link = index(name).unwrap();
                groups.set(link, true).unwrap();
                groups.set(link, true).unwrap();
            }
            assert_eq!(joined() - before, MAX_PORTS);
            for name in &names {
                groups.set(index(name).unwrap(), false).unwrap();
            }
            assert_eq!(joined(), before);
            let gone = groups.set(9999, true).unwrap_err();
            assert_eq!(gone.errno, libc::ENODEV);
        });
    }
}
