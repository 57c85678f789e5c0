//! A lease for each network: in each the client asks for the address that it had there.
use super::*;
use crate::engine::dhcp::v4::MAX_LEASES;
use crate::wire::arp;

/// In each network is another server, and it lends this address.
fn address(network: u8) -> [u8; 4] {
    [10, 0, network, 100]
}

impl World {
    /// The file on the card, if it was written.
    fn run_to_file(&mut self) -> Option<String> {
        let mut file = None;
        while let Some(action) = self.next() {
            if let Action::Store(Store::Lease { lasting: true, .. }) = action {
                let second = self.content.parts().1.expect("leases");
                file = Some(String::from_utf8(second.to_vec()).unwrap());
            }
            self.done.push(action.clone());
            self.perform(action);
            if self.exited {
                break;
            }
        }
        file
    }

    /// How often the card was written since that was last asked.
    fn lasting_writes(&mut self) -> usize {
        let lasting = |a: &&Action| matches!(a, Action::Store(Store::Lease { lasting: true, .. }));
        self.take().iter().filter(lasting).count()
    }

    /// No member is in a network.
    fn out_of_range(&mut self) {
        self.lose(WLAN0);
        let bond = self.bond().0;
        self.edit(bond, |link| link.carrier = false);
        self.wait(1_000);
        self.asked();
    }

    fn joins(&mut self, member: Index, network: u8) {
        self.server.gives = address(network);
        self.server.address = [10, 0, network, 1];
        self.supplicant_says(
            member,
            &format!(
                "<3>SME: Trying to authenticate with 02:00:00:00:00:01 (SSID='net{network}' freq=2412 MHz)"
            ),
        );
        self.join(member);
    }

    /// The box is carried into this network; what was asked there.
    fn visits(&mut self, network: u8) -> Vec<(u8, Option<[u8; 4]>)> {
        self.out_of_range();
        self.joins(WLAN0, network);
        let asked = self.asked();
        let asked = asked.iter().map(|a| (a.kind, a.requested())).collect();
        assert!(self.bond_has(address(network)), "{asked:?}");
        assert_eq!(self.engine.observed().addresses().count(), 1);
        asked
    }
}

/// It is at rest in network 1, after that was new to it.
fn in_the_first() -> World {
    let mut world = start(&config(), ServerBehaviour::Strict);
    world.joins(WLAN0, 1);
    assert!(world.bond_has(address(1)));
    world.asked();
    world
}

fn first_question(network: u8) -> Vec<(u8, Option<[u8; 4]>)> {
    vec![(3, Some(address(network)))]
}

fn is_new(asked: &[(u8, Option<[u8; 4]>)], network: u8) {
    assert_eq!(asked, [(1, None), (3, Some(address(network)))]);
}

#[test]
fn two_networks_by_turns_are_each_asked_for_their_own_address() {
    let mut world = in_the_first();
    is_new(&world.visits(2), 2);
    world.wait(700_000);
    world.take();
    for _ in 0..20 {
        for network in [1, 2] {
            assert_eq!(world.visits(network), first_question(network));
            world.wait(60_000);
        }
    }
    assert_eq!(world.recorded("refuses"), 0);
    assert_eq!(world.lasting_writes(), 0, "nothing new to be kept");
}

#[test]
fn however_many_networks_there_are_the_card_is_written_seldom() {
    let mut world = in_the_first();
    for network in 2..=7 {
        world.visits(network);
    }
    assert_eq!(world.lasting_writes(), 4);
    world.wait(600_000);
    assert_eq!(world.lasting_writes(), 1, "those that had to wait");
    world.visits(8);
    world.wait(599_000);
    assert!(world.lasting_writes() <= 1);
}

#[test]
fn eight_networks_are_kept_and_the_oldest_makes_room() {
    let mut world = in_the_first();
    let all = 1..=MAX_LEASES as u8 + 1;
    for network in all.clone().skip(1) {
        is_new(&world.visits(network), network);
    }
    for network in all.clone().skip(1) {
        assert_eq!(world.visits(network), first_question(network));
    }
    is_new(&world.visits(1), 1);
    is_new(&world.visits(2), 2);
    assert_eq!(world.visits(9), first_question(9));
}

#[test]
fn a_lease_that_has_ended_is_wished_for_and_not_asked_for() {
    let mut world = start(&config(), ServerBehaviour::Strict);
    world.server.lease_s = 100;
    world.joins(WLAN0, 1);
    world.visits(2);
    world.wait(40_000);
    assert_eq!(world.visits(1), first_question(1));
    world.visits(2);
    world.wait(100_000);
    let wish = Some(address(1));
    assert_eq!(world.visits(1), [(1, wish), (3, wish)]);
}

/// The lease of the network that was left is not in use before the other one has answered.
#[test]
fn in_a_silent_network_the_address_of_another_one_is_not_in_use() {
    let mut world = in_the_first();
    world.out_of_range();
    world.server.behaviour = ServerBehaviour::Silent;
    world.joins(WLAN0, 2);
    world.wait(5_000);
    let asked = world.asked();
    assert!(asked.iter().all(|a| (a.kind, a.requested()) == (1, None)));
    assert_eq!(world.engine.observed().addresses().count(), 0);
    // Back in its own, it is in use while it is confirmed.
    world.out_of_range();
    world.server.behaviour = ServerBehaviour::Strict;
    world.joins(WLAN0, 1);
    assert_eq!(world.kinds(), [3]);
    assert!(world.bond_has(address(1)));
}

#[test]
fn a_member_in_another_network_takes_over() {
    let mut world = in_the_first();
    world.joins(WLAN1, 2);
    assert_eq!(world.kinds(), []);
    world.take();
    world.server.behaviour = ServerBehaviour::Silent;
    world.lose(WLAN0);
    world.wait(150);
    assert!(world.bond_has(address(1)));
    // There it is another host's, and that says nothing of the first network.
    let (link, address_there) = (world.bond().0, Ipv4Addr::from(address(1)));
    world.tell(Event::Received {
        link,
        purpose: Purpose::AddressConflict(address_there),
        message: &arp::write(arp::Kind::Announce, Mac([6; 6]), address_there),
    });
    assert!(world.bond_has(address(1)));
    world.server.behaviour = ServerBehaviour::Strict;
    world.wait(50);
    let asked = world.asked();
    let asked: Vec<_> = asked.iter().map(|a| (a.kind, a.requested())).collect();
    is_new(&asked[1..], 2);
    assert!(world.bond_has(address(2)) && !world.bond_has(address(1)));
    let done = world.take();
    let add = place_of_change!(done, AddAddress { .. });
    let gone = place_of_change!(done, DeleteAddress { .. });
    assert!(add < gone, "make before break");
    // Nobody in the second network is told that the box has the address of the first one.
    let wrong = |a: &Action| match a.packet() {
        Some(Packet::Arp { address, .. }) => address.octets() == self::address(1),
        _ => false,
    };
    assert!(!done.iter().any(wrong), "{done:?}");
    world.joins(WLAN0, 1);
    world.wait(1_000);
    world.lose(WLAN1);
    let asked = world.asked();
    assert_eq!((asked[0].kind, asked[0].requested()), (3, Some(address(1))));
    assert!(world.bond_has(address(1)));
}

#[test]
fn a_refusal_beside_the_lease_of_another_network_leaves_it_until_there_is_one() {
    let mut world = in_the_first();
    world.visits(2);
    world.visits(1);
    world.joins(WLAN1, 2);
    // It has forgotten the box.
    world.server.gives = [10, 0, 2, 77];
    world.lose(WLAN0);
    let asked = world.asked();
    assert_eq!((asked[0].kind, asked[0].requested()), (3, Some(address(2))));
    assert!(world.bond_has(address(1)) && world.recorded("refuses") == 1);
    world.wait(100);
    assert!(world.bond_has([10, 0, 2, 77]) && !world.bond_has(address(1)));
    let client = world.client4();
    assert!(client.waiting_since.is_none() && client.lease().is_some());
}

#[test]
fn the_file_brings_each_lease_into_the_next_boot() {
    let mut world = start(&config(), ServerBehaviour::Strict);
    world.joins(WLAN0, 1);
    world.take();
    world.visits(2);
    // At once: the power may go at any time.
    assert_eq!(world.lasting_writes(), 1);
    let mut file = String::new();
    world.client4().write_leases(&mut file).unwrap();
    let lines: Vec<&str> = file.lines().collect();
    let wanted = [
        "wifibond leases 2",
        "6e657432 10.0.2.1 10.0.2.1 10.0.2.100",
        "6e657431 10.0.1.1 10.0.1.1 10.0.1.100",
    ];
    assert_eq!(lines, wanted);
    // Given back at the stop, that one alone.
    world.handle(Event::Stop);
    let file = world.run_to_file().expect("a lease that was given back");
    assert!(file.contains("10.0.2.100 given-back\n") && file.contains("10.0.1.100\n"));
    let after_boot = |network: u8| {
        let mut engine = Engine::new(&config(), 7);
        let found = Event::LeasesFound {
            name: "bond0",
            text: &file,
        };
        engine.handle(Instant::ZERO, found);
        let mut world = World::with_server(engine, ServerBehaviour::Strict);
        world.joins(WLAN0, network);
        assert!(world.bond_has(address(network)));
        let asked = world.asked();
        let asked: Vec<_> = asked.iter().map(|a| (a.kind, a.requested())).collect();
        asked
    };
    assert_eq!(after_boot(1), first_question(1));
    let wish = Some(address(2));
    assert_eq!(after_boot(2), [(1, wish), (3, wish)]);
    is_new(&after_boot(3), 3);
}

#[test]
fn a_file_that_cannot_be_read_is_said_and_costs_nothing_else() {
    for (text, good) in [
        ("\u{0}\u{1}", false),
        (
            "wifibond leases 3\n6e657431 10.0.1.1 10.0.1.1 10.0.1.100\n",
            false,
        ),
        (
            "wifibond leases 2\n6e657431 10.0.1.1 10.0.1.1 10.0.1.100\nx y\n",
            true,
        ),
    ] {
        let mut engine = Engine::new(&config(), 7);
        engine.handle(
            Instant::ZERO,
            Event::LeasesFound {
                name: "bond0",
                text,
            },
        );
        let mut world = World::with_server(engine, ServerBehaviour::Strict);
        assert_eq!(
            world.recorded("the file of its earlier leases cannot be read"),
            1
        );
        world.joins(WLAN0, 1);
        assert_eq!(world.kinds(), if good { vec![3] } else { vec![1, 3] });
        assert!(world.bond_has(address(1)));
    }
}

/// Of an earlier version: one lease, and not of which network.
#[test]
fn an_old_file_is_asked_for_in_the_first_network_and_then_kept_for_that() {
    let before = in_the_first();
    let message = &before.client4().lease().unwrap().message;
    let mut engine = Engine::new(&config(), 7);
    let found = Event::LeaseFound {
        family: Family::V4,
        name: "bond0",
        message,
        kept: Kept::OfBefore,
    };
    engine.handle(Instant::ZERO, found);
    let mut world = World::with_server(engine, ServerBehaviour::Strict);
    world.joins(WLAN0, 1);
    assert_eq!(world.kinds(), [3]);
    is_new(&world.visits(2), 2);
    assert_eq!(world.visits(1), first_question(1));
}

#[test]
fn a_declined_address_is_not_asked_for_again() {
    let mut world = in_the_first();
    let taken = Ipv4Addr::from(address(1));
    let link = world.bond().0;
    world.tell(Event::Received {
        link,
        purpose: Purpose::AddressConflict(taken),
        message: &arp::write(arp::Kind::Announce, Mac([6; 6]), taken),
    });
    assert_eq!(world.kinds(), [4]);
    world.visits(2);
    is_new(&world.visits(1), 1);
}

/// Two names of one network, of which nothing has been seen: the neighbours learn where the address is
/// once the server has confirmed it.
#[test]
fn an_address_that_another_name_confirms_is_announced_there() {
    let mut world = in_the_first();
    world.joins(WLAN1, 2);
    (world.server.gives, world.server.address) = (address(1), [10, 0, 1, 1]);
    world.wait(60_000);
    world.take();
    world.lose(WLAN0);
    assert_eq!(world.kinds(), [1, 3]);
    let arp = |a: &&Action| matches!(a.packet(), Some(Packet::Arp { .. }));
    assert_eq!(world.take().iter().filter(arp).count(), 1);
    // From now on it is known to be of both.
    world.joins(WLAN0, 1);
    world.lose(WLAN1);
    assert_eq!(world.kinds(), [3]);
}

#[test]
fn a_renewal_by_hand_asks_for_the_address_of_this_network() {
    let mut world = in_the_first();
    world.visits(2);
    world.visits(1);
    world.joins(WLAN1, 2);
    world.server.behaviour = ServerBehaviour::Silent;
    world.lose(WLAN0);
    world.wait(60_000);
    assert!(world.bond_has(address(1)));
    world.asked();
    let leases = crate::wire::control::Leases::default();
    world.tell(Event::Renew(leases));
    let asked = world.asked();
    assert_eq!((asked[0].kind, asked[0].requested()), (3, Some(address(2))));
}

/// Cables have no names: the server that refuses says which network it is.
#[test]
fn a_cable_in_another_network_asks_for_the_address_of_that_one() {
    let mut file = super::super::config();
    file.links[0].ip = IpBlock::default();
    let engine = Engine::new(&file, 7);
    let mut world = World::begin(engine, &[(ETH0, "eth0", false)]);
    world.server.behaviour = ServerBehaviour::Strict;
    let mut plug = |network: u8, wait: u64| {
        world.lose(ETH0);
        world.server.gives = address(network);
        world.server.address = [10, 0, network, 1];
        world.asked();
        world.join(ETH0);
        world.wait(wait);
        let lease = world.engine.dhcp4("eth0").unwrap().lease();
        assert_eq!(lease.unwrap().address().octets(), address(network));
        let asked = world.asked();
        let asked: Vec<_> = asked.iter().map(|a| (a.kind, a.requested())).collect();
        asked
    };
    is_new(&plug(1, 0), 1);
    let (one, two) = (Some(address(1)), Some(address(2)));
    // Asked for the last one, and then any server: the refusal is by another one than the lease's.
    assert_eq!(plug(2, 500), [(3, one), (1, one), (3, two)]);
    assert_eq!(plug(2, 500), [(3, two)]);
    assert_eq!(plug(1, 250), [(3, two), (3, one)]);
    assert_eq!(plug(2, 250), [(3, one), (3, two)]);
}
