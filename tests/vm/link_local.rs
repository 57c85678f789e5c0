//! A laptop at the other end of the cable, and no DHCP server anywhere.

use crate::lab::scene::{LONG, PASSPHRASE, SHORT, SSID};
use crate::lab::{Pinger, Scene, status, wait_for, wait_until};
use serde_json::{Value, json};

const LAPTOP: &str = "169.254.9.9";
const RANGE: &str = "10.0.0.100,10.0.0.110,255.255.255.0,1h";

fn address(status: &Value) -> Option<String> {
    let addresses = status::link(status, "eth0")["addresses"]
        .as_array()?
        .clone();
    let own = addresses.iter().find(|a| a["from"] == "link-local")?;
    Some(own["address"].as_str()?.split('/').next()?.to_owned())
}

#[test]
fn a_laptop_reaches_the_box_by_a_cable_without_a_server() {
    let s = Scene::new();
    let lan = s.lab.lan("10.0.0.1/24");
    let cable = s.lab.cable(&lan, &s.pi, "eth0");
    lan.ns.ip(&format!("address add {LAPTOP}/16 dev br0"));
    s.ap.stop();
    // The smallest file.
    s.pi.start(&json!({ "country": "BE", "wifi": [{ "ssid": SSID, "passphrase": PASSPHRASE }] }));
    let own = wait_for("a link-local address", LONG, || address(&s.pi.status()));
    assert!(own.starts_with("169.254."), "{own}");
    let pinger = Pinger::every_10_ms(&lan.ns, &own);
    pinger.wait_answers(20, SHORT);
    pinger.stop();
    // That is not being online, and the report says how to get in.
    let (code, ..) = s.pi.wifibond(&["status"]);
    assert_eq!(code, 3);
    wait_until("the report", LONG, || {
        let report = s.pi.ns.read("/boot/wifibond-report.txt");
        report.is_some_and(|text| text.contains(&own))
    });
    // The daemon's next run keeps it, and so does a cable that is out for a moment, when it is back.
    assert!(s.pi.terminate().success());
    s.pi.start_again();
    let again = wait_for("the same address", LONG, || address(&s.pi.status()));
    assert_eq!(again, own);
    cable.pull();
    s.pi.wait("none without a cable", SHORT, |st| address(st).is_none());
    cable.plug();
    let again = wait_for("the same address", LONG, || address(&s.pi.status()));
    assert_eq!(again, own);
    // A server comes.
    lan.serve_dhcp(RANGE);
    s.pi.wait("a lease", LONG, |st| {
        status::online(st) && address(st).is_none()
    });
    let addresses = s.pi.ns.ip("-4 address show dev eth0");
    assert!(!addresses.contains("169.254."), "{addresses}");
}
