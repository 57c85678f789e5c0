//! Addresses that others claim, and what a review found.
use super::*;
use crate::wire::arp;

impl World {
    fn claim(&mut self, mac: [u8; 6]) {
        let address = Ipv4Addr::from(LEASE);
        let arp = Event::Received {
            link: self.bond().0,
            purpose: Purpose::AddressConflict(address),
            message: &arp::write(arp::Kind::Announce, Mac(mac), address),
        };
        self.tell(arp);
    }

    fn arp_packets(&mut self) -> usize {
        let is_arp = |a: &&Action| matches!(a.packet(), Some(Packet::Arp { .. }));
        self.take().iter().filter(is_arp).count()
    }
}

const STRANGER: [u8; 6] = [6, 6, 6, 6, 6, 6];

#[test]
fn a_new_address_is_announced_at_once_and_probed_beside_its_use() {
    let mut world = leased();
    assert!(world.bond_has(LEASE));
    assert_eq!(world.arp_packets(), 1);
    world.wait(60_000);
    assert_eq!(world.arp_packets(), 4);
    world.join(WLAN1);
    world.lose(WLAN0);
    assert_eq!(world.arp_packets(), 1);
    world.wait(60_000);
    assert_eq!(world.arp_packets(), 1);
}

#[test]
fn an_address_that_another_had_before_is_declined() {
    let mut world = leased();
    world.wait(1_000);
    // An echo of our own words says nothing.
    let own = world.link(WLAN1).permanent_mac.unwrap().0;
    world.claim(own);
    assert!(world.bond_has(LEASE));
    world.server.gives = [192, 168, 43, 102];
    world.claim(STRANGER);
    assert!(!world.bond_has(LEASE));
    let asked = world.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].kind, asked[0].requested()), (4, Some(LEASE)));
    world.wait(9_999);
    assert_eq!(world.kinds(), []);
    world.wait(1);
    assert_eq!(world.kinds(), [1, 3]);
    assert!(world.bond_has([192, 168, 43, 102]));
}

/// An interface that the file leaves out, in the same network.
#[test]
fn no_interface_of_this_machine_is_a_stranger() {
    let mut world = start(&config(), ServerBehaviour::Answers);
    let other = fake_kernel::plain(77, "eth7", false);
    let mac = other.mac.unwrap().0;
    world.handle(Event::Link(other));
    assert!(world.engine.observed().link(77).is_none());
    world.join(WLAN0);
    world.wait(1_000);
    world.asked();
    world.claim(mac);
    assert!(world.bond_has(LEASE));
    assert_eq!(world.kinds(), []);
    // Once it is somebody else's.
    world.handle(Event::LinkGone(77));
    world.claim(mac);
    assert!(!world.bond_has(LEASE));
    assert_eq!(world.kinds(), [4]);
}

#[test]
fn an_address_long_in_use_is_defended_once_in_ten_seconds() {
    let mut world = leased();
    world.wait(60_000);
    world.arp_packets();
    for _ in 0..3 {
        world.claim(STRANGER);
        assert_eq!(world.arp_packets(), 1);
        assert!(world.bond_has(LEASE));
        world.wait(10_000);
    }
    world.claim(STRANGER);
    world.claim(STRANGER);
    assert!(!world.bond_has(LEASE));
    assert_eq!(world.asked().last().unwrap().kind, 4);
}

#[test]
fn a_fail_over_leaves_the_fallback_alone() {
    let fallback = [192, 168, 43, 150];
    let mut world = start(&with_fallback(), ServerBehaviour::Silent);
    world.join(WLAN0);
    world.join(WLAN1);
    world.wait(10_000);
    assert!(world.bond_has(fallback));
    world.take();
    // Nobody carries for a moment: the kernel has not yet taken the other one.
    world.cut(WLAN0);
    world.tick_at(world.now + 100);
    world.run();
    assert!(world.bond_has(fallback) && world.bond_has_default());
    let done = world.take();
    let gone = |a: &Action| matches!(a.change(), Some(KernelAction::DeleteAddress { .. }));
    assert!(!done.iter().any(gone), "{done:?}");
}

#[test]
fn a_server_that_offers_and_refuses_is_asked_less_and_less() {
    let mut world = start(&config(), ServerBehaviour::Refuses);
    world.join(WLAN0);
    world.wait(60_000);
    assert!(world.asked().len() <= 24);
    assert_eq!(world.recorded("refuses"), 1);
    world.server.behaviour = ServerBehaviour::Answers;
    world.wait(60_000);
    assert!(world.bond_has(LEASE));
}

#[test]
fn a_refused_or_declined_lease_is_not_kept_on_disk() {
    let mut world = leased();
    world.take();
    world.server.behaviour = ServerBehaviour::Silent;
    world.claim(STRANGER);
    let done = world.take();
    place_of(&done, |a| matches!(a, Action::Store(Store::Lease { .. })));
    assert!(world.client4().lease().is_none());
}
