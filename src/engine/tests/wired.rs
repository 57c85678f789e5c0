//! Cables with IEEE 802.1X.
use super::*;
use crate::engine::supplicant_file;

/// A cable alone, with IEEE 802.1X.
fn cable_with_auth() -> Config {
    let mut config = config();
    config.bond.members.clear();
    config.wifi.clear();
    config.links[0].wired_auth = Some(peap());
    config
}

fn guarded() -> World {
    let config = cable_with_auth();
    let mut world = World::start(&config, &[(ETH0, "eth0", false)]);
    world.join(ETH0);
    world
}

const STARTED: &str = "<3>CTRL-EVENT-EAP-STARTED EAP authentication started";
const SUCCESS: &str = "<3>CTRL-EVENT-EAP-SUCCESS EAP authentication completed successfully";
const FAILURE: &str = "<3>CTRL-EVENT-EAP-FAILURE EAP authentication failed";

fn faults(world: &World) -> usize {
    world.status().problems.len()
}

/// The port asks again while we are let in, and says no; then yes. wpa_supplicant has no
/// other words for it on a cable.
#[test]
fn a_port_may_think_better_of_it() {
    let mut world = guarded();
    world.supplicant_says(ETH0, STARTED);
    world.supplicant_says(ETH0, SUCCESS);
    assert!(world.has_address(ETH0));
    world.supplicant_says(ETH0, STARTED);
    assert!(world.has_address(ETH0), "a question shuts nothing");
    world.supplicant_says(ETH0, FAILURE);
    assert!(!world.has_address(ETH0));
    assert_eq!(faults(&world), 1);
    world.wait(60_000);
    assert!(!world.has_address(ETH0), "silence after a no means no");
    world.supplicant_says(ETH0, STARTED);
    world.supplicant_says(ETH0, SUCCESS);
    assert!(world.has_address(ETH0));
    assert_eq!(faults(&world), 0);
}

/// It comes before the control socket is attached, as when wpa_supplicant is quicker than we are.
#[test]
fn a_refusal_without_the_question_keeps_it_shut() {
    let mut world = guarded();
    world.supplicant_says(ETH0, FAILURE);
    world.wait(60_000);
    assert!(!world.has_address(ETH0));
    // Its control socket is lost: no new silence to wait for.
    world.tell(Event::SupplicantDetached { link: ETH0 });
    world.wait(60_000);
    assert!(!world.has_address(ETH0));
}

#[test]
fn the_death_of_a_supplicant_shuts_only_what_is_guarded() {
    let mut world = guarded();
    world.wait(5_000);
    assert!(world.has_address(ETH0), "nobody asks");
    let died = Event::SupplicantExited { link: ETH0 };
    world.tell(died);
    world.wait(200);
    assert!(world.has_address(ETH0));

    let mut world = guarded();
    world.supplicant_says(ETH0, STARTED);
    world.supplicant_says(ETH0, SUCCESS);
    let lost = Event::SupplicantDetached { link: ETH0 };
    world.tell(lost);
    assert!(world.has_address(ETH0), "it runs on");
    let died = Event::SupplicantExited { link: ETH0 };
    world.tell(died);
    assert!(!world.has_address(ETH0));
}

#[test]
fn a_guarded_cable_counts_as_unauthorised_until_it_is_let_in() {
    let mut config = config();
    config.links[0].wired_auth = Some(peap());
    let mut world = World::start(&config, &[(ETH0, "eth0", false)]);
    world.join(ETH0);
    assert!(!world.has_address(ETH0));
    world.supplicant_says(ETH0, "<3>CTRL-EVENT-EAP-STARTED EAP authentication started");
    world.wait(20_000);
    assert!(
        !world.has_address(ETH0),
        "somebody asked, and has not let us in"
    );
    world.supplicant_says(
        ETH0,
        "<3>CTRL-EVENT-CONNECTED - Connection to 01:80:c2:00:00:03 completed",
    );
    assert!(world.has_address(ETH0));
    world.lose(ETH0);
    assert!(!world.has_address(ETH0));
    // At home: nobody asks.
    world.join(ETH0);
    assert!(!world.has_address(ETH0));
    world.wait(5_000);
    assert!(world.has_address(ETH0));
}

#[test]
fn an_unguarded_cable_wakes_once_a_minute_and_an_adopted_one_stays_in_use() {
    let config = cable_with_auth();
    let mut world = World::start(&config, &[(ETH0, "eth0", false)]);
    world.join(ETH0);
    world.wait(60_000);
    assert!(world.has_address(ETH0));
    world.wait(60_000);
    assert_eq!(
        world.poll_at(),
        Some(180_000),
        "whether its wpa_supplicant answers, and nothing else"
    );
    // Another daemon, after a crash: the process runs on, the address is there.
    let observed: Vec<_> = world.engine.observed().links().cloned().collect();
    let addresses: Vec<_> = world.engine.observed().addresses().copied().collect();
    let mut engine = Engine::new(&config, 7);
    engine.handle(world.at(), Event::DumpBegins(Scope::All));
    for link in observed {
        engine.handle(world.at(), Event::Link(link));
    }
    for address in addresses {
        engine.handle(world.at(), Event::Address(address));
    }
    engine.handle(world.at(), Event::DumpEnds(Scope::All));
    let read = Event::Done(
        Action::Kernel(KernelRequest::Read(ReadRequest::Tables(Scope::All))),
        Ok(()),
    );
    engine.handle(world.at(), read);
    let how = crate::engine::contract::event::Start::Adopted { current: true };
    engine.handle(world.at(), Event::SupplicantStarted { link: ETH0, how });
    let mut world = World { engine, ..world };
    world.take();
    world.run();
    let removed = |a: &Action| matches!(a.change(), Some(KernelAction::DeleteAddress { .. }));
    assert!(!world.take().iter().any(removed));
    assert!(world.has_address(ETH0));
}

fn peap() -> Eap {
    Eap {
        method: EapMethod::Peap,
        inner: EapInner::MsChapV2,
        identity: Default::default(),
        anonymous_identity: None,
        password: None,
        ca_cert: None,
        domain: None,
        client_cert: None,
        private_key: None,
    }
}

/// wpa_supplicant's example file has it so for wired drivers; some versions see to it themselves.
#[test]
fn there_is_nothing_to_scan_for_on_a_cable() {
    let file = |world: &World, index| {
        let (engine, link) = (&world.engine, world.link(index));
        let mut text = std::string::String::new();
        supplicant_file::write(
            engine.config(),
            link,
            engine.dialect,
            crate::wire::wpa::Channels::NONE,
            &crate::engine::keys::Keys::NONE,
            &mut text,
        )
        .unwrap();
        text
    };
    assert!(file(&guarded(), ETH0).contains("\nap_scan=0\n"));
    assert!(!file(&World::usual(), WLAN0).contains("ap_scan"));
}
