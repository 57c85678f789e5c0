//! Several servers: one offers and leaves it at that, one answers for another.
use super::*;

const BAD: [u8; 4] = [192, 168, 43, 9];

impl Net {
    /// An offer to the last question, by this server.
    fn offer(&mut self, server: [u8; 4], address: [u8; 4]) {
        let link = self.world.bond().0;
        let mut out = [0; MAX_ASK];
        // What the last question held is gone with it; its number is the client's.
        let xid = self.world.engine.dhcp4("bond0").unwrap().xid;
        let mac = self.world.link(link).mac.unwrap().0;
        out[4..8].copy_from_slice(&xid.to_be_bytes());
        out[28..34].copy_from_slice(&mac);
        let mut message = out[..236].to_vec();
        message[..3].copy_from_slice(&[2, 1, 6]);
        message[16..20].copy_from_slice(&address);
        message.extend([99, 130, 83, 99, 53, 1, 2, 54, 4]);
        message.extend(server);
        message.extend([1, 4, 255, 255, 255, 0, 51, 4, 0, 0, 14, 16, 255]);
        let message = &message[..];
        let event = Event::Dhcp4 { link, message };
        self.world.engine.handle(self.world.now, event);
        self.run();
    }

    /// Which server was asked for its offer.
    fn chosen(&self) -> Option<[u8; 4]> {
        match self.world.engine.dhcp4("bond0").unwrap().state {
            crate::engine::dhcp4::State::Requesting { offer, .. } => Some(offer.server.octets()),
            _ => None,
        }
    }
}

#[test]
fn a_server_that_offers_and_never_acknowledges_is_passed_over_once() {
    let mut net = Net::start(&config(), ServerBehaviour::Silent);
    net.join(WLAN0);
    net.offer(BAD, LEASE);
    assert_eq!(net.chosen(), Some(BAD));
    // It is silent from then on.
    net.wait(7_000);
    assert_eq!(net.chosen(), None);
    // The next round: it is first again, and another's offer takes 3 s.
    net.offer(BAD, LEASE);
    assert_eq!(net.chosen(), None);
    net.wait(3_000);
    net.offer(BAD, LEASE);
    assert_eq!(net.chosen(), None);
    net.offer(SERVER, [192, 168, 43, 77]);
    assert_eq!(net.chosen(), Some(SERVER));
}

#[test]
fn a_server_that_is_alone_gets_its_turn_again() {
    let mut net = Net::start(&config(), ServerBehaviour::Silent);
    net.join(WLAN0);
    net.offer(SERVER, LEASE);
    net.wait(7_000);
    net.offer(SERVER, LEASE);
    assert_eq!(net.chosen(), None);
    net.wait(8_000);
    net.offer(SERVER, LEASE);
    assert_eq!(net.chosen(), Some(SERVER));
    // With an answer at last, it is as good as any.
    net.behaviour = ServerBehaviour::Answers;
    net.wait(1_000);
    assert!(net.bond_has(LEASE));
}

/// A confirmation and a REQUEST at the end of a lease are broadcasts: each server hears them.
#[test]
fn another_server_s_address_is_no_answer_to_a_question_about_ours() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.join(WLAN1);
    net.take();
    net.behaviour = ServerBehaviour::Usurps;
    net.gives = [192, 168, 43, 77];
    net.lose(WLAN0);
    assert!(net.bond_has(LEASE) && !net.bond_has(net.gives));
    // Nor when the lease is about to end.
    net.wait(3_590_000);
    assert!(net.bond_has(LEASE) && !net.bond_has(net.gives));
    net.behaviour = ServerBehaviour::Answers;
    net.gives = LEASE;
    net.wait(64_000);
    assert!(net.bond_has(LEASE));
    net.take();
    // The same address by another server is as good.
    net.behaviour = ServerBehaviour::Usurps;
    net.join(WLAN0);
    net.lose(WLAN1);
    assert_eq!(net.kinds(), [3]);
    let client = net.world.engine.dhcp4("bond0").unwrap();
    let lease = client.lease.as_ref().unwrap();
    assert_eq!(lease.server, Some(Ipv4Addr::from(BAD)));
}

#[test]
fn a_stored_address_is_not_replaced_by_another_server_s() {
    let lease = {
        let mut net = Net::start(&config(), ServerBehaviour::Answers);
        net.join(WLAN0);
        let client = net.world.engine.dhcp4("bond0").unwrap();
        client.lease.clone().unwrap()
    };
    let mut engine = Engine::new(&config());
    engine.handle(
        1_500,
        Event::LeaseFound {
            name: "bond0",
            ack: &lease.ack,
            kept: crate::engine::contract::event::Kept::OfBefore,
        },
    );
    let mut net = Net::begin(engine, ServerBehaviour::Usurps);
    net.gives = [192, 168, 43, 77];
    net.join(WLAN0);
    assert!(!net.bond_has(net.gives));
    net.behaviour = ServerBehaviour::Answers;
    net.gives = LEASE;
    net.wait(1_000);
    assert!(net.bond_has(LEASE));
}
