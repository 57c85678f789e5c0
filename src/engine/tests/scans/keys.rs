//! Keys are derived once, and for all adapters.
use super::*;
use crate::engine::contract::event::Start;
use std::string::String;

fn wpa2(passphrase: &str) -> Config {
    let mut config = config();
    config.wifi[0].security = Security::Wpa2;
    config.wifi[0].key = Key::Passphrase(Secret::new(passphrase.try_into().unwrap()));
    config
}

/// The file of wlan0's wpa_supplicant.
fn file(air: &Air) -> String {
    let engine = &air.world.engine;
    let link = air.world.link(WLAN0);
    let (none, keys) = (Channels::NONE, &engine.keys);
    let mut text = String::new();
    let (config, dialect) = (engine.config(), engine.dialect);
    crate::engine::supplicant_file::write(config, link, dialect, none, keys, &mut text).unwrap();
    text
}

/// Time passes; how often the keys were written.
fn writes(air: &mut Air, ms: u64) -> usize {
    air.wait(ms);
    let done = air.world.take();
    let is = |a: &&Action| matches!(a, Action::Store(Store::Keys));
    done.iter().filter(is).count()
}

fn starts(air: &Air) -> usize {
    let is = |a: &&Action| matches!(a, Action::Supplicant(_, SupplicantStep::Start { .. }));
    air.world.done.iter().filter(is).count()
}

/// While they are brought up; each would derive it first too.
#[test]
fn at_the_first_start_it_is_derived_once_for_all_adapters() {
    let mut air = Air::new(&wpa2("correct horse"), &BOTH_ADAPTERS, "");
    assert_eq!(starts(&air), 0);
    assert!(
        air.until(100, |air| starts(air) == 2),
        "{:?}",
        air.world.done
    );
    assert_eq!(writes(&mut air, 1_000), 1);
    let text = file(&air);
    assert!(
        text.contains("\tpsk=") && !text.contains("correct horse"),
        "{text}"
    );
    air.on = Channels::one(2437);
    time_to_join(&mut air, WLAN0);
    assert_eq!(writes(&mut air, 20_000), 0);
}

/// Two of one name and with two passphrases have one key, and no end of derivations.
#[test]
fn of_one_name_the_first_has_its_key_and_all_keys_are_written_at_once() {
    let mut config = wpa2("correct horse");
    for (name, passphrase) in [("Hotspot", "battery staple"), ("Home", "correct staple")] {
        let mut network = config.wifi[0].clone();
        network.ssid = Ssid::from_slice(name.as_bytes()).unwrap();
        network.key = Key::Passphrase(Secret::new(passphrase.try_into().unwrap()));
        network.bssid = Some(Mac([2, 0, 0, 0, 5, name.len() as u8]));
        config.wifi.push(network).unwrap();
    }
    let mut air = Air::new(&config, &BOTH_ADAPTERS[..1], "");
    assert!(
        air.until(100, |air| starts(air) == 1),
        "{:?}",
        air.world.done
    );
    assert_eq!(writes(&mut air, 60_000), 1);
    let text = file(&air);
    for (passphrase, is_there) in [
        ("correct horse", false),
        ("battery staple", true),
        ("correct staple", false),
    ] {
        assert_eq!(text.contains(passphrase), is_there, "{text}");
    }
}

/// The wpa_supplicant that runs keeps its file; the next start has the key.
#[test]
fn another_passphrase_is_derived_once_its_network_was_joined() {
    let mut air = Air::new(&wpa2("correct horse"), &BOTH_ADAPTERS[..1], "");
    air.wait(1_000);
    let before = file(&air);
    air.world.handle(Event::Config(&wpa2("battery staple")));
    air.act();
    let given = file(&air);
    assert!(given.contains("psk=\"battery staple\"\n"), "{given}");
    assert!(!air.world.engine.is_wanted_file(WLAN0, before.as_bytes()));
    air.world.take();
    air.on = Channels::one(2437);
    assert_eq!(writes(&mut air, 9_000), 0, "the lease comes first");
    assert_eq!(writes(&mut air, 5_000), 1);
    let after = file(&air);
    assert!(
        after.contains("\tpsk=") && !after.contains("battery"),
        "{after}"
    );
    let engine = &air.world.engine;
    assert!(engine.is_wanted_file(WLAN0, given.as_bytes()));
    assert!(engine.is_wanted_file(WLAN0, after.as_bytes()));
    for _ in 0..3 {
        air.loses(WLAN0);
        time_to_join(&mut air, WLAN0);
        assert_eq!(writes(&mut air, 20_000), 0);
    }
}

#[test]
fn a_supplicant_that_was_adopted_waits_for_nothing() {
    let config = wpa2("correct horse");
    let mut air = Air::new(&config, &[], "");
    air.world.handle(Event::Link(plain(WLAN0, "wlan0", true)));
    let (link, how) = (WLAN0, Start::Adopted { current: true });
    air.world.handle(Event::SupplicantStarted { link, how });
    assert!(!air.world.engine.waits_for_keys());
}
