//! Every kind of network that the file can ask for.

use crate::lab::scene::{LONG, MAC0, MAC1, PASSPHRASE, config};
use crate::lab::{Network, Scene, Security, status, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than wpa_supplicant and the kernel take to notice what they do notice.
const SILENCE: Duration = Duration::from_secs(10);

/// Joins the access point's network on both members with this `wifi` entry.
#[track_caller]
fn joins(network: Network, entry: Value) {
    let s = Scene::with(network);
    let mut config = config();
    config["wifi"] = json!([entry]);
    s.start(&config);
}

#[test]
fn open() {
    joins(Network::open("Open House"), json!({ "ssid": "Open House" }));
}

#[test]
fn wpa2_with_a_stored_psk() {
    // wpa_passphrase Hotspot "correct horse"
    let psk = "e0c6db968c1a574e241ff48270ff22e991040043bbd2b5b90ad51ab9dc364e7c";
    joins(
        Network::wpa2("Hotspot", PASSPHRASE),
        json!({ "ssid": "Hotspot", "psk": psk }),
    );
}

#[test]
fn wpa3() {
    joins(
        Network::new("Three", Security::Wpa3, PASSPHRASE),
        json!({ "ssid": "Three", "passphrase": PASSPHRASE, "security": "wpa3" }),
    );
}

#[test]
fn mixed_network_with_wpa2() {
    joins(
        Network::new("Mixed", Security::Mixed, PASSPHRASE),
        json!({ "ssid": "Mixed", "passphrase": PASSPHRASE, "security": "wpa2" }),
    );
}

#[test]
fn mixed_network_with_either() {
    joins(
        Network::new("Mixed", Security::Mixed, PASSPHRASE),
        json!({ "ssid": "Mixed", "passphrase": PASSPHRASE, "security": "wpa2-wpa3" }),
    );
}

#[test]
fn wpa2_network_with_either() {
    joins(
        Network::wpa2("Two", PASSPHRASE),
        json!({ "ssid": "Two", "passphrase": PASSPHRASE, "security": "wpa2-wpa3" }),
    );
}

#[test]
fn wpa3_network_with_either() {
    joins(
        Network::new("Three", Security::Wpa3, PASSPHRASE),
        json!({ "ssid": "Three", "passphrase": PASSPHRASE, "security": "wpa2-wpa3" }),
    );
}

/// Without hostapd's `disassoc_low_ack`: it drops a station that does not acknowledge frames for
/// a moment, and that station may not hear of it and stay authorised, as it sees it.
#[test]
fn open_and_encrypted() {
    let mut network = Network::new("Cafe", Security::Owe, "");
    network.extra.push("disassoc_low_ack=0".to_owned());
    joins(network, json!({ "ssid": "Cafe", "security": "owe" }));
}

/// The access point has forgotten a member that sends nothing, and has not told it: neither the
/// kernel nor wpa_supplicant notices, and without probes the status is wrong about it. It joins
/// anew when it is told to, and when it is used: its first frame brings the access point's refusal, also with protected
/// management frames, where a refusal alone is not believed (802.11-2020, 11.13: SA Query).
#[test]
fn a_silent_member_that_its_access_point_forgot_joins_anew_when_told_or_used() {
    for (network, entry) in [
        (
            Network::new("Cafe", Security::Owe, ""),
            json!({ "ssid": "Cafe", "security": "owe" }),
        ),
        (
            Network::wpa2("Hotspot", PASSPHRASE),
            json!({ "ssid": "Hotspot", "passphrase": PASSPHRASE }),
        ),
    ] {
        let s = Scene::with(network);
        let mut config = config();
        config["wifi"] = json!([entry]);
        config["health"] = json!({ "probe": "off" });
        s.start(&config);
        let known = || s.ap.stations().iter().any(|mac| mac == MAC1);
        for order in [
            &["member", "wlan1", "reassociate"][..],
            &["switch", "wlan1"],
        ] {
            assert!(known());
            let before = s.ap.associations(MAC1);
            s.ap.forget(MAC1);
            assert!(!known());
            s.pi.stays("wlan1 as if nothing were", SILENCE, |st| {
                status::authorized(st, "wlan1") && status::active(st) == "wlan0"
            });
            assert!(!known());
            // A switch fails when the refusal comes first; what counts follows in any case.
            s.pi.wifibond(order);
            wait_until("it has joined anew", LONG, || {
                s.ap.associations(MAC1) > before
            });
            s.pi.wait("both members", LONG, |st| {
                status::authorized(st, "wlan0") && status::authorized(st, "wlan1")
            });
            assert!(known());
            s.answers();
        }
    }
}

/// The same with probes: the first one that the access point does not know the sender of brings
/// its refusal, and the member joins anew by itself.
#[test]
fn a_silent_member_that_its_access_point_forgot_is_found_by_a_probe() {
    let s = Scene::running();
    let before = s.ap.associations(MAC1);
    s.ap.forget(MAC1);
    wait_until("it has joined anew", LONG, || {
        s.ap.associations(MAC1) > before
    });
    s.pi.wait("both members", LONG, |st| {
        status::authorized(st, "wlan0") && status::authorized(st, "wlan1")
    });
    let events = s.pi.events();
    let switches = events.as_array().expect("a list");
    let switches = switches.iter().filter(|event| event["kind"] == "switch");
    assert_eq!(
        switches.count(),
        1,
        "the first member, and no other: {events:#}"
    );
    s.answers();
}

/// An access point of the first WPA alone (`proto=WPA`): its network is not joined, with the
/// right passphrase. As soon as it has WPA2, it is.
#[test]
fn the_first_wpa_is_not_joined() {
    let mut old = Network::wpa2("Hotspot", PASSPHRASE);
    old.extra.push("wpa=1\nwpa_pairwise=CCMP".to_owned());
    let s = Scene::with(old);
    s.pi.start(&config());
    let passed_over = |st: &Value| {
        let state = |name| &status::member(st, name)["state"];
        ["wlan0", "wlan1"].map(state) == ["no known network in range"; 2]
    };
    s.pi.wait("both have looked", LONG, passed_over);
    s.ap.stop();
    s.ap.network.borrow_mut().extra.clear();
    s.ap.start();
    s.ready();
    assert_eq!(s.associations(), [1, 1]);
}

/// It refuses whoever cannot protect management frames.
#[test]
fn wpa2_with_protected_management_frames() {
    joins(
        Network::new("Strict", Security::Protected, PASSPHRASE),
        json!({ "ssid": "Strict", "passphrase": PASSPHRASE }),
    );
}

/// A wpa_supplicant that knows no OWE refuses the whole file: the other networks still work.
#[test]
fn a_supplicant_without_owe_is_given_the_rest() {
    let s = Scene::new();
    let real = s.pi.ns.run("which", &["wpa_supplicant"]);
    let real = real.trim();
    let older = "#!/bin/sh\nfor f; do case $f in *.conf) grep -q OWE \"$f\" && exit 255;; esac; done\n\
         exec /tmp/real \"$@\"\n";
    s.pi.ns.run("cp", &[real, "/tmp/real"]);
    std::fs::write(s.pi.ns.path("/tmp/older"), older).expect("an older wpa_supplicant");
    s.pi.ns.run("chmod", &["755", "/tmp/older"]);
    s.pi.ns.run("mount", &["--bind", "/tmp/older", real]);
    let mut config = config();
    config["wifi"] = json!([
        { "ssid": "Cafe", "security": "owe" },
        { "ssid": "Hotspot", "passphrase": PASSPHRASE },
    ]);
    s.start(&config);
    assert!(s.pi.log().contains("such networks are left out"));
}

#[test]
fn hidden() {
    joins(
        Network::wpa2("Secret", PASSPHRASE).hidden(),
        json!({ "ssid": "Secret", "passphrase": PASSPHRASE, "hidden": true }),
    );
}

#[test]
fn octets_that_are_no_text() {
    let network = Network::wpa2("", PASSPHRASE).ssid(b"\xff\x00\"\n}x");
    joins(
        network,
        json!({ "ssid_hex": "ff00220a7d78", "passphrase": PASSPHRASE }),
    );
}

#[test]
fn names_and_passphrases_with_every_kind_of_quote() {
    let (ssid, passphrase) = ("it's \"my\" \\net # {é}", "# a\"b\\c'd }{ f=g $(h)");
    joins(
        Network::wpa2(ssid, passphrase),
        json!({ "ssid": ssid, "passphrase": passphrase }),
    );
}

/// wpa_supplicant takes the rest of a line for a comment from a `#` on that does not stand
/// between two quotes. WPA2 has no other form; `check` refuses what would be cut.
#[test]
fn a_passphrase_with_a_hash_after_a_quote() {
    for (security, passphrase) in [
        (Security::Wpa2, "say \"no\" #1"),
        (Security::Wpa3, "a\"b\"c\" # d8"),
    ] {
        let word = if security == Security::Wpa2 {
            "wpa2"
        } else {
            "wpa3"
        };
        joins(
            Network::new("Comment", security, passphrase),
            json!({ "ssid": "Comment", "passphrase": passphrase, "security": word }),
        );
    }
}

#[test]
fn the_higher_priority_wins() {
    let s = Scene::new();
    let better = s
        .lab
        .access_point(&s.lan, Network::wpa2("Better", PASSPHRASE).channel(6));
    let mut config = config();
    config["wifi"] = json!([
        { "ssid": "Hotspot", "passphrase": PASSPHRASE, "priority": 1 },
        { "ssid": "Better", "passphrase": PASSPHRASE, "priority": 5 },
    ]);
    s.start(&config);
    let st = s.pi.status();
    assert_eq!(status::member(&st, "wlan0")["ssid"], "Better", "{st:#}");
    better.stop();
    s.pi.wait("the other network", LONG, |st| {
        status::member(st, "wlan0")["ssid"] == "Hotspot"
    });
    s.ready();
}

#[test]
fn the_bssid_decides_between_two_of_a_name() {
    let s = Scene::new();
    let other = s
        .lab
        .access_point(&s.lan, Network::wpa2("Hotspot", PASSPHRASE).channel(6));
    let mut config = config();
    config["wifi"] =
        json!([{ "ssid": "Hotspot", "passphrase": PASSPHRASE, "bssid": other.bssid() }]);
    s.start(&config);
    assert!(s.wlan0.association().contains(other.bssid()));
    assert!(s.wlan1.association().contains(other.bssid()));
    assert_eq!(s.associations(), [0, 0]);
}

#[test]
fn networks_bound_to_members_stay_there() {
    let s = Scene::new();
    let second = s
        .lab
        .access_point(&s.lan, Network::open("Second").channel(11));
    let mut config = config();
    config["wifi"] = json!([
        { "ssid": "Hotspot", "passphrase": PASSPHRASE, "members": [format!("mac:{MAC0}")] },
        { "ssid": "Second", "members": ["wlan1"] },
    ]);
    s.start(&config);
    assert!(s.wlan0.association().contains(s.ap.bssid()));
    assert!(s.wlan1.association().contains(second.bssid()));
}
