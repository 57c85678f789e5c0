//! IPv6 on an invented clock, with an invented server and router.
mod identity;
mod kept;
mod offers;
mod routers;

use super::server::*;
use super::world::DUID;
use super::*;
use crate::engine::dhcp::iaid;
use crate::engine::dhcp::v6::State;
use crate::wire::Family;
use core::net::Ipv6Addr;

fn config(mode: Ipv6Mode) -> Config {
    let mut config = super::config();
    config.links.clear();
    config.bond.ip = IpBlock::default();
    config.bond.ip.ipv4.dhcp = false;
    config.bond.ip.ipv6.mode = mode;
    config
}

/// The bond has a link-local address.
fn start(mode: Ipv6Mode, behaviour: ServerBehaviour) -> World {
    let mut world = World::with_server(Engine::new(&config(mode), 7), behaviour);
    world.tell(Event::Address(link_local(world.bond().0)));
    world
}

/// wlan0 carries, and has a lease of a server that answers at once.
fn leased() -> World {
    let mut world = start(Ipv6Mode::Dhcp, ServerBehaviour::Rapid);
    world.join(WLAN0);
    assert!(world.bond_has(world.server.gives6));
    world.asked();
    world
}

fn state(world: &World) -> State {
    world.client6().state()
}

fn flags(world: &mut World, managed: bool, other: bool) {
    let flags = RouterFlags { managed, other };
    let link = world.bond().0;
    world.tell(Event::RouterFlags { link, flags });
}

#[test]
fn routers_decide_what_is_asked_for() {
    let mut world = start(Ipv6Mode::Auto, ServerBehaviour::Answers);
    world.join(WLAN0);
    world.wait(60_000);
    assert!(world.kinds().is_empty());
    flags(&mut world, false, true);
    assert_eq!(world.kinds(), [INFORM]);
    let servers = |world: &World| crate::engine::dns::resolver(&world.engine).servers.len();
    assert_eq!((servers(&world), world.bond_has(lent(0x101))), (1, false));
    flags(&mut world, true, true);
    world.wait(1_000);
    assert_eq!(world.kinds(), [SOLICIT, REQUEST]);
    assert!(world.bond_has(lent(0x101)));
    // A router that no longer asks for it takes nothing back.
    flags(&mut world, false, false);
    world.wait(60_000);
    assert!(world.bond_has(lent(0x101)));
    assert!(world.kinds().is_empty());
}

#[test]
fn nothing_is_asked_without_an_address_to_speak_from() {
    let mut world = start(Ipv6Mode::Dhcp, ServerBehaviour::Rapid);
    let own = *world
        .engine
        .observed()
        .addresses_of(world.bond().0)
        .next()
        .expect("its own");
    let tentative = Address {
        tentative: true,
        ..own
    };
    world.handle(Event::Address(tentative));
    world.join(WLAN0);
    world.wait(60_000);
    assert!(world.kinds().is_empty());
    world.tell(Event::Address(own));
    assert_eq!(world.kinds(), [SOLICIT]);
    assert!(world.bond_has(lent(0x101)));
}

#[test]
fn the_best_offer_of_a_tenth_of_a_second_is_taken() {
    let mut world = start(Ipv6Mode::Dhcp, ServerBehaviour::Answers);
    world.join(WLAN0);
    let began = world.now;
    assert!(world.poll_at().unwrap() <= began + 100);
    world.wait(100);
    let asked = world.asked();
    let asked: Vec<_> = asked.iter().map(|a| (a.at, a.kind)).collect();
    assert_eq!(asked, [(began, SOLICIT), (began + 100, REQUEST)]);
    assert!(world.bond_has(lent(0x101)));
}

#[test]
fn a_silent_server_is_asked_as_the_rfc_has_it() {
    let mut world = start(Ipv6Mode::Dhcp, ServerBehaviour::Silent);
    world.join(WLAN0);
    world.wait(4 * 3_600_000);
    let asked = world.asked();
    let waits = asked.windows(2).map(|two| two[1].at - two[0].at);
    let mut expected = 1_000;
    for wait in waits {
        // Each is twice the last, moved by a tenth of itself; an hour at most.
        let (low, high) = (expected * 8 / 10, expected * 12 / 10);
        assert!((low..=high).contains(&wait), "{wait} after {expected}");
        expected = (wait * 2).min(3_600_000);
    }
    assert!((12..20).contains(&asked.len()), "{asked:?}");
}

#[test]
fn a_fail_over_keeps_the_address_and_confirms_it() {
    let mut world = leased();
    world.join(WLAN1);
    world.take();
    for _ in 0..100 {
        world.lose(WLAN0);
        assert!(world.bond_has(lent(0x101)));
        world.join(WLAN0);
        world.lose(WLAN1);
        world.join(WLAN1);
        world.wait(20_000);
    }
    let kinds = world.kinds();
    assert!(kinds.len() >= 100, "{kinds:?}");
    // Half an hour passes: a renewal is among them.
    assert!(kinds.iter().all(|kind| [CONFIRM, RENEW].contains(kind)));
    let gone = |a: &Action| matches!(a.change(), Some(KernelAction::DeleteAddress { .. }));
    assert!(!world.take().iter().any(gone));
    // And routers are asked who they are.
    assert_eq!(state(&world), State::Bound);
}

#[test]
fn a_server_that_is_silent_after_a_fail_over_changes_nothing() {
    let mut world = leased();
    world.join(WLAN1);
    world.server.behaviour = ServerBehaviour::Silent;
    world.lose(WLAN0);
    world.wait(60_000);
    let kinds = world.kinds();
    assert!((3..=6).contains(&kinds.len()), "{kinds:?}");
    assert!(kinds.iter().all(|kind| *kind == CONFIRM));
    assert!(world.bond_has(lent(0x101)));
}

#[test]
fn another_network_gives_another_address() {
    let mut world = leased();
    world.join(WLAN1);
    world.server.behaviour = ServerBehaviour::Moved;
    world.server.gives6 = lent(0x202);
    world.lose(WLAN0);
    world.wait(2_000);
    assert!(world.bond_has(lent(0x202)) && !world.bond_has(lent(0x101)));
    assert_eq!(world.kinds(), [CONFIRM, SOLICIT, REQUEST]);
}

/// The bond keeps its carrier all the while, and the adapter is the same.
#[test]
fn the_same_adapter_in_another_network_confirms_its_address() {
    let mut world = leased();
    world.lose(WLAN0);
    world.wait(50);
    let bond = world.bond().0;
    assert!(world.link(bond).carrier && world.bond_has(lent(0x101)));
    world.kinds();
    world.server.behaviour = ServerBehaviour::Moved;
    world.server.gives6 = lent(0x202);
    world.join(WLAN0);
    world.wait(2_000);
    assert!(world.bond_has(lent(0x202)) && !world.bond_has(lent(0x101)));
    assert_eq!(world.kinds(), [CONFIRM, SOLICIT, REQUEST]);
}

/// Two leases of before leave nothing behind that the kernel would be told of for ever.
#[test]
fn three_addresses_one_after_the_other() {
    let mut world = leased();
    for last in [0x102, 0x103, 0x104] {
        world.server.gives6 = lent(last);
        world.wait(1_801_000);
        world.take();
        world.wait(60_000);
        assert!(world.bond_has(lent(last)) && !world.bond_has(lent(last - 1)));
        let adds = |a: &Action| matches!(a.change(), Some(KernelAction::AddAddress6 { .. }));
        assert!(!world.take().iter().any(adds));
    }
}

/// Whatever it is asked.
#[test]
fn a_server_that_always_forgets_is_no_storm() {
    let mut world = start(Ipv6Mode::Dhcp, ServerBehaviour::Forgets);
    world.join(WLAN0);
    world.wait(600_000);
    let count = world.asked().len();
    assert!((5..100).contains(&count), "{count}");
}

#[test]
fn a_server_without_addresses_is_said_once() {
    let mut world = start(Ipv6Mode::Dhcp, ServerBehaviour::NoneLeft);
    world.join(WLAN0);
    world.wait(600_000);
    assert_eq!(world.recorded("no address to lend"), 1);
    world.server.behaviour = ServerBehaviour::Answers;
    world.wait(1_300_000);
    assert!(world.bond_has(lent(0x101)));
}
