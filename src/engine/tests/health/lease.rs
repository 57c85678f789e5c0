//! A network that answers and gives no lease.
use super::super::server::ServerBehaviour;
use super::*;

/// Both members in a network, of which the second alone has a DHCP server.
fn asking() -> Lab {
    let mut config = lab::config();
    config.bond.ip = IpBlock::default();
    let mut lab = Lab::begin(&config);
    lab.world.engine.checks_idle = false;
    lab.world.server.behaviour = ServerBehaviour::Silent;
    lab
}

impl Lab {
    /// The server is there while this member carries the traffic.
    fn wait_served(&mut self, by: Option<Index>, ms: u64) {
        let end = self.world.now + ms;
        while self.world.now < end {
            self.world.server.behaviour = match self.active() == by && by.is_some() {
                true => ServerBehaviour::Answers,
                false => ServerBehaviour::Silent,
            };
            self.wait(100);
        }
    }

    fn leased(&self) -> bool {
        self.world.engine.dhcp4("bond0").unwrap().lease().is_some()
    }
}

#[test]
fn the_member_with_a_lease_carries() {
    let mut lab = asking();
    lab.world.join_only(WLAN0);
    lab.wait_served(Some(WLAN1), 1_000);
    lab.world.join_only(WLAN1);
    lab.wait_served(Some(WLAN1), 8_000);
    assert_eq!((lab.active(), lab.leased()), (Some(WLAN0), false));
    lab.wait_served(Some(WLAN1), 10_000);
    assert_eq!((lab.active(), lab.leased()), (Some(WLAN1), true));
    assert_eq!(lab.world.recorded("no lease through it"), 1);
    // After five minutes the primary is looked at again, with the lease in use.
    lab.wait_served(Some(WLAN1), 280_000);
    assert_eq!(lab.active(), Some(WLAN1));
    lab.wait_served(Some(WLAN1), 30_000);
    assert_eq!(lab.active(), Some(WLAN0));
}

#[test]
fn without_a_server_anywhere_each_is_tried_once() {
    let mut lab = asking();
    for member in [WLAN0, WLAN1] {
        lab.world.join_only(member);
        lab.wait(500);
    }
    lab.wait_served(None, 250_000);
    assert_eq!((lab.active(), lab.leased()), (Some(WLAN1), false));
    assert_eq!(lab.switches(), 1);
    assert_eq!(lab.world.recorded("no lease through it"), 1);
}
