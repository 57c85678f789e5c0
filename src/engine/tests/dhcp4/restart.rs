//! Leases of before: of this boot, of another one, of another network.
use super::*;

#[test]
fn after_a_crash_the_address_stays_and_is_confirmed() {
    let mut again = found(Kept::OfThisBoot, ServerBehaviour::Silent);
    again.join(WLAN0);
    let asked = again.asked();
    assert_eq!((asked[0].kind, asked[0].requested()), (3, Some(LEASE)));
    assert!(again.bond_has(LEASE), "in use while it is confirmed");
}

#[test]
fn after_a_reboot_the_old_address_is_asked_for_first() {
    let mut again = found(|_| Kept::OfBefore, ServerBehaviour::Silent);
    again.join(WLAN0);
    assert!(
        !again.bond_has(LEASE),
        "no server has confirmed yet that it is good here"
    );
    again.wait(1_000);
    let asked = again.asked();
    let kinds: Vec<u8> = asked.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [3, 1, 1, 1]);
    assert_eq!(asked[1].at - asked[0].at, 200, "silence costs so much");
    assert!(asked.iter().all(|a| a.requested() == Some(LEASE)));
    again.server.behaviour = ServerBehaviour::Answers;
    again.wait(1_000);
    assert!(again.bond_has(LEASE));
}

#[test]
fn a_lease_that_was_given_back_is_not_waited_for() {
    let mut again = found(|_| Kept::GivenBack, ServerBehaviour::Modest);
    again.join(WLAN0);
    let asked = again.asked();
    let kinds: Vec<u8> = asked.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [1, 3]);
    assert_eq!(asked[0].requested(), Some(LEASE), "but wished for");
    assert!(again.bond_has(LEASE));
    // The card says that it is in use again.
    let lasting = |a: &Action| matches!(a, Action::Store(Store::Lease { lasting: true, .. }));
    assert!(again.take().iter().any(lasting));
}

/// It answers the REQUEST after the first DISCOVER has left.
#[test]
fn an_answer_that_is_late_is_taken() {
    let mut again = found(|_| Kept::OfBefore, ServerBehaviour::Silent);
    again.join(WLAN0);
    let (bond, _) = again.bond();
    let xid = again.client4().xid;
    again.wait(250);
    let mut question = head4(xid, again.link(WLAN0).mac.expect("one"));
    question.extend([99, 130, 83, 99, 53, 1, 3, 255]);
    again.server.behaviour = ServerBehaviour::Answers;
    let late = again.server.reply4(&question).expect("an ACK");
    again.server.behaviour = ServerBehaviour::Silent;
    again.tell(received(bond, Family::V4, &late));
    assert!(again.bond_has(LEASE));
}

/// The box was carried to another network in which nobody says no.
#[test]
fn a_modest_server_of_another_network_gives_another_lease() {
    let mut world = both();
    world.take();
    let other = [192, 168, 43, 77];
    (world.server.behaviour, world.server.gives) = (ServerBehaviour::Modest, other);
    world.lose(WLAN0);
    world.wait(1_500);
    assert!(world.bond_has(LEASE), "in use until there is another");
    world.wait(1_500);
    assert!(world.bond_has(other) && !world.bond_has(LEASE) && world.bond_has_default());
    assert_eq!(world.kinds(), [3, 3, 3, 3, 1, 3]);
    let done = world.take();
    let add = place_of_change!(done, AddAddress { .. });
    let gone = place_of_change!(done, DeleteAddress { .. });
    assert!(add < gone, "make before break");
}
