//! `wifibond wait-online`: a link has an address, and its gateway answers.

use crate::lab::scene::{LONG, config, static_ipv4};
use crate::lab::{Process, Scene, status};
use serde_json::json;

/// Starts waiting beside the test.
fn waits(s: &Scene, seconds: &str) -> Process {
    let mut command = s.pi.ns.command("/usr/bin/wifibond");
    command.args(["wait-online", "--timeout", seconds]);
    Process::start(command, &std::env::temp_dir().join("waiting.log"))
}

#[test]
fn it_returns_when_the_gateway_answers_and_not_before() {
    let s = Scene::new();
    // Before the daemon runs, and while nothing is in range.
    s.ap.stop();
    let waiting = waits(&s, "0");
    s.pi.start(&config());
    s.pi.wait("nobody active", LONG, |st| !status::online(st));
    assert!(waiting.running(), "{}", waiting.log());
    // An address alone is not enough: nobody answers for the gateway.
    s.lan.ns.ip("address flush dev br0");
    s.ap.start();
    s.pi.wait("the address", LONG, status::online);
    let (code, _, complaint) = s.pi.wifibond(&["wait-online", "--timeout", "3"]);
    assert_eq!(code, 1);
    let words = "bond0: the gateway 192.168.43.1 does not answer";
    assert!(complaint.contains(words), "{complaint}");
    assert!(waiting.running(), "{}", waiting.log());
    s.lan.ns.ip("address add 192.168.43.1/24 dev br0");
    assert!(waiting.wait_exit(LONG).success());
    assert_eq!(s.pi.wifibond(&["wait-online", "--timeout", "10"]).0, 0);
}

#[test]
fn a_cable_without_any_gateway_counts_and_ipv6_alone_does() {
    let s = Scene::new();
    s.ap.stop();
    let lan = s.lab.lan("10.0.0.1/24");
    let cable = s.lab.cable(&lan, &s.pi, "eth0");
    let mut wired = config();
    wired["links"] = json!([{ "name": "eth0",
        "ipv4": { "dhcp": false, "addresses": ["10.0.0.2/24"] } }]);
    s.pi.start(&wired);
    assert_eq!(s.pi.wifibond(&["wait-online", "--timeout", "20"]).0, 0);
    cable.pull();
    s.pi.wait("not online", LONG, |st| !status::online(st));
    let (code, _, complaint) = s.pi.wifibond(&["wait-online", "--timeout", "1"]);
    assert_eq!(code, 1);
    assert!(complaint.contains("no link has an address"), "{complaint}");
    cable.plug();
    lan.ns.ip("address add fd00:10::1/64 dev br0 nodad");
    wired["links"][0]["ipv4"] = json!({ "dhcp": false });
    wired["links"][0]["ipv6"] = json!({ "addresses": ["fd00:10::2/64"],
        "routes": [{ "to": "default", "via": "fd00:10::1" }] });
    s.pi.reload_with(&wired);
    assert_eq!(s.pi.wifibond(&["wait-online", "--timeout", "20"]).0, 0);
    let mut off = wired.clone();
    off["links"][0]["ipv4"] = static_ipv4("10.0.0.2/24", "10.0.0.9", 10);
    off["links"][0]["ipv6"] = json!({ "mode": "off" });
    s.pi.force_with(&off);
    assert_eq!(s.pi.wifibond(&["wait-online", "--timeout", "2"]).0, 1);
}
