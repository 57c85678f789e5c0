//! A lease in use: renewed, ended, given back, stored.
use super::*;

#[test]
fn renewed_at_half_time_over_and_over() {
    let mut world = start(&config(), ServerBehaviour::Answers);
    world.server.lease_s = 20;
    world.join(WLAN0);
    world.asked();
    world.wait(65_000);
    let asked = world.asked();
    assert!(asked.len() >= 6, "{asked:?}");
    let [a, b, c, d] = LEASE;
    let udp = Transport::Udp {
        from: Ipv4Addr::new(a, b, c, d),
        to: Ipv4Addr::from(SERVER),
    };
    assert!(asked.iter().all(|a| a.kind == 3 && a.transport == udp));
    assert!(world.bond_has(LEASE));
}

#[test]
fn a_server_gone_for_good_is_asked_by_broadcast_and_the_lease_ends() {
    let mut world = leased();
    world.server.behaviour = ServerBehaviour::Silent;
    world.wait(3_599_000);
    assert!(world.bond_has(LEASE));
    let asked = world.asked();
    let everybody =
        |a: &Asked| matches!(a.transport, Transport::Udp { to, .. } if to.is_broadcast());
    assert!(
        asked.iter().any(everybody) && asked.len() < 40,
        "{}",
        asked.len()
    );
    world.wait(1_000);
    assert!(!world.bond_has(LEASE) && !world.bond_has_default());
    world.server.behaviour = ServerBehaviour::Answers;
    world.wait(64_000);
    assert!(world.bond_has(LEASE));
}

#[test]
fn fallback_comes_and_goes_without_a_gap() {
    let fallback = [192, 168, 43, 150];
    let mut world = start(&with_fallback(), ServerBehaviour::Silent);
    world.join(WLAN0);
    world.wait(9_999);
    assert!(!world.bond_has(fallback));
    world.wait(1);
    assert!(world.bond_has(fallback) && world.bond_has_default());
    for _ in 0..10 {
        world.take();
        world.server.behaviour = ServerBehaviour::Answers;
        world.wait(70_000);
        assert!(world.bond_has(LEASE) && !world.bond_has(fallback) && world.bond_has_default());
        let done = world.take();
        let add = place_of_change!(done, AddAddress { .. });
        let gone = place_of_change!(done, DeleteAddress { .. });
        assert!(add < gone, "make before break");
        world.server.behaviour = ServerBehaviour::Silent;
        world.wait(3_600_000 + 10_000);
        assert!(world.bond_has(fallback) && !world.bond_has(LEASE) && world.bond_has_default());
    }
    let status = world.status();
    assert_eq!(status.links[0].addresses[0].from, "fallback");
}

#[test]
fn the_way_down_gives_the_lease_back_first() {
    let mut world = leased();
    world.take();
    world.tell(Event::Stop);
    assert_eq!(world.kinds(), [7]);
    let done = world.take();
    let release = place_of(&done, |a| {
        matches!(a.packet(), Some(Packet::Dhcp { release: true, .. }))
    });
    let address = place_of_change!(done, DeleteAddress { .. });
    assert!(release < address);
}

#[test]
fn a_file_without_dhcp_gives_the_lease_back_first() {
    let mut world = leased();
    world.take();
    let mut other = config();
    other.bond.ip = static_block(43, 150, 100);
    let event = Event::Config(&other);
    world.tell(event);
    assert_eq!(world.kinds(), [7]);
    assert!(
        !world.bond_has(LEASE) && world.bond_has([192, 168, 43, 150]) && world.bond_has_default()
    );
    assert!(world.engine.dhcp4("bond0").is_none());
    let done = world.take();
    let release = place_of(&done, |a| {
        matches!(a.packet(), Some(Packet::Dhcp { release: true, .. }))
    });
    let address = place_of_change!(done, DeleteAddress { .. });
    assert!(release < address);
}

#[test]
fn a_lease_is_stored_once_and_on_the_card_only_when_it_is_another() {
    let mut world = start(&config(), ServerBehaviour::Answers);
    world.server.lease_s = 100;
    world.join(WLAN0);
    world.wait(3_600_000);
    let done = world.take();
    let stores = done.iter().filter_map(|a| match a {
        Action::Store(Store::Lease { lasting, .. }) => Some(*lasting),
        _ => None,
    });
    let stores: Vec<bool> = stores.collect();
    assert!(stores.len() > 60);
    assert_eq!(stores.iter().filter(|lasting| **lasting).count(), 1);
}

/// A server that gives another address each time does not wear out the card.
#[test]
fn the_card_is_written_seldom_whatever_a_server_gives() {
    let mut world = start(&config(), ServerBehaviour::Answers);
    world.server.lease_s = 20;
    world.join(WLAN0);
    for number in 0..360 {
        world.server.gives[3] = 50 + (number % 100) as u8;
        world.wait(10_000);
    }
    let done = world.take();
    let lasting = |a: &&Action| matches!(a, Action::Store(Store::Lease { lasting: true, .. }));
    let writes = done.iter().filter(lasting).count();
    assert!((7..=10).contains(&writes), "{writes}");
    // What it ends with is stored in the end.
    world.wait(600_000);
    let client = world.client4();
    assert!(client.lease().is_some() && !client.unstored_lasting);
}
