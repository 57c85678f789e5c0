//! The same adapter in another network.
use super::*;

impl Net {
    /// The member loses its network while another one, without keys, holds the bond's carrier.
    fn leave(&mut self) {
        let bond = self.world.bond().0;
        self.lose(WLAN0);
        self.wait(50);
        assert!(self.world.link(bond).carrier && self.bond_has(LEASE));
        self.take();
    }

    fn says(&mut self, text: &str) {
        let link = WLAN0;
        let said = Event::Supplicant { link, text };
        self.world.engine.handle(self.world.now, said);
        self.run();
    }
}

const CONNECTED: &str =
    "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:00:01 completed [id=0 id_str=]";

#[test]
fn the_same_adapter_in_another_network_asks_for_its_address_anew() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.wait(60_000);
    net.leave();
    net.behaviour = ServerBehaviour::Refuses;
    net.gives = [192, 168, 43, 77];
    net.join(WLAN0);
    let asked = net.take();
    assert_eq!((asked[0].kind, asked[0].requested), (3, Some(LEASE)));
    assert!(!net.bond_has(LEASE));
    net.behaviour = ServerBehaviour::Answers;
    net.wait(1_000);
    assert!(net.bond_has([192, 168, 43, 77]));
}

#[test]
fn the_neighbours_and_routers_of_another_network_are_told_and_asked() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    let bond = net.world.bond().0;
    let own = Address {
        link: bond,
        net: IpNet {
            address: "fe80::1".parse().unwrap(),
            prefix: 64,
        },
        protocol: 3,
        metric: 0,
        tentative: false,
        duplicate: false,
    };
    net.world.engine.handle(1_000, Event::Address(own));
    net.run();
    net.join(WLAN0);
    net.wait(60_000);
    net.leave();
    net.world.take();
    net.join(WLAN0);
    let done = net.world.take();
    for step in [
        Action::AnnounceAddresses { link: bond },
        Action::SolicitRouter { link: bond },
        Action::SendArp { link: bond },
    ] {
        assert!(done.contains(&step), "{step:?} in {done:?}");
    }
}

/// The kernel tells of a loss up to a second late, and not at all if it is over by then.
#[test]
fn a_gap_that_only_the_supplicant_saw_counts() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.says(CONNECTED);
    net.wait(60_000);
    net.take();
    net.says("<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:00:01 reason=3");
    assert_eq!(net.kinds(), []);
    net.says(CONNECTED);
    assert_eq!(net.kinds(), [3]);
    // Keys that are changed within a network are no join.
    net.says("<3>WPA: Group rekeying completed with 02:00:00:00:00:01 [GTK=CCMP]");
    assert_eq!(net.kinds(), []);
}

#[test]
fn one_join_is_one_question_whoever_tells_of_it_first() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.says(CONNECTED);
    assert_eq!(net.kinds(), [1, 3]);
    for supplicant_first in [true, false, true, true, false, false] {
        net.says("<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:00:01 reason=3");
        net.leave();
        if supplicant_first {
            net.says(CONNECTED);
            assert_eq!(net.kinds(), []);
            net.join(WLAN0);
        } else {
            net.join(WLAN0);
            net.says(CONNECTED);
        }
        net.says("bssid=02:00:00:00:00:01\nfreq=2412\nssid=Hotspot\nwpa_state=COMPLETED\n");
        assert_eq!(net.kinds(), [3], "supplicant first: {supplicant_first}");
    }
}
