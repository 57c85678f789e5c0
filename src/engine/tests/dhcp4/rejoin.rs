//! The same adapter in another network.
use super::*;
use crate::engine::dhcp::v4::Client;
use crate::engine::dhcp::{Change, Need, Protocol, Readiness};
use crate::engine::observed::{Attachment, Neighbour};
use crate::engine::random::Random;
use crate::wire::dhcp4;

impl World {
    /// The member loses its network while another one, without keys, holds the bond's carrier.
    fn leave(&mut self) {
        let bond = self.bond().0;
        self.lose(WLAN0);
        self.wait(50);
        assert!(self.link(bond).carrier && self.bond_has(LEASE));
        self.asked();
    }
}

const CONNECTED: &str =
    "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:00:01 completed [id=0 id_str=]";

#[test]
fn the_same_adapter_in_another_network_asks_for_its_address_anew() {
    let mut world = leased();
    world.wait(60_000);
    world.leave();
    world.server.behaviour = ServerBehaviour::Refuses;
    world.server.gives = [192, 168, 43, 77];
    world.join(WLAN0);
    let asked = world.asked();
    assert_eq!((asked[0].kind, asked[0].requested()), (3, Some(LEASE)));
    assert!(!world.bond_has(LEASE));
    world.server.behaviour = ServerBehaviour::Answers;
    world.wait(1_000);
    assert!(world.bond_has([192, 168, 43, 77]));
}

#[test]
fn the_neighbours_and_routers_of_another_network_are_told_and_asked() {
    let mut world = start(&config(), ServerBehaviour::Answers);
    let bond = world.bond().0;
    world.tell(Event::Address(link_local(bond)));
    world.join(WLAN0);
    world.wait(60_000);
    world.leave();
    world.take();
    world.join(WLAN0);
    let done = world.take();
    let own = |packet: &Packet| {
        let address = "fe80::1".parse().unwrap();
        *packet == Packet::Announcement { address }
    };
    let asks = |packet: &Packet| *packet == Packet::RouterSolicitation;
    let arp = |packet: &Packet| matches!(packet, Packet::Arp { .. });
    let wanted: [&dyn Fn(&Packet) -> bool; 3] = [&own, &asks, &arp];
    for (place, wanted) in wanted.into_iter().enumerate() {
        let sent = |action: &Action| match action {
            Action::Send { link, packet, .. } => *link == bond && wanted(packet),
            _ => false,
        };
        assert!(done.iter().any(sent), "{place}: {done:?}");
    }
}

/// The kernel tells of a loss up to a second late, and not at all if it is over by then.
#[test]
fn a_gap_that_only_the_supplicant_saw_counts() {
    let mut world = start(&config(), ServerBehaviour::Answers);
    world.join(WLAN0);
    world.supplicant_says(WLAN0, CONNECTED);
    world.wait(60_000);
    world.asked();
    world.supplicant_says(
        WLAN0,
        "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:00:01 reason=3",
    );
    assert_eq!(world.kinds(), []);
    world.supplicant_says(WLAN0, CONNECTED);
    assert_eq!(world.kinds(), [3]);
    // Keys that are changed within a network are no join.
    world.supplicant_says(
        WLAN0,
        "<3>WPA: Group rekeying completed with 02:00:00:00:00:01 [GTK=CCMP]",
    );
    assert_eq!(world.kinds(), []);
}

#[test]
fn one_join_is_one_question_whoever_tells_of_it_first() {
    let mut world = start(&config(), ServerBehaviour::Answers);
    world.join(WLAN0);
    world.supplicant_says(WLAN0, CONNECTED);
    assert_eq!(world.kinds(), [1, 3]);
    for supplicant_first in [true, false, true, true, false, false] {
        world.supplicant_says(
            WLAN0,
            "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:00:01 reason=3",
        );
        world.leave();
        if supplicant_first {
            world.supplicant_says(WLAN0, CONNECTED);
            assert_eq!(world.kinds(), []);
            world.join(WLAN0);
        } else {
            world.join(WLAN0);
            world.supplicant_says(WLAN0, CONNECTED);
        }
        world.supplicant_says(
            WLAN0,
            "bssid=02:00:00:00:00:01\nfreq=2412\nssid=Hotspot\nwpa_state=COMPLETED\n",
        );
        assert_eq!(world.kinds(), [3], "supplicant first: {supplicant_first}");
    }
}

/// Two names of one network: the gateway that answers through the other adapter is the same host.
#[test]
fn another_name_with_the_same_gateway_confirms_the_lease() {
    let mut random = Random::new(1);
    let mut client = Client::new("bond0".try_into().unwrap());
    let named = |name: &str, adapter: Index, mac: u8| Readiness {
        ready: true,
        need: Need::Address,
        attachment: Some(Attachment { adapter, join: 1 }),
        gateway: Some(Neighbour {
            address: Ipv4Addr::from(SERVER).into(),
            mac: Mac([2, 0, 0, 0, 0, mac]),
        }),
        network: Some(Ssid::from_slice(name.as_bytes()).unwrap()),
    };
    let server = super::super::server::Server {
        behaviour: ServerBehaviour::Rapid,
        ..Default::default()
    };
    let mut world = start(&config(), ServerBehaviour::Silent);
    world.join(WLAN0);
    let mut question = world.asked().pop().unwrap().message;
    let now = Instant::from_ms(1_000);
    client.set_ready(now, &named("Home", 1, 1), &mut random);
    client.sent(now, &mut random);
    question[4..8].copy_from_slice(&client.xid.to_be_bytes());
    let ack = server.reply4(&question).unwrap();
    let reply = dhcp4::parse(&ack).unwrap();
    let change = client.receive(now, &reply, &ack, &mut random);
    assert!(matches!(change, Change::Bound(_)));
    client.set_ready(now, &named("Home-5G", 2, 1), &mut random);
    assert!(matches!(client.state(), State::Confirming(_)));
    // Another host, and another name: another network.
    client.set_ready(now, &named("Work", 1, 7), &mut random);
    assert!(matches!(client.state(), State::Searching(_)));
    assert!(client.lease().is_some());
}
