//! The report on what keeps the box from its network.
use super::*;

const WRONG: &str = "<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"Hotspot\" auth_failures=1 duration=10 reason=WRONG_KEY";
const CONNECTED: &str = "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:05:00 completed";

fn text(world: &World) -> String {
    let mut text = String::new();
    world.engine.write_report(world.at(), &mut text).unwrap();
    text
}

/// How often it was written since the last call.
fn writes(world: &mut World) -> usize {
    let done = world.take();
    let report = |action: &&Action| matches!(action, Action::Store(Store::Report));
    done.iter().filter(report).count()
}

#[test]
fn a_refused_passphrase_is_reported_within_ten_seconds_and_once() {
    let mut world = World::usual();
    world.wait(3_000);
    world.supplicant_says(WLAN0, WRONG);
    world.wait(10_000);
    assert_eq!(writes(&mut world), 1);
    assert_eq!(
        text(&world),
        "The box is not on the network.\r\n\r\n\
         wlan0: wrong passphrase for \"Hotspot\". Correct it in the file: capitals count.\r\n\r\n\
         This report goes away when all has been well for five minutes.\r\n"
    );
    world.wait(3_600_000);
    assert_eq!(writes(&mut world), 0);
    world.supplicant_says(WLAN0, CONNECTED);
    world.join(WLAN0);
    world.wait(299_000);
    assert_eq!(writes(&mut world), 0);
    world.wait(2_000);
    assert_eq!(writes(&mut world), 1);
    assert_eq!(text(&world), "");
}

#[test]
fn a_start_that_goes_well_writes_nothing() {
    let mut world = World::usual();
    world.wait(4_000);
    for link in [WLAN0, WLAN1] {
        world.join(link);
    }
    world.wait(3_600_000);
    assert_eq!(writes(&mut world), 0);
}

#[test]
fn what_no_adapter_finds_is_named() {
    let mut changed = config();
    let mut other = changed.wifi[0].clone();
    other.ssid.clear();
    other.ssid.extend_from_slice(&[0xff, 0x00]).unwrap();
    changed.wifi.push(other).unwrap();
    let mut world = World::start(&changed, &BOTH_ADAPTERS);
    world.supplicant_says(WLAN0, "<3>CTRL-EVENT-NETWORK-NOT-FOUND");
    world.wait(10_000);
    let text = text(&world);
    let wanted = "wlan0: none of these networks is in range: \"Hotspot\" ff00. ";
    assert!(text.contains(wanted), "{text}");
    assert!(writes(&mut world) >= 1);
}

#[test]
fn without_an_adapter_that_is_said() {
    let mut world = World::start(&config(), &[(ETH0, "eth0", false)]);
    world.wait(10_000);
    let text = text(&world);
    assert!(text.contains("No Wi-Fi adapter"), "{text}");
    assert_eq!(writes(&mut world), 1);
}

#[test]
fn an_address_that_nobody_gives_is_reported() {
    let mut config = config();
    config.bond.ip = IpBlock::default();
    let mut world = World::start(&config, &BOTH_ADAPTERS);
    world.join(WLAN0);
    world.wait(11_000);
    let text = text(&world);
    let wanted = "bond0: no address was had from a DHCP server. ";
    assert!(text.contains(wanted), "{text}");
    assert_eq!(writes(&mut world), 1);
}

/// Cards wear.
#[test]
fn twenty_a_day_are_enough() {
    let mut world = World::usual();
    let mut count = 0;
    for n in 0..60 {
        let link = if n % 2 == 0 { WLAN0 } else { WLAN1 };
        world.supplicant_says(link, WRONG);
        world.wait(20_000);
        world.supplicant_says(link, CONNECTED);
        world.wait(20_000);
        count += writes(&mut world);
    }
    assert_eq!(count, 20);
    world.wait(86_400_000);
    world.take();
    world.supplicant_says(WLAN0, WRONG);
    world.wait(20_000);
    assert_eq!(writes(&mut world), 1);
}
