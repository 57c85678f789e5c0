//! No edit takes the box offline.

use crate::lab::scene::{GATEWAY, LONG, SHORT, config, static_ipv4};
use crate::lab::{Pings, Scene, status, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

const REPORT: &str = "/boot/wifibond-report.txt";

fn wrong_passphrase() -> Value {
    let mut config = config();
    config["wifi"][0]["passphrase"] = json!("wrong horse");
    config
}

/// A second address that nobody has a way out with.
fn wrong_gateway() -> Value {
    let mut config = config();
    config["bond"]["ipv4"] = static_ipv4("192.168.43.150/24", "192.168.43.9", 100);
    config
}

/// Reloads with this file, which is refused with these words.
#[track_caller]
fn refused(s: &Scene, config: &Value, words: &str) {
    s.pi.write_config(&config.to_string());
    let (code, _, complaint) = s.pi.wifibond(&["reload"]);
    assert_eq!(code, 1, "{complaint}");
    assert!(complaint.contains(words), "{complaint}");
}

fn report(s: &Scene) -> Option<String> {
    s.pi.ns.read(REPORT)
}

/// Pings while this goes on.
fn pinged(s: &Scene, work: impl FnOnce()) -> Pings {
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    work();
    pings.stop()
}

#[test]
fn a_wrong_passphrase_costs_no_ping() {
    let s = Scene::running();
    let [first, _] = s.associations();
    let pings = pinged(&s, || {
        refused(
            &s,
            &wrong_passphrase(),
            "the new file is set aside, the one before stays in force: wlan1: wrong passphrase for \"Hotspot\"",
        );
        s.ready();
    });
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(s.associations()[0], first);
    wait_until("the report", SHORT, || {
        report(&s).is_some_and(|text| text.contains("wrong passphrase for \"Hotspot\""))
    });
    let text = report(&s).unwrap_or_default();
    assert!(!text.contains("horse"), "{text}");
    let fault = s.pi.status()["file_fault"].to_string();
    assert!(fault.contains("wrong passphrase"), "{fault}");
    // As people do when nothing seems to happen.
    let restarted = s.pi.terminate();
    assert!(restarted.success());
    s.pi.start_again();
    s.ready();
    let fault = s.pi.status()["file_fault"].to_string();
    assert!(fault.contains("wrong passphrase"), "{fault}");
    s.pi.reload_with(&config());
    wait_until("the report gone", SHORT, || report(&s).is_none());
    assert!(s.pi.status()["file_fault"].is_null());
}

/// The address of another network waits until the network has let a member in.
#[test]
fn a_wrong_passphrase_with_another_address_costs_no_ping() {
    let s = Scene::running();
    let mut changed = wrong_passphrase();
    changed["bond"]["ipv4"] = static_ipv4("192.168.44.150/24", "192.168.44.1", 100);
    let pings = pinged(&s, || {
        refused(&s, &changed, "wlan1: wrong passphrase for \"Hotspot\"");
        s.ready();
    });
    assert_eq!(pings.lost(), 0, "{pings:?}");
    let addresses = s.pi.ns.ip("address show bond0");
    assert!(!addresses.contains("192.168.44."), "{addresses}");
}

#[test]
fn one_adapter_alone_goes_back() {
    let s = Scene::new();
    let mut one = config();
    one["bond"]["members"] = json!(["wlan0"]);
    s.pi.start(&one);
    s.pi.wait("wlan0 active", LONG, |st| status::active(st) == "wlan0");
    s.answers();
    let mut wrong = wrong_passphrase();
    wrong["bond"]["members"] = json!(["wlan0"]);
    let pings = pinged(&s, || {
        refused(&s, &wrong, "wlan0: wrong passphrase");
        s.pi.wait("wlan0 active", SHORT, |st| status::active(st) == "wlan0");
        s.answers();
    });
    assert!(
        pings.longest_outage() < Duration::from_secs(15),
        "{pings:?}"
    );
}

#[test]
fn a_gateway_that_is_not_there_is_taken_back() {
    let s = Scene::running();
    refused(
        &s,
        &wrong_gateway(),
        "its gateway 192.168.43.9 does not answer",
    );
    let default = s.pi.ns.ip("route show default");
    wait_until("the route of before", SHORT, || {
        let default = s.pi.ns.ip("route show default");
        default.contains(GATEWAY) && !default.contains("192.168.43.9")
    });
    s.ready();
    assert!(!s.pi.ns.ip("route").is_empty(), "{default}");
    // Who wants it all the same gets it.
    s.pi.write_config(&wrong_gateway().to_string());
    s.pi.call(&["reload", "--force"]);
    wait_until("the new route", SHORT, || {
        s.pi.ns.ip("route show default").contains("192.168.43.9")
    });
    assert!(report(&s).is_none());
}

#[test]
fn what_nobody_confirms_is_taken_back() {
    let s = Scene::running();
    let route = |metric: &str| {
        let metric = format!("metric {metric}");
        s.pi.ns.ip("route show default").contains(&metric)
    };
    let mut other = config();
    other["bond"]["ipv4"]["routes"][0]["metric"] = json!(700);
    s.pi.write_config(&other.to_string());
    let answer = s.pi.call(&["reload", "--confirm", "3"]);
    assert!(
        answer.contains("unless `wifibond confirm` follows"),
        "{answer}"
    );
    assert!(route("700"));
    wait_until("taken back", SHORT, || route("100") && !route("700"));
    let (code, _, complaint) = s.pi.wifibond(&["confirm"]);
    assert_eq!(code, 1, "{complaint}");
    // Nor is it confirmed by a new start.
    s.pi.call(&["reload", "--confirm", "600"]);
    assert!(route("700"));
    assert!(s.pi.terminate().success());
    s.pi.start_again();
    wait_until("taken back", SHORT, || route("100") && !route("700"));
    let status = s.pi.status();
    assert!(!status["file_fault"].is_null(), "{status}");
    s.pi.call(&["reload", "--confirm", "3"]);
    s.pi.call(&["confirm"]);
    let status = s.pi.status();
    assert!(status["file_fault"].is_null(), "{status}");
    s.pi.stays("the new file", Duration::from_secs(5), |_| route("700"));
}

#[test]
fn at_a_start_the_last_good_file_takes_the_place_of_one_that_is_refused() {
    let s = Scene::running();
    let kept = || s.pi.ns.read("/var/lib/wifibond/last-good.json");
    wait_until("a last good file", LONG, || kept().is_some());
    s.pi.terminate();
    // Another boot.
    for file in ["before.json", "set-aside.json", "candidate.json"] {
        let _ = std::fs::remove_file(s.pi.ns.path(&format!("/run/wifibond/{file}")));
    }
    s.pi.write_config(&wrong_passphrase().to_string());
    s.pi.start_again();
    s.pi.wait("nobody gets in", LONG, |st| {
        st["problems"].to_string().contains("wrong passphrase")
    });
    s.ready();
    wait_until("the report", SHORT, || {
        report(&s).is_some_and(|text| text.contains("wrong passphrase"))
    });
    assert_eq!(kept(), Some(config().to_string()));
}

/// Within 10 s of the cause, for someone who takes the card out.
#[test]
fn the_report_says_what_keeps_the_box_from_its_network() {
    let s = Scene::new();
    s.pi.start(&wrong_passphrase());
    let refused = s.pi.wait("a refusal", LONG, |st| {
        st["problems"].to_string().contains("wrong passphrase")
    });
    assert_eq!(refused["online"], false);
    wait_until("the report", Duration::from_secs(10), || {
        report(&s).is_some_and(|text| text.contains(": wrong passphrase for \"Hotspot\". Correct"))
    });
    let (code, out, _) = s.pi.wifibond(&["report"]);
    assert_eq!(code, 1);
    assert_eq!(Some(out), report(&s).map(|text| text.replace('\r', "")));
    s.ap.stop();
    let mut other = config();
    other["wifi"][0]["ssid"] = json!("Hotspots");
    s.pi.write_config(&other.to_string());
    s.pi.call(&["reload", "--force"]);
    wait_until("another report", LONG, || {
        report(&s)
            .is_some_and(|text| text.contains("none of these networks is in range: \"Hotspots\""))
    });
    let text = report(&s).unwrap_or_default();
    assert!(!text.contains("wrong passphrase"), "{text}");
    // What is heard is said when it is asked for; the file is not written for that alone.
    s.ap.start();
    let heard = "In range, the most similar name first: \"Hotspot\"";
    wait_until("the name that is nearest", LONG, || {
        s.pi.wifibond(&["report"]).1.contains(heard)
    });
    assert_eq!(report(&s), Some(text));
    // It is there, and lets nobody in without a passphrase.
    other["wifi"][0] = json!({ "ssid": "Hotspot", "security": "open" });
    s.pi.write_config(&other.to_string());
    s.pi.call(&["reload", "--force"]);
    wait_until("another report", LONG, || {
        report(&s).is_some_and(|text| text.contains("\"Hotspot\" is in range, and does not match"))
    });
}

/// It is taken as soon as it is there, and the box is online with the last good one meanwhile.
#[test]
fn a_wrong_passphrase_in_a_mended_file_costs_no_ping() {
    let s = Scene::running();
    let kept = || s.pi.ns.read("/var/lib/wifibond/last-good.json");
    wait_until("a last good file", LONG, || kept().is_some());
    assert!(s.pi.terminate().success());
    s.pi.write_config("{ this is no file");
    s.pi.start_again();
    s.ready();
    s.answers();
    let pings = pinged(&s, || {
        s.pi.write_config(&wrong_passphrase().to_string());
        wait_until("the report", LONG, || {
            report(&s).is_some_and(|text| text.contains("wrong passphrase"))
        });
    });
    assert_eq!(pings.lost(), 0, "{pings:?}");
    s.pi.reload_with(&config());
}
