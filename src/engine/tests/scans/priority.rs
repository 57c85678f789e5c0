//! Networks of different priority.
use super::*;

#[test]
fn the_network_of_higher_priority_wins_within_ten_seconds() {
    let mut air = Air::new(&two_networks(), &BOTH_ADAPTERS, "");
    (air.on, air.home) = (Channels::one(2412), Channels::one(5700));
    let at_home = |air: &Air| air.ssid(WLAN0) == "Home" && air.ssid(WLAN1) == "Home";
    assert!(air.until(10_000, at_home), "{:?}", air.asked);
    assert_eq!(air.world.recorded("is in a network of higher priority"), 1);
}

/// Each look takes it off its channel: the one that carries the traffic is not asked to.
#[test]
fn while_it_is_away_the_standby_looks_for_it_and_the_active_one_does_not() {
    let mut air = Air::new(&two_networks(), &BOTH_ADAPTERS, "");
    air.on = Channels::one(2412);
    time_to_join(&mut air, WLAN0);
    time_to_join(&mut air, WLAN1);
    air.wait(20_000);
    air.asked.clear();
    air.wait(1_800_000);
    let active = air.world.bond().1.active.unwrap();
    let standby = WLAN0 + WLAN1 - active;
    assert_eq!(air.of(active), []);
    let looks = air.of(standby).len();
    assert!((20..=200).contains(&looks), "{looks}");
    air.home = Channels::one(5700);
    let both = |air: &Air| air.ssid(WLAN0) == "Home" && air.ssid(WLAN1) == "Home";
    assert!(air.until(660_000, both));
    assert_eq!(air.world.recorded("is in a network of higher priority"), 1);
}

#[test]
fn without_priorities_nobody_leaves_its_network() {
    let mut config = two_networks();
    config.wifi[1].priority = 0;
    let mut air = Air::new(&config, &BOTH_ADAPTERS, "");
    air.on = Channels::one(2412);
    time_to_join(&mut air, WLAN0);
    time_to_join(&mut air, WLAN1);
    air.asked.clear();
    air.wait(3_600_000);
    assert!(air.asked.is_empty(), "{:?}", air.asked);
}

#[test]
fn one_alone_looks_once_for_a_better_network_and_then_leaves_the_traffic_in_peace() {
    let mut air = Air::new(&two_networks(), &BOTH_ADAPTERS[..1], "");
    air.on = Channels::one(2412);
    time_to_join(&mut air, WLAN0);
    air.wait(60_000);
    air.asked.clear();
    air.wait(600_000);
    assert!(air.asked.is_empty(), "{:?}", air.asked);
}

/// It is in no bond.
#[test]
fn a_link_of_its_own_looks_once_for_a_better_network_too() {
    let mut config = two_networks();
    config.bond.members = core::iter::once(Matcher::Name(name("wlan1"))).collect();
    config.links[0].name = Matcher::Name(name("wlan0"));
    let mut air = Air::new(&config, &BOTH_ADAPTERS[..1], "");
    air.on = Channels::one(2412);
    time_to_join(&mut air, WLAN0);
    air.asked.clear();
    air.wait(60_000);
    assert!(!air.asked.is_empty());
    air.asked.clear();
    air.wait(1_800_000);
    assert!(air.asked.is_empty(), "{:?}", air.asked);
}

/// wlan1 alone may join the network of higher priority, and does not keep it.
#[test]
fn a_better_network_that_was_lost_is_preferred_after_the_hold() {
    let mut config = two_networks();
    config.health.hold_s = 30;
    for (network, name_of) in config.wifi.iter_mut().zip(["wlan0", "wlan1"]) {
        let member = Matcher::Name(name(name_of));
        network.members.push(member).unwrap();
    }
    let mut air = Air::new(&config, &BOTH_ADAPTERS, "");
    let active = |air: &Air| air.world.bond().1.active;
    air.joins(WLAN0, "Hotspot", 2412);
    air.joins(WLAN1, "Home", 5700);
    air.act();
    assert!(air.until(10_000, |air| active(air) == Some(WLAN1)));
    air.loses(WLAN1);
    assert_eq!(active(&air), Some(WLAN0));
    air.joins(WLAN1, "Home", 5700);
    air.act();
    air.wait(20_000);
    assert_eq!(active(&air), Some(WLAN0), "on hold");
    assert!(air.until(60_000, |air| active(air) == Some(WLAN1)));
}

#[test]
fn a_member_that_leaves_for_a_better_network_is_not_held() {
    let mut config = two_networks();
    config.health.hold_s = 30;
    let mut air = Air::new(&config, &BOTH_ADAPTERS[..1], "");
    (air.on, air.home) = (Channels::one(2412), Channels::one(5700));
    assert!(air.until(10_000, |air| air.ssid(WLAN0) == "Home"));
    assert!(!air.world.engine.is_held(air.world.at(), WLAN0));
}

/// It is put off longer each time, and not for ever: each attempt takes a member out of its network.
#[test]
fn a_better_network_that_refuses_is_tried_ever_more_seldom() {
    for adapters in [&BOTH_ADAPTERS[..], &BOTH_ADAPTERS[..1]] {
        let mut air = Air::new(&two_networks(), adapters, "");
        (air.on, air.home) = (Channels::one(2412), Channels::one(5700));
        air.home_refuses = true;
        let attempts = |air: &Air| air.world.recorded("refused by the access point");
        air.wait(600_000);
        let first = attempts(&air);
        assert!((3..=12).contains(&first), "{first} in ten minutes");
        air.wait(3_600_000);
        let more = attempts(&air) - first;
        assert!((1..=8).contains(&more), "{more} in an hour");
        air.home_refuses = false;
        let home = |air: &Air| air.ssid(WLAN0) == "Home";
        assert!(air.until(4_000_000, home), "in the end it is let in");
        // It has been in it: from now on there is no reason to wait.
        air.home = Channels::NONE;
        air.on = Channels::one(2412);
        for (link, _, _) in adapters {
            air.loses(*link);
        }
        assert!(air.until(60_000, |air| air.ssid(WLAN0) == "Hotspot"));
        air.home = Channels::one(5700);
        if adapters.len() == 2 {
            assert!(air.until(660_000, home), "no longer put off");
        }
    }
}
