//! Adapters come and go, under the same name and under others.

use crate::lab::scene::{LONG, MAC0, PLANNED, SHORT, config};
use crate::lab::{Scene, status, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

/// A pulled active member: the kernel alone needs 78 ms (measured); the rest is room
/// for a busy machine.
const PULLED: Duration = Duration::from_millis(400);

#[test]
fn a_pulled_active_adapter_hands_over_and_is_taken_back_in() {
    let s = Scene::running();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    s.wlan0.unplug();
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    pings.wait_answers(50, SHORT);
    assert_eq!(
        s.pi.supplicants().len(),
        1,
        "its wpa_supplicant goes with the adapter"
    );
    s.wlan0.plug("wlan0");
    s.ready();
    let pings = pings.stop();
    assert!(pings.longest_outage() < PULLED, "{pings:?}");
    assert_eq!(
        s.ap.associations("02:00:00:00:00:11"),
        1,
        "the other member is not disturbed"
    );
    assert_eq!(s.pi.supplicants().len(), 2);
}

#[test]
fn a_pulled_standby_adapter_costs_nothing() {
    let s = Scene::running();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    for _ in 0..3 {
        s.wlan1.unplug();
        s.pi.wait("wlan1 gone", SHORT, |st| status::members(st) == ["wlan0"]);
        s.wlan1.plug("wlan1");
        s.pi.wait("wlan1 back", LONG, |st| status::authorized(st, "wlan1"));
    }
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(s.ap.associations(MAC0), 1);
}

/// An adapter that comes back as wlan5 and is then renamed to wlan9.
fn comes_back_under_another_name(members: Value) {
    let s = Scene::new();
    let mut config = config();
    config["bond"]["members"] = members;
    config["bond"]["primary"] = json!(format!("mac:{MAC0}"));
    s.start(&config);
    s.wlan0.unplug();
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    let pings = s.pings();
    pings.wait_answers(10, SHORT);
    s.wlan0.plug("wlan5");
    s.pi.wait("wlan5 authorised and active", LONG, |st| {
        status::authorized(st, "wlan5") && status::active(st) == "wlan5"
    });
    let pings = pings.stop();
    assert!(pings.longest_outage() < PLANNED, "{pings:?}");
    assert_eq!(s.pi.kernel_members(), ["wlan1", "wlan5"]);
    assert_eq!(s.ap.associations("02:00:00:00:00:11"), 1);
}

#[test]
fn matched_by_mac_it_comes_back_under_another_name() {
    comes_back_under_another_name(json!([format!("mac:{MAC0}"), "wlan1"]));
}

#[test]
fn matched_by_driver_it_comes_back_under_another_name() {
    comes_back_under_another_name(json!(["driver:mac80211_hwsim"]));
}

#[test]
fn an_adapter_renamed_just_after_it_appeared_is_taken_in() {
    let s = Scene::new();
    s.wlan0.unplug();
    let mut config = config();
    config["bond"]["members"] = json!([format!("mac:{MAC0}"), "wlan1"]);
    config["bond"]["primary"] = json!("wlan1");
    s.pi.start(&config);
    s.pi.wait("wlan1 active", LONG, |st| status::active(st) == "wlan1");
    // The race udev has: rename fails while the interface is up, so it tries again.
    s.wlan0.plug("wlan0");
    let renamed =
        s.pi.ns
            .try_ip("link set wlan0 name wlx020000000010")
            .is_ok();
    let name = if renamed { "wlx020000000010" } else { "wlan0" };
    s.pi.wait("it is a member", LONG, |st| status::authorized(st, name));
    assert_eq!(status::active(&s.pi.status()), "wlan1");
}

/// Where udev runs, a new interface is left alone until it has its name: before Linux 6.2 none is
/// renamed that is up.
#[test]
fn an_adapter_is_taken_in_once_udev_has_named_it() {
    let s = Scene::new();
    let mut config = config();
    config["bond"]["members"] = json!(["driver:mac80211_hwsim"]);
    s.start(&config);
    s.wlan1.unplug();
    s.pi.wait("wlan1 gone", SHORT, |st| status::members(st) == ["wlan0"]);
    let data = s.pi.ns.path("/run/udev/data");
    std::fs::create_dir_all(&data).expect("udev's directory");
    std::fs::write(data.with_file_name("control"), "").expect("udev's socket");
    s.wlan1.plug("wlan7");
    let flags = |name| s.pi.ns.link(name, "flags");
    // IFF_UP of neither flag word: it is down.
    for _ in 0..100 {
        assert_eq!(flags("wlan7"), "0x1002");
        std::thread::sleep(Duration::from_millis(10));
    }
    s.pi.ns.ip("link set wlan7 name wlan1");
    let index = s.pi.ns.link("wlan1", "ifindex");
    std::fs::write(data.join(format!("n{index}")), "I:1\n").expect("what udev knows of it");
    s.pi.wait("wlan1 back", SHORT, |st| status::authorized(st, "wlan1"));
    // One that udev never comes to is used under the name that it has.
    s.wlan1.unplug();
    s.pi.wait("wlan1 gone", SHORT, |st| status::members(st) == ["wlan0"]);
    s.wlan1.plug("wlan1");
    s.pi.wait("wlan1 back", LONG, |st| status::authorized(st, "wlan1"));
}

#[test]
fn a_name_that_nobody_configured_is_left_alone() {
    let s = Scene::running();
    s.wlan1.unplug();
    s.pi.wait("wlan1 gone", SHORT, |st| status::members(st) == ["wlan0"]);
    s.wlan1.plug("wlan7");
    let pings = s.pings();
    pings.wait_answers(200, SHORT);
    assert_eq!(pings.stop().lost(), 0);
    assert_eq!(s.pi.kernel_members(), ["wlan0"]);
    assert_eq!(s.pi.status()["bond"]["missing"], json!(["wlan1"]));
    assert_eq!(s.pi.ns.link("wlan7", "operstate"), "down");
}

#[test]
fn both_gone_and_back() {
    let s = Scene::running();
    s.wlan0.unplug();
    s.wlan1.unplug();
    let st =
        s.pi.wait("nobody", SHORT, |st| status::members(st).is_empty());
    assert!(!status::online(&st), "{st:#}");
    assert_eq!(s.pi.wifibond(&["status"]).0, 3);
    wait_until("no wpa_supplicant", SHORT, || s.pi.supplicants().is_empty());
    s.wlan1.plug("wlan1");
    s.pi.wait("wlan1 active", LONG, |st| {
        status::active(st) == "wlan1" && status::online(st)
    });
    s.answers();
    s.wlan0.plug("wlan0");
    s.ready();
}

#[test]
fn starts_with_any_subset_present() {
    let s = Scene::new();
    s.wlan0.unplug();
    s.wlan1.unplug();
    s.pi.start(&config());
    s.pi.wait("the bond is there, nobody in it", SHORT, |st| {
        st["bond"]["missing"] == json!(["wlan0", "wlan1"])
    });
    s.wlan1.plug("wlan1");
    s.pi.wait("wlan1 active", LONG, |st| status::active(st) == "wlan1");
    s.wlan0.plug("wlan0");
    s.ready();
}

/// The kernel alone goes to the first member that is up whenever one is enslaved
/// (`bond_choose_primary_or_current()`, with primary_reselect=always).
#[test]
fn a_third_adapter_does_not_move_the_traffic() {
    let s = Scene::new();
    let mut three = config();
    three["bond"]["members"] = json!(["wlan0", "wlan1", "wlan2"]);
    s.start(&three);
    s.pi.call(&["switch", "wlan1"]);
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    let switches = s.pi.status()["bond"]["switches"].clone();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    let third = s.lab.radio(&s.pi.ns, "wlan2", "02:00:00:00:00:12");
    s.pi.wait("wlan2 authorised", LONG, |st| {
        status::authorized(st, "wlan2")
    });
    third.unplug();
    s.pi.wait("wlan2 gone", SHORT, |st| status::members(st).len() == 2);
    let st = s.pi.status();
    assert_eq!(status::active(&st), "wlan1");
    assert_eq!(st["bond"]["switches"], switches);
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
}
