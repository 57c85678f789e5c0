//! Several servers: one offers and leaves it at that, one answers for another.
use super::*;

impl World {
    /// An offer to the last question, by this server.
    fn offer(&mut self, server: [u8; 4], address: [u8; 4]) {
        let link = self.bond().0;
        // Not the question's number, if that was changed since: the client's.
        let xid = self.client4().xid;
        let mut message = head4(xid, self.link(link).mac.unwrap());
        message[16..20].copy_from_slice(&address);
        message.extend([99, 130, 83, 99, 53, 1, 2, 54, 4]);
        message.extend(server);
        message.extend([1, 4, 255, 255, 255, 0, 51, 4, 0, 0, 14, 16, 255]);
        self.tell(received(link, Family::V4, &message));
    }

    /// Which server was asked for its offer.
    fn chosen(&self) -> Option<[u8; 4]> {
        match self.client4().state() {
            State::Requesting { offer, .. } => Some(offer.server.octets()),
            _ => None,
        }
    }
}

#[test]
fn a_server_that_offers_and_never_acknowledges_is_passed_over_once() {
    let mut world = start(&config(), ServerBehaviour::Silent);
    world.join(WLAN0);
    world.offer(OTHER_SERVER, LEASE);
    assert_eq!(world.chosen(), Some(OTHER_SERVER));
    // It is silent from then on.
    world.wait(7_000);
    assert_eq!(world.chosen(), None);
    // The next round: it is first again, and another's offer takes 3 s.
    world.offer(OTHER_SERVER, LEASE);
    assert_eq!(world.chosen(), None);
    world.wait(3_000);
    world.offer(OTHER_SERVER, LEASE);
    assert_eq!(world.chosen(), None);
    world.offer(SERVER, [192, 168, 43, 77]);
    assert_eq!(world.chosen(), Some(SERVER));
}

#[test]
fn a_server_that_is_alone_gets_its_turn_again() {
    let mut world = start(&config(), ServerBehaviour::Silent);
    world.join(WLAN0);
    world.offer(SERVER, LEASE);
    world.wait(7_000);
    world.offer(SERVER, LEASE);
    assert_eq!(world.chosen(), None);
    world.wait(8_000);
    world.offer(SERVER, LEASE);
    assert_eq!(world.chosen(), Some(SERVER));
    // With an answer at last, it is as good as any.
    world.server.behaviour = ServerBehaviour::Answers;
    world.wait(1_000);
    assert!(world.bond_has(LEASE));
}

/// A confirmation and a REQUEST at the end of a lease are broadcasts: each server hears them.
#[test]
fn another_server_s_address_is_no_answer_to_a_question_about_ours() {
    let mut world = both();
    world.server.behaviour = ServerBehaviour::Usurps;
    world.server.gives = [192, 168, 43, 77];
    world.lose(WLAN0);
    assert!(world.bond_has(LEASE) && !world.bond_has(world.server.gives));
    // Nor when the lease is about to end.
    world.wait(3_590_000);
    assert!(world.bond_has(LEASE) && !world.bond_has(world.server.gives));
    world.server.behaviour = ServerBehaviour::Answers;
    world.server.gives = LEASE;
    world.wait(64_000);
    assert!(world.bond_has(LEASE));
    world.asked();
    // The same address by another server is as good.
    world.server.behaviour = ServerBehaviour::Usurps;
    world.join(WLAN0);
    world.lose(WLAN1);
    assert_eq!(world.kinds(), [3]);
    let lease = world.client4().lease().unwrap();
    assert_eq!(lease.reply.server, Some(Ipv4Addr::from(OTHER_SERVER)));
}

#[test]
fn a_stored_address_is_not_replaced_by_another_server_s() {
    let mut world = found(|_| Kept::OfBefore, ServerBehaviour::Usurps);
    world.server.gives = [192, 168, 43, 77];
    world.join(WLAN0);
    assert!(!world.bond_has(world.server.gives));
    world.server.behaviour = ServerBehaviour::Answers;
    world.server.gives = LEASE;
    world.wait(1_000);
    assert!(world.bond_has(LEASE));
}
