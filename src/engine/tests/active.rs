//! Which member is active.
use super::*;
use crate::engine::select::Why;

#[test]
fn carrier_without_keys_never_takes_the_traffic() {
    let mut world = World::usual();
    world.join(WLAN1);
    let (bond, options) = world.bond();
    assert_eq!((options.active, options.primary), (Some(WLAN1), None));
    // The primary associates with a wrong passphrase: carrier, dormant, mii up.
    world.edit(WLAN0, |link| {
        link.carrier = true;
        link.oper = Oper::Dormant;
        link.port.as_mut().unwrap().mii = Mii::Up;
    });
    world.run();
    let (_, options) = world.bond();
    assert_eq!((options.active, options.primary), (Some(WLAN1), None));
    // With the right one it is preferred, and the kernel is told so.
    world.join(WLAN0);
    let (_, options) = world.bond();
    assert_eq!(
        (options.active, options.primary),
        (Some(WLAN0), Some(WLAN0))
    );
    // It loses its keys: the kernel must not come back to it by itself.
    world.lose(WLAN0);
    let (_, options) = world.bond();
    assert_eq!((options.active, options.primary), (Some(WLAN1), None));
    assert!(world.has_default(bond));
}

#[test]
fn a_switch_is_recorded_with_cause_and_outage() {
    let mut world = World::both();
    world.edit(WLAN0, |link| link.carrier = false);
    world.now += 14;
    world.run();
    let switch = |world: &World| {
        let records = world.engine.journal().since(0);
        let last = records.filter(|r| r.kind == RecordKind::Switch).last();
        last.expect("a switch").clone()
    };
    let record = switch(&world);
    let change = record.switch.unwrap();
    assert_eq!(
        (change.from.as_str(), change.to.as_str()),
        ("wlan0", "wlan1")
    );
    assert_eq!(change.outage_ms, Some(14));
    assert_eq!(record.text, "wlan0 lost its carrier");
    world.join(WLAN0);
    let record = switch(&world);
    assert_eq!(record.switch.unwrap().outage_ms, Some(0));
    assert_eq!(record.text, "the primary wlan0 can carry traffic again");
}

#[test]
fn switch_pins_a_member_until_it_fails() {
    let mut world = World::both();
    world.tell(Event::Switch(WLAN1));
    let (_, options) = world.bond();
    assert_eq!((options.active, options.primary), (Some(WLAN1), None));
    world.lose(WLAN1);
    assert_eq!(world.bond().1.active, Some(WLAN0));
    world.join(WLAN1);
    assert_eq!(world.bond().1.active, Some(WLAN0));
}

#[test]
fn reselect_failure_stays_where_it_is() {
    let mut config = config();
    config.bond.primary_reselect = PrimaryReselect::Failure;
    let mut world = World::start(&config, &BOTH_ADAPTERS);
    world.join(WLAN1);
    world.join(WLAN0);
    assert_eq!(world.bond().1.active, Some(WLAN1));
    assert_eq!(world.bond().1.primary, None);
    world.lose(WLAN1);
    assert_eq!(world.bond().1.active, Some(WLAN0));
}

/// As the kernel's own `better`: more speed, or full duplex at the same speed. Wi-Fi tells no
/// speed, and counts as slower than any cable.
#[test]
fn reselect_better_goes_back_to_the_primary_only_if_that_is_faster() {
    const FULL: (Option<u32>, Option<bool>) = (Some(100), Some(true));
    const HALF: (Option<u32>, Option<bool>) = (Some(100), Some(false));
    for (primary, current, goes_back) in [
        ((Some(1_000), Some(true)), FULL, true),
        (FULL, (Some(1_000), Some(true)), false),
        (FULL, FULL, false),
        (FULL, HALF, true),
        (HALF, FULL, false),
        ((Some(1_000), Some(false)), FULL, true),
        ((None, None), HALF, false),
        (HALF, (None, None), true),
        ((None, None), (None, None), false),
    ] {
        let mut config = config();
        config.bond.primary_reselect = PrimaryReselect::Better;
        let mut world = World::start(&config, &BOTH_ADAPTERS);
        for (index, (speed, full_duplex)) in [(WLAN0, primary), (WLAN1, current)] {
            world.edit(index, |link| {
                (link.facts.speed, link.facts.full_duplex) = (speed, full_duplex);
            });
        }
        world.join(WLAN1);
        assert_eq!(world.bond().1.active, Some(WLAN1));
        world.join(WLAN0);
        let expected = if goes_back { WLAN0 } else { WLAN1 };
        let active = world.bond().1.active;
        assert_eq!(active, Some(expected), "{primary:?} and {current:?}");
        world.lose(expected);
        let other = if goes_back { WLAN1 } else { WLAN0 };
        assert_eq!(world.bond().1.active, Some(other), "when it fails, any");
    }
}

/// Each time another adapter carries, and after a time without any; never in between.
#[test]
fn neighbours_are_told_which_adapter_has_the_addresses() {
    let mut world = World::usual();
    let announced = |world: &mut World| {
        let done = world.take();
        let is_one = |a: &&Action| matches!(a.packet(), Some(Packet::Announcement { .. }));
        done.iter().filter(is_one).count()
    };
    world.wait(60_000);
    assert_eq!(announced(&mut world), 0, "nobody carries");
    world.join(WLAN0);
    let done = world.take();
    let address = place_of_change!(done, AddAddress { .. });
    assert!(
        place_of(&done, |a| matches!(
            a.packet(),
            Some(Packet::Announcement { .. })
        )) > address
    );
    world.wait(60_000);
    assert_eq!(announced(&mut world), 1, "once more");
    world.join(WLAN1);
    world.wait(60_000);
    assert_eq!(announced(&mut world), 0, "the standby moves nothing");
    world.lose(WLAN0);
    world.wait(60_000);
    assert_eq!(announced(&mut world), 2);
    let (bond, _) = world.bond();
    let moved: Vec<IpAddr> = world.engine.announced_addresses(bond).collect();
    assert_eq!(moved, [IpAddr::from([192, 168, 43, 150])]);
    world.lose(WLAN1);
    world.edit(bond, |l| l.carrier = false);
    world.run();
    world.wait(60_000);
    assert_eq!(announced(&mut world), 0);
    world.join(WLAN1);
    world.wait(60_000);
    assert_eq!(announced(&mut world), 2, "after a time without any");
}

/// Choice, status and `doctor` have one rule and its words.
#[test]
fn why_a_member_may_not_carry_is_what_the_status_shows() {
    let mut world = World::both();
    let why = |world: &World| {
        let link = world.engine.observed().link(WLAN0).unwrap();
        world.engine.eligible(link)
    };
    assert_eq!(why(&world), Ok(()));
    for (rest, expected) in [(true, Err(Why::Resting)), (false, Err(Why::NoCarrier))] {
        let event = Event::Rest { link: WLAN0, rest };
        world.tell(event);
        assert_eq!(why(&world), expected);
        assert_eq!(world.bond().1.active, Some(WLAN1));
    }
    let event = Event::Rest {
        link: WLAN0,
        rest: true,
    };
    world.tell(event);
    let status = world.status();
    let shown = &status.bond.unwrap().members[0];
    assert_eq!(shown.state.0.to_string(), Why::Resting.to_string());
}

#[test]
fn a_member_that_is_set_down_is_the_cause_of_the_switch() {
    let mut world = World::both();
    let (link, rest) = (WLAN0, true);
    world.tell(Event::Rest { link, rest });
    let records = world.engine.journal().since(0);
    let switch = records.filter(|r| r.kind == RecordKind::Switch).last();
    assert_eq!(switch.unwrap().text, "wlan0 was set down");
}
