//! Members, the cable, and what they get.
use super::*;

#[test]
fn members_are_taken_in_in_the_right_order() {
    let mut config = config();
    config.links.clear();
    let mut world = World::start(&config, &[]);
    world.take();
    let mut adapter = plain(WLAN0, "wlan0", true);
    adapter.up = true;
    world.handle(Event::Link(adapter));
    let address = Address {
        link: WLAN0,
        net: net(10, 0, 0, 1, 8),
        protocol: 0,
        metric: 0,
        tentative: false,
        duplicate: false,
    };
    world.tell(Event::Address(address));
    let done = world.take();
    let down = place_of_change!(done, SetUp { up: false, .. });
    let flush = place_of_change!(done, DeleteAddress { .. });
    let ipv6 = place_of(&done, |a| {
        matches!(
            a,
            Action::Kernel(KernelRequest::Setting(SettingRequest::Ipv6 {
                enabled: false,
                ..
            }))
        )
    });
    let master = place_of_change!(done, SetMaster(..));
    let supplicant = place_of(&done, |a| {
        matches!(a, Action::Supplicant(_, SupplicantStep::Start { .. }))
    });
    assert!(
        down < flush && flush < ipv6 && ipv6 < master && master < supplicant,
        "{done:?}"
    );
}

#[test]
fn the_usual_start_brings_both_up_and_the_cable_beside_them() {
    let mut world = World::usual();
    let (bond, options) = world.bond();
    assert_eq!(
        (options.mode, options.miimon_ms, options.fail_over_mac),
        (1, 100, 1)
    );
    assert_eq!(world.link(WLAN0).master, Some(bond));
    assert_eq!(world.link(WLAN1).master, Some(bond));
    assert_eq!(world.link(ETH0).master, None);
    assert!(world.link(bond).ours && world.link(bond).up);
    // No member is authorised: no address yet, on either.
    assert_eq!(world.engine.observed().addresses().count(), 0);
    world.join(WLAN1);
    assert!(world.has_default(bond) && !world.has_default(ETH0));
    world.join(ETH0);
    assert!(world.has_default(ETH0));
    let status = world.status();
    assert!(status.online);
    assert_eq!(status.uplink.map(|n| n.as_str()), Some("eth0"));
    assert_eq!(status.bond.unwrap().active.unwrap(), "wlan1");
}

#[test]
fn a_second_run_over_a_finished_machine_changes_nothing() {
    let mut world = World::both();
    world.join(ETH0);
    world.take();
    world.tell(Event::Lost);
    assert_eq!(
        world.take(),
        vec![Action::Kernel(KernelRequest::Read(ReadRequest::Tables(
            Scope::All
        )))]
    );
}

#[test]
fn the_cable_takes_its_route_with_it_at_once() {
    let mut world = World::usual();
    world.join(WLAN0);
    for _ in 0..20 {
        world.join(ETH0);
        assert!(world.has_default(ETH0));
        world.lose(ETH0);
        assert!(!world.has_default(ETH0));
        assert_eq!(world.engine.observed().addresses_of(ETH0).count(), 0);
        world.wait(150);
    }
    assert!(world.has_default(world.bond().0));
}

#[test]
fn a_pulled_adapter_takes_its_supplicant_with_it_and_returns_under_another_name() {
    let mut config = config();
    let mac = plain(WLAN0, "wlan0", true).mac.unwrap();
    config.bond.members[0] = Matcher::Mac(mac);
    config.bond.primary = Some(Matcher::Mac(mac));
    let mut world = World::start(&config, &BOTH_ADAPTERS);
    world.join(WLAN0);
    world.join(WLAN1);
    world.take();
    world.pull(WLAN0);
    let done = world.take();
    assert!(
        done.contains(&Action::Supplicant(
            WLAN0,
            SupplicantStep::Stop { force: true }
        )),
        "{done:?}"
    );
    assert!(world.engine.supplicant(WLAN0).is_none());
    assert_eq!(world.bond().1.active, Some(WLAN1));
    let mut back = plain(9, "wlx9", true);
    back.permanent_mac = Some(mac);
    world.tell(Event::Link(back));
    assert_eq!(world.link(9).master, Some(world.bond().0));
    let done = world.take();
    let others = |a: &Action| a.link() == Some(WLAN1);
    assert!(
        !done.iter().any(others),
        "the other member was touched: {done:?}"
    );
}

#[test]
fn both_gone_and_back() {
    let mut world = World::both();
    world.pull(WLAN0);
    world.pull(WLAN1);
    let (bond, _) = world.bond();
    world.edit(bond, |link| {
        link.carrier = false;
        if let Kind::Bond(options) = &mut link.kind {
            options.active = None;
        }
    });
    world.run();
    assert!(!world.has_default(bond));
    let outage = world.status().bond.unwrap().outage_cause;
    assert_eq!(outage, Some("wlan1 was unplugged"));
    world.plug(7, "wlan1");
    world.join(7);
    assert!(world.has_default(bond));
    assert_eq!(world.bond().1.active, Some(7));
}

#[test]
fn a_bond_with_carrier_but_no_keys_gets_no_address() {
    let mut world = World::usual();
    let (bond, _) = world.bond();
    world.edit(bond, |link| link.carrier = true);
    world.run();
    assert_eq!(world.engine.observed().addresses_of(bond).count(), 0);
}

#[test]
fn nothing_to_do_means_no_deadline_but_the_minute_s_question() {
    let mut world = World::usual();
    for link in [WLAN0, WLAN1] {
        world.join(link);
        world.handle(Event::Supplicant {
            link,
            text: "wpa_state=COMPLETED\nssid=x\n",
        });
    }
    world.join(ETH0);
    world.tick_at(world.now + 60_000);
    world.run();
    assert_eq!(world.poll_at(), Some(120_000));
}

fn medium(index: Index, name: &str, medium: Medium) -> crate::engine::observed::Link {
    let mut link = plain(index, name, true);
    link.facts.medium = medium;
    link
}

/// nl80211 did not answer: the adapter is used neither as Wi-Fi nor as a cable, and asked
/// about again until it is known.
#[test]
fn what_is_not_known_to_be_wifi_or_a_cable_is_asked_about_again() {
    let mut config = config();
    config.links.clear();
    let mut world = World::start(&config, &[(WLAN1, "wlan1", true)]);
    world.join(WLAN1);
    world.take();
    let unknown = medium(WLAN0, "wlan0", Medium::Unknown);
    world.handle(Event::Link(unknown));
    let mut asked = 0;
    while world.now < 60_000 {
        world.run_with(|action| {
            if *action == (Action::Kernel(KernelRequest::Read(ReadRequest::Medium { link: WLAN0 })))
            {
                asked += 1;
                return Outcome::Fails(failure(0, "no answer"));
            }
            let subject = action.link();
            assert_ne!(subject, Some(WLAN0), "{action:?}");
            Outcome::Works
        });
        let problems = status::problems(&world.engine, world.at());
        let expected = "cannot find out whether it is Wi-Fi: no answer";
        assert!(problems.iter().any(|p| p.text == expected), "{problems:?}");
        world.sleep();
    }
    assert_eq!(
        asked, 8,
        "at once, and after 0.25, 0.5, 1, 2, 4, 8 and 16 s"
    );
    let known = medium(WLAN0, "wlan0", Medium::Wifi(Mode::Station));
    world.tell(Event::Link(known));
    assert_eq!(world.link(WLAN0).master, Some(world.bond().0));
    assert!(world.engine.supplicant(WLAN0).is_some());
}

#[test]
fn an_adapter_in_another_mode_is_not_taken_and_named() {
    let mut world = World::usual();
    world.join(WLAN1);
    world.pull(WLAN0);
    for (index, mode, words) in [
        (10, Mode::AccessPoint, "access point mode"),
        (11, Mode::Monitor, "monitor mode"),
        (12, Mode::Mesh, "mesh mode"),
        (13, Mode::AdHoc, "ad-hoc (IBSS) mode"),
        (14, Mode::Other(8), "nl80211 interface type 8"),
    ] {
        world.take();
        let link = medium(index, "wlan0", Medium::Wifi(mode));
        world.tell(Event::Link(link));
        let touched = |a: &Action| a.link() == Some(index);
        assert!(!world.take().iter().any(touched), "{words}");
        let problems = status::problems(&world.engine, world.at());
        let expected = format!("is in {words} and is not taken: ");
        assert!(
            problems
                .iter()
                .any(|p| p.link == "wlan0" && p.text.starts_with(&expected)),
            "{problems:?}"
        );
        world.pull(index);
    }
}

/// Somebody changes the mode of a member: it leaves, and comes back with its mode.
#[test]
fn a_member_whose_mode_changes_leaves_the_bond() {
    let mut world = World::both();
    let mut change = |mode, wanted: bool| {
        world.edit(WLAN0, |link| {
            link.facts.medium = Medium::Wifi(mode);
        });
        world.run();
        let bond = world.bond().0;
        assert_eq!(world.link(WLAN0).master == Some(bond), wanted, "{mode}");
        assert_eq!(world.engine.supplicant(WLAN0).is_some(), wanted, "{mode}");
    };
    change(Mode::AccessPoint, false);
    change(Mode::Station, true);
}
