//! `wifibond status --metrics` beside the running program: OpenMetrics text that agrees with
//! `status --json`. What rules, dashboard and collectors are tested with on the workstation
//! (`tests/host/tools`) is such a page, kept in `tests/tools/metrics.txt`: it has the families that
//! the program writes here.

use crate::lab::scene::{LONG, MAC0, PASSPHRASE, SHORT, config};
use crate::lab::{Network, Scene, status};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const KEPT: &str = include_str!("../tools/metrics.txt");

/// The name of the network: everything that could end a label, or a line.
const SSID: &[u8] = b"a\"b\\c\n} 7";
/// As wpa_supplicant and `status` have it, with the escapes of a label.
const LABEL: &str = r#"ssid="a\\\"b\\\\c\\n} 7"} 1"#;

/// A bond in that network with a lease of each kind, a cable in it, an adapter that is absent, and a
/// link that no server answers.
fn rich() -> Scene {
    let s = Scene::with(Network::wpa2("", PASSPHRASE).ssid(SSID));
    s.lan.serve_dhcp("192.168.43.100,192.168.43.110,2m");
    s.lan
        .serve_ipv6("fd00:43::1/64", "fd00:43::100,fd00:43::1ff,64,2m");
    s.lab.cable(&s.lan, &s.pi, "eth1");
    let yard = s.lab.lan("192.168.50.1/24");
    s.lab.cable(&yard, &s.pi, "eth0");
    let mut file = config();
    let hex: String = SSID.iter().map(|octet| format!("{octet:02x}")).collect();
    file["wifi"] = json!([{ "ssid_hex": hex, "passphrase": PASSPHRASE }]);
    file["bond"]["ipv4"] = json!({ "dhcp": true });
    file["bond"]["members"] = json!(["wlan0", "wlan1", "eth1", "wlan9"]);
    file["health"]["hold_s"] = json!(60);
    file["links"] = json!([{ "name": "eth0", "ipv6": { "mode": "dhcp" } }]);
    s.pi.start(&file);
    s
}

/// Each sample with its labels, and its value.
fn samples(page: &str) -> BTreeMap<&str, f64> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.map(|line| line.rsplit_once(' ').expect("a name and a value"));
    pairs
        .map(|(name, value)| (name, value.parse().expect("a number")))
        .collect()
}

/// The lines that describe the families.
fn heads(page: &str) -> BTreeSet<&str> {
    page.lines().filter(|line| line.starts_with("# ")).collect()
}

/// Of the newest switch, in seconds.
fn last_outage(s: &Scene) -> f64 {
    let events = s.pi.events();
    let outages = events.as_array().expect("a list").iter();
    let last = outages
        .filter_map(|event| event["outage_ms"].as_f64())
        .next_back();
    last.expect("a switch with an outage") / 1000.0
}

#[test]
fn the_metrics_agree_with_the_status() {
    let s = rich();
    s.pi.wait("both members and both leases", LONG, |st| {
        let bond = status::link(st, "bond0");
        status::healthy(st, "wlan0")
            && status::healthy(st, "wlan1")
            && bond["lease"].is_object()
            && bond["lease6"].is_object()
    });
    s.ap.deauthenticate(MAC0);
    let st = s.pi.wait("wlan0 back, and not active", LONG, |st| {
        let eth0 = status::link(st, "eth0");
        status::healthy(st, "wlan0")
            && status::member(st, "wlan0")["hold_ms"].is_u64()
            && eth0["asking_ms"].is_u64()
            && eth0["asking6_ms"].is_u64()
    });
    let (active, outage) = (status::active(&st), last_outage(&s));
    let (code, page, complaint) = s.pi.wifibond(&["status", "--metrics"]);
    println!("{page}");
    assert_eq!((code, &*complaint), (0, ""));
    assert!(page.ends_with("\n# EOF\n"));
    let samples = samples(&page);
    let said = |name: &str| samples.get(name).copied();
    assert_eq!(said("wifibond_online"), Some(1.0));
    let switches = st["bond"]["switches"].as_f64();
    assert!(switches.is_some_and(|count| count >= 1.0));
    assert_eq!(said("wifibond_switches_total{bond=\"bond0\"}"), switches);
    assert_eq!(said("wifibond_members_missing{bond=\"bond0\"}"), Some(1.0));
    assert_eq!(said("wifibond_outage_seconds{bond=\"bond0\"}"), Some(0.0));
    assert_eq!(said("wifibond_last_outage_seconds"), Some(outage));
    assert_eq!(page.matches(LABEL).count(), 2, "{LABEL}");
    for name in ["wlan0", "wlan1"] {
        let member = status::member(&st, name);
        let of = |family: &str| said(&format!("wifibond_member_{family}{{member=\"{name}\"}}"));
        assert_eq!(of("active"), Some(f64::from(u8::from(name == active))));
        assert_eq!(of("authorized"), Some(1.0));
        assert_eq!(of("signal_dbm"), member["signal_dbm"].as_f64());
        let hertz = member["frequency"].as_f64().map(|mhz| mhz * 1e6);
        assert_eq!(of("frequency_hertz"), hertz);
        assert_eq!(of("repairs_total"), member["repairs"].as_f64());
    }
    let lease = &status::link(&st, "bond0")["lease"]["expires_s"];
    let left = said("wifibond_link_lease_seconds{link=\"bond0\"}").expect("a lease");
    let before = lease.as_f64().expect("seconds");
    assert!(
        (before - 10.0..=before).contains(&left),
        "{left} after {before}"
    );
    let hold = said("wifibond_member_hold_seconds{member=\"wlan0\"}");
    assert!(
        hold.is_some_and(|hold| (1.0..=60.0).contains(&hold)),
        "{hold:?}"
    );
    // What is unknown, or not there, has no sample.
    assert_eq!(said("wifibond_member_hold_seconds{member=\"wlan1\"}"), None);
    assert_eq!(said("wifibond_member_signal_dbm{member=\"eth1\"}"), None);
    assert_eq!(said("wifibond_link_lease_seconds{link=\"eth0\"}"), None);
    assert_eq!(
        heads(&page),
        heads(KEPT),
        "left: the program; right: tests/tools/metrics.txt"
    );
    // Where `/usr/lib/wifibond/names` finds the names for the completions of shells.
    let (_, json, _) = s.pi.wifibond(&["status", "--json"]);
    println!("{json}");
    let (bond, links) = json
        .split_once(",\"links\":")
        .expect("the bond, then the links");
    for name in ["wlan0", "wlan1", "eth1"] {
        assert!(bond.contains(&format!("{{\"name\":\"{name}\",\"port\":")));
    }
    for name in ["bond0", "eth0"] {
        assert!(links.contains(&format!("{{\"name\":\"{name}\",\"port\":")));
    }
}

#[test]
fn without_the_program_there_is_nothing_and_offline_the_rest() {
    let s = Scene::new();
    let (code, page, complaint) = s.pi.wifibond(&["status", "--metrics"]);
    assert_eq!((code, &*page), (4, ""));
    assert!(complaint.contains("not running"), "{complaint}");
    s.pi.start(&config());
    s.pi.wait("an answer", SHORT, |_| true);
    let (code, page, _) = s.pi.wifibond(&["status", "--metrics"]);
    assert_eq!(code, 3);
    assert!(page.contains("\nwifibond_online 0\n") && page.ends_with("\n# EOF\n"));
    s.pi.terminate();
    let (code, page, _) = s.pi.wifibond(&["status", "--metrics"]);
    assert_eq!((code, &*page), (4, ""));
}
