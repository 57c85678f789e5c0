//! Addresses that others claim, and what a review found.
use super::*;

impl Net {
    fn claim(&mut self, mac: [u8; 6]) {
        let arp = Event::Arp {
            link: self.world.bond().0,
            mac: Mac(mac),
            address: Ipv4Addr::from(LEASE),
        };
        self.world.engine.handle(self.world.now, arp);
        self.run();
    }

    fn words(&mut self) -> usize {
        let said = |a: &&Action| matches!(a, Action::SendArp { .. });
        self.world.take().iter().filter(said).count()
    }
}

const STRANGER: [u8; 6] = [6, 6, 6, 6, 6, 6];

#[test]
fn a_new_address_is_announced_at_once_and_probed_beside_its_use() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    assert!(net.bond_has(LEASE));
    assert_eq!(net.words(), 1);
    net.wait(60_000);
    assert_eq!(net.words(), 4);
    net.join(WLAN1);
    net.lose(WLAN0);
    assert_eq!(net.words(), 1);
    net.wait(60_000);
    assert_eq!(net.words(), 1);
}

#[test]
fn an_address_that_another_had_before_is_declined() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.take();
    net.wait(1_000);
    // An echo of our own words says nothing.
    let own = net.world.link(WLAN1).permanent_mac.unwrap().0;
    net.claim(own);
    assert!(net.bond_has(LEASE));
    net.gives = [192, 168, 43, 102];
    net.claim(STRANGER);
    assert!(!net.bond_has(LEASE));
    let asked = net.take();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].kind, asked[0].requested), (4, Some(LEASE)));
    net.wait(9_999);
    assert_eq!(net.kinds(), []);
    net.wait(1);
    assert_eq!(net.kinds(), [1, 3]);
    assert!(net.bond_has([192, 168, 43, 102]));
}

/// An interface that the file leaves out, in the same network.
#[test]
fn no_interface_of_this_machine_is_a_stranger() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    let other = fake_kernel::plain(77, "eth7", false);
    let mac = other.mac.unwrap().0;
    net.world.engine.handle(net.world.now, Event::Link(other));
    assert!(net.world.engine.observed().link(77).is_none());
    net.join(WLAN0);
    net.wait(1_000);
    net.take();
    net.claim(mac);
    assert!(net.bond_has(LEASE));
    assert_eq!(net.kinds(), []);
    // Once it is somebody else's.
    net.world.engine.handle(net.world.now, Event::LinkGone(77));
    net.claim(mac);
    assert!(!net.bond_has(LEASE));
    assert_eq!(net.kinds(), [4]);
}

#[test]
fn an_address_long_in_use_is_defended_once_in_ten_seconds() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.wait(60_000);
    net.words();
    for _ in 0..3 {
        net.claim(STRANGER);
        assert_eq!(net.words(), 1);
        assert!(net.bond_has(LEASE));
        net.wait(10_000);
    }
    net.claim(STRANGER);
    net.claim(STRANGER);
    assert!(!net.bond_has(LEASE));
    assert_eq!(net.take().last().unwrap().kind, 4);
}

#[test]
fn a_fail_over_leaves_the_fallback_alone() {
    let fallback = [192, 168, 43, 150];
    let mut net = Net::start(&with_fallback(), ServerBehaviour::Silent);
    net.join(WLAN0);
    net.join(WLAN1);
    net.wait(10_000);
    assert!(net.bond_has(fallback));
    net.world.take();
    // Nobody carries for a moment: the kernel has not yet taken the other one.
    let lost = |link: &mut crate::engine::observed::Link| {
        link.carrier = false;
        link.oper = Oper::Down;
    };
    fake_kernel::edit(&mut net.world.engine, net.world.now, WLAN0, lost);
    net.world.now += 100;
    net.world.engine.tick(net.world.now);
    net.run();
    assert!(net.bond_has(fallback) && net.has_default());
    let done = net.world.take();
    let gone = |a: &Action| matches!(a, Action::Kernel(KernelAction::DeleteAddress { .. }));
    assert!(!done.iter().any(gone), "{done:?}");
}

#[test]
fn a_server_that_offers_and_refuses_is_asked_less_and_less() {
    let mut net = Net::start(&config(), ServerBehaviour::Refuses);
    net.join(WLAN0);
    net.wait(60_000);
    assert!(net.take().len() <= 24);
    let journal = net.world.engine.journal();
    let said = journal.since(0).filter(|r| r.text.contains("refuses"));
    assert_eq!(said.count(), 1);
    net.behaviour = ServerBehaviour::Answers;
    net.wait(60_000);
    assert!(net.bond_has(LEASE));
}

#[test]
fn a_refused_or_declined_lease_is_not_kept_on_disk() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    net.join(WLAN0);
    net.world.take();
    net.behaviour = ServerBehaviour::Silent;
    net.claim(STRANGER);
    let done = net.world.take();
    place_of(&done, |a| matches!(a, Action::StoreLease { .. }));
    assert!(net.world.engine.dhcp4("bond0").unwrap().lease.is_none());
}
