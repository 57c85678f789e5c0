//! What is remembered of a place, and which network it is used for.
use super::*;
use crate::engine::time::Day;

fn file(air: &Air) -> std::string::String {
    let mut text = std::string::String::new();
    air.world.engine.places.write(&mut text).unwrap();
    text
}

#[test]
fn the_access_point_is_among_it() {
    let mut air = alone();
    air.world.handle(Event::Today(Day(20_788)));
    air.on = Channels::one(2437);
    time_to_join(&mut air, WLAN0);
    let wanted = "wifibond places 2\n\
                  486f7473706f74 2437 02:00:00:00:00:02 02:00:00:00:05:00 20788\n";
    assert_eq!(file(&air), wanted);
}

#[test]
fn who_stays_in_a_network_for_long_sees_it_until_the_end() {
    let mut air = alone();
    air.world.handle(Event::Today(Day(20_000)));
    air.on = Channels::one(2437);
    time_to_join(&mut air, WLAN0);
    for day in 20_001..20_200 {
        air.world.handle(Event::Today(Day(day)));
    }
    assert!(file(&air).ends_with(" 20196\n"), "{}", file(&air));
}

/// The network's other access points are not the one that the file wants.
#[test]
fn a_network_with_a_bssid_is_looked_for_where_that_was() {
    let places = "wifibond places 2\n\
                  486f7473706f74 5745 02:00:00:00:00:02 02:00:00:00:05:01 20000\n\
                  486f7473706f74 2472 02:00:00:00:00:02 02:00:00:00:05:02 20000\n\
                  486f7473706f74 5180 02:00:00:00:00:02 - 20000\n";
    let first = |bssid| {
        let mut config = config();
        config.wifi[0].bssid = bssid;
        let air = Air::new(&config, &BOTH_ADAPTERS[..1], places);
        let link = air.world.link(WLAN0);
        air.world.engine.own_channels(link)
    };
    let of = |mhz: &[u16]| Channels::of(mhz).or(Channels::USUAL_2G);
    assert_eq!(first(None), of(&[5745, 2472, 5180]));
    let second = Some(Mac([2, 0, 0, 0, 5, 2]));
    assert_eq!(first(second), of(&[2472, 5180]));
}
