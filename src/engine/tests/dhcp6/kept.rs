//! A lease in use: renewed, ended, declined, given back, taken up again.
use super::*;
use crate::engine::contract::event::Kept;

#[test]
fn a_lease_is_renewed_rebound_and_ends() {
    let mut world = leased();
    world.wait(1_800_000);
    assert_eq!(world.kinds(), [RENEW]);
    world.server.behaviour = ServerBehaviour::Silent;
    // Half of 3600 s, four fifths, the end.
    world.wait(1_800_000 + 1_000_000);
    assert!(world.kinds().iter().all(|kind| *kind == RENEW));
    world.wait(700_000);
    let kinds = world.kinds();
    assert!(
        kinds.contains(&REBIND) && !kinds.contains(&SOLICIT),
        "{kinds:?}"
    );
    assert!(world.bond_has(lent(0x101)));
    world.wait(200_000);
    assert!(!world.bond_has(lent(0x101)));
    assert!(world.kinds().contains(&SOLICIT));
    world.server.behaviour = ServerBehaviour::Rapid;
    world.wait(3_700_000);
    assert!(world.bond_has(lent(0x101)));
}

#[test]
fn a_server_that_has_forgotten_us_is_asked_anew_and_the_address_stays() {
    let mut world = leased();
    world.server.behaviour = ServerBehaviour::NoBinding;
    world.take();
    world.wait(1_810_000);
    assert_eq!(world.kinds(), [RENEW, REQUEST]);
    assert!(world.bond_has(lent(0x101)));
    let gone = |a: &Action| matches!(a.change(), Some(KernelAction::DeleteAddress { .. }));
    assert!(!world.take().iter().any(gone));
}

#[test]
fn an_address_that_is_another_s_is_declined() {
    let mut world = leased();
    let index = world.bond().0;
    let mut taken = *world
        .engine
        .observed()
        .addresses_of(index)
        .find(|a| a.net.prefix == 128)
        .expect("the lent one");
    taken.duplicate = true;
    world.handle(Event::AddressGone(taken));
    world.server.gives6 = lent(0x102);
    world.run();
    assert_eq!(world.kinds(), [DECLINE]);
    assert!(!world.bond_has(lent(0x101)));
    world.wait(12_000);
    assert_eq!(world.kinds(), [SOLICIT]);
    assert!(world.bond_has(lent(0x102)));
}

#[test]
fn a_lease_is_given_back_on_the_way_down() {
    let mut world = leased();
    world.tell(Event::Stop);
    assert_eq!(world.kinds(), [RELEASE]);
    let done = world.take();
    let release = place_of(&done, |a| {
        matches!(a.packet(), Some(Packet::Dhcp { release: true, .. }))
    });
    let removed = place_of_change!(done, DeleteAddress { .. });
    let settings = place_of(&done, |a| {
        matches!(
            a,
            Action::Kernel(KernelRequest::Setting(SettingRequest::Sysctls {
                values: None,
                ..
            }))
        )
    });
    assert!(release < removed && removed < settings);
}

#[test]
fn a_file_without_ipv6_gives_the_lease_back_first() {
    let mut world = leased();
    let other = config(Ipv6Mode::Off);
    world.tell(Event::Config(&other));
    assert_eq!(world.kinds(), [RELEASE]);
    assert!(!world.bond_has(lent(0x101)));
    assert!(world.engine.dhcp6("bond0").is_none());
}

#[test]
fn a_lease_of_this_boot_is_taken_up_again() {
    let world = leased();
    let lease = world.client6().lease.clone().expect("a lease");
    let mut engine = Engine::new(&config(Ipv6Mode::Auto), 7);
    engine.handle(Instant::ZERO, world::IDENTITY);
    engine.handle(
        Instant::from_ms(5_000),
        Event::LeaseFound {
            family: Family::V6,
            name: "bond0",
            message: &lease.message,
            kept: Kept::OfThisBoot(lease.obtained),
        },
    );
    let again = engine.dhcp6("bond0").expect("a client").lease.clone();
    assert_eq!(again, Some(lease));
}
