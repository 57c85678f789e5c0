//! Several servers, one of which offers and leaves it at that.
use super::*;

const GOOD: [u8; 4] = [0, 2, 7, 7];

impl World {
    /// What another server advertises to the question under way.
    fn other_offers(&mut self, last: u16) {
        let link = self.bond().0;
        let xid = self.client6().xid;
        let mut message = (2 << 24 | xid).to_be_bytes().to_vec();
        message.extend(option6(2, &GOOD));
        message.extend(option6(1, &DUID));
        message.extend(association6("bond0", &address6(lent(last), 3600)));
        self.tell(received(link, Family::V6, &message));
    }

    /// Which server is asked for its offer.
    fn chosen6(&self) -> Option<Vec<u8>> {
        let State::Requesting(_) = self.client6().state() else {
            return None;
        };
        let (link, family) = (self.bond().0, Family::V6);
        let question = message(&self.engine, u64::MAX, link, family, false);
        // Behind the header and our identifier.
        let server = &question[4 + 4 + DUID.len()..];
        assert_eq!(server[..2], [0, 2]);
        Some(server[4..][..usize::from(server[3])].to_vec())
    }
}

#[test]
fn a_server_that_offers_and_never_acknowledges_is_passed_over_once() {
    let mut world = start(Ipv6Mode::Dhcp, ServerBehaviour::Offers);
    world.join(WLAN0);
    world.wait(1_000);
    assert_eq!(world.chosen6().as_deref(), Some(&SERVER6[..]));
    // Four questions, and no answer.
    world.wait(16_500);
    let kinds = world.kinds();
    assert!(kinds.starts_with(&[SOLICIT, REQUEST, REQUEST, REQUEST, REQUEST, SOLICIT]));
    assert!(!kinds[5..].contains(&REQUEST), "{kinds:?}");
    assert_eq!(world.chosen6(), None);
    // The other one is slower, and is taken.
    world.other_offers(0x177);
    world.wait(100);
    assert_eq!(world.chosen6().as_deref(), Some(&GOOD[..]));
}

#[test]
fn a_server_that_is_alone_gets_its_turn_again() {
    let mut world = start(Ipv6Mode::Dhcp, ServerBehaviour::Offers);
    world.join(WLAN0);
    world.wait(17_500);
    assert_eq!(world.chosen6(), None);
    world.wait(4_000);
    assert_eq!(world.chosen6().as_deref(), Some(&SERVER6[..]));
    // With an answer at last, it is as good as any.
    world.server.behaviour = ServerBehaviour::Answers;
    world.wait(8_000);
    assert!(world.bond_has(lent(0x101)));
}
