//! An address that nobody has given (RFC 3927).
use super::*;
use crate::wire::arp;

fn with_link_local() -> Config {
    let mut config = config();
    config.bond.ip.ipv4.link_local = true;
    config
}

/// Of the bond, and its prefix.
fn own(world: &World) -> Option<(Ipv4Addr, u8)> {
    let bond = world.bond().0;
    let mut addresses = world.engine.observed().addresses_of(bond);
    addresses.find_map(|a| match a.net.address {
        IpAddr::V4(v4) if v4.is_link_local() => Some((v4, a.net.prefix)),
        _ => None,
    })
}

/// The addresses of the first link that the status says to be such.
fn shown(world: &World) -> usize {
    let status = world.status();
    let addresses = status.links[0].addresses.iter();
    addresses.filter(|a| a.from == "link-local").count()
}

fn claim(world: &mut World, address: Ipv4Addr) {
    world.tell(Event::Received {
        link: world.bond().0,
        purpose: Purpose::AddressConflict(address),
        message: &arp::write(arp::Kind::Announce, Mac([6; 6]), address),
    });
}

/// ARP packets since the last call: about which address.
fn probed(world: &mut World) -> Vec<(arp::Kind, Ipv4Addr)> {
    let done = world.take();
    let packets = done.iter().filter_map(|action| match action.packet() {
        Some(Packet::Arp { kind, address }) => Some((kind, address)),
        _ => None,
    });
    packets.collect()
}

fn without_server() -> World {
    let mut world = start(&with_link_local(), ServerBehaviour::Silent);
    world.join(WLAN0);
    world
}

#[test]
fn it_is_probed_for_and_used_where_no_server_answers() {
    let mut world = without_server();
    world.wait(9_999);
    assert_eq!(probed(&mut world), []);
    world.wait(3_900);
    assert_eq!(own(&world), None);
    let probes = probed(&mut world);
    assert_eq!(probes.len(), 3);
    assert!(probes.iter().all(|(kind, _)| *kind == arp::Kind::Probe));
    world.wait(1_200);
    assert_eq!(own(&world), Some((probes[0].1, 16)));
    world.wait(5_000);
    let announced = (arp::Kind::Announce, probes[0].1);
    assert_eq!(probed(&mut world), [announced; 2]);
    // It leads nowhere.
    assert!(!world.engine.is_online());
    assert!(!world.bond_has_default());
    assert_eq!(shown(&world), 1);
    // And the server is still asked.
    world.asked();
    world.wait(120_000);
    assert!(world.asked().len() >= 2);
    assert_eq!(world.recorded("no DHCP server gives a lease: 169.254."), 1);
}

#[test]
fn a_lease_takes_its_place() {
    let mut world = without_server();
    world.wait(20_000);
    assert!(own(&world).is_some());
    world.server.behaviour = ServerBehaviour::Answers;
    world.wait(70_000);
    assert!(world.bond_has(LEASE));
    assert_eq!(own(&world), None);
}

#[test]
fn what_another_host_has_is_not_used() {
    let mut world = without_server();
    world.wait(12_000);
    let first = probed(&mut world)[0].1;
    claim(&mut world, first);
    world.wait(6_000);
    let (second, _) = own(&world).expect("another one");
    assert_ne!(first, second);
    // In use, and claimed once: defended. Claimed again: given up.
    world.wait(10_000);
    claim(&mut world, second);
    assert_eq!(own(&world), Some((second, 16)));
    claim(&mut world, second);
    assert_eq!(own(&world), None);
    world.wait(6_000);
    assert!(![first, second].contains(&own(&world).expect("a third one").0));
}

#[test]
fn after_ten_conflicts_it_is_tried_once_a_minute() {
    let mut world = without_server();
    world.wait(11_000);
    for _ in 0..10 {
        let address = probed(&mut world).last().expect("a probe").1;
        claim(&mut world, address);
        world.wait(100);
    }
    assert_eq!(probed(&mut world), []);
    world.wait(59_000);
    assert_eq!(probed(&mut world), []);
    world.wait(10_000);
    assert!(own(&world).is_some());
}

#[test]
fn a_fallback_and_an_address_of_the_file_win() {
    let mut config = with_fallback();
    config.bond.ip.ipv4.link_local = true;
    let mut world = start(&config, ServerBehaviour::Silent);
    world.join(WLAN0);
    world.wait(30_000);
    assert!(world.bond_has([192, 168, 43, 150]));
    assert_eq!(own(&world), None);
    let mut config = with_link_local();
    let address = net(192, 168, 43, 150, 24);
    let _ = config.bond.ip.ipv4.addresses.push(address);
    let mut world = start(&config, ServerBehaviour::Silent);
    world.join(WLAN0);
    world.wait(30_000);
    assert_eq!(own(&world), None);
}

#[test]
fn nobody_asked_for_it_on_the_bond() {
    let mut world = start(&config(), ServerBehaviour::Silent);
    world.join(WLAN0);
    world.wait(60_000);
    assert_eq!(own(&world), None);
}
