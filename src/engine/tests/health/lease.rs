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

impl Lab {
    /// The network of one member grants the lease, and that of the other one refuses it.
    fn wait_refused(&mut self, by: Index, ms: u64) {
        let end = self.world.now + ms;
        while self.world.now < end {
            // Whoever asks with a lease has just moved.
            let refuses = self.active() == Some(by) || self.leased();
            self.world.server.behaviour = match refuses {
                true => ServerBehaviour::Refuses,
                false => ServerBehaviour::Answers,
            };
            self.wait(20);
        }
    }
}

/// The preferred member is in another network: with each move the address would be another.
#[test]
fn the_member_whose_network_refuses_the_lease_comes_last() {
    let mut lab = asking();
    lab.world.join_only(WLAN1);
    lab.wait_refused(WLAN0, 5_000);
    assert_eq!((lab.active(), lab.leased()), (Some(WLAN1), true));
    lab.world.join_only(WLAN0);
    lab.wait_refused(WLAN0, 3_000);
    let text = "its network refuses the lease of another member's: not preferred for 5 min";
    assert_eq!(lab.world.recorded(text), 1);
    assert_eq!((lab.active(), lab.leased()), (Some(WLAN1), true));
    assert_eq!(
        lab.last_switch().1,
        "the network of wlan0 refuses the lease"
    );
    let members = lab.world.status().bond.unwrap().members;
    let waits = members[0].waits.as_ref().map(|why| why.0.to_string());
    let expected = "waits: its network refuses the lease of another member's";
    assert_eq!(waits.as_deref(), Some(expected));
    drop(members);
    // It is looked at again, and less often each time.
    lab.wait_refused(WLAN0, 290_000);
    assert_eq!(lab.switches(), 2);
    lab.wait_refused(WLAN0, 20_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN1), 4));
    assert_eq!(lab.world.recorded("not preferred for 10 min"), 1);
    // It is there when it is needed.
    lab.world.cut(WLAN1);
    lab.until("the other one", 1_000, |lab| lab.active() == Some(WLAN0));
}

/// Refused through the member that it was granted through: the server has forgotten it.
#[test]
fn a_refusal_through_the_same_member_says_nothing_of_it() {
    let mut lab = asking();
    lab.world.server.behaviour = ServerBehaviour::Answers;
    lab.world.join_only(WLAN0);
    lab.wait(5_000);
    assert_eq!((lab.active(), lab.leased()), (Some(WLAN0), true));
    lab.world.lose(WLAN0);
    lab.wait(1_000);
    lab.world.server.behaviour = ServerBehaviour::Refuses;
    lab.world.join_only(WLAN0);
    lab.wait(500);
    assert!(!lab.leased());
    lab.world.join_only(WLAN1);
    lab.wait(2_000);
    assert_eq!(lab.world.recorded("refuses the lease"), 0);
}

/// It works, with a lease of its own network: it is left when the other one has proved its health.
#[test]
fn a_network_that_refuses_the_lease_is_left_calmly() {
    let mut lab = asking();
    lab.world.server.behaviour = ServerBehaviour::Answers;
    for member in [WLAN0, WLAN1] {
        lab.world.join_only(member);
        lab.wait(3_000);
    }
    assert_eq!((lab.active(), lab.leased()), (Some(WLAN0), true));
    lab.world.server.behaviour = ServerBehaviour::Refuses;
    lab.world.lose(WLAN0);
    lab.wait(300);
    lab.world.server.gives = [192, 168, 43, 77];
    lab.world.server.behaviour = ServerBehaviour::Answers;
    lab.wait(3_000);
    assert_eq!((lab.active(), lab.leased()), (Some(WLAN1), true));
    assert_eq!(lab.world.recorded("its network refuses the lease"), 1);
    lab.world.join_only(WLAN0);
    let took = lab.until("the return", 60_000, |lab| lab.active() == Some(WLAN0));
    assert!((29_000..32_000).contains(&took), "{took}");
}
