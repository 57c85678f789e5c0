//! A changed file changes what differs, and nothing else.

use crate::lab;
use crate::lab::scene::{LONG, MAC0, MAC1, PASSPHRASE, PLANNED, SHORT, SSID, config, static_ipv4};
use crate::lab::{Network, Pings, Scene, status, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

/// What must be the same before and after.
#[derive(Debug, PartialEq)]
struct Untouched {
    supplicants: Vec<i32>,
    associations: [usize; 2],
    bond: String,
}

impl Untouched {
    fn of(s: &Scene) -> Untouched {
        Untouched {
            supplicants: s.pi.supplicants(),
            associations: s.associations(),
            bond: s.pi.ns.link("bond0", "ifindex"),
        }
    }
}

/// Reloads with one change while pings run; nobody may be disturbed by it.
#[track_caller]
fn changes_quietly(s: &Scene, change: impl FnOnce(&mut Value), done: impl Fn() -> bool) -> Pings {
    let before = Untouched::of(s);
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    let mut config = config();
    change(&mut config);
    s.pi.reload_with(&config);
    wait_until("the change", SHORT, done);
    pings.wait_answers(100, SHORT);
    assert_eq!(Untouched::of(s), before);
    pings.stop()
}

#[test]
fn the_same_file_changes_nothing() {
    let s = Scene::running();
    let events = s.pi.events().to_string().matches("\"switch\"").count();
    let pings = changes_quietly(&s, |_| (), || true);
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(
        s.pi.events().to_string().matches("\"switch\"").count(),
        events
    );
}

#[test]
fn quiet_changes_lose_no_ping() {
    let s = Scene::running();
    let bonding = |option: &str| s.pi.ns.link("bond0", &format!("bonding/{option}"));
    let route = || s.pi.ns.ip("route show default");
    let mut lost = Vec::new();
    let dns = changes_quietly(&s, |c| c["bond"]["dns"] = json!(["192.168.43.9"]), || true);
    lost.push(("dns", dns.lost()));
    let metric = changes_quietly(
        &s,
        |c| c["bond"]["ipv4"]["routes"][0]["metric"] = json!(700),
        || route().contains("metric 700") && route().lines().count() == 1,
    );
    lost.push(("metric", metric.lost()));
    let miimon = changes_quietly(
        &s,
        |c| c["bond"]["miimon_ms"] = json!(50),
        || bonding("miimon") == "50",
    );
    lost.push(("miimon", miimon.lost()));
    let more = changes_quietly(
        &s,
        |c| c["bond"]["ipv4"]["addresses"] = json!(["192.168.43.150/24", "192.168.43.151/24"]),
        || s.pi.ns.ip("address").contains("192.168.43.151"),
    );
    lost.push(("another address", more.lost()));
    let less = changes_quietly(
        &s,
        |_| (),
        || !s.pi.ns.ip("address").contains("192.168.43.151"),
    );
    lost.push(("an address less", less.lost()));
    let link = changes_quietly(
        &s,
        |c| {
            c["links"] =
                json!([{ "name": "eth0", "ipv4": static_ipv4("10.0.0.2/24", "10.0.0.1", 10) }])
        },
        || status::link(&s.pi.status(), "eth0")["name"] == "eth0",
    );
    lost.push(("a link", link.lost()));
    assert!(lost.iter().all(|(_, count)| *count == 0), "{lost:?}");
}

#[test]
fn an_address_is_replaced() {
    let s = Scene::running();
    let before = Untouched::of(&s);
    let mut config = config();
    config["bond"]["ipv4"] = static_ipv4("192.168.43.77/24", "192.168.43.1", 100);
    s.pi.reload_with(&config);
    let pinger = lab::Pinger::every_10_ms(&s.lan.ns, "192.168.43.77");
    pinger.wait_answers(20, SHORT);
    wait_until("the old one gone", SHORT, || {
        !s.pi.ns.ip("address").contains("192.168.43.150")
    });
    assert_eq!(s.uplink(), "bond0");
    assert_eq!(Untouched::of(&s), before);
}

#[test]
fn another_primary_takes_over_with_a_planned_switch() {
    let s = Scene::running();
    let pings = changes_quietly(
        &s,
        |c| c["bond"]["primary"] = json!("wlan1"),
        || s.pi.kernel_active() == "wlan1",
    );
    assert!(pings.longest_outage() < PLANNED, "{pings:?}");
}

#[test]
fn a_member_added() {
    let s = Scene::new();
    let mut one = config();
    one["bond"]["members"] = json!(["wlan0"]);
    s.pi.start(&one);
    s.pi.wait("wlan0 active", LONG, |st| status::active(st) == "wlan0");
    assert_eq!(s.pi.kernel_members(), ["wlan0"]);
    let pings = s.pings();
    pings.wait_answers(10, LONG);
    s.pi.reload_with(&config());
    s.ready();
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(s.associations(), [1, 1]);
}

#[test]
fn a_standby_member_taken_out() {
    let s = Scene::running();
    let pings = s.pings();
    pings.wait_answers(10, SHORT);
    let mut one = config();
    one["bond"]["members"] = json!(["wlan0"]);
    s.pi.reload_with(&one);
    wait_until("wlan1 is free", SHORT, || {
        s.pi.kernel_members() == ["wlan0"]
    });
    wait_until("its wpa_supplicant ended", SHORT, || {
        s.pi.supplicants().len() == 1
    });
    pings.wait_answers(100, SHORT);
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(s.ap.associations(MAC0), 1);
}

#[test]
fn the_active_member_taken_out() {
    let s = Scene::running();
    let pings = s.pings();
    pings.wait_answers(10, SHORT);
    let mut one = config();
    one["bond"]["members"] = json!(["wlan1"]);
    one["bond"]["primary"] = json!("wlan1");
    s.pi.reload_with(&one);
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    wait_until("wlan0 is free", SHORT, || {
        s.pi.kernel_members() == ["wlan1"]
    });
    pings.wait_answers(100, SHORT);
    let pings = pings.stop();
    assert!(pings.longest_outage().as_millis() < 250, "{pings:?}");
    assert_eq!(s.ap.associations(MAC1), 1);
}

#[test]
fn a_network_s_new_passphrase() {
    let s = Scene::running();
    s.ap.stop();
    s.ap.network.borrow_mut().passphrase = "another horse".to_owned();
    s.ap.start();
    s.pi.wait("nobody gets in", LONG, |st| status::active(st).is_empty());
    let mut config = config();
    config["wifi"][0]["passphrase"] = json!("another horse");
    s.pi.reload_with(&config);
    s.ready();
}

/// wpa_supplicant gives up its association for a new list of networks.
#[test]
fn a_network_added_is_read_by_one_member_after_the_other() {
    let s = Scene::running();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    let mut config = config();
    config["wifi"] = json!([
        { "ssid": SSID, "passphrase": PASSPHRASE, "priority": 5 },
        { "ssid": "Spare", "passphrase": "another horse" },
    ]);
    s.pi.reload_with(&config);
    wait_until("both have read it", LONG, || s.associations() == [2, 2]);
    s.ready();
    let pings = pings.stop();
    assert!(pings.longest_outage() < PLANNED, "{pings:?}");
}

#[test]
fn another_network_is_joined() {
    let s = Scene::running();
    let other = s
        .lab
        .access_point(&s.lan, Network::wpa2("Other", "another horse").channel(6));
    let mut config = config();
    config["wifi"] = json!([{ "ssid": "Other", "passphrase": "another horse" }]);
    s.pi.reload_with(&config);
    s.pi.wait("both on the other network", LONG, |st| {
        let on = |name| status::member(st, name)["ssid"] == "Other";
        on("wlan0") && on("wlan1") && status::active(st) == "wlan0"
    });
    s.answers();
    assert!(s.wlan0.association().contains(other.bssid()));
}

#[test]
fn another_name_for_the_bond() {
    let s = Scene::running();
    let mut config = config();
    config["bond"]["name"] = json!("uplink0");
    s.pi.reload_with(&config);
    wait_until("bond0 gone, uplink0 there", SHORT, || {
        !s.pi.ns.has("bond0") && s.pi.ns.has("uplink0")
    });
    s.pi.wait("both members in it", LONG, |st| {
        st["bond"]["name"] == "uplink0"
            && status::authorized(st, "wlan0")
            && status::authorized(st, "wlan1")
    });
    s.answers();
}

#[test]
fn a_wrong_file_is_refused_and_the_network_stays() {
    let s = Scene::running();
    let before = Untouched::of(&s);
    s.pi.write_config(r#"{ "country": "BE", "wify": [] }"#);
    let (code, _, complaint) = s.pi.wifibond(&["reload"]);
    assert_eq!(code, 1);
    assert!(complaint.contains("wify"), "{complaint}");
    s.ready();
    assert_eq!(Untouched::of(&s), before);
    wait_until("the report beside the file", SHORT, || {
        let report = s.pi.ns.read("/boot/wifibond-report.txt");
        report.is_some_and(|report| report.contains("wify"))
    });
    s.pi.reload_with(&config());
    wait_until("the report gone", SHORT, || {
        s.pi.ns.read("/boot/wifibond-report.txt").is_none()
    });
}

#[test]
fn a_wrong_file_at_the_start_falls_back_to_the_last_good_one() {
    let s = Scene::running();
    let kept = || s.pi.ns.read("/var/lib/wifibond/last-good.json");
    wait_until("a last good file", LONG, || kept().is_some());
    assert_eq!(kept(), s.pi.ns.read("/boot/wifibond.json"));
    s.pi.terminate();
    s.pi.write_config("{ this is no file");
    s.pi.start_again();
    s.ready();
    wait_until("the report beside the file", SHORT, || {
        s.pi.ns.read("/boot/wifibond-report.txt").is_some()
    });
    let events = s.pi.call(&["events"]);
    assert!(
        events.contains("runs on the last file that worked (of 20"),
        "{events}"
    );
}

/// A file may be right in every word, and yet nobody gets in with it.
#[test]
fn a_file_that_was_never_online_is_not_the_last_good_one() {
    let s = Scene::running();
    let kept = || s.pi.ns.read("/var/lib/wifibond/last-good.json");
    wait_until("a last good file", LONG, || kept().is_some());
    let good = kept();
    let mut other = config();
    other["wifi"][0]["passphrase"] = json!("wrong horse");
    s.pi.write_config(&other.to_string());
    s.pi.call(&["reload", "--force"]);
    s.pi.wait("nobody gets in", LONG, |st| status::active(st).is_empty());
    // Longer than a file has to be in force to be kept.
    s.pi.stays("nobody gets in", Duration::from_secs(35), |st| {
        status::active(st).is_empty()
    });
    assert_eq!(kept(), good);
    s.pi.reload_with(&config());
    s.ready();
    // The right one has the words of the one that is kept: nothing is written.
    assert!(s.pi.ns.read("/run/wifibond/candidate.json").is_none());
    assert_eq!(kept(), good);
}
