//! A lease in use: renewed, ended, declined, given back, taken up again.
use super::*;

#[test]
fn a_lease_is_renewed_rebound_and_ends() {
    let mut net = Net::bound();
    net.wait(1_800_000);
    assert_eq!(net.kinds(), [RENEW]);
    net.behaviour = ServerBehaviour::Silent;
    // Half of 3600 s, four fifths, the end.
    net.wait(1_800_000 + 1_000_000);
    assert!(net.kinds().iter().all(|kind| *kind == RENEW));
    net.wait(700_000);
    let kinds = net.kinds();
    assert!(
        kinds.contains(&REBIND) && !kinds.contains(&SOLICIT),
        "{kinds:?}"
    );
    assert!(net.has(lent(0x101)));
    net.wait(200_000);
    assert!(!net.has(lent(0x101)));
    assert!(net.kinds().contains(&SOLICIT));
    net.behaviour = ServerBehaviour::Rapid;
    net.wait(3_700_000);
    assert!(net.has(lent(0x101)));
}

#[test]
fn a_server_that_has_forgotten_us_is_asked_anew_and_the_address_stays() {
    let mut net = Net::bound();
    net.behaviour = ServerBehaviour::NoBinding;
    net.world.take();
    net.wait(1_810_000);
    assert_eq!(net.kinds(), [RENEW, REQUEST]);
    assert!(net.has(lent(0x101)));
    let gone = |a: &Action| matches!(a, Action::Kernel(KernelAction::DeleteAddress { .. }));
    assert!(!net.world.take().iter().any(gone));
}

#[test]
fn an_address_that_is_another_s_is_declined() {
    let mut net = Net::bound();
    let index = net.bond();
    let mut taken = *net
        .world
        .engine
        .observed()
        .addresses_of(index)
        .find(|a| a.net.prefix == 128)
        .expect("the lent one");
    taken.duplicate = true;
    net.handle(Event::AddressGone(taken));
    net.gives = lent(0x102);
    net.run();
    assert_eq!(net.kinds(), [DECLINE]);
    assert!(!net.has(lent(0x101)));
    net.wait(12_000);
    assert_eq!(net.kinds(), [SOLICIT]);
    assert!(net.has(lent(0x102)));
}

#[test]
fn a_lease_is_given_back_on_the_way_down() {
    let mut net = Net::bound();
    net.handle(Event::Stop);
    net.run();
    assert_eq!(net.kinds(), [RELEASE]);
    let done = net.world.take();
    let release = place_of(&done, |a| matches!(a, Action::ReleaseDhcp6 { .. }));
    let removed = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::DeleteAddress { .. }))
    });
    let settings = place_of(&done, |a| {
        matches!(a, Action::SetSysctls { values: None, .. })
    });
    assert!(release < removed && removed < settings);
}

#[test]
fn a_file_without_ipv6_gives_the_lease_back_first() {
    let mut net = Net::bound();
    let other = config(Ipv6Mode::Off);
    net.handle(Event::Config(&other));
    net.run();
    assert_eq!(net.kinds(), [RELEASE]);
    assert!(!net.has(lent(0x101)));
    assert!(net.world.engine.inet6("bond0").is_none());
}

#[test]
fn a_lease_of_this_boot_is_taken_up_again() {
    let mut net = Net::bound();
    let lease = net
        .world
        .engine
        .inet6("bond0")
        .unwrap()
        .client
        .lease
        .clone();
    let lease = lease.expect("a lease");
    let mut engine = Engine::new(&config(Ipv6Mode::Auto));
    engine.set_identity(Identity {
        duid: heapless::Vec::from_slice(&DUID).unwrap(),
        host_name: Default::default(),
    });
    engine.handle(
        5_000,
        Event::Lease6Found {
            name: "bond0",
            reply: &lease.reply,
            obtained: lease.obtained,
        },
    );
    let again = engine.inet6("bond0").expect("IPv6").client.lease.clone();
    assert_eq!(again, Some(lease));
    net.kinds();
}
