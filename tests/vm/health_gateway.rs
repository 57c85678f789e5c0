//! Gateways that fail or answer in unusual ways: no member counts as bad for that, and dead
//! members are still found in time.

use crate::lab::gateway::STRANGER;
use crate::lab::health::{probing, probing_apart, upstairs};
use crate::lab::scene::{GATEWAY, LONG, MAC0, SHORT};
use crate::lab::{Pinger, Scene, Way, status};
use serde_json::{Value, json};
use std::time::Duration;

/// For how long no switch may come: many times what the detection of a dead member takes.
const OBSERVED: Duration = Duration::from_secs(6);
const DEAD: Duration = Duration::from_millis(600);

fn says_gateway(status: &Value) -> bool {
    status["problems"].to_string().contains(GATEWAY)
}

/// While somebody sends replies that nobody asked for, the round trip is not known as well, and
/// the last probes may have been lost to it.
const DISTURBED: Duration = Duration::from_secs(1);

/// A dead wlan0 is still found in time; then it is active again.
#[track_caller]
fn dead_members_are_found(s: &Scene, way: Way, within: Duration) {
    let (outage, fault) = s.outage_by(|| s.ap.drops(MAC0, way));
    assert!(outage <= within, "{outage:?}, {:#}", s.pi.events());
    drop(fault);
    s.back_to("wlan0");
}

#[test]
fn a_dead_gateway_is_no_member_s_fault_and_is_reported() {
    let s = Scene::probing();
    assert!(!says_gateway(&s.pi.status()));
    let before = s.switches();
    let fault = s.lan.gateway_falls_silent();
    s.pi.wait("the gateway named as the fault", SHORT, says_gateway);
    s.no_switch(OBSERVED);
    let events = s.pi.events().to_string();
    let said = format!("{GATEWAY} answers through no member");
    assert!(events.contains(&said), "{events}");
    drop(fault);
    s.pi.wait("no fault", SHORT, |st| !says_gateway(st));
    s.all_healthy();
    let events = s.pi.events().to_string();
    assert!(
        events.contains(&format!("{GATEWAY} answers again")),
        "{events}"
    );
    assert_eq!(s.switches(), before, "{:#}", s.pi.events());
    assert_eq!(s.associations(), [1, 1], "not disturbed");
}

#[test]
fn a_gateway_that_answers_broadcasts_only() {
    let s = Scene::new();
    let _fault = s.lan.gateway_ignores_unicast_arp();
    s.start(&probing());
    s.all_healthy();
    let before = s.switches();
    s.no_switch(OBSERVED);
    dead_members_are_found(&s, Way::Both, DEAD);
    assert_eq!(s.switches(), before + 2, "{:#}", s.pi.events());
}

/// It answered unicast until now.
#[test]
fn a_gateway_that_ignores_unicast_from_now_on() {
    let s = Scene::probing();
    let _fault = s.lan.gateway_ignores_unicast_arp();
    s.no_switch(OBSERVED);
    s.all_healthy();
    dead_members_are_found(&s, Way::Both, DEAD);
}

#[test]
fn a_gateway_and_a_stranger_that_answer_for_every_address() {
    let s = Scene::probing();
    s.lan.gateway_answers_for_all();
    let stranger = s.lab.stranger(&s.lan);
    // Its answers come besides the gateway's, and then no more.
    stranger.answers_probes_for("0.0.0.0/0");
    s.no_switch(OBSERVED);
    dead_members_are_found(&s, Way::FromStation, DEAD);
    stranger.answers_no_probes_for("0.0.0.0/0");
    s.no_switch(OBSERVED);
    s.all_healthy();
}

/// They reach a member whose own frames are lost: only an answer to its own probe proves a path.
#[test]
fn unsolicited_arp_replies_prove_nothing() {
    let s = Scene::probing();
    let mac = s.lan.gateway_mac();
    let stranger = s.lab.stranger(&s.lan);
    let own = stranger.claims(GATEWAY, STRANGER, MAC0, Duration::from_millis(50));
    dead_members_are_found(&s, Way::FromStation, DISTURBED);
    drop(own);
    // From the gateway's own address, at the pace of its checks of neighbour entries.
    let echo = stranger.claims(GATEWAY, &mac, MAC0, Duration::from_secs(1));
    dead_members_are_found(&s, Way::FromStation, DISTURBED);
    drop(echo);
}

/// As after a change of the master in VRRP.
#[test]
fn a_gateway_with_another_mac_address() {
    let s = Scene::probing();
    let before = s.switches();
    for (announced, mac) in [(true, "02:cc:5e:00:00:01"), (false, "02:cc:5e:00:00:02")] {
        s.lan.change_gateway_mac(mac, announced);
        s.no_switch(OBSERVED);
        s.all_healthy();
        assert!(!says_gateway(&s.pi.status()), "{:#}", s.pi.status());
    }
    assert_eq!(s.switches(), before, "{:#}", s.pi.events());
    assert_eq!(s.associations(), [1, 1], "not disturbed");
    s.answers();
    dead_members_are_found(&s, Way::Both, DEAD);
}

/// Each member on a network of its own, and both use the same addresses.
#[test]
fn two_gateways_behind_the_same_address_are_shown() {
    let s = Scene::new();
    let other = s.lab.lan(&format!("{GATEWAY}/24"));
    let _second = s.lab.access_point(&other, upstairs());
    s.start(&probing_apart());
    s.all_healthy();
    let (first, second) = (s.lan.gateway_mac(), other.gateway_mac());
    assert_ne!(first, second);
    let names_both = |text: &str| text.contains(&first) && text.contains(&second);
    s.pi.wait("both gateways named", SHORT, |st| {
        names_both(&st["problems"].to_string())
    });
    let (code, text, _) = s.pi.wifibond(&["doctor"]);
    assert_eq!(code, 1, "{text}");
    assert!(names_both(&text), "{text}");
}

/// The router is asked by neighbour discovery, from an address of each member's own: it answers that
/// member alone, and a dead one is known as soon as by ARP.
#[test]
fn by_ipv6_alone_a_dead_member_is_found() {
    let s = Scene::new();
    s.lan.serve_ipv6("fd00:43::1/64", "fd00:43::,ra-only,64");
    // A router says so in its answers: with another one, hosts forget its route (RFC 4861, 7.2.5).
    let forwarding = "net.ipv6.conf.all.forwarding=1";
    s.lan.ns.run("sysctl", &["-w", forwarding]);
    let mut config = probing();
    config["bond"]["ipv4"] = json!({ "dhcp": false });
    config["bond"]["ipv6"] = json!({ "mode": "auto" });
    s.pi.start(&config);
    let st = s.pi.wait("both members healthy", LONG, |st| {
        status::active(st) == "wlan0"
            && status::healthy(st, "wlan0")
            && status::healthy(st, "wlan1")
    });
    let probed = st["bond"]["probed"].as_str().unwrap_or_default();
    assert!(probed.starts_with("fe80::"), "{st:#}");
    let mac = s.lan.gateway_mac();
    for member in 0..2 {
        assert_eq!(st["bond"]["members"][member]["gateway_mac"], mac, "{st:#}");
    }
    s.no_switch(OBSERVED);
    let st = s.pi.status();
    let addresses = status::link(&st, "bond0")["addresses"].as_array().cloned();
    let global = addresses
        .into_iter()
        .flatten()
        .find(|a| a["from"] == "router")
        .expect("an address of the router's network");
    let address = global["address"].as_str().expect("an address");
    let (address, _) = address.split_once('/').expect("a prefix length");
    let pings = Pinger::every_10_ms(&s.lan.ns, address);
    pings.wait_answers(20, LONG);
    let _fault = s.ap.drops(MAC0, Way::FromStation);
    let st =
        s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    assert!(status::healthy(&st, "wlan1"), "{st:#}");
    pings.wait_answers(50, SHORT);
    let pings = pings.stop();
    println!("outage: {:?}, {pings:?}", pings.longest_outage());
    assert!(pings.longest_outage() <= DEAD, "{:#}", s.pi.events());
    s.no_switch(OBSERVED);
    let st = s.pi.status();
    assert!(!status::healthy(&st, "wlan0"), "{st:#}");
}
