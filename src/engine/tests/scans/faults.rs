//! Scans that fail, and what is not known for sure.
use super::*;

#[test]
fn a_busy_driver_is_asked_again_and_a_scan_without_an_end_is_given_up() {
    let mut air = alone();
    air.on = Channels::one(2412);
    air.refuses = Some(("FAIL-BUSY\n", 5));
    let mut fresh = Air::new(&config(), &[], "");
    std::mem::swap(&mut fresh.refuses, &mut air.refuses);
    fresh.on = air.on;
    fresh.world.handle(Event::Link(plain(WLAN0, "wlan0", true)));
    fresh.act();
    let took = time_to_join(&mut fresh, WLAN0);
    assert!((800..=1_500).contains(&took), "{took} ms");
    let mut air = alone();
    air.hangs = &[WLAN0];
    air.wait(30_000);
    air.hangs = &[];
    air.on = Channels::one(2412);
    assert!(time_to_join(&mut air, WLAN0) <= 20_000);
}

#[test]
fn without_a_list_of_channels_all_are_tried() {
    let mut air = Air::new(&config(), &[], "");
    air.capability[0].1 = "FAIL\n".to_owned();
    air.on = Channels::one(7115);
    air.world.handle(Event::Link(plain(WLAN0, "wlan0", true)));
    air.act();
    assert!(time_to_join(&mut air, WLAN0) > 0);
}

#[test]
fn another_regulatory_domain_has_other_channels() {
    let mut air = alone();
    air.capability[0].1 = one_band();
    let text = "<3>CTRL-EVENT-REGDOM-CHANGE init=USER type=COUNTRY alpha2=BE";
    air.says(WLAN0, text);
    air.act();
    air.wait(1_000);
    air.asked.clear();
    air.on = Channels::one(5180);
    air.wait(20_000);
    assert!(!air.has_joined(WLAN0));
    assert!(
        air.of(WLAN0)
            .iter()
            .skip(1)
            .all(|c| c.without(Channels::BAND_2G).is_empty())
    );
    air.capability[0].1 = three_bands();
    air.says(WLAN0, text);
    air.act();
    assert!(time_to_join(&mut air, WLAN0) <= 20_000);
}

#[test]
fn during_a_stop_nothing_is_sought() {
    let mut air = alone();
    let seeks = |air: &Air| {
        let supplicant = air.world.engine.supplicant(WLAN0);
        supplicant.is_some_and(|s| s.scan.is_seeking())
    };
    assert!(seeks(&air));
    air.world.handle(Event::Stop);
    assert!(air.world.engine.supplicant(WLAN0).is_some());
    assert!(!seeks(&air));
}

/// With a wrong passphrase wpa_supplicant does not say what it finds.
#[test]
fn a_network_that_is_put_off_is_not_out_of_range() {
    let mut air = alone();
    air.puts_off = true;
    air.wait(60_000);
    assert_eq!(air.world.recorded("no known network in range"), 0);
    air.puts_off = false;
    air.wait(60_000);
    assert_eq!(air.world.recorded("no known network in range"), 1);
}

#[test]
fn a_new_network_is_looked_for_at_once() {
    let mut air = pair();
    air.wait(600_000);
    air.home = Channels::one(5700);
    air.world.handle(Event::Config(&two_networks()));
    air.act();
    let joined = |air: &Air| air.has_joined(WLAN0) || air.has_joined(WLAN1);
    assert!(air.until(10_000, joined), "{:?}", air.asked.last());
}

/// A scan without an end shows an adapter that is dead, not a network that is away: it is repaired.
#[test]
fn scans_without_an_end_say_nothing_of_networks() {
    let mut air = alone();
    air.hangs = &[WLAN0];
    air.wait(300_000);
    let supplicant = air.world.engine.supplicant(WLAN0).unwrap();
    assert!(!supplicant.finds_none());
    assert_eq!(air.world.recorded("no known network in range"), 0);
}

#[test]
fn channels_that_cannot_be_scanned_do_not_hold_up_the_others() {
    let wlan0 = &BOTH_ADAPTERS[..1];
    for (places, fails, on) in [(KNOWN, 5745, 2437), ("", 5180, 2472)] {
        let mut air = plugged(places, wlan0, |air| {
            air.fails = Channels::one(fails);
            air.on = Channels::one(on);
        });
        let took = time_to_join(&mut air, WLAN0);
        assert!(took <= 5_000, "{took} ms");
    }
}

#[test]
fn many_known_channels_do_not_hold_up_the_round() {
    let mut places = "wifibond places 1\n".to_owned();
    let others = Channels::ALL.without(Channels::BAND_2G);
    for (_, mhz) in others.iter().take(22) {
        places.push_str(&format!("486f7473706f74 {mhz} 02:00:00:00:00:02\n"));
    }
    let mut air = plugged(&places, &BOTH_ADAPTERS[..1], |air| {
        air.on = Channels::one(2437)
    });
    let took = time_to_join(&mut air, WLAN0);
    assert!(took <= 3_000, "{took} ms");
}

#[test]
fn one_that_waits_for_its_turn_keeps_the_round_open() {
    for every in [3, 4, 5] {
        let mut air = plugged("", &BOTH_ADAPTERS, |air| {
            air.capability[0].1 = one_band();
            air.busy_every = Some(every);
            air.on = Channels::one(5700);
        });
        let took = time_to_join(&mut air, WLAN1);
        assert!(took <= 15_000, "{every}: {took} ms");
        assert_eq!(air.world.recorded("no known network in range"), 0);
    }
}

#[test]
fn failed_attempts_do_not_fill_the_journal() {
    let mut air = alone();
    air.puts_off = true;
    for _ in 0..10 {
        for text in [
            "<3>SME: Trying to authenticate with 02:00:00:00:05:00 (SSID='Hotspot' freq=2412 MHz)",
            "<3>Associated with 02:00:00:00:05:00",
            "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=15",
        ] {
            air.says(WLAN0, text);
        }
        air.act();
        air.wait(30_000);
    }
    let looks = air.world.recorded("looks");
    assert!(looks <= 4, "{looks}");
}

const KEYS_FAIL: [&str; 4] = [
    "<3>SME: Trying to authenticate with 02:00:00:00:05:00 (SSID='Hotspot' freq=5745 MHz)",
    "<3>Associated with 02:00:00:00:05:00",
    "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=15",
    "<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"Hotspot\" auth_failures=1 duration=10 reason=WRONG_KEY",
];

/// wpa_supplicant takes lost frames of the handshake for a wrong passphrase, and puts the network off.
#[test]
fn where_the_passphrase_was_right_before_the_handshake_is_tried_again_at_once() {
    for (places, again) in [(KNOWN, 1), ("wifibond places 1\n", 0)] {
        let mut air = Air::new(&config(), &BOTH_ADAPTERS[..1], places);
        air.puts_off = true;
        let fails = |air: &mut Air| {
            air.world.take();
            for text in KEYS_FAIL {
                air.says(WLAN0, text);
            }
            air.act();
            let done = air.world.take();
            let anew = Action::Supplicant(WLAN0, SupplicantStep::Ask(Request::Reconfigure));
            done.iter().filter(|action| **action == anew).count()
        };
        assert_eq!(fails(&mut air), again);
        assert_eq!(air.world.recorded("wrong passphrase"), 1 - again);
        assert_eq!(fails(&mut air), 0, "once");
        assert_eq!(air.world.recorded("wrong passphrase"), 1);
        air.puts_off = false;
        air.joins(WLAN0, "Hotspot", 5745);
        air.act();
        assert_eq!(fails(&mut air), 1, "it was right again");
    }
}

/// The access point repeats message 3, as it lacks message 4.
#[test]
fn where_the_last_message_of_the_handshake_is_lost_the_network_is_joined_anew() {
    const KEYS: &str =
        "<3>WPA: Key negotiation completed with 02:00:00:00:05:00 [PTK=CCMP GTK=CCMP]";
    let mut air = alone();
    air.on = Channels::one(2437);
    time_to_join(&mut air, WLAN0);
    let anew = |air: &mut Air, after: u64| {
        air.wait(after);
        air.world.take();
        air.says(WLAN0, KEYS);
        air.act();
        let done = air.world.take();
        let anew = Action::Supplicant(WLAN0, SupplicantStep::Ask(Request::Reassociate));
        done.iter().filter(|action| **action == anew).count()
    };
    assert_eq!(anew(&mut air, 1), 0, "the first time");
    assert_eq!(anew(&mut air, 100), 1);
    assert_eq!(air.world.recorded("lacks the handshake's last message"), 1);
    // An access point that is slow repeats it always.
    assert_eq!(anew(&mut air, 1), 0);
    assert_eq!(anew(&mut air, 100), 0);
    // Other keys, an hour later.
    assert_eq!(anew(&mut air, 3_600_000), 0);
    assert_eq!(anew(&mut air, 1_000), 1);
    // Those of the next association are the first.
    air.wait(120_000);
    assert_eq!(anew(&mut air, 1), 0);
    air.says(WLAN0, "<3>Associated with 02:00:00:00:05:00");
    assert_eq!(anew(&mut air, 100), 0);
}

/// The last search ended with a look there: that is no reason to begin this one elsewhere.
#[test]
fn each_search_begins_where_the_network_was() {
    let mut air = Air::new(&config(), &BOTH_ADAPTERS[..1], KNOWN);
    air.on = Channels::one(5745);
    for _ in 0..4 {
        time_to_join(&mut air, WLAN0);
        air.wait(5_000);
        air.asked.clear();
        air.loses(WLAN0);
        assert_eq!(air.of(WLAN0), [Channels::one(5745)]);
    }
}

/// What it was asked to look at is left to the other one.
#[test]
fn a_scan_without_an_end_does_not_hold_up_the_other_adapter() {
    for mhz in [2412, 5180, 5200, 5500, 5955] {
        let mut air = plugged("", &BOTH_ADAPTERS, |air| {
            air.hangs = &[WLAN0];
            air.on = Channels::one(mhz);
        });
        let took = time_to_join(&mut air, WLAN1);
        println!("{mhz} MHz: {took} ms");
        assert!(took <= 7_000, "{mhz} MHz: {took} ms");
        assert!(!air.has_joined(WLAN0));
        air.hangs = &[];
        assert!(time_to_join(&mut air, WLAN0) <= 10_000);
    }
}
