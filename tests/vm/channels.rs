//! Which channels networks are on, which adapters may use, and who else uses them.

use crate::lab::scene::{LONG, PASSPHRASE, SHORT, SSID, config};
use crate::lab::status::{authorized, member};
use crate::lab::{AccessPoint, Channels, Network, Process, Scene, wait_until};
use std::rc::Rc;
use std::time::{Duration, Instant};

const PLACES: &str = "/var/lib/wifibond/places";

fn hotspot(channel: u8) -> Network {
    Network::wpa2(SSID, PASSPHRASE).channel(channel)
}

/// The events since the start.
fn events(s: &Scene) -> String {
    s.pi.call(&["events", "-n", "128"])
}

fn out(s: &Scene) {
    s.pi.wait("both out", SHORT, |st| {
        !authorized(st, "wlan0") && !authorized(st, "wlan1")
    });
}

/// One radio with five networks of others.
fn others(s: &Scene, channel: u8) -> Rc<AccessPoint> {
    let mut network = Network::open(&format!("Other {channel}")).channel(channel);
    for number in 1..=4 {
        network.extra.push(format!(
            "bss=other{channel}-{number}\nbssid=02:bb:00:00:{channel:02x}:{number:02x}\nssid=Other {channel}-{number}"
        ));
    }
    s.lab.access_point(&s.lan, network)
}

#[test]
fn among_ten_other_networks_either_of_two() {
    let s = Scene::three_bands(hotspot(11));
    s.lab.set_channels(Channels::Few);
    let second = s.lab.access_point(&s.lan, hotspot(149));
    let _others = [others(&s, 6), others(&s, 44)];
    let begun = Instant::now();
    s.start(&config());
    println!(
        "among others: both after {} ms",
        begun.elapsed().as_millis()
    );
    let frequency = |st: &serde_json::Value| member(st, "wlan0")["frequency"].clone();
    assert_eq!(frequency(&s.pi.status()), 2462);
    s.ap.cut_power();
    let begun = Instant::now();
    s.pi.wait("both at the second one", LONG, |st| {
        ["wlan0", "wlan1"]
            .iter()
            .all(|name| authorized(st, name) && member(st, name)["frequency"] == 5745)
    });
    println!(
        "the other one: both after {} ms",
        begun.elapsed().as_millis()
    );
    assert_eq!(second.stations().len(), 2);
    assert!(begun.elapsed() < Duration::from_secs(8), "{}", events(&s));
}

#[test]
fn a_channel_that_is_announced_is_followed_and_remembered() {
    let s = Scene::three_bands(hotspot(6));
    s.start(&config());
    let associations = s.associations();
    let pings = s.pings();
    pings.wait_answers(10, LONG);
    assert_eq!(s.ap.ask("CHAN_SWITCH 5 2462").trim(), "OK");
    let at = |name: &'static str| {
        move |st: &serde_json::Value| authorized(st, name) && member(st, name)["frequency"] == 2462
    };
    for name in ["wlan0", "wlan1"] {
        s.pi.wait("the new channel", SHORT, at(name));
    }
    let pings = pings.stop();
    let outage = pings.longest_outage();
    println!("the switch cost {} ms", outage.as_millis());
    assert!(outage < Duration::from_millis(300), "{outage:?}");
    assert_eq!(s.associations(), associations);
    wait_until("the new place", SHORT, || {
        s.pi.ns
            .read(PLACES)
            .is_some_and(|text| text.contains(" 2462 "))
    });
}

/// An adapter may not ask there, it only listens: those channels come last. The access point itself
/// listens for a minute before it may begin.
#[test]
fn on_a_channel_with_radars_it_is_found_in_the_last_stage() {
    let s = Scene::three_bands(hotspot(1));
    s.ap.stop();
    let _radars = s.lab.access_point(&s.lan, hotspot(100));
    let begun = Instant::now();
    s.start(&config());
    println!("radars: both after {} ms", begun.elapsed().as_millis());
    assert!(begun.elapsed() < Duration::from_secs(8), "{}", events(&s));
    assert!(
        events(&s).contains("looks on channels for listening alone"),
        "{}",
        events(&s)
    );
    assert_eq!(member(&s.pi.status(), "wlan0")["frequency"], 5500);
}

/// In the USA nobody is on channel 13.
#[test]
fn the_rules_of_the_country_change_during_the_search() {
    let s = Scene::three_bands(hotspot(1));
    s.ap.stop();
    let country = |country| s.pi.ns.run("iw", &["reg", "set", country]);
    country("BE");
    let _thirteen = s.lab.access_point(&s.lan, hotspot(13));
    s.start(&config());
    s.wlan0.out_of_range();
    s.wlan1.out_of_range();
    out(&s);
    for other in ["JP", "BE", "JP", "US"] {
        country(other);
        std::thread::sleep(Duration::from_millis(300));
    }
    s.wlan0.in_range();
    s.wlan1.in_range();
    s.pi.stays("both out", Duration::from_secs(3), |st| {
        !authorized(st, "wlan0") && !authorized(st, "wlan1")
    });
    country("BE");
    let begun = Instant::now();
    s.pi.wait("both back", SHORT, |st| {
        authorized(st, "wlan0") && authorized(st, "wlan1")
    });
    println!(
        "allowed again: both after {} ms",
        begun.elapsed().as_millis()
    );
    assert!(begun.elapsed() < Duration::from_secs(4), "{}", events(&s));
}

/// Members that share a search have not the same channels. A simulated radio has all bands, and the
/// rules of its own that the kernel has for it leave both at least a part: that of wlan1 lacks channel
/// 36. Engine tests have an adapter of one band.
#[test]
fn an_adapter_with_fewer_channels_leaves_the_rest_to_the_other() {
    let s = Scene::three_bands(hotspot(36));
    s.wlan1.unplug();
    s.lab.set_channels(Channels::Fewer);
    s.wlan1.plug("wlan1");
    let begun = Instant::now();
    s.pi.start(&config());
    s.pi.wait("wlan0", LONG, |st| authorized(st, "wlan0"));
    println!("wlan0 after {} ms", begun.elapsed().as_millis());
    assert!(begun.elapsed() < Duration::from_secs(3), "{}", events(&s));
    let found_nothing = "wlan1: no known network in range";
    wait_until("a round of the other", SHORT, || {
        events(&s).contains(found_nothing)
    });
    for line in events(&s)
        .lines()
        .filter(|line| line.contains("wlan1: looks"))
    {
        let (_, channels) = line.split_once("looks").expect("the words");
        let mut words = channels.split([' ', ',']);
        assert!(
            !words.any(|word| ["36", "40", "44", "48", "52"].contains(&word)),
            "{line}"
        );
    }
    assert!(!authorized(&s.pi.status(), "wlan1"));
}

/// mac80211 takes a scan in and does not begin it while the adapter remains on a channel for another
/// program (`ieee80211_can_scan()` in net/mac80211/scan.c), and here that goes on and on. What wlan0 was
/// to look at is left to the other one.
#[test]
fn a_scan_that_never_ends_does_not_hold_up_the_other_adapter() {
    let s = Scene::three_bands(hotspot(36));
    s.wlan1.unplug();
    let mut remain = s.pi.ns.command("sh");
    let here = "iw dev wlan0 roc start 2412 1000";
    let command = format!(
        "until {here}; do sleep 0.02; done; echo remains; while sleep 0.6; do {here}; done"
    );
    remain.args(["-c", &command]);
    let remain = Process::start(remain, &s.pi.ns.path("/tmp/remain.log"));
    s.pi.start(&config());
    wait_until("a look at channel 36", SHORT, || {
        events(&s).contains("wlan0: looks where most access points are: channel 1, 6, 11, 36")
    });
    s.wlan1.plug("wlan1");
    let begun = Instant::now();
    s.pi.wait("wlan1", LONG, |st| authorized(st, "wlan1"));
    println!("wlan1 after {} ms", begun.elapsed().as_millis());
    assert!(begun.elapsed() < Duration::from_secs(8), "{}", events(&s));
    assert!(!authorized(&s.pi.status(), "wlan0"), "{}", events(&s));
    assert!(remain.log().contains("remains"), "{}", remain.log());
    remain.kill9();
    let begun = Instant::now();
    s.pi.wait("wlan0", LONG, |st| authorized(st, "wlan0"));
    println!("wlan0 {} ms after that", begun.elapsed().as_millis());
}

/// A driver carries out one scan at a time, and refuses any other meanwhile. This program asks for one
/// every few hundredths of a second: mostly it is refused, as wpa_supplicant scans; where it comes first,
/// wpa_supplicant's next scan is refused and has to be asked for again.
#[test]
fn another_program_scans_all_the_time() {
    let s = Scene::three_bands(hotspot(161));
    let others =
        "while sleep 0.02; do iw dev wlan0 scan trigger freq 2412 2437 5180 && echo scans; done";
    let mut other = s.pi.ns.command("sh");
    other.args(["-c", others]);
    let other = Process::start(other, &s.pi.ns.path("/tmp/other.log"));
    let begun = Instant::now();
    s.pi.start(&config());
    s.pi.wait("both", LONG, |st| {
        authorized(st, "wlan0") && authorized(st, "wlan1")
    });
    let log = other.log();
    let scans = log.matches("scans").count();
    let refused = log.matches("busy").count();
    println!(
        "{scans} scans of another, {refused} refused: both after {} ms",
        begun.elapsed().as_millis()
    );
    assert!(scans > 0 && refused > 0 && scans + refused > 5, "{log}");
    other.kill9();
    assert!(begun.elapsed() < Duration::from_secs(15), "{}", events(&s));
}
