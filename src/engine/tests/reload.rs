//! A changed file.
use super::*;

#[test]
fn a_changed_metric_touches_only_what_has_it() {
    let mut world = World::both();
    world.take();
    let mut changed = config();
    changed.bond.ip = static_block(43, 150, 50);
    world.tell(Event::Config(&changed));
    let (bond, _) = world.bond();
    let route = |metric| default_route(43, metric);
    assert_eq!(
        world.take(),
        vec![
            Action::Kernel(KernelRequest::Read(ReadRequest::Tables(Scope::All))),
            // Changed, not removed and added: nothing that uses it notices.
            Action::Kernel(Change(KernelAction::AddAddress {
                link: bond,
                net: net(192, 168, 43, 150, 24),
                until: None,
                metric: 50,
                again: true
            })),
            Action::Kernel(Change(KernelAction::AddRoute {
                link: bond,
                route: route(50),
            })),
            Action::Kernel(Change(KernelAction::DeleteRoute {
                link: bond,
                route: route(100)
            })),
        ]
    );
}

#[test]
fn a_changed_network_is_given_to_one_member_after_the_other() {
    let mut world = World::usual();
    for link in [WLAN0, WLAN1] {
        world.join(link);
        world.handle(Event::Supplicant {
            link,
            text: "wpa_state=COMPLETED\nssid=Hotspot\n",
        });
    }
    world.take();
    let mut changed = config();
    changed.wifi[0].priority = 9;
    world.tell(Event::Config(&changed));
    let reconfigured = |world: &mut World| -> Vec<Index> {
        let done = world.take();
        let mine = done.iter().filter_map(|action| match action {
            Action::Supplicant(link, SupplicantStep::Reconfigure) => Some(*link),
            _ => None,
        });
        mine.collect()
    };
    let connected = |world: &mut World, link| {
        let text = "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:05:00 completed";
        world.tell(Event::Supplicant { link, text });
    };
    // The standby first, and the traffic stays where it is until that is done.
    assert_eq!(reconfigured(&mut world), [WLAN1]);
    assert_eq!(world.bond().1.active, Some(WLAN0));
    world.lose(WLAN1);
    world.join(WLAN1);
    assert_eq!(reconfigured(&mut world), []);
    connected(&mut world, WLAN1);
    // Then the other, after it has stepped aside.
    assert_eq!(reconfigured(&mut world), [WLAN0]);
    assert_eq!(world.bond().1.active, Some(WLAN1));
    world.lose(WLAN0);
    world.join(WLAN0);
    connected(&mut world, WLAN0);
    assert_eq!(world.bond().1.active, Some(WLAN0));
}

#[test]
fn a_removed_member_is_freed_and_gets_its_ipv6_back() {
    let mut world = World::usual();
    world.join(WLAN0);
    let mut changed = config();
    changed.bond.members.pop();
    world.take();
    world.tell(Event::Config(&changed));
    assert!(
        world
            .engine
            .observed()
            .link(WLAN1)
            .is_none_or(|l| l.master.is_none())
    );
    let done = world.take();
    let stop = place_of(&done, |a| {
        matches!(a, Action::Supplicant(WLAN1, SupplicantStep::Stop { .. }))
    });
    let free = place_of_change!(done, SetMaster(WLAN1, None));
    let ipv6 = place_of(&done, |a| {
        matches!(
            a,
            Action::Kernel(KernelRequest::Setting(SettingRequest::Ipv6 {
                link: WLAN1,
                enabled: true,
                ..
            }))
        )
    });
    assert!(stop < free && free < ipv6);
    assert!(!done.iter().any(|a| a.link() == Some(WLAN0)));
}

#[test]
fn a_new_mode_frees_the_members_first() {
    // Cables: with Wi-Fi it stays as it is.
    let cables = [(WLAN0, "wlan0", false), (WLAN1, "wlan1", false)];
    let mut world = World::start(&config(), &cables);
    world.join(WLAN0);
    world.take();
    let mut changed = config();
    changed.bond.fail_over_mac = FailOverMac::Follow;
    world.tell(Event::Config(&changed));
    let done = world.take();
    let set = |a: &Action| {
        matches!(
            a.change(),
            Some(KernelAction::SetBond(_, BondOption::FailOverMac(2)))
        )
    };
    let set = place_of(&done, set);
    let free = |a: &Action| matches!(a.change(), Some(KernelAction::SetMaster(_, None)));
    let last_free = done.iter().rposition(free).unwrap();
    assert!(last_free < set, "{done:?}");
    assert_eq!(world.link(WLAN0).master, Some(world.bond().0));
}

#[test]
fn a_route_waits_until_its_source_is_no_longer_tentative() {
    let source = IpNet {
        address: "fd00::150".parse().unwrap(),
        prefix: 64,
    };
    let mut changed = config();
    changed.bond.ip.ipv6.addresses.push(source).unwrap();
    let mut world = World::start(&changed, &[(WLAN0, "wlan0", true)]);
    world.join(WLAN0);
    let (link, _) = world.bond();
    let found = world
        .engine
        .observed()
        .addresses()
        .find(|a| a.net == source);
    let ready = *found.expect("the address");
    let tentative = Address {
        tentative: true,
        ..ready
    };
    world.handle(Event::Address(tentative));
    let to = IpNet {
        address: "2001:db8::".parse().unwrap(),
        prefix: 32,
    };
    let route = Route {
        src: Some(source.address),
        ..Route::new(to, "fe80::9".parse().ok(), 100)
    };
    changed.bond.ip.ipv6.routes.push(route).unwrap();
    world.tell(Event::Config(&changed));
    let asked = Action::Kernel(Change(KernelAction::AddRoute { link, route }));
    assert!(!world.take().contains(&asked));
    world.tell(Event::Address(ready));
    assert!(world.take().contains(&asked));
}
