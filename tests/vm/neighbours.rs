//! What neighbours and routes make of us: which adapter they speak to, which link is taken
//! to reach them, how large packets may be.

use crate::lab::scene::{
    ADDRESS, GATEWAY, LONG, MAC0, MAC1, PASSPHRASE, SHORT, SSID, config, static_ipv4,
};
use crate::lab::{Scene, status, wait_until};
use serde_json::json;
use std::time::{Duration, Instant};

/// The link that the kernel takes to the gateway.
fn to_gateway(s: &Scene) -> String {
    let route =
        s.pi.ns
            .try_ip(&format!("route get {GATEWAY}"))
            .unwrap_or_default();
    let mut words = route.split_whitespace().skip_while(|word| *word != "dev");
    words.nth(1).unwrap_or_default().to_owned()
}

/// The metrics of the file also decide about the neighbours themselves.
#[test]
fn a_cable_into_the_hotspot_s_own_network() {
    let s = Scene::new();
    let cable = s.lab.cable(&s.lan, &s.pi, "eth0");
    let mut config = config();
    config["links"] =
        json!([{ "name": "eth0", "ipv4": static_ipv4("192.168.43.151/24", GATEWAY, 10) }]);
    s.start(&config);
    wait_until("the cable is taken", SHORT, || to_gateway(&s) == "eth0");
    cable.pull();
    wait_until("the bond is taken", SHORT, || to_gateway(&s) == "bond0");
    cable.plug();
    wait_until("the cable is taken again", SHORT, || {
        to_gateway(&s) == "eth0"
    });
    // Another metric, and no address comes or goes.
    config["links"][0]["ipv4"]["metric"] = json!(200);
    config["links"][0]["ipv4"]["routes"][0]["metric"] = json!(200);
    s.pi.reload_with(&config);
    wait_until("the bond is taken", SHORT, || to_gateway(&s) == "bond0");
}

/// The kernel says nothing of its own then: a gateway that still believes in the other
/// adapter would find out after 8 s.
#[test]
fn a_static_address_on_another_adapter_after_a_time_without_any() {
    let s = Scene::running();
    assert!(s.lan.neighbours().contains(MAC0), "{}", s.lan.neighbours());
    s.ap.stop();
    s.pi.wait("nobody active", LONG, |st| status::active(st).is_empty());
    s.wlan0.out_of_range();
    s.ap.start();
    s.pi.wait("wlan1 active", LONG, |st| status::active(st) == "wlan1");
    let pings = s.pings();
    let begin = Instant::now();
    pings.wait_answers(1, SHORT);
    let first = pings.first_answer().expect("an answer") - begin;
    assert!(first < Duration::from_secs(2), "{first:?}");
    let shown = s.lan.neighbours();
    let ours = shown.lines().find(|line| line.contains(ADDRESS));
    assert!(ours.is_some_and(|line| line.contains(MAC1)), "{shown}");
}

#[test]
fn the_size_of_packets_that_a_server_tells_goes_with_the_routes() {
    let s = Scene::new();
    s.lan.serve_isc(&format!(
        "subnet 192.168.43.0 netmask 255.255.255.0 {{ range 192.168.43.60 192.168.43.69; \
         option routers {GATEWAY}; option interface-mtu 1400; }}"
    ));
    s.pi.start(&json!({
        "country": "BE",
        "wifi": [ { "ssid": SSID, "passphrase": PASSPHRASE } ],
    }));
    wait_until("the default route", LONG, || {
        s.pi.ns.ip("route show default").contains("mtu 1400")
    });
    assert_eq!(s.pi.ns.link("bond0", "mtu"), "1500");
}
