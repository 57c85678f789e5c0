//! Leases: on an invented clock, with an invented server.
mod acd;
mod kept;
mod link_local;
mod messages;
mod networks;
mod offers;
mod rejoin;
mod restart;

use super::server::{
    Asked, LEASE, OTHER_SERVER, SERVER, ServerBehaviour, head4, message, received,
};
use super::*;
use crate::engine::contract::action::Transport;
use crate::engine::contract::event::Kept;
use crate::engine::contract::packet::Purpose;
use crate::engine::dhcp::v4::State;
use crate::wire::Family;

fn config() -> Config {
    let mut config = super::config();
    config.links.clear();
    config.bond.ip = IpBlock::default();
    config
}

fn with_fallback() -> Config {
    let mut config = config();
    config.bond.ip.ipv4.fallback = Some(Fallback {
        address: net(192, 168, 43, 150, 24),
        gateway: Some(IpAddr::from([192, 168, 43, 1])),
        after_s: 10,
    });
    config
}

fn start(config: &Config, behaviour: ServerBehaviour) -> World {
    World::with_server(Engine::new(config, 7), behaviour)
}

/// wlan0 carries, and has a lease of a server that answers.
fn leased() -> World {
    let mut world = start(&config(), ServerBehaviour::Answers);
    world.join(WLAN0);
    world.asked();
    world
}

/// The same, with wlan1 as standby.
fn both() -> World {
    let mut world = leased();
    world.join(WLAN1);
    world.asked();
    world
}

/// An engine that finds the lease of another one on disk.
fn found(kept: impl Fn(Instant) -> Kept, behaviour: ServerBehaviour) -> World {
    let world = leased();
    let lease = world.client4().lease().expect("a lease");
    let mut engine = Engine::new(&config(), 7);
    let found = Event::LeaseFound {
        family: Family::V4,
        name: "bond0",
        message: &lease.message,
        kept: kept(lease.obtained),
    };
    engine.handle(Instant::from_ms(1_500), found);
    World::with_server(engine, behaviour)
}

#[test]
fn nothing_is_asked_before_a_member_is_authorised() {
    let mut world = start(&config(), ServerBehaviour::Answers);
    world.edit(WLAN0, |link| {
        link.carrier = true;
        link.oper = Oper::Dormant;
    });
    world.wait(60_000);
    assert_eq!(world.kinds(), []);
    world.join(WLAN0);
    assert_eq!(world.kinds(), [1, 3]);
    assert!(world.bond_has(LEASE) && world.bond_has_default());
}

#[test]
fn a_rapid_server_needs_one_question() {
    let mut world = start(&config(), ServerBehaviour::Rapid);
    world.join(WLAN0);
    let asked = world.asked();
    assert_eq!(asked.len(), 1);
    assert!(world.bond_has(LEASE) && world.bond_has_default());
    // RFC 4361: IAID and DUID, whoever carries.
    assert_eq!(asked[0].client()[0], 255);
    assert_eq!(asked[0].client()[5..], [0, 3, 0, 1, 2, 0, 0, 0, 0, 0x1f]);
}

#[test]
fn a_silent_server_is_asked_quickly_at_first_and_then_seldom() {
    let mut world = start(&config(), ServerBehaviour::Silent);
    world.join(WLAN0);
    world.wait(300_000);
    let asked = world.asked();
    let mut waits = asked.windows(2).map(|two| two[1].at - two[0].at);
    let first: Vec<u64> = waits.by_ref().take(4).collect();
    assert_eq!(first, [200, 300, 500, 1_000]);
    for (wait, base) in waits.zip([4, 8, 16, 32, 64, 64, 64]) {
        let base = base * 1_000;
        assert!(
            (base - 1_000..base + 1_000).contains(&wait),
            "{wait} {base}"
        );
    }
    assert!(asked.iter().all(|a| a.kind == 1));
    assert!(!world.bond_has_default());
}

#[test]
fn a_fail_over_keeps_the_address_and_confirms_it_under_the_new_mac() {
    let mut world = both();
    world.take();
    let bond = world.bond().0;
    // As the kernel does with fail_over_mac=active.
    let mac = world.link(WLAN1).mac;
    world.lose(WLAN0);
    assert!(world.bond_has(LEASE) && world.bond_has_default());
    let asked = world.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!((asked[0].kind, asked[0].transport), (3, Transport::Raw));
    assert_eq!(asked[0].requested(), Some(LEASE));
    let done = world.take();
    let address = |a: &Action| matches!(a.change(), Some(KernelAction::DeleteAddress { .. }));
    assert!(!done.iter().any(address), "{done:?}");
    world.edit(bond, |link| link.mac = mac);
    // A hundred more: never another address.
    for _ in 0..100 {
        world.join(WLAN0);
        world.lose(WLAN1);
        world.join(WLAN1);
        world.lose(WLAN0);
        world.wait(1_000);
        assert!(world.bond_has(LEASE) && world.bond_has_default());
    }
    let done = world.take();
    assert!(!done.iter().any(address));
    assert!(world.asked().iter().all(|asked| asked.kind == 3));
}

#[test]
fn a_server_that_is_silent_after_a_fail_over_changes_nothing() {
    let mut world = both();
    world.server.behaviour = ServerBehaviour::Silent;
    world.lose(WLAN0);
    world.wait(60_000);
    // Asked to confirm it, and whether another server offers one.
    assert_eq!(world.kinds(), [3, 3, 3, 3, 1, 1, 1, 1, 1]);
    assert!(world.bond_has(LEASE));
}

#[test]
fn replies_are_listened_for_while_one_is_awaited_and_claims_during_the_lease() {
    let mut world = both();
    let (lease, other) = (Ipv4Addr::from(LEASE), Ipv4Addr::from(SERVER));
    let listens = |world: &World| {
        [
            Purpose::Dhcp4,
            Purpose::Dhcp4From(lease),
            Purpose::Dhcp4From(other),
            Purpose::AddressConflict(lease),
            Purpose::AddressConflict(other),
        ]
        .map(|purpose| world.engine.listens(world.bond().0, purpose))
    };
    assert_eq!(listens(&world), [false, false, false, true, false]);
    world.server.behaviour = ServerBehaviour::Silent;
    world.lose(WLAN0);
    assert_eq!(listens(&world), [true, true, false, true, false]);
    assert!(!world.engine.listens(99, Purpose::Dhcp4));
}

#[test]
fn a_refusal_after_a_gap_brings_another_address() {
    let mut world = leased();
    world.lose(WLAN0);
    let bond = world.bond().0;
    let set = |world: &mut World, up: bool| {
        world.edit(bond, |link| link.carrier = up);
        world.run();
    };
    set(&mut world, false);
    assert!(
        !world.bond_has(LEASE),
        "an address is there while the link is"
    );
    world.asked();
    world.server.behaviour = ServerBehaviour::Refuses;
    world.server.gives = [192, 168, 43, 77];
    world.join(WLAN0);
    assert_eq!(world.kinds(), [3]);
    assert!(!world.bond_has(LEASE) && !world.bond_has_default());
    world.server.behaviour = ServerBehaviour::Answers;
    world.wait(200);
    assert_eq!(world.kinds(), [1, 3]);
    assert!(world.bond_has([192, 168, 43, 77]) && world.bond_has_default());
}

#[test]
fn a_stranger_s_refusal_counts_only_when_nobody_else_answers() {
    let mut world = both();
    world.server.behaviour = ServerBehaviour::Interferes;
    world.lose(WLAN0);
    assert!(world.bond_has(LEASE));
    world.server.behaviour = ServerBehaviour::Answers;
    world.wait(199);
    assert!(world.bond_has(LEASE));
    world.wait(500);
    assert_eq!(world.kinds()[..], [3, 1, 3]);
    assert!(world.bond_has(LEASE));
}
