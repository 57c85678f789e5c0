//! What others made is adopted or left alone, never duplicated and never broken.

use crate::lab::scene::{ADDRESS, LONG, SHORT, config};
use crate::lab::{Scene, status, wait_until};
use serde_json::json;

#[test]
fn a_foreign_bond_of_another_mode_is_refused_with_the_reason() {
    let s = Scene::new();
    s.pi.ns.ip("link add bond0 type bond mode balance-rr");
    s.pi.ns.ip("link add dummy7 type dummy");
    s.pi.ns.ip("link set dummy7 down");
    s.pi.ns.ip("link set dummy7 master bond0");
    s.pi.start(&config());
    let st = s.pi.wait("the refusal", SHORT, |st| {
        st["problems"].to_string().contains("bond0")
    });
    let problems = st["problems"].to_string();
    assert!(problems.contains("balance-rr"), "{problems}");
    assert_eq!(s.pi.ns.link("bond0", "bonding/slaves"), "dummy7");
    assert_eq!(s.pi.ns.link("bond0", "bonding/mode"), "balance-rr 0");
    s.pi.terminate();
    assert!(
        s.pi.ns.has("bond0"),
        "what it did not make it does not delete"
    );
    assert_eq!(s.pi.ns.link("bond0", "bonding/slaves"), "dummy7");
}

#[test]
fn a_refused_bond_is_taken_once_it_is_out_of_the_way() {
    let s = Scene::new();
    s.pi.ns.ip("link add bond0 type bond mode balance-rr");
    s.pi.ns.ip("link add dummy7 type dummy");
    s.pi.ns.ip("link set dummy7 master bond0");
    s.pi.start(&config());
    s.pi.wait("the refusal", SHORT, |st| {
        st["problems"].to_string().contains("bond0")
    });
    s.pi.ns.ip("link del bond0");
    s.ready();
}

#[test]
fn an_empty_stray_bond_is_adopted() {
    let s = Scene::new();
    s.pi.ns.ip("link add bond0 type bond mode balance-rr");
    s.start(&config());
    assert_eq!(s.pi.ns.link("bond0", "bonding/mode"), "active-backup 1");
    assert_eq!(s.pi.ns.link("bond0", "bonding/miimon"), "100");
}

#[test]
fn a_foreign_bond_that_is_as_wanted_is_adopted() {
    let s = Scene::new();
    s.pi.ns
        .ip("link add bond0 type bond mode active-backup miimon 100 fail_over_mac active");
    s.pi.ns.ip("link set wlan1 down");
    s.pi.ns.ip("link set wlan1 master bond0");
    let index = s.pi.ns.link("bond0", "ifindex");
    s.start(&config());
    assert_eq!(s.pi.ns.link("bond0", "ifindex"), index);
}

#[test]
fn a_name_that_is_no_bond_is_refused() {
    let s = Scene::new();
    s.pi.ns.ip("link add bond0 type dummy");
    s.pi.start(&config());
    s.pi.wait("the refusal", SHORT, |st| {
        st["problems"].to_string().contains("bond0")
    });
    s.pi.terminate();
    assert!(s.pi.ns.has("bond0"));
}

#[test]
fn a_member_of_somebody_else_s_bond_is_left_there() {
    let s = Scene::new();
    s.pi.ns
        .ip("link add theirs type bond mode active-backup miimon 100 fail_over_mac active");
    s.pi.ns.ip("link set wlan1 down");
    s.pi.ns.ip("link set wlan1 master theirs");
    s.pi.start(&config());
    let st =
        s.pi.wait("wlan0 active", LONG, |st| status::active(st) == "wlan0");
    assert!(st["problems"].to_string().contains("theirs"), "{st:#}");
    assert_eq!(s.pi.ns.link("theirs", "bonding/slaves"), "wlan1");
    assert_eq!(s.pi.kernel_members(), ["wlan0"]);
    assert_eq!(s.pi.supplicants().len(), 1);
    // Freed there, it is taken in.
    s.pi.ns.ip("link set wlan1 nomaster");
    s.ready();
    assert!(!s.pi.status()["problems"].to_string().contains("theirs"));
}

#[test]
fn a_bridge_port_is_left_there() {
    let s = Scene::new();
    let _cable = s.lab.cable(&s.lan, &s.pi, "eth0");
    s.pi.ns.ip("link add theirs type bridge");
    s.pi.ns.ip("link set eth0 master theirs");
    let mut config = config();
    config["bond"]["members"] = json!(["eth0", "wlan0"]);
    config["bond"]["primary"] = json!("wlan0");
    s.pi.start(&config);
    let st =
        s.pi.wait("wlan0 active", LONG, |st| status::active(st) == "wlan0");
    assert!(st["problems"].to_string().contains("theirs"), "{st:#}");
    assert!(s.pi.ns.path("/sys/class/net/theirs/brif/eth0").exists());
}

#[test]
fn addresses_of_others_on_the_bond_stay() {
    let s = Scene::running();
    s.pi.ns.ip("address add 172.16.5.5/24 dev bond0");
    s.pi.ns.ip("route add 203.0.113.0/24 via 192.168.43.1");
    let mut config = config();
    config["bond"]["ipv4"]["metric"] = json!(300);
    config["bond"]["ipv4"]["routes"][0]["metric"] = json!(300);
    s.pi.reload_with(&config);
    wait_until("the metric", SHORT, || {
        s.pi.ns.ip("route show default").contains("metric 300")
    });
    assert!(s.pi.ns.ip("address show dev bond0").contains("172.16.5.5"));
    assert!(s.pi.ns.ip("route").contains("203.0.113.0/24"));
}

#[test]
fn what_others_take_away_is_put_back() {
    let s = Scene::running();
    s.pi.ns.ip(&format!("address del {ADDRESS}/24 dev bond0"));
    s.answers();
    s.pi.ns.ip("route del default");
    wait_until("the default route", SHORT, || s.uplink() == "bond0");
    s.pi.ns.ip("link set wlan1 nomaster");
    s.ready();
    s.pi.ns.ip("link set wlan0 down");
    s.pi.wait("wlan0 is back", LONG, |st| status::authorized(st, "wlan0"));
    s.pi.ns.ip("link set bond0 down");
    s.ready();
    s.pi.ns.ip("link del bond0");
    s.ready();
}
