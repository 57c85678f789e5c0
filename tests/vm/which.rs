//! Which adapters the file means, on real interfaces: under every kind of name, in other modes,
//! and Wi-Fi outside the bond.

use crate::lab::scene::{LONG, MAC1, PASSPHRASE, SHORT, SSID, config};
use crate::lab::{Scene, status, wait_until};
use serde_json::{Value, json};
use std::path::Path;

/// Both in the bond, the first one active, a lease on it.
fn bonded(s: &Scene, names: [&str; 2]) {
    let st =
        s.pi.wait("both authorised, the first one active", LONG, |st| {
            names.iter().all(|name| status::authorized(st, name))
                && status::active(st) == names[0]
                && status::leased(st, "bond0")
        });
    assert_eq!(status::members(&st), names);
    assert!(st["problems"] == json!([]), "{st:#}");
}

/// The very file that `image/build` puts on a fresh card, with the network filled in: under
/// the kernel's names, those of our cards, those of systemd on USB, and those of systemd 259
/// for a built-in radio.
#[test]
fn the_file_of_a_fresh_card_on_adapters_of_any_name() {
    let s = Scene::new();
    s.lan.serve_dhcp("192.168.43.100,192.168.43.110,2m");
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("image/overlay/usr/share/wifibond/wifibond.json");
    let file = std::fs::read_to_string(file).expect("the file of a fresh card");
    let (named, with) = ("name of your network", "its passphrase");
    assert!(file.contains(named) && file.contains(with), "{file}");
    let file = file.replace(named, SSID).replace(with, PASSPHRASE);
    s.pi.write_config(&file);
    for names in [
        ["wlan0", "wlan1"],
        ["wifi1", "wifi2"],
        ["wlp1s0u1u2", "wlp1s0u1u3"],
        // The order of the adapters is not that of their names.
        ["wld1", "wld0"],
    ] {
        for (radio, name) in [&s.wlan0, &s.wlan1].into_iter().zip(names) {
            if radio.interface() != name {
                radio.rename(name);
            }
        }
        s.pi.start_again();
        bonded(&s, names);
        s.pi.terminate();
    }
}

#[test]
fn wifi_is_what_the_kernel_calls_so_and_a_cable_named_like_it_is_none() {
    let s = Scene::new();
    s.lan.serve_dhcp("192.168.43.100,192.168.43.110,2m");
    let home = s.lab.lan("192.168.0.1/24");
    home.serve_dhcp("192.168.0.100,192.168.0.110,2m");
    // Whatever it is made of, eth0 is a cable; another virtual one is left alone.
    let _eth0 = s.lab.cable(&home, &s.pi, "eth0");
    let _like = s.lab.cable(&home, &s.pi, "wlan7");
    s.pi.start(&json!({ "country": "BE",
        "wifi": [{ "ssid": SSID, "passphrase": PASSPHRASE }] }));
    bonded(&s, ["wlan0", "wlan1"]);
    let st =
        s.pi.wait("the cable's lease", LONG, |st| status::leased(st, "eth0"));
    let links = st["links"].as_array().expect("links");
    let names: Vec<_> = links.iter().map(|link| link["name"].clone()).collect();
    assert_eq!(names, ["bond0", "eth0"]);
    assert_eq!(status::link(&st, "eth0")["routes"][0]["metric"], 10);
    assert_eq!(s.pi.ns.link("wlan7", "flags"), "0x1002", "not up");
}

/// Somebody else's access point, monitor or mesh; afterwards it is an adapter like any other.
#[test]
fn an_adapter_in_another_mode_is_named_and_taken_when_it_is_a_station_again() {
    let s = Scene::new();
    for (mode, words) in [
        ("__ap", "access point mode"),
        ("monitor", "monitor mode"),
        ("mesh", "mesh mode"),
    ] {
        // It was up before, and is so again after a stop.
        s.pi.ns.ip("link set wlan1 down");
        s.pi.ns.run("iw", &["dev", "wlan1", "set", "type", mode]);
        let mut file = config();
        file["bond"]["members"] = json!(["wifi:*"]);
        file["bond"]["primary"] = json!("wifi:*");
        s.pi.start(&file);
        let expected = format!("is in {words} and is not taken");
        let st = s.pi.wait("wlan0 alone", LONG, |st| {
            status::active(st) == "wlan0" && st["problems"].to_string().contains(&expected)
        });
        assert_eq!(status::members(&st), ["wlan0"], "{st:#}");
        assert_eq!(s.pi.kernel_members(), ["wlan0"]);
        s.pi.ns
            .run("iw", &["dev", "wlan1", "set", "type", "managed"]);
        s.pi.ns.ip("link set wlan1 up");
        s.ready();
        s.pi.terminate();
    }
}

/// Wi-Fi as a link of its own, beside a bond of the rest.
#[test]
fn wifi_outside_the_bond_has_a_lease_of_its_own() {
    let s = Scene::new();
    s.lan.serve_dhcp("192.168.43.100,192.168.43.110,2m");
    s.pi.start(&json!({ "country": "BE",
        "wifi": [{ "ssid": SSID, "passphrase": PASSPHRASE }],
        "links": [{ "name": "wlan1", "ipv4": { "metric": 200 } }] }));
    let there = |st: &Value| {
        status::active(st) == "wlan0" && status::leased(st, "bond0") && status::leased(st, "wlan1")
    };
    let st = s.pi.wait("two leases", LONG, there);
    assert_eq!(status::members(&st), ["wlan0"]);
    assert_eq!(status::link(&st, "wlan1")["carrier"], true);
    assert_eq!(status::link(&st, "wlan1")["routes"][0]["metric"], 200);
    // Each answer to it has come over the air to this very adapter.
    let acknowledged = || {
        let log = s.lan.dhcp_log();
        let acks = log.lines().filter(|line| line.contains("DHCPACK("));
        acks.filter(|line| line.contains(MAC1)).count()
    };
    assert!(acknowledged() >= 1);
    // Sent away, it joins again; pulled out, it leaves nothing behind.
    s.ap.deauthenticate(MAC1);
    wait_until("wlan1 joined again", LONG, || s.ap.associations(MAC1) == 2);
    wait_until("a second answer", LONG, || acknowledged() >= 2);
    s.pi.wait("its lease", SHORT, there);
    s.wlan1.unplug();
    s.pi.wait("wlan1 missing", SHORT, |st| {
        status::link(st, "wlan1")["present"] == false && s.pi.supplicants().len() == 1
    });
    let before = acknowledged();
    s.wlan1.plug("wlan1");
    s.pi.wait("two leases again", LONG, there);
    wait_until("another answer", SHORT, || acknowledged() > before);
}

/// With the file's word every frame of these members would be dropped.
fn members_keep_their_addresses(word: &str) {
    let s = Scene::new();
    let mut file = config();
    file["bond"]["fail_over_mac"] = json!(word);
    s.start(&file);
    let st = s.pi.status();
    assert_eq!(st["bond"]["fail_over_mac"], "active");
    let expected = format!("\\\"fail_over_mac\\\": \\\"{word}\\\" is for wired members");
    assert!(st["problems"].to_string().contains(&expected), "{st:#}");
    for member in ["wlan1", "wlan0"] {
        s.pi.call(&["switch", member]);
        s.pi.wait("it is active", SHORT, |st| status::active(st) == member);
        s.answers();
    }
}

#[test]
fn wifi_members_keep_their_addresses_though_the_file_says_follow() {
    members_keep_their_addresses("follow");
}

#[test]
fn wifi_members_keep_their_addresses_though_the_file_says_none() {
    members_keep_their_addresses("none");
}
