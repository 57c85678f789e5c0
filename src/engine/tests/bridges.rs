//! Bridges, with and without the bond in them.
use super::*;

const ETH1: Index = 6;

fn bridged(members: &[&str]) -> Config {
    let mut config = config();
    config.links.clear();
    let bridge = Bridge {
        name: name("br0"),
        members: members.iter().map(|m| Matcher::Name(name(m))).collect(),
        ip: static_block(0, 106, 10),
    };
    let _ = config.bridges.push(bridge);
    config
}

fn cables() -> Config {
    let mut config = bridged(&["eth0", "eth1"]);
    config.bond.members.clear();
    config.bond.primary = None;
    config
}

fn masters(world: &World, links: [Index; 2]) -> [Option<Index>; 2] {
    links.map(|link| world.link(link).master)
}

fn index(world: &World, name: &str) -> Index {
    world.engine.observed().by_name(name).expect("a link").index
}

fn has_address(world: &World, name: &str) -> bool {
    let index = index(world, name);
    world.engine.observed().addresses_of(index).next().is_some()
}

#[test]
fn a_bridge_is_made_filled_and_taken_down_again() {
    let mut world = World::start(&cables(), &[(ETH0, "eth0", false)]);
    let bridge = index(&world, "br0");
    assert!(world.link(bridge).ours && world.link(bridge).up);
    assert!(!has_address(&world, "br0"), "nothing has carrier");
    world.join(ETH0);
    assert!(has_address(&world, "br0"));
    world.tell(Event::Link(plain(ETH1, "eth1", false)));
    assert_eq!(masters(&world, [ETH0, ETH1]), [Some(bridge); 2]);
    assert!(world.link(ETH1).up);
    {
        let st = world.status();
        let members = st.links[0].members.as_ref().expect("ports").len();
        assert_eq!((members, st.online), (2, true));
    }
    world.take();
    world.tell(Event::Stop);
    assert!(world.exited);
    let done = world.take();
    let address = place_of_change!(done, DeleteAddress { .. });
    let freed = place_of_change!(done, SetMaster(_, None));
    let gone = place_of(
        &done,
        |a| matches!(a.change(), Some(KernelAction::DeleteLink { link }) if *link == bridge),
    );
    assert!(address < freed && freed < gone, "{done:?}");
}

#[test]
fn the_bond_may_be_in_it_and_has_no_addresses_then() {
    let mut config = bridged(&["bond0", "eth1"]);
    config.bond.members = core::iter::once(Matcher::Name(name("eth0"))).collect();
    config.bond.primary = config.bond.members.first().cloned();
    let mut world = World::start(&config, &[(ETH0, "eth0", false), (ETH1, "eth1", false)]);
    let (bond, _) = world.bond();
    let bridge = index(&world, "br0");
    assert_eq!(masters(&world, [bond, ETH1]), [Some(bridge); 2]);
    assert_eq!(world.link(ETH0).master, Some(bond));
    world.join(ETH0);
    assert!(!has_address(&world, "bond0"));
    assert!(has_address(&world, "br0"));
    world.tell(Event::Stop);
    assert!(world.exited);
    assert!(world.engine.observed().by_name("br0").is_none());
    assert!(world.engine.observed().by_name("bond0").is_none());
}

/// Taken by a pattern: its name does not show what it is.
fn plug_usb_wifi(world: &mut World) {
    let mut adapter = plain(WLAN0, "net0", true);
    adapter.usb_port = Some("1-1".try_into().unwrap());
    world.tell(Event::Link(adapter));
}

fn refused_because(world: &World, reason: &str) {
    let refusals = world.engine.refusals();
    assert!(refusals[0].text.contains(reason), "{}", refusals[0].text);
}

/// The bond of a cable and of whatever USB brings.
fn cable_and_usb(config: &mut Config) {
    config.bond.members = [Matcher::Name(name("eth0")), Matcher::UsbAny]
        .into_iter()
        .collect();
}

#[test]
fn wifi_is_kept_out_and_told_why() {
    let mut config = bridged(&["eth1"]);
    config.bond.members.clear();
    let _ = config.bridges[0].members.push(Matcher::UsbAny);
    let mut world = World::start(&config, &[]);
    plug_usb_wifi(&mut world);
    assert_eq!(world.link(WLAN0).master, None);
    refused_because(&world, "cannot be in a bridge");

    let mut config = bridged(&["bond0", "eth1"]);
    cable_and_usb(&mut config);
    let mut world = World::start(&config, &[(ETH0, "eth0", false)]);
    plug_usb_wifi(&mut world);
    assert_eq!(
        world.link(WLAN0).master,
        None,
        "the wired one works without it"
    );
    assert!(world.link(ETH0).master.is_some());
    refused_because(&world, "the bond is in a bridge");
}

/// Whose it is shows when its bridge is read.
#[test]
fn a_port_of_another_programs_bridge_is_an_interface_of_this_machine() {
    let mut port = plain(31, "eth7", false);
    port.master = Some(30);
    let mac = port.mac;
    let mut bridge = plain(30, "lan0", false);
    bridge.kind = Kind::Bridge;
    let world = World::read(Engine::new(&cables(), 7), [port, bridge]);
    let observed = world.engine.observed();
    assert!(observed.link(31).is_none());
    assert!(observed.others().any(|other| other.mac == mac));
}

#[test]
fn what_is_another_programs_stays_so() {
    let foreign = |index, name: &str, master| {
        let mut link = plain(index, name, false);
        link.master = master;
        link
    };
    // It came first, and has somebody else's port.
    let mut world = World::start(&cables(), &[]);
    let made = index(&world, "br0");
    let mut other = plain(20, "br0", false);
    other.kind = Kind::Bridge;
    world.handle(Event::LinkGone(made));
    for link in [
        foreign(21, "eth7", Some(20)),
        other,
        foreign(ETH0, "eth0", None),
    ] {
        world.handle(Event::Link(link));
    }
    world.run();
    assert_eq!(world.link(ETH0).master, None);
    let words = &world.engine.refusals()[0].text;
    assert!(
        words.contains("another program's (with the member eth7)"),
        "{words}"
    );

    let mut world = World::start(&cables(), &[]);
    let mut bridge = plain(30, "lan0", false);
    bridge.kind = Kind::Bridge;
    world.handle(Event::Link(bridge));
    world.tell(Event::Link(foreign(ETH0, "eth0", Some(30))));
    assert_eq!(world.link(ETH0).master, Some(30), "never moved silently");
    assert!(
        world.engine.refusals()[0]
            .text
            .contains("belongs to lan0 already")
    );
}

#[test]
fn a_reload_moves_only_what_differs() {
    let mut world = World::start(&cables(), &[(ETH0, "eth0", false), (ETH1, "eth1", false)]);
    world.join(ETH0);
    world.take();
    let mut fewer = cables();
    fewer.bridges[0].members.truncate(1);
    world.tell(Event::Config(&fewer));
    let done = world.take();
    let freed = KernelAction::SetMaster(ETH1, None);
    assert!(done.contains(&Action::Kernel(Change(freed))), "{done:?}");
    assert!(has_address(&world, "br0"));
    let touched = |a: &Action| {
        a.link() == Some(ETH0) || matches!(a.change(), Some(KernelAction::DeleteLink { .. }))
    };
    assert!(!done.iter().any(touched), "{done:?}");
    let mut none = fewer.clone();
    none.bridges.clear();
    world.tell(Event::Config(&none));
    assert!(world.engine.observed().by_name("br0").is_none());
    assert_eq!(world.link(ETH0).master, None);
}

/// A real kernel's new bridge has carrier and no state before its first port.
#[test]
fn a_bridge_without_ports_leads_nowhere() {
    let mut world = World::start(&cables(), &[]);
    let bridge = index(&world, "br0");
    world.edit(bridge, |link| {
        link.carrier = true;
        link.oper = Oper::Unknown;
    });
    world.run();
    assert!(!has_address(&world, "br0") && !world.has_default(bridge));
    assert!(!world.status().online);
}

#[test]
fn neighbours_are_told_when_the_bridge_has_another_address() {
    let mut world = World::start(&cables(), &[(ETH0, "eth0", false), (ETH1, "eth1", false)]);
    let bridge = index(&world, "br0");
    let takes = |world: &mut World, port| {
        let mac = world.link(port).mac;
        world.edit(bridge, |link| link.mac = mac);
        world.run();
    };
    takes(&mut world, ETH0);
    world.join(ETH0);
    world.wait(60_000);
    world.take();
    let announced = |world: &mut World| {
        let done = world.take();
        done.iter().any(|action| {
            let is_one = matches!(action.packet(), Some(Packet::Announcement { .. }));
            is_one && action.link() == Some(bridge)
        })
    };
    world.wait(60_000);
    assert!(!announced(&mut world), "nothing happened");
    world.pull(ETH0);
    takes(&mut world, ETH1);
    assert!(announced(&mut world));
}

#[test]
fn wifi_leaves_a_bond_that_is_put_into_a_bridge() {
    let mut config = bridged(&["eth1"]);
    cable_and_usb(&mut config);
    let mut world = World::start(&config, &[(ETH0, "eth0", false)]);
    plug_usb_wifi(&mut world);
    assert!(world.link(WLAN0).master.is_some());
    let bond = Matcher::Name(name("bond0"));
    config.bridges[0].members.push(bond).unwrap();
    world.tell(Event::Config(&config));
    assert_eq!(world.link(WLAN0).master, None);
    refused_because(&world, "the bond is in a bridge");
}

/// A host of containers: their ports fill no table of ours.
#[test]
fn ports_of_other_bridges_are_not_kept() {
    let mut world = World::start(&cables(), &[]);
    let mut docker = plain(60, "docker0", false);
    docker.kind = Kind::Bridge;
    world.handle(Event::Link(docker));
    for n in 0..60 {
        let mut port = plain(100 + n, &format!("veth{n}"), false);
        port.master = Some(60);
        world.handle(Event::Link(port));
    }
    world.tell(Event::Link(plain(ETH0, "eth0", false)));
    assert!(world.link(ETH0).master.is_some());
    assert!(world.engine.refusals().is_empty());
}
