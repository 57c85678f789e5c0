//! Leases of before: of this boot, of another one, of another network.
use super::*;
use crate::engine::contract::event::Kept;

/// A lease, and an engine that found it on disk.
fn found(kept: impl Fn(u64) -> Kept) -> Engine {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    let client = net.world.engine.dhcp4("bond0").expect("a client");
    let lease = client.lease.clone().expect("a lease");
    let mut engine = Engine::new(&config());
    let found = Event::LeaseFound {
        name: "bond0",
        ack: &lease.ack,
        kept: kept(lease.obtained),
    };
    engine.handle(1_500, found);
    engine
}

#[test]
fn after_a_crash_the_address_stays_and_is_confirmed() {
    let mut again = Net::begin(found(Kept::OfThisBoot), ServerBehaviour::Silent);
    again.join(WLAN0);
    let asked = again.take();
    assert_eq!((asked[0].kind, asked[0].requested), (3, Some(LEASE)));
    assert!(again.bond_has(LEASE), "in use while it is confirmed");
}

#[test]
fn after_a_reboot_the_old_address_is_asked_for_first() {
    let mut again = Net::begin(found(|_| Kept::OfBefore), ServerBehaviour::Silent);
    again.join(WLAN0);
    assert!(
        !again.bond_has(LEASE),
        "nobody has said yet that it is good here"
    );
    again.wait(1_000);
    let asked = again.take();
    let kinds: Vec<u8> = asked.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [3, 1, 1, 1]);
    assert_eq!(asked[1].at - asked[0].at, 200, "silence costs so much");
    assert!(asked.iter().all(|a| a.requested == Some(LEASE)));
    again.behaviour = ServerBehaviour::Answers;
    again.wait(1_000);
    assert!(again.bond_has(LEASE));
}

#[test]
fn a_lease_that_was_given_back_is_not_waited_for() {
    let mut again = Net::begin(found(|_| Kept::GivenBack), ServerBehaviour::Modest);
    again.join(WLAN0);
    let asked = again.take();
    let kinds: Vec<u8> = asked.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [1, 3]);
    assert_eq!(asked[0].requested, Some(LEASE), "but wished for");
    assert!(again.bond_has(LEASE));
    // The card says that it is in use again.
    let lasting = |a: &Action| matches!(a, Action::StoreLease { lasting: true, .. });
    assert!(again.world.take().iter().any(lasting));
}

/// It answers the REQUEST after the first DISCOVER has left.
#[test]
fn an_answer_that_is_late_is_taken() {
    let mut again = Net::begin(found(|_| Kept::OfBefore), ServerBehaviour::Silent);
    again.join(WLAN0);
    let (bond, _) = again.world.bond();
    let xid = again.world.engine.dhcp4("bond0").expect("a client").xid;
    again.wait(250);
    let mut question = vec![0; 236];
    question[4..8].copy_from_slice(&xid.to_be_bytes());
    question[28..34].copy_from_slice(&again.world.link(WLAN0).mac.expect("one").0);
    question.extend([99, 130, 83, 99, 53, 1, 3, 255]);
    again.behaviour = ServerBehaviour::Answers;
    let late = again.reply(&question).expect("an ACK");
    again.behaviour = ServerBehaviour::Silent;
    let late = Event::Dhcp4 {
        link: bond,
        message: &late,
    };
    again.world.engine.handle(again.world.now, late);
    again.run();
    assert!(again.bond_has(LEASE));
}

/// The box was carried to another network in which nobody says no.
#[test]
fn a_modest_server_of_another_network_gives_another_lease() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.join(WLAN1);
    net.take();
    net.world.take();
    let other = [192, 168, 43, 77];
    (net.behaviour, net.gives) = (ServerBehaviour::Modest, other);
    net.lose(WLAN0);
    net.wait(1_500);
    assert!(net.bond_has(LEASE), "in use until there is another");
    net.wait(1_500);
    assert!(net.bond_has(other) && !net.bond_has(LEASE) && net.has_default());
    assert_eq!(net.kinds(), [3, 3, 3, 3, 1, 3]);
    let done = net.world.take();
    let add = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::AddAddress { .. }))
    });
    let gone = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::DeleteAddress { .. }))
    });
    assert!(add < gone, "make before break");
}
