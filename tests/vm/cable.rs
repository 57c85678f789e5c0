//! The cable beside the bond: its better default route is there while it has carrier.

use crate::lab::scene::{LONG, SHORT, config, static_ipv4};
use crate::lab::{Cable, Lan, Pinger, Scene, status, wait_until};
use serde_json::{Value, json};
use std::rc::Rc;

const CABLE_ADDRESS: &str = "10.0.0.2/24";
const CABLE_GATEWAY: &str = "10.0.0.1";

/// The usual configuration with `eth0` as a link of its own.
fn with_eth0() -> Value {
    let mut config = config();
    config["links"] =
        json!([{ "name": "eth0", "ipv4": static_ipv4(CABLE_ADDRESS, CABLE_GATEWAY, 10) }]);
    config
}

struct Wired {
    cable: Rc<Cable>,
    lan: Rc<Lan>,
    scene: Scene,
}

fn wired() -> Wired {
    let scene = Scene::new();
    let lan = scene.lab.lan("10.0.0.1/24");
    let cable = scene.lab.cable(&lan, &scene.pi, "eth0");
    Wired { cable, lan, scene }
}

#[track_caller]
fn uplink_becomes(s: &Scene, interface: &str) {
    wait_until(&format!("the way out is {interface}"), SHORT, || {
        s.uplink() == interface
    });
}

#[test]
fn in_and_out_twenty_times() {
    let w = wired();
    let s = &w.scene;
    s.start(&with_eth0());
    let bond = s.pings();
    bond.wait_answers(10, SHORT);
    for _ in 0..20 {
        uplink_becomes(s, "eth0");
        let routes = s.pi.ns.ip("route show default");
        assert!(routes.contains("dev eth0 proto 119 metric 10"), "{routes}");
        assert!(
            routes.contains("dev bond0 proto 119 metric 100"),
            "{routes}"
        );
        w.cable.pull();
        uplink_becomes(s, "bond0");
        wait_until("no address on eth0", SHORT, || {
            !s.pi.ns.ip("-4 address show dev eth0").contains("10.0.0.2")
        });
        assert!(!s.pi.ns.ip("route show").contains("eth0"));
        w.cable.plug();
    }
    uplink_becomes(s, "eth0");
    let pinger = Pinger::every_10_ms(&w.lan.ns, "10.0.0.2");
    pinger.wait_answers(20, SHORT);
    pinger.stop();
    let st = s.pi.status();
    assert!(status::has_address(&st, "eth0", CABLE_ADDRESS), "{st:#}");
    assert_eq!(status::link(&st, "eth0")["carrier"], true);
    let bond = bond.stop();
    assert_eq!(bond.lost(), 0, "the bond never noticed: {bond:?}");
    assert_eq!(s.associations(), [1, 1]);
}

#[test]
fn the_cable_alone_makes_it_online() {
    let w = wired();
    let s = &w.scene;
    s.ap.stop();
    s.pi.start(&with_eth0());
    s.pi.wait("online by cable", SHORT, status::online);
    assert_eq!(s.uplink(), "eth0");
    w.cable.pull();
    s.pi.wait("not online", SHORT, |st| !status::online(st));
    w.cable.plug();
    s.pi.wait("online again", SHORT, status::online);
}

#[test]
fn a_card_that_comes_and_goes() {
    let w = wired();
    let s = &w.scene;
    w.cable.remove();
    s.start(&with_eth0());
    assert_eq!(status::link(&s.pi.status(), "eth0")["carrier"], false);
    let again = s.lab.cable(&w.lan, &s.pi, "eth0");
    uplink_becomes(s, "eth0");
    again.remove();
    uplink_becomes(s, "bond0");
}

#[test]
fn what_others_put_on_the_interface_stays() {
    let w = wired();
    let s = &w.scene;
    s.start(&with_eth0());
    uplink_becomes(s, "eth0");
    s.pi.ns.ip("address add 172.16.5.5/24 dev eth0");
    s.pi.ns.ip("route add 203.0.113.0/24 via 10.0.0.1 dev eth0");
    let mut without = with_eth0();
    without["links"] = json!([]);
    s.pi.reload_with(&without);
    wait_until("our address gone", SHORT, || {
        !s.pi.ns.ip("address show dev eth0").contains("10.0.0.2")
    });
    uplink_becomes(s, "bond0");
    let theirs = |when: &str| {
        let addresses = s.pi.ns.ip("address show dev eth0");
        assert!(addresses.contains("172.16.5.5"), "{when}: {addresses}");
        let routes = s.pi.ns.ip("route show dev eth0");
        assert!(
            routes.contains("203.0.113.0/24 via 10.0.0.1"),
            "{when}: {routes}"
        );
    };
    theirs("out of the file");
    s.pi.terminate();
    theirs("an ordered stop takes only ours");
    assert_eq!(s.pi.ns.link("eth0", "carrier"), "1");
}

#[test]
fn eth0_may_be_a_member_and_the_primary() {
    let s = Scene::new();
    let cable = s.lab.cable(&s.lan, &s.pi, "eth0");
    let mut config = config();
    config["bond"]["members"] = json!(["eth0", "wlan0"]);
    config["bond"]["primary"] = json!("eth0");
    s.pi.start(&config);
    s.pi.wait("both, eth0 active", LONG, |st| {
        status::active(st) == "eth0"
            && status::authorized(st, "eth0")
            && status::authorized(st, "wlan0")
    });
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    cable.pull();
    s.pi.wait("wlan0 active", SHORT, |st| status::active(st) == "wlan0");
    pings.wait_answers(50, SHORT);
    cable.plug();
    s.pi.wait("eth0 active", SHORT, |st| status::active(st) == "eth0");
    pings.wait_answers(50, SHORT);
    let pings = pings.stop();
    assert!(pings.longest_outage().as_millis() < 500, "{pings:?}");
}
