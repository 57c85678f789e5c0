//! Which adapters the words of the file mean: `wifi:*`, `wired:*`, `usb:*`.
use super::*;
use crate::engine::fake_kernel::plain;
use crate::engine::observed::Link;

/// A Wi-Fi adapter at a USB port, or built in.
fn wifi(index: Index, name: &str, port: &str) -> Link {
    adapter(plain(index, name, true), port)
}

fn cable(index: Index, name: &str, port: &str) -> Link {
    adapter(plain(index, name, false), port)
}

fn adapter(link: Link, port: &str) -> Link {
    Link {
        usb_port: (!port.is_empty()).then(|| port.try_into().unwrap()),
        ..link
    }
}

/// The smallest file: no adapters are named.
fn smallest() -> Config {
    let file = br#"{ "country": "BE", "wifi": [ { "ssid": "Hotspot" } ] }"#;
    *parse(file).unwrap()
}

fn with_members(members: &[Matcher]) -> Config {
    let mut config = smallest();
    config.bond.members = members.iter().cloned().collect();
    config.bond.primary = members.first().cloned();
    config
}

fn start(config: &Config, links: &[Link]) -> World {
    let mut world = World::start(config, &[]);
    for link in links {
        world.handle(Event::Link(link.clone()));
    }
    world.run();
    world
}

impl World {
    fn plug_in(&mut self, link: Link) {
        self.tell(Event::Link(link));
    }

    fn members(&self) -> Vec<String> {
        let status = self.status();
        let members = status.bond.expect("a bond").members;
        members.iter().map(|m| m.name.to_string()).collect()
    }

    fn enslaved(&self, index: Index) -> bool {
        self.link(index).master == Some(self.bond().0)
    }

    /// The metrics of the default routes of the links of their own, in the status' order.
    fn metrics(&self) -> Vec<(String, u32)> {
        let own = self.engine.own_links.0.iter();
        let own = own.map(|own| {
            let link = self.link(own.link);
            let entry = &self.engine.config().links[own.entry];
            (link.name.to_string(), entry.ip.ipv4.metric + own.step)
        });
        own.collect()
    }
}

#[test]
fn every_wifi_adapter_whatever_its_name_usb_ones_first_by_port_and_no_cable() {
    let world = start(
        &smallest(),
        &[
            wifi(2, "wlan0", ""),
            wifi(3, "wlp1s0u1u10", "1-1.10"),
            wifi(4, "wifi2", "1-1.2"),
            wifi(5, "odd", "1-1.2.1"),
            wifi(6, "wld1", ""),
            wifi(7, "x", "2-1"),
            cable(8, "wl-cable", "1-1.1"),
        ],
    );
    let members = ["wifi2", "odd", "wlp1s0u1u10", "x", "wlan0", "wld1"];
    assert_eq!(world.members(), members);
    assert!((2..8).all(|index| world.enslaved(index)));
    assert!(!world.enslaved(8), "the kernel calls it a cable");
}

/// The built-in radio is the last resort, and an adapter at an earlier port is preferred as
/// soon as it can carry.
#[test]
fn the_first_that_can_carry_is_the_primary() {
    let mut config = smallest();
    config.health.hold_s = 0;
    let mut world = start(&config, &[wifi(2, "wlan0", "")]);
    world.join(2);
    assert_eq!(world.bond().1.active, Some(2));
    world.plug_in(wifi(3, "wifi2", "1-1.2"));
    assert_eq!(world.bond().1.active, Some(2), "not authorised yet");
    world.join(3);
    assert_eq!(world.bond().1.active, Some(3));
    world.plug_in(wifi(4, "wifi1", "1-1.1"));
    world.join(4);
    assert_eq!(world.bond().1.active, Some(4));
    let primary = |world: &World| {
        let status = world.status();
        let members = status.bond.unwrap().members;
        let primary = members.iter().find(|m| m.primary);
        primary.map(|m| m.name.to_string())
    };
    assert_eq!(primary(&world).as_deref(), Some("wifi1"));
    world.lose(4);
    assert_eq!(world.bond().1.active, Some(3));
    world.pull(3);
    assert_eq!(world.bond().1.active, Some(2));
    // It stays while nothing changes.
    world.take();
    world.wait(60_000);
    assert_eq!(world.bond().1.active, Some(2));
    // Out and in again under another number: where it was before.
    world.join(4);
    world.pull(4);
    world.plug_in(wifi(9, "wifi1", "1-1.1"));
    world.join(9);
    assert_eq!(world.members(), ["wifi1", "wlan0"]);
    assert_eq!(world.bond().1.active, Some(9));
}

/// Without ports the hardware address decides: it stays when an adapter is numbered anew.
#[test]
fn adapters_without_a_port_keep_their_order() {
    let mut world = start(&smallest(), &[wifi(2, "wlan0", ""), wifi(3, "wlan1", "")]);
    let mac = world.link(2).permanent_mac;
    world.pull(2);
    let back = Link {
        permanent_mac: mac,
        ..wifi(20, "wlan0", "")
    };
    world.plug_in(back);
    assert_eq!(world.members(), ["wlan0", "wlan1"]);
}

#[test]
fn usb_alone_leaves_the_built_in_radio_and_the_cable_on_usb_alone() {
    let world = start(
        &with_members(&[Matcher::UsbAny]),
        &[
            wifi(2, "wlan0", ""),
            wifi(3, "wifi2", "1-1.4"),
            wifi(4, "wifi1", "1-1.3"),
            // The Ethernet socket of a Raspberry Pi 3.
            cable(5, "eth0", "1-1.1"),
        ],
    );
    assert_eq!(world.members(), ["wifi1", "wifi2"]);
    assert_eq!(world.metrics(), [("eth0".to_owned(), 10)]);
    assert!(world.engine.observed().link(2).is_none(), "left alone");
}

#[test]
fn an_adapter_meant_more_closely_elsewhere_is_no_member() {
    for name in [
        Matcher::Name(name("wifi2")),
        Matcher::UsbPort("1-1.2".try_into().unwrap()),
        Matcher::Mac(plain(4, "", true).mac.unwrap()),
    ] {
        let mut config = smallest();
        config.links[0].name = name;
        let links = [wifi(3, "wifi1", "1-1.1"), wifi(4, "wifi2", "1-1.2")];
        let world = start(&config, &links);
        assert_eq!(world.members(), ["wifi1"]);
        assert_eq!(world.metrics(), [("wifi2".to_owned(), 10)]);
        assert!(
            world.engine.supplicant(4).is_some(),
            "a link of its own joins a network, too"
        );
    }
}

#[test]
fn every_cable_is_a_link_of_its_own_built_in_first_then_by_port() {
    let mut eth0 = cable(2, "eth0", "");
    // As in a container: whatever it is made of.
    eth0.kind = Kind::Other("veth".try_into().unwrap());
    eth0.hardware = false;
    let mut veth = cable(3, "veth7", "");
    veth.kind = Kind::Other("veth".try_into().unwrap());
    let mut lo = cable(4, "lo", "");
    lo.hardware = false;
    let world = start(
        &smallest(),
        &[
            cable(9, "enx0242ac110002", "1-1.10"),
            cable(8, "enxb827eb123456", "1-1.9"),
            cable(7, "end0", ""),
            eth0,
            veth,
            lo,
            wifi(5, "wlan0", ""),
        ],
    );
    let metrics = [
        ("eth0", 10),
        ("end0", 11),
        ("enxb827eb123456", 12),
        ("enx0242ac110002", 13),
    ];
    assert_eq!(world.metrics(), metrics.map(|(n, m)| (n.to_owned(), m)));
    assert_eq!(world.members(), ["wlan0"]);
}

/// Static here, so that routes can be seen without a server.
fn fixed(entry: &mut crate::config::Link, metric: u32) {
    entry.ip = static_block(0, 106, metric);
}

#[test]
fn two_cables_of_one_pattern_have_two_default_routes() {
    let mut config = smallest();
    fixed(&mut config.links[0], 10);
    config.bond.ip.ipv4.metric = 11;
    let mut world = start(
        &config,
        &[
            cable(7, "eth1", "1-1.3"),
            cable(8, "eth0", ""),
            cable(9, "eth2", "1-1.4"),
        ],
    );
    for index in [7, 8, 9] {
        world.join(index);
    }
    let metric = |world: &World, index| {
        let mut routes = world.engine.observed().routes();
        let route = routes.find(|r| r.link == index && r.route.to.prefix == 0);
        route.map(|r| r.route.metric)
    };
    // 11 is the bond's.
    let of = |world: &World| [8, 7, 9].map(|index| metric(world, index));
    assert_eq!(of(&world), [Some(10), Some(12), Some(13)]);
    world.take();
    world.tell(Event::Lost);
    assert_eq!(
        world.take(),
        [Action::Kernel(KernelRequest::Read(ReadRequest::Tables(
            Scope::All
        )))],
        "at rest"
    );
    // One of them goes: those behind it move up, without two of one metric at any time.
    world.pull(7);
    assert_eq!(
        [8, 9].map(|index| metric(&world, index)),
        [Some(10), Some(12)]
    );
}

#[test]
fn a_cable_with_another_part_is_no_link_of_its_own() {
    let mut config = smallest();
    let bridge = Bridge {
        name: name("br0"),
        members: [Matcher::Name(name("eth1"))].into_iter().collect(),
        ip: IpBlock::default(),
    };
    let _ = config.bridges.push(bridge);
    let _ = config.bond.members.push(Matcher::Name(name("eth2")));
    let links = [
        cable(2, "eth0", ""),
        cable(3, "eth1", ""),
        cable(4, "eth2", ""),
    ];
    config.bridges[0].ip.ipv4.metric = 10;
    let world = start(&config, &links);
    // Both have the standard metric: the bridge was written.
    assert_eq!(world.metrics(), [("eth0".to_owned(), 11)]);
    assert_eq!(world.members(), ["eth2"]);
}

#[test]
fn more_cables_than_places_are_said() {
    let links: Vec<Link> = (0..10)
        .map(|n| cable(10 + n, &format!("enx{n}"), &format!("1-1.{n}")))
        .collect();
    let world = start(&smallest(), &links);
    let own: Vec<_> = world.metrics().into_iter().map(|(name, _)| name).collect();
    let first: Vec<_> = (0..8).map(|n| format!("enx{n}")).collect();
    assert_eq!(own, first);
    let problems = status::problems(&world.engine, world.at());
    let expected = "10 adapters match `links`, and there is room for 8: ";
    assert!(
        problems.iter().any(|p| p.text.starts_with(expected)),
        "{problems:?}"
    );
}

/// The file's word would have every frame of a Wi-Fi member dropped.
#[test]
fn wifi_members_keep_their_own_addresses_whatever_the_file_says() {
    for (word, text) in [(FailOverMac::None, "none"), (FailOverMac::Follow, "follow")] {
        let members = [Matcher::Name(name("eth1")), Matcher::Name(name("wlan0"))];
        let mut config = with_members(&members);
        config.bond.fail_over_mac = word;
        let mut world = start(&config, &[cable(3, "eth1", "")]);
        world.join(3);
        let number = if word == FailOverMac::None { 0 } else { 2 };
        assert_eq!(world.bond().1.fail_over_mac, number);
        assert!(status::problems(&world.engine, world.at()).is_empty());
        world.plug_in(wifi(2, "wlan0", ""));
        assert_eq!(world.bond().1.fail_over_mac, 1);
        assert!(world.enslaved(2) && world.enslaved(3));
        let problems = status::problems(&world.engine, world.at());
        let expected = format!("\"fail_over_mac\": \"{text}\" is for wired members, ");
        assert!(
            problems.iter().any(|p| p.text.starts_with(&expected)),
            "{problems:?}"
        );
        // Nothing is emptied again when it leaves.
        world.take();
        world.pull(2);
        assert_eq!(world.bond().1.fail_over_mac, 1);
        assert!(world.enslaved(3));
    }
}

#[test]
fn the_status_shows_ports_and_the_bond_as_the_kernel_has_it() {
    let mut config = smallest();
    config.bond.updelay_ms = 200;
    let mut world = start(
        &config,
        &[
            wifi(2, "wlan0", ""),
            wifi(3, "wifi1", "1-1.2"),
            cable(4, "enx0242", "1-1.3"),
        ],
    );
    world.join(3);
    let json = |world: &World| {
        let mut buffer = vec![0; 24 * 1024];
        let mut status = world.status();
        status.file_fault = Some("line 1: \"x\"");
        let length = serde_json_core::to_slice(&status, &mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    for part in [
        r#""mode":"active-backup","miimon_ms":100,"updelay_ms":200,"downdelay_ms":0,"fail_over_mac":"active","primary_reselect":"always","kernel_primary_reselect":"failure""#,
        r#"{"name":"wifi1","port":"1-1.2","#,
        r#"{"name":"wlan0","port":null,"#,
        r#","file_fault":"line 1: \"x\"","file_state":"works","file_until_ms":null,"problems":["#,
        r#"{"name":"enx0242","port":"1-1.3","#,
    ] {
        let json = json(&world);
        assert!(json.contains(part), "{part} in {json}");
    }
    let page =
        crate::engine::status::text::page(&world.engine, Some("line 1"), world.at()).to_string();
    for line in [
        "  bond0: active-backup, miimon 100 ms, updelay 200 ms, downdelay 0 ms,\n  fail_over_mac active, primary_reselect always (kernel: failure)\n",
        "  * wifi1, USB 1-1.2              starting",
        "    wlan0                ",
        "    enx0242, USB 1-1.3   no carrier\n",
        "\nProblems\n  the file is not in force: line 1\n",
        "    bond0                carrier\n                         no lease yet",
    ] {
        assert!(page.contains(line), "{line:?} in\n{page}");
    }
    for line in page.lines() {
        assert!(line.chars().count() <= 80, "{line:?} in\n{page}");
    }
    // It shows what the kernel has, not what the file asks for.
    let (bond, _) = world.bond();
    world.edit(bond, |link| {
        if let Kind::Bond(options) = &mut link.kind {
            options.miimon_ms = 50;
        }
    });
    assert!(json(&world).contains(r#""miimon_ms":50,"#));
    // No bond of ours: nothing is known of its options.
    let world = World::start(&config, &[(30, "bond0", false)]);
    assert!(json(&world).contains(r#""mode":null,"miimon_ms":null,"#));
}
