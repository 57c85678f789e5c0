//! A lease in use: renewed, ended, given back, stored.
use super::*;

#[test]
fn renewed_at_half_time_over_and_over() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.lease_s = 20;
    net.join(WLAN0);
    net.take();
    net.wait(65_000);
    let asked = net.take();
    assert!(asked.len() >= 6, "{asked:?}");
    let [a, b, c, d] = LEASE;
    let udp = Transport::Udp {
        from: Ipv4Addr::new(a, b, c, d),
        to: Ipv4Addr::from(SERVER),
    };
    assert!(asked.iter().all(|a| a.kind == 3 && a.transport == udp));
    assert!(net.bond_has(LEASE));
}

#[test]
fn a_server_gone_for_good_is_asked_by_broadcast_and_the_lease_ends() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.take();
    net.behaviour = ServerBehaviour::Silent;
    net.wait(3_599_000);
    assert!(net.bond_has(LEASE));
    let asked = net.take();
    let everybody =
        |a: &Asked| matches!(a.transport, Transport::Udp { to, .. } if to.is_broadcast());
    assert!(
        asked.iter().any(everybody) && asked.len() < 40,
        "{}",
        asked.len()
    );
    net.wait(1_000);
    assert!(!net.bond_has(LEASE) && !net.has_default());
    net.behaviour = ServerBehaviour::Answers;
    net.wait(64_000);
    assert!(net.bond_has(LEASE));
}

#[test]
fn fallback_comes_and_goes_without_a_gap() {
    let fallback = [192, 168, 43, 150];
    let mut net = Net::start(&with_fallback(), ServerBehaviour::Silent);
    net.join(WLAN0);
    net.wait(9_999);
    assert!(!net.bond_has(fallback));
    net.wait(1);
    assert!(net.bond_has(fallback) && net.has_default());
    for _ in 0..10 {
        net.world.take();
        net.behaviour = ServerBehaviour::Answers;
        net.wait(70_000);
        assert!(net.bond_has(LEASE) && !net.bond_has(fallback) && net.has_default());
        let done = net.world.take();
        let add = place_of(&done, |a| {
            matches!(a, Action::Kernel(KernelAction::AddAddress { .. }))
        });
        let gone = place_of(&done, |a| {
            matches!(a, Action::Kernel(KernelAction::DeleteAddress { .. }))
        });
        assert!(add < gone, "make before break");
        net.behaviour = ServerBehaviour::Silent;
        net.wait(3_600_000 + 10_000);
        assert!(net.bond_has(fallback) && !net.bond_has(LEASE) && net.has_default());
    }
    let status = status::status(&net.world.engine, net.world.now);
    assert_eq!(status.links[0].addresses[0].from, "fallback");
}

#[test]
fn the_way_down_gives_the_lease_back_first() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.world.take();
    net.take();
    net.world.engine.handle(net.world.now, Event::Stop);
    net.run();
    assert_eq!(net.kinds(), [7]);
    let done = net.world.take();
    let release = place_of(&done, |a| matches!(a, Action::ReleaseDhcp4 { .. }));
    let address = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::DeleteAddress { .. }))
    });
    assert!(release < address);
}

#[test]
fn a_file_without_dhcp_gives_the_lease_back_first() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.world.take();
    net.take();
    let mut other = config();
    other.bond.ip = static_block(43, 150, 100);
    let event = Event::Config(&other);
    net.world.engine.handle(net.world.now, event);
    net.run();
    assert_eq!(net.kinds(), [7]);
    assert!(!net.bond_has(LEASE) && net.bond_has([192, 168, 43, 150]) && net.has_default());
    assert!(net.world.engine.dhcp4("bond0").is_none());
    let done = net.world.take();
    let release = place_of(&done, |a| matches!(a, Action::ReleaseDhcp4 { .. }));
    let address = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::DeleteAddress { .. }))
    });
    assert!(release < address);
}

#[test]
fn a_lease_is_stored_once_and_on_the_card_only_when_it_is_another() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.lease_s = 100;
    net.join(WLAN0);
    net.wait(3_600_000);
    let done = net.world.take();
    let stores = done.iter().filter_map(|a| match a {
        Action::StoreLease { lasting, .. } => Some(*lasting),
        _ => None,
    });
    let stores: Vec<bool> = stores.collect();
    assert!(stores.len() > 60);
    assert_eq!(stores.iter().filter(|lasting| **lasting).count(), 1);
}

/// A server that gives another address each time does not wear out the card.
#[test]
fn the_card_is_written_seldom_whatever_a_server_gives() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.lease_s = 20;
    net.join(WLAN0);
    for number in 0..360 {
        net.gives[3] = 50 + (number % 100) as u8;
        net.wait(10_000);
    }
    let done = net.world.take();
    let lasting = |a: &&Action| matches!(a, Action::StoreLease { lasting: true, .. });
    let writes = done.iter().filter(lasting).count();
    assert!((5..=7).contains(&writes), "{writes}");
    // What it ends with is stored in the end.
    net.wait(600_000);
    let client = net.world.engine.dhcp4("bond0").unwrap();
    assert!(client.lease.is_some() && !client.unstored_lasting);
}
