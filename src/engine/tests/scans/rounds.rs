//! Where an adapter looks, and when.
use super::*;

/// Both have joined it on channel 6.
fn pair_in_the_network() -> Air {
    let mut air = pair();
    air.on = Channels::one(2437);
    time_to_join(&mut air, WLAN0);
    time_to_join(&mut air, WLAN1);
    air
}

#[test]
fn what_is_known_comes_first_and_stands_in_the_file() {
    let mut air = Air::new(&config(), &BOTH_ADAPTERS, KNOWN);
    air.on = Channels::one(5745);
    assert!(time_to_join(&mut air, WLAN0) <= ASKING + 50);
    assert_eq!(air.of(WLAN0), [Channels::one(5745)]);
    // The other has it from there.
    assert!(time_to_join(&mut air, WLAN1) <= 2 * ASKING);
    let file = |link: Index| {
        let engine = &air.world.engine;
        let link = engine.observed().link(link).unwrap();
        engine.own_channels(link).to_string()
    };
    assert_eq!(file(WLAN0), "1, 6, 11, 149");
    assert_eq!(file(WLAN1), "1, 6, 11, 149", "learned");
    let fresh = Air::new(&config(), &BOTH_ADAPTERS, KNOWN);
    let link = fresh.world.engine.observed().link(WLAN1).unwrap();
    let own = fresh.world.engine.own_channels(link);
    assert_eq!(own, Channels::USUAL_2G, "it may not have that band");
}

#[test]
fn two_adapters_share_the_work_of_a_round() {
    for mhz in [2472, 5180, 5320, 5700, 5885, 5955, 7115] {
        let mut single = alone();
        single.on = Channels::one(mhz);
        let one = time_to_join(&mut single, WLAN0);
        let mut both = pair();
        both.on = Channels::one(mhz);
        let begun = both.world.now;
        let joined = |air: &Air| air.has_joined(WLAN0) && air.has_joined(WLAN1);
        assert!(both.until(60_000, joined), "{mhz}");
        let two = both.world.now - begun;
        // The one that did not find it looks at that channel, too.
        let after = LISTENING + 2 * 50 + 4 * LISTENING;
        assert!(
            two <= one / 2 + after,
            "{mhz}: {two} ms, one alone {one} ms"
        );
    }
}

#[test]
fn no_channel_is_looked_at_twice_in_a_round_and_none_is_left_out() {
    let mut air = pair();
    let ended = |air: &Air| air.world.recorded("no known network in range") == 2;
    assert!(air.until(20_000, ended), "{:?}", air.asked);
    let mut all = Channels::NONE;
    for (_, _, channels) in &air.asked {
        assert!(all.and(*channels).is_empty(), "{channels} again");
        all = all.or(*channels);
    }
    assert_eq!(all, Channels::ALL);
    let (one, two) = (air.of(WLAN0), air.of(WLAN1));
    assert!(
        one.len().abs_diff(two.len()) <= 4,
        "{} {}",
        one.len(),
        two.len()
    );
    // In the next round each looks where the other has.
    let before: Channels = one.iter().fold(Channels::NONE, |all, one| all.or(*one));
    air.asked.clear();
    air.wait(1_500);
    let first = air.of(WLAN0)[0];
    assert!(first.and(before).is_empty(), "{first} was its own");
}

#[test]
fn the_usual_channels_come_first_and_those_for_listening_last() {
    let mut air = alone();
    air.wait(20_000);
    let mut asked = air.of(WLAN0);
    let round = asked.iter().skip(1).position(|c| *c == asked[0]);
    asked.truncate(1 + round.expect("another round"));
    assert_eq!(asked[0].to_string(), "1, 6, 11, 36");
    assert_eq!(asked[1].to_string(), "40, 44, 48");
    let radar = asked
        .iter()
        .position(|c| !c.and(Channels::one(5500)).is_empty());
    let plain = asked
        .iter()
        .rposition(|c| !c.and(Channels::one(5825)).is_empty());
    assert!(plain < radar, "{asked:?}");
    for words in [
        "most access points",
        "the other channels",
        "listening alone",
    ] {
        assert_eq!(air.world.recorded(words), 1, "{words}");
    }
}

#[test]
fn an_adapter_of_one_band_is_asked_for_no_other() {
    let mut air = pair();
    air.capability[1].1 = one_band();
    air = {
        let mut fresh = Air::new(&config(), &[], "");
        fresh.capability = air.capability;
        for (index, name, _) in BOTH_ADAPTERS {
            fresh.world.handle(Event::Link(plain(index, name, true)));
        }
        fresh.act();
        fresh
    };
    air.on = Channels::one(5885);
    assert!(time_to_join(&mut air, WLAN0) > 0);
    air.wait(5_000);
    assert!(!air.has_joined(WLAN1));
    let other = air.of(WLAN1);
    assert!(!other.is_empty());
    assert!(
        other
            .iter()
            .all(|c| c.without(Channels::BAND_2G).is_empty()),
        "{other:?}"
    );
}

#[test]
fn networks_bound_to_members_are_sought_by_those_alone() {
    let mut config = config();
    let only = Matcher::Name(name("wlan1"));
    config.wifi[0].members.push(only).unwrap();
    let mut network = config.wifi[0].clone();
    network.ssid = Ssid::from_slice(b"Barn").unwrap();
    network.members = core::iter::once(Matcher::Name(name("wlan0"))).collect();
    config.wifi.push(network).unwrap();
    let mut air = Air::new(&config, &BOTH_ADAPTERS, "");
    air.wait(20_000);
    for link in [WLAN0, WLAN1] {
        let all = air
            .of(link)
            .iter()
            .fold(Channels::NONE, |all, one| all.or(*one));
        assert_eq!(all, Channels::ALL, "each by itself");
    }
}

#[test]
fn one_that_was_lost_is_looked_for_often_and_then_seldom() {
    let mut air = pair_in_the_network();
    air.on = Channels::NONE;
    air.loses(WLAN0);
    let looks = |air: &mut Air, ms: u64| {
        air.asked.clear();
        air.wait(ms);
        let known = air
            .of(WLAN0)
            .iter()
            .filter(|c| **c == Channels::one(2437))
            .count();
        (known, air.of(WLAN0).len())
    };
    let (known, _) = looks(&mut air, 10_000);
    assert!((15..=21).contains(&known), "{known}");
    air.wait(3_600_000);
    let (known, all) = looks(&mut air, 600_000);
    assert!((55..=61).contains(&known), "{known}");
    // A round takes some 30 scans.
    assert!(all <= 61 + 20 * 30, "{all}");
    assert!(air.of(WLAN1).is_empty(), "the one that carries the traffic");
    let records = air.world.recorded("wlan0") + air.world.recorded("looks");
    assert!(records <= 12, "{records} records");
    // Back in range.
    air.on = Channels::one(2437);
    assert!(time_to_join(&mut air, WLAN0) <= 10_500);
    air.loses(WLAN0);
    assert!(time_to_join(&mut air, WLAN0) <= 600);
}

/// The rest of a round does not keep them from it.
#[test]
fn two_that_have_lost_it_look_there_often() {
    let mut air = pair_in_the_network();
    air.on = Channels::NONE;
    air.loses(WLAN0);
    air.loses(WLAN1);
    air.wait(10_000);
    air.asked.clear();
    air.wait(30_000);
    let known = air
        .asked
        .iter()
        .filter(|(.., at)| *at == Channels::one(2437));
    let known: Vec<u64> = known.map(|(at, ..)| *at).collect();
    assert!(known.len() >= 100, "{known:?}");
    let longest = known.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(longest <= Some(510), "{longest:?} {known:?}");
}

#[test]
fn on_another_channel_it_is_found_within_the_round() {
    let mut air = pair_in_the_network();
    air.on = Channels::one(5500);
    air.loses(WLAN0);
    air.loses(WLAN1);
    let took = time_to_join(&mut air, WLAN0).max(time_to_join(&mut air, WLAN1));
    assert!(took <= 6_000, "{took} ms");
    // And that is what comes first the next time.
    air.loses(WLAN0);
    assert!(time_to_join(&mut air, WLAN0) <= 3 * LISTENING);
}

#[test]
fn a_place_is_written_once_and_not_at_each_join() {
    let mut air = pair_in_the_network();
    let writes = |air: &mut Air| {
        let done = air.world.take();
        let is = |a: &&Action| matches!(a, Action::Store(Store::Places));
        done.iter().filter(is).count()
    };
    assert!((1..=2).contains(&writes(&mut air)));
    for _ in 0..5 {
        air.loses(WLAN1);
        time_to_join(&mut air, WLAN1);
    }
    assert_eq!(writes(&mut air), 0);
}

#[test]
fn one_adapter_alone_finishes_the_round_and_moves() {
    let mut air = Air::new(&two_networks(), &BOTH_ADAPTERS[..1], "");
    (air.on, air.home) = (Channels::one(2412), Channels::one(5700));
    let at_home = |air: &Air| air.ssid(WLAN0) == "Home";
    assert!(air.until(10_000, at_home), "{:?}", air.asked);
    air.asked.clear();
    air.wait(600_000);
    assert!(air.asked.is_empty(), "{:?}", air.asked);
}

#[test]
fn the_status_says_what_a_join_took() {
    let mut air = alone();
    air.on = Channels::one(5180);
    time_to_join(&mut air, WLAN0);
    let status = air.world.status();
    let member = &status.bond.as_ref().unwrap().members[0];
    assert_eq!(member.search_ms, Some(4 * ASKING));
    assert!(member.association_ms.is_some());
    let page = status::text::page(&air.world.engine, None, air.world.at()).to_string();
    assert!(page.contains("found in 240 ms, joined in 0 ms"), "{page}");
    drop(status);
    air.world.cut(WLAN0);
    air.says(
        WLAN0,
        "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=4",
    );
    let status = air.world.status();
    assert_eq!(status.bond.unwrap().members[0].search_ms, None);
}

/// With the access point's announcement (IEEE 802.11-2020, 11.8.8) nobody leaves the network.
#[test]
fn an_access_point_that_announces_another_channel_is_remembered_there() {
    let mut air = alone();
    air.on = Channels::one(2437);
    time_to_join(&mut air, WLAN0);
    air.world.take();
    let wide = "ht_enabled=0 ch_offset=0 ch_width=20 MHz (no HT) cf1=2462 cf2=0";
    air.says(
        WLAN0,
        &format!("<3>CTRL-EVENT-STARTED-CHANNEL-SWITCH freq=2462 {wide}"),
    );
    air.says(
        WLAN0,
        &format!("<3>CTRL-EVENT-CHANNEL-SWITCH freq=2462 {wide}"),
    );
    air.act();
    let heard_on = air.world.engine.supplicant(WLAN0).map(|s| s.frequency);
    assert_eq!(heard_on, Some(2462));
    let done = air.world.take();
    assert!(done.contains(&Action::Store(Store::Places)));
    air.asked.clear();
    air.on = Channels::one(2462);
    air.loses(WLAN0);
    time_to_join(&mut air, WLAN0);
    let both = Channels::one(2437).or(Channels::one(2462));
    assert_eq!(air.of(WLAN0)[0], both);
}
