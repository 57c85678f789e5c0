//! Joining a network: where it was before comes first, then the likely channels, then the rest; two
//! adapters share the work. The adapters hear three bands, the access points are on few channels.

use crate::lab::scene::{ADDRESS, LONG, PASSPHRASE, SHORT, SSID, config};
use crate::lab::status::{authorized, member};
use crate::lab::{Channels, Network, Pi, Pinger, Scene, wait_until};
use std::os::unix::fs::MetadataExt;
use std::rc::Rc;
use std::time::{Duration, Instant};

const PLACES: &str = "/var/lib/wifibond/places";

fn hotspot(channel: u8) -> Network {
    Network::wpa2(SSID, PASSPHRASE).channel(channel)
}

/// Milliseconds until this member is authorised.
#[track_caller]
fn until_authorised(pi: &Pi, name: &str, begun: Instant) -> u128 {
    pi.wait(&format!("{name} authorised"), LONG, |st| {
        authorized(st, name)
    });
    begun.elapsed().as_millis()
}

/// The events since the start that have these words.
fn events(pi: &Pi, words: &str) -> usize {
    let events = pi.call(&["events", "-n", "128"]);
    events.lines().filter(|line| line.contains(words)).count()
}

fn places(pi: &Rc<Pi>) -> String {
    wait_until("the places on the card", SHORT, || {
        pi.ns.read(PLACES).is_some()
    });
    pi.ns.read(PLACES).unwrap_or_default()
}

#[test]
fn a_network_is_looked_for_where_it_was_before() {
    let s = Scene::three_bands(hotspot(149));
    let begun = Instant::now();
    s.start(&config());
    println!(
        "unknown network on channel 149: both after {} ms",
        begun.elapsed().as_millis()
    );
    assert!(events(&s.pi, "looks where most access points are") > 0);
    let file = places(&s.pi);
    assert!(
        file.contains("\n486f7473706f74 5745 02:00:00:00:00:1") && file.contains(" 02:00:00:00:"),
        "{file}"
    );
    assert!(!file.contains(PASSPHRASE));
    s.pi.terminate();
    let begun = Instant::now();
    s.pi.start_again();
    let first = until_authorised(&s.pi, "wlan0", begun);
    println!("the same network again: wlan0 after {first} ms");
    s.ready();
    assert_eq!(events(&s.pi, "looks on the other channels"), 0);
    let start = s.pi.status()["start"].clone();
    println!("the start: {start}");
    let stages = ["program_ms", "adapter_ms", "search_ms", "association_ms"];
    let stages = stages.map(|stage| start[stage].as_u64().expect(stage));
    let whole = start["online_ms"].as_u64().expect("online");
    let address = start["address_ms"].as_u64().expect("an address");
    assert_eq!(stages.iter().sum::<u64>() + address, whole, "{start}");
    let seen = u64::try_from(first).expect("a short time");
    // The address may follow when the status has been read.
    assert!(
        (seen / 3..=seen + 200).contains(&whole),
        "{start}, seen {seen} ms"
    );
    assert_eq!(member(&s.pi.status(), "wlan0")["frequency"], 5745);
}

/// Before the first wpa_supplicant starts. That another passphrase has another key is a test of the engine.
#[test]
fn the_key_is_derived_once() {
    const KEYS: &str = "/var/lib/wifibond/keys";
    let s = Scene::with(hotspot(6));
    s.start(&config());
    wait_until("the key on the card", LONG, || s.pi.ns.read(KEYS).is_some());
    let mode = std::fs::metadata(s.pi.ns.path(KEYS))
        .expect("the key")
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let file = s.pi.ns.read(KEYS).unwrap_or_default();
    assert_eq!(file.lines().count(), 2);
    assert!(!file.contains(PASSPHRASE));
    let given = |name: &str| {
        let file = format!("/run/wifibond/supplicants/{name}.conf");
        s.pi.ns.read(&file).expect("the file of wpa_supplicant")
    };
    let key = file.split([' ', '\n']).rev().nth(1).expect("a key");
    let check = |name| {
        let with_key = given(name);
        assert!(with_key.contains(&format!("\tpsk={key}\n")), "its key");
        assert!(!with_key.contains(PASSPHRASE));
    };
    check("wlan0");
    check("wlan1");
    s.pi.terminate();
    s.pi.start_again();
    s.ready();
    check("wlan0");
    assert_eq!(s.pi.ns.read(KEYS).as_deref(), Some(&*file));
}

#[test]
fn what_one_adapter_finds_the_other_uses() {
    let s = Scene::three_bands(hotspot(165));
    s.start(&config());
    let shared = events(
        &s.pi,
        "looks where another member has found a network: channel 165",
    );
    assert!(shared > 0, "{}", s.pi.call(&["events"]));
}

#[test]
fn back_in_range_it_is_on_again_at_once() {
    let s = Scene::three_bands(hotspot(36));
    s.start(&config());
    s.wlan0.out_of_range();
    s.pi.wait("wlan0 out", SHORT, |st| !authorized(st, "wlan0"));
    wait_until("a round over all channels", LONG, || {
        events(&s.pi, "wlan0: no known network in range") > 0
    });
    s.wlan0.in_range();
    let took = until_authorised(&s.pi, "wlan0", Instant::now());
    println!("back in range: {took} ms");
    // It looks twice a second, and may have begun with other channels.
    assert!(took < 2_000, "{took} ms");
    s.ready();
}

#[test]
fn an_access_point_that_moved_is_found() {
    let s = Scene::three_bands(hotspot(36));
    s.start(&config());
    s.ap.cut_power();
    s.pi.wait("both out", SHORT, |st| {
        !authorized(st, "wlan0") && !authorized(st, "wlan1")
    });
    s.ap.network.borrow_mut().channel = 157;
    let back = Instant::now();
    s.ap.restore_power();
    println!("on the air after {} ms", back.elapsed().as_millis());
    s.ready();
    println!(
        "on another channel: both after {} ms",
        back.elapsed().as_millis()
    );
    let file = places(&s.pi);
    wait_until("the new place", SHORT, || places(&s.pi).contains(" 5785 "));
    assert!(file.contains(" 5180 "), "{file}");
}

#[test]
fn a_hidden_network_on_any_channel() {
    const OTHERS: &str = "looks on the other channels";
    let s = Scene::three_bands(hotspot(11).hidden());
    let mut file = config();
    file["wifi"][0]["hidden"] = true.into();
    s.start(&file);
    // Where most access points are; the other adapter may be further by then.
    let start = s.pi.status()["start"].clone();
    let search = start["search_ms"].as_u64().expect("a search");
    assert!(search < 1_000, "{start}");
    s.ap.stop();
    s.pi.wait("both out", SHORT, |st| {
        !authorized(st, "wlan0") && !authorized(st, "wlan1")
    });
    s.ap.network.borrow_mut().channel = 157;
    let begun = Instant::now();
    s.ap.start();
    s.ready();
    let took = begun.elapsed();
    println!("on channel 157: both after {} ms", took.as_millis());
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(events(&s.pi, OTHERS) > 0, "{}", s.pi.call(&["events"]));
}

#[test]
fn places_that_are_wrong_or_broken_cost_little() {
    let mut full = "wifibond places 2\n".to_owned();
    for channel in (36..=64)
        .step_by(4)
        .chain((100..=144).step_by(4))
        .chain((149..=165).step_by(4))
    {
        let mhz = 5000 + 5 * channel;
        full += &format!("486f7473706f74 {mhz} 02:00:00:00:00:10 02:00:00:00:01:07 20000\n");
    }
    for text in [
        &b"wifibond places 1\n486f7473706f74 2412 02:00:00:00:00:10\n"[..],
        b"wifibond places 1\n486f747370",
        b"\xff\0",
        // Full of places where it is not.
        full.as_bytes(),
    ] {
        let s = Scene::three_bands(hotspot(6));
        std::fs::write(s.pi.ns.path(PLACES), text).expect("a file");
        let begun = Instant::now();
        s.start(&config());
        let took = begun.elapsed();
        println!(
            "{} octets of places: both after {} ms",
            text.len(),
            took.as_millis()
        );
        assert!(took < Duration::from_secs(6), "{took:?}");
        wait_until("the right place", SHORT, || {
            places(&s.pi).contains("486f7473706f74 2437 02:00:00:00:00:1")
        });
    }
}

/// `scan_freq` in wpa_supplicant's file would keep it from other channels.
#[test]
fn without_the_daemon_it_joins_where_it_was() {
    let s = Scene::three_bands(hotspot(6));
    s.start(&config());
    s.pi.kill9();
    s.ap.cut_power();
    wait_until("both out", SHORT, || {
        let up = |name| s.pi.ns.link(name, "operstate") == "up";
        !up("wlan0") && !up("wlan1")
    });
    s.ap.restore_power();
    wait_until("one is back", LONG, || {
        s.pi.ns.link("wlan0", "operstate") == "up"
    });
    s.pi.start_again();
    s.ready();
}

#[test]
fn wpa_cli_may_scan_beside_it() {
    let s = Scene::three_bands(hotspot(161));
    s.pi.start(&config());
    let scan = || {
        let args = ["-p", "/run/wifibond/wpa", "-i", "wlan0", "scan"];
        s.pi.ns.attempt("wpa_cli", &args)
    };
    wait_until("both authorised", LONG, || {
        let _ = scan();
        let status = s.pi.try_status();
        status.is_some_and(|st| authorized(&st, "wlan0") && authorized(&st, "wlan1"))
    });
}

/// The first one found is the lesser one.
#[test]
fn the_network_of_higher_priority_is_used_in_the_end() {
    let s = Scene::three_bands(hotspot(1));
    s.lab.set_channels(Channels::Few);
    let home = Network::wpa2("Home", PASSPHRASE).channel(165);
    let home = s.lab.access_point(&s.lan, home);
    let mut file = config();
    file["wifi"] = serde_json::json!([
        { "ssid": SSID, "passphrase": PASSPHRASE },
        { "ssid": "Home", "passphrase": PASSPHRASE, "priority": 9 },
    ]);
    let at = |name: &'static str| {
        move |st: &serde_json::Value| {
            let both =
                ["wlan0", "wlan1"].map(|member_name| member(st, member_name)["ssid"] == name);
            both == [true, true]
        }
    };
    let begun = Instant::now();
    s.pi.start(&file);
    s.pi.wait("both at Home", LONG, at("Home"));
    println!(
        "both in the better network after {} ms",
        begun.elapsed().as_millis()
    );
    s.answers();
    // It goes, and comes back.
    home.cut_power();
    s.pi.wait("both at the other one", LONG, at(SSID));
    // For half a minute: not every hundredth of a second.
    let pings = Pinger::start(&s.lan.ns, ADDRESS, Duration::from_millis(50));
    pings.wait_answers(10, LONG);
    home.restore_power();
    s.pi.wait("both at Home again", LONG * 2, at("Home"));
    let outage = pings.stop().longest_outage();
    println!("the way back cost {} ms", outage.as_millis());
    assert!(outage < Duration::from_millis(500), "{outage:?}");
}
