//! Several servers, one of which offers and leaves it at that.
use super::*;

const GOOD: [u8; 4] = [0, 2, 7, 7];

impl Net {
    /// What another server advertises to the question under way.
    fn other_offers(&mut self, last: u16) {
        let link = self.bond();
        let xid = self.world.engine.inet6("bond0").expect("IPv6").client.xid;
        let mut message = (2 << 24 | xid).to_be_bytes().to_vec();
        message.extend(option(2, &GOOD));
        message.extend(option(1, &DUID));
        let head = [iaid("bond0"), 0, 0].map(u32::to_be_bytes).concat();
        let times = [3600u32; 2].map(u32::to_be_bytes).concat();
        let address = option(5, &[&lent(last).octets()[..], &times].concat());
        message.extend(option(3, &[head, address].concat()));
        let message = &message[..];
        self.handle(Event::Dhcp6 { link, message });
        self.run();
    }

    /// Which server is asked for its offer.
    fn chosen(&self) -> Option<Vec<u8>> {
        let client = &self.world.engine.inet6("bond0").expect("IPv6").client;
        match client.state {
            State::Requesting(_) => Some(client.due(u64::MAX)?.server?.to_vec()),
            _ => None,
        }
    }
}

#[test]
fn a_server_that_offers_and_never_acknowledges_is_passed_over_once() {
    let mut net = Net::start(Ipv6Mode::Dhcp, ServerBehaviour::Offers);
    net.join(WLAN0);
    net.wait(1_000);
    assert_eq!(net.chosen().as_deref(), Some(&SERVER[..]));
    // Four questions, and no answer.
    net.wait(16_500);
    let kinds = net.kinds();
    assert!(kinds.starts_with(&[SOLICIT, REQUEST, REQUEST, REQUEST, REQUEST, SOLICIT]));
    assert!(!kinds[5..].contains(&REQUEST), "{kinds:?}");
    assert_eq!(net.chosen(), None);
    // The other one is slower, and is taken.
    net.other_offers(0x177);
    net.wait(100);
    assert_eq!(net.chosen().as_deref(), Some(&GOOD[..]));
}

#[test]
fn a_server_that_is_alone_gets_its_turn_again() {
    let mut net = Net::start(Ipv6Mode::Dhcp, ServerBehaviour::Offers);
    net.join(WLAN0);
    net.wait(17_500);
    assert_eq!(net.chosen(), None);
    net.wait(4_000);
    assert_eq!(net.chosen().as_deref(), Some(&SERVER[..]));
    // With an answer at last, it is as good as any.
    net.behaviour = ServerBehaviour::Answers;
    net.wait(8_000);
    assert!(net.has(lent(0x101)));
}
